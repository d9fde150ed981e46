"""`analog-pc devices`."""

from __future__ import annotations

from pathlib import Path

import click

from analog_pc.cli.command import Command, PathOption


@click.command(cls=Command)
@click.argument("curve", metavar="[CURVE.csv]", required=False, type=PathOption())
def devices(curve: Path | None) -> None:
    """List the pulsed devices that `train --device` knows, with their sources.

    With CURVE.csv: how that measured curve is fitted, and what device it makes.

    \b
    up       pulses only raise the conductance: two devices a weight
    pulse    what a write pulse is taken to be; "?" where the source does not say all of it
    states   steps of the mean device between its bounds
    spread   of the step from device to device, and
    cycle    noise of a pulse, both in steps
    write    noise of what is read after a write, as a part of the upper bound
    """
    from analog_pc.cli.device_tables import show_curve, show_presets

    if curve is None:
        show_presets()
    else:
        show_curve(curve)
