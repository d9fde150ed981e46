"""A value node with a clock: it moves in steps, all nodes of a network at once."""

from __future__ import annotations

from dataclasses import dataclass

from analog_pc.cells.components import ComponentSampler, unity
from analog_pc.circuit import Bus, Capacitors, Element, Resistors, Switches, bus, grounds
from analog_pc.errors import BadInput


@dataclass(frozen=True)
class TwoPhaseClock:
    """The clock lines of sampled nodes, and the switches that follow them.

    ::

        sample  ______/-----------\\____________________/-----------\\____    1 V: the slave settles
        copy    _________________________/-----\\___________________________    1 V: the master takes it over

    Parameters
    ----------
    sample, copy
        Nodes of the two lines; never both high but to make the node transparent.
    on, off
        Conductance of a closed and of an open switch, S, 0 < off < on.
    """

    sample: str
    copy: str
    on: float
    off: float

    def __post_init__(self) -> None:
        if not 0.0 < self.off < self.on:
            raise BadInput(
                f"two-phase clock: switches of {self.off!r} S and {self.on!r} S, need 0 < off < on"
            )


def sampled_node(
    name: str,
    x: Bus,
    mu: Bus,
    conductance: float,
    farads: float,
    clock: TwoPhaseClock,
    sampler: ComponentSampler,
) -> tuple[tuple[Element, ...], Bus]:
    """Master and slave capacitor, a buffer and two switches: one synchronous step of the flow a period.

    ::

        mu[i] --[ 1/g ]--+-- pull[i] --o sample o-- slave[i] --+--|>-- held[i] --o copy o--+-- x[i]
                         |                                     |                           |
        gated feedback --+                                    === C                       === C
                                                               |                           |
                                                             ground                      ground

    The master x drives activation, gate and eps sense, so that prediction and feedback stand still while the
    slave settles towards x* = mu + (feedback current) / g.  After `sample` was high for t::

        x_next = x + gamma (x* - x),    gamma = 1 - e^(-t / (C (1/g + 1/on)))

    The explicit step of size gamma of the flow dx/dt = -dE/dx.  With both lines high the node is transparent:
    a value node of time constant C (1/g + 1/on), behind the time constant C / on of the master.  Valid where
    `copy` is high for many C / on, and a period is much shorter than C / off; no charge is injected.

    Parameters
    ----------
    x, mu
        Masters and predictions, [n].
    conductance
        g of the springs, S: precision times g_s.
    farads
        C of each master and each slave, F.
    clock
        Lines and switches.
    sampler
        Technology and random draws of the chip, for the buffer.

    Returns
    -------
    tuple
        Elements, and the bus `pull` [n] that the feedback gate drives in place of x.
    """
    n = len(x)
    pull = bus(f"{name}_pull", n)
    slave = bus(f"{name}_slave", n)
    held = bus(f"{name}_held", n)
    elements: tuple[Element, ...] = (
        Resistors(f"{name}_spring", pull, mu, 1.0 / conductance),
        Switches(f"{name}_sample", pull, slave, (clock.sample,) * n, clock.on, clock.off),
        Capacitors(f"{name}_slave", slave, grounds(n), farads),
        unity(f"{name}_buffer", slave, grounds(n), held, 1.0, sampler),
        Switches(f"{name}_copy", held, x, (clock.copy,) * n, clock.on, clock.off),
        Capacitors(f"{name}_master", x, grounds(n), farads),
    )
    return elements, pull
