"""The reference of samples that a circuit ends far from: the flow of the network, followed in shorter steps.

`relax` follows the flow in implicit Euler steps, and takes the wrong turn in 1 of 1,000 samples of leaky
rectifiers with precisions over three decades. Shorter steps decide whether it did; they know nothing of
the circuit.
"""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Bools, Ints
from analog_pc.compiler import CompiledNetwork
from analog_pc.pcn import Equilibrium
from analog_pc.pcn.equilibrium import replaced, take
from analog_pc.pcn.relax import SHORTER, relax_in_short_steps
from analog_pc.simulators.settling import listed

# A distance from the reference, of the largest activity, that no finite gain explains: another equilibrium.
ELSEWHERE = 1e-3


def elsewhere(ideal: Equilibrium, other: Equilibrium) -> Bools:
    """Samples whose activities differ from the reference by what no finite gain explains, or are not finite.

    Both of the same samples and layers; [samples].
    """
    far = np.zeros(ideal.samples, dtype=np.bool_)
    for a, b in zip(ideal.activities, other.activities, strict=True):
        size = np.abs(a).max(initial=0.0)
        far |= ~(np.abs(a - b).max(axis=1, initial=0.0) <= ELSEWHERE * max(1.0, float(size)))
    return far


def reference_again(
    compiled: CompiledNetwork, ideal: Equilibrium, circuit: Equilibrium
) -> tuple[Equilibrium, tuple[str, ...]]:
    """The reference, with samples that the circuit ends far from followed again, and what came of it.

    Parameters
    ----------
    compiled
        The circuit.
    ideal, circuit
        What `relax` and `decode` gave.
    """
    far = np.flatnonzero(elsewhere(ideal, circuit) & circuit.relaxation.converged)
    if len(far) == 0:
        return ideal, ()
    again = relax_in_short_steps(compiled.network, compiled.clamps.some(far))
    moved = elsewhere(take(ideal, far), again) & again.relaxation.converged
    reference = replaced(ideal, far[moved], take(again, moved))
    still = far[elsewhere(take(reference, far), take(circuit, far))]
    notes = []
    if moved.any():
        notes.append(
            f"{_named(far[moved])}: in steps {SHORTER} times shorter the reference relaxes to another "
            "equilibrium than at first, which is the one compared"
        )
    if len(still):
        notes.append(
            f"{_named(still)}: more than {ELSEWHERE:.1%} of full scale from the reference, also where that "
            f"relaxes in steps {SHORTER} times shorter"
        )
    return reference, tuple(notes)


def _named(samples: Ints) -> str:
    return f"sample{'s' * (len(samples) > 1)} {listed(samples.tolist())}"
