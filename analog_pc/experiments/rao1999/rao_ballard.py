"""End-stopping: a long bar is predicted from its surround, and the prediction errors of its middle fade.

A bar grows through the centre of the window.  The prediction errors of level 1, r - U_h r_h, grow with it up
to about the size of a patch, and fall for longer bars: a long bar is a common thing in photographs, which
level 2 knows and predicts.  With the connection between the levels cut they stay high, as recordings do with
feedback from the higher area removed::

    |eps|  ^      ,--.                    cut: level 2 disconnected
           |    ,'    `-- - - - -
           |   /  ,-.
           |  / ,'   `-.______            with feedback
           +-----------------------> bar length

Level 2 has to be a bottleneck for this: with as many units as level 1 (or the published 128 for 96) it
predicts whatever level 1 says, a short bar as well as a long one, and nothing is left to fade.

How the settings were found: the bounds below are those of a calculation that shares no code with this
package.  About 20 variants of the training (decay, batches, rates, strengths of the priors), the choice of
the units that the index is of, and the lengths of the bars were tried while looking at these bounds on seeds
0 to 3, which the reduced configuration uses.  `analysis/rao_ballard_seeds.py` measures 30 other seeds.

The publication shows curves of neurons and no table; no number here is a published one.  Features are not
claimed to look like receptive fields of V1: with Gaussian priors they are any basis of a subspace.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.experiments.framework.experiment import Claim, Experiment, Outcome
from analog_pc.experiments.framework.fields import Count, Counts, Positive
from analog_pc.experiments.framework.quantity import Quantity, quantity
from analog_pc.experiments.framework.result import Array
from analog_pc.experiments.framework.result_cache import ResultCache
from analog_pc.experiments.rao1999.end_stopping import (
    CHIP,
    MOST_DRIVEN,
    curves,
    end_stopping,
    imperfect,
    length_at_peak,
    long_over_peak,
    response,
    zeroed_curves,
)
from analog_pc.experiments.rao1999.figures.rao_ballard import draw
from analog_pc.experiments.rao1999.hierarchy import Hierarchy, Training, trained
from analog_pc.experiments.rao1999.photographs import bars, natural_patches
from analog_pc.experiments.rao1999.quantities import (
    CHOSEN,
    CURVE,
    EXPLAINED2,
    LEFT,
    LENGTHS,
    RATIO,
    RESPONSE,
    TIMES,
    UNITS,
)
from analog_pc.relaxers import CircuitRelaxer, Relaxer

SOURCE = "Rao, Ballard, Nature Neuroscience 2:79 (1999), which has no number to compare with"
FADED = 0.85  # long bar over peak: below it responses are end-stopped
HIGH = 0.94  # above it they are not
WINDOWS = 400  # of the photographs, on which explained variance is measured
CONDITIONS = {"on": "with feedback", "cut": "without feedback"}
ZEROED = "minus the one of a blank screen"
IDS = {"on": "feedback", "cut": "no-feedback"}

INDEX = f"end-stopping 1 - long/peak of the {MOST_DRIVEN} units most driven"
ASKED = {"on": 0.5, "cut": 0.12}  # the index: above with feedback, below without
PEAK = "bar length at the peak"
EXPLAINED = "share of variance explained"
SHARE = quantity(f"share of trainings with long/peak < {FADED:g} with feedback, > {HIGH:g} without")
INDEX_SHARE = quantity(
    f"share of trainings with an index > {ASKED['on']:g} with feedback, < {ASKED['cut']:g} without"
)
FALL = quantity("first response to a long bar over the settled one")


@dataclass(frozen=True, kw_only=True)
class Config:
    """Trainings and what is measured of them.

    Parameters
    ----------
    seeds
        Trainings, each from other weights and other windows.
    units
        Of level 2.
    others
        Numbers of units of level 2 that do not work, or less well; circuits run the last one.
    training
        How weights are learned.
    duration
        Of the response to a bar that appears, in C / g_s.
    compressed
        Whether the clamped pixels are the 32 a patch that the features can see (`Hierarchy.compressed`).
    """

    seeds: Count = 3
    units: Count = 32
    others: Counts = (8, 16, 24, 48, 64, 128)
    training: Training = field(default_factory=Training)
    duration: Positive = 12.0
    compressed: bool = False

    @property
    def times(self) -> Floats:
        """Instants of the response, denser at first."""
        return np.asarray(self.duration * np.linspace(0.0, 1.0, 61) ** 2)


@cache
def model(units: int, training: Training, seed: int) -> Hierarchy:
    """Trained once for all columns, in each of which training would be the same."""
    return trained(units, training, seed)


def fit(config: Config, column: str) -> Config:
    """ngspice has the pixels that features can see, the same equilibria with an eighth of the devices, and
    no transient, which would take it minutes."""
    return replace(config, compressed=True) if column == "ngspice" else config


def run(config: Config, relaxer: Relaxer, cache: ResultCache) -> Outcome:
    """Bars on every training, other sizes of level 2, imperfect chips, and the response over time."""
    is_circuit = isinstance(relaxer, CircuitRelaxer)
    sizes = config.others
    if is_circuit:
        sizes = () if config.compressed else config.others[-1:]
    jobs: dict[str, Callable[[], Mapping[str, Array]]] = {}
    for seed in range(config.seeds):
        jobs[f"seed{seed}"] = partial(_bars, config, config.units, seed, relaxer)
    for units in sizes:
        jobs[f"units{units}"] = partial(_bars, config, units, 0, relaxer)
    if isinstance(relaxer, CircuitRelaxer) and not config.compressed:
        for seed in range(config.seeds):
            chip = imperfect(relaxer, seed)
            jobs[f"chip{seed}"] = partial(zeroed_curves, model(config.units, config.training, seed), chip)
    if not config.compressed:
        jobs["response"] = partial(_over_time, config, relaxer)
    found = dict(zip(jobs, cache.compute(list(jobs), lambda name: jobs[name]()), strict=True))
    trainings = [found[f"seed{seed}"] for seed in range(config.seeds)]
    chips = [part for name, part in found.items() if name.startswith("chip")]
    values = _summary(trainings)
    arrays: dict[Quantity, Array] = {LENGTHS: bars()[0], CHOSEN: np.array([config.units])}
    if "response" in found:
        eps = found["response"]["response"]
        values[FALL] = float(eps.max() / eps[-1])
        arrays |= {TIMES: config.times, RESPONSE: eps}
    for seed, part in enumerate(trainings):
        arrays |= _curves(part, quantity(CURVE, seed=seed, units=config.units))
    for units in sizes:
        values[ratio("on").at(units=units)] = long_over_peak(found[f"units{units}"]["on"])
        arrays |= _curves(found[f"units{units}"], quantity(CURVE, seed=0, units=units))
    for k in CONDITIONS if chips else ():
        values[ratio(k).at(chip=CHIP)] = float(np.mean([long_over_peak(part[k]) for part in chips]))
        zeroed = [long_over_peak(part[f"{k}-zeroed"]) for part in chips]
        values[ratio(k).at(chip=CHIP, reading=ZEROED)] = float(np.mean(zeroed))
    for seed, part in enumerate(chips):
        arrays |= _curves(part, quantity(CURVE, seed=seed, units=config.units, chip=CHIP))
    if is_circuit:
        return Outcome(values, arrays)
    values |= _explained(config)
    return Outcome(values, arrays | _by_size(config, values), _notes(config, values))


def _bars(config: Config, units: int, seed: int, relaxer: Relaxer) -> Mapping[str, Array]:
    return curves(model(units, config.training, seed), relaxer, config.compressed)


def _over_time(config: Config, relaxer: Relaxer) -> Mapping[str, Array]:
    return {"response": response(model(config.units, config.training, 0), relaxer, config.times)}


def _curves(part: Mapping[str, Array], of: Quantity) -> dict[Quantity, Array]:
    """Mean |eps| of the module, [lengths]."""
    return {of.at(feedback=k): part[k].mean(axis=1) for k in CONDITIONS}


def _summary(trainings: Sequence[Mapping[str, Array]]) -> dict[Quantity, float]:
    """Means over trainings; the units most driven are those of the longest bar without feedback."""
    values: dict[Quantity, float] = {}
    for k in CONDITIONS:
        values[ratio(k)] = float(np.mean([long_over_peak(t[k]) for t in trainings]))
        each = [end_stopping(t[k], t["cut"][-1]) for t in trainings]
        values[index(k)] = float(np.mean(each))
        values |= {index(k).at(seed=seed): found for seed, found in enumerate(each)}
    values[peak()] = float(np.mean([length_at_peak(t["on"]) for t in trainings]))
    shown = [long_over_peak(t["on"]) < FADED and long_over_peak(t["cut"]) > HIGH for t in trainings]
    values[SHARE] = float(np.mean(shown))
    values[INDEX_SHARE] = float(np.mean([_index_holds(values, seed) for seed in range(len(trainings))]))
    return values


def _index_holds(values: Mapping[Quantity, float], seed: int) -> bool:
    """Whether the index of a training is what is asked, with feedback and without."""
    on, cut = (values[index(k).at(seed=seed)] for k in CONDITIONS)
    return on > ASKED["on"] and cut < ASKED["cut"]


def _explained(config: Config) -> dict[Quantity, float]:
    """Shares of variance in windows that no training has seen, by level 1 and by each size of level 2."""
    images = natural_patches(np.random.default_rng([config.seeds, WINDOWS]), WINDOWS)
    each = [model(config.units, config.training, seed).explained(images) for seed in range(config.seeds)]
    values = {explained(1): float(np.mean([e[0] for e in each]))}
    values[explained(2, config.units)] = float(np.mean([e[1] for e in each]))
    for units in config.others:
        values[explained(2, units)] = model(units, config.training, 0).explained(images)[1]
    return values


def _by_size(config: Config, values: Mapping[Quantity, float]) -> dict[Quantity, Array]:
    """Ratio and explained share by the size of level 2, for the figure."""
    sizes = sorted({config.units, *config.others})
    left = [values[ratio("on").at(units=n) if n != config.units else ratio("on")] for n in sizes]
    shares = [values[explained(2, n)] for n in sizes]
    return {UNITS: np.array(sizes), LEFT: np.array(left), EXPLAINED2: np.array(shares)}


def _notes(config: Config, values: Mapping[Quantity, float]) -> tuple[str, ...]:
    last = config.others[-1]
    return (
        f"With {config.units} units level 2 predicts {100 * values[explained(2, config.units)]:.0f} % of "
        f"level 1, and a long bar leaves {values[ratio('on')]:.2f} of the largest response; with {last} it "
        f"predicts {100 * values[explained(2, last)]:.0f} %, and {values[ratio('on').at(units=last)]:.2f} "
        "is left: end-stopping needs a bottleneck.",
        _index_note(config, values),
        *HOW_FOUND,
        "Training is done in closed form, the same for all columns; what the columns relax is the trained "
        "network.",
        f"A chip of {CHIP}: a prediction error of 0.05 units is 5 mV at 0.1 V a unit, so that offsets of "
        "op-amps hide what feedback does; in the difference to a blank screen they cancel.",
        "Features are no Gabor functions and are not claimed to be: Gaussian priors leave their basis free.",
        "ngspice: pixels in the basis of the features, 96 instead of 768 clamped nodes, the same equilibria; "
        "the response over time and other sizes of level 2 are left to native.",
    )


HOW_FOUND = (
    "The default settings are not independent of these numbers: about 20 variants of the training, the "
    "choice of the units most driven and the lengths of the bars were tried while looking at the bounds "
    "on seeds 0 to 3. On 30 seeds that nothing was chosen on (analysis/results/rao_ballard_seeds.json), "
    "long/peak held in 30, the index in 27, a peak at 8 to 16 pixels in 28, and all bounds together in "
    "25.",
    "By default weights decay alike at both levels, which is not the published rule: that divides the "
    "product by the variance of its level and not the decay, which makes level 2 ten times as forgetful. "
    "With the published decay (training.variance=10) there is no end-stopping by these bounds: of the "
    "same 30 seeds the index held in 0 and long/peak with feedback in 5.",
)


def _index_note(config: Config, values: Mapping[Quantity, float]) -> str:
    """The index of each training, and which of them miss what is asked."""
    seeds = range(config.seeds)
    each = ", ".join(f"{values[index('on').at(seed=seed)]:.2f}" for seed in seeds)
    missed = [str(seed) for seed in seeds if not _index_holds(values, seed)]
    asked = f"> {ASKED['on']:g} with feedback and < {ASKED['cut']:g} without are asked"
    verdict = f"not reached by seed {', '.join(missed)}" if missed else "reached by all of them"
    return f"Index with feedback of seeds 0 to {config.seeds - 1}: {each}; {asked}, {verdict}."


def ratio(feedback: str) -> Quantity:
    return quantity(f"{RATIO}, {CONDITIONS[feedback]}")


def index(feedback: str) -> Quantity:
    return quantity(f"{INDEX}, {CONDITIONS[feedback]}")


def peak() -> Quantity:
    return quantity(f"{PEAK}, {CONDITIONS['on']}")


def explained(level: int, units: int = 0) -> Quantity:
    """By level 1 of the pixels, or by `units` units of level 2 of level 1."""
    if level == 1:
        return quantity(f"{EXPLAINED} by level 1")
    return quantity(f"{EXPLAINED} by {{units}} units of level 2", units=units)


# Ratios of voltages; circuits of ideal parts keep 1e-4 of the largest eps, and the smallest peak is a sixth
# of the largest one: 1e-3 for both simulators.
CIRCUITS = 1e-3


def claims(config: Config) -> Sequence[Claim]:
    """Rows to compare columns by: nothing was published as a number."""
    found = []
    for k, name in IDS.items():
        found.append(Claim(ratio(k), None, CIRCUITS, id=f"long-over-peak@{name}"))
    for k, name in IDS.items():
        found.append(Claim(index(k), None, CIRCUITS, id=f"index@{name}"))
        for seed in range(config.seeds):
            one = index(k).at(seed=seed)
            found.append(Claim(one, None, CIRCUITS, id=f"index@{name},seed={seed}"))
    found.append(Claim(peak(), None, CIRCUITS, id="peak-length@feedback"))
    found.append(Claim(SHARE, None, 0.0, id="end-stopped-trainings"))
    found.append(Claim(INDEX_SHARE, None, 0.0, id="index-trainings"))
    found.append(Claim(FALL, None, 0.01, id="response@first-over-settled"))
    found.append(Claim(explained(1), None, None, id="explained"))
    for units in sorted({config.units, *config.others}):
        found.append(Claim(explained(2, units), None, None, id=f"explained@units={units}"))
    for units in config.others:
        on_circuits = CIRCUITS if units == config.others[-1] else None
        size = ratio("on").at(units=units)
        found.append(Claim(size, None, on_circuits, id=f"long-over-peak@units={units}"))
    for k, name in IDS.items():
        chip = ratio(k).at(chip=CHIP)
        found.append(Claim(chip, None, None, id=f"long-over-peak@{name},imperfect"))
        zeroed = chip.at(reading=ZEROED)
        found.append(Claim(zeroed, None, None, id=f"long-over-peak@{name},imperfect,zeroed"))
    return found


RAO_BALLARD = Experiment(
    "rao-ballard",
    "Rao and Ballard: end-stopping of prediction errors",
    run,
    Config(),
    Config(seeds=10),
    claims,
    draw,
    source=SOURCE,
    fit=fit,
    backpropagation=False,
)
