"""``analog-pc`` and ``python -m analog_pc``: the command line; Ctrl-C ends it in one line from the start."""

import os
import signal
from types import FrameType


def main() -> None:
    """Run the command line; importing it takes a tenth of a second, in which Ctrl-C may come."""
    usual = signal.getsignal(signal.SIGINT)
    if usual is signal.default_int_handler:  # not in a shell's background job, which ignores it
        signal.signal(signal.SIGINT, _leave)
    from analog_pc.cli import main as command

    signal.signal(signal.SIGINT, usual)
    command()


def _leave(number: int, _: FrameType | None) -> None:
    os.write(2, b"analog-pc: interrupted; nothing half-written was left\n")
    os._exit(128 + number)


if __name__ == "__main__":
    main()
