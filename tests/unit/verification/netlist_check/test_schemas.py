"""The JSON Schemas in the package are those of the classes, and what is written keeps them.

After a wanted change: ``python tests/unit/verification/netlist_check/test_schemas.py`` writes them anew.
"""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import numpy as np
import pytest
from click.testing import CliRunner

import analog_pc.verification
from analog_pc.cli import main
from analog_pc.pcn import random_network
from analog_pc.pcn.network_file import save_network
from analog_pc.verification.netlist_check import probes_file, report

ROOM = Path(analog_pc.verification.__file__).parent
FILES: dict[Path, tuple[type, str]] = {
    ROOM / "netlist_check" / "probes.schema.json": (
        probes_file.Probes,
        f"{probes_file.SCHEMA}, version {probes_file.VERSION}",
    ),
    ROOM / "netlist_check" / "report.schema.json": (
        report.NetlistReport,
        f"{report.SCHEMA}, version {report.VERSION}",
    ),
}


def schema_text(path: Path) -> str:
    kind, title = FILES[path]
    found = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title}
    return json.dumps(found | cleaned(msgspec.json.schema(kind)), indent=1) + "\n"


def cleaned(schema: Any) -> Any:
    """What all versions of msgspec agree on.

    Before 0.23 descriptions keep the indentation of docstrings, and keys of a dictionary are not listed.
    """
    if isinstance(schema, list):
        return [cleaned(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: inspect.cleandoc(item) if key == "description" and isinstance(item, str) else cleaned(item)
        for key, item in schema.items()
        if key != "propertyNames"
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_stored_schemas_are_those_of_the_classes(path: Path) -> None:
    assert path.read_text() == schema_text(path)
    jsonschema.Draft202012Validator.check_schema(json.loads(path.read_text()))


def valid(instance: Any, path: Path) -> None:
    jsonschema.validate(instance, json.loads(path.read_text()), cls=jsonschema.Draft202012Validator)


def run(*arguments: object) -> int:
    return CliRunner().invoke(main, [str(argument) for argument in arguments]).exit_code


def test_what_is_written_keeps_them(tmp_path: Path) -> None:
    save_network(tmp_path / "net.npz", random_network((3, 2, 2), "tanh", seed=1))
    random = np.random.default_rng(0)
    np.savez(tmp_path / "s.npz", inputs=random.normal(size=(2, 3)), targets=random.normal(size=(2, 2)))
    out = tmp_path / "out"
    assert run("verify", tmp_path / "net.npz", "--data", tmp_path / "s.npz", "--transient", "--out", out) == 0
    ordinary = json.loads((out / "report.json").read_text())
    valid(ordinary, ROOM / "report" / "report.schema.json")
    probes, verdict = FILES
    folder = out / "netlists" / "learn"
    valid(json.loads((folder / "probes.json").read_text()), probes)
    assert run("verify", "--netlist", folder / "network.cir", "--out", tmp_path / "checked") == 0
    valid(json.loads((tmp_path / "checked" / "report.json").read_text()), verdict)
    ordinary["schema_version"] = 1
    with pytest.raises(jsonschema.ValidationError):
        valid(ordinary, ROOM / "report" / "report.schema.json")


if __name__ == "__main__":
    for file in FILES:
        file.write_text(schema_text(file))
