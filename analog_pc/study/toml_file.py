"""STUDY.toml: what a study varies, on what, and what it measures.

::

    network = "net.npz"                  # or a table: NAME = "FILE.npz"
    data = "digits"                      # as 'analog-pc evaluate --data'
    technology = "cmos65-rram"           # a name or a file; or a list of them
    samples = 100                        # at most so many of the data
    chips = 20                           # for each combination; "own": one for each, not shared
    seed = 0
    measure = ["accuracy", "cost"]

    [axes]
    opamp_gain = [100, 1000, "80 dB"]
    opamp_offset = { low = "0.1 mV", high = "10 mV", points = 9, scale = "log" }

    [sampler]                            # without it: a grid
    kind = "sobol"                       # grid, list, sobol, latin-hypercube, saltelli
    points = 256

    [sampler]                            # or a search, which needs analog-pc[search]
    kind = "nsga2"
    points = 200                         # candidates
    population = 20                      # of a generation
    [objectives]                         # columns of what is measured
    accuracy = "max"
    energy = "min"

    [limits]                             # what a chip has to keep, for the yield
    accuracy_low = { min = 0.93, typ = 0.95 }

    [wafer]                              # chips come from lots of one wafer each
    across = 7                           # dies in the longest row
    lot = { opamp_offset = 0.2 }         # spread of the logarithm from lot to lot, at most 1
    radial = { wire_resistance = 0.3 }   # relative change from the centre to the edge

Files are looked for beside the study's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from analog_pc.arrays import has_whole_value, is_number, is_whole
from analog_pc.cost import process_of
from analog_pc.errors import BadInput
from analog_pc.evaluation import TestData, load_test_data
from analog_pc.files import as_path, read_toml
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.pcn.network_file import load_network
from analog_pc.si import is_quantity, quantity
from analog_pc.study.axes import Axis, axis
from analog_pc.study.definition import MOST_CHIPS, OWN, POPULATION, Study
from analog_pc.study.limits import Limits, limits
from analog_pc.study.measures import measure
from analog_pc.study.samplers import NSGA2, SAMPLERS
from analog_pc.study.wafer import wafer
from analog_pc.technology import Technology, technology
from analog_pc.technology.checks import nearest

SAMPLES = 500
_KEYS = (
    "network", "data", "technology", "samples", "chips", "seed", "measure", "axes", "sampler", "limits",
    "wafer", "objectives",
)  # fmt: skip
_SAMPLER_KEYS = ("kind", "points", "population")
_NEEDED = ("network", "data", "technology")


def read_study(path: Path | str) -> Study:
    """The study that a file describes; see the head of this file.

    Raises
    ------
    BadInput
        One line that names the file, what is wrong there, and what was got.
    """
    path = as_path(path, "study")
    table = read_toml(path)
    try:
        return _built(table, path)
    except BadInput as refused:
        raise BadInput(f"{path}: {refused}") from None


def study_of(
    network: PredictiveCodingNetwork,
    base: Technology | str,
    data: TestData,
    axes: Sequence[Axis] = (),
    **more: Any,
) -> Study:
    """A study of one network and one technology.

    Parameters
    ----------
    network, base, data
        What is evaluated; a technology may be named.
    axes
        What is varied, see `axis`.
    more
        Other fields of `Study`: sampler, points, measures, chips, seed, limits, name.

    Raises
    ------
    BadInput
        As `Study`.
    """
    found = technology(base) if isinstance(base, str) else base
    return Study(
        networks={"network": network}, technologies={found.name: found}, data=data, axes=tuple(axes), **more
    )


def _built(table: dict[str, Any], path: Path) -> Study:
    for key in table:
        if key not in _KEYS:
            raise BadInput(f"unknown key {key!r}{nearest(key, _KEYS)}")
    for key in _NEEDED:
        if key not in table:
            raise BadInput(f"has no {key}")
    seed = _whole(table, "seed", 0)
    for key in _NEEDED:
        if table[key] == "":
            raise BadInput(f"{key} is empty")
    networks = _networks(table["network"], path.parent)
    first = next(iter(networks.values()))
    data = load_test_data(
        _source(table["data"], path.parent), first, _whole(table, "samples", SAMPLES, 1), seed
    )
    measures = _names(table.get("measure", ["accuracy"]), "measure")
    columns = {name: unit for one in measures for name, unit in measure(one).columns.items()}
    sampler = _table(table, "sampler")
    for key in sampler:
        if key not in _SAMPLER_KEYS:
            raise BadInput(f"sampler: unknown key {key!r}{nearest(key, _SAMPLER_KEYS)}")
    kind = str(sampler.get("kind", "grid"))  # `Study` refuses an unknown one
    if "population" in sampler and kind in SAMPLERS and kind != NSGA2:
        raise BadInput(f'sampler: population is of kind = "{NSGA2}"')
    chips = table.get("chips", 1)
    return Study(
        networks=networks,
        technologies=_technologies(table["technology"], path.parent),
        data=data,
        axes=tuple(axis(name, raw) for name, raw in _table(table, "axes").items()),
        sampler=kind,
        points=_whole(sampler, "points", 0),
        measures=measures,
        chips=chips if chips == OWN else _chips(chips),
        seed=seed,
        limits=limits(_table(table, "limits"), columns) if "limits" in table else Limits(),
        name=path.stem,
        objectives=dict(_table(table, "objectives")),
        population=_whole(sampler, "population", POPULATION),
        wafer=wafer(_table(table, "wafer")) if "wafer" in table else None,
    )


def _table(table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = table.get(key, {})
    if not isinstance(found, Mapping):
        such = ' such as { kind = "sobol", points = 64 }' if key == "sampler" else ""
        raise BadInput(f"{key}: must be a table{such}, got {found!r}")
    return found


def _whole(table: Mapping[str, Any], key: str, default: int, least: int = 0) -> int:
    value = table.get(key, default)
    if not is_whole(value) or value < least:
        raise BadInput(f"{key} = {value!r}, must be a whole number, {least} or more")
    return int(value)


def _chips(raw: object) -> int:
    """A number of chips, 1e3 and "2k" among them; whether there are too many is said by `Study`."""
    if isinstance(raw, str) and is_quantity(raw):
        raw = quantity("chips", raw, "")
    if not is_number(raw) or not has_whole_value(raw):
        raise BadInput(f'chips = {raw!r}, must be a whole number from 1 to {MOST_CHIPS}, or "{OWN}"')
    return int(raw)


def _names(raw: object, what: str) -> tuple[str, ...]:
    found = [raw] if isinstance(raw, str) else raw
    if not isinstance(found, list) or not found or not all(isinstance(one, str) for one in found):
        raise BadInput(f"{what}: must be a name or a list of names, got {raw!r}")
    return tuple(found)


def _networks(raw: object, folder: Path) -> dict[str, PredictiveCodingNetwork]:
    if isinstance(raw, str):
        return {Path(raw).stem: load_network(folder / raw)}
    if not isinstance(raw, Mapping) or not raw or not all(isinstance(one, str) for one in raw.values()):
        raise BadInput(f'network: must be a file, or a table NAME = "FILE.npz", got {raw!r}')
    return {name: load_network(folder / file) for name, file in raw.items()}


def _technologies(raw: object, folder: Path) -> dict[str, Technology]:
    found: dict[str, Technology] = {}
    for name in _names(raw, "technology"):
        one = technology(folder / name if name.endswith(".toml") else name)
        process_of(one)  # an unknown one is told before any work
        if one.name in found:
            raise BadInput(f"technology: {one.name!r} is there twice: name each once")
        found[one.name] = one
    return found


def _source(raw: object, folder: Path) -> str:
    """A data set's name, or a file beside the study's."""
    if not isinstance(raw, str):
        raise BadInput(f"data: must be a name or a file, got {raw!r}")
    beside = folder / raw
    return str(beside) if beside.is_file() else raw
