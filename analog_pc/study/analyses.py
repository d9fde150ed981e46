"""What is found out from the rows of a study, beside the rows themselves."""

from __future__ import annotations

from dataclasses import dataclass

from analog_pc.study.confirm import Confirmation
from analog_pc.study.sensitivity import Index
from analog_pc.study.yields import Yield


@dataclass(frozen=True, kw_only=True)
class Analyses:
    """Each is empty where it was not asked for.

    Parameters
    ----------
    yields
        One for each combination, where there are limits.
    confirmations
        Points that a simulator solved again.
    indices
        Sobol indices of every axis, where the sampler is "saltelli".
    """

    yields: tuple[Yield, ...] = ()
    confirmations: tuple[Confirmation, ...] = ()
    indices: tuple[Index, ...] = ()
