"""The circuit of a clocked trial: the layers of a compiled network, with sampled hidden nodes.

::

    rate[l-1] --[ forward array ]-- mu[l] --[ sampled node, clocked ]-- x[l] --[ f ]-- rate[l]
                                               ^ gated feedback           |
    back[l-1] <--[ transposed array ]----------------- eps[l] <-- x - mu -+
"""

from __future__ import annotations

from dataclasses import dataclass

from analog_pc.cells import (
    ComponentSampler,
    TwoPhaseClock,
    activation_cell,
    differential_crossbar,
    drivers,
    eps_sense,
    feedback_gate,
    sampled_node,
    transimpedance,
    value_node,
)
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
from analog_pc.compiler import program_arrays
from analog_pc.mapping import NetworkArrays
from analog_pc.testbench.clocked.testbench import LINES, ClockedTestbench

BIAS = ("bias_p", "bias_n")


@dataclass(frozen=True, eq=False)
class ClockedCircuit:
    """The circuit, and where to look; buses over layers 0 ... L.

    `eps` of layer 0 and `rates` of layer L are empty; `slaves` are those of the hidden layers.
    """

    circuit: Circuit
    activities: tuple[Bus, ...]
    eps: tuple[Bus, ...]
    rates: tuple[Bus, ...]
    slaves: tuple[Bus, ...]

    @property
    def nodes(self) -> Bus:
        found = (*self.activities, *self.eps, *self.rates, *self.slaves)
        return tuple(node for nodes in found for node in nodes)


def clocked_circuit(bench: ClockedTestbench) -> ClockedCircuit:
    """Compile a clocked trial."""
    net = bench.network
    arrays = program_arrays(net, bench.technology, bench.seed, input_free=False)
    blocks = [_input_layer(bench), *(_layer(bench, arrays, k) for k in range(1, net.depth + 1))]
    instances = tuple(
        Instance(f"layer{k}", Subcircuit(f"clocked_layer{k}", ports, elements, f"layer {k}"), ports)
        for k, (ports, elements) in enumerate(blocks)
    )
    circuit = Circuit("clocked_trial", _top(bench), instances, bench.technology.temperature)
    check_circuit(circuit)
    hidden = range(1, net.depth)
    return ClockedCircuit(
        circuit,
        tuple(bus(f"x{k}", n) for k, n in enumerate(net.sizes)),
        ((), *(bus(f"eps{k}", n) for k, n in enumerate(net.sizes[1:], 1))),
        (*(bus(f"rate{k}", n) for k, n in enumerate(net.sizes[:-1])), ()),
        tuple(tuple(f"layer{k}.{node}" for node in bus("node_slave", net.sizes[k])) for k in hidden),
    )


def _top(bench: ClockedTestbench) -> tuple[Element, ...]:
    sizes = bench.network.sizes
    last = bench.network.depth
    target = bus("target", sizes[last])
    x = bus(f"x{last}", sizes[last])
    elements: tuple[Element, ...] = (
        ClockSources("clock", LINES, grounds(len(LINES)), *bench.clocks()),
        StimulusSources("input", bus("x0", sizes[0]), grounds(sizes[0])),
        StimulusSources("goal", target, grounds(sizes[last])),
        Switches("clamp", target, x, ("clamp",) * sizes[last], bench.clamp_on, bench.switch_off),
    )
    if bench.network.has_biases:
        elements += (VoltageSources("bias", BIAS, grounds(2), [bench.volts, -bench.volts]),)
    return elements


def _sampler(bench: ClockedTestbench, layer: int) -> ComponentSampler:
    return ComponentSampler(bench.technology, bench.seed, f"layer{layer}")


def _input_layer(bench: ClockedTestbench) -> tuple[Bus, tuple[Element, ...]]:
    n = bench.network.sizes[0]
    x = bus("x0", n)
    rate = bus("rate0", n)
    anti = bus("anti0", n)
    sampler = _sampler(bench, 0)
    cell = activation_cell("act", bench.network.activation_of(0), x, bench.volts, bench.volts, sampler)
    return x + rate + anti, (*cell.elements, *drivers("drive", cell.signal, rate, anti, sampler))


def _layer(bench: ClockedTestbench, arrays: NetworkArrays, layer: int) -> tuple[Bus, tuple[Element, ...]]:
    net = bench.network
    tech = bench.technology
    sampler = _sampler(bench, layer)
    post = net.sizes[layer]
    rates = bus(f"rate{layer - 1}", net.sizes[layer - 1])
    antis = bus(f"anti{layer - 1}", net.sizes[layer - 1])
    bias = BIAS if net.has_biases else ()
    x, mu, eps, columns = (bus(kind, post) for kind in (f"x{layer}", "mu", f"eps{layer}", "column"))
    fed_back = bus(f"back{layer - 1}", net.sizes[layer - 1]) if layer > 1 else ()
    anti_eps = bus("anti_eps", post) if fed_back else ()
    pair = arrays.forward[layer - 1]
    springs = net.precision_of(layer) * tech.spring_conductance
    ports: Bus = ("sample", "copy", *rates, *antis, *bias, *x, *eps, *fed_back)
    elements: tuple[Element, ...] = (
        *differential_crossbar("forward", rates + bias[:1], antis + bias[1:], columns, pair, sampler),
        *transimpedance("predict", columns, mu, pair.ohms, sampler),
        *eps_sense("eps", x, mu, eps, anti_eps, sampler),
    )
    if fed_back:
        back = bus("back_column", len(fed_back))
        transposed = arrays.transposed[layer - 1]
        elements += (
            *differential_crossbar("transposed", eps, anti_eps, back, transposed, sampler),
            *transimpedance("feedback", back, fed_back, transposed.ohms, sampler),
        )
    if layer == net.depth:
        return ports, (*elements, *value_node("node", x, mu, springs, tech.node_capacitance))
    more, out = _hidden(bench, layer, x, mu)
    return ports + out, elements + more


def _hidden(bench: ClockedTestbench, layer: int, x: Bus, mu: Bus) -> tuple[tuple[Element, ...], Bus]:
    """The sampled node, its activation and its gate; and the ports that they add."""
    net = bench.network
    tech = bench.technology
    sampler = _sampler(bench, layer)
    rate, anti, back = (bus(f"{kind}{layer}", len(x)) for kind in ("rate", "anti", "back"))
    clock = TwoPhaseClock("sample", "copy", bench.switch_on, bench.switch_off)
    springs = net.precision_of(layer) * tech.spring_conductance
    node, pull = sampled_node("node", x, mu, springs, tech.node_capacitance, clock, sampler)
    cell = activation_cell("act", net.activation_of(layer), x, bench.volts, bench.volts, sampler)
    siemens = net.precision_of(layer + 1) * tech.spring_conductance
    elements = (
        *node,
        *cell.elements,
        *drivers("drive", cell.signal, rate, anti, sampler),
        *feedback_gate("fb", cell.control, back, pull, siemens, cell.gate, sampler),
    )
    return elements, rate + anti + back
