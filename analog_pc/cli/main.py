"""The `analog-pc` command; its exit codes stand in the help of the group below."""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from types import FrameType
from typing import Any, NoReturn

import click

from analog_pc.cli.interrupt import plain_interrupts
from analog_pc.errors import AnalogPcError, one_line
from analog_pc.inputs import inputs_kept

# Command -> where it is.  What a command needs is imported when it runs: help does not wait for compilers and
# plotting.
COMMANDS = {
    "devices": "analog_pc.cli.devices:devices",
    "evaluate": "analog_pc.cli.evaluate:evaluate",
    "import": "analog_pc.cli.import_network:import_command",
    "netlist": "analog_pc.cli.netlist:netlist",
    "run": "analog_pc.cli.run:run",
    "specify": "analog_pc.cli.specify:specify",
    "study": "analog_pc.cli.study:study",
    "technologies": "analog_pc.cli.technologies:technologies",
    "testbench": "analog_pc.cli.testbench:testbench",
    "train": "analog_pc.cli.train:train",
    "verify": "analog_pc.cli.verify:verify",
}

INTERRUPTED = "interrupted; nothing half-written was left"

# Old command or option -> the new one, for a message.
RENAMED = {"trial": "testbench", "--judge": "--cross-check", "--judged-by": "--reference"}


class _Group(click.Group):
    """Commands by name, imported when called.

    Turns what is refused into one line and exit code 2, and Ctrl-C into 130, SIGTERM into 143.
    """

    def list_commands(self, context: click.Context) -> list[str]:
        return [*COMMANDS, *super().list_commands(context)]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name in RENAMED:
            context.fail(f"{name} is called {RENAMED[name]} now")
        if name not in COMMANDS:
            return super().get_command(context, name)
        module, attribute = COMMANDS[name].split(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            # Not standalone: click would show a wrong option in four lines.
            code = super().main(*args, **{**kwargs, "standalone_mode": False})
        except click.UsageError as refused:
            asked = refused.ctx.command_path if refused.ctx else "analog-pc"
            _leave(f"{_refusal(refused)} ('{asked} --help' shows the options)", 2)
        except click.ClickException as refused:
            _leave(refused.format_message(), 2)
        except click.Abort:  # Ctrl-C before the command begins
            _leave(INTERRUPTED, 128 + signal.SIGINT)
        raise SystemExit(code if isinstance(code, int) else 0)

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        try:
            return super().make_context(*args, **kwargs)
        except OSError as fault:  # of --help and --version, which are printed here
            _leave_for(fault)

    def invoke(self, context: click.Context) -> Any:
        stop = _Stop()
        try:
            with _terminable(stop), _numerical_remarks(), plain_interrupts(), inputs_kept():
                found = super().invoke(context)
                if sys.stdout is not None:  # it was closed before the command began
                    sys.stdout.flush()  # a disk that is full is an answer, not a traceback at the end
                return found
        except AnalogPcError as refused:
            _leave(str(refused), 2)
        except OSError as fault:
            _leave_for(fault)
        except MemoryError:
            _leave("out of memory: use fewer --samples or a smaller network", 2)
        except _not_calculable() as fault:
            _leave(f"a number is too large or too small to calculate with: {fault}", 2)
        except KeyboardInterrupt as stopped:
            _leave(str(stopped) or INTERRUPTED, 128 + stop.number)


def _refusal(refused: click.UsageError) -> str:
    """The message of click; of an old option its new name."""
    if isinstance(refused, click.NoSuchOption) and refused.option_name in RENAMED:
        return f"{refused.option_name} is called {RENAMED[refused.option_name]} now"
    return refused.format_message()


def _not_calculable() -> tuple[type[Exception], ...]:
    """Faults of arithmetic; asked for only where something was raised."""
    from numpy.linalg import LinAlgError

    return ArithmeticError, LinAlgError


def _leave_for(fault: OSError) -> NoReturn:
    """Leave with the name of the file; without a name it is standard output."""
    if fault.filename is None:
        with suppress(OSError):  # a standard output that is no file
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left is not tried again
    if fault.errno == errno.EPIPE:  # the reader has closed, as `head` does: no verdict was told, so no pass
        raise SystemExit(128 + signal.SIGPIPE)
    _leave(f"{fault.filename or 'standard output'}: {fault.strerror or fault}", 2)


@contextmanager
def _numerical_remarks() -> Iterator[None]:
    """Numerical warnings of numpy in one line at the end, unless the command fails."""
    found: list[str] = []
    usual = warnings.showwarning

    def note(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
        if issubclass(category, RuntimeWarning):
            found.append(str(message))
        else:
            usual(message, category, *where, **more)

    warnings.showwarning = note
    try:
        yield
    except SystemExit:
        _remark(found)
        raise
    finally:
        warnings.showwarning = usual
    _remark(found)


def _remark(found: list[str]) -> None:
    if found:
        click.echo(
            f"analog-pc: remark: {len(found)} numerical warnings, the first: {one_line(found[0])}", err=True
        )


@contextmanager
def _terminable(stop: _Stop) -> Iterator[None]:
    """SIGTERM, by which queues and CI stop a job, acts as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():  # no signal reaches it
        yield
        return
    before = signal.signal(signal.SIGTERM, stop.as_ctrl_c)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class _Stop:
    """The signal that ended a command."""

    def __init__(self) -> None:
        self.number = int(signal.SIGINT)

    def as_ctrl_c(self, number: int, frame: FrameType | None) -> None:
        """Act on another signal as on Ctrl-C, and remember its number."""
        self.number = number
        handler = signal.getsignal(signal.SIGINT)
        if not callable(handler):  # a shell's background job ignores Ctrl-C, but may be told to end
            raise KeyboardInterrupt
        handler(number, frame)


def _leave(message: str, code: int) -> NoReturn:
    click.echo(f"analog-pc: {one_line(message)}", err=True)
    raise SystemExit(code)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="analog-pc")
def main() -> None:
    """Predictive coding networks as analog circuits, simulated by ngspice and checked.

    A network is compiled onto resistive crossbars; the circuit's physical relaxation to equilibrium is the
    inference; the result is compared with an ideal numerical reference.

    \b
    Start with your own network: is it good enough on a chip, and what does it cost?
      analog-pc import model.safetensors --map 'fc{i}.weight' --activation relu --out net.npz
      analog-pc evaluate net.npz --data test.npz --technology cmos65-rram
    How bad may its parts be, and many chips, corners and candidates at once:
      analog-pc specify net.npz --data test.npz --technology cmos65-rram --loss 1%
      analog-pc study study.toml
    Then its circuit, against a SPICE simulator and as a netlist:
      analog-pc verify net.npz --data test.npz --technology cmos65-rram
      analog-pc netlist net.npz --stimuli stimuli.npz --phase learn --out netlist
    Without a network, 'analog-pc verify' trains one on handwritten digits, and 'train' another one.

    Exit codes: 0 the circuit agrees with the reference, 1 it does not, 2 bad input or no simulator,
    3 not checked (no cross-check was asked for, or SPICE gave no answer), 130 Ctrl-C, 141 standard
    output closed by its reader, 143 SIGTERM.
    """
