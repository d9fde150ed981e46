"""The relaxer of training on circuits: a thousand relaxations a second, wires and amplifiers included."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.compiler import CompileOptions, compile_network, program_arrays
from analog_pc.errors import BadInput
from analog_pc.mapping import (
    ConductancePair,
    NetworkArrays,
    Scales,
    VoltsPerUnit,
    choose_scales,
    forward_ranges,
    given_scales,
)
from analog_pc.pcn import Clamps, Equilibrium, PredictiveCodingNetwork, Relaxation
from analog_pc.relaxers.effective.chip import Bank, ChipLayer, chip_layers
from analog_pc.relaxers.effective.effective_network import EffectiveNetwork, Found
from analog_pc.relaxers.effective.stage import Lines, Stage, lines, stage
from analog_pc.relaxers.relaxer import Relaxer
from analog_pc.technology import Technology

Volts = tuple[float, float]
Signals = tuple[Sequence[Floats], Sequence[Floats], Sequence[Floats], Sequence[Floats]]


class EffectiveRelaxer(Relaxer):
    """Equilibria of the circuit that `compile_network` would make, from its layers in closed form.

    Every linear part of a layer is eliminated in closed form: arrays with wires, access transistors and
    driver resistance, finite amplifiers with offsets and output resistance, spread activations and gates.
    What remains are the activations, which Newton's method solves for.  A new set of conductances costs
    products of matrices as large as the arrays, instead of a new circuit.

    Exact to rounding for straight devices and amplifiers that stay away from their rails.  Left out:

    - the curvature of devices (their conductance is that at 0 V),
    - rails, reported by `peak` of a sample beyond the supply as not converged,
    - which equilibrium: with rectifiers a network may have several, of which the search finds one; a sample
      without one is reported as not converged (10 layers of 32 on a breadboard: all of 160 samples found),
    - dynamics: a point that the amplifiers' poles make unstable is not noticed.  `Native` tells.
    - the load of word lines on the voltage that `Equilibrium.rates` and `eps` report is taken with their bit
      lines at 0 V, off by 1 / gain of it.

    Parameters
    ----------
    technology
        What the circuit is made of.
    seed
        Which chip: of everything random in the technology.
    volts_per_unit
        Volts of an activity of 1, one number or one for each layer, or `Scales`: the same for all that the
        relaxer is asked (learning needs that).  None: for each batch those that `compile_network` would
        choose.
    tolerance
        On the currents into value nodes, over g_s times the largest feedback (at least 1).

    Examples
    --------
    >>> from analog_pc import EffectiveRelaxer, random_network, technology
    >>> relaxer = EffectiveRelaxer(technology("cmos65-rram"), seed=1)
    >>> relaxer.relax(random_network((2, 3, 1)), inputs=[[0.5, -0.5]])
    <Equilibrium 2-3-1, 1 of 1 samples converged>
    """

    name = "effective"
    technology: Technology

    def __init__(
        self,
        technology: Technology,
        seed: int = 0,
        *,
        volts_per_unit: VoltsPerUnit | None = None,
        tolerance: float = 1e-10,
    ) -> None:
        self.technology = technology
        self.seed = seed
        self.tolerance = tolerance
        self.volts_per_unit = volts_per_unit
        self._chips: dict[tuple[object, ...], tuple[ChipLayer, ...]] = {}
        self._stages: dict[tuple[str, int], tuple[ConductancePair, tuple[ChipLayer, ...], Volts, Stage]] = {}
        self._last: tuple[PredictiveCodingNetwork, NetworkArrays] | None = None

    def equilibrium(
        self, network: PredictiveCodingNetwork, clamps: Clamps, arrays: NetworkArrays | None
    ) -> Equilibrium:
        """Relax with the input clamped, and of the output all, some or nothing.

        Parameters
        ----------
        network
            A chain.
        clamps
            Of its input and output, [samples, n].
        arrays
            As of `Relaxer.relax`.

        Raises
        ------
        BadInput
            For other clamps: their circuits need `CircuitRelaxer`.
        """
        return self._relax(network, clamps, arrays, self.scales(network, clamps))

    def both_phases(
        self, network: PredictiveCodingNetwork, clamps: Clamps, arrays: NetworkArrays | None
    ) -> tuple[Equilibrium, Equilibrium]:
        scales = self.scales(network, clamps)
        one, two = (self._relax(network, phase, arrays, scales) for phase in (clamps, clamps.input_alone))
        return one, two

    def _relax(
        self, network: PredictiveCodingNetwork, clamps: Clamps, arrays: NetworkArrays | None, scales: Scales
    ) -> Equilibrium:
        _check(network, clamps)
        if arrays is None:
            arrays = self._programmed(network)
        effective = self.effective(network, arrays, scales)
        with np.errstate(over="ignore", invalid="ignore"):  # ends as "not at rest", in words
            return self._equilibrium(effective, clamps, effective.relax(clamps, self.tolerance))

    def scales(self, network: PredictiveCodingNetwork, clamps: Clamps) -> Scales:
        """The scales of the circuit for a batch: given ones, or the choice of `compile_network`."""
        if self.volts_per_unit is not None:
            return given_scales(network, self.technology, self.volts_per_unit)
        return choose_scales(network, self.technology, forward_ranges(network, clamps))

    def _programmed(self, network: PredictiveCodingNetwork) -> NetworkArrays:
        """The arrays of a network that is the last one's (it is frozen) are not programmed anew."""
        if self._last is None or self._last[0] is not network:
            arrays = program_arrays(network, self.technology, self.seed, input_free=False)
            self._last = network, arrays
        return self._last[1]

    def effective(
        self, network: PredictiveCodingNetwork, arrays: NetworkArrays, scales: Scales
    ) -> EffectiveNetwork:
        """The network in closed form; a pair of arrays that is the last one's is not computed anew.

        Parameters
        ----------
        network
            Its activation, precisions and sizes are used; weights stand in the arrays.
        arrays
            Conductances.
        scales
            Volts of its quantities.
        """
        chip = self._chip(network, arrays)
        layers = range(1, network.depth + 1)
        forward = tuple(self._forward(network, chip, k, arrays.forward[k - 1], scales) for k in layers)
        transposed = tuple(
            self._transposed(network, chip, k, arrays.transposed[k - 1], scales) for k in layers[1:]
        )
        return EffectiveNetwork(
            network=network, scales=scales, chip=chip, forward=forward, transposed=transposed
        )

    def _chip(self, network: PredictiveCodingNetwork, arrays: NetworkArrays) -> tuple[ChipLayer, ...]:
        key = (network.sizes, network.activation, network.has_biases, network.activate_input, *network.pi)
        if key not in self._chips:
            ends = (np.zeros((1, n)) for n in (network.sizes[0], network.sizes[-1]))
            small = _small(network)
            compiled = compile_network(
                small, self.technology, *ends, seed=self.seed, options=CompileOptions(arrays=arrays)
            )
            self._chips[key] = chip_layers(compiled)
        return self._chips[key]

    def _forward(
        self,
        network: PredictiveCodingNetwork,
        chip: tuple[ChipLayer, ...],
        layer: int,
        pair: ConductancePair,
        scales: Scales,
    ) -> Stage:
        springs = network.precision_of(layer) * self.technology.spring_conductance
        drive = lines(chip, layer, transposed=False, bias=network.has_biases)
        volts = scales.rate[layer - 1], scales.activity[layer]
        return self._stage("forward", layer, chip, pair, chip[layer].predict, drive, springs, volts)

    def _transposed(
        self,
        network: PredictiveCodingNetwork,
        chip: tuple[ChipLayer, ...],
        layer: int,
        pair: ConductancePair,
        scales: Scales,
    ) -> Stage:
        drive = lines(chip, layer, transposed=True, bias=False)
        volts = scales.activity[layer], scales.feedback[layer - 1]
        return self._stage("transposed", layer, chip, pair, chip[layer].feedback, drive, 0.0, volts)

    def _stage(
        self,
        what: str,
        layer: int,
        chip: tuple[ChipLayer, ...],
        pair: ConductancePair,
        amplifier: Bank | None,
        drive: Lines,
        load: float,
        volts: Volts,
    ) -> Stage:
        """`volts`: of a unit of signal and of a unit of output."""
        kept = self._stages.get((what, layer))
        if kept is not None and kept[0] is pair and kept[1] is chip and kept[2] == volts:
            return kept[3]
        if amplifier is None:
            raise ValueError(f"layer {layer}: the compiled circuit has no {what} amplifiers")
        scaled = pair.scaled(volts[1] / volts[0])
        found = stage(scaled, amplifier, drive, self.technology, load, volts)
        self._stages[what, layer] = pair, chip, volts, found
        return found

    def _equilibrium(self, effective: EffectiveNetwork, clamps: Clamps, found: Found) -> Equilibrium:
        """What the amplifiers of the word lines show: eps and f(x) with their offsets, gains and loads."""
        net = effective.network
        scales = effective.scales
        x = (clamps.values[0], *found.x)
        none = np.empty((clamps.samples, 0))
        eps = [none]
        for layer, (xl, mu) in enumerate(zip(found.x, found.mu, strict=True), start=1):
            sense = effective.chip[layer].sense
            error = xl - mu
            if sense is not None:
                gain = effective.transposed[layer - 2].line_gain if layer > 1 else 1.0
                error = sense.driven(error, scales.activity[layer]) * gain
            eps.append(error)
        signals = []
        for layer in range(net.depth):
            drive = effective.chip[layer].drive
            signal = effective.signal(layer, x[layer])
            if drive is not None:
                signal = drive.driven(signal, scales.rate[layer]) * effective.forward[layer].line_gain
            signals.append(signal)
        energy = sum(0.5 * pi * (e * e).sum(axis=1) for pi, e in zip(net.pi, eps[1:], strict=True))
        verdict = self._verdict(scales, (x, found.mu, eps, signals), found)
        return Equilibrium(x, (none, *found.mu), tuple(eps), tuple(signals), np.asarray(energy), verdict)

    def _verdict(self, scales: Scales, shown: Signals, found: Found) -> Relaxation:
        """At rest, and no activity, prediction, prediction error or activation beyond the supply."""
        x, mu, eps, signals = shown
        settled = found.residual <= self.tolerance
        volts = [
            *zip(x, scales.activity, strict=True),
            *zip(mu, scales.activity[1:], strict=True),
            *zip(eps[1:], scales.activity[1:], strict=True),
            *zip(signals, scales.rate, strict=True),
        ]
        peak = np.max([unit * np.abs(a).max(axis=1) for a, unit in volts], axis=0)
        within = peak <= self.technology.supply
        message = "at rest"
        if not settled.all():
            worst = int(np.argmin(settled))
            message = f"not at rest: residual {found.residual[worst]:.1e} in sample {worst}"
        elif not within.all():
            message = f"sample {int(np.argmin(within))} exceeds the {self.technology.supply:g} V supply"
        return Relaxation(settled & within, found.residual, found.iterations, message)


def _small(network: PredictiveCodingNetwork) -> PredictiveCodingNetwork:
    """A network of the same circuit whose forward pass cannot saturate."""
    biases = [np.full(len(b), 1e-3 * network.has_biases) for b in network.b]
    return network.with_parameters([0.0 * w for w in network.W], biases)


def _check(network: PredictiveCodingNetwork, clamps: Clamps) -> None:
    if clamps.free[0].any() or not all(free.all() for free in clamps.free[1:-1]):
        raise BadInput("effective relaxer: clamp the whole input, and beyond it outputs alone")
