"""Weights that exist as conductances only: factors become pulses, and what is then read is the network.

::

    network  ->  rule  ->  post_l, pre_l  ->  scheme  ->  pulses  ->  devices  ->  read  ->  network
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.devices.pulsed.state import part, prefixed
from analog_pc.errors import BadInput
from analog_pc.mapping import NetworkArrays
from analog_pc.pcn import Equilibrium, PredictiveCodingNetwork
from analog_pc.pcn.feedback import random_feedback
from analog_pc.pcn.learning import Factors, LearningRule, OwnErrorPath
from analog_pc.relaxers import IdealRelaxer, Relaxer
from analog_pc.technology import Technology
from analog_pc.training.backend import both_ends, predict, settled
from analog_pc.training.costs import Costs
from analog_pc.training.in_situ.device import WeightDevice
from analog_pc.training.in_situ.schemes import Scheme
from analog_pc.training.in_situ.synapses import Synapses
from analog_pc.training.in_situ.weights import DeviceWeights, Transposed

HEADROOM = 6.0  # digits, 64-32-10 sigmoid: trained weights are 4 to 7 times the largest of Xavier's start


class DeviceBackend:
    """The weights of a network as devices; see `Backend` for what it does.

    There is no momentum, which would need a second array or digital numbers.

    Parameters
    ----------
    network
        What training starts from; biases that are None get no bias line.
    device, scheme
        What the weights are made of, and how they are written.
    seed
        Of the devices and of all that is random in them.
    headroom, transposed
        See `DeviceWeights`.
    relaxer
        Finds the equilibria (rule `pc`) and predictions; the ideal one by default.
    technology
        Range of the conductances for a relaxer that reads arrays; None: the relaxer's own.

    Raises
    ------
    BadInput
        For a scheme that does not fit the device, or a relaxer that reads arrays and has no technology.
    """

    def __init__(
        self,
        network: PredictiveCodingNetwork,
        device: WeightDevice,
        scheme: Scheme,
        *,
        seed: int = 0,
        headroom: float = HEADROOM,
        transposed: Transposed = Transposed.SHARED,
        relaxer: Relaxer | None = None,
        technology: Technology | None = None,
    ) -> None:
        self.start = network
        self.device = device
        self.scheme = scheme
        self.seed = seed
        self.headroom = headroom
        self.transposed = transposed
        self.relaxer: Relaxer = IdealRelaxer() if relaxer is None else relaxer
        self.technology = technology or self.relaxer.technology
        if self.relaxer.reads_arrays and self.technology is None:
            raise BadInput(
                f"relaxer {self.relaxer.name!r}: it has no technology, give one for the conductances"
            )
        if self.technology is not None and self.technology.devices_per_weight != 1:
            raise BadInput(
                f"technology {self.technology.name!r}: devices_per_weight = "
                f"{self.technology.devices_per_weight}, learning in situ pulses one device a cell: use 1"
            )
        seeds = np.random.SeedSequence(seed).spawn(network.depth)
        biases = [None] * network.depth if network.biases is None else list(network.b)
        feedback = random_feedback(network, seed=seed) if transposed.starts_at_random else network.W
        self.layers = [
            DeviceWeights(
                w, b, device, scheme, headroom=headroom, seed=own,
                # Nothing feeds back into the input, so that W_1 needs no transposed array.
                transposed=transposed if k else Transposed.SHARED,
                feedback=feedback[k] if k else None,
            )
            for k, (w, b, own) in enumerate(zip(network.W, biases, seeds, strict=True))
        ]  # fmt: skip
        self.periods = 0
        self._network: PredictiveCodingNetwork | None = None

    def check(self, rule: LearningRule) -> None:
        """Refuse a rule that does not use this relaxer or these transposed arrays (BadInput)."""
        name = self.relaxer.name
        if isinstance(rule, OwnErrorPath):
            raise BadInput(
                f"rule {rule.name}: on devices the array is what feeds back, use rule bp or pc with the "
                f"transposed array {Transposed.RANDOM.value!r} or {Transposed.LEARNT.value!r}"
            )
        if rule.name == "pc" and self.transposed is not Transposed.SHARED and not self.relaxer.reads_arrays:
            raise BadInput(
                f"transposed arrays of their own: the relaxer {name!r} does not see them, use another"
            )
        if rule.name != "pc" and self.relaxer.reads_arrays:
            raise BadInput(f"rule {rule.name}: only pc learns on a circuit, leave out its technology")

    @property
    def network(self) -> PredictiveCodingNetwork:
        """The network whose weights the forward arrays hold."""
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
        """The conductances, for a relaxer that reads them."""
        if not self.relaxer.reads_arrays or self.technology is None:
            return None
        bias = self.network.has_biases
        return NetworkArrays(
            tuple(layer.pair(self.technology, bias=bias) for layer in self.layers),
            tuple(layer.transposed_pair(self.technology) for layer in self.layers),
        )

    def relax(self, inputs: Floats, targets: Floats) -> Equilibrium:
        """The equilibrium between clamped inputs and targets; on circuits, samples may have none."""
        clamps = both_ends(self.network, inputs, targets)
        equilibrium = self.relaxer.relax(self.network, clamps=clamps, arrays=self.arrays)
        return equilibrium if self.relaxer.reads_arrays else settled(equilibrium)

    def predict(self, inputs: Floats) -> Floats:
        """Outputs [samples, n_L] at the equilibrium with the input clamped."""
        if self.relaxer.reads_arrays:
            return self.relaxer.relax(self.network, inputs, arrays=self.arrays).output
        return predict(self.network, inputs)

    def apply(self, factors: Factors, rate: float) -> None:
        """Write the factors; all layers at the same time."""
        parts = zip(self.layers, factors.pre, factors.post, strict=True)
        self.periods += max(layer.write(pre, post, rate) for layer, pre, post in parts)
        self._network = None

    def elapse(self, batches: float) -> None:
        """Decay, drift and refresh over a time in batches."""
        for layer in self.layers:
            layer.elapse(batches)
        self._network = None

    @property
    def synapses(self) -> Sequence[Synapses]:
        """All arrays of devices."""
        return [one for layer in self.layers for one in layer.synapses]

    def costs(self, samples: int, unsettled: int) -> Costs:
        """Sums over all arrays of all layers."""
        arrays = [array for one in self.synapses for array in one.arrays]
        found = [array.statistics() for array in arrays]
        devices = sum(array.wear.size for array in arrays)
        energies = [one.joules for one in found if one.joules is not None]
        energy = self.device.energy
        return Costs(
            samples=samples,
            pulses=sum(one.pulses for one in found),
            half_selects=sum(one.half_selects for one in found),
            clipped=sum(one.clipped for one in found),
            row_reads=sum(one.write_count.row_reads for one in self.synapses),
            resets=sum(one.write_count.resets for one in self.synapses),
            unsettled=unsettled,
            joules=sum(energies) if found and len(energies) == len(found) else None,
            seconds=None if energy is None else self.periods * energy.pulse.seconds,
            most_wear=max((one.most_wear for one in found), default=0),
            mean_wear=float(sum(array.wear.sum() for array in arrays) / devices) if devices else 0.0,
            failed=sum(one.failed for one in found),
        )

    def description(self) -> dict[str, Any]:
        """Device, scheme and relaxer for JSON."""
        device = asdict(self.device)
        del device["remarks"]
        if self.device.spec is not None:
            device["spec"]["characteristic"]["name"] = self.device.spec.characteristic.name
        parts = asdict(self.technology) if self.relaxer.reads_arrays and self.technology is not None else {}
        parts.pop("sources", None)
        return {
            "backend": "devices",
            "device": device,
            "scheme": {"name": self.scheme.name, **asdict(self.scheme)},  # type: ignore[call-overload]
            "device_seed": self.seed,
            "headroom": self.headroom,
            "transposed": self.transposed.value,
            "relaxer": {
                "name": self.relaxer.name,
                "seed": self.relaxer.seed,
                "technology": parts,
            },
        }

    def state(self) -> dict[str, Any]:
        """All that changes, as arrays."""
        found: dict[str, Any] = {"periods": np.array(self.periods, dtype=np.int64)}
        for k, layer in enumerate(self.layers, 1):
            found |= prefixed(f"layer{k}", layer.state())
        return found

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a `state`, bit for bit."""
        self.periods = int(state["periods"])
        for k, layer in enumerate(self.layers, 1):
            layer.restore(part(state, f"layer{k}"))
        self._network = None
