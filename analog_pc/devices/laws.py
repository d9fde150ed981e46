"""Current-voltage laws of devices, in volts: I = G f(V), f(0) = 0, f'(0) = 1."""

from __future__ import annotations

from collections.abc import Callable

from analog_pc.circuit import Law
from analog_pc.circuit.transfer import cubic_law, sinh_law
from analog_pc.errors import BadInput

DEVICE_LAWS: dict[str, Callable[[float], Law] | None] = {"linear": None, "sinh": sinh_law, "cubic": cubic_law}


def device_law(name: str, coefficient: float) -> Law | None:
    """The law of that name; None for a linear device, which a coefficient of 0 is as well."""
    if name not in DEVICE_LAWS:
        raise BadInput(f"unknown device law {name!r}: use one of {', '.join(DEVICE_LAWS)}")
    make = DEVICE_LAWS[name]
    return None if make is None or coefficient == 0.0 else make(coefficient)
