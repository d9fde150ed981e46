"""What an experiment is: a configuration, a way to run it on a relaxer, and what was published."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from matplotlib.figure import Figure

from analog_pc.experiments.framework.circuits import Circuits, simulated
from analog_pc.experiments.framework.quantity import Quantity
from analog_pc.experiments.framework.result import RELAXERS, Array, Result
from analog_pc.experiments.framework.result_cache import ResultCache
from analog_pc.relaxers import Relaxer

Config = TypeVar("Config")

SONG = "Song, Millidge, Salvatori, Lukasiewicz, Xu, Bogacz, Nature Neuroscience 27:348 (2024)"

# What circuits of ideal parts have to keep, of the largest number of an experiment.  Amplifiers of gain 1e9
# are off by some 1e-8 (noise gain / gain) in every relaxation; an experiment is a feedback loop of hundreds
# of them, some unstable (a sign that flips), where that grows a thousandfold and more.
AGREEMENT = {"native": 1e-4, "ngspice": 1e-3}


@dataclass(frozen=True)
class Claim:
    """A published or derived number.

    Parameters
    ----------
    quantity
        Of `Outcome.values`.
    published
        None: nothing was published; the columns are then compared with `derived`, or without one with the
        first column, the ideal one.
    tolerance
        On |measured - published|, derived where the claim stands; None: no verdict is asked for.
    rule
        "pc": of predictive coding, measured on relaxers; "bp": of backpropagation.
    id
        Short identifier of the row that scripts select it by, and that never changes: "dip@0.3".  "": made of
        the quantity's name and conditions.
    derived
        What theory gives (a closed form, or a calculation that shares no code with this package) where
        nothing was published; the experiment says where it is from.
    """

    quantity: Quantity
    published: float | None
    tolerance: float | None
    rule: str = "pc"
    id: str = ""
    derived: float | None = None


@dataclass(frozen=True, eq=False)
class Outcome:
    """What one relaxer gave: numbers, arrays for the figure, sentences for a person, facts of the run."""

    values: Mapping[Quantity, float]
    arrays: Mapping[Quantity, Array] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)


def unchanged(config: Config, column: str) -> Config:
    """The same experiment on every relaxer."""
    return config


def no_comparison(pc: Outcome, bp: Outcome) -> Mapping[Quantity, float]:
    """No quantity that needs both rules."""
    return {}


def no_extras(result: Result, folder: Path) -> Sequence[Path]:
    """Nothing beside report, figure and numbers."""
    return ()


def still(result: Result) -> str:
    """Nothing moves."""
    return ""


@dataclass(frozen=True, eq=False)
class Experiment(Generic[Config]):
    """One experiment of the registry.

    Parameters
    ----------
    run
        ``run(config, relaxer, cache) -> Outcome``; the relaxer may be `FixedPrediction`, which makes the
        same learning rule backpropagation.
    reduced, full
        Configurations: seconds to minutes, and as published.
    claims
        The published numbers that a configuration can be held against.
    draw
        The figure, from a stored result alone.
    columns
        Relaxers on which it is feasible.
    circuits
        What the columns relax on, circuits being made of a technology.
    fit
        What of a configuration is run in a column ("ideal", "native", ...): circuits may get less of it.
    compare
        Quantities that need both rules, from the outcomes of a relaxer and of backpropagation.
    extras
        Writes what else there is to see, and says which files.
    player
        HTML of an animation, from a stored result alone; "" without one.
    agreement
        Column -> how near a circuit of ideal parts has to come to the ideal column; empty where a network has
        several rests, of which each search may find another one.
    backpropagation
        Whether the experiment has a column for backpropagation; False where nothing is learned from targets.
    """

    name: str
    title: str
    run: Callable[[Config, Relaxer, ResultCache], Outcome]
    reduced: Config
    full: Config
    claims: Callable[[Config], Sequence[Claim]]
    draw: Callable[[Result], Figure]
    source: str = SONG
    columns: tuple[str, ...] = RELAXERS
    circuits: Circuits = simulated
    fit: Callable[[Config, str], Config] = unchanged
    compare: Callable[[Outcome, Outcome], Mapping[Quantity, float]] = no_comparison
    extras: Callable[[Result, Path], Sequence[Path]] = no_extras
    player: Callable[[Result], str] = still
    agreement: Mapping[str, float] = field(default_factory=AGREEMENT.copy)
    backpropagation: bool = True
