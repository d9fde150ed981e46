"""Waveforms of a relaxation as files: CSV for spreadsheets and plotting programs, npz for Python."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np

from analog_pc.compiler import CompiledNetwork, Waveform
from analog_pc.files import npz_content, write_together


def write_waveform(folder: Path, name: str, wave: Waveform, compiled: CompiledNetwork) -> list[Path]:
    """NAME.csv and NAME.npz in a folder, both or none; see `waveform_contents`.

    Parameters
    ----------
    folder, name
        Where the files are written, and their name without suffix.
    wave
        The relaxation, in units of activity and of C / g_s.
    compiled
        The circuit that it is of: names of nodes, volts and seconds.

    Raises
    ------
    BadInput
        When the folder cannot be written.
    """
    contents = waveform_contents(name, wave, compiled)
    write_together(folder, contents)
    return [folder / file for file in contents]


def waveform_contents(name: str, wave: Waveform, compiled: CompiledNetwork) -> dict[str, bytes | memoryview]:
    """File name -> content.

    ``NAME.csv``
        A line per time: seconds, energy (no unit), then the volts of every value node, prediction and
        prediction error under their names in the netlist, as `probes.json` lists them.
    ``NAME.npz``
        ``time`` in s, ``energy`` [times], ``x0``, ``x1``, ``mu1``, ``eps1``, ... [times, n_l] as activities
        (no unit), ``volts_per_unit`` [layers] and ``seconds_per_unit``.

    Parameters
    ----------
    name
        Of the files, without suffix.
    wave
        The relaxation, in units of activity and of C / g_s.
    compiled
        The circuit that it is of: names of nodes, volts and seconds.
    """
    volts = compiled.scales.activity
    seconds = wave.times * compiled.scales.seconds
    probes = compiled.probes
    columns = {"time (s)": seconds, "energy": wave.energy}
    arrays: dict[str, object] = {"time": seconds, "energy": wave.energy}
    kinds = (
        ("x", probes.activities, wave.activities),
        ("mu", probes.predictions, wave.predictions),
        ("eps", probes.eps, wave.eps),
    )
    for kind, buses, waves in kinds:
        for layer, (bus, values) in enumerate(zip(buses, waves, strict=True)):
            if not bus:
                continue
            arrays[f"{kind}{layer}"] = values
            columns |= {f"{node} (V)": volts[layer] * values[:, k] for k, node in enumerate(bus)}
    arrays |= {"volts_per_unit": volts, "seconds_per_unit": compiled.scales.seconds}
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(np.column_stack(list(columns.values())).tolist())
    return {f"{name}.csv": table.getvalue().encode(), f"{name}.npz": npz_content(**arrays)}
