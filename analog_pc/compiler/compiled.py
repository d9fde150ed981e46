"""A compiled network: its circuit, the analyses of it, and the decoding of their solutions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from analog_pc.activations import PiecewiseLinear
from analog_pc.arrays import Bools, Floats, Ints, is_whole
from analog_pc.circuit import Circuit, OperatingPoint, Settling, Solution, Transient
from analog_pc.compiler.chain import ChainDesign
from analog_pc.compiler.design import Design
from analog_pc.compiler.options import check_names
from analog_pc.compiler.probes import Probes, Waveform
from analog_pc.errors import BadInput, one_line
from analog_pc.mapping import PopulationScales, Scales
from analog_pc.numeric import check_truth, finite_number
from analog_pc.pcn import Clamps, Equilibrium, PredictiveCodingGraph, PredictiveCodingNetwork, Relaxation
from analog_pc.pcn.graph.landscape import GraphLandscape
from analog_pc.pcn.parameters import check_kind, finite_array
from analog_pc.technology.non_idealities import present

SLACK = 1e-3  # eps, in units of activity, of a spring that counts as slack: the circuit's gain error is below
PATIENCE = 50.0  # units of time C / g_s that a relaxation lasts at first; simulators prolong it


@dataclass(frozen=True, eq=False)
class CompiledCircuit:
    """What compiled chains and graphs share: the analyses to ask of a circuit, the meaning of its nodes.

    `compile_network` makes it; `decode` is the inverse of compilation.

    Parameters
    ----------
    circuit
        Elements and subcircuits, one for each layer or population; what a simulator solves.
    design
        Network, technology, clamps, scales and seed that the circuit was made from.
    """

    circuit: Circuit
    design: Design

    def __repr__(self) -> str:
        technology = one_line(self.design.technology.name, 40)
        return f"<{type(self).__name__} {self._what} on {technology}, {self.clamps.samples} samples>"

    @property
    def _what(self) -> str:
        return ", ".join(f"{p.name} {p.size}" for p in self.graph.populations)

    @property
    def graph(self) -> PredictiveCodingGraph:
        return self.design.graph

    @property
    def clamps(self) -> Clamps:
        return self.design.clamps

    @cached_property
    def probes(self) -> Probes:
        """Node names, tuples over layers or populations."""
        x, mu, eps, rate = (tuple(b[kind] for b in self.design.buses) for kind in ("x", "mu", "eps", "rate"))
        return Probes(x, mu, eps, rate)

    # --- analyses

    def operating_point(
        self,
        samples: Sequence[int] | None = None,
        *,
        by_relaxation: bool | None = None,
        every_node: bool = False,
        cut: Sequence[str] = (),
    ) -> OperatingPoint:
        """Rest under the clamps, every sample where the circuit relaxes to from its start state.

        Parameters
        ----------
        samples
            Which ones; None: all.
        by_relaxation
            Whether a SPICE program runs a transient from the start state first; False: it searches from the
            start state by Newton's method, which is quicker and may end in another operating point.  None:
            of a graph, where an activation or a part is nonlinear (a linear circuit has one operating point);
            of a chain, where rectifiers switch and something above the input is clamped.  With smooth
            activations the search starts at a preset, the forward values of clamped nodes, at which all
            springs are slack; from there the clamps step to their values, and a SPICE program compares each
            point with the end of a transient from the forward state (False leaves that out).
        every_node
            Whether the solution holds every node of the circuit, or only what `decode` reads.
        cut
            Populations whose feedback is cut, of those with `feedback_switches`.

        Raises
        ------
        BadInput
            For samples or switches that there are not.
        """
        chosen = self._chosen(samples)
        stimuli = self._stimuli(self.clamps.values, chosen, cut)
        check_truth("every_node", every_node)
        if by_relaxation is not None:
            check_truth("by_relaxation", by_relaxation)
        save = () if every_node else self.probes.every
        starts = self._starts(chosen)
        relaxed = self._relaxes if by_relaxation is None else by_relaxation
        if relaxed and (self._free_nodes or self._preset):  # chains settle also where no node is free
            return OperatingPoint(stimuli, settling=self._settling(starts), save=save)
        if self._preset is None:
            return OperatingPoint(stimuli, guess=starts, save=save)
        proof = self._settling(starts) if by_relaxation is None and starts else None
        return OperatingPoint(stimuli, self._stimuli(self._preset, chosen), starts, save=save, proof=proof)

    def _chosen(self, samples: Sequence[int] | None) -> Ints:
        """Numbers of samples; None: all."""
        count = self.clamps.samples
        if samples is None:
            return np.arange(count)
        listed = list(samples) if np.iterable(samples) else []
        if not listed or not all(is_whole(k) and 0 <= k < count for k in listed):
            raise BadInput(
                f"operating point of samples {samples!r}: there are {count}, give a list of 0 ... {count - 1}"
            )
        return np.array(listed)

    @property
    def _preset(self) -> list[Floats] | None:
        """Activities of the state from which the clamps step to their values; None: a search starts there."""
        return None

    def _settling(self, starts: dict[str, Floats]) -> Settling:
        return Settling(starts, PATIENCE * self.design.scales.seconds)

    @cached_property
    def _relaxes(self) -> bool:
        """Whether the circuit may have several operating points: dynamics, devices or amplifiers are not
        linear."""
        t = self.design.technology
        parts = t.device_law == "linear" and np.isinf(t.opamp_saturation) and np.isinf(t.opamp_slew_rate)
        return not (parts and GraphLandscape(self.graph, self.clamps).is_linear)

    def transient(
        self,
        sample: int = 0,
        *,
        start: str | Sequence[Floats] = "forward",
        duration: float = 20.0,
        max_step: float | None = None,
        cut: Sequence[str] = (),
    ) -> Transient:
        """Waveforms of one sample; times in units of C / g_s.

        Parameters
        ----------
        sample
            Whose clamps are held.
        start
            "forward" (the start state of `relax`), "zero", or activities [n] of every layer or population.
        duration, max_step
            Of the transient and of its steps; None: a fiftieth of the duration.
        cut
            As for `operating_point`.

        Raises
        ------
        BadInput
            For a sample, a start or switches that there are not, a start or times that are not finite.
        """
        if isinstance(start, str) and start not in ("forward", "zero"):
            raise BadInput(f"transient start {start!r}: use 'forward' or 'zero', or give activities")
        count = self.clamps.samples
        if not is_whole(sample) or not 0 <= sample < count:
            raise BadInput(
                f"transient of sample {sample!r}: there are {count} samples, give one of 0 ... {count - 1}"
            )
        length = finite_number("transient: duration", duration)
        step = length / 50.0 if max_step is None else finite_number("transient: max_step", max_step)
        one = self._stimuli(self.clamps.values, np.array([sample]), cut)
        tau = self.design.scales.seconds
        return Transient(
            {name: volts[0] for name, volts in one.items()},
            self.start(sample, zero=start == "zero") if isinstance(start, str) else self._volts_at(start),
            length * tau,
            step * tau,
            save=self.probes.waves,
            stiff=self.kinked,
        )

    def _volts_at(self, start: Sequence[Floats]) -> dict[str, float]:
        """Volts of the free value nodes at given activities."""
        expected = [(n,) for n in self.graph.sizes]
        if not np.iterable(start):
            raise BadInput(
                f"transient start {start!r}: use 'forward' or 'zero', or give activities of shapes {expected}"
            )
        activities = [finite_array(f"transient start[{k}]", x, 1) for k, x in enumerate(start)]
        shapes = [x.shape for x in activities]
        if shapes != expected:
            raise BadInput(f"transient start: activities of shapes {shapes}, expected {expected}")
        volts = self.design.scales.activity
        return {node: volts[k] * float(activities[k][i]) for node, (k, i) in self._free_nodes.items()}

    def start(self, sample: int, *, zero: bool = False) -> dict[str, float]:
        """Volts of the free value nodes in the start state of a sample, or zero."""
        if zero:
            return dict.fromkeys(self._free_nodes, 0.0)
        return {node: float(volts[0]) for node, volts in self._starts(np.array([sample])).items()}

    @property
    def kinked(self) -> bool:
        """Whether an activation circuit has kinks: its rectifiers switch."""
        return bool(self._rectified)

    @cached_property
    def _rectified(self) -> list[int]:
        populations = enumerate(self.graph.populations)
        return [k for k, p in populations if self.probes.rates[k] and isinstance(p.f, PiecewiseLinear)]

    @cached_property
    def _free_nodes(self) -> dict[str, tuple[int, int]]:
        return self.probes.free(self.clamps)

    def _starts(self, samples: Ints) -> dict[str, Floats]:
        """Volts [samples] of the free value nodes in their start state, and of the rectifiers' drives, from
        which a search for an operating point profits."""
        volts = self.design.scales.activity
        start = self._start
        found = {node: volts[k] * start[k][samples, i] for node, (k, i) in self._free_nodes.items()}
        for k in self._rectified:
            drives = self.graph.populations[k].f.drive(start[k][samples])
            name = f"{self.design.names(k).instance}.drive_act"
            found |= {f"{name}_{i}": volts[k] * z for i, z in enumerate(drives.T)}
        return found

    @cached_property
    def _start(self) -> list[Floats]:
        """Activities of the start state."""
        return GraphLandscape(self.graph, self.clamps).forward()

    def _stimuli(
        self, activities: Sequence[Floats], samples: Ints, cut: Sequence[str] = ()
    ) -> dict[str, Floats]:
        """Volts of switches and clamps, the clamped nodes at given activities."""
        switched = {self.graph.names[k]: self.design.names(k).nodes for k in self.design.switched}
        check_names("cut", cut)
        for name in cut:
            if name not in switched:
                raise BadInput(
                    f"cut {name!r}: its feedback has no switch; compile with feedback_switches=({name!r},)"
                )
        found = {
            f"switch{nodes}": np.tile([0.0, 1.0] if name in cut else [1.0, 0.0], (len(samples), 1))
            for name, nodes in switched.items()
        }
        for k, free in enumerate(self.clamps.free):
            if not free.all():
                volts = self.design.scales.activity[k] * activities[k][samples][:, ~free]
                found[f"clamp{self.design.names(k).nodes}"] = volts
        return found

    # --- solutions

    def decode(self, solution: Solution, cut: Sequence[str] = ()) -> Equilibrium:
        """The equilibrium of an operating point: volts / volts per unit, sample by sample.

        Populations that project to nothing have no activation circuit: their rates are f of the decoded x.
        The last layer of a chain has none.

        Parameters
        ----------
        solution
            Of `operating_point`.
        cut
            Populations whose feedback was cut in it, for the residual.

        Raises
        ------
        BadInput
            For what is no solution.
        """
        check_kind("decode", solution, Solution, "use what a simulator gave for the operating point")
        scales = self.design.scales
        x, mu, eps = self.probes.read(solution, scales.activity)
        signals = zip(self.probes.rates, scales.rate, self.graph.populations, x, strict=False)
        rates = tuple(solution.voltage(bus) / unit if bus else p.f.f(a) for bus, unit, p, a in signals)
        return Equilibrium(x, mu, eps, rates, self._energy(x, eps), self._relaxation(solution, x, cut))

    def decode_waveform(self, solution: Solution) -> Waveform:
        """The waveforms of a transient in units of activity and of C / g_s."""
        x, mu, eps = self.probes.read(solution, self.design.scales.activity)
        return Waveform(solution.axis / self.design.scales.seconds, x, mu, eps, self._energy(x, eps))

    def _energy(self, x: tuple[Floats, ...], eps: tuple[Floats, ...]) -> Floats:
        total = np.zeros(len(x[0]))
        for population, a, e in zip(self.graph.populations, x, eps, strict=True):
            total += 0.5 * ((a - population.priors) ** 2 @ population.leaks)
            if e.size:
                total += 0.5 * np.einsum("si,si->s", e, population.weighted(e))
        return total

    def without_feedback(self, cut: Sequence[str]) -> PredictiveCodingGraph:
        """The graph that the circuit is with the feedback into some populations cut."""
        projections = [replace(p, feedback="none") if p.source in cut else p for p in self.graph.projections]
        return PredictiveCodingGraph(self.graph.populations, projections)

    def started_elsewhere(self, solution: Solution) -> Bools:
        """Samples whose search did not start from the forward state, [samples] (springs not slack there).

        Real parts leave no spring slack: no sample is reported then.
        """
        found = np.zeros(len(solution.axis), dtype=np.bool_)
        if solution.preset_volts is None or present(self.design.technology):
            return found
        for bus, unit in zip(self.probes.eps, self.design.scales.activity, strict=True):
            found |= np.abs(solution.preset_voltage(bus)).max(axis=1, initial=0.0) / unit > SLACK
        return found

    def _relaxation(self, solution: Solution, x: tuple[Floats, ...], cut: Sequence[str]) -> Relaxation:
        # The clamps as the circuit had them: a solution may hold some of the samples, in any order.
        graph = self.without_feedback(cut) if cut else self.graph
        residual = GraphLandscape(graph, Clamps(self.clamps.free, x)).resting_state(list(x)).residual
        supply = self.design.technology.supply
        astray = self.started_elsewhere(solution)
        saturated = self.probes.exceed(solution, supply)
        message = str(solution.status)
        if astray.any():
            message += f"; sample {int(np.argmax(astray))} was not approached from its forward state"
        if saturated.any():
            message += f"; sample {int(np.argmax(saturated))} exceeds the {supply:g} V supply"
        sound = solution.status.converged(len(residual)) & ~astray & ~saturated
        return Relaxation(sound, residual, 0, message)


@dataclass(frozen=True, eq=False, repr=False)
class CompiledGraph(CompiledCircuit):
    """A graph as a circuit, with the analyses to ask of it and the meaning of its nodes.

    `compile_network` makes it; `decode` is the inverse of compilation.

    Parameters
    ----------
    circuit
        Elements and subcircuits, one for each population; what a simulator solves.
    design
        Graph, technology, clamps, scales and seed that the circuit was made from.
    """

    @property
    def scales(self) -> PopulationScales:
        assert isinstance(self.design.scales, PopulationScales)
        return self.design.scales


@dataclass(frozen=True, eq=False, repr=False)
class CompiledNetwork(CompiledCircuit):
    """A chain as a circuit, with the analyses to ask of it and the meaning of its nodes.

    `compile_network` makes it; `decode` is the inverse of compilation.  Every sample is approached from its
    forward state, in which springs are slack.

    Parameters
    ----------
    circuit
        Elements and subcircuits, one for each layer; what a simulator solves.
    design
        Network, technology, clamps, scales and seed that the circuit was made from.
    """

    design: ChainDesign

    @property
    def _what(self) -> str:
        return f"{'-'.join(map(str, self.network.sizes))} {self.network.activation}"

    @property
    def network(self) -> PredictiveCodingNetwork:
        return self.design.network

    @property
    def scales(self) -> Scales:
        return self.design.scales

    @property
    def _relaxes(self) -> bool:
        return self.kinked and self.clamps.beyond_input

    @cached_property
    def _start(self) -> list[Floats]:
        return GraphLandscape(self.graph, self.clamps.input_alone).forward()

    @property
    def _preset(self) -> list[Floats] | None:
        """None with the input alone clamped: the forward state is the only stationary point."""
        return self._start if self.clamps.beyond_input else None
