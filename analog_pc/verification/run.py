"""A whole verification: every phase, the parts, the versions."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib.metadata import version

from analog_pc.arrays import Floats
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.simulators import Simulator
from analog_pc.technology import Technology
from analog_pc.verification.parts import parts_of
from analog_pc.verification.phases import PHASES, Progress, check_phases, verify_phase
from analog_pc.verification.results import Verification

LIBRARIES = ("numpy", "scipy", "numba", "matplotlib", "PySpice")


def verify_network(
    network: PredictiveCodingNetwork,
    technology: Technology,
    inputs: Floats,
    targets: Floats | None,
    simulator: Simulator,
    *,
    phases: Sequence[str] = PHASES,
    transient: bool = False,
    title: str = "",
    facts: dict[str, str] | None = None,
    progress: Progress = lambda _: None,
) -> Verification:
    """Verify a network on a batch of stimuli; see `verify_phase` for what is compared and raised."""
    check_phases(phases, targets is not None)
    versions = {"Python": platform.python_version(), simulator.name: simulator.version()}
    versions |= {name: version(name) for name in LIBRARIES}
    results = tuple(
        verify_phase(
            network, technology, p, inputs, targets, simulator, transient=transient, progress=progress
        )
        for p in dict.fromkeys(phases)
    )
    last = results[-1].compiled
    described = {
        "network": "-".join(map(str, network.sizes)) + f" {network.activation}",
        "precision": ", ".join(f"{p:g}" for p in network.pi),
        "technology": f"{technology.name}: {technology.source}",
        "volts per unit": last.scales.text(),
        "C / g_s": f"{last.scales.seconds:g} s",
        "samples": str(len(inputs)),
    }
    return Verification(
        title or described["network"], results, parts_of(last.circuit), versions, described | (facts or {})
    )
