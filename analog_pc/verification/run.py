"""A whole verification: every phase, the parts, the versions."""

from __future__ import annotations

from collections.abc import Sequence

from analog_pc.arrays import Floats
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.reporting.facts import circuit_facts, versions
from analog_pc.simulators import Simulator
from analog_pc.technology import Technology
from analog_pc.verification.parts import parts_table
from analog_pc.verification.phases import PHASES, Progress, check_phases, verify_phase
from analog_pc.verification.results import Verification


def verify_network(
    network: PredictiveCodingNetwork,
    technology: Technology,
    inputs: Floats,
    targets: Floats | None,
    simulator: Simulator,
    *,
    phases: Sequence[str] = PHASES,
    transient: bool = False,
    progress: Progress = lambda _: None,
) -> Verification:
    """Verify a network on a batch of stimuli; see `verify_phase` for what is compared and raised.

    Parameters
    ----------
    network, technology
        What is compiled, and of which parts.
    inputs, targets
        [samples, n_0] and [samples, n_L]; targets None: nothing can be learned.
    simulator
        What solves the circuit.
    phases
        Of `PHASES`.
    transient
        Whether the first sample is relaxed as a waveform too.
    progress
        Is told what is being done.
    """
    check_phases(phases, targets is not None)
    results = tuple(
        verify_phase(
            network, technology, p, inputs, targets, simulator, transient=transient, progress=progress
        )
        for p in dict.fromkeys(phases)
    )
    last = results[-1].compiled
    facts = circuit_facts(network, technology, last.scales) | {"samples": str(len(inputs))}
    return Verification(facts["network"], results, parts_table(last.circuit), versions(simulator), facts)
