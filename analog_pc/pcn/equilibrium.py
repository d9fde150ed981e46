"""Equilibria: the common currency of the ideal relaxation and of a decoded circuit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from analog_pc.arrays import Bools, Floats, Ints


@dataclass(frozen=True, eq=False)
class Relaxation:
    """How a relaxation ended, per sample.

    `converged` [samples]; `residual` [samples] is max |dE/dx| over the free activities (dead zones of
    kinks count the distance of 0 from the subdifferential); `message` is for a person.
    """

    converged: Bools
    residual: Floats
    iterations: int
    message: str

    @property
    def all_converged(self) -> bool:
        return bool(self.converged.all())


def ended(
    settled: Bools, residual: Floats, iterations: int | None, faults: Mapping[int, str] | None = None
) -> Relaxation:
    """How a search ended.

    Parameters
    ----------
    settled, residual
        Which samples are at rest, and their max |dE/dx|, [samples].
    iterations
        Of the search; None: of "flow", which has none.
    faults
        What is wrong with the rests of samples, in words.
    """
    converged = settled.copy()
    after = "" if iterations is None else f" after {iterations} iterations"
    message = f"at rest: |dE/dx| <= {residual.max(initial=0.0):.1e}{after}"
    if faults:
        converged[list(faults)] = False
        message = f"sample {min(faults)} {faults[min(faults)]}"
    if not settled.all():
        worst = int(np.argmin(settled))
        message = f"not at rest: |dE/dx| = {residual[worst]:.1e} in sample {worst}{after}"
    return Relaxation(converged, residual, iterations or 0, message)


@dataclass(frozen=True, eq=False)
class Equilibrium:
    """A network at rest, for a batch of samples; tuples run over layers 0 to L.

    The ideal relaxation, decoded circuits and all relaxers give one, so that learning rules and comparisons
    do not depend on where it came from.  Activities have no unit.

    Parameters
    ----------
    activities
        x_l, [samples, n_l].
    predictions, eps
        mu_l and eps_l = x_l - mu_l, [samples, n_l]; layer 0 has none and holds arrays [samples, 0].
    rates
        f(x_l), what the next layer's weights see, [samples, n_l], layers 0 ... L-1.
    energy
        ``E = 1/2 sum_l precision_l |eps_l|^2``, [samples].
    relaxation
        Whether it is at rest, and why not.
    """

    activities: tuple[Floats, ...]
    predictions: tuple[Floats, ...]
    eps: tuple[Floats, ...]
    rates: tuple[Floats, ...]
    energy: Floats
    relaxation: Relaxation

    def __repr__(self) -> str:
        sizes = "-".join(str(x.shape[1]) for x in self.activities)
        at_rest = int(np.count_nonzero(self.relaxation.converged))
        return f"<Equilibrium {sizes}, {at_rest} of {self.samples} samples converged>"

    @property
    def samples(self) -> int:
        """Number of samples."""
        return len(self.energy)

    @property
    def output(self) -> Floats:
        """x_L, [samples, n_L]."""
        return self.activities[-1]


def take(equilibrium: Equilibrium, samples: Floats | slice | Bools | Ints) -> Equilibrium:
    """The equilibrium of some of the samples."""

    def chosen(layers: tuple[Floats, ...]) -> tuple[Floats, ...]:
        return tuple(np.asarray(a[samples]) for a in layers)

    r = equilibrium.relaxation
    return Equilibrium(
        chosen(equilibrium.activities),
        chosen(equilibrium.predictions),
        chosen(equilibrium.eps),
        chosen(equilibrium.rates),
        equilibrium.energy[samples],
        Relaxation(r.converged[samples], r.residual[samples], r.iterations, r.message),
    )


def replaced(equilibrium: Equilibrium, samples: Ints, others: Equilibrium) -> Equilibrium:
    """The equilibrium with some samples, by number, taken from others, one for each; the message stays."""

    def with_others(before: Floats, other: Floats) -> Floats:
        out = before.copy()
        out[samples] = other
        return out

    def layers(name: str) -> tuple[Floats, ...]:
        return tuple(map(with_others, getattr(equilibrium, name), getattr(others, name)))

    r = equilibrium.relaxation
    converged = r.converged.copy()
    converged[samples] = others.relaxation.converged
    return Equilibrium(
        layers("activities"),
        layers("predictions"),
        layers("eps"),
        layers("rates"),
        with_others(equilibrium.energy, others.energy),
        replace(r, converged=converged, residual=with_others(r.residual, others.relaxation.residual)),
    )
