"""The exceptions of the package; each message is one line that names what, where and what was got."""


class AnalogPcError(Exception):
    """Anything that analog_pc refuses or fails to do."""


class BadInput(AnalogPcError, ValueError):
    """A value, a file or an option that cannot be used."""


class SimulatorMissing(AnalogPcError, RuntimeError):
    """A simulator that is not installed, or not where it was looked for."""


class SimulationFailed(AnalogPcError, RuntimeError):
    """A simulator ran, and what it gave is not a solution of the circuit."""
