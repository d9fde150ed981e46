"""A technology: a named, cited set of component values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, get_args, get_type_hints

from analog_pc.arrays import has_whole_value
from analog_pc.circuit import ROOM, Wire
from analog_pc.devices import IV_CHARACTERISTICS, Programming
from analog_pc.errors import BadInput, one_line
from analog_pc.technology.quantity import FINITE, LIMIT, NOT_NEGATIVE, POSITIVE, Quantity, Source

SCALES = "scales"
DEVICES = "devices"
OPAMPS = "op-amps"
ACTIVATIONS = "activation circuits"
WIRES = "wires"
MOST_DEVICES = 64  # in a cell; each is drawn for itself
GROUPS = (SCALES, DEVICES, OPAMPS, ACTIVATIONS, WIRES)


@dataclass(frozen=True)
class Technology:
    """Component values that a network is compiled with; SI units.

    Every field says its unit, meaning and bound in its `Quantity`.  Fields without a default are needed; the
    defaults of the others switch that non-ideality off.  What is random is drawn when a network is compiled,
    from its `seed`.

    Parameters
    ----------
    name, source
        What it is called, and one line on what it is and where its values come from.
    sources
        Field -> `Source` of its value.
    process
        Whose component values the cost model takes (`analog_pc.cost.process_of`); "": unknown.

    Raises
    ------
    BadInput
        For a value outside its bound, g_min >= g_max, an unknown device law, a slew rate without a
        gain-bandwidth product, texts and sources that are none; the message names technology and field.
    """

    name: str
    source: str
    g_min: Annotated[float, Quantity(DEVICES, "S", "smallest programmable conductance", POSITIVE)]
    g_max: Annotated[float, Quantity(DEVICES, "S", "largest programmable conductance", POSITIVE)]
    opamp_gain: Annotated[float, Quantity(OPAMPS, "V/V", "open-loop gain A0 of every op-amp", POSITIVE)]
    rectifier_gain: Annotated[
        float,
        Quantity(OPAMPS, "V/V", "gain in a precision rectifier: a kink is 1 / gain units wide", POSITIVE),
    ]
    spring_conductance: Annotated[
        float, Quantity(SCALES, "S", "g_s, spring at precision 1; precision p gives p g_s", POSITIVE)
    ]
    node_capacitance: Annotated[
        float, Quantity(SCALES, "F", "C of a value node; a unit of time is C / g_s", POSITIVE)
    ]
    volts_per_unit: Annotated[
        float, Quantity(SCALES, "V", "an activity of 1; lowered where a signal would saturate", POSITIVE)
    ]
    supply: Annotated[float, Quantity(SCALES, "V", "largest magnitude that a signal may have", POSITIVE)]
    opamp_gain_bandwidth: Annotated[
        float, Quantity(OPAMPS, "Hz", "gain-bandwidth product; inf: no pole", LIMIT)
    ] = math.inf
    opamp_slew_rate: Annotated[float, Quantity(OPAMPS, "V/s", "slew rate; inf: none", LIMIT)] = math.inf
    opamp_saturation: Annotated[
        float, Quantity(OPAMPS, "V", "largest output, unloaded; inf: none", LIMIT)
    ] = math.inf
    opamp_offset: Annotated[
        float, Quantity(OPAMPS, "V", "input offset, standard deviation", NOT_NEGATIVE)
    ] = 0.0
    opamp_output_resistance: Annotated[
        float, Quantity(OPAMPS, "Ohm", "output resistance, open loop", NOT_NEGATIVE)
    ] = 0.0
    opamp_noise: Annotated[
        float, Quantity(OPAMPS, "V/sqrt(Hz)", "white noise at the input", NOT_NEGATIVE)
    ] = 0.0
    opamp_power: Annotated[float, Quantity(OPAMPS, "W", "quiescent power of one op-amp", NOT_NEGATIVE)] = 0.0
    auto_zero_capacitance: Annotated[
        float,
        Quantity(OPAMPS, "F", "holds the sampled offset of an op-amp; 0: not auto-zeroed", NOT_NEGATIVE),
    ] = 0.0
    auto_zero_coupling: Annotated[
        float,
        Quantity(OPAMPS, "", "gain of the op-amp's input for the sampled offset over A0", POSITIVE),
    ] = 1.0
    auto_zero_injection: Annotated[
        float,
        Quantity(OPAMPS, "V", "left on that capacitor by its switch, standard deviation", NOT_NEGATIVE),
    ] = 0.0
    auto_zero_time: Annotated[
        float, Quantity(OPAMPS, "s", "duration of the phase that samples the offset", NOT_NEGATIVE)
    ] = 0.0
    activation_gain_spread: Annotated[
        float, Quantity(ACTIVATIONS, "", "gain, relative standard deviation", NOT_NEGATIVE)
    ] = 0.0
    activation_offset_spread: Annotated[
        float, Quantity(ACTIVATIONS, "V", "input offset, standard deviation", NOT_NEGATIVE)
    ] = 0.0
    driver_resistance: Annotated[
        float, Quantity(WIRES, "Ohm", "between a driver and its word line", NOT_NEGATIVE)
    ] = 0.0
    word_line_resistance: Annotated[
        float, Quantity(WIRES, "Ohm", "piece of word line per cell; 0: ideal wires", NOT_NEGATIVE)
    ] = 0.0
    bit_line_resistance: Annotated[
        float, Quantity(WIRES, "Ohm", "piece of bit line per cell; 0: ideal wires", NOT_NEGATIVE)
    ] = 0.0
    word_line_capacitance: Annotated[
        float, Quantity(WIRES, "F", "piece of word line per cell", NOT_NEGATIVE)
    ] = 0.0
    bit_line_capacitance: Annotated[
        float, Quantity(WIRES, "F", "piece of bit line per cell", NOT_NEGATIVE)
    ] = 0.0
    access_resistance: Annotated[
        float, Quantity(DEVICES, "Ohm", "on-resistance of a cell's transistor", NOT_NEGATIVE)
    ] = 0.0
    devices_per_weight: Annotated[
        int,
        Quantity(DEVICES, "", "devices in parallel in each cell; a weight has two cells"),
    ] = 1
    levels: Annotated[int, Quantity(DEVICES, "", "programmable conductances, evenly spaced; 0: any")] = 0
    programming_spread: Annotated[
        tuple[tuple[float, float], ...],
        Quantity(DEVICES, "S", "pairs (conductance, standard deviation), interpolated"),
    ] = ()
    stuck_on: Annotated[float, Quantity(DEVICES, "", "fraction of devices at g_max", NOT_NEGATIVE)] = 0.0
    stuck_off: Annotated[float, Quantity(DEVICES, "", "fraction of devices at g_min", NOT_NEGATIVE)] = 0.0
    open_cells: Annotated[float, Quantity(DEVICES, "", "fraction not connected", NOT_NEGATIVE)] = 0.0
    device_law: Annotated[
        str, Quantity(DEVICES, "", "linear, sinh: I = G sinh(b V) / b, cubic: I = G (V + k V^3)")
    ] = "linear"
    device_nonlinearity: Annotated[
        float, Quantity(DEVICES, "", "b of sinh in 1/V, k of cubic in 1/V^2", FINITE)
    ] = 0.0
    transposed_mismatch: Annotated[
        float,
        Quantity(DEVICES, "", "transposed against forward array, relative standard deviation", NOT_NEGATIVE),
    ] = 0.0
    read_noise: Annotated[
        float,
        Quantity(
            DEVICES, "", "slow fluctuation, frozen in a relaxation, relative standard deviation", NOT_NEGATIVE
        ),
    ] = 0.0
    temperature: Annotated[float, Quantity(SCALES, "K", "temperature", POSITIVE)] = ROOM
    sources: Mapping[str, Source] = field(default_factory=dict, compare=False)
    process: str = ""

    def __post_init__(self) -> None:
        for field_name in ("name", "source", "process"):
            if not isinstance(getattr(self, field_name), str):
                raise BadInput(f"technology: {field_name} = {getattr(self, field_name)!r}, must be text")
        cited = self.sources.values() if isinstance(self.sources, Mapping) else [self.sources]
        if not all(isinstance(source, Source) for source in cited):
            raise BadInput(f"technology {self.name!r}: sources must map fields to Source(text, verified)")
        for name, quantity in quantities().items():
            object.__setattr__(self, name, quantity.checked(self.name, name, getattr(self, name)))
        if self.g_min >= self.g_max:
            raise BadInput(
                f"technology {self.name!r}: g_min = {self.g_min!r} S must be below g_max = {self.g_max!r} S"
            )
        if not isinstance(self.device_law, str) or self.device_law not in IV_CHARACTERISTICS:
            raise BadInput(
                f"technology {self.name!r}: device_law = {self.device_law!r}, "
                f"use {', '.join(IV_CHARACTERISTICS)}"
            )
        if math.isfinite(self.opamp_slew_rate) and math.isinf(self.opamp_gain_bandwidth):
            raise BadInput(f"technology {self.name!r}: opamp_slew_rate needs an opamp_gain_bandwidth")
        count = self.devices_per_weight
        if not (has_whole_value(count) and 1 <= count <= MOST_DEVICES):
            raise BadInput(
                f"technology {self.name!r}: devices_per_weight = {count!r}, must be a whole number from 1 to "
                f"{MOST_DEVICES}"
            )
        object.__setattr__(self, "programming_spread", self.programming.spread)

    def __repr__(self) -> str:
        return f"<Technology {one_line(self.name, 40)!r}: {one_line(self.source, 100)}>"

    @property
    def auto_zeroed(self) -> bool:
        """Whether the offsets of its op-amps are sampled and subtracted, see `technology.offset`."""
        return self.auto_zero_capacitance > 0.0

    @property
    def cell_span(self) -> float:
        """Conductance in S that the devices of a cell add between all at g_min and all at g_max."""
        return self.devices_per_weight * (self.g_max - self.g_min)

    @property
    def cell_access_resistance(self) -> float:
        """On-resistance in Ohm of the transistors of a cell, one for each of its devices."""
        return self.access_resistance / self.devices_per_weight

    @property
    def wire(self) -> Wire:
        """The wires of every crossbar."""
        return Wire(self.word_line_resistance, self.bit_line_resistance)

    @property
    def programming(self) -> Programming:
        """How a target becomes a conductance."""
        return Programming(
            self.g_min,
            self.g_max,
            self.levels,
            self.programming_spread,
            self.stuck_on,
            self.stuck_off,
            self.open_cells,
        )

    @property
    def seconds_per_unit(self) -> float:
        """The unit of time, C / g_s in seconds."""
        return self.node_capacitance / self.spring_conductance


@cache
def quantities() -> Mapping[str, Quantity]:
    """Field -> `Quantity`, in the order of the class; all fields but name, source, sources and process."""
    hints = get_type_hints(Technology, include_extras=True)
    found = ((name, get_args(hint)[1:]) for name, hint in hints.items())
    return {name: extra[0] for name, extra in found if extra and isinstance(extra[0], Quantity)}
