"""The write window: one relaxing circuit is backpropagation or prospective configuration.

The target is released at t = 0 from the forward state, in which every spring is slack.  Prediction errors
then travel down the network, one layer per power of t (tau = C / g_s, delta: errors of backpropagation)::

    eps_{L-k}(t) = (t / tau)^k / k! delta_{L-k} (1 + O(t / tau)),      k layers below the output

So weights that are written early, t << tau, change as backpropagation says, up to one known factor for each
layer; weights that are written late, at rest, change as prospective configuration says.  The delay of the
write pulse is the only difference, and every delay between is a rule between.

Two measurements:

1. The bear (Song et al. 2024, 1-1-2, linear), which loses an ear.  h(t) = 2/3 + e^(-3 t / tau) / 3 at first.
   The dip is 1 - the lowest smell over the updates; the hidden layer's rate is multiplied by
   1 / (1 - e^(-t / tau)), which makes up for its small error at an early write ("scaled"), or is not.
   On ngspice three chips side by side also write in earnest: one transient of the learning testbench, whose
   memristors take their pulses at three delays.
2. 5-7-6-4, tanh: the cosine of each layer's update at t with that of backpropagation, and the power of t.

Nothing of this is published.  Derived numbers: a calculation in plain numpy that shares no code with this
package.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.experiments.framework.experiment import Claim, Experiment, Outcome
from analog_pc.experiments.framework.fields import Count, Natural, Positive, Rates
from analog_pc.experiments.framework.learner import Learner
from analog_pc.experiments.framework.moments import state_after
from analog_pc.experiments.framework.quantity import Quantity, quantity
from analog_pc.experiments.framework.result import Array
from analog_pc.experiments.framework.result_cache import ResultCache
from analog_pc.experiments.song2020.angles import (
    FALLING,
    LAYERS,
    cosine,
    cosines,
    falling_networks,
    falls,
    power,
    powers,
)
from analog_pc.experiments.song2020.figures.write_window import (
    AT_REST,
    DELAYS,
    DIPS,
    EPS,
    EPS_TIMES,
    FILM,
    FILM_DELAYS,
    HELD,
    WINDOWS,
    draw,
    player,
    worst_dip,
)
from analog_pc.experiments.song2024.bear import HEAR, INPUT, LOWEST, SMELL, TARGET, bear_network
from analog_pc.relaxers import CircuitRelaxer, IdealRelaxer, Relaxer
from analog_pc.simulators import Ngspice
from analog_pc.technology import technology
from analog_pc.technology.non_idealities import present
from analog_pc.testbench import behavioural_model, build_testbench, run_side_by_side
from analog_pc.testbench.compare import OF_CHANGE

SOURCE = (
    "not published; its two limits are backpropagation and prospective configuration (Song, Millidge, "
    "Salvatori, Lukasiewicz, Xu, Bogacz, Nature Neuroscience 27:348, 2024)"
)

# Worst dips of the smell at a learning rate of 0.2, {delay: (scaled, unscaled)}.
DERIVED_DIPS = {
    0.01: (0.2368, 0.0),
    0.1: (0.2271, 0.0031),
    0.3: (0.2020, 0.0200),
    1.0: (0.1374, 0.0605),
    3.0: (0.0767, 0.0684),
    10.0: (0.0684, 0.0684),
}
DIP_TOLERANCE = 1e-3
RATE = 0.2  # of all of these
PUBLISHED_DIPS = tuple(1.0 - lowest for lowest in LOWEST[RATE])  # at rest, backpropagation
DIGITS = 5e-5  # half of the last of four decimals
SLOPE_TOLERANCE = 0.05
# An ideal circuit's amplifiers have a gain of 1e9 and noise gains of at most 10; beside that, rounding.
SLACK = 1e-7

DIP_AT_REST = quantity("dip of the smell, written at rest")
FIRST = quantity("hidden error when the target arrives")
LAST = quantity("hidden error at rest")


@dataclass(frozen=True)
class Config:
    """Delays in units of C / g_s.

    `delays` of the write; `windows`: those of the learning testbench; `powers`: early delays that the power
    of t is fitted over; `updates` of the bear; `frames` of the film; `networks`: random ones whose cosines
    are compared; `chips` of `real_technology` that learn `real_updates` at `real_delays` (0: none), on
    ngspice if its own parts are ideal.
    """

    delays: Rates = tuple(DERIVED_DIPS)
    windows: Rates = (0.03, 0.3, 3.0)
    powers: Rates = (0.003, 0.005, 0.01, 0.02, 0.03)
    updates: Count = 24
    rate: Positive = RATE
    frames: Natural = 48
    networks: Natural = 20
    chips: Natural = 3
    real_technology: str = "cmos65-rram"
    real_delays: Rates = (0.1, 0.3, 1.0, 10.0)
    real_updates: Count = 8

    def __post_init__(self) -> None:
        technology(self.real_technology)  # is there one of that name?


def dip(delay: float, scaled: bool = True) -> Quantity:
    name = "dip of the smell" if scaled else "dip of the smell, hidden rate not scaled"
    return quantity(name, t=delay)


def real_dip(delay: float, technology: str) -> Quantity:
    return quantity("dip of the smell, mean over chips", t=delay, technology=technology)


def written(delay: float) -> Quantity:
    return quantity("written by pulses: smell's change / hear's", t=delay)


def real_spread(delay: float, technology: str) -> Quantity:
    return quantity("dip of the smell, largest less smallest chip", t=delay, technology=technology)


def run(config: Config, relaxer: Relaxer, cache: ResultCache) -> Outcome:
    """Learn at every delay; backpropagation and the equilibrium have none."""
    bear = learn_at_rest(config, relaxer)
    values = {DIP_AT_REST: worst_dip(bear)}
    arrays: dict[Quantity, Array] = {AT_REST: bear}
    if relaxer.backpropagates:
        return Outcome(values, arrays)
    learned, dips = dips_of(config, relaxer, cache)
    values |= learned
    arrays |= {DELAYS: np.array(config.delays), DIPS: dips}
    for measured in (waveforms(relaxer), trials(config, relaxer)):
        values |= measured.values
        arrays |= measured.arrays
    angles, table = cosines(config.delays, relaxer)
    values |= angles | powers(config.powers, relaxer)
    arrays |= table
    if isinstance(relaxer, IdealRelaxer):
        arrays |= film(config, relaxer)
        values |= falling_networks(config.delays, config.networks)
    values |= real_chips(config, relaxer, cache)
    return Outcome(values, arrays, notes_on(config, values))


def notes_on(config: Config, values: Mapping[Quantity, float]) -> tuple[str, ...]:
    """What a reader has to know beside the verdicts."""
    notes = []
    if FALLING in values:
        notes.append(
            f"That the cosines fall with the delay is an observation, no theorem: in {values[FALLING]:.0%} "
            f"of {config.networks} random networks they fall in every layer at every step."
        )
    name = config.real_technology
    early = min(config.real_delays)
    late = max(config.real_delays)
    if all(q in values for q in (real_dip(early, name), dip(early), dip(late))):
        notes.append(
            f"{name}, mean of {config.chips} chips: the dip falls from {values[real_dip(early, name)]:.3f} "
            f"({early:g} tau) to {values[real_dip(late, name)]:.3f} ({late:g} tau), where ideal parts have "
            f"{values[dip(early)]:.3f} and {values[dip(late)]:.3f}.  The trend survives real parts, the "
            "levels do not; what each non-ideality contributes was not separated."
        )
    return tuple(notes)


def dips_of(config: Config, relaxer: Relaxer, cache: ResultCache) -> tuple[dict[Quantity, float], Floats]:
    """Worst dips at every delay, also as a table [delays, scaled and not]."""
    jobs = {
        f"t{delay:g}{'' if scaled else '-unscaled'}": (delay, scaled)
        for delay in config.delays
        for scaled in (True, False)
    }
    found = cache.compute(list(jobs), lambda name: learn(config, relaxer, *jobs[name]))
    dips = [worst_dip(part["expectations"]) for part in found]
    values = {dip(*job): value for job, value in zip(jobs.values(), dips, strict=True)}
    return values, np.reshape(dips, (-1, 2))


def learn_at_rest(config: Config, relaxer: Relaxer) -> Floats:
    """Expectations [updates + 1, 2] of a bear whose weights are written at rest."""
    learner = Learner(bear_network(), relaxer, config.rate)
    expected = [learner.predict(INPUT)[0]]
    for _ in range(config.updates):
        learner.learn(INPUT, TARGET)
        expected.append(learner.predict(INPUT)[0])
    return np.array(expected)


def learn(config: Config, relaxer: Relaxer, delay: float, scaled: bool) -> Mapping[str, Array]:
    """Expectations [updates + 1, 2] of a bear whose weights are written at a delay."""
    hidden = config.rate / -np.expm1(-delay) if scaled else config.rate
    learner = Learner(bear_network(), relaxer, [hidden, config.rate])
    expected = [learner.predict(INPUT)[0]]
    for _ in range(config.updates):
        learner.update(state_after(learner.network, relaxer, delay, INPUT, TARGET))
        expected.append(learner.predict(INPUT)[0])
    return {"expectations": np.array(expected)}


def waveforms(relaxer: Relaxer) -> Outcome:
    """Prediction errors of the bear's first trial: hidden, hear, smell, [times, 3]."""
    times = np.geomspace(0.003, 10.0, 29)
    states = [state_after(bear_network(), relaxer, float(t), INPUT, TARGET) for t in times]
    eps = np.array([np.concatenate([state.eps[1][0], state.eps[2][0]]) for state in states])
    first = state_after(bear_network(), relaxer, 0.0, INPUT, TARGET)
    rest = relaxer.relax(bear_network(), INPUT, TARGET)
    values = {FIRST: abs(float(first.eps[1][0, 0])), LAST: float(rest.eps[1][0, 0])}
    return Outcome(values, {EPS_TIMES: times, EPS: eps})


def trials(config: Config, relaxer: Relaxer) -> Outcome:
    """One trial of the learning testbench for each window: what the pulses write into the second layer.

    The ideal column integrates each memristor's differential equation under the pulses of the ideal state.
    """
    timed = isinstance(relaxer, CircuitRelaxer) and relaxer.simulator.supports.timed
    if not (timed or isinstance(relaxer, IdealRelaxer)):
        return Outcome({})
    benches = {
        f"w{k}": build_testbench(bear_network(), INPUT[0], TARGET[0], lr=config.rate, write_delay=delay)
        for k, delay in enumerate(config.windows)
    }
    if timed:
        waves = run_side_by_side(benches)
        ends = [benches[name].network_of(tuple(w[-1] for w in wave.forward)) for name, wave in waves.items()]
        held = [
            np.concatenate(wave.at(benches[name].schedule.written, wave.held)[1:])
            for name, wave in waves.items()
        ]
    else:
        models = [behavioural_model(bench) for bench in benches.values()]
        ends = [model.network for model in models]
        held = [np.concatenate([eps[0] for eps in model.learned.eps[1:]]) for model in models]
    changes = [network.W[1][:, 0] - 1.0 for network in ends]
    values = {
        written(delay): float(change[SMELL] / change[HEAR])
        for delay, change in zip(config.windows, changes, strict=True)
    }
    return Outcome(values, {WINDOWS: np.array(config.windows), HELD: np.array(held)})


def film(config: Config, relaxer: Relaxer) -> dict[Quantity, Array]:
    """Expectations [frames, updates + 1, 2] at delays between those of the table."""
    if not config.frames:
        return {}
    delays = np.geomspace(0.01, 10.0, config.frames)
    found = [learn(config, relaxer, float(t), True)["expectations"] for t in delays]
    return {FILM_DELAYS: delays, FILM: np.array(found)}


def real_chips(config: Config, relaxer: Relaxer, cache: ResultCache) -> dict[Quantity, float]:
    """Dips on chips of a realistic technology, on ngspice: the quicker one where amplifiers have poles."""
    if not (isinstance(relaxer, CircuitRelaxer) and isinstance(relaxer.simulator, Ngspice) and config.chips):
        return {}
    if present(relaxer.technology):
        return {}
    parts = technology(config.real_technology)
    short = replace(config, updates=config.real_updates)
    jobs = {
        f"{parts.name}-chip{chip}-t{delay:g}": (chip, delay)
        for delay in config.real_delays
        for chip in range(config.chips)
    }
    found = cache.compute(
        list(jobs),
        lambda name: learn(short, CircuitRelaxer(Ngspice(), parts, seed=jobs[name][0]), jobs[name][1], True),
    )
    dips: dict[float, list[float]] = {}
    for (_, delay), part in zip(jobs.values(), found, strict=True):
        dips.setdefault(delay, []).append(worst_dip(part["expectations"]))
    means = {real_dip(t, parts.name): float(np.mean(each)) for t, each in dips.items()}
    return means | {real_spread(t, parts.name): float(np.ptp(each)) for t, each in dips.items()}


def claims(config: Config) -> Sequence[Claim]:
    as_derived = config.rate == RATE and config.updates >= 24
    found = []
    for delay in config.delays:
        scaled, unscaled = DERIVED_DIPS.get(delay, (None, None)) if as_derived else (None, None)
        found += [
            Claim(dip(delay), None, DIP_TOLERANCE, id=f"dip@{delay:g}", derived=scaled),
            Claim(dip(delay, False), None, DIP_TOLERANCE, id=f"dip-unscaled@{delay:g}", derived=unscaled),
        ]
    published = PUBLISHED_DIPS if as_derived else (None, None)
    found += [
        Claim(DIP_AT_REST, published[0], DIGITS, id="dip@rest"),
        Claim(DIP_AT_REST, published[1], DIGITS, "bp", id="dip@backprop"),
        Claim(FIRST, None, SLACK, id="hidden-error@t=0", derived=0.0),
        Claim(LAST, None, DIGITS, id="hidden-error@rest", derived=-1.0 / 3.0),
    ]
    found += [
        Claim(written(delay), None, OF_CHANGE, id=f"written-smell@t={delay:g}") for delay in config.windows
    ]
    for layer in LAYERS:
        found += [
            Claim(cosine(delay, layer), None, 1e-3, id=f"cos@t={delay:g},layer={layer}")
            for delay in config.delays
        ]
        found.append(Claim(falls(layer), None, 0.0, id=f"cos-falls@layer={layer}", derived=1.0))
        derived = float(LAYERS[-1] - layer)
        found.append(Claim(power(layer), None, SLOPE_TOLERANCE, id=f"slope@layer={layer}", derived=derived))
    if config.networks:
        found.append(Claim(FALLING, None, None, id=f"cos-falls@networks={config.networks}"))
    if config.chips:
        name = config.real_technology
        for delay in config.real_delays:
            found += [
                Claim(real_dip(delay, name), None, None, id=f"dip@{delay:g},technology={name}"),
                Claim(real_spread(delay, name), None, None, id=f"dip-spread@{delay:g},technology={name}"),
            ]
    return found


WRITE_WINDOW = Experiment(
    "write-window",
    "The write window: one circuit from backpropagation to prospective configuration",
    run,
    Config(),
    Config(frames=96, networks=100, chips=10),
    claims,
    draw,
    source=SOURCE,
    player=player,
)
