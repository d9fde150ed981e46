"""The bill of materials of a circuit."""

from __future__ import annotations

import numpy as np

from analog_pc.circuit import (
    VCCS,
    Amplifiers,
    Capacitors,
    Circuit,
    ClockSources,
    Crossbar,
    Diodes,
    Element,
    IdealDiodes,
    Memristors,
    Multiplexers,
    MultiplyingVCCS,
    NonlinearVCVS,
    Resistors,
    StimulusSources,
    Switches,
    VoltageSources,
)
from analog_pc.verification.results import Part


def parts_table(circuit: Circuit) -> tuple[Part, ...]:
    """Every bank of the circuit: where it is, how many parts, their values."""
    found = []
    for path, element in circuit.banks():
        name, count, value = _describe(element)
        found.append(Part(f"{path or 'top'}: {name}", count, value))
    return tuple(found)


def _describe(element: Element) -> tuple[str, int, str]:
    match element:
        case Crossbar():
            rows, columns = np.shape(element.siemens)
            return (
                f"{element.name} ({rows} x {columns} devices)",
                rows * columns,
                _range(element.siemens, "S"),
            )
        case Resistors():
            return f"{element.name} (resistor)", len(element.a), _range(element.ohms, "Ohm")
        case Capacitors():
            return f"{element.name} (capacitor)", len(element.a), _range(element.farads, "F")
        case Amplifiers():
            return f"{element.name} (amplifier)", len(element.out), f"gain {element.gain:g}"
        case NonlinearVCVS():
            return f"{element.name} (nonlinear VCVS {element.transfer.name})", len(element.out), ""
        case MultiplyingVCCS():
            return f"{element.name} (multiplying VCCS)", len(element.out), _range(element.siemens, "S")
        case VCCS():
            return f"{element.name} (VCCS)", len(element.out), _range(element.siemens, "S")
        case VoltageSources():
            return f"{element.name} (source)", len(element.plus), _range(element.volts, "V")
        case StimulusSources():
            return f"{element.name} (clamp)", len(element.plus), "stimulus"
        case ClockSources():
            return f"{element.name} (clock)", len(element.plus), _range(element.volts, "V")
        case Switches():
            return f"{element.name} (switch)", len(element.a), _range(element.on, "S")
        case Multiplexers():
            return f"{element.name} (multiplexer)", len(element.out), f"{len(element.select)} inputs each"
        case Diodes():
            return f"{element.name} (diode)", len(element.anode), _range(element.saturation, "A")
        case IdealDiodes():
            return f"{element.name} (ideal diode)", len(element.anode), _range(element.drop, "V")
        case Memristors():
            return f"{element.name} (memristor {element.model.name})", len(element.plus), ""


def _range(values: object, unit: str) -> str:
    array = np.asarray(values, dtype=np.float64)
    low = float(array.min())
    high = float(array.max())
    return f"{low:.4g} {unit}" if low == high else f"{low:.4g} to {high:.4g} {unit}"
