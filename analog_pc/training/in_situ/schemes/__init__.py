"""Schemes of writing: how the change of a weight becomes pulses on its devices.

================  =====================================  =================  ==================
scheme            what is written                        memory besides     time
================  =====================================  =================  ==================
`Exact`           the change itself (device `ideal`)     the weights        none
`Trains`          coincidences of stochastic trains      none               slots a sample
`Counts`          whole steps, rounded                   none               pulses
`Signs`           one pulse in its direction             none               pulses
`WriteVerify`     pulses until it is read                none               pulses (and reads)
`TikiTaka`        trains to A, rows of A by trains to C  none               2 slots a sample
`MixedPrecision`  whole steps of what adds up            a number a weight  pulses
================  =====================================  =================  ==================
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from analog_pc.pcn.learning import made_from_text
from analog_pc.training.in_situ.schemes.counts import Counts
from analog_pc.training.in_situ.schemes.exact import Exact
from analog_pc.training.in_situ.schemes.mixed import MixedPrecision
from analog_pc.training.in_situ.schemes.protocol import Scheme, Writer
from analog_pc.training.in_situ.schemes.signs import Signs
from analog_pc.training.in_situ.schemes.tiki_taka import TikiTaka
from analog_pc.training.in_situ.schemes.trains import Trains
from analog_pc.training.in_situ.schemes.verify import WriteVerify

SCHEMES: Mapping[str, type[Scheme]] = MappingProxyType(
    {
        "exact": Exact,
        "trains": Trains,
        "counts": Counts,
        "signs": Signs,
        "write-verify": WriteVerify,
        "tiki-taka": TikiTaka,
        "mixed-precision": MixedPrecision,
    }
)


def write_scheme(text: str) -> Scheme:
    """The scheme of that name, with its parameters: ``trains``, ``tiki-taka:fast=5,transfer=0.02``.

    Raises
    ------
    BadInput
        For an unknown name or parameter, and for what the scheme refuses.
    """
    return made_from_text("scheme", text, SCHEMES)


__all__ = [
    "SCHEMES",
    "Counts",
    "Exact",
    "MixedPrecision",
    "Scheme",
    "Signs",
    "TikiTaka",
    "Trains",
    "WriteVerify",
    "Writer",
    "write_scheme",
]
