"""The ideal reference: predictive coding networks in float64.  It knows no electricity."""

from analog_pc.pcn.accuracy import Accuracy, accuracy_of
from analog_pc.pcn.clamps import Clamps, make_clamps
from analog_pc.pcn.equilibrium import Equilibrium, Relaxation
from analog_pc.pcn.finite import relax_for
from analog_pc.pcn.graph.backpropagation import fixed_prediction, zero_divergence_update
from analog_pc.pcn.graph.graph import Population, PredictiveCodingGraph, Projection
from analog_pc.pcn.graph.graph_file import load_graph, save_graph
from analog_pc.pcn.graph.learning import ProjectionUpdate, graph_update, updated
from analog_pc.pcn.graph.levels import levelled, levels
from analog_pc.pcn.graph.trajectory import graph_energy, relax_trajectory
from analog_pc.pcn.graph.unrolling import (
    Unrolled,
    WeightCount,
    count_weights,
    unrolled_blocks,
    unrolled_convolution,
)
from analog_pc.pcn.learning import LEARNING_RULES, Update, backprop_update, hebbian_update
from analog_pc.pcn.network import PredictiveCodingNetwork, random_network
from analog_pc.pcn.network_file import load_network, save_network
from analog_pc.pcn.relax import relax

__all__ = [
    "LEARNING_RULES",
    "Accuracy",
    "Clamps",
    "Equilibrium",
    "Population",
    "PredictiveCodingGraph",
    "PredictiveCodingNetwork",
    "Projection",
    "ProjectionUpdate",
    "Relaxation",
    "Unrolled",
    "Update",
    "WeightCount",
    "accuracy_of",
    "backprop_update",
    "count_weights",
    "fixed_prediction",
    "graph_energy",
    "graph_update",
    "hebbian_update",
    "levelled",
    "levels",
    "load_graph",
    "load_network",
    "make_clamps",
    "random_network",
    "relax",
    "relax_for",
    "relax_trajectory",
    "save_graph",
    "save_network",
    "unrolled_blocks",
    "unrolled_convolution",
    "updated",
    "zero_divergence_update",
]
