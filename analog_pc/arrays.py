"""Array type aliases; every array of the package is C-ordered float64 unless it says otherwise."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Masked = np.ma.MaskedArray[Any, np.dtype[np.float64]]

__all__ = ["Any", "ArrayLike", "Bools", "Floats", "Ints", "Masked"]
