"""A learning trial as data: a network, what it is shown, and everything that its circuit is built from."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.devices import Yakopcic
from analog_pc.devices.compact import YAKOPCIC
from analog_pc.errors import BadInput
from analog_pc.mapping import ReferencedMapping
from analog_pc.pcn import Equilibrium, PredictiveCodingNetwork, relax, relax_for
from analog_pc.pcn.clamps import make_clamps
from analog_pc.pcn.hessian import curvatures
from analog_pc.pcn.state import Landscape
from analog_pc.technology import Technology, technology
from analog_pc.testbench.pulse_encoding import PulseEncoding
from analog_pc.testbench.schedule import HOLD, Schedule

# States that weights are mapped to: around the middle, where both windows of the device are open.
CENTRE = 0.5
REACH = 0.25
HEADROOM = 1.5  # the largest weight that fits, over the largest one of the network
SETTLED = 1e-7  # of a relaxation, what is left of its slowest mode
PATIENCE = 1.5  # the slowest mode of the learned network may be slower
EDGE = 0.01  # of C / g_s: rise and fall of the clocks
EDGES_OF_DELAY = 200.0  # an early write has edges that are this much shorter than its delay
TRACK_LAG = 0.1  # of an edge: time constant of the capacitors that follow the prediction errors
MARGIN = 1.1  # of the scales of the pulses over the largest rate and weighted error of the sample


@dataclass(frozen=True, eq=False)
class LearningTestbench:
    """One trial of one sample.

    Parameters
    ----------
    network
        Before the trial.
    inputs, target
        [n_0] and [n_L].
    writing, mapping, schedule
        How pulses are made, how weights are conductances, and when what happens.
    technology
        Of amplifiers, activation circuits, springs and capacitors, and its volts per unit.  Its wires, and
        what it says of devices, are not used: lines are ideal here, and devices are memristors.
    lr
        The learning rate that the phases are made for, at the state `CENTRE`.
    switch_on, switch_off
        Of all switches, S.
    clamp_on
        Of the target's closed switches, S; it holds an activity up to g_s / clamp_on of its prediction error.
    write_delay
        How long after the target has arrived prediction errors are held and written, in units of C / g_s;
        None: at rest.
    track_on
        Of the closed switches through which held errors follow, S.
    """

    network: PredictiveCodingNetwork
    inputs: Floats
    target: Floats
    encoding: PulseEncoding
    mapping: ReferencedMapping
    schedule: Schedule
    technology: Technology
    lr: float
    switch_on: float = 1e-3
    switch_off: float = 1e-12
    clamp_on: float = 0.1
    write_delay: float | None = None
    track_on: float = 1e-3

    @property
    def device(self) -> Yakopcic:
        return self.encoding.device

    @property
    def volts(self) -> float:
        """V for an activity of 1."""
        return self.technology.volts_per_unit

    def states(self) -> tuple[Floats, ...]:
        """The devices' states before the trial, of each layer [pre (and the bias, last), post]."""
        parameters = zip(self.network.W, self.network.b, strict=True)
        joined = (np.column_stack([w, b]) if self.network.has_biases else w for w, b in parameters)
        return tuple(self.device.state_of(self.mapping.conductances(w)) for w in joined)

    def learned(self) -> Equilibrium:
        """The ideal state that is written: at rest under input and target, or at the write delay."""
        return written_state(self.network, self.inputs[np.newaxis], self.target[np.newaxis], self.write_delay)

    def network_of(self, states: tuple[Floats, ...]) -> PredictiveCodingNetwork:
        """The network that devices of these states (as `states` gives them) make."""
        weights = []
        biases = []
        for state, w in zip(states, self.network.W, strict=True):
            read = self.mapping.weights(self.device.conductance(state))
            pre = w.shape[1]
            weights.append(np.ascontiguousarray(read[:, :pre]))
            biases.append(read[:, pre].copy() if self.network.has_biases else np.zeros(len(w)))
        return self.network.with_parameters(weights, biases)


def written_state(
    network: PredictiveCodingNetwork, inputs: Floats, targets: Floats, delay: float | None
) -> Equilibrium:
    """The state at a delay (units of C / g_s) after the target has arrived, or (None) at rest.

    Raises
    ------
    BadInput
        For a relaxation that does not end in a minimum.
    """
    if delay is not None:
        return relax_for(network, delay, inputs, targets)
    learned = relax(network, inputs, targets)
    if not learned.relaxation.all_converged:
        raise BadInput(f"testbench: {learned.relaxation.message}")
    return learned


def learning_parts() -> Technology:
    """Ideal parts, but for amplifiers of a gain of 1e7 instead of 1e9.

    While it is written a column stands at half a volt.  Its amplifier's output is that gain times the
    difference of two such voltages, which sixteen digits resolve to 1e-16 V: 1e9 would leave 1e-7 V of
    rounding at the output, and Newton's iterations no rest.
    """
    return replace(technology("ideal"), name="testbench", opamp_gain=1e7)


def build_testbench(
    network: PredictiveCodingNetwork,
    inputs: ArrayLike,
    target: ArrayLike,
    *,
    lr: float = 1.0,
    device: Yakopcic = YAKOPCIC["microsiemens"],
    parts: Technology | None = None,
    write_delay: float | None = None,
) -> LearningTestbench:
    """A trial whose times and scales fit the network.

    Relaxations last until their slowest mode has decayed to `SETTLED`, but where a write delay ends the
    second one; the scales of the pulses are the largest rate and weighted error that are written, with a
    `MARGIN`; all arrays share one R_f, so that one learning rate holds.

    Parameters
    ----------
    network
        The network before the trial.
    inputs, target
        Clamped activities of the first layer [n_0] and of the last one [n_L].
    lr
        Learning rate that the pulses are made for.
    device
        Memristor that holds the weights.
    parts
        Technology of amplifiers, springs and capacitors; None: `learning_parts`.
    write_delay
        When the weights are written, in units of C / g_s after the target has arrived; None: at rest.  A
        short delay writes what backpropagation would, a long one what prospective configuration says.

    Raises
    ------
    BadInput
        For what `relax` refuses, a relaxation that does not end in a minimum, lr <= 0, a delay <= 0, volts
        that would move a device while it is read, or no prediction error to learn from.
    """
    for name, value in (("lr", lr), ("write_delay", 1.0 if write_delay is None else write_delay)):
        if not (math.isfinite(value) and value > 0.0):
            raise BadInput(f"testbench: {name} = {value!r}, must be finite and > 0")
    parts = learning_parts() if parts is None else parts
    shown = np.asarray(inputs, dtype=np.float64)[np.newaxis]
    wanted = np.asarray(target, dtype=np.float64)[np.newaxis]
    predicted = relax(network, shown)
    if not predicted.relaxation.all_converged:
        raise BadInput(f"testbench: {predicted.relaxation.message}")
    learned = written_state(network, shown, wanted, write_delay)
    rates = np.concatenate([r[0] for r in learned.rates] + ([np.ones(1)] if network.has_biases else []))
    weighted_eps = np.concatenate([p * e[0] for p, e in zip(network.pi, learned.eps[1:], strict=True)])
    if not (np.abs(rates).max() > 0.0 and np.abs(weighted_eps).max() > 0.0):
        raise BadInput("testbench: no rate or no prediction error: this sample teaches nothing")
    scales = (MARGIN * float(np.abs(a).max()) for a in (rates, weighted_eps))
    encoding = PulseEncoding(device, *scales)
    mapping = _mapping(network, device)
    _check_reading(predicted, learned, parts, device)
    change = lr * encoding.rate_scale * encoding.eps_scale / (mapping.ohms * float(device.conductance(1.0)))
    phases = encoding.phases(change, CENTRE, bool((rates < 0.0).any()))
    free = _settling(network, shown, None) * parts.seconds_per_unit
    if write_delay is None:
        held = _settling(network, shown, wanted) * parts.seconds_per_unit
        schedule = Schedule(free, held, free, phases, EDGE * parts.seconds_per_unit)
        return LearningTestbench(network, shown[0], wanted[0], encoding, mapping, schedule, parts, lr)
    edge = min(EDGE, write_delay / EDGES_OF_DELAY) * parts.seconds_per_unit
    schedule = Schedule(free, write_delay * parts.seconds_per_unit, free, phases, edge)
    return LearningTestbench(
        network, shown[0], wanted[0], encoding, mapping, schedule, parts, lr,
        write_delay=write_delay, track_on=HOLD / (TRACK_LAG * edge),
    )  # fmt: skip


def _mapping(network: PredictiveCodingNetwork, device: Yakopcic) -> ReferencedMapping:
    largest = max(float(np.abs(a).max()) for a in (*network.W, *network.b)) or 1.0
    least, middle, most = device.conductance(CENTRE + REACH * np.array([-1.0, 0.0, 1.0])).tolist()
    return ReferencedMapping(middle, HEADROOM * largest / (most - middle), least, most)


def _check_reading(predicted: Equilibrium, learned: Equilibrium, parts: Technology, device: Yakopcic) -> None:
    """Devices are read by rates and by prediction errors; neither may move them."""
    first = learned.output - predicted.output  # the moment that the target is clamped
    layers = [first, *(a for e in (predicted, learned) for a in (*e.rates, *e.eps))]
    peak = parts.volts_per_unit * max(float(np.abs(a).max(initial=0.0)) for a in layers)
    low, high = device.thresholds
    if not peak < min(-low, high):
        raise BadInput(
            f"testbench: {peak:.3g} V on a line that is read would move devices with thresholds {low:g} and "
            f"{high:g} V"
        )


def _settling(network: PredictiveCodingNetwork, inputs: Floats, target: Floats | None) -> float:
    """Units of time until the slowest mode has decayed to `SETTLED`."""
    landscape = Landscape(network, make_clamps(network, inputs, target))
    equilibrium = relax(network, inputs, target)
    state = landscape.resting_state(list(equilibrium.activities))
    slowest = float(curvatures(landscape, state)[0].min(initial=network.pi.min()))
    return PATIENCE * math.log(1.0 / SETTLED) / slowest
