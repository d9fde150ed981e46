"""Non-idealities by name: those of a technology, and technologies without one or with one alone.

A non-ideality is a set of fields; to be without it means that they have the values of `IDEAL`.  The scales
of a technology are not among them and always stay: the conductances it can write, its node and its
voltages.  With them stays its on/off ratio g_max / g_min, which sets the noise gain of every amplifier.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from analog_pc.errors import BadInput
from analog_pc.technology.catalogue import IDEAL
from analog_pc.technology.checks import nearest
from analog_pc.technology.quantity import Source
from analog_pc.technology.technology import Technology

NON_IDEALITIES: Mapping[str, tuple[str, ...]] = {
    "finite gain": ("opamp_gain", "rectifier_gain"),
    "bandwidth and slew": ("opamp_gain_bandwidth", "opamp_slew_rate"),
    "saturation": ("opamp_saturation",),
    "offset": (
        "opamp_offset",
        "auto_zero_capacitance",
        "auto_zero_coupling",
        "auto_zero_injection",
        "auto_zero_time",
    ),
    "output resistance": ("opamp_output_resistance",),
    "amplifier noise": ("opamp_noise",),  # moves noise analyses alone
    "activation spread": ("activation_gain_spread", "activation_offset_spread"),
    "driver resistance": ("driver_resistance",),
    "wire resistance": ("word_line_resistance", "bit_line_resistance"),
    "wire capacitance": ("word_line_capacitance", "bit_line_capacitance"),
    "access transistor": ("access_resistance",),
    "levels": ("levels",),
    "programming spread": ("programming_spread",),
    "stuck and open cells": ("stuck_on", "stuck_off", "open_cells"),
    "device I-V": ("device_law", "device_nonlinearity"),
    "transposed mismatch": ("transposed_mismatch",),
    "read noise": ("read_noise",),
}

# What a seed draws.  All else is the same in every chip.
RANDOM = frozenset(
    {
        "offset",
        "activation spread",
        "programming spread",
        "stuck and open cells",
        "transposed mismatch",
        "read noise",
    }
)


def present(technology: Technology) -> tuple[str, ...]:
    """The non-idealities that a technology has: any field differs from `IDEAL`."""
    return tuple(
        name for name, fields in NON_IDEALITIES.items() if _of(technology, fields) != _of(IDEAL, fields)
    )


def without_non_idealities(technology: Technology) -> Technology:
    """The technology with ideal parts in its own scales; its power and temperature stay too."""
    every = [field for fields in NON_IDEALITIES.values() for field in fields]
    return _with(technology, _of(IDEAL, every), f"{technology.name} without non-idealities")


def without(technology: Technology, non_ideality: str) -> Technology:
    """The technology with one non-ideality switched off; `BadInput` for an unknown one."""
    return _with(technology, _of(IDEAL, _fields(non_ideality)), f"{technology.name} without {non_ideality}")


def with_only(technology: Technology, non_ideality: str) -> Technology:
    """The technology with all non-idealities but one switched off; `BadInput` for an unknown one."""
    own = _fields(non_ideality)
    others = [f for fields in NON_IDEALITIES.values() for f in fields if f not in own]
    return _with(technology, _of(IDEAL, others), f"{technology.name} with {non_ideality} alone")


def _fields(non_ideality: str) -> tuple[str, ...]:
    if non_ideality not in NON_IDEALITIES:
        raise BadInput(f"unknown non-ideality {non_ideality!r}{nearest(non_ideality, NON_IDEALITIES)}")
    return NON_IDEALITIES[non_ideality]


def _of(technology: Technology, fields: Iterable[str]) -> dict[str, Any]:
    return {field: getattr(technology, field) for field in fields}


def _with(technology: Technology, values: Mapping[str, Any], name: str) -> Technology:
    """The technology with other values, whose source says that they are switched off."""
    sources: dict[str, Source] = {f: s for f, s in technology.sources.items() if f not in values}
    sources |= {field: Source("switched off: as in ideal parts", True) for field in values}
    return dataclasses.replace(technology, name=name, sources=sources, **values)
