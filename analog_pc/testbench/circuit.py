"""The circuit of a trial: a subcircuit for every layer, clocks and clamps at the top.

::

    rates of layer l-1                                           layer l
    rate[j] --[-1]--(read)--+                                   (relax)
    rate[j] --[log]-(rows)--+-- row[j] --[ forward array ]-- mu[i] --/\\/\\/-- x[i] === C
                                                                |            |
    back[j] <-------------- [ transposed array ]-- eps_row[i] --+--[ eps ]---+
                             written by the same pulses         |
                                             (columns) -- [ held weighted eps > ramp ]

The first layer's transposed array is missing: a clamped input takes no feedback.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analog_pc.cells import ComponentSampler, activation_cell, unity
from analog_pc.circuit import (
    Bus,
    Circuit,
    ClockSources,
    Element,
    Instance,
    StimulusSources,
    Subcircuit,
    Switches,
    VoltageSources,
    bus,
    check_circuit,
    grounds,
)
from analog_pc.testbench.layer import BIAS, Layer
from analog_pc.testbench.schedule import LINES, clock_lines
from analog_pc.testbench.testbench import LearningTestbench


@dataclass(frozen=True, eq=False)
class LearningCircuit:
    """The circuit, and where to look; buses over layers, as a `Solution` names them.

    `activities`, `predictions`, `eps`, `held`: layers 0 ... L (the first one empty but for activities);
    `forward`, `transposed`: states of layers 1 ... L, row by row of [pre (and bias), post] and [pre, post].
    """

    circuit: Circuit
    activities: tuple[Bus, ...]
    predictions: tuple[Bus, ...]
    eps: tuple[Bus, ...]
    held: tuple[Bus, ...]
    forward: tuple[Bus, ...]
    transposed: tuple[Bus, ...]

    @property
    def nodes(self) -> tuple[str, ...]:
        """All of them."""
        buses = (self.activities, self.predictions, self.eps, self.held, self.forward, self.transposed)
        return tuple(dict.fromkeys(node for layers in buses for nodes in layers for node in nodes))


def learning_circuit(bench: LearningTestbench) -> LearningCircuit:
    """Compile a trial."""
    net = bench.network
    sizes = bench.network.sizes
    blocks = [_input_layer(bench), *(Layer(bench, k).build() for k in range(1, net.depth + 1))]
    instances = tuple(
        Instance(f"layer{k}", Subcircuit(f"testbench_layer{k}", ports, elements, comment), ports)
        for k, (ports, elements, comment) in enumerate(blocks)
    )
    circuit = Circuit("testbench", _top(bench), instances, bench.technology.temperature)
    check_circuit(circuit)
    above = dict(enumerate(sizes[1:], start=1))
    return LearningCircuit(
        circuit,
        tuple(bus(f"x{k}", n) for k, n in enumerate(sizes)),
        ((), *(bus(f"mu{k}", n) for k, n in above.items())),
        ((), *(bus(f"eps{k}", n) for k, n in above.items())),
        ((), *_inner("pulse_held", above)),
        _inner("forward_state", {k: s.size for k, s in enumerate(bench.states(), start=1)}),
        _inner("transposed_state", {k: w.size if k > 1 else 0 for k, w in enumerate(net.W, start=1)}),
    )


def _inner(kind: str, sizes: Mapping[int, int]) -> tuple[Bus, ...]:
    """Buses inside the instances of layers."""
    return tuple(tuple(f"layer{k}.{node}" for node in bus(kind, n)) for k, n in sizes.items())


def _top(bench: LearningTestbench) -> tuple[Element, ...]:
    """Clocks, the clamped input, the target behind its switches, the line of the biases."""
    scale = bench.volts * bench.encoding.eps_scale
    times, lines = clock_lines(bench.schedule, bench.encoding, scale)
    volts = np.stack([lines[name] for name in LINES])
    sizes = bench.network.sizes
    last = bench.network.depth
    x = bus(f"x{last}", sizes[last])
    target = bus("target", sizes[last])
    elements: tuple[Element, ...] = (
        ClockSources("clock", LINES, grounds(len(LINES)), times, volts),
        StimulusSources("input", bus("x0", sizes[0]), grounds(sizes[0])),
        StimulusSources("goal", target, grounds(sizes[last])),
        Switches("clamp", target, x, ("clamp",) * sizes[last], bench.clamp_on, bench.switch_off),
    )
    if bench.network.has_biases:
        elements += (VoltageSources("bias", (BIAS,), grounds(1), bench.volts),)
    return elements


def _input_layer(bench: LearningTestbench) -> tuple[Bus, tuple[Element, ...], str]:
    n = bench.network.sizes[0]
    x = bus("x0", n)
    rate = bus("rate0", n)
    f = bench.network.activation_of(0)
    volts = bench.volts
    cell = activation_cell("act", f, x, volts, volts, ComponentSampler(bench.technology))
    buffers = unity("rate", cell.signal, grounds(n), rate, 1.0, ComponentSampler(bench.technology))
    return x + rate, (*cell.elements, buffers), f"input: {n} activities"
