"""Training in which the weights are devices: relax, take two factors a layer, write them by pulses, go on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Any, Floats
from analog_pc.devices.pulsed.state import part, prefixed
from analog_pc.errors import BadInput
from analog_pc.mapping import NetworkArrays
from analog_pc.pcn import Equilibrium, PredictiveCodingNetwork
from analog_pc.relaxers import IdealRelaxer, Relaxer
from analog_pc.technology import Technology
from analog_pc.training.in_situ.costs import Costs
from analog_pc.training.in_situ.device import WeightDevice
from analog_pc.training.in_situ.rules import Factors, PredictiveCoding, Rule
from analog_pc.training.in_situ.schemes import Scheme
from analog_pc.training.in_situ.weights import DeviceWeights, Transposed
from analog_pc.training.train import both_ends
from analog_pc.training.train import predict as forward_pass

HEADROOM = 6.0  # digits, 64-32-10 sigmoid: trained weights are 4 to 7 times the largest of Xavier's start


@dataclass(frozen=True)
class InSituConfig:
    """How devices are trained; there is no momentum, which would need a second array or digital numbers.

    Parameters
    ----------
    epochs, batch, seed
        As in `TrainingConfig`; the seed is also that of the devices.
    lr
        Of the mean over a batch of the summed energy: a sample adds lr / batch d x^T.
    headroom, transposed
        See `DeviceWeights`.
    """

    epochs: int = 50
    batch: int = 32
    lr: float = 0.3
    seed: int = 0
    headroom: float = HEADROOM
    transposed: Transposed = Transposed.SHARED

    def __post_init__(self) -> None:
        for name in ("epochs", "batch"):
            if getattr(self, name) < 1:
                raise BadInput(f"{name} = {getattr(self, name)}, must be at least 1")
        if not (np.isfinite(self.lr) and self.lr > 0.0):
            raise BadInput(f"lr = {self.lr}, must be finite and > 0")
        if not 0 <= self.seed < 2**32:
            raise BadInput(f"seed = {self.seed}, must be from 0 to {2**32 - 1}")


class InSituTrainer:
    """A network whose weights exist as conductances; `step` takes one batch.

    Parameters
    ----------
    network
        What training starts from; biases that are None get no bias line.
    device, scheme, rule
        What the weights are made of, how they are written, what they learn.
    relaxer
        Where the network relaxes (rule `pc`) and predicts.  The default is the mathematics.
    technology
        Conductances for a relaxer that sees arrays; None: the relaxer's own.

    Raises
    ------
    BadInput
        For a scheme that does not fit the device, a separate transposed array that the relaxer would not see,
        a relaxer for a rule that does not relax on one, or one that has no technology.
    """

    def __init__(
        self,
        network: PredictiveCodingNetwork,
        device: WeightDevice,
        scheme: Scheme,
        config: InSituConfig,
        *,
        rule: Rule | None = None,
        relaxer: Relaxer | None = None,
        technology: Technology | None = None,
    ) -> None:
        self.start, self.device, self.scheme, self.config = network, device, scheme, config
        self.rule: Rule = PredictiveCoding() if rule is None else rule
        self.relaxer: Relaxer = IdealRelaxer() if relaxer is None else relaxer
        self.on_arrays = self.relaxer.reads_arrays
        self.technology = technology or self.relaxer.technology
        self._check()
        seeds = np.random.SeedSequence(config.seed).spawn(network.depth)
        biases = [None] * network.depth if network.biases is None else list(network.b)
        self.layers = [
            DeviceWeights(
                w, b, device, scheme, headroom=config.headroom, seed=seed,
                # Nothing feeds back into the input, so that W_1 needs no transposed array.
                transposed=config.transposed if k else Transposed.SHARED,
            )
            for k, (w, b, seed) in enumerate(zip(network.W, biases, seeds, strict=True))
        ]  # fmt: skip
        self.periods, self.samples, self.unsettled = 0, 0, 0
        self._network: PredictiveCodingNetwork | None = None

    def _check(self) -> None:
        separate, name = self.config.transposed is Transposed.SEPARATE, self.relaxer.name
        if self.rule.name == "pc" and separate and not self.on_arrays:
            raise BadInput(
                f"transposed arrays of their own: the relaxer {name!r} does not see them, use another"
            )
        if self.rule.name != "pc" and self.on_arrays:
            raise BadInput(f"rule {self.rule.name}: it does not relax on {name!r}, only pc does")
        if self.on_arrays and self.technology is None:
            raise BadInput(f"relaxer {name!r}: it has no technology, give one for the conductances")

    @property
    def network(self) -> PredictiveCodingNetwork:
        """The network that the forward arrays mean."""
        if self._network is None:
            biases = [np.zeros(len(layer.W)) if layer.b is None else layer.b for layer in self.layers]
            self._network = self.start.with_parameters([layer.W for layer in self.layers], biases)
        return self._network

    @property
    def feedback(self) -> tuple[Floats, ...]:
        """[post, pre] of layers 1 ... L: what the transposed arrays hold."""
        return tuple(layer.feedback for layer in self.layers)

    @property
    def arrays(self) -> NetworkArrays | None:
        """The conductances, for a relaxer that sees them."""
        if not self.on_arrays or self.technology is None:
            return None
        bias = self.network.has_biases
        return NetworkArrays(
            tuple(layer.pair(self.technology, bias=bias) for layer in self.layers),
            tuple(layer.transposed_pair(self.technology) for layer in self.layers),
        )

    def rest(self, inputs: Floats, targets: Floats) -> Equilibrium:
        """The equilibrium between clamped inputs and targets."""
        clamps = both_ends(self.network, inputs, targets)
        return self.relaxer.relax(self.network, clamps=clamps, arrays=self.arrays)

    def predict(self, inputs: Floats) -> Floats:
        """The outputs that the network rests at with its input clamped."""
        if self.on_arrays:
            return self.relaxer.relax(self.network, inputs, arrays=self.arrays).output
        return forward_pass(self.network, inputs)

    def step(self, inputs: Floats, targets: Floats) -> float:
        """One batch: the energy per sample, before its last write; NaN where no sample came to rest.

        Raises
        ------
        FloatingPointError
            When energy or weights are not finite any more; the devices then are what they were.
        """
        energy = np.nan
        for factors in self.rule.updates(self, inputs, targets):
            energy = factors.energy
            if not np.isfinite(energy) and not (self.on_arrays and factors.unsettled == len(inputs)):
                raise FloatingPointError("the energy is not finite any more")
            self._write(factors, self.config.lr / len(inputs))
        for layer in self.layers:
            layer.elapse(1.0)
        self._network = None
        self.samples += len(inputs)
        return energy

    def _write(self, factors: Factors, rate: float) -> None:
        parts = zip(self.layers, factors.x, factors.d, strict=True)
        self.periods += max(layer.write(x, d, rate) for layer, x, d in parts)
        self.unsettled += factors.unsettled
        self._network = None

    @property
    def costs(self) -> Costs:
        """What writing took since the beginning."""
        synapses = [s for layer in self.layers for s in layer.synapses]
        period = None if self.device.energy is None else self.device.energy.pulse.seconds
        return Costs.of(synapses, self.periods, period, self.samples, self.unsettled)

    def state(self) -> dict[str, Any]:
        """All that changes, as arrays."""
        counts = np.array([self.periods, self.samples, self.unsettled], dtype=np.int64)
        found: dict[str, Any] = {"counts": counts}
        for k, layer in enumerate(self.layers, 1):
            found |= prefixed(f"layer{k}", layer.state())
        return found

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a `state`, bit for bit."""
        self.periods, self.samples, self.unsettled = (int(n) for n in state["counts"])
        for k, layer in enumerate(self.layers, 1):
            layer.restore(part(state, f"layer{k}"))
        self._network = None
