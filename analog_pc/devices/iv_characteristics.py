"""Current-voltage characteristics of devices, in volts: I = G f(V), f(0) = 0, f'(0) = 1."""

from __future__ import annotations

from collections.abc import Callable

from analog_pc.circuit import TransferFunction
from analog_pc.circuit.transfer import cubic_transfer, sinh_transfer
from analog_pc.errors import BadInput

IV_CHARACTERISTICS: dict[str, Callable[[float], TransferFunction] | None] = {
    "linear": None,
    "sinh": sinh_transfer,
    "cubic": cubic_transfer,
}


def iv_characteristic(name: str, coefficient: float) -> TransferFunction | None:
    """The characteristic of that name; None for a linear device, which a coefficient of 0 is as well."""
    if name not in IV_CHARACTERISTICS:
        raise BadInput(f"unknown I-V characteristic {name!r}: use one of {', '.join(IV_CHARACTERISTICS)}")
    make = IV_CHARACTERISTICS[name]
    return None if make is None or coefficient == 0.0 else make(coefficient)
