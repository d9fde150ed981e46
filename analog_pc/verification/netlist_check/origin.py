"""Whether a netlist and a probes file were written together, by the state of rest that both hold."""

from __future__ import annotations

import re

from analog_pc.verification.netlist_check.probes_file import CHECKED, Probe, Probes

_NODESET = re.compile(rb"^\.nodeset\s+v\((\w+)\)\s*=\s*(\S+)\s*$", re.IGNORECASE | re.MULTILINE)
_AT_REST = (
    b"from the state of rest that the nodesets name"  # the writer's comment; other nodesets are guesses
)


def of_another_netlist(netlist: bytes, probes: Probes) -> str:
    """Why these probes belong to another netlist; empty if they may be its own.

    A netlist names no technology and no phase, but its ``.nodeset`` lines hold the state of rest it was
    written with, and the probes the same volts within their tolerances.  An edit of parts leaves these lines
    as they are; with another technology, phase, sample or network most nodes differ.

    Parameters
    ----------
    netlist
        Its content, edited or not; without such lines nothing can be said.
    probes
        The reference that it is checked with.
    """
    if _AT_REST not in netlist or probes.reference is None:
        return ""
    expected = {
        probe.node.lower(): probe for probe in probes.nodes if probe.quantity in CHECKED and probe.volts
    }
    found = {name.decode().lower(): text for name, text in _NODESET.findall(netlist)}
    own = [(probe, found[node]) for node, probe in expected.items() if node in found]
    off = sum(_differs(probe, text) for probe, text in own)
    if 2 * off <= len(own):
        return ""
    held = all(probes.layers[-1].clamped)
    outputs = "held, phase learn" if held else "free, phase predict"
    return (
        f"the probes are of another netlist: the state of rest in its .nodeset lines differs from theirs in "
        f"{off} of {len(own)} nodes (theirs: technology {probes.technology}, outputs {outputs}); use the "
        "probes.json written with it, unless you edited those lines"
    )


def _differs(probe: Probe, text: bytes) -> bool:
    """By more than the tolerance of the node."""
    try:
        volts = float(text)
    except ValueError:  # a parameter of the user
        return False
    return probe.tolerance is not None and abs(volts - probe.volts[0]) > probe.tolerance
