"""The node capacitor of a technology: as small as noise, wires and stability allow.

A relaxation takes amplifier power times settling time, and the nodes set that time as long as tau = C / g_s
is above the amplifiers' lag tau_a.  What bounds C from below:

- *noise*: sqrt(kT / C) is at most a part of an activity of 1.
- *wires*: C is at least what hangs on a value node anyway.
- *stability*: two lags tau_a, one in the forward and one in the feedback amplifiers, make strong weights
  ring.  A deep chain of layers of sigma = sigma_max(W f') is stable, with r = tau_a / tau, iff ::

      sigma < 1 - (2 + r) + sqrt((2 + r)^2 + (2 + r) / r)          (about sigma^2 < 2 / r for small r)

  Of a given network the modes at its operating points are simulated instead, and have to be damped.
- *amplifiers*: below C ~ g_s tau_a the amplifiers alone set the time, and a smaller C gains nothing.

At the stability limit the energy does not depend on the speed: with N amplifiers of power P and noise gain
NG it is N (P / GBW) NG sigma^2 ln(100) / (4 pi lambda).  So P / GBW in J is the merit of an amplifier.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.linalg
from scipy.optimize import brentq

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.circuit import BOLTZMANN, Solution
from analog_pc.compiled.threads import single_threaded_blas
from analog_pc.compiler import compile_network
from analog_pc.cost.chip import with_converters
from analog_pc.cost.settling import LEVEL
from analog_pc.errors import BadInput, SimulationFailed
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.simulators import Native
from analog_pc.technology import Technology
from analog_pc.technology.non_idealities import present, without

BEFORE = 2.0  # noise gain of the driver or difference amplifier before an array
HALVINGS = 2  # of the factor of 2 between capacitors that are tried, at the verge of damping
LARGEST = 16.0  # times the technology's capacitor
FLAT = 1.1  # a settling time within this factor of the shortest counts as the shortest
WIDTH = 64  # cells along a value node's wire where no network is given
SAMPLES = 2
TIME_LIMIT = 30.0
# Left out of the circuit whose modes are looked at: they move its operating points, not its dynamics; and
# what a chip draws, for a capacitor that holds for every chip.
_MOVING = ("offset", "activation spread", "saturation", "device I-V")
_RANDOM = (*_MOVING, "programming spread", "read noise", "transposed mismatch", "levels")


@dataclass(frozen=True, kw_only=True)
class SizingRule:
    """What the sizing of a technology's parts has to keep.

    Parameters
    ----------
    strength
        sigma_max(W f')^2 of the layers, where no network is given.
    noise_gain
        Of the transimpedance amplifiers, where no network is given; None: `typical_noise_gain`.
    noise
        rms of a value node over an activity of 1: of sqrt(kT / C), and of the amplifiers' noise.
    damping
        Least -Re / |eigenvalue| of a mode, where a network is given.  The offsets and the spread of a chip
        move it by some 0.05 (see analysis/energy_optimum.py); a mode of 0.2 is down to 1 % after 3.6 periods.
    margin
        Factor on the time constant that stability alone asks for.
    gain_error
        Largest relative error of a stage by its finite gain, the load of its outputs included.
    offset
        rms of a stage's output by its amplifier's offset, over an activity of 1.
    loading
        r_o g_s: what a spring may take of the loop gain of the amplifier that drives it.
    slowest
        Smallest eigenvalue of the energy's Hessian: a relaxation takes ln(100) tau / slowest.  0.7 for
        trained networks of two layers; it falls with depth.

    Raises
    ------
    BadInput
        For a value that is not finite and > 0.
    """

    strength: float = 8.0
    noise_gain: float | None = None
    noise: float = 0.005
    damping: float = 0.2
    margin: float = 1.2
    gain_error: float = 0.01
    offset: float = 0.05
    loading: float = 0.1
    slowest: float = 0.7

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value is not None and not (math.isfinite(value) and value > 0.0):
                raise BadInput(f"sizing: {name} = {value!r}, must be finite and > 0")

    def gain_of(self, technology: Technology) -> float:
        """Noise gain of the transimpedance amplifiers."""
        return typical_noise_gain(technology) if self.noise_gain is None else self.noise_gain

    def floors(self, technology: Technology, width: int) -> dict[str, float]:
        """Capacitors in F that noise and the wires of `width` cells ask for."""
        volts = self.noise * technology.volts_per_unit
        wires = width * (technology.word_line_capacitance + technology.bit_line_capacitance)
        return {"noise": BOLTZMANN * technology.temperature / volts**2, "wires": wires}


RULE = SizingRule()


@dataclass(frozen=True)
class SizedRow:
    """A capacitor that was tried: slowest settling (ln 100 / margin) and least damping, over all samples.

    `settling` is inf, and `damping` <= 0, where a mode grows.
    """

    farads: float
    settling: float
    damping: float


@dataclass(frozen=True)
class Sizing:
    """A node capacitor and why it is not smaller.

    Parameters
    ----------
    farads
        The capacitor.
    bound
        What keeps it from being smaller: "noise", "wires", "stability" or "amplifiers".
    noise, wires, stability
        F, each bound alone.
    amplifier_merit
        P / GBW in J; NaN for amplifiers without power or pole.
    rows
        What was simulated; empty without a network.
    text
        One line that a technology's file can hold as the source of its value.
    """

    farads: float
    bound: str
    noise: float
    wires: float
    stability: float
    amplifier_merit: float
    rows: tuple[SizedRow, ...]
    text: str

    def apply(self, technology: Technology) -> Technology:
        """The technology with this capacitor."""
        return replace(technology, node_capacitance=self.farads)


def size_node_capacitor(
    technology: Technology,
    network: PredictiveCodingNetwork | None = None,
    inputs: ArrayLike | None = None,
    targets: ArrayLike | None = None,
    *,
    rule: SizingRule = RULE,
    samples: int = SAMPLES,
    seed: int = 0,
) -> Sizing:
    """The smallest node capacitor of a technology; see the head of this file for the rule.

    Parameters
    ----------
    network, inputs, targets
        A network and stimuli that the circuit is to run: the modes of predict and (with targets) learn are
        simulated.  None: a deep chain, by the rule alone.
    rule
        What the capacitor has to keep.
    samples, seed
        Stimuli that are simulated, and the chip.

    Raises
    ------
    BadInput
        For values that are not > 0, and a network without inputs.
    SimulationFailed
        Where no sample has an operating point, or no capacitor up to 16 times the technology's is enough.
    """
    if samples < 1:
        raise BadInput(f"size_node_capacitor: samples = {samples!r}, must be >= 1")
    if network is not None and inputs is None:
        raise BadInput("size_node_capacitor: a network needs inputs")
    floors = rule.floors(technology, WIDTH if network is None else max(network.sizes[1:]))
    if network is None:
        gain = rule.gain_of(technology)
        limit = rule.margin * stable_capacitor(technology, rule.strength, gain)
        why = f"sigma_max(W f')^2 = {rule.strength:g} in deep networks at NG = {gain:.3g}"
        return _chosen(technology, floors | {"stability": limit}, (), why)
    assert inputs is not None
    x = np.asarray(inputs, dtype=np.float64)[:samples]
    t = None if targets is None else np.asarray(targets, dtype=np.float64)[:samples]
    modes = _Modes(_plain(technology, _RANDOM), network, x, t, seed)
    rows = _tried(modes, rule.damping, max(floors.values()))
    limit, bound = _from_rows(rows, rule.damping, rule.margin)
    why = f"modes of {'-'.join(map(str, network.sizes))} {network.activation}, damping >= {rule.damping:g}"
    return _chosen(technology, floors | {bound: limit}, rows, why)


def modes_at(
    technology: Technology,
    network: PredictiveCodingNetwork,
    inputs: ArrayLike,
    targets: ArrayLike | None = None,
    *,
    seed: int = 0,
) -> SizedRow:
    """Settling and damping of a chip as it is, over all samples and both phases; offsets and rails left out.

    Raises
    ------
    SimulationFailed
        Where no sample of a phase has an operating point.
    """
    x = np.asarray(inputs, dtype=np.float64)
    t = None if targets is None else np.asarray(targets, dtype=np.float64)
    plain = _plain(technology, _MOVING)
    return _Modes(plain, network, x, t, seed).at(technology.node_capacitance)


def _plain(technology: Technology, names: Sequence[str]) -> Technology:
    """The technology without some of its non-idealities."""
    found = technology
    for name in names:
        if name in present(technology):
            found = without(found, name)
    return found


def typical_noise_gain(technology: Technology) -> float:
    """NG of 64 rows of a trained 64-32-10 digits network: 25 + 330 / (on/off ratio - 1)."""
    return 25.0 + 330.0 / (technology.g_max / technology.g_min - 1.0)


def stable_capacitor(technology: Technology, strength: float, noise_gain: float) -> float:
    """C in F at the verge of stability of a deep chain, sigma_max(W f')^2 = `strength`; 0 without a pole.

    The lag of a half loop: a transimpedance amplifier of the noise gain, and the driver or sense before it.
    """
    return technology.spring_conductance * half_loop_lag(technology, noise_gain) / critical_lag(strength)


def half_loop_lag(technology: Technology, noise_gain: float) -> float:
    """tau_a in s of a transimpedance amplifier and the driver or sense amplifier before it."""
    return (noise_gain + BEFORE) / (2.0 * math.pi * technology.opamp_gain_bandwidth)


def critical_lag(strength: float) -> float:
    """r = tau_a / tau at which a deep chain of layers with sigma_max(W f')^2 = `strength` begins to ring on.

    The root of sigma = 1 - (2 + r) + sqrt((2 + r)^2 + (2 + r) / r); inf for strengths that never do.
    """
    sigma = math.sqrt(strength)

    def missing(log_r: float) -> float:
        r = math.exp(log_r)
        return 1.0 - (2.0 + r) + math.sqrt((2.0 + r) ** 2 + (2.0 + r) / r) - sigma

    low = math.log(1e-12)
    high = math.log(1e6)
    if missing(high) > 0.0:
        return math.inf
    return math.exp(float(brentq(missing, low, high)))


def _chosen(technology: Technology, bounds: dict[str, float], rows: tuple[SizedRow, ...], why: str) -> Sizing:
    bound = max(bounds, key=lambda name: bounds[name])
    farads = _rounded(bounds[bound])
    merit = math.nan
    if technology.opamp_power and math.isfinite(technology.opamp_gain_bandwidth):
        merit = technology.opamp_power / technology.opamp_gain_bandwidth
    tau = farads / technology.spring_conductance
    text = f"sized by size_node_capacitor: {why}; bound by {bound}, tau = {tau:.3g} s"
    limit = bounds.get("stability", bounds.get("amplifiers", 0.0))
    return Sizing(farads, bound, bounds["noise"], bounds["wires"], limit, merit, rows, text)


def _rounded(farads: float) -> float:
    """Up to two digits."""
    step = 10.0 ** (math.floor(math.log10(farads)) - 1)
    return float(f"{math.ceil(farads / step - 1e-9) * step:.1e}")


class _Modes:
    """The modes of a network on a technology for any node capacitor; none moves its operating points."""

    def __init__(
        self,
        technology: Technology,
        network: PredictiveCodingNetwork,
        x: Floats,
        t: Floats | None,
        seed: int,
    ) -> None:
        self.technology = technology
        self.network = network
        self.x = x
        self.seed = seed
        phases = (None,) if t is None else (None, t)
        self.points = [_operating_points(technology, network, x, targets, seed) for targets in phases]

    def at(self, farads: float) -> SizedRow:
        """Slowest settling and least damping over all samples and phases."""
        own = replace(self.technology, node_capacitance=farads)
        slowest = math.inf
        least = 1.0
        for targets, native, solution in self.points:
            circuit = with_converters(compile_network(self.network, own, self.x, targets, seed=self.seed))
            for jacobian in native.jacobians(circuit, solution):
                with single_threaded_blas():
                    values = scipy.linalg.eigvals(jacobian, check_finite=False)
                slowest = min(slowest, float(-values.real.max()))
                least = min(least, float((-values.real / np.abs(values)).min()))
        settling = math.log(1.0 / LEVEL) / slowest if slowest > 0.0 else math.inf
        return SizedRow(farads, settling, least)


def _tried(modes: _Modes, damping: float, floor: float) -> tuple[SizedRow, ...]:
    """Capacitors from the technology's on: halved while they are damped, doubled until they are; ascending.

    Below the first that is not damped there may be others that are, where amplifiers alone set the modes:
    larger parasitics would leave such an island, so that it does not count.
    """
    first = max(modes.technology.node_capacitance, floor)
    rows = [modes.at(first)]
    while rows[0].damping >= damping and rows[0].farads > floor:
        rows.insert(0, modes.at(max(0.5 * rows[0].farads, floor)))
    while rows[-1].damping < damping and rows[-1].farads < LARGEST * first:
        rows.append(modes.at(2.0 * rows[-1].farads))
    for _ in range(HALVINGS):
        above = _first_damped(rows, damping)
        if 0 < above < len(rows):
            rows.insert(above, modes.at(math.sqrt(rows[above - 1].farads * rows[above].farads)))
    return tuple(rows)


def _first_damped(rows: Sequence[SizedRow], damping: float) -> int:
    """The smallest capacitor that is damped, and all larger ones are; the number of rows where none is."""
    found = len(rows)
    while found > 0 and rows[found - 1].damping >= damping:
        found -= 1
    return found


def _operating_points(
    technology: Technology, network: PredictiveCodingNetwork, x: Floats, targets: Floats | None, seed: int
) -> tuple[Floats | None, Native, Solution]:
    """The operating points, which no capacitor moves."""
    compiled = compile_network(network, technology, x, targets, seed=seed)
    native = Native(check_stability=False, time_limit=TIME_LIMIT)
    found = native.simulate(with_converters(compiled), compiled.operating_point(every_node=True))
    good = found.status.converged(len(x))
    if not good.any():
        raise SimulationFailed(f"size_node_capacitor: no sample has an operating point: {found.status}")
    axis = np.arange(int(good.sum()), dtype=np.float64)
    return targets, native, Solution(axis, found.nodes, found.volts[good], found.status)


def _from_rows(rows: tuple[SizedRow, ...], damping: float, margin: float) -> tuple[float, str]:
    """The capacitor that the modes ask for, and why it is not smaller.

    It and all larger ones are damped.  Where smaller ones settle no sooner, the largest that settles as soon
    as any is taken: the amplifiers then set the time.
    """
    first = _first_damped(rows, damping)
    if first == len(rows):
        raise SimulationFailed(
            f"size_node_capacitor: a damping of {damping:g} needs more than {rows[-1].farads:.3g} F"
        )
    usable = rows[first:]
    shortest = min(row.settling for row in usable)
    enough = max(row.farads for row in usable if row.settling <= FLAT * shortest)
    limit = margin * usable[0].farads if first > 0 else 0.0
    return (limit, "stability") if limit >= enough else (enough, "amplifiers")
