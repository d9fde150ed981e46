"""Tables fit a terminal of 80 columns, and nothing in them is cut."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from analog_pc.cli import main


@pytest.mark.parametrize("command", ["technologies", "devices", "run", "technologies breadboard"])
def test_80_columns(command: str) -> None:
    done = CliRunner(env={"COLUMNS": "80"}).invoke(main, command.split())
    assert done.exit_code == 0, done.output
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "\u2026" not in done.stdout  # the ellipsis of what was cut
