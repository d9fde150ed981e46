"""How long the circuit takes to settle: a transient where it is affordable, its modes where not."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.linalg
from scipy.sparse.linalg import LinearOperator, eigs

from analog_pc.arrays import Floats, Ints
from analog_pc.circuit import Circuit, Solution
from analog_pc.compiled.threads import single_threaded_blas
from analog_pc.compiler import CompiledNetwork
from analog_pc.errors import SimulationFailed
from analog_pc.si import si
from analog_pc.simulators import Native
from analog_pc.verification.transient import last_crossing

LEVEL = 0.01  # of the largest move: what counts as settled
DECAYS = 9.0  # of the slowest mode that a transient lasts: exp(-9) is a hundredth of LEVEL
# Local truncation of the transient over full scale, a hundredth of LEVEL: it decides when, not where to.
PRECISION = 1e-4
TRANSIENT_STATES = 700  # a transient costs some n^3 per length of a step: seconds up to here
EVERY_SAMPLE_STATES = 100  # with more, only the sample with the slowest mode has a transient
EVERY_MODE_STATES = 300  # all eigenvalues cost 25 n^3, those nearest to 0 n^3
SLOWEST = 24  # modes nearest to 0 that are found where there are more states


@dataclass(frozen=True)
class Settled:
    """Seconds until all free value nodes of the slowest sample are settled, and how that was found.

    Settled: within `LEVEL` of the largest move.  inf where a mode grows: the circuit does not settle.  With
    `bound` it is the time in which a move along the slowest mode alone decays; a move that has less of that
    mode settles sooner, so this is no estimate but a linear bound.
    """

    seconds: float
    method: str
    bound: bool = False

    @property
    def text(self) -> str:
        """ "1.2 µs", "at most 3 µs" """
        return ("at most " if self.bound else "") + si(self.seconds, "s")


def settle(
    native: Native,
    circuit: Circuit,
    compiled: CompiledNetwork,
    solution: Solution,
    numbers: Ints,
    transients: bool = True,
) -> Settled:
    """The settling time of the slowest sample of a solution that holds every node.

    A prediction starts with all value nodes at 0 V, learning from the forward state.

    Parameters
    ----------
    circuit
        The circuit of `compiled`, or one that obeys the same analyses.
    solution
        Operating points, found by the native simulator.
    numbers
        Which samples of `compiled` they belong to.
    transients
        False: the linear bound, which takes a fraction of the time.
    """
    states = native.model(circuit).n_states
    with single_threaded_blas():
        margins = [margin(jacobian) for jacobian in native.jacobians(circuit, solution)]
    slowest = int(np.argmin(margins))
    rate = margins[slowest]
    if not rate > 0.0:
        return Settled(np.inf, f"does not settle: a mode of sample {slowest} grows at {-rate:.3g} 1/s")
    if np.isinf(rate):
        return Settled(0.0, "nothing holds charge")
    linear = float(np.log(1.0 / LEVEL) / rate)
    kept = "all modes" if states <= EVERY_MODE_STATES else f"the {SLOWEST} slowest modes"
    modes = Settled(linear, f"linear bound: ln(100) / margin of {kept} at the operating point", True)
    if states > TRANSIENT_STATES or not transients:
        return modes
    few = [slowest] if states > EVERY_SAMPLE_STATES else list(range(len(margins)))
    try:
        found = [
            _transient(native, circuit, compiled, int(numbers[k]), solution, k, DECAYS / margins[k])
            for k in few
        ]
    except SimulationFailed:
        return replace(modes, method=f"{modes.method}; a transient failed")
    if np.isnan(found).any():
        return replace(modes, method=f"{modes.method}; a transient ends elsewhere")
    which = f"the slowest of {len(margins)} samples"
    if len(margins) == 1:
        which = "one sample"
    elif len(few) == 1:
        which = f"the sample of {len(margins)} with the slowest mode"
    return Settled(float(np.max(found)), f"transient to {LEVEL:.0%} of the move, {which}")


def margin(jacobian: Floats) -> float:
    """Rate of the slowest mode, 1/s; negative where one grows.

    Of more than `EVERY_MODE_STATES` states the slowest of the `SLOWEST` eigenvalues nearest to 0, by inverse
    iteration: a fast mode that grows is not among them, but is found by the search for operating points.
    """
    n = len(jacobian)
    if n == 0:
        return np.inf
    if n <= EVERY_MODE_STATES:
        return float(-scipy.linalg.eigvals(jacobian, check_finite=False).real.max())
    factor = scipy.linalg.lu_factor(jacobian, check_finite=False)
    inverse = LinearOperator(jacobian.shape, lambda v: scipy.linalg.lu_solve(factor, v, check_finite=False))
    found = eigs(inverse, k=SLOWEST, return_eigenvectors=False, v0=np.ones(n))
    return float(-(1.0 / found).real.max())


def _transient(
    native: Native,
    circuit: Circuit,
    compiled: CompiledNetwork,
    number: int,
    solution: Solution,
    row: int,
    duration: float,
) -> float:
    """Seconds until sample `number`, `row` of the solution, is settled; NaN where it ends elsewhere."""
    start = "forward" if compiled.clamps.beyond_input else "zero"
    duration_tau = duration / compiled.scales.seconds
    analysis = compiled.transient(number, start=start, duration=duration_tau, max_step=duration_tau)
    nodes = tuple(analysis.initial)
    wave = native.simulate(circuit, replace(analysis, save=nodes, precision=PRECISION))
    return crossing(wave.axis, wave.voltage(nodes), solution.voltage(nodes)[row])


def crossing(times: Floats, volts: Floats, end: Floats) -> float:
    """When volts [times, nodes] come within `LEVEL` of the largest move to `end` [nodes] for good, s.

    See `last_crossing`; NaN where it never does.
    """
    move = float(np.abs(volts[0] - end).max(initial=0.0))
    if move == 0.0:
        return 0.0
    return last_crossing(times, np.abs(volts - end).max(axis=1) / move, LEVEL)
