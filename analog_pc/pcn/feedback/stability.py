"""Whether a rest with an error path of its own is stable: the eigenvalues of -d(dx/dt)/dx."""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.pcn.equilibrium import Equilibrium
from analog_pc.pcn.feedback.error_path import ErrorPath
from analog_pc.pcn.feedback.relax import PathFlow
from analog_pc.pcn.network import PredictiveCodingNetwork


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
    flow = PathFlow(network, path)
    return flow.margins(flow.at(list(equilibrium.activities)))


def loop_margin(weights: Floats, feedback: Floats, slope: float, gate: float | None = None) -> float:
    """The margin of one hidden layer at zero error, all its slopes alike: min Re eig(1 + gate slope B W).

    Parameters
    ----------
    weights, feedback
        W and what stands for it on the way back, [post, pre]; B = feedback^T.
    slope
        f' of every hidden unit: 0.25 is the largest of a sigmoid, 1 that of tanh.
    gate
        Gate of the feedback; None: the slope, as in predictive coding.
    """
    # The nonzero eigenvalues of B W [pre, pre] are those of W B [post, post]; the others are 0.
    around = np.linalg.eigvals(weights @ feedback.T).real
    least = float(around.min())
    around_once = slope * (slope if gate is None else gate)
    return 1.0 + around_once * (least if len(weights) >= weights.shape[1] else min(least, 0.0))
