"""A compiled graph: its circuit, the analyses of it, and the decoding of their solutions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from analog_pc.activations import PiecewiseLinear
from analog_pc.arrays import Floats, Ints
from analog_pc.circuit import Bus, Circuit, OperatingPoint, Settling, Solution, Transient
from analog_pc.compiler.compiled import Probes, Waveform, chosen_samples
from analog_pc.compiler.graph.design import GraphDesign, buses
from analog_pc.errors import BadInput, one_line
from analog_pc.mapping import PopulationScales
from analog_pc.pcn import Clamps, Equilibrium, PredictiveCodingGraph, Relaxation
from analog_pc.pcn.graph.landscape import GraphLandscape

PATIENCE = 50.0  # units of time C / g_s that a relaxation lasts at first; simulators prolong it


@dataclass(frozen=True, eq=False)
class CompiledGraph:
    """A graph as a circuit, with the analyses to ask of it and the meaning of its nodes.

    `compile_network` makes it; `decode` is the inverse of compilation.

    Parameters
    ----------
    circuit
        Elements and subcircuits, one for each population; what a simulator solves.
    design
        Graph, technology, clamps, scales and seed that the circuit was made from.
    """

    circuit: Circuit
    design: GraphDesign

    def __repr__(self) -> str:
        technology = one_line(self.design.technology.name, 40)
        sizes = ", ".join(
            f"{name} {size}" for name, size in zip(self.graph.names, self.graph.sizes, strict=True)
        )
        return f"<CompiledGraph {sizes} on {technology}, {self.clamps.samples} samples>"

    @property
    def graph(self) -> PredictiveCodingGraph:
        return self.design.graph

    @property
    def clamps(self) -> Clamps:
        return self.design.clamps

    @property
    def scales(self) -> PopulationScales:
        return self.design.scales

    @cached_property
    def probes(self) -> Probes:
        """Node names, tuples over populations; no mu and eps of what nothing predicts, no rates of what
        projects to nothing."""
        named = [buses(self.graph, k) for k in range(len(self.graph.names))]
        empty: Bus = ()
        predicted = self.graph.predicted
        return Probes(
            tuple(b["x"] for b in named),
            tuple(b["mu"] if known else empty for b, known in zip(named, predicted, strict=True)),
            tuple(b["eps"] if known else empty for b, known in zip(named, predicted, strict=True)),
            tuple(b["rate"] if self.design.drives(k) else empty for k, b in enumerate(named)),
        )

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
            where an activation or a part is nonlinear; a linear circuit has one operating point.
        every_node
            Whether the solution holds every node of the circuit, or only those that `decode` reads.
        cut
            Populations whose feedback is cut, of those with `feedback_switches`.

        Raises
        ------
        BadInput
            For samples or switches that there are not.
        """
        chosen = chosen_samples(samples, self.clamps)
        stimuli = self._stimuli(chosen, cut)
        save = () if every_node else self.probes.every
        starts = self._starts(chosen)
        relaxed = not self._linear if by_relaxation is None else by_relaxation
        if relaxed and self._free_nodes:
            return OperatingPoint(
                stimuli, settling=Settling(starts, PATIENCE * self.scales.seconds), save=save
            )
        return OperatingPoint(stimuli, guess=starts, save=save)

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
            "forward" (the start state of `relax`), "zero", or activities [n] of every population.
        duration, max_step
            Of the transient and of its steps; None: a fiftieth of the duration.
        cut
            As for `operating_point`.

        Raises
        ------
        BadInput
            For a sample, a start or switches that there are not.
        """
        if isinstance(start, str) and start not in ("forward", "zero"):
            raise BadInput(f"transient start {start!r}: use 'forward', 'zero' or activities")
        if not 0 <= sample < self.clamps.samples:
            raise BadInput(f"transient of sample {sample}: there are {self.clamps.samples} samples")
        one = self._stimuli(np.array([sample]), cut)
        tau = self.scales.seconds
        return Transient(
            {name: volts[0] for name, volts in one.items()},
            self._initial(sample, start),
            duration * tau,
            (duration / 50.0 if max_step is None else max_step) * tau,
            save=self.probes.waves,
            stiff=self.kinked,
        )

    def _initial(self, sample: int, start: str | Sequence[Floats]) -> dict[str, float]:
        if isinstance(start, str):
            if start == "zero":
                return dict.fromkeys(self._free_nodes, 0.0)
            return self.start(sample)
        if [np.shape(x) for x in start] != [(n,) for n in self.graph.sizes]:
            raise BadInput(f"transient start: activities of shapes {[np.shape(x) for x in start]}, expected "
                           f"{[(n,) for n in self.graph.sizes]}")  # fmt: skip
        volts = self.scales.activity
        return {node: volts[k] * float(start[k][i]) for node, (k, i) in self._free_nodes.items()}

    @cached_property
    def _linear(self) -> bool:
        """Whether the circuit has one operating point: linear dynamics, devices and amplifiers."""
        t = self.design.technology
        parts = t.device_law == "linear" and np.isinf(t.opamp_saturation) and np.isinf(t.opamp_slew_rate)
        return bool(parts) and GraphLandscape(self.graph, self.clamps).is_linear

    def start(self, sample: int) -> dict[str, float]:
        """Volts of the free value nodes in the start state of a sample."""
        return {node: float(volts[0]) for node, volts in self._starts(np.array([sample])).items()}

    @property
    def kinked(self) -> bool:
        """Whether an activation circuit has kinks: its rectifiers switch."""
        return bool(self._rectified)

    @cached_property
    def _rectified(self) -> list[int]:
        return [
            k
            for k, population in enumerate(self.graph.populations)
            if self.design.drives(k) and isinstance(population.f, PiecewiseLinear)
        ]

    @cached_property
    def _free_nodes(self) -> dict[str, tuple[int, int]]:
        return self.probes.free(self.clamps)

    def _starts(self, samples: Ints) -> dict[str, Floats]:
        """Volts [samples] of the free value nodes in their start state, and of the rectifiers' drives."""
        volts = self.scales.activity
        start = self._start
        found = {node: volts[k] * start[k][samples, i] for node, (k, i) in self._free_nodes.items()}
        for k in self._rectified:
            population = self.graph.populations[k]
            drives = volts[k] * population.f.drive(start[k][samples])
            name = population.name.lower()
            found |= {f"pop_{name}.drive_act_{i}": drives[:, i] for i in range(population.size)}
        return found

    @cached_property
    def _start(self) -> list[Floats]:
        return GraphLandscape(self.graph, self.clamps).forward()

    def decode(self, solution: Solution, cut: Sequence[str] = ()) -> Equilibrium:
        """The equilibrium of an operating point: volts / volts per unit, sample by sample.

        Populations that project to nothing have no activation circuit: their rates are f of the decoded x.

        Parameters
        ----------
        solution
            Of `operating_point`.
        cut
            Populations whose feedback was cut in it, for the residual.
        """
        x, mu, eps = self.probes.read(solution, self.scales.activity)
        rates = tuple(
            solution.voltage(nodes) / volts if nodes else population.f.f(a)
            for nodes, volts, population, a in zip(
                self.probes.rates, self.scales.rate, self.graph.populations, x, strict=True
            )
        )
        return Equilibrium(x, mu, eps, rates, self._energy(x, eps), self._relaxation(solution, x, cut))

    def decode_waveform(self, solution: Solution) -> Waveform:
        """The waveforms of a transient in units of activity and of C / g_s."""
        x, mu, eps = self.probes.read(solution, self.scales.activity)
        return Waveform(solution.axis / self.scales.seconds, x, mu, eps, self._energy(x, eps))

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

    def _relaxation(self, solution: Solution, x: tuple[Floats, ...], cut: Sequence[str]) -> Relaxation:
        # The clamps as the circuit had them: a solution may hold some of the samples, in any order.
        graph = self.without_feedback(cut) if cut else self.graph
        landscape = GraphLandscape(graph, Clamps(self.clamps.free, x))
        residual = landscape.resting_state(list(x)).residual
        saturated = self.probes.exceed(solution, self.design.technology.supply)
        message = str(solution.status)
        if saturated.any():
            message += (
                f"; sample {int(np.argmax(saturated))} exceeds the {self.design.technology.supply:g} V supply"
            )
        sound = solution.status.converged(len(residual)) & ~saturated
        return Relaxation(sound, residual, 0, message)

    def _stimuli(self, samples: Ints, cut: Sequence[str]) -> dict[str, Floats]:
        switched = [self.graph.names[k] for k in self.design.switched]
        for name in cut:
            if name not in switched:
                raise BadInput(
                    f"cut {name!r}: its feedback has no switch; compile with feedback_switches=({name!r},)"
                )
        switches = {
            f"switch_{name.lower()}": np.tile([0.0, 1.0] if name in cut else [1.0, 0.0], (len(samples), 1))
            for name in switched
        }
        clamped = zip(
            self.graph.names, self.scales.activity, self.clamps.values, self.clamps.free, strict=True
        )
        return switches | {
            f"clamp_{name.lower()}": volts * values[samples][:, ~free]
            for name, volts, values, free in clamped
            if not free.all()
        }
