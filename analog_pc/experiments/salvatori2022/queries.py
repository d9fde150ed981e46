"""One population of 74 units, all to all: 64 pixels and 10 labels; what it is asked is what is clamped.

::

        +-------[ W, diag 0 ]-------+
        |                           |
    x --+--/\\/\\/-- mu = nu + W (x - nu)         label?    pixels clamped, labels free
                                                image?    labels clamped, pixels free
                                                half?     upper pixels clamped, all else free

Each unit learns to predict itself from all others: at the end its row of W is a least-squares regression.
Relaxation then minimises |M (x - nu)|^2 with M = 1 - W, whose Hessian M^T M is, for W learned to the end,
``Q D^-2 Q`` with Q the inverse covariance and D its diagonal.  A Gaussian of that covariance would have Q
itself: the equilibrium under clamps is not the conditional mean, and the graph a poor classifier.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.datasets import load_digits

from analog_pc.arrays import Bools, Floats, Ints
from analog_pc.pcn import Population, PredictiveCodingGraph, Projection

PIXELS = 64
CLASSES = 10
UNITS = PIXELS + CLASSES
LARGEST = 16.0  # grey level of a white pixel
TRAINED = 1437  # images of the 1797
POPULATION = "units"
KNOWN = {"label": range(PIXELS), "image": range(PIXELS, UNITS), "half": range(PIXELS // 2)}


@dataclass(frozen=True, eq=False)
class Data:
    """Activities of the units, [images, 74], and labels, [images]."""

    train: Floats
    train_labels: Ints
    test: Floats
    test_labels: Ints

    @property
    def mean(self) -> Floats:
        """nu, [74]."""
        return np.asarray(self.train.mean(axis=0))


def load(seed: int) -> Data:
    """scikit-learn's digits, the first 1437 of a permutation to learn from."""
    digits = load_digits()
    units = np.column_stack([digits.data / LARGEST, np.eye(CLASSES)[digits.target]])
    order = np.random.default_rng(seed).permutation(len(units))
    first = order[:TRAINED]
    rest = order[TRAINED:]
    return Data(units[first], digits.target[first], units[rest], digits.target[rest])


def learn(data: Data, steps: int, rate: float) -> Floats:
    """W by the local rule on all images at once, ``dW = rate <eps (x - nu)^T>``, no self-connection."""
    centred = data.train - data.mean
    covariance = centred.T @ centred / len(centred)
    weights = np.zeros((UNITS, UNITS))
    for _ in range(steps):
        weights += rate * (covariance - weights @ covariance)
        np.fill_diagonal(weights, 0.0)
    return weights


def all_to_all(weights: Floats, mean: Floats) -> PredictiveCodingGraph:
    """The graph: one population and its projection to itself."""
    bias = mean - weights @ mean
    itself = Projection(source=POPULATION, target=POPULATION, weight=weights, bias=bias)
    return PredictiveCodingGraph([Population(name=POPULATION, size=UNITS)], [itself])


def known(query: str) -> Bools:
    """Which units a query clamps, [74]; "label", "image" or "half"."""
    return np.isin(np.arange(UNITS), np.array(KNOWN[query]))


def clamps(query: str, values: Floats) -> dict[str, np.ma.MaskedArray]:
    """The clamps of a query for units [samples, 74]."""
    mask = np.broadcast_to(~known(query), values.shape)
    return {POPULATION: np.ma.masked_array(values, mask)}


def questions(query: str, data: Data, images: int) -> Floats:
    """What is asked: test images, or for "image" each label once, [samples, 74]."""
    if query != "image":
        return data.test[:images]
    return np.column_stack([np.zeros((CLASSES, PIXELS)), np.eye(CLASSES)])


def oracle(weights: Floats, mean: Floats, query: str, values: Floats) -> Floats:
    """The equilibrium by a linear solve, [samples, 74]."""
    away = np.eye(UNITS) - weights
    clamped = known(query)
    free = away[:, ~clamped]
    eps = (values - mean)[:, clamped] @ away[:, clamped].T
    found = values.copy()
    found[:, ~clamped] = mean[~clamped] - np.linalg.solve(free.T @ free, free.T @ eps.T).T
    return found


def rates(weights: Floats, query: str) -> Floats:
    """Eigenvalues of the Hessian over the free units, slowest first, in g_s / C."""
    free = (np.eye(UNITS) - weights)[:, ~known(query)]
    return np.asarray(np.linalg.eigvalsh(free.T @ free))


def euler_growth(weights: Floats, query: str, step: float, steps: int) -> float:
    """By how much a distance from the equilibrium grows or shrinks in `steps` of explicit Euler.

    The worst direction: ``max |1 - step rate|^steps`` over the modes.
    """
    return float(np.abs(1.0 - step * rates(weights, query)).max() ** steps)


def ridge_error(data: Data, strength: float) -> float:
    """Test error of ridge regression from the pixels to the labels: the linear baseline."""
    centred = data.train - data.mean
    pixels = centred[:, :PIXELS]
    normal = pixels.T @ pixels + strength * np.eye(PIXELS)
    weights = np.linalg.solve(normal, pixels.T @ centred[:, PIXELS:])
    guessed = (data.test - data.mean)[:, :PIXELS] @ weights + data.mean[PIXELS:]
    return float((guessed.argmax(axis=1) != data.test_labels).mean())


def class_means(data: Data) -> Floats:
    """Mean image of each class, [10, 64]."""
    return np.array([data.train[data.train_labels == c, :PIXELS].mean(axis=0) for c in range(CLASSES)])


def nearest_class(images: Floats, means: Floats) -> Ints:
    """The class whose mean is nearest to each image [images, 64]."""
    return np.asarray(((images[:, None] - means[None]) ** 2).sum(axis=-1).argmin(axis=1))
