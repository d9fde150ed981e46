"""What every report says of its circuit, and the versions of what computed it."""

from __future__ import annotations

import platform
from importlib.metadata import version

from analog_pc.mapping import Scales
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.si import si
from analog_pc.simulators import Simulator
from analog_pc.technology import Technology

LIBRARIES = ("numpy", "scipy", "numba", "matplotlib", "PySpice")


def versions(*simulators: Simulator) -> dict[str, str]:
    """Versions of Python, of simulators and of the libraries that the numbers depend on."""
    found = {"Python": platform.python_version()}
    found |= {simulator.name: simulator.version() for simulator in simulators}
    return found | {name: version(name) for name in LIBRARIES}


def circuit_facts(network: PredictiveCodingNetwork, technology: Technology, scales: Scales) -> dict[str, str]:
    """Label -> text of the network, its parts and its units."""
    return {
        "network": "-".join(map(str, network.sizes)) + f" {network.activation}",
        "precision": ", ".join(f"{p:g}" for p in network.pi),
        "technology": f"{technology.name}: {technology.source}",
        "volts per unit": scales.text(),
        "C / g_s": si(scales.seconds, "s"),
    }
