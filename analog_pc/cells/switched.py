"""Cells of switches and clocks: a switch that cuts a feedback crossbar, and a sample-and-hold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analog_pc.cells.components import ComponentSampler, unity
from analog_pc.circuit import Bus, Capacitors, ClockSources, Element, Switches, bus, grounds
from analog_pc.errors import BadInput

ON = 1e-3  # S, a closed transmission gate of 1 kOhm
OFF = 1e-12  # S, an open one


def feedback_switch(name: str, back: Bus, gated: Bus, connect: str, cut: str) -> tuple[Element, ...]:
    """Series and shunt switches between the amplifiers of a feedback crossbar and its gates.

    ::

        back[i] ---o connect o---+--- gated[i]        connect = 1 V, cut = 0 V: gated = back, to OFF / ON
                                 o cut                connect = 0 V, cut = 1 V: gated = 0 V, to OFF / ON
                                 o
                               ground

    V(gated) = V(back) G_series / (G_series + G_shunt).  Valid as the gate loads its input with no current, so
    that the resistance of the closed switch has no effect; no charge is injected.

    Parameters
    ----------
    back, gated
        Outputs of the feedback's amplifiers, and inputs of the gates, [n].
    connect, cut
        Control lines.
    """
    n = len(back)
    return (
        Switches(f"{name}_series", back, gated, (connect,) * n, ON, OFF),
        Switches(f"{name}_shunt", gated, grounds(n), (cut,) * n, ON, OFF),
    )


def two_phase_clock(
    name: str, lines: tuple[str, str], period: float, steps: int, rise: float
) -> ClockSources:
    """Two clock lines that are never at 1 V together: the master's in the first half of a period.

    ::

                  ____                ____                     rise: seconds from 0 to 1 V
        master  _/    \\______________/    \\_______________     both lines are at 0 V for a tenth of the
                           ____                ____            period before each half
        slave   __________/    \\______________/    \\_______
                |<-- period -->|
    Parameters
    ----------
    lines
        The master's and the slave's.
    period
        s.
    steps
        Number of periods.
    rise
        s, below a tenth of the period.

    Raises
    ------
    BadInput
        Unless 0 < rise < period / 10 and steps >= 1.
    """
    if not 0.0 < rise < 0.1 * period or steps < 1:
        raise BadInput(
            f"clock {name}: rise = {rise!r} s, period = {period!r} s, steps = {steps!r}: "
            "must be 0 < rise < period / 10 and steps >= 1"
        )
    half = 0.5 * period
    corners = np.array([0.1 * period, 0.1 * period + rise, half - rise, half])
    pulse = np.array([0.0, 1.0, 1.0, 0.0])
    begins = half * np.arange(2 * steps)
    times = (begins[:, None] + corners).ravel()
    which = np.repeat(np.arange(2 * steps) % 2, len(pulse))
    heights = np.tile(pulse, 2 * steps)
    volts = np.stack([np.where(which == phase, heights, 0.0) for phase in (0, 1)])
    return ClockSources(name, lines, grounds(2), times, volts)


def sample_and_hold(
    name: str, signal: Bus, held: Bus, phases: Sequence[str], farads: float, sampler: ComponentSampler
) -> tuple[Element, ...]:
    """A master-slave value node: it shows in a period what its input was in the period before.

    ::

        signal[i] --o master o--+--[ +1 ]--o slave o--+--[ +1 ]--- held[i]
                               === C                 === C
                                |                     |
                              ground                ground

    The master follows the input in the first half of each period of `two_phase_clock`, and holds it while the
    slave takes it over.  A charge leaks with C / OFF, and is taken over to exp(-t ON / C) in a time t: valid
    for C / ON << period << C / OFF; no charge is injected.

    Parameters
    ----------
    signal, held
        Inputs and outputs, [n].
    phases
        Lines of the master's and the slave's clock.
    farads
        C of each node.
    sampler
        Technology and random draws of the chip.
    """
    n = len(signal)
    ground = grounds(n)
    master = bus(f"{name}_master", n)
    between = bus(f"{name}_between", n)
    slave = bus(f"{name}_slave", n)
    first, second = phases
    return (
        Switches(f"{name}_track", signal, master, (first,) * n, ON, OFF),
        Capacitors(f"{name}_master_cap", master, ground, farads),
        unity(f"{name}_master_buffer", master, ground, between, 1.0, sampler),
        Switches(f"{name}_take", between, slave, (second,) * n, ON, OFF),
        Capacitors(f"{name}_slave_cap", slave, ground, farads),
        unity(f"{name}_slave_buffer", slave, ground, held, 1.0, sampler),
    )
