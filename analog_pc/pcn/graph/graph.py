"""A predictive coding graph: populations, the projections between them, no algorithm.

With f of the source of each projection p into v::

    mu_v = sum_p W_p f(x_source) + b_p                eps_v = x_v - mu_v
    E    = sum_v 1/2 eps_v^T Pi_v eps_v + 1/2 sum_i leak_vi (x_vi - prior_vi)^2

    source o--[ f ]--[ W_p, b_p ]--( + )-- mu_v --/\\/\\/-- x_v      one spring (precision) a unit
                other projections --'                   |
                                            prior --/\\/\\/--'        and its leak
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from scipy.sparse.csgraph import connected_components

from analog_pc.activations import Activation, activation
from analog_pc.arrays import Any, ArrayLike, Bools, Floats, Ints, is_whole
from analog_pc.errors import BadInput
from analog_pc.numeric import check_truth
from analog_pc.pcn.graph.checks import as_feedback, as_name, as_pattern, as_precision, as_vector
from analog_pc.pcn.parameters import MOST_UNITS, finite_array

KINDS = ("dense", "identity", "block", "convolution")
FEEDBACKS = ("transpose", "none")


@dataclass(frozen=True, eq=False, kw_only=True)
class Population:
    """Units that share a name, an activation and a spring each to their prediction.

    Parameters
    ----------
    name
        Letters, digits and "_", by which clamps, projections and circuit nodes call it.
    size
        Number of units.
    activation
        Name of f, as for `PredictiveCodingNetwork`: what its projections see is f(x).
    precision
        Pi: one number, one a unit [size], or a symmetric positive definite matrix [size, size].  It has no
        effect on a population that nothing predicts.
    leak
        Stiffness that pulls x to its prior, >= 0: one number, or one a unit.
    prior
        Where the leak pulls to: one number, or one a unit.

    Raises
    ------
    BadInput
        For an unusable name or size, an unknown activation, a precision that is not positive (definite), a
        negative leak, shapes that do not fit.

    Examples
    --------
    >>> from analog_pc import Population
    >>> Population(name="hidden", size=3, activation="tanh", precision=2.0).pi
    array([2., 2., 2.])
    """

    name: str
    size: int
    activation: str = "identity"
    precision: ArrayLike = 1.0
    leak: ArrayLike = 0.0
    prior: ArrayLike = 0.0

    pi: Floats = field(init=False, repr=False)  # [size], or [size, size]
    leaks: Floats = field(init=False, repr=False)  # [size]
    priors: Floats = field(init=False, repr=False)  # [size]

    def __post_init__(self) -> None:
        name = as_name("a population", self.name)
        if not is_whole(self.size) or self.size < 1:
            raise BadInput(f"population {name}: size is {self.size!r}, must be a whole number >= 1")
        if self.size > MOST_UNITS:
            raise BadInput(f"population {name}: size is {self.size}, must be at most {MOST_UNITS}")
        activation(self.activation)
        set_ = object.__setattr__
        set_(self, "pi", as_precision(f"population {name}: precision", self.precision, self.size))
        set_(self, "leaks", as_vector(f"population {name}: leak", self.leak, self.size))
        set_(self, "priors", as_vector(f"population {name}: prior", self.prior, self.size))
        if (self.leaks < 0.0).any():
            raise BadInput(f"population {name}: leak is {float(self.leaks.min())!r}, must be >= 0")

    @property
    def f(self) -> Activation:
        """Its activation function."""
        return activation(self.activation)

    @property
    def precision_matrix(self) -> Floats:
        """Pi, [size, size], also where it is diagonal."""
        return np.diag(self.pi) if self.pi.ndim == 1 else self.pi

    def weighted(self, eps: Floats) -> Floats:
        """Pi eps of samples [samples, size]."""
        return eps * self.pi if self.pi.ndim == 1 else np.asarray(eps @ self.pi)


@dataclass(frozen=True, eq=False, kw_only=True)
class Projection:
    """Weights from the activities of one population to the prediction of another, or of the same one.

    Parameters
    ----------
    source, target
        Names of populations.
    weight
        W [post, pre], unrolled for every kind; None for ``kind="identity"``.
    bias
        b [post]; None: 0.
    feedback
        What stands for W on the way back: "transpose" (W itself: the flow is a gradient flow), "none", or a
        matrix [post, pre].
    kind
        "dense", "identity" (W = 1, a buffer), "block" (block-diagonal) or "convolution" (`unrolled`).
    plastic
        Whether learning changes the weights.
    gain
        (population, unit): W f(x_source) is multiplied by the activity of that unit; the bias is not.
    pattern
        Of "block" and "convolution", whole numbers [post, pre]: -1 where there is no device, and entries of
        the same number are copies of one shared value.  None: a device where W is not 0, nothing shared.
    name
        By which updates and files call it; "source->target" by default.

    Raises
    ------
    BadInput
        For an unknown kind or feedback, shapes that do not fit, weights that do not keep the pattern.

    Examples
    --------
    >>> from analog_pc import Projection
    >>> Projection(source="hidden", target="output", weight=[[1.0, 2.0]]).name
    'hidden->output'
    """

    source: str
    target: str
    weight: ArrayLike | None = None
    bias: ArrayLike | None = None
    feedback: str | ArrayLike = "transpose"
    kind: str = "dense"
    plastic: bool = True
    gain: tuple[str, int] | None = None
    pattern: ArrayLike | None = None
    name: str = ""

    W: Floats | None = field(init=False, repr=False)  # None: identity
    b: Floats | None = field(init=False, repr=False)
    back: Floats | None = field(init=False, repr=False)  # a feedback matrix of its own [post, pre]
    shared: Ints | None = field(init=False, repr=False)  # the pattern of a block or convolution

    def __post_init__(self) -> None:
        source = as_name("the source of a projection", self.source)
        target = as_name("the target of a projection", self.target)
        set_ = object.__setattr__
        if isinstance(self.name, str) and self.name == "":
            set_(self, "name", f"{source}->{target}")
        if not isinstance(self.name, str) or not self.name.isprintable() or " " in self.name:
            raise BadInput(f"projection name {self.name!r}: must be printable text without spaces")
        where = f"projection {self.name}"
        if not isinstance(self.kind, str) or self.kind not in KINDS:
            raise BadInput(f"{where}: unknown kind {self.kind!r}, use one of {', '.join(KINDS)}")
        check_truth(f"{where}: plastic", self.plastic)
        if (self.weight is None) != (self.kind == "identity"):
            raise BadInput(
                f"{where}: kind {self.kind} {'needs a' if self.weight is None else 'has no'} weight"
            )
        weight = None if self.weight is None else finite_array(f"{where}: weight", self.weight, 2)
        set_(self, "W", weight)
        set_(self, "b", None if self.bias is None else finite_array(f"{where}: bias", self.bias, 1))
        set_(self, "back", as_feedback(where, self.feedback, FEEDBACKS))
        set_(self, "gain", self._checked_gain(where))
        set_(self, "shared", as_pattern(where, self.kind, weight, self.pattern))

    def _checked_gain(self, where: str) -> tuple[str, int] | None:
        if self.gain is None:
            return None
        try:
            population, unit = self.gain
        except (TypeError, ValueError):
            raise BadInput(f"{where}: gain is {self.gain!r}, expected (population, unit)") from None
        if not is_whole(unit):
            raise BadInput(f"{where}: gain unit {unit!r} must be a whole number")
        return as_name(f"the gain of {where}", population), int(unit)

    @property
    def devices(self) -> Bools | None:
        """Which entries of W are devices [post, pre]; None: all of them (dense), or none (identity)."""
        return None if self.shared is None else self.shared >= 0


class PredictiveCodingGraph:
    """Populations and the projections between them; cycles and self-projections are allowed.

    Parameters
    ----------
    populations
        In the order of all results.
    projections
        Each between two of the populations.

    Raises
    ------
    BadInput
        For no population, names that stand twice or for nothing, shapes that do not fit.

    Examples
    --------
    >>> from analog_pc import Population, PredictiveCodingGraph, Projection
    >>> populations = [Population(name="cause", size=1, leak=1.0), Population(name="data", size=2)]
    >>> projection = Projection(source="cause", target="data", weight=[[1.0], [1.0]])
    >>> PredictiveCodingGraph(populations, [projection])
    <PredictiveCodingGraph cause 1, data 2; 1 projection>
    """

    def __init__(self, populations: Sequence[Population], projections: Sequence[Projection]) -> None:
        try:
            self.populations = tuple(populations)
            self.projections = tuple(projections)
        except TypeError:
            raise BadInput("a graph takes a list of populations and a list of projections") from None
        for what, kind, several in (
            ("populations", Population, self.populations),
            ("projections", Projection, self.projections),
        ):
            for one in several:
                if not isinstance(one, kind):
                    raise BadInput(f"{what} of a graph: got {type(one).__name__}, expected {kind.__name__}")
            names = [one.name for one in several]
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise BadInput(f"{what} named {', '.join(twice)} twice: give each a name of its own")
        if not self.populations:
            raise BadInput("a graph needs at least one population, got none")
        self._indices = {population.name: k for k, population in enumerate(self.populations)}
        for projection in self.projections:
            self._check(projection)

    def _check(self, p: Projection) -> None:
        where = f"projection {p.name}"
        for name in (p.source, p.target, *(p.gain or ())[:1]):
            if name not in self._indices:
                raise BadInput(f"{where}: no population {name!r}; there are {', '.join(self.names)}")
        pre = self.population(p.source).size
        post = self.population(p.target).size
        if p.kind == "identity" and pre != post:
            raise BadInput(f"{where}: an identity joins equal sizes, got {p.source} {pre}, {p.target} {post}")
        for what, matrix in (("weight", p.W), ("feedback", p.back)):
            if matrix is not None and matrix.shape != (post, pre):
                raise BadInput(
                    f"{where}: {what} has shape {matrix.shape}, expected [post, pre] {(post, pre)}"
                )
        if p.b is not None and p.b.shape != (post,):
            raise BadInput(f"{where}: bias has shape {p.b.shape}, expected {(post,)}")
        if p.gain is not None and p.gain[1] not in range(self.population(p.gain[0]).size):
            raise BadInput(
                f"{where}: gain unit {p.gain[1]}, {p.gain[0]} has {self.population(p.gain[0]).size}"
            )

    def __repr__(self) -> str:
        populations = ", ".join(f"{p.name} {p.size}" for p in self.populations)
        plural = "" if len(self.projections) == 1 else "s"
        return f"<PredictiveCodingGraph {populations}; {len(self.projections)} projection{plural}>"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the populations."""
        return tuple(p.name for p in self.populations)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of units of each population."""
        return tuple(p.size for p in self.populations)

    def index(self, name: str) -> int:
        """Place of a population in all results; `BadInput` lists the names."""
        try:
            return self._indices[name]
        except (KeyError, TypeError):
            raise BadInput(f"no population {name!r}; there are {', '.join(self.names)}") from None

    def population(self, name: str) -> Population:
        """The population of a name."""
        return self.populations[self.index(name)]

    def projection(self, name: str) -> Projection:
        """The projection of a name; `BadInput` lists the names."""
        for one in self.projections:
            if one.name == name:
                return one
        raise BadInput(f"no projection {name!r}; there are {', '.join(p.name for p in self.projections)}")

    # --- the projections in arrays, in their order

    @cached_property
    def sources(self) -> tuple[int, ...]:
        """Index of the source of each projection."""
        return tuple(self._indices[p.source] for p in self.projections)

    @cached_property
    def targets(self) -> tuple[int, ...]:
        """Index of the target of each projection."""
        return tuple(self._indices[p.target] for p in self.projections)

    @cached_property
    def gains(self) -> tuple[tuple[int, int] | None, ...]:
        """Index of the population and unit whose activity multiplies each projection, or None."""
        return tuple(
            None if p.gain is None else (self._indices[p.gain[0]], p.gain[1]) for p in self.projections
        )

    @cached_property
    def weights(self) -> tuple[Floats, ...]:
        """W of each projection, [post, pre]; the unit matrix of an identity."""
        return tuple(
            np.eye(self.sizes[t]) if p.W is None else p.W
            for p, t in zip(self.projections, self.targets, strict=True)
        )

    @cached_property
    def feedback(self) -> tuple[Floats, ...]:
        """What stands for W on the way back, [post, pre]; 0 where there is none."""
        return tuple(
            p.back if p.back is not None else weight if p.feedback == "transpose" else 0.0 * weight
            for p, weight in zip(self.projections, self.weights, strict=True)
        )

    @cached_property
    def symmetric(self) -> bool:
        """Whether all feedback is the transpose of its weights: relaxation is a gradient flow of E."""
        return all(np.array_equal(w, b) for w, b in zip(self.weights, self.feedback, strict=True))

    @cached_property
    def predicted(self) -> tuple[bool, ...]:
        """Whether any projection ends on each population: others have neither mu nor eps."""
        return tuple(k in self.targets for k in range(len(self.populations)))

    # --- the graph

    @cached_property
    def adjacency(self) -> Bools:
        """Whether population j predicts population i, or the gain of a projection to it, [i, j]."""
        found = np.zeros((len(self.populations), len(self.populations)), dtype=np.bool_)
        for source, target, gain in zip(self.sources, self.targets, self.gains, strict=True):
            found[target, source] = True
            if gain is not None:
                found[target, gain[0]] = True
        return found

    @cached_property
    def on_cycle(self) -> tuple[bool, ...]:
        """Whether each population predicts itself, directly or through others."""
        _, component = connected_components(self.adjacency, connection="strong")
        several = np.bincount(component)[component] > 1
        return tuple((several | self.adjacency.diagonal()).tolist())

    @property
    def acyclic(self) -> bool:
        """Whether no population predicts itself."""
        return not any(self.on_cycle)

    @cached_property
    def order(self) -> tuple[int, ...]:
        """Populations, sources first: the topological order, in which those on a cycle wait for nothing."""
        waits = self.adjacency & ~np.array(self.on_cycle)[:, None]
        found: list[int] = []
        left = list(range(len(self.populations)))
        while left:
            ready = [k for k in left if not waits[k, left].any()]
            found += ready
            left = [k for k in left if k not in ready]
        return tuple(found)

    def with_parameters(
        self, weights: Mapping[str, ArrayLike], biases: Mapping[str, ArrayLike] | None = None
    ) -> PredictiveCodingGraph:
        """The same graph with other weights [post, pre] and biases [post] of the projections named."""
        changed: dict[str, dict[str, Any]] = {}
        for name, values in weights.items():
            changed.setdefault(self.projection(name).name, {})["weight"] = values
        for name, values in (biases or {}).items():
            changed.setdefault(self.projection(name).name, {})["bias"] = values
        projections = [replace(p, **changed.get(p.name, {})) for p in self.projections]
        return PredictiveCodingGraph(self.populations, projections)
