"""Netlists to run by hand, to edit, and to check (`netlist_check`)."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from analog_pc.circuit import Outcome, Solution
from analog_pc.compiler import CompiledGraph, CompiledNetwork
from analog_pc.errors import SimulationFailed
from analog_pc.files import npz_content, read_bytes, write_together
from analog_pc.pcn.network_file import network_arrays
from analog_pc.simulators import Simulator
from analog_pc.simulators.spice import single_sample_deck
from analog_pc.technology.non_idealities import present
from analog_pc.verification.netlist_check.leftovers import with_leftovers
from analog_pc.verification.netlist_check.probes_file import (
    SCHEMA,
    VERSION,
    NetworkFacts,
    Probes,
    sha256,
    to_json,
)
from analog_pc.verification.netlist_check.reference import expected, layers_of

# Outcomes whose operating point a deck may start from: a saturated circuit is in equilibrium too.
_AT_REST = (Outcome.CONVERGED, Outcome.SATURATED)

FILES = ("network.cir", "probes.json")  # of a sample's netlist
_MOST_NETWORK = 2**32  # bytes; the file has been read already


def sample_deck(compiled: CompiledNetwork | CompiledGraph, simulator: Simulator) -> str:
    """The operating point of the first sample as one deck with ``.nodeset`` lines.

    It starts from the operating point that `simulator` finds: in a transient from the forward state, or, with
    the input of a chain alone clamped, by its search from there.  Without one it starts from the forward
    state, and ngspice searches on its own.
    """
    return _deck(compiled, _operating_point(compiled, simulator))


def write_sample_netlist(
    folder: Path, compiled: CompiledNetwork, simulator: Simulator, network_file: Path | None = None
) -> None:
    """`network.cir` and `probes.json` of the first sample, both or none; the folder is made if it is missing.

    Parameters
    ----------
    network_file
        Where the network came from; None: it was made in this run.

    Raises
    ------
    BadInput
        For files that cannot be written.
    """
    found = _operating_point(compiled, simulator)
    deck = _deck(compiled, found).encode()
    probes = _probes(compiled, found, simulator.name, deck, network_file)
    if present(compiled.design.technology):
        probes = with_leftovers(probes, compiled, simulator)
    folder.mkdir(parents=True, exist_ok=True)
    write_together(folder, dict(zip(FILES, (deck, to_json(probes).encode()), strict=True)))


def _deck(compiled: CompiledNetwork | CompiledGraph, found: Solution | None) -> str:
    stimuli = {name: volts[0] for name, volts in compiled.operating_point((0,)).stimuli.items()}
    if found is None:
        return single_sample_deck(compiled.circuit, stimuli, compiled.start(0))
    volts = dict(zip(found.nodes, found.volts[0].tolist(), strict=True))
    return single_sample_deck(compiled.circuit, stimuli, equilibrium=volts)


def _operating_point(compiled: CompiledNetwork | CompiledGraph, simulator: Simulator) -> Solution | None:
    by_relaxation = isinstance(compiled, CompiledGraph) or compiled.clamps.beyond_input
    point = compiled.operating_point((0,), by_relaxation=by_relaxation, every_node=True)
    try:
        found = simulator.simulate(compiled.circuit, point)
    except SimulationFailed:
        return None
    return found if found.status.outcome in _AT_REST else None


def _probes(
    compiled: CompiledNetwork, found: Solution | None, simulator: str, deck: bytes, network_file: Path | None
) -> Probes:
    network = compiled.network
    names = compiled.probes
    reference, nodes = expected(compiled, found, simulator)
    if network_file is None:
        content: bytes | memoryview = npz_content(**network_arrays(network))
    else:
        content = read_bytes(network_file, _MOST_NETWORK)
    return Probes(
        schema=SCHEMA,
        schema_version=VERSION,
        package=f"analog-pc {version('analog-pc')}",
        technology=compiled.design.technology.name,
        network=NetworkFacts(sizes=network.sizes, activation=network.activation, sha256=sha256(content)),
        netlist_sha256=sha256(deck),
        volts_per_unit=compiled.scales.activity,
        seconds_per_unit=compiled.scales.seconds,
        activities=names.activities,
        predictions=names.predictions,
        eps=names.eps,
        reference=reference,
        nodes=nodes,
        layers=layers_of(compiled),
    )
