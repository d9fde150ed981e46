"""Help appears at once: nothing is imported for it that takes long, and it lists what there is."""

from __future__ import annotations

import subprocess
import sys

import pytest
from click.testing import CliRunner

from analog_pc.activations import ACTIVATIONS
from analog_pc.cli import choices, main
from analog_pc.evaluation import STEPS as EVALUATION_STEPS
from analog_pc.experiments.framework.result import RELAXERS
from analog_pc.importers.assemble import OUTPUTS
from analog_pc.importers.layout import LAYOUTS
from analog_pc.nonideality import STEP_NAMES
from analog_pc.testbench import EXAMPLES
from analog_pc.training.in_situ import HEADROOM, SCHEMES, Transposed
from analog_pc.verification import PHASES

COMMANDS = main.list_commands(main.make_context("analog-pc", ["train"], resilient_parsing=True))
SLOW = {
    "numba",
    "matplotlib",
    "scipy",
    "sklearn",
    "pandas",
    "xarray",
    "onnx",
    "PySpice",
    "schemdraw",
    "jinja2",
}


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_imports_nothing_that_takes_long(command: str) -> None:
    code = (
        "import sys\n"
        "from analog_pc.cli import main\n"
        "try:\n    main()\n"
        "except SystemExit as ended:\n    assert not ended.code\n"
        f"print('imported:', *sorted({SLOW!r} & set(sys.modules)))"
    )
    arguments = [sys.executable, "-c", code, *([command] if command else []), "--help"]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.startswith("Usage: ")
    assert done.stdout.splitlines()[-1] == "imported:"


def test_help_lists_every_command_with_its_first_sentence() -> None:
    lines = CliRunner().invoke(main, ["--help"]).stdout.splitlines()
    listed = [line.split() for line in lines[lines.index("Commands:") + 1 :]]
    assert [words[0] for words in listed] == COMMANDS
    assert all(len(words) > 4 for words in listed)


def test_what_is_listed_is_what_there_is() -> None:
    assert tuple(ACTIVATIONS) == choices.ACTIVATIONS
    assert tuple(OUTPUTS) == choices.OUTPUT_ACTIVATIONS
    assert LAYOUTS == choices.LAYOUTS
    assert PHASES == choices.PHASES
    assert STEP_NAMES == choices.ANALYSIS_STEPS
    assert tuple(EVALUATION_STEPS) == choices.EVALUATION_STEPS
    assert tuple(SCHEMES) == choices.SCHEMES
    assert tuple(t.value for t in Transposed) == choices.TRANSPOSED
    assert choices.HEADROOM == HEADROOM
    assert tuple(EXAMPLES) == choices.EXAMPLES
    assert choices.RELAXERS == RELAXERS


def test_an_unknown_command_is_refused() -> None:
    done = CliRunner().invoke(main, ["fly"])
    assert done.exit_code == 2
    assert "No such command 'fly'" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_old_name_is_refused_with_the_new_one() -> None:
    for arguments, words in (
        (["trial"], "trial is called testbench now"),
        (["verify", "--judged-by", "ngspice"], "--judged-by is called --reference now"),
    ):
        done = CliRunner().invoke(main, arguments)
        assert done.exit_code == 2
        assert words in done.stderr
        assert len(done.stderr.splitlines()) == 1
