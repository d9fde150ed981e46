"""Weights as one device against a reference, and back.

A weight is a device read against a conductance that is the same for a whole array::

    W[post, pre] = R_f (G[pre, post] - G_ref)

Here, too, [post, pre] of a weight becomes [row = word line, column = bit line] of a crossbar.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.errors import BadInput


@dataclass(frozen=True)
class ReferencedMapping:
    """`reference` in S, feedback resistor `ohms`, and the conductances `least` ... `most` in S that are used.

    Raises
    ------
    BadInput
        Unless 0 < least < reference < most and ohms > 0, all finite.
    """

    reference: float
    ohms: float
    least: float
    most: float

    def __post_init__(self) -> None:
        ordered = 0.0 < self.least < self.reference < self.most < np.inf
        if not (ordered and 0.0 < self.ohms < np.inf):
            raise BadInput(
                f"referenced weights: {self.least!r} < {self.reference!r} < {self.most!r} S with "
                f"R_f = {self.ohms!r} Ohm, must be 0 < least < reference < most and R_f > 0"
            )

    @property
    def span(self) -> float:
        """most - least, the full scale of a conductance."""
        return self.most - self.least

    def conductances(self, weights: ArrayLike) -> Floats:
        """[row, column] in S of weights [post, pre].

        Raises
        ------
        BadInput
            For a weight beyond `least` ... `most`.
        """
        w = np.asarray(weights, dtype=np.float64)
        siemens = (self.reference + w / self.ohms).T
        slack = 8.0 * np.finfo(np.float64).eps * self.most  # roundings of the largest weight
        bad = ~((siemens >= self.least - slack) & (siemens <= self.most + slack))
        if bad.any():
            row, column = (int(k) for k in np.argwhere(bad)[0])
            raise BadInput(
                f"weight[{column}, {row}] = {float(w[column, row]):g} needs "
                f"{float(siemens[row, column]):.4g} S, devices are used from {self.least:.4g} to "
                f"{self.most:.4g} S"
            )
        return np.ascontiguousarray(siemens)

    def weights(self, siemens: Floats) -> Floats:
        """[post, pre] of conductances [row, column]."""
        return np.ascontiguousarray((self.ohms * (np.asarray(siemens) - self.reference)).T)
