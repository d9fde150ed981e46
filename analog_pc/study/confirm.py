"""Random points of a study, solved again by ngspice as whole circuits."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np

from analog_pc.arrays import Bools, is_whole
from analog_pc.compiled.threads import single_threaded_blas
from analog_pc.compiler import CompileOptions, compile_network
from analog_pc.errors import AnalogPcError, BadInput
from analog_pc.evaluation import Bench
from analog_pc.evaluation.non_idealities import NOT_IN_CLOSED_FORM
from analog_pc.pcn import Equilibrium
from analog_pc.simulators import Simulator
from analog_pc.study.point import Found
from analog_pc.study.results import Results
from analog_pc.study.seeds import CONFIRMED, generator
from analog_pc.technology import Technology
from analog_pc.technology.non_idealities import present, without

SAMPLES = 5  # of a point: ngspice takes seconds for each where wires have resistance
AGREED = 1e-6  # of full scale: question A of the documents, for nonlinear circuits

Tick = Callable[[str], None]


class Verdict(Enum):
    """How the two solutions of a point compare."""

    CONFIRMED = "confirmed"
    DIFFERS = "differs"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, kw_only=True)
class Confirmation:
    """A point of a study, in closed form as its row has it and as a circuit in a simulator.

    Parameters
    ----------
    index, chip
        Of the point.
    samples
        That have an equilibrium in closed form, of the first `SAMPLES`; `solved` of them have one in the
        simulator too, and on `same` of these both tell the same class.
    deviation
        Largest distance of an output over the largest output, on the non-idealities that the closed form
        holds; decides the verdict.  None where nothing could be compared.
    whole_deviation
        The same with all non-idealities: what the closed form leaves out.  Measured, not judged; None where
        the circuit was not solved.
    left_out
        The non-idealities that the closed form does not hold.
    message
        What went wrong, if anything did.
    """

    index: int
    chip: int
    simulator: str
    samples: int
    solved: int
    same: int
    deviation: float | None
    whole_deviation: float | None
    left_out: tuple[str, ...]
    seconds: float
    message: str = ""

    @property
    def verdict(self) -> Verdict:
        """Confirmed: every sample was solved, to the same class, within `AGREED`."""
        if self.deviation is None:
            return Verdict.NOT_CHECKED
        every = self.same == self.solved == self.samples
        return Verdict.CONFIRMED if every and self.deviation <= AGREED else Verdict.DIFFERS


def chosen(results: Results, count: int) -> tuple[Found, ...]:
    """So many points that have results, drawn by the seed of the study; all where there are no more."""
    if not is_whole(count) or count < 1:
        raise BadInput(f"confirm: {count!r} points, must be 1 or more")
    good = [one for one in results if not one.row.failed]
    drawn = generator(results.study.seed, CONFIRMED).permutation(len(good))[:count]
    return tuple(good[int(k)] for k in sorted(drawn))


def confirm(
    results: Results, count: int, simulator: Simulator, tick: Tick = lambda text: None
) -> tuple[Confirmation, ...]:
    """Solve random points of a study again as whole circuits.

    Accuracies of a study come from the closed form of each chip (`EffectiveRelaxer`).  Here the same chip is
    compiled, every cell, wire and amplifier of it, and its operating points are found by another program.

    Parameters
    ----------
    results
        Of the study.
    count
        Points, drawn from those that have results.
    simulator
        Such as `Ngspice()`.
    tick
        Is told of every point before it is solved.

    Returns
    -------
    tuple of Confirmation
        In the order of the points.

    Raises
    ------
    BadInput
        For less than one point.
    SimulatorMissing
        Where the simulator is not installed.
    """
    found = []
    version = simulator.version()
    for one in chosen(results, count):
        tick(f"point {one.point.index}")
        with single_threaded_blas():
            found.append(_confirmed(results, one, simulator, version))
    return tuple(found)


def _confirmed(results: Results, one: Found, simulator: Simulator, version: str) -> Confirmation:
    began = time.monotonic()
    bench = results.study.bench(one.point)
    left_out = tuple(name for name in present(bench.technology) if name in NOT_IN_CLOSED_FORM)
    like = bench.technology
    for name in left_out:
        like = without(like, name)
    closed = bench.first_chip
    good = closed.relaxation.converged[:SAMPLES]
    whole: Equilibrium | str = "the same circuit"
    circuit = _solved(bench, like, simulator)
    if left_out:
        whole = _solved(bench, bench.technology, simulator)
    solved = good & _converged(circuit, len(good))
    same = 0
    if not isinstance(circuit, str):
        told = closed.output[: len(good)].argmax(axis=1) == circuit.output.argmax(axis=1)
        same = int((told & solved).sum())
    deviation = _deviation(closed, circuit, solved)
    return Confirmation(
        index=one.point.index,
        chip=one.point.chip,
        simulator=version,
        samples=int(good.sum()),
        solved=int(solved.sum()),
        same=same,
        deviation=deviation,
        whole_deviation=_deviation(closed, whole, good & _converged(whole, len(good)))
        if left_out
        else deviation,
        left_out=left_out,
        seconds=time.monotonic() - began,
        message=circuit if isinstance(circuit, str) else circuit.relaxation.message,
    )


def _solved(bench: Bench, technology: Technology, simulator: Simulator) -> Equilibrium | str:
    """Operating points of the first samples of a chip, in the scales of the bench; or why there are none."""
    compiled = compile_network(
        bench.network,
        technology,
        bench.data.inputs[:SAMPLES],
        seed=bench.seeds[0],
        options=CompileOptions(volts_per_unit=bench.scales),
    )
    try:
        return compiled.decode(simulator.simulate(compiled.circuit, compiled.operating_point()))
    except AnalogPcError as failure:
        return str(failure)


def _converged(circuit: Equilibrium | str, count: int) -> Bools:
    if isinstance(circuit, str):
        return np.zeros(count, dtype=bool)
    return np.asarray(circuit.relaxation.converged & np.isfinite(circuit.output).all(axis=1))


def _deviation(closed: Equilibrium, circuit: Equilibrium | str, both: Bools) -> float | None:
    """Largest distance of an output over the largest output of the circuit, on samples that both have."""
    if isinstance(circuit, str) or not both.any():
        return None
    one = closed.output[: len(both)][both]
    two = circuit.output[both]
    return float(np.abs(one - two).max()) / (float(np.abs(two).max()) or 1.0)
