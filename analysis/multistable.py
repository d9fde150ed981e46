"""Is an operating point that a simulator calls converged the state that the circuit relaxes to?

Random networks whose energy often has several minima (`flow_reference/networks.py`): 2 to 4 weight layers of
1 to 6 units, weights of gain 1 to 5, targets of 2 units, all activations, precisions 1 and mixed, both
phases.

*Ideal parts*: the judge is an own integration of tau dx/dt = -dE/dx from the forward state
(`flow_reference/rest.py`).  Samples on the border of two basins, where starts 1e-6 apart end apart, are
counted as undecided and not judged.  A point is right within 1e-6 of the largest activity (at least 1), near
within 1e-3, else it is elsewhere.

*Real parts* (`--real`), layers of 1 to 3: the judge is the transient from the forward state, native's or
that of `--transients ngspice`; right is within 1e-4 of full scale, elsewhere beyond 1e-2.

    python analysis/multistable.py                                              # everything: an hour
    python analysis/multistable.py --quick --judge-cache /tmp/judge.npz         # native, 500 samples: seconds
    python analysis/multistable.py --simulators native --samples 10000
    PYTHONPATH=OTHER_CHECKOUT python analysis/multistable.py --quick            # measures other code

Ctrl-C prints and stores what is there.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # matrices this small are faster on one thread

import argparse
import json
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from flow_reference import SEED, Problem, draw
from flow_reference.cache import JudgeCache
from flow_reference.transient import transient_rest, value_nodes

from analog_pc.arrays import Bools, Floats
from analog_pc.compiler import compile_network
from analog_pc.errors import SimulationFailed
from analog_pc.files import write_text
from analog_pc.simulators import Native, Ngspice, Simulator, Vacask
from analog_pc.technology import TECHNOLOGIES, technology

RESULTS = Path(__file__).parent / "benchmarks" / "results" / "multistable.json"
SIMULATORS = {"native": Native, "ngspice": Ngspice, "vacask": Vacask}
EXAMPLES = 40  # wrong or missing answers that are stored by name
IDEAL_LIMITS = (1e-6, 1e-3)  # right, near
REAL_LIMITS = (1e-4, 1e-2)
REAL_WIDEST = 3  # units of a layer: a transient on real parts takes seconds
PATIENCE = 60.0  # seconds for an operating point, and for a transient


@dataclass
class Tally:
    """What one simulator answered; counts of samples.

    `found`: called converged, the sum of `right`, `near` and `elsewhere`; the last has to be 0.  `missed`:
    not called converged, though the flow rests; `missed_right` of them are at the right point nevertheless.
    """

    simulator: str
    technology: str
    judge: str
    samples: int = 0
    undecided: int = 0
    undecided_found: int = 0
    found: int = 0
    right: int = 0
    near: int = 0
    elsewhere: int = 0
    missed: int = 0
    missed_right: int = 0
    seconds: float = 0.0
    outcomes: dict[str, int] = field(default_factory=dict)
    by_activation: dict[str, dict[str, int]] = field(default_factory=dict)
    seconds_by_activation: dict[str, float] = field(default_factory=dict)
    examples: list[str] = field(default_factory=list)

    def add(
        self, problem: Problem, sample: int, away: float | None, converged: bool, limits: tuple[float, float],
        outcome: str,
    ) -> None:  # fmt: skip
        """One sample whose point lies `away` from the judge's, as a part of full scale; None: undecided."""
        self.samples += 1
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
        if away is None:
            self.undecided += 1
            self.undecided_found += converged
            return
        place = "right" if away <= limits[0] else "near" if away <= limits[1] else "elsewhere"
        kind = place if converged else "missed"
        of_activation = self.by_activation.setdefault(problem.network.activation, {})
        of_activation[kind] = of_activation.get(kind, 0) + 1
        setattr(self, kind, getattr(self, kind) + 1)
        self.found += converged
        self.missed_right += not converged and place == "right"
        if kind != "right" and len(self.examples) < EXAMPLES:
            self.examples.append(f"{problem.name}, sample {sample}: {kind}, {away:.1e} away; {outcome}")

    def spend(self, problem: Problem, began: float) -> None:
        """Time since `began`, for the samples of a problem."""
        seconds = time.perf_counter() - began
        self.seconds += seconds
        name = problem.network.activation
        self.seconds_by_activation[name] = self.seconds_by_activation.get(name, 0.0) + seconds

    def __str__(self) -> str:
        judged = max(1, self.samples - self.undecided)
        return (
            f"{self.simulator:>8} {self.technology:<13} {self.samples:6d} samples, "
            f"{self.undecided:3d} undecided; found {100 * self.found / judged:6.2f} %: "
            f"right {self.right}, near {self.near}, ELSEWHERE {self.elsewhere}; "
            f"not found {self.missed} (right anyway {self.missed_right}); "
            f"{1e3 * self.seconds / max(1, self.samples):.2f} ms a sample"
        )


def main() -> None:
    given = arguments()
    cache = JudgeCache(given.judge_cache)
    tallies: list[Tally] = []
    try:
        for name in given.simulators:
            count, each = (given.samples, given.per_network) if name == "native" else (given.spice_samples, 2)
            tallies.append(Tally(name, "ideal", "flow"))
            ideal_parts(tallies[-1], SIMULATORS[name](), given.seed, count, each, cache)
            report(tallies[-1])
        for name in given.real:
            tallies.append(Tally("native", name, f"transient of {given.transients}"))
            real_parts(tallies[-1], SIMULATORS[given.transients](), given.seed, given.real_samples)
            report(tallies[-1])
    except KeyboardInterrupt:
        print("\ninterrupted: the last row is what was measured of it", file=sys.stderr)
        if tallies:
            report(tallies[-1])
    cache.save()
    if given.out is not None:
        store(given.out, given.seed, tallies)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--simulators", type=names, default="native,ngspice,vacask", help="on ideal parts")
    parser.add_argument("--samples", type=int, default=10000, help="of native, on ideal parts")
    parser.add_argument("--per-network", type=int, default=5, help="samples of a network, for native")
    parser.add_argument("--spice-samples", type=int, default=300, help="of the others, two of a network")
    parser.add_argument("--real", type=names, default="all", help="technologies; 'all', or '' for none")
    parser.add_argument("--real-samples", type=int, default=100, help="of each technology, two of a network")
    parser.add_argument("--transients", default="native", choices=SIMULATORS, help="the judge of real parts")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--judge-cache", type=Path, help="an .npz that keeps the judge's answers")
    parser.add_argument("--quick", action="store_true", help="500 samples of native on ideal parts")
    parser.add_argument("--out", type=Path, help="of the whole run with the default seed: the stored results")
    given = parser.parse_args()
    if given.quick:
        given.simulators, given.real, given.samples = ["native"], [], 500
    elif given.seed == SEED and given.out is None:
        given.out = RESULTS
    if given.real == ["all"]:
        given.real = [name for name in TECHNOLOGIES if name != "ideal"]
    for option, asked, known in (
        ("--simulators", given.simulators, SIMULATORS),
        ("--real", given.real, TECHNOLOGIES),
    ):
        for name in asked:
            if name not in known:
                parser.error(f"argument {option}: unknown {name!r} (use one of {', '.join(known)})")
    return given


def names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def ideal_parts(
    tally: Tally, simulator: Simulator, seed: int, samples: int, each: int, cache: JudgeCache
) -> None:
    """Operating points on ideal parts against the flow of the mathematics."""
    for number in counted(tally, samples, each):
        problem = draw(number, each, seed)
        expected = cache.rest(problem)
        compiled = compile_network(problem.network, technology("ideal"), problem.inputs, problem.targets)
        began = time.perf_counter()
        try:
            with time_limit(PATIENCE * each):
                solution = simulator.simulate(compiled.circuit, compiled.operating_point())
        except (SimulationFailed, TimeoutError) as failure:
            skipped(tally, problem, each, expected.decided, failure)
            continue
        finally:
            tally.spend(problem, began)
        units = np.repeat(np.array(compiled.scales.activity[1:]), compiled.network.sizes[1:])
        x = solution.voltage(value_nodes(compiled)) / units
        full = np.maximum(1.0, np.abs(expected.x).max(axis=1))
        away = np.abs(x - expected.x).max(axis=1) / full
        outcomes = solution.status.each(each)
        converged = solution.status.converged(each)
        for k in range(each):
            judged = float(away[k]) if expected.decided[k] else None
            tally.add(problem, k, judged, bool(converged[k]), IDEAL_LIMITS, outcomes[k].name)


def real_parts(tally: Tally, judge: Simulator, seed: int, samples: int) -> None:
    """Native's operating points on real parts against the transient from the forward state."""
    each = 2
    for number in counted(tally, samples, each):
        problem = draw(number, each, seed, REAL_WIDEST)
        compiled = compile_network(
            problem.network, technology(tally.technology), problem.inputs, problem.targets, seed=number
        )
        nodes = value_nodes(compiled)
        began = time.perf_counter()
        try:
            with time_limit(PATIENCE * each):
                solution = Native().simulate(compiled.circuit, compiled.operating_point())
        except (SimulationFailed, TimeoutError) as failure:
            skipped(tally, problem, each, np.ones(each, dtype=np.bool_), failure)
            continue
        finally:
            tally.spend(problem, began)
        outcomes = solution.status.each(each)
        converged = solution.status.converged(each)
        for k in range(each):
            try:
                with time_limit(PATIENCE):
                    rest, ended = transient_rest(compiled, k, judge)
            except TimeoutError:
                rest, ended = None, "takes too long"
            away = None if rest is None else distance(solution.voltage(nodes)[k], rest)
            outcome = f"{outcomes[k].name}; transient {ended}"
            tally.add(problem, k, away, bool(converged[k]), REAL_LIMITS, outcome)


def distance(volts: Floats, rest: Floats) -> float:
    return float(np.abs(volts - rest).max() / np.abs(rest).max())


def skipped(tally: Tally, problem: Problem, each: int, decided: Bools, failure: Exception) -> None:
    """A batch without an answer."""
    for k in range(each):
        away = np.inf if decided[k] else None
        tally.add(problem, k, away, False, IDEAL_LIMITS, f"{type(failure).__name__}: {failure}"[:100])


def counted(tally: Tally, samples: int, each: int) -> Iterator[int]:
    """Numbers of networks, with a line of progress."""
    networks = -(-samples // each)
    for number in range(networks):
        if sys.stderr.isatty() or number % 50 == 0:
            end = "\r" if sys.stderr.isatty() else "\n"
            text = f"{tally.simulator} {tally.technology} {number * each}/{networks * each}"
            print(f"{text}, elsewhere {tally.elsewhere}   ", end=end, file=sys.stderr, flush=True)
        yield number


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """`TimeoutError` after so many seconds of wall clock."""

    def ring(_signal: int, _frame: object) -> None:
        raise TimeoutError(f"no answer in {seconds:g} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def report(tally: Tally) -> None:
    print(tally)
    for name, counts in sorted(tally.by_activation.items()):
        listed = ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items()))
        each = 1e3 * tally.seconds_by_activation[name] / sum(counts.values())
        print(f"{'':9}{name:<13} {listed}; {each:.1f} ms a sample")
    common = Counter(tally.outcomes).most_common(8)
    print(f"{'':9}outcomes: " + ", ".join(f"{count} {outcome}" for outcome, count in common))
    for line in tally.examples[:10]:
        print(f"{'':9}{line}")
    sys.stdout.flush()


def store(path: Path, seed: int, tallies: list[Tally]) -> None:
    """Rows of what was measured now, beside the stored rows of what was not."""
    rows: list[dict[str, Any]] = [asdict(tally) for tally in tallies]
    measured = {(row["simulator"], row["technology"], row["judge"]) for row in rows}
    stored = json.loads(path.read_text())["rows"] if path.exists() else []
    kept = [row for row in stored if (row["simulator"], row["technology"], row["judge"]) not in measured]
    path.parent.mkdir(exist_ok=True)
    write_text(path, json.dumps({"seed": seed, "rows": kept + rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
