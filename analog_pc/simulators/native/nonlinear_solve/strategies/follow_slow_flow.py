"""The flow of the states that the start gives, all others at rest beside them (`slow_flow.py`)."""

from __future__ import annotations

from analog_pc.simulators.native.nonlinear_solve.problem import Problem, SolveState


class FollowSlowFlow:
    """All samples at once, by contraction and by implicit Euler steps."""

    def applies(self, problem: Problem) -> bool:
        return bool(problem.held.any())

    def step(self, problem: Problem, state: SolveState) -> None:
        samples = state.left
        flow = problem.model.slow_flow(problem.held)
        outputs = problem.outputs(samples)
        solved = flow.follow(problem.start[samples], problem.u[samples], outputs, problem.deadline)
        if not problem.follows_flow:  # any root near the end of the walk will do
            maps, solver = problem.model.reduced(False)
            solved = solver.solve(maps.inputs.feedforward(None, problem.u[samples]), solved.q)
        state.store(samples, solved)
        # Where no state is fast, the flow of the slow ones is all, and it contracts in what was found.
        certified = bool(flow.implicit.any()) and bool(problem.held.all())
        state.stable[samples] = solved.found & certified & problem.follows_flow
