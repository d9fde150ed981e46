"""Accuracy of a classification by equilibria, some of which may not exist."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import Ints
from analog_pc.errors import BadInput
from analog_pc.pcn.equilibrium import Equilibrium


@dataclass(frozen=True)
class Accuracy:
    """Counts of samples: classified right, and not at rest; the others are wrong.

    A sample that is not at rest has no class.  `value` is therefore None where there are any, and `low` and
    `high` say between what the accuracy lies.
    """

    right: int
    unconverged: int
    samples: int

    @property
    def low(self) -> float:
        """All that are not at rest counted as wrong."""
        return self.right / self.samples

    @property
    def high(self) -> float:
        """All that are not at rest counted as right."""
        return (self.right + self.unconverged) / self.samples

    @property
    def value(self) -> float | None:
        """The accuracy; None where samples are not at rest."""
        return None if self.unconverged else self.low

    def __str__(self) -> str:
        if not self.unconverged:
            return f"{self.low:.4g}"
        return f"{self.low:.4g} to {self.high:.4g}, {self.unconverged} of {self.samples} samples not at rest"


def accuracy_of(equilibrium: Equilibrium, labels: Ints) -> Accuracy:
    """How many samples have their largest output where their label says, among those at rest.

    Raises
    ------
    BadInput
        For another number of labels than samples.
    """
    if np.shape(labels) != (equilibrium.samples,):
        raise BadInput(f"labels of shape {np.shape(labels)} for {equilibrium.samples} samples")
    converged = equilibrium.relaxation.converged
    right = converged & (equilibrium.output.argmax(axis=1) == labels)
    return Accuracy(int(right.sum()), int((~converged).sum()), equilibrium.samples)
