"""The weights of one layer, held by devices: [W | b] on an array [row = pre (and bias line), column = post].

::

    W[post, pre] = scale x weight of the device[pre, post],      scale = headroom max|W_0, b_0| / reach

with the weights W_0 that training starts from; `reach` is the weight that the mean device holds either way.
"""

from __future__ import annotations

from enum import Enum

import numpy as np

from analog_pc.arrays import Any, Floats
from analog_pc.devices.pulsed.state import part, prefixed
from analog_pc.errors import BadInput
from analog_pc.mapping import ConductancePair
from analog_pc.technology import Technology
from analog_pc.training.in_situ.device import WeightDevice
from analog_pc.training.in_situ.schemes import Scheme, Writer
from analog_pc.training.in_situ.synapses import Synapses
from analog_pc.training.in_situ.synapses.paired import SATURATION


class Transposed(Enum):
    """What errors travel back through.

    SHARED: the same array read backwards in turn (W^T exactly, also with wires, by reciprocity).
    SEPARATE: a second one, which starts as W^T and gets the same pulses.
    LEARNT: a second one, which starts at random and gets the same pulses (Kolen and Pollack: as the devices
    decay it becomes W^T).
    RANDOM: a second one, programmed once at random and never pulsed (feedback alignment).
    """

    SHARED = "shared"
    SEPARATE = "separate"
    LEARNT = "learnt"
    RANDOM = "random"

    @property
    def starts_at_random(self) -> bool:
        return self in (Transposed.LEARNT, Transposed.RANDOM)


def reach(device: WeightDevice) -> float:
    """Weight that the mean device (or pair, before its refresh) holds in both directions."""
    spec = device.pulsed
    return SATURATION * spec.w_max if spec.one_sided else min(spec.w_max, -spec.w_min)


class DeviceWeights:
    """One layer; see `DeviceBackend` for how it is written.

    Parameters
    ----------
    weights, biases
        W_0 [post, pre] and b_0 [post], written perfectly to begin with; None: no bias line.
    headroom
        How far weights may grow beyond the largest one of the start.  The larger, the coarser is a step.
    transposed
        A second array is written by the same trains (which drive lines of both) or counts; its devices,
        their noise and so its weights are its own.  The bias line of it is written and not read.
    seed
        Of everything random in it.
    feedback
        What a second array holds at the start, [post, pre]; None: W_0.

    Raises
    ------
    BadInput
        For a headroom that is not > 0.
    """

    def __init__(
        self,
        weights: Floats,
        biases: Floats | None,
        device: WeightDevice,
        scheme: Scheme,
        *,
        headroom: float,
        transposed: Transposed,
        seed: np.random.SeedSequence,
        feedback: Floats | None = None,
    ) -> None:
        if not (np.isfinite(headroom) and headroom > 0.0):
            raise BadInput(f"headroom = {headroom!r}, must be finite and > 0")
        start = np.ascontiguousarray((weights if biases is None else np.column_stack([weights, biases])).T)
        back = start.copy()
        if feedback is not None:
            back[: weights.shape[1]] = feedback.T
        largest = max(float(np.abs(start).max()), float(np.abs(back).max())) or 1.0
        self.pre = weights.shape[1]
        self.biased = biases is not None
        self.scale = 1.0 if device.spec is None else headroom * largest / reach(device)
        own, other, lines = (int(word) for word in seed.generate_state(3, np.uint64))
        self.forward = scheme.writer(device, start.shape, own, lines)
        shared = transposed is Transposed.SHARED
        self.backward = None if shared else scheme.writer(device, start.shape, other, lines)
        self.pulsed_writers = (self.forward,) if transposed is Transposed.RANDOM else self.writers
        self.forward.assign(start / self.scale)
        if self.backward is not None:
            self.backward.assign(back / self.scale)
        self.synapses: tuple[Synapses, ...] = tuple(s for w in self.writers for s in w.synapses)
        self._pairs: dict[str, ConductancePair] = {}
        self._read()

    @property
    def writers(self) -> tuple[Writer, ...]:
        """Writers of the forward array, and of a second one for the way back."""
        return (self.forward,) if self.backward is None else (self.forward, self.backward)

    def write(self, x: Floats, d: Floats, rate: float) -> int:
        """Add ``rate sum_s d_s x_s^T`` to W; x [samples, pre], d [samples, post].  Returns pulse periods.

        Both arrays are written at the same time; a random one is not.
        """
        if self.biased:
            x = np.concatenate([x, np.ones((len(x), 1))], axis=1)
        longest = 0
        for writer in self.pulsed_writers:
            before = sum(s.write_count.periods for s in writer.synapses)
            writer.write(x, d, rate / self.scale)
            longest = max(longest, sum(s.write_count.periods for s in writer.synapses) - before)
        self._read()
        return longest

    def elapse(self, time: float) -> None:
        """Let time pass, in the unit of the device."""
        if any(s.time_dependent for s in self.synapses):
            for writer in self.writers:
                writer.elapse(time)
            self._read()

    def _read(self) -> None:
        """W [post, pre], b [post] and the matrix [post, pre] that feeds back."""
        rows = self.scale * self.forward.weights
        self.W = rows[: self.pre].T
        self.b = rows[self.pre] if self.biased else None
        self.feedback = self.W
        if self.backward is not None:
            self.feedback = (self.scale * self.backward.weights)[: self.pre].T
        self._pairs.clear()

    def pair(self, technology: Technology, *, bias: bool) -> ConductancePair:
        """The forward array for a circuit, with or without its bias line; one object until it is written."""
        if "forward" not in self._pairs:
            self._pairs["forward"] = self._pair(self.forward, technology, self.pre + bias)
        return self._pairs["forward"]

    def transposed_pair(self, technology: Technology) -> ConductancePair:
        """The array that computes W^T: the forward one read backwards, or the separate one."""
        if "transposed" not in self._pairs:
            source = self.forward if self.backward is None else self.backward
            self._pairs["transposed"] = self._pair(source, technology, self.pre).transposed
        return self._pairs["transposed"]

    def _pair(self, writer: Writer, technology: Technology, rows: int) -> ConductancePair:
        found = writer.conductances(technology)
        return ConductancePair(found.plus[:rows], found.minus[:rows], self.scale / found.slope)

    def state(self) -> dict[str, Any]:
        """All that changes, as arrays."""
        own = prefixed("forward", self.forward.state())
        return own if self.backward is None else own | prefixed("backward", self.backward.state())

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a `state`, bit for bit."""
        self.forward.restore(part(state, "forward"))
        if self.backward is not None:
            self.backward.restore(part(state, "backward"))
        self._read()
