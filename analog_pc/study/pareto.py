"""The Pareto front: what nothing else beats in every respect."""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import ArrayLike, Bools
from analog_pc.errors import BadInput


def pareto(costs: ArrayLike) -> Bools:
    """Which rows are on the front: no other row is as small in every column and smaller in one.

    Parameters
    ----------
    costs
        [candidates, objectives], each to be made small; negate what is to be large.  A row with NaN is not
        on the front, and beats none.

    Returns
    -------
    Bools
        [candidates]; of equal rows all are on the front.

    Raises
    ------
    BadInput
        For an array that has not two dimensions.

    Examples
    --------
    >>> pareto([[1.0, 5.0], [2.0, 2.0], [3.0, 3.0]]).tolist()
    [True, True, False]
    """
    values = np.asarray(costs, dtype=np.float64)
    if values.ndim != 2:
        raise BadInput(f"pareto: costs have shape {values.shape}, expected [candidates, objectives]")
    known: Bools = np.asarray(~np.isnan(values).any(axis=1))
    front: Bools = known.copy()
    for k in np.flatnonzero(known):
        others = values[known]
        no_larger = (others <= values[k]).all(axis=1)
        smaller = (others < values[k]).any(axis=1)
        front[k] = not (no_larger & smaller).any()
    return front
