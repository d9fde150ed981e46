"""The strategies that find operating points, in the order in which they are tried."""

from __future__ import annotations

from analog_pc.simulators.native.nonlinear_solve.block_newton import LEAST_SAMPLES, compile_block_newton
from analog_pc.simulators.native.nonlinear_solve.problem import Problem, SolveState, Strategy
from analog_pc.simulators.native.nonlinear_solve.slow_flow import compile_contraction
from analog_pc.simulators.native.nonlinear_solve.strategies.follow_slow_flow import FollowSlowFlow
from analog_pc.simulators.native.nonlinear_solve.strategies.follow_transient import FollowTransient
from analog_pc.simulators.native.nonlinear_solve.strategies.newton_from_guess import NewtonFromGuess
from analog_pc.simulators.native.nonlinear_solve.strategies.sharpen_diodes import (
    SharpenAmongOthers,
    SharpenDiodes,
    reject_unbalanced,
)
from analog_pc.simulators.native.nonlinear_solve.strategies.step_sources import StepSources

STRATEGIES: tuple[Strategy, ...] = (
    SharpenDiodes(),
    NewtonFromGuess(),
    FollowSlowFlow(),
    FollowTransient(),
    StepSources(),
    SharpenAmongOthers(),
)


def compile_kernels(samples: int) -> None:
    """Compile what a batch needs at once, or load it: once for an installation, before a time limit starts.

    The walk is compiled when a sample needs it.
    """
    compile_contraction()
    if samples >= LEAST_SAMPLES:
        compile_block_newton()


def solve(problem: Problem) -> SolveState:
    """Try every strategy that applies, in order, on the samples that are left."""
    state = SolveState.initial(problem)
    for strategy in STRATEGIES:
        if state.found.all():
            break
        if strategy.applies(problem):
            strategy.step(problem, state)
    reject_unbalanced(problem, state)
    return state
