"""Feedback alignment: a transposed array of random conductances that is never written.

Errors travel back through a fixed random B in place of W^T.  With activities fixed at their predictions that
is the published rule, beside backpropagation (column "backprop"); inside relaxation::

    tau dx_l/dt = -eps_l + f'(x_l) * B_{l+1} eps_{l+1}            ("pc-fa"), beside predictive coding ("pc")

which has no energy, and a stable rest only while every eigenvalue of 1 + D B W D, D = diag f', has a positive
real part.  A circuit needs nothing new: its transposed array is programmed once at random.

- Trainings on digits with one and two hidden layers: test error, and cos(B, W^T) on the way.
- One chip, three contents of the transposed array: a copy of the weights, a copy with errors, random.
- Training on a chip, a copy against random conductances, relaxed by its circuit.
- How often a random W and B have no stable rest, by the size of B; and the margin of a compiled circuit.
- The published linear demonstration, and its learned network at rest on the circuit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from analog_pc.experiments.framework.alignment import (
    Case,
    case_claims,
    cosine_of,
    error_of,
    fixed_prediction,
    image_network,
    load_images,
    summary,
    train_case,
)
from analog_pc.experiments.framework.experiment import Claim, Experiment, Outcome
from analog_pc.experiments.framework.fields import Count, Counts, Names, check_names
from analog_pc.experiments.framework.quantity import Quantity, quantity
from analog_pc.experiments.framework.result import Array
from analog_pc.experiments.framework.result_cache import ResultCache
from analog_pc.experiments.lillicrap2016.chip import ON_ARRAYS, chip_cosine, chip_error, train_on_chip
from analog_pc.experiments.lillicrap2016.contents import train_on_copy
from analog_pc.experiments.lillicrap2016.figures.feedback_alignment import CONTENTS, content_of, draw
from analog_pc.experiments.lillicrap2016.linear import learn_map
from analog_pc.experiments.lillicrap2016.on_circuit import (
    ON_CHIP,
    SMALL,
    STATES,
    circuit_margin,
    ideal_margins,
    ideal_rests,
    is_native,
    on_circuit,
)
from analog_pc.pcn.feedback import loop_margin
from analog_pc.relaxers import Relaxer
from analog_pc.technology import Technology

SOURCE = "Lillicrap, Cownden, Tweed, Akerman, Nature Communications 7:13276 (2016)"
RULES = ("bp", "fa", "pc", "pc-fa")
BEHIND = {"fa": "bp", "pc-fa": "pc"}
SPREAD = 0.2  # of the devices of an inexact copy
SCALES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
# (gate, slope): of tanh at 0, of a sigmoid at its steepest, and of that one with a constant gate
SLOPES = ((1.0, 1.0), (0.25, 0.25), (1.0, 0.25))
LOOP = (10, 32)  # W of the table: ten outputs, as in 64-32-10
LINEAR_TESTS = (0, 100, 300, 1000, 2000, 3000)


@dataclass(frozen=True)
class Config:
    """`depths`: hidden layers; `draws`: random W and B a share is of; `states`: networks put on circuits;
    `chip_epochs`: training on a chip."""

    epochs: Count = 10
    seeds: Count = 2
    depths: Counts = (1, 2)
    draws: Count = 1000
    iterations: Count = 3000
    samples: Count = 2
    chip_epochs: Count = 2
    states: Names = STATES
    data: Path | None = None

    def __post_init__(self) -> None:
        check_names("states", self.states, STATES)


def fit(config: Config, column: str) -> Config:
    """ngspice relaxes the small network alone."""
    if column != "ngspice":
        return config
    return replace(config, states=SMALL)


def run(config: Config, relaxer: Relaxer, cache: ResultCache) -> Outcome:
    """Fixed prediction, relaxation by mathematics, or a circuit: each has its own part of the experiment."""
    if relaxer.reads_arrays and not relaxer.backpropagates:
        found = on_circuit(relaxer, config.states, config.samples)
        if not is_native(relaxer):
            return found
        return replace(found, values={**found.values, **_chip(config, relaxer.technology, cache)})
    values, arrays, notes = _trainings(config, relaxer, cache)
    if relaxer.backpropagates:
        values |= _linear(config)
        values |= _expectations(config, values)
    else:
        values |= _shares(config) | ideal_margins() | _devices(config) | _chip(config, None, cache)
        notes += [STABILITY, *_device_notes(config, values)]
        arrays |= ideal_rests(config.states, config.samples)
    return Outcome(values, arrays, tuple(notes))


def _trainings(
    config: Config, relaxer: Relaxer, cache: ResultCache
) -> tuple[dict[Quantity, float], dict[Quantity, Array], list[str]]:
    cases = [
        Case(rule, depth)
        for depth in config.depths
        for rule in RULES
        if fixed_prediction(Case(rule)) == relaxer.backpropagates
    ]
    jobs = {f"{c.rule}, depth {c.depth}, seed {s}": (c, s) for c in cases for s in range(config.seeds)}
    relaxed = 1 in config.depths and not relaxer.backpropagates
    copies = {f"copy, seed {s}": s for s in range(config.seeds)} if relaxed else {}

    def one(name: str) -> Mapping[str, Array]:
        if name in copies:
            images = load_images(config.data, copies[name])
            return train_on_copy(images, SPREAD, copies[name], config.epochs)
        case, seed = jobs[name]
        return train_case(case, load_images(config.data, seed), seed, config.epochs)

    found = cache.compute([*jobs, *copies], one)
    parts = [found[k * config.seeds : (k + 1) * config.seeds] for k in range(len(cases))]
    values, arrays = summary(cases, parts)
    for case, seeds in zip(cases, parts, strict=True):
        if not fixed_prediction(case):
            values[margin_of(case)] = float(min(part["margin"] for part in seeds))
    if copies:
        _contents(arrays, found[len(jobs) :], cases, parts)
        for content in CONTENTS.values():
            values[error_with(content)] = float(arrays[content_of("errors", content)][:, -1].mean())
    for rule, depth in ((rule, depth) for rule in BEHIND for depth in config.depths):
        pair = error_of(Case(rule, depth)), error_of(Case(BEHIND[rule], depth))
        if pair[0] in values:
            values[behind(rule, depth)] = 100.0 * (values[pair[0]] - values[pair[1]])
    images = load_images(config.data, 0)
    data = f"data: {images.name}, {len(images.train_labels)} training images"
    return values, arrays, [data, *_notes(config, values)]


STABILITY = (
    "what decides on a stable rest is gate times slope times the scale of B: a quarter of random networks "
    "has none at scale 1 with tanh (1 x 1), at 4 with a sigmoid and a constant gate (1 x 0.25), and at 16 "
    "with a sigmoid's own gate (0.25 x 0.25)"
)


def _device_notes(config: Config, values: Mapping[Quantity, float]) -> list[str]:
    found = []
    for depth in config.depths:
        never, of = (values[quantity(what, depth=depth)] for what in (NEVER_WRITTEN, DEVICES))
        found.append(
            f"{depth} hidden: {never:.0f} of {of:.0f} devices ({100 * never / of:.0f} %) never written"
        )
    return [*found, "not half of them: the clamped input needs no feedback, so that W_1 has one array alone"]


def _contents(
    arrays: dict[Quantity, Array],
    copies: Sequence[Mapping[str, Array]],
    cases: Sequence[Case],
    parts: Sequence[Sequence[Mapping[str, Array]]],
) -> None:
    """Errors and angles of the three contents, one hidden layer."""
    by_rule = {case.rule: part for case, part in zip(cases, parts, strict=True) if case.depth == 1}
    sources = (by_rule.get("pc", ()), copies, by_rule.get("pc-fa", ()))
    for content, found in zip(CONTENTS.values(), sources, strict=True):
        cosines = np.array([part["cosines"] for part in found])
        arrays[content_of("errors", content)] = np.array([part["errors"] for part in found])
        arrays[content_of("angles", content)] = np.degrees(np.arccos(np.clip(cosines, -1.0, 1.0)))


def _chip(config: Config, parts: Technology | None, cache: ResultCache) -> dict[Quantity, float]:
    """Training on a chip of these parts, or the same with numbers; means over seeds."""
    jobs = {f"chip, {content}, seed {s}": (content, s) for content in ON_ARRAYS for s in range(config.seeds)}

    def one(name: str) -> Mapping[str, Array]:
        content, seed = jobs[name]
        images = load_images(config.data, seed)
        return train_on_chip(content, images, parts, seed, config.chip_epochs)

    found = dict(zip(jobs.values(), cache.compute(list(jobs), one), strict=True))
    values: dict[Quantity, float] = {}
    for content in ON_ARRAYS:
        trained = [found[content, seed] for seed in range(config.seeds)]
        values[chip_error(content)] = float(np.mean([part["errors"][-1] for part in trained]))
        values[chip_cosine(content)] = float(np.mean([part["cosines"][-1] for part in trained]))
    return values


def _linear(config: Config) -> dict[Quantity, float]:
    """Angles and errors of the linear map, means over three seeds."""
    values: dict[Quantity, float] = {}
    tests = [k for k in LINEAR_TESTS if k <= config.iterations]
    for random in (True, False):
        found = [learn_map(random, config.iterations, 100, seed) for seed in range(3)]
        for k in tests:
            at = k // 100
            values[nse(random, k)] = float(np.mean([part["errors"][at] for part in found]))
            if random:
                values[angle_at(k)] = float(np.mean([part["angles"][at] for part in found]))
    return values


def _shares(config: Config) -> dict[Quantity, float]:
    """Share of random W (variance 1/n) and B (scale^2 / m) without a stable rest at zero error."""
    rng = np.random.default_rng(0)
    shape = LOOP
    pairs = [
        (rng.normal(size=shape) / np.sqrt(shape[1]), rng.normal(size=shape) / np.sqrt(shape[0]))
        for _ in range(config.draws)
    ]
    return {
        share_of(gate, slope, scale): float(
            np.mean([loop_margin(w, scale * b, slope, gate) <= 0.0 for w, b in pairs])
        )
        for gate, slope in SLOPES
        for scale in SCALES
    }


def _devices(config: Config) -> dict[Quantity, float]:
    """Devices of the arrays, two a weight; the input is clamped, so W_1 has no transposed array."""
    values: dict[Quantity, float] = {}
    images = load_images(config.data, 0)
    for depth in config.depths:
        network = image_network(images, Case("pc", depth), 0)
        forward = 2 * sum(w.size + len(w) for w in network.W)  # a bias is one more word line
        back = 2 * sum(w.size for w in network.W[1:])
        values[quantity(DEVICES, depth=depth)] = float(forward + back)
        values[quantity(NEVER_WRITTEN, depth=depth)] = float(back)
    return values


DEVICES = "devices of the arrays"
NEVER_WRITTEN = "devices that are never written"


def error_with(content: str) -> Quantity:
    return quantity("test error, transposed array {content}", content=content)


def margin_of(case: Case) -> Quantity:
    return error_of(case).renamed("smallest margin after training")


def share_of(gate: float, slope: float, scale: float) -> Quantity:
    return quantity("share without a stable rest", gate=gate, slope=slope, scale=scale)


def nse(random: bool, iteration: int) -> Quantity:
    by = "fa" if random else "bp"
    return quantity("linear map: normalised squared error", rule=by, iteration=iteration)


def angle_at(iteration: int) -> Quantity:
    return quantity("linear map: angle between B e and W^T e, degrees", iteration=iteration)


def behind(rule: str, depth: int) -> Quantity:
    return quantity("{rule} behind {other}, points", rule=rule, other=BEHIND[rule], depth=depth)


def _notes(config: Config, values: Mapping[Quantity, float]) -> list[str]:
    """Sentences on the expectations; they are those of an independent calculation, not published."""
    found = []
    for rule in BEHIND:
        for depth in config.depths:
            if behind(rule, depth) in values:
                points = values[behind(rule, depth)]
                found.append(f"{rule}, {depth} hidden: {points:+.1f} points of error against {BEHIND[rule]}")
    if config.epochs < FULL.epochs:
        found.append(f"{config.epochs} epochs; what is expected is said of {FULL.epochs}")
    return found


EXPECTED = {
    "fa,depth=1": "fa at most 2 points behind bp, one hidden layer",
    "fa,depth=2": "fa at least 2 points behind bp, two hidden layers",
    "cos": "cos(B, W^T) of fa from below 0.4 to above 0.5, one hidden layer",
    "angle": "linear map: angle below 60 degrees after 300 samples, below 45 at the end",
    "nse": "linear map: error below 1e-3 after 3000 samples",
}


def holds_of(what: str) -> Quantity:
    return quantity("{what}: 1 if so", what=what)


def _expectations(config: Config, values: Mapping[Quantity, float]) -> dict[Quantity, float]:
    """What an independent calculation expects, as 0 or 1, of everything that was measured."""
    fa = Case("fa")
    checks: Mapping[str, Callable[[], bool]] = {
        "fa,depth=1": lambda: values[behind("fa", 1)] <= 2.0,
        "fa,depth=2": lambda: values[behind("fa", 2)] >= 2.0,
        "cos": lambda: values[cosine_of(fa, 1)] < 0.4 and values[cosine_of(fa, config.epochs)] > 0.5,
        "angle": lambda: values[angle_at(300)] < 60.0 and values[angle_at(3000)] < 45.0,
        "nse": lambda: values[nse(True, 3000)] < 1e-3,
    }
    return {holds_of(EXPECTED[short]): float(checks[short]()) for short in _expected(config)}


def _expected(config: Config) -> list[str]:
    """Short names of the expectations that a configuration can meet."""
    long = config.epochs >= FULL.epochs
    can = {
        "fa,depth=1": long and 1 in config.depths,
        "fa,depth=2": long and 2 in config.depths,
        "cos": long and 1 in config.depths,
        "angle": config.iterations >= LINEAR_TESTS[-1],
        "nse": config.iterations >= LINEAR_TESTS[-1],
    }
    return [short for short, possible in can.items() if possible]


def claims(config: Config) -> Sequence[Claim]:
    found = []
    for depth in config.depths:
        for rule in RULES:
            case = Case(rule, depth)
            name = f"rule={rule},depth={depth}"
            found += case_claims(case, config.epochs, name, aligned=rule in BEHIND)
            if rule in BEHIND:
                of = "bp" if fixed_prediction(case) else "pc"
                found.append(Claim(behind(rule, depth), None, None, of, id=f"behind@{name}"))
        margin = margin_of(Case("pc-fa", depth))
        found.append(Claim(margin, None, None, id=f"margin@rule=pc-fa,depth={depth}"))
    if 1 in config.depths:
        found += [Claim(error_with(c), None, None, id=f"error@content={i}") for i, c in CONTENTS.items()]
    found += [
        Claim(share_of(gate, slope, scale), None, None, id=_share_id(gate, slope, scale))
        for gate, slope in SLOPES
        for scale in SCALES
    ]
    for content in ON_ARRAYS:
        found += [
            Claim(chip_error(content), None, None, id=f"chip-error@content={content}"),
            Claim(chip_cosine(content), None, None, id=f"chip-cos@content={content}"),
        ]
    found += [Claim(circuit_margin(s), None, 1e-4, id=f"margin@scale={s:g}") for s in ON_CHIP]
    for depth in config.depths:
        found += [
            Claim(quantity(DEVICES, depth=depth), None, None, id=f"devices@depth={depth}"),
            Claim(quantity(NEVER_WRITTEN, depth=depth), None, None, id=f"never-written@depth={depth}"),
        ]
    for k in (k for k in LINEAR_TESTS if k <= config.iterations):
        found += [
            Claim(angle_at(k), None, None, "bp", id=f"angle@it={k}"),
            Claim(nse(True, k), None, None, "bp", id=f"nse@rule=fa,it={k}"),
            Claim(nse(False, k), None, None, "bp", id=f"nse@rule=bp,it={k}"),
        ]
    return found + [
        Claim(holds_of(EXPECTED[short]), None, 0.0, "bp", id=f"holds@{short}", derived=1.0)
        for short in _expected(config)
    ]


def _share_id(gate: float, slope: float, scale: float) -> str:
    gated = "" if gate == slope else f"gate={gate:g},"
    return f"unstable-share@{gated}slope={slope:g},scale={scale:g}"


FULL = Config(epochs=40, seeds=3, draws=4000, chip_epochs=10)

FEEDBACK_ALIGNMENT = Experiment(
    "feedback-alignment",
    "Feedback alignment: a transposed array that is never written",
    run,
    Config(),
    FULL,
    claims,
    draw,
    source=SOURCE,
    fit=fit,
)
