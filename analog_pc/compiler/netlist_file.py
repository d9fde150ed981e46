"""The netlist of one sample with the meaning of its nodes, for use without analog_pc."""

from __future__ import annotations

import json
from pathlib import Path

from analog_pc.compiler.compiled import CompiledNetwork
from analog_pc.files import write_together


def probes_json(compiled: CompiledNetwork) -> str:
    """Scales and node names; lists run over layers 0 ... L, and layer 0 has no prediction and no eps."""
    probes = compiled.probes
    return json.dumps(
        {
            "volts_per_unit": compiled.scales.volts,
            "seconds_per_unit": compiled.scales.seconds,
            "activities": [list(bus) for bus in probes.activities],
            "predictions": [list(bus) for bus in probes.predictions],
            "eps": [list(bus) for bus in probes.eps],
        },
        indent=1,
    )


def write_netlist(folder: Path, compiled: CompiledNetwork, deck: str) -> None:
    """`folder/network.cir` and `folder/probes.json`, both or none."""
    probes = probes_json(compiled) + "\n"
    write_together(folder, {"network.cir": deck.encode(), "probes.json": probes.encode()})
