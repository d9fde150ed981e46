"""Rests of a chain with an error path of its own, between a clamped input and a clamped output.

The chain of the predictions V_l = M_l W_l, c_l = M_l b_l, with B_l^T in place of V_l on the way back and
perhaps a constant gate, is a graph whose flow is no gradient flow: everything but the search for the rest,
which is compiled, is that graph's.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analog_pc.arrays import ArrayLike, Floats
from analog_pc.errors import BadInput
from analog_pc.pcn.clamps import Clamps, make_clamps
from analog_pc.pcn.compiled.search import relax_chain
from analog_pc.pcn.equilibrium import Equilibrium
from analog_pc.pcn.feedback.error_path import ErrorPath
from analog_pc.pcn.graph.graph import PredictiveCodingGraph
from analog_pc.pcn.graph.landscape import GraphLandscape
from analog_pc.pcn.graph.stability import stability_checked
from analog_pc.pcn.network import PredictiveCodingNetwork
from analog_pc.pcn.parameters import check_kind
from analog_pc.pcn.search import chosen_search


def path_landscape(network: PredictiveCodingNetwork, path: ErrorPath, clamps: Clamps) -> GraphLandscape:
    """The flow of a chain with its error path: what pulls at its activities, and -d(dx/dt)/dx.

    Parameters
    ----------
    network, path
        As for `relax_on_path`.
    clamps
        Of its layers.

    Raises
    ------
    BadInput
        For feedback weights or mixing matrices that do not fit the network.
    """
    graph = path.predictive(network).graph
    if not path.is_transpose:
        back = path.feedback_of(network)
        projections = [replace(p, feedback=b) for p, b in zip(graph.projections, back, strict=True)]
        graph = PredictiveCodingGraph(graph.populations, projections)
    return GraphLandscape(graph, clamps, path.gate)


@np.errstate(over="ignore", invalid="ignore")  # an overflow ends as "not at rest", in words
def relax_on_path(
    network: PredictiveCodingNetwork,
    path: ErrorPath,
    inputs: ArrayLike,
    targets: ArrayLike,
    *,
    tolerance: float = 1e-11,
    max_iterations: int = 2000,
    follow: bool = True,
) -> Equilibrium:
    """The rest of a chain with its own error path, between a clamped input and a clamped output.

    Parameters
    ----------
    network
        Weights W, biases, smooth activation and precisions.
    path
        Feedback weights, gate and mixing.
    inputs, targets
        [samples, n_0] and [samples, n_L].
    tolerance, max_iterations
        As for `analog_pc.relax`.
    follow
        Implicit Euler steps along the flow, each at most `REACH` of the largest activity, so that the rest is
        the one that the flow ends in, and its stability is checked.  False goes straight to a near root, as
        training does: many times faster; where there are several rests it may find another one, or one that
        the flow leaves (see `margins`).

    Returns
    -------
    Equilibrium
        Predictions are M mu where there is mixing; samples that found no rest are not converged.

    Raises
    ------
    BadInput
        For shapes that do not fit, values that are not finite, or an activation with kinks.

    Examples
    --------
    >>> from analog_pc.pcn import PredictiveCodingNetwork
    >>> from analog_pc.pcn.feedback import ErrorPath, relax_on_path
    >>> network = PredictiveCodingNetwork([[[1.0]], [[1.0]]], activation="identity")
    >>> path = ErrorPath(feedback=[[[1.0]], [[3.0]]])
    >>> relax_on_path(network, path, [[1.0]], [[2.0]]).activities[1]
    array([[1.75]])
    """
    check_kind("relax_on_path", network, PredictiveCodingNetwork, "use relax for a graph")
    search = chosen_search(tolerance, max_iterations, follow)
    clamps = make_clamps(network, inputs, targets)
    if any(network.activation_of(layer).kinks for layer in range(1, network.depth)):
        raise BadInput(
            f"error path: activation {network.activation!r} has kinks, use a smooth one such as tanh"
        )
    back = None if path.is_transpose else path.feedback_of(network)
    found = relax_chain(path.predictive(network), clamps, search, back, path.gate)
    return stability_checked(path_landscape(network, path, clamps), found, tolerance) if follow else found


def margins(network: PredictiveCodingNetwork, path: ErrorPath, equilibrium: Equilibrium) -> Floats:
    """Rate of the slowest mode at a rest between clamped input and output, in units of g_s / C, [samples].

    It is the smallest real part of an eigenvalue of ``-d(dx/dt)/dx``: positive where the rest is stable,
    negative where the circuit leaves it.  With the transpose and f' it is the smallest eigenvalue of the
    Hessian of E.

    Parameters
    ----------
    network, path
        As for `relax_on_path`.
    equilibrium
        What it gave.
    """
    x = list(equilibrium.activities)
    landscape = path_landscape(network, path, make_clamps(network, x[0], x[-1]))
    return np.asarray(np.linalg.eigvals(landscape.stiffness_matrix(landscape.state(x))).real.min(axis=1))


def loop_margin(weights: Floats, feedback: Floats, slope: float, gate: float | None = None) -> float:
    """The margin of one hidden layer at zero error, all its slopes alike: min Re eig(1 + gate slope B W).

    Parameters
    ----------
    weights, feedback
        W and what stands for it on the way back, [post, pre]; B = feedback^T.
    slope
        f' of every hidden unit, at most 0.25 for a sigmoid and 1 for tanh.
    gate
        Gate of the feedback; None: the slope, as in predictive coding.
    """
    # The nonzero eigenvalues of B W [pre, pre] are those of W B [post, post]; the others are 0.
    around = np.linalg.eigvals(weights @ feedback.T).real
    least = float(around.min())
    around_once = slope * (slope if gate is None else gate)
    return 1.0 + around_once * (least if len(weights) >= weights.shape[1] else min(least, 0.0))
