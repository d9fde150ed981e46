"""Ctrl-C that meets compiled code ends a command as any other Ctrl-C."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from analog_pc.cli.interrupt import plain_interrupts
from analog_pc.cli.main import main


def raise_as_compiled_code_does(first: BaseException) -> None:
    """Two callbacks lie between an exception in a signal handler and the caller of compiled code."""
    inner = SystemError("a callback returned a result with an exception set")
    inner.__cause__ = first
    raise SystemError("returned a result with an exception set") from inner


def test_ctrl_c_is_a_keyboard_interrupt() -> None:
    with pytest.raises(KeyboardInterrupt), plain_interrupts():
        raise_as_compiled_code_does(KeyboardInterrupt())


def test_another_fault_of_the_interpreter_stays_one() -> None:
    with pytest.raises(SystemError), plain_interrupts():
        raise_as_compiled_code_does(ValueError())


def test_a_command_ends_with_its_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def busy() -> None:
        raise_as_compiled_code_does(KeyboardInterrupt())

    monkeypatch.setattr(type(main), "get_command", lambda *_: busy)
    done = CliRunner().invoke(main, ["busy"])
    assert done.exit_code == 130
    assert done.stderr == "analog-pc: interrupted; nothing half-written was left\n"


@pytest.mark.parametrize("blocked", ["analog_pc.cli", "analog_pc.cli.technologies"])
def test_ctrl_c_while_modules_are_imported_is_one_line(blocked: str) -> None:
    """The interrupt comes when this module is about to be imported."""
    program = f"""
import os, runpy, signal, sys

class Early:
    def find_spec(self, name, path=None, target=None):
        if name == {blocked!r}:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Early())
sys.argv = ["analog-pc", "technologies"]
runpy.run_module("analog_pc", run_name="__main__")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 130
    assert done.stderr == "analog-pc: interrupted; nothing half-written was left\n"
    assert done.stdout == ""
