"""The `analog-pc` command: exit 0 agreement, 1 outside tolerance, 2 bad input or missing simulator."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import click

from analog_pc.cli.devices import devices
from analog_pc.cli.netlist import netlist
from analog_pc.cli.run import run
from analog_pc.cli.technologies import technologies
from analog_pc.cli.train import train
from analog_pc.cli.trial import trial
from analog_pc.cli.verify import verify
from analog_pc.errors import AnalogPcError


class _Group(click.Group):
    """Turns what the package refuses into one line and exit code 2, and Ctrl-C or SIGTERM into 130."""

    def invoke(self, context: click.Context) -> Any:
        try:
            with _terminable():
                return super().invoke(context)
        except AnalogPcError as refused:
            _leave(str(refused), 2)
        except OSError as fault:
            _leave(f"{fault.filename or 'file'}: {fault.strerror or fault}", 2)
        except MemoryError:
            _leave("out of memory: use fewer --samples or a smaller network", 2)
        except KeyboardInterrupt as stopped:
            _leave(str(stopped) or "interrupted; nothing half-written was left", 130)


@contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM, by which queues and CI stop a job, saves what Ctrl-C saves and leaves no simulator running."""
    if threading.current_thread() is not threading.main_thread():  # no signal reaches it
        yield
        return
    before = signal.signal(signal.SIGTERM, _as_ctrl_c)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _as_ctrl_c(number: int, frame: FrameType | None) -> None:
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler):  # a shell's background job ignores Ctrl-C, but may be told to end
        raise KeyboardInterrupt
    handler(number, frame)


def _leave(message: str, code: int) -> None:
    click.echo(f"analog-pc: {' '.join(message.split())}", err=True)
    raise SystemExit(code)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="analog-pc")
def main() -> None:
    """Predictive coding networks as analog circuits, simulated by ngspice and checked.

    A network is compiled onto resistive crossbars; the circuit's physical relaxation to equilibrium is the
    inference; the result is compared with an ideal numerical reference.

    \b
    Start with:   analog-pc verify
    which trains a network on handwritten digits, relaxes its circuit in ngspice, and writes
    verify/report.html. Then bring your own network:
      analog-pc train --data wine --layers 13,16,3 --out net.npz
      analog-pc verify net.npz --data wine --transient --out report
      analog-pc netlist net.npz --stimuli stimuli.npz --phase learn --out netlist

    Exit codes: 0 the circuit agrees with the reference, 1 it does not, 2 bad input or no simulator.
    """


for command in (train, verify, netlist, technologies, devices, run, trial):
    main.add_command(command)
