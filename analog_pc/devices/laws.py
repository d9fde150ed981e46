"""Current-voltage laws of devices, in volts: I = G f(V), f(0) = 0, f'(0) = 1."""

from __future__ import annotations

from collections.abc import Callable

from analog_pc.circuit import TransferFunction
from analog_pc.circuit.transfer import cubic_transfer, sinh_transfer
from analog_pc.errors import BadInput

DEVICE_LAWS: dict[str, Callable[[float], TransferFunction] | None] = {
    "linear": None,
    "sinh": sinh_transfer,
    "cubic": cubic_transfer,
}


def device_law(name: str, coefficient: float) -> TransferFunction | None:
    """The law of that name; None for a linear device, which a coefficient of 0 is as well."""
    if name not in DEVICE_LAWS:
        raise BadInput(f"unknown device law {name!r}: use one of {', '.join(DEVICE_LAWS)}")
    make = DEVICE_LAWS[name]
    return None if make is None or coefficient == 0.0 else make(coefficient)
