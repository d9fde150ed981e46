"""The exceptions of the package; each message is one line: what is wrong, where, and the value."""

MOST = 280  # characters of a message: a line of a log, whatever a file or an option brought into it


def one_line(text: str, most: int = MOST) -> str:
    """Printable text without line breaks; what is too long loses its middle."""
    line = "".join(c if c.isprintable() else "?" for c in " ".join(text.split()))
    if len(line) <= most:
        return line
    half = (most - 5) // 2
    return f"{line[:half]} ... {line[-half:]}"


class AnalogPcError(Exception):
    """Anything that analog_pc refuses or fails to do."""

    def __init__(self, message: object = "") -> None:
        super().__init__(one_line(str(message)))


class BadInput(AnalogPcError, ValueError):
    """A value, a file or an option that cannot be used."""


class SimulatorMissing(AnalogPcError, RuntimeError):
    """A simulator that is not installed, or not where it was looked for."""


class SimulationFailed(AnalogPcError, RuntimeError):
    """A simulator ran, and its result is not a solution of the circuit."""
