"""Everything an evaluation finds, step by step."""

from __future__ import annotations

from dataclasses import dataclass, field

from analog_pc.compiler.budget import StageBudget
from analog_pc.cost import Baseline, BreakEvenRow, Cost
from analog_pc.evaluation.bench import Bench
from analog_pc.evaluation.check import Check
from analog_pc.evaluation.limits import Limit
from analog_pc.evaluation.non_idealities import NonIdeality
from analog_pc.evaluation.outliers import Remedy
from analog_pc.evaluation.proposal import Proposal
from analog_pc.nonideality.accuracy import Accuracy


@dataclass(kw_only=True, eq=False)
class Evaluation:
    """The results that are there so far; None or empty: that step has not run.

    Parameters
    ----------
    bench
        Network, technology and data; the ideal accuracy is known from the start.
    facts, versions
        What the report says of the run.
    steps
        Steps that were asked for; `done`: steps that have ended.
    failed
        Step -> why it has no result.
    interrupted
        Step in which the run was stopped; "" for a whole run.
    """

    bench: Bench
    title: str
    facts: dict[str, str]
    versions: dict[str, str]
    steps: tuple[str, ...]
    done: list[str] = field(default_factory=list)
    interrupted: str = ""
    failed: dict[str, str] = field(default_factory=dict)
    chips: Accuracy | None = None
    non_idealities: list[NonIdeality] = field(default_factory=list)
    limits: list[Limit] = field(default_factory=list)
    proposal: Proposal | None = None
    remedies: tuple[Remedy, ...] = ()
    signals: tuple[StageBudget, ...] = ()
    cost: Cost | None = None
    baselines: tuple[Baseline, ...] = ()
    break_even: tuple[BreakEvenRow, ...] = ()
    checks: tuple[Check, ...] = ()

    @property
    def partial(self) -> bool:
        """Whether a step that was asked for has not ended."""
        return set(self.done) != set(self.steps)

    @property
    def sorted_non_idealities(self) -> list[NonIdeality]:
        """The costliest first, of equal ones the one that moves outputs more; what moves none comes last."""
        return sorted(self.non_idealities, key=lambda row: (not row.acts, -row.lost, -row.moved))
