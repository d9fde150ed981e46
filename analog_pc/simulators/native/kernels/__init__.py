"""Compiled functions of the native simulator, each with its equation."""

from __future__ import annotations

from analog_pc.arrays import Any
from analog_pc.compiled.kernel import FAST_MATH

# Options of functions that Python calls, on several threads.
OPTIONS: dict[str, Any] = {**FAST_MATH, "nogil": True}
TILE = 128  # samples whose arrays stay in the cache of a core
