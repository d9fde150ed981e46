"""Digital machines beside the chip: what the same inference and the same relaxation cost there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.compiled.threads import single_threaded_blas
from analog_pc.cost.components import Catalogue, Component, shipped
from analog_pc.cost.operations import MOST_ITERATIONS, DigitalWork, best_step, digital_work
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.pcn.learning import forward_pass

REPEATS = 7  # of a measurement, of which the shortest counts
LEAST_SECONDS = 5e-3  # that one of them lasts
BATCH = 64
NOT_SAID = float("nan")
UNCONVERGED = (
    f"the relaxation does not converge in {MOST_ITERATIONS} gradient steps, nothing is counted in MAC"
)


@dataclass(frozen=True)
class Baseline:
    """Energy in J and latency in s of one stimulus on another machine; NaN where nothing can be said.

    `phase` is "predict" (a forward pass) or "learn" (what gives one update of the weights); `assumption` says
    what is taken for granted, `grade` how sure the least sure value is.
    """

    name: str
    phase: str
    energy: float
    latency: float
    assumption: str
    source: str
    grade: str


def digital_baselines(
    network: PredictiveCodingNetwork,
    inputs: ArrayLike,
    targets: ArrayLike | None = None,
    *,
    catalogue: Catalogue | None = None,
    measure_cpu: bool = True,
) -> tuple[Baseline, ...]:
    """The same network on digital machines, per stimulus.

    *learn* is the relaxation by the best fixed gradient step, until it is as settled as the circuit, and one
    update; and backpropagation, which gets by without a relaxation.  Where the steps do not converge, energy
    and latency of the relaxation are NaN, and the assumption says so.

    Parameters
    ----------
    inputs, targets
        Stimuli as for `network_cost`; without targets there is no learn phase.
    catalogue
        Values of the digital machines; None: those of ``digital.toml``.
    measure_cpu
        Whether this machine's processor is measured, in some tenths of a second.

    Raises
    ------
    BadInput
        For stimuli that do not fit the network.
    """
    c = shipped("digital") if catalogue is None else catalogue
    x = np.atleast_2d(np.asarray(inputs, dtype=np.float64))
    t = None if targets is None else np.atleast_2d(np.asarray(targets, dtype=np.float64))
    work = digital_work(network, x, t)
    found: list[Baseline] = []
    for task in _tasks(network, work, t is not None):
        found += _accelerators(c, task)
    if measure_cpu:
        found += _processor(network, c, x, t, work)
    return tuple(found)


@dataclass(frozen=True)
class _Task:
    """Multiply-accumulates of a phase, NaN if unknown; `suffix` tells two ways of learning apart."""

    phase: str
    macs: float
    what: str
    suffix: str = ""


def _tasks(network: PredictiveCodingNetwork, work: DigitalWork, learns: bool) -> Iterator[_Task]:
    yield _Task("predict", work.forward, f"one forward pass, {work.forward} MAC")
    if learns:
        if work.relaxation is None:
            yield _Task("learn", NOT_SAID, UNCONVERGED)
        else:
            macs = work.relaxation + work.update
            yield _Task("learn", macs, f"{work.iterations} gradient steps and one update, {macs} MAC")
        backward = 3 * work.forward - network.W[0].size
        yield _Task("learn", backward, f"backpropagation, {backward} MAC", ", backpropagation")


def mac_energy(c: Catalogue, kind: str) -> tuple[float, tuple[Component, ...]]:
    """Energy of a multiply-accumulate with the load of one operand from a small cache, J; and its values.

    `kind` is "fp32" or "int8"; a cache gives 64 bits at a time.
    """
    used = c[f"{kind}_add"], c[f"{kind}_multiply"], c["cache_64_bit"]
    values = {"fp32": 2.0, "int8": 8.0}[kind]
    return used[0].value + used[1].value + used[2].value / values, used


def _accelerators(c: Catalogue, task: _Task) -> Iterator[Baseline]:
    speed = c.value("digital_lanes") * c.value("digital_clock")
    for kind in ("fp32", "int8"):
        joules, used = mac_energy(c, kind)
        assumption = (
            f"{joules * 1e12:.3g} pJ per MAC with the load of its weight from 8 KB; "
            f"{c.value('digital_lanes'):g} units at {c.value('digital_clock') / 1e9:g} GHz"
        )
        yield _baseline(f"45 nm {kind}", task, task.macs * joules, task.macs / speed, assumption, used)
    flops = c["gpu_flops"]
    watts = c["gpu_power"]
    joules = 2 * task.macs * watts.value / flops.value
    assumption = "at the peak rate, which small networks never reach; no latency is given"
    yield _baseline("GPU at peak", task, joules, NOT_SAID, assumption, (flops, watts))
    for name in ("hermes_four_phase", "hermes_one_phase"):
        joules = 2 * task.macs / c.value(name)
        label = name.removeprefix("hermes_").replace("_", " ")
        assumption = "at its best efficiency, converters included; no latency is given"
        yield _baseline(f"14 nm PCM chip, {label}", task, joules, NOT_SAID, assumption, (c[name],))


def _baseline(
    name: str, task: _Task, joules: float, seconds: float, assumption: str, used: tuple[Component, ...]
) -> Baseline:
    source = "; ".join(dict.fromkeys(u.source for u in used))
    grade = max(u.grade for u in used)
    return Baseline(
        name + task.suffix, task.phase, joules, seconds, f"{task.what}, {assumption}", source, grade
    )


def _processor(
    network: PredictiveCodingNetwork, c: Catalogue, x: Floats, t: Floats | None, work: DigitalWork
) -> Iterator[Baseline]:
    """This machine, one thread: plain NumPy, one stimulus at a time and `BATCH` of them."""
    watts = c["cpu_core_power"]
    for batch in (1, BATCH):
        some = np.resize(x, (batch, x.shape[1]))
        tasks: list[tuple[str, str, Callable[[], object]]] = [
            ("predict", "one forward pass", partial(forward_pass, network, some))
        ]
        if t is not None and work.iterations is None:
            yield Baseline(
                f"this CPU, batch {batch}",
                "learn",
                NOT_SAID,
                NOT_SAID,
                UNCONVERGED,
                watts.source,
                watts.grade,
            )
        elif t is not None and work.iterations is not None:
            goal = np.resize(t, (batch, t.shape[1]))
            step = best_step(network, x, t)
            run = partial(relaxed_update, network, some, goal, step, work.iterations)
            tasks.append(("learn", f"{work.iterations} gradient steps and one update", run))
        for phase, what, task in tasks:
            seconds = _measured(task)
            assumption = (
                f"{what} in NumPy, {batch} at a time, one thread, measured here: the best of {REPEATS}; "
                f"{watts.value:g} W assumed, not measured"
            )
            joules = seconds / batch * watts.value
            yield Baseline(
                f"this CPU, batch {batch}", phase, joules, seconds, assumption, watts.source, watts.grade
            )


def _measured(run: Callable[[], object]) -> float:
    """Shortest seconds of one run over `REPEATS` measurements."""
    with single_threaded_blas():
        began = time.perf_counter()
        run()
        count = max(1, int(LEAST_SECONDS / max(time.perf_counter() - began, 1e-9)))
        found = []
        for _ in range(REPEATS):
            began = time.perf_counter()
            for _ in range(count):
                run()
            found.append((time.perf_counter() - began) / count)
    return min(found)


def relaxed_update(
    network: PredictiveCodingNetwork, x: Floats, targets: Floats, step: float, iterations: int
) -> list[Floats]:
    """Gradient steps from the forward state, then dE/dW of every layer, negative; W_1 f(x) is made once."""
    depth = network.depth
    a = forward_pass(network, x)
    a[-1] = targets
    acts = [network.activation_of(layer) for layer in range(depth)]
    first = acts[0].f(x) @ network.W[0].T + network.b[0]
    rates, errors = _predicted(network, a, first)
    for _ in range(iterations):
        for layer in range(1, depth):
            back = errors[layer] @ network.W[layer]
            a[layer] = a[layer] - step * (errors[layer - 1] - acts[layer].slope(a[layer]) * back)
        rates, errors = _predicted(network, a, first)
    return [error.T @ rate for error, rate in zip(errors, rates, strict=True)]


def _predicted(
    network: PredictiveCodingNetwork, a: list[Floats], first: Floats
) -> tuple[list[Floats], list[Floats]]:
    """f(x_l) of layers 0 ... L - 1, and precision eps of layers 1 ... L."""
    rates = [network.activation_of(layer).f(a[layer]) for layer in range(network.depth)]
    means = [first] + [
        rates[layer] @ network.W[layer].T + network.b[layer] for layer in range(1, network.depth)
    ]
    return rates, [p * (x - mu) for p, x, mu in zip(network.pi, a[1:], means, strict=True)]
