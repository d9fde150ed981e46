"""Check of a netlist against the reference in its probes."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np

from analog_pc.arrays import Floats
from analog_pc.errors import BadInput
from analog_pc.simulators import Ngspice
from analog_pc.verification.netlist_check.equations import (
    CLAMP,
    PARTS,
    Place,
    Signals,
    explained,
    local_deviations,
)
from analog_pc.verification.netlist_check.origin import of_another_netlist
from analog_pc.verification.netlist_check.probes_file import CHECKED, Probe, Probes, read_probes, sha256
from analog_pc.verification.netlist_check.simulation import Run, read_netlist, run_netlist

NO_REFERENCE = "no reference: no equilibrium was found when the probes were written"


class Verdict(Enum):
    """Verdict on a node or a netlist: it fails if a node fails, and passes only if every node passes."""

    PASS = "pass"
    FAIL = "fail"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, kw_only=True)
class NodeVerdict:
    """One node in its worst sample; volts are None where there are none, and `message` says why."""

    probe: Probe
    sample: int
    measured: float | None
    expected: float | None
    tolerance: float | None
    verdict: Verdict
    message: str = ""

    @property
    def deviation(self) -> float | None:
        """measured - expected, V."""
        if self.measured is None or self.expected is None:
            return None
        return self.measured - self.expected


@dataclass(frozen=True, kw_only=True)
class Source:
    """A signal whose deviation its inputs do not explain: a source of the deviations.

    `deviation` is the local deviation (`equations`), V; `relative` that over the full scale of the layer.
    `follows`: real parts may leave so much of the deviations of its inputs (`leftovers`), so that it may be
    a consequence of another source.
    """

    probe: Probe
    sample: int
    deviation: float
    relative: float
    parts: str
    follows: bool = False


@dataclass(frozen=True, kw_only=True)
class NetlistCheck:
    """The verdict on a netlist.

    Attributes
    ----------
    nodes
        Checked nodes, by layer.
    sources
        Where deviations come from, the largest first; empty if all nodes pass.
    followers
        Signals whose local deviation may follow from a source, the largest first.
    message
        Why nothing could be checked; empty if something was.
    foreign
        Why the probes belong to another netlist; empty if all nodes pass or nothing says so.
    netlist_sha256
        Of the netlist that was run.
    tolerance
        As `--tolerance`: fraction of full scale; None: the probes' own.
    """

    netlist: Path
    probes: Probes
    nodes: tuple[NodeVerdict, ...]
    sources: tuple[Source, ...]
    followers: tuple[Source, ...]
    message: str
    foreign: str
    netlist_sha256: str
    ngbehavior: str | None
    simulator: str
    seconds: float
    tolerance: float | None

    @property
    def verdict(self) -> Verdict:
        found = {node.verdict for node in self.nodes}
        if Verdict.FAIL in found:
            return Verdict.FAIL
        return Verdict.PASS if found == {Verdict.PASS} else Verdict.NOT_CHECKED

    @property
    def edited(self) -> bool:
        """Whether the netlist differs from the one that was written with the probes."""
        return self.netlist_sha256 != self.probes.netlist_sha256

    @property
    def largest_first(self) -> list[NodeVerdict]:
        """Failed nodes by the size of their deviation, then nodes that were not checked."""
        failed = [node for node in self.nodes if node.verdict is Verdict.FAIL]
        failed.sort(key=lambda node: -abs(node.deviation or 0.0))
        return failed + [node for node in self.nodes if node.verdict is Verdict.NOT_CHECKED]


def check_netlist(
    netlist: Path,
    probes: Path | None = None,
    *,
    tolerance: float | None = None,
    timeout: float = 600.0,
    ngbehavior: str | None = None,
) -> NetlistCheck:
    """Run a netlist with ngspice as it is, and check its nodes.

    Parameters
    ----------
    netlist
        The file, edited in any way that leaves the probed nodes their names.
    probes
        The file that was written with it; None: ``probes.json`` beside it.
    tolerance
        Fraction of full scale that every node may be off; None: what the probes say.
    timeout
        s, of ngspice.
    ngbehavior
        Compatibility mode of ngspice, such as ``psa`` for models in the syntax of PSpice.

    Raises
    ------
    BadInput
        For files that cannot be used, and a run that does not end or floods its output.
    SimulatorMissing
        Without ngspice.
    """
    if tolerance is not None and not (np.isfinite(tolerance) and tolerance > 0.0):
        raise BadInput(f"tolerance = {tolerance!r} of full scale, must be finite and > 0")
    content = read_netlist(netlist)
    read = read_probes(probes or netlist.parent / "probes.json")
    began = time.perf_counter()
    run = run_netlist(netlist, timeout, ngbehavior)
    seconds = time.perf_counter() - began
    message = run.problem if read.reference is not None else NO_REFERENCE
    nodes = tuple(_verdict(read, probe, run, message, tolerance) for probe in _checked_probes(read))
    failed = any(node.verdict is Verdict.FAIL for node in nodes)
    off = _sources(read, run, tolerance) if failed else ()
    passed = all(node.verdict is Verdict.PASS for node in nodes)
    return NetlistCheck(
        netlist=netlist,
        probes=read,
        nodes=nodes,
        sources=tuple(source for source in off if not source.follows),
        followers=tuple(source for source in off if source.follows),
        message=message,
        foreign="" if passed else of_another_netlist(content, read),
        netlist_sha256=sha256(content),
        ngbehavior=ngbehavior,
        simulator=Ngspice().version(),
        seconds=seconds,
        tolerance=tolerance,
    )


def _checked_probes(probes: Probes) -> Iterable[Probe]:
    return (probe for probe in probes.nodes if probe.quantity in CHECKED)


def _verdict(probes: Probes, probe: Probe, run: Run, message: str, fraction: float | None) -> NodeVerdict:
    """The node in its worst sample."""
    reason = message or _unchecked(probes, probe, run)
    if reason:
        return NodeVerdict(
            probe=probe, sample=0, measured=None, expected=probe.volts[0] if probe.volts else None,
            tolerance=_tolerance(probes, probe, fraction), verdict=Verdict.NOT_CHECKED, message=reason,
        )  # fmt: skip
    tolerance = _tolerance(probes, probe, fraction)
    assert tolerance is not None
    measured = run.volts[probe.node]
    away = np.abs(measured - np.asarray(probe.volts))
    sample = int(np.argmax(away))
    return NodeVerdict(
        probe=probe,
        sample=sample,
        measured=float(measured[sample]),
        expected=probe.volts[sample],
        tolerance=tolerance,
        verdict=Verdict.PASS if away[sample] <= tolerance else Verdict.FAIL,
    )


def _unchecked(probes: Probes, probe: Probe, run: Run) -> str:
    """Why a node cannot be checked; empty if it can."""
    if probe.node not in run.volts:
        return f"the result has no node {probe.node}"
    measured = run.volts[probe.node]
    if len(measured) != len(probe.volts):
        return f"{len(measured)} points, the reference has {len(probe.volts)}"
    if not np.isfinite(measured).all():
        return "the voltage is not finite, or no voltage of a circuit"
    if _tolerance(probes, probe, None) is None:
        return "the reference has no tolerance"
    return ""


def _tolerance(probes: Probes, probe: Probe, fraction: float | None) -> float | None:
    """V."""
    if fraction is None or probes.reference is None:
        return probe.tolerance
    return fraction * probes.reference.full_scale[probe.quantity][probe.layer]


def _sources(probes: Probes, run: Run, fraction: float | None) -> tuple[Source, ...]:
    """Signals whose local deviation exceeds the tolerance, the largest first."""
    reference = _signals(probes, {probe.node: np.asarray(probe.volts) for probe in probes.nodes})
    measured = _signals(probes, run.volts)
    off = local_deviations(probes, measured, reference)
    inputs = explained(probes, measured, reference)
    within = max(_tolerance(probes, probe, fraction) or 0.0 for probe in _checked_probes(probes))
    scales = _full_scales(reference)
    found = []
    for probe in probes.nodes:
        volts = off.get((probe.quantity, probe.layer))
        if volts is None or not np.isfinite(volts[:, probe.index]).any():
            continue
        sample = int(np.nanargmax(np.abs(volts[:, probe.index])))
        deviation = float(volts[sample, probe.index])
        if abs(deviation) > within:
            leftover = probes.layers[probe.layer].leftovers.get(probe.quantity, 0.0)
            due = inputs.get((probe.quantity, probe.layer), np.zeros_like(volts))
            relative = abs(deviation) / scales[probe.quantity, probe.layer]
            found.append(
                Source(
                    probe=probe,
                    sample=sample,
                    deviation=deviation,
                    relative=relative,
                    parts=_parts(probes, probe),
                    follows=bool(abs(deviation) <= within + leftover * due[sample, probe.index]),
                )
            )
    return tuple(sorted(found, key=lambda source: -source.relative))


def _parts(probes: Probes, probe: Probe) -> str:
    if probe.quantity == "x" and probes.layers[probe.layer].clamped[probe.index]:
        return CLAMP
    return PARTS[probe.quantity]


def _signals(probes: Probes, volts: Mapping[str, Floats]) -> Signals:
    """Volts by node as arrays [samples, nodes] by quantity and layer; NaN where there are none."""
    samples = probes.reference.samples if probes.reference else 0
    columns: dict[Place, dict[int, Floats]] = defaultdict(dict)
    for probe in probes.nodes:
        found = volts.get(probe.node)
        if found is not None and len(found) == samples:
            columns[probe.quantity, probe.layer][probe.index] = found
    signals = {}
    for place, values_of in columns.items():
        signal = np.full((samples, probes.network.sizes[place[1]]), np.nan)
        for index, values in values_of.items():
            signal[:, index] = values
        signals[place] = signal
    return signals


def _full_scales(reference: Signals) -> dict[Place, float]:
    """V; the largest of each bus, and at least that of the activities of its layer: eps may rest at 0 V."""
    largest = {place: float(np.nanmax(np.abs(volts))) for place, volts in reference.items()}
    return {
        (quantity, layer): max(volts, largest.get(("x", layer), 0.0)) or 1.0
        for (quantity, layer), volts in largest.items()
    }
