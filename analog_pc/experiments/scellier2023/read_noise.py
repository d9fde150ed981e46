"""Read noise: every voltage that is read to learn is off by a random amount, anew in each state and sample.

On a resistive network these are the voltages of nodes that are not sources, in both states of a rule, and o*;
on a predictive coding network the prediction errors and the activities on the lines, whose inputs are driven
by sources and are known.  The networks themselves settle without noise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.mapping import Scales
from analog_pc.pcn.learning import Factors, LearningRule, LearningWeights
from analog_pc.resistive import Load, ResistiveEquilibrium, ResistiveNetwork, settle


@dataclass(frozen=True)
class NoisyReading:
    """A solver for `contrastive_gradient`: the exact equilibrium, read with noise of `sigma` units, rms."""

    sigma: float
    rng: np.random.Generator

    def __call__(
        self,
        network: ResistiveNetwork,
        inputs: ArrayLike,
        load: Load | None = None,
        start: ResistiveEquilibrium | None = None,
    ) -> ResistiveEquilibrium:
        found = settle(network, inputs, load, start)
        sources, *moving = found.voltages
        read = [v + self.sigma * self.rng.normal(size=v.shape) for v in moving]
        return replace(found, voltages=(sources, *read))


@dataclass(frozen=True)
class NoisyFactors:
    """A learning rule whose factors are read with noise of `volts`, rms.

    Parameters
    ----------
    rule
        The rule.
    volts
        Of the noise.
    scales
        Volts per unit of the network that learns.
    rng
        Draws the noise.
    """

    rule: LearningRule
    volts: float
    scales: Callable[[], Scales]
    rng: np.random.Generator

    @property
    def name(self) -> str:
        """The rule's own."""
        return self.rule.name

    def updates(self, weights: LearningWeights, inputs: Floats, targets: Floats) -> Iterator[Factors]:
        """The rule's updates, read with noise."""
        for factors in self.rule.updates(weights, inputs, targets):
            yield with_noise(factors, self.volts, self.scales(), self.rng)


def with_noise(factors: Factors, volts: float, scales: Scales, rng: np.random.Generator) -> Factors:
    """Factors of predictive coding with precision 1, read with noise: eps, and all f(x) but the inputs."""
    post = tuple(
        e + volts / v * rng.normal(size=e.shape)
        for e, v in zip(factors.post, scales.activity[1:], strict=True)
    )
    first, *others = factors.pre
    pre = tuple(
        f + volts / u * rng.normal(size=f.shape) for f, u in zip(others, scales.rate[1:], strict=True)
    )
    return factors._replace(post=post, pre=(first, *pre))
