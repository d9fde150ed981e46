"""What `analog-pc devices` prints."""

from __future__ import annotations

from pathlib import Path

import click
from rich import box
from rich.table import Table
from rich.text import Text

from analog_pc.cli.console import table_console
from analog_pc.devices.pulsed import PRESETS, PulsedDevice, measured_device
from analog_pc.si import si
from analog_pc.training.in_situ import DRIVES, Drive


def show_presets() -> None:
    """The presets and their sources."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("device", "steps are", "pulse"):
        table.add_column(name, no_wrap=True)
    for name in ("states", "spread", "cycle", "write"):
        table.add_column(name, justify="right", no_wrap=True)
    for name, device in PRESETS.items():
        table.add_row(*_row(name, device, DRIVES[name]))
    table_console(120).print(table)
    for name, device in PRESETS.items():
        pulse = (f"pulse: {DRIVES[name].source}", "dim")
        table_console(120).print(Text.assemble((name, "bold"), f": {device.source}; ", pulse))
    table_console(120).print(
        Text("\nBesides them: ideal, which is exact numbers, and CURVE.csv, a measured curve (see --help).")
    )


def show_curve(path: Path) -> None:
    """The fit of a curve, in plain lines."""
    found = measured_device(path)
    device = found.device
    click.echo(
        f"{path}: {found.g_min:.4g} to {found.g_max:.4g} S, {device.states:.4g} states,"
        f" mean step {(found.g_max - found.g_min) / device.states:.3g} S"
    )
    for line in found.remarks:
        click.echo(line)


def _row(name: str, device: PulsedDevice, drive: Drive) -> tuple[Text, ...]:
    pulse = drive.energy.pulse
    return (
        Text(name, "bold"),
        Text(device.characteristic.name + (", up" if device.one_sided else "")),
        Text(f"{pulse.volts:g} V, {si(pulse.seconds, 's')}{'' if drive.verified else ' ?'}"),
        Text(f"{device.states:.4g}"),
        Text(f"{device.step_d2d:.2g}"),
        Text(f"{device.step_c2c:.2g}"),
        Text(f"{device.write_noise * device.step / device.w_max:.2g}"),
    )
