"""Compiled functions of the native simulator, each with its equation."""

from __future__ import annotations

from analog_pc.arrays import Any
from analog_pc.compiled.kernel import FAST_MATH

# Options of functions that Python calls, on several threads; of functions that only compiled code calls.
OPTIONS: dict[str, Any] = {**FAST_MATH, "nogil": True}
INNER: dict[str, Any] = {**OPTIONS, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
TILE = 128  # samples whose arrays stay in the cache of a core
