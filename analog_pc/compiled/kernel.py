"""The decorator of compiled functions: numba's, with a type that mypy reads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numba

from analog_pc.compiled.stale import remove_stale

P = ParamSpec("P")
R = TypeVar("R")

# Sums may be regrouped, so that loops use SIMD; NaN and infinity keep their meaning.
REGROUPED_SUMS = {"contract", "nsz", "reassoc"}
ORDERED_SUMS = {"contract", "nsz"}  # where the order of additions is the algorithm
# A division by zero is an infinity, as in numpy: a test before each would forbid SIMD.
FAST_MATH: dict[str, Any] = {"error_model": "numpy", "fastmath": REGROUPED_SUMS}
# Of functions that only compiled code calls: an entry for Python would take as long to compile as they do.
WITHOUT_ENTRY: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
INNER: dict[str, Any] = {**FAST_MATH, **WITHOUT_ENTRY}
# Large functions copy arrays by loops: an ``a[:] = b`` compiles for a quarter of a second, for its checks.

remove_stale(Path(__file__).parents[1])


def kernel(**options: Any) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Compile a function when it is first called, and keep the machine code beside the file that defines it.

    The function itself reaches numba, so that a change of its own file makes its stored code stale; for
    changes of other files see `stale.py`.  Callers see its annotations, which numba does not read.

    Parameters
    ----------
    **options
        Of `numba.njit`; its cache is on unless they say otherwise, or no folder can be written to.
    """
    compiled = numba.njit(**{"cache": True, **options})

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        found: Callable[P, R]
        try:
            found = compiled(function)
        except RuntimeError:  # neither the package's folder nor the user's takes files: nothing is kept
            found = numba.njit(**{**options, "cache": False})(function)
        return found

    return decorate
