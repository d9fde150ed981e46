"""A compiled network: its circuit, the analyses of it, and the decoding of their solutions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analog_pc.activations import PiecewiseLinear
from analog_pc.arrays import Bools, Floats, Ints
from analog_pc.circuit import Bus, Circuit, OperatingPoint, Settling, Solution, Transient
from analog_pc.compiler.layers import Design, names
from analog_pc.errors import BadInput, one_line
from analog_pc.mapping import Scales
from analog_pc.pcn import Clamps, Equilibrium, PredictiveCodingNetwork, Relaxation
from analog_pc.pcn.state import Landscape, State
from analog_pc.technology.non_idealities import present

SLACK = 1e-3  # eps, in units of activity, of a spring that counts as slack: the circuit's gain error is below


@dataclass(frozen=True, eq=False)
class Probes:
    """Node names of every activity, prediction, prediction error and rate; tuples over layers 0 ... L.

    Layer 0 has no prediction, layer L no rate: their entries are empty.
    """

    activities: tuple[Bus, ...]
    predictions: tuple[Bus, ...]
    eps: tuple[Bus, ...]
    rates: tuple[Bus, ...]

    @property
    def every(self) -> Bus:
        """All of them, layer by layer."""
        kinds = (self.activities, self.predictions, self.eps, self.rates)
        return tuple(node for kind in kinds for bus in kind for node in bus)

    @property
    def waves(self) -> Bus:
        """What a transient holds: activities, predictions, prediction errors."""
        kinds = (self.activities, self.predictions, self.eps)
        return tuple(node for kind in kinds for bus in kind for node in bus)

    def free(self, clamps: Clamps) -> dict[str, tuple[int, int]]:
        """Free value nodes: layer and number of each."""
        return {
            node: (layer, i)
            for layer, (nodes, free) in enumerate(zip(self.activities, clamps.free, strict=True))
            for i, node in enumerate(nodes)
            if free[i]
        }

    def read(self, solution: Solution, volts: Sequence[float]) -> tuple[tuple[Floats, ...], ...]:
        """Activities, predictions and prediction errors, tuples over layers, by their volts per unit."""
        nothing = np.empty((len(solution.axis), 0))
        return tuple(
            tuple(
                solution.voltage(bus) / unit if bus else nothing
                for bus, unit in zip(part, volts, strict=True)
            )
            for part in (self.activities, self.predictions, self.eps)
        )

    def exceed(self, solution: Solution, supply: float) -> Bools:
        """Samples in which any of these nodes exceeds the supply, [samples]."""
        named = (*self.activities, *self.predictions, *self.eps, *self.rates)
        peak = np.max([np.abs(solution.voltage(bus)).max(axis=1) for bus in named if bus], axis=0)
        return np.asarray(peak > supply)


def chosen_samples(samples: Sequence[int] | None, clamps: Clamps) -> Ints:
    """Numbers of the samples of an operating point; None: all.

    Raises
    ------
    BadInput
        For samples that there are not.
    """
    chosen = np.arange(clamps.samples) if samples is None else np.asarray(samples)
    whole = chosen.dtype.kind in "iu" and chosen.size > 0
    if not whole or chosen.min() < 0 or chosen.max() >= clamps.samples:
        raise BadInput(f"operating point of samples {chosen.tolist()}: there are {clamps.samples}")
    return chosen


@dataclass(frozen=True, eq=False)
class Waveform:
    """A decoded transient of one sample: times in units of C / g_s, arrays [times, n_l] per layer."""

    times: Floats
    activities: tuple[Floats, ...]
    predictions: tuple[Floats, ...]
    eps: tuple[Floats, ...]
    energy: Floats

    def __repr__(self) -> str:
        sizes = "-".join(str(x.shape[1]) for x in self.activities)
        return f"<Waveform {sizes}, {len(self.times)} times>"


@dataclass(frozen=True, eq=False)
class CompiledNetwork:
    """A network as a circuit, with the analyses to ask of it and the meaning of its nodes.

    `compile_network` makes it; `decode` is the inverse of compilation.

    Parameters
    ----------
    circuit
        Elements and subcircuits, one for each layer; what a simulator solves.
    design
        Network, technology, clamps, scales and seed that the circuit was made from.
    """

    circuit: Circuit
    design: Design

    def __repr__(self) -> str:
        sizes = "-".join(map(str, self.network.sizes))
        technology = one_line(self.design.technology.name, 40)
        what = f"{sizes} {self.network.activation} on {technology}"
        return f"<CompiledNetwork {what}, {self.clamps.samples} samples>"

    @property
    def network(self) -> PredictiveCodingNetwork:
        return self.design.network

    @property
    def clamps(self) -> Clamps:
        return self.design.clamps

    @property
    def scales(self) -> Scales:
        return self.design.scales

    @cached_property
    def probes(self) -> Probes:
        buses = [names(layer, size) for layer, size in enumerate(self.network.sizes)]
        empty: Bus = ()
        return Probes(
            tuple(b["x"] for b in buses),
            (empty, *(b["mu"] for b in buses[1:])),
            (empty, *(b["eps"] for b in buses[1:])),
            (*(b["rate"] for b in buses[:-1]), empty),
        )

    def operating_point(
        self,
        samples: Sequence[int] | None = None,
        *,
        by_relaxation: bool | None = None,
        every_node: bool = False,
    ) -> OperatingPoint:
        """Rest under the clamps, every sample approached from its forward state.

        The solution holds the nodes that `decode` reads, or every node of the circuit.

        Newton's way (the default for smooth activations): the preset of a sample clamps the same nodes at
        their forward values, so that all springs are slack; from there the clamps step to their values,
        and a SPICE program compares each point with the end of a transient from the forward state
        (`by_relaxation=False` leaves that out: quicker, and it may be another operating point).
        By relaxation (the default where rectifiers switch and something above the input is clamped): a
        transient from the forward state goes first.  With the input alone clamped the forward state is
        the only stationary point, and no detour is needed.
        """
        chosen = chosen_samples(samples, self.clamps)
        stimuli = self._stimuli(list(self.clamps.values), chosen)
        save = () if every_node else self.probes.every
        relaxed = self.kinked and self.clamps.beyond_input if by_relaxation is None else by_relaxation
        if relaxed:
            settling = Settling(self._starts(chosen), 50.0 * self.scales.seconds)
            return OperatingPoint(stimuli, settling=settling, save=save)
        if not self.clamps.beyond_input:
            return OperatingPoint(stimuli, guess=self._starts(chosen), save=save)
        starts = self._starts(chosen)
        proof = Settling(starts, 50.0 * self.scales.seconds) if by_relaxation is None and starts else None
        preset = self._stimuli(self._forward.x, chosen)
        return OperatingPoint(stimuli, preset, starts, save=save, proof=proof)

    def transient(
        self,
        sample: int = 0,
        *,
        start: str = "forward",
        duration: float = 20.0,
        max_step: float | None = None,
    ) -> Transient:
        """Waveforms of one sample from its forward state or from zero; times in units of C / g_s."""
        if start not in ("forward", "zero"):
            raise BadInput(f"transient start {start!r}: use 'forward' or 'zero'")
        if not 0 <= sample < self.clamps.samples:
            raise BadInput(f"transient of sample {sample}: there are {self.clamps.samples} samples")
        one = self._stimuli(list(self.clamps.values), np.array([sample]))
        stimuli = {name: volts[0] for name, volts in one.items()}
        tau = self.scales.seconds
        step = duration / 50.0 if max_step is None else max_step
        return Transient(
            stimuli,
            self.start(sample, zero=start == "zero"),
            duration * tau,
            step * tau,
            save=self.probes.waves,
            stiff=self.kinked,
        )

    @property
    def kinked(self) -> bool:
        """Whether an activation has kinks: its rectifiers switch."""
        layers = range(self.network.depth)
        return any(isinstance(self.network.activation_of(layer), PiecewiseLinear) for layer in layers)

    def start(self, sample: int, *, zero: bool = False) -> dict[str, float]:
        """Volts of the free value nodes in the forward state of a sample, or zero."""
        if zero:
            return dict.fromkeys(self._free_nodes, 0.0)
        return {node: float(volts[0]) for node, volts in self._starts(np.array([sample])).items()}

    @cached_property
    def _free_nodes(self) -> dict[str, tuple[int, int]]:
        return self.probes.free(self.clamps)

    def _starts(self, samples: Ints) -> dict[str, Floats]:
        """Volts [samples] of the free value nodes in their forward states, and of the rectifiers' drives,
        from which a search for an operating point profits."""
        volts = self.scales.activity
        forward = self._forward
        drives = self._input_alone.drives(forward)
        values = {
            node: volts[layer] * forward.x[layer][samples, i] for node, (layer, i) in self._free_nodes.items()
        }
        return values | {
            f"layer{layer}.drive_act_{i}": volts[layer] * z
            for layer in range(self.network.depth)
            if isinstance(self.network.activation_of(layer), PiecewiseLinear)
            for i, z in enumerate(drives[layer][samples].T)
        }

    def decode(self, solution: Solution) -> Equilibrium:
        """The equilibrium of an operating point: volts / volts per unit, sample by sample."""
        x, mu, eps = self.probes.read(solution, self.scales.activity)
        rates = tuple(
            solution.voltage(bus) / volts
            for bus, volts in zip(self.probes.rates, self.scales.rate, strict=False)
        )
        return Equilibrium(x, mu, eps, rates, self._energy(eps), self._relaxation(solution, x))

    def decode_waveform(self, solution: Solution) -> Waveform:
        """The waveforms of a transient in units of activity and of C / g_s."""
        x, mu, eps = self.probes.read(solution, self.scales.activity)
        return Waveform(solution.axis / self.scales.seconds, x, mu, eps, self._energy(eps))

    def started_elsewhere(self, solution: Solution) -> Bools:
        """Samples whose search did not start from the forward state, [samples] (springs not slack there).

        Real parts leave no spring slack: no sample is reported then.
        """
        if solution.preset_volts is None or present(self.design.technology):
            return np.zeros(len(solution.axis), dtype=bool)
        pairs = zip(self.probes.eps[1:], self.scales.activity[1:], strict=True)
        worst = [np.abs(solution.preset_voltage(bus)).max(axis=1) / volts for bus, volts in pairs]
        return np.asarray(np.max(worst, axis=0) > SLACK)

    def _energy(self, eps: tuple[Floats, ...]) -> Floats:
        parts = zip(self.network.pi, eps[1:], strict=True)
        return np.asarray(sum(0.5 * pi * (e * e).sum(axis=1) for pi, e in parts))

    def _relaxation(self, solution: Solution, x: tuple[Floats, ...]) -> Relaxation:
        # The clamps as the circuit had them: a solution may hold some of the samples, in any order.
        landscape = Landscape(self.network, Clamps(self.clamps.free, x))
        residual = landscape.resting_state(list(x)).residual
        astray = self.started_elsewhere(solution)
        saturated = self.probes.exceed(solution, self.design.technology.supply)
        message = str(solution.status)
        if astray.any():
            message += f"; sample {int(np.argmax(astray))} was not approached from its forward state"
        if saturated.any():
            message += (
                f"; sample {int(np.argmax(saturated))} exceeds the {self.design.technology.supply:g} V supply"
            )
        sound = solution.status.converged(len(residual)) & ~astray & ~saturated
        return Relaxation(sound, residual, 0, message)

    def _stimuli(self, x: list[Floats], samples: Ints) -> dict[str, Floats]:
        layers = zip(self.scales.activity, x, self.clamps.free, strict=True)
        return {
            f"clamp{layer}": volts * values[samples][:, ~free]
            for layer, (volts, values, free) in enumerate(layers)
            if not free.all()
        }

    @cached_property
    def _forward(self) -> State:
        """The forward state: only the input clamped."""
        return self._input_alone.state(self._input_alone.forward())

    @cached_property
    def _input_alone(self) -> Landscape:
        return Landscape(self.network, self.clamps.input_alone)
