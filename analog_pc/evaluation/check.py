"""Cross-check: the closed form, from which accuracies come, against the native circuit simulator."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Bools, Floats, Ints
from analog_pc.evaluation.bench import Bench, Tick
from analog_pc.evaluation.native import CircuitOutputs, circuit_outputs
from analog_pc.evaluation.non_idealities import NOT_IN_CLOSED_FORM
from analog_pc.technology import Technology
from analog_pc.technology.non_idealities import present, without


@dataclass(frozen=True, kw_only=True)
class Check:
    """The first chip on the same samples, in closed form and as a whole circuit.

    Parameters
    ----------
    name
        What the circuit consists of.
    samples
        That both have an equilibrium for; `asked` were simulated, `wanted` should have been.
    deviation
        Largest distance of an output over the largest output, and `median` over the samples of each one's
        largest; NaN without a sample.
    same
        Samples of which both tell the same class.
    closed_form, native
        Accuracy of each on these samples; NaN without a sample.
    message
        What went wrong, if anything did.
    """

    name: str
    seed: int
    wanted: int
    asked: int
    samples: int
    deviation: float
    median: float
    same: int
    closed_form: float
    native: float
    seconds: float
    message: str = ""


LIKE_FOR_LIKE = "with the non-idealities of the closed form"
WHOLE = "the whole circuit"


def check(bench: Bench, tick: Tick) -> tuple[Check, ...]:
    """Like for like, and the whole circuit where it has more than the closed form holds.

    The first tells whether the closed form is right, the second what it leaves out: the bend of devices and
    the swing of amplifiers.
    """
    left_out = NOT_IN_CLOSED_FORM & set(present(bench.technology))
    like = bench.technology
    for name in sorted(left_out):
        like = without(like, name)
    found = [_check(bench, LIKE_FOR_LIKE, like, tick)]
    if left_out:
        found.append(_check(bench, WHOLE, bench.technology, tick))
    return tuple(found)


def count_checks(bench: Bench) -> int:
    """How many circuits `check` simulates."""
    return 2 if NOT_IN_CLOSED_FORM & set(present(bench.technology)) else 1


def _check(bench: Bench, name: str, technology: Technology, tick: Tick) -> Check:
    seed = bench.seeds[0]
    tick(name)
    circuit = circuit_outputs(bench, technology, seed)
    equilibrium = bench.equilibrium(bench.technology, seed)
    converged = equilibrium.relaxation.converged[: circuit.asked]
    return compared(name, seed, equilibrium.output[: circuit.asked], converged, circuit, bench.data.labels)


def compared(
    name: str, seed: int, closed: Floats, converged: Bools, circuit: CircuitOutputs, labels: Ints
) -> Check:
    """Compare the samples that have an equilibrium in both."""
    both = converged & circuit.converged
    one = closed[both]
    two = circuit.outputs[both]
    count = int(both.sum())
    told = one.argmax(axis=1)
    found = two.argmax(axis=1)
    right = labels[: circuit.asked][both]
    full = float(np.abs(two).max(initial=0.0)) or 1.0
    apart = np.abs(one - two).max(axis=1) / full
    return Check(
        name=name,
        seed=seed,
        wanted=circuit.wanted,
        asked=circuit.asked,
        samples=count,
        deviation=float(apart.max()) if count else float("nan"),
        median=float(np.median(apart)) if count else float("nan"),
        same=int((told == found).sum()),
        closed_form=float((told == right).mean()) if count else float("nan"),
        native=float((found == right).mean()) if count else float("nan"),
        seconds=circuit.seconds,
        message=circuit.message,
    )
