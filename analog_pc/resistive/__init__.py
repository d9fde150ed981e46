"""Resistive networks: conductances, diodes and sources, whose energy is the power they dissipate."""

from analog_pc.resistive.contrastive import (
    CONTRASTIVE_RULES,
    ContrastiveRule,
    Gradient,
    adjoint_gradient,
    contrastive_gradient,
    coupled_gradient,
)
from analog_pc.resistive.equations import Load
from analog_pc.resistive.equilibrium import ResistiveEquilibrium, energy, settle
from analog_pc.resistive.network import ResistiveNetwork, random_resistive_network
from analog_pc.resistive.nudging import NUDGES, nudge

__all__ = [
    "CONTRASTIVE_RULES",
    "NUDGES",
    "ContrastiveRule",
    "Gradient",
    "Load",
    "ResistiveEquilibrium",
    "ResistiveNetwork",
    "adjoint_gradient",
    "contrastive_gradient",
    "coupled_gradient",
    "energy",
    "nudge",
    "random_resistive_network",
    "settle",
]
