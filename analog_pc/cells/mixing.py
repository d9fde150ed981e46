"""A value node whose precision is a matrix: a mixing crossbar before the spring."""

from __future__ import annotations

from analog_pc.cells.arrays import differential_crossbar, transimpedance
from analog_pc.cells.components import ComponentSampler, unity
from analog_pc.circuit import Bus, Capacitors, Element, Resistors, bus, grounds
from analog_pc.mapping import ConductancePair


def mixing_crossbar(
    name: str,
    eps: tuple[Bus, Bus],
    weighted: tuple[Bus, Bus],
    pair: ConductancePair,
    sampler: ComponentSampler,
) -> tuple[Element, ...]:
    """Weighted prediction errors of correlated units: V(weighted) = M V(eps), and the opposite.

    ::

        eps[j]  --[ plus, minus ]-- column[i] --|TIA>--+--- weighted[i]
        anti[j] --[             ]                      +--[ -1 ]--- opposite[i]

    Valid while every output stays below the supply: |M eps| may exceed |eps| by the largest sum of a row of
    |M|.  An amplifier of finite gain A takes NG / A of its output, with its noise gain NG.

    Parameters
    ----------
    eps
        Prediction errors and their opposites, [n] each.
    weighted
        Outputs and their opposites, [n] each; without a second bus the inverters are left out.
    pair
        The conductances of M and their feedback resistors, [n, n].
    sampler
        Technology and random draws of the chip.
    """
    columns = bus(f"{name}_column", len(eps[0]))
    out, opposite = weighted
    elements = (
        *differential_crossbar(name, *eps, columns, pair, sampler),
        *transimpedance(name, columns, out, pair.ohms, sampler),
    )
    if not opposite:
        return elements
    return (*elements, unity(f"{name}_anti", grounds(len(out)), out, opposite, 2.0, sampler))


def mixed_value_node(
    name: str, x: Bus, weighted: Bus, conductance: float, farads: float, sampler: ComponentSampler
) -> tuple[Element, ...]:
    """A value node whose spring carries its weighted prediction error.

    ::

        x[i] --+--[ 1/g ]-- target[i]        target = x - weighted, by a difference amplifier:
               |                             spring current g weighted = g M (x - mu)
              === C
               |
             ground

    C dx/dt = -g weighted: with Pi = g M / g_s, dx/dt = -Pi (x - mu) in units of C / g_s, and Pi has to be
    positive definite.  Valid while the amplifiers settle much faster than C over g times the largest
    eigenvalue of M.

    Parameters
    ----------
    x, weighted
        Value nodes and their weighted prediction errors, [n].
    conductance, farads
        g in S and C in F of each node; precision = g M / g_s.
    sampler
        Technology and random draws of the chip.
    """
    n = len(x)
    target = bus(f"{name}_target", n)
    return (
        unity(f"{name}_target", x, weighted, target, 2.0, sampler),
        Resistors(f"{name}_spring", x, target, 1.0 / conductance),
        Capacitors(f"{name}_cap", x, grounds(n), farads),
    )
