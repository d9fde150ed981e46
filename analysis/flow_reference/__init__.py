"""An own integration of the flow of small networks, to judge operating points by."""

from flow_reference.networks import SEED, Problem, draw
from flow_reference.rest import FlowRest, flow_rest, follow, forward_state, free_activities

__all__ = ["SEED", "FlowRest", "Problem", "draw", "flow_rest", "follow", "forward_state", "free_activities"]
