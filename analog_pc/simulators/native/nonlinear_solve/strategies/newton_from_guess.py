"""Newton's method from the initial guess: the nearest root, wherever the circuit relaxes to."""

from __future__ import annotations

from analog_pc.simulators.native.nonlinear_solve.newton import UNDAMPED_STEPS
from analog_pc.simulators.native.nonlinear_solve.problem import Problem, SolveState


class NewtonFromGuess:
    """Newton's method on the whole circuit at once, where nobody asks for the state that it relaxes to."""

    def applies(self, problem: Problem) -> bool:
        return not problem.follows_flow and bool(problem.held.any())

    def step(self, problem: Problem, state: SolveState) -> None:
        samples = state.left
        maps, solver = problem.model.reduced(False)
        r = maps.inputs.feedforward(None, problem.u[samples])
        state.store(samples, solver.solve(r, problem.outputs(samples), UNDAMPED_STEPS))
