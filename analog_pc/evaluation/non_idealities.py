"""What costs accuracy: every non-ideality of a technology alone, all else ideal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.evaluation.bench import Bench, Tick
from analog_pc.evaluation.native import circuit_outputs
from analog_pc.nonideality.accuracy import Accuracy, chip_accuracy
from analog_pc.technology import Technology
from analog_pc.technology.non_idealities import present, with_only, without_non_idealities

# The closed form takes devices as straight lines and amplifiers as far from their rails.  These two are
# measured with the circuit simulator, on fewer samples.  What moves neither acts on time or on noise alone.
NOT_IN_CLOSED_FORM = frozenset({"device I-V", "saturation"})
STILL = 1e-9  # of the largest output: below it the two solvers' own tolerances lie


@dataclass(frozen=True)
class NonIdeality:
    """One non-ideality alone.

    Parameters
    ----------
    accuracy
        Of its chips; `ideal` is the accuracy of the ideal network on the same samples.
    moved
        Largest change of an output against ideal parts, over the largest output.
    by
        What it was measured with: "closed form" or "native".
    """

    name: str
    accuracy: Accuracy
    ideal: float
    moved: float
    by: str

    @property
    def lost(self) -> float:
        """Accuracy lost, with every unanswered sample counted as lost."""
        return self.ideal - self.accuracy.lowest

    @property
    def acts(self) -> bool:
        """Whether it moves an operating point."""
        return self.moved > STILL


def measure_alone(bench: Bench, tick: Tick) -> Iterator[NonIdeality]:
    """Every non-ideality that the technology has, one after the other."""
    names = present(bench.technology)
    if not names:
        return
    reference = bench.equilibrium(without_non_idealities(bench.technology), bench.seeds[0]).output
    for name in names:
        technology = with_only(bench.technology, name)
        if name in NOT_IN_CLOSED_FORM:
            tick(f"{name}, native simulator")
            yield _in_circuit(bench, name, technology, reference)
        else:
            yield _in_closed_form(bench, name, technology, reference, tick)


def count_alone(bench: Bench) -> int:
    """How many chips `measure_alone` measures."""
    return sum(len(bench.seeds_of(with_only(bench.technology, name))) for name in present(bench.technology))


def _in_closed_form(
    bench: Bench, name: str, technology: Technology, reference: Floats, tick: Tick
) -> NonIdeality:
    found = []
    change = 0.0
    for seed in bench.seeds_of(technology):
        tick(f"{name}, chip {seed}")
        equilibrium = bench.equilibrium(technology, seed)
        change = max(change, _largest_change(equilibrium.output, reference))
        found.append(bench.count(equilibrium, seed))
    return NonIdeality(name, Accuracy(tuple(found)), bench.ideal_accuracy, change, "closed form")


def _in_circuit(bench: Bench, name: str, technology: Technology, reference: Floats) -> NonIdeality:
    seed = bench.seeds[0]
    circuit = circuit_outputs(bench, technology, seed)
    some = slice(0, circuit.asked)
    labels = bench.data.labels[some]
    ideal = bench.ideal_predictions[some]
    answers = np.asarray(circuit.outputs.argmax(axis=1), dtype=np.int64)
    chip = chip_accuracy(seed, answers, circuit.converged, labels, ideal, circuit.message)
    change = _largest_change(circuit.outputs, reference[some])
    return NonIdeality(name, Accuracy((chip,)), float((ideal == labels).mean()), change, "native")


def _largest_change(outputs: Floats, reference: Floats) -> float:
    apart = np.abs(outputs - reference)
    if not np.isfinite(apart).all():
        return float("inf")
    return float(apart.max()) / (float(np.abs(reference).max()) or 1.0)
