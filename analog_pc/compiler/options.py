"""How a network is mapped onto a circuit, where the defaults are not wanted."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from analog_pc.errors import BadInput
from analog_pc.mapping import NetworkArrays, PopulationVolts, VoltsPerUnit
from analog_pc.numeric import check_truth
from analog_pc.pcn.parameters import check_kind


@dataclass(frozen=True, kw_only=True, eq=False)
class CompileOptions:
    """Options of `compile_network`.

    Parameters
    ----------
    volts_per_unit
        Volts of an activity of 1: one number, one for each layer 0 ... L, or `Scales`; of a graph one number,
        one for each population by name, or `PopulationScales`.  None: each layer or population has the
        largest signal that its own activities allow (`choose_scales`).
    gate_feedback
        Of a chain: open the switches of the feedback while the input alone is clamped: predictions then pass
        from layer to layer at the speed of C / g_s and the amplifiers, instead of at the chain's slowest
        mode.
    arrays
        Of a chain: the conductances, where they are not to be programmed from the network's weights (after
        in-situ learning, say); the network is then what they represent.
    feedback_switches
        Of a graph: populations whose feedback passes switches, which an analysis may open.

    Raises
    ------
    BadInput
        For switches that are no tuple of names, each once, and for arrays or flags that are none.
    """

    volts_per_unit: VoltsPerUnit | PopulationVolts | None = None
    gate_feedback: bool = False
    arrays: NetworkArrays | None = None
    feedback_switches: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_names("feedback_switches", self.feedback_switches)
        check_truth("gate_feedback", self.gate_feedback)
        if self.arrays is not None:
            check_kind("arrays", self.arrays, NetworkArrays, "leave it out to program the weights")


def check_names(what: str, names: object) -> None:
    """Refuse what is no tuple of names of populations, and a name that stands twice.

    Raises
    ------
    BadInput
    """
    if isinstance(names, str) or not isinstance(names, Collection):
        raise BadInput(f"{what} = {names!r}, must be a tuple of names such as ('hidden',)")
    listed = list(names)
    if not all(isinstance(name, str) for name in listed):
        raise BadInput(f"{what} = {names!r}, must be a tuple of names such as ('hidden',)")
    if any(listed.count(name) > 1 for name in listed):
        raise BadInput(f"{what} = {names!r}, must hold each name once")


DEFAULTS = CompileOptions()
