"""Kinds of devices that hold weights: a preset, a measured curve, or exact numbers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from analog_pc.devices.pulsed import PRESETS, Pulse, PulsedDevice, WriteEnergy, measured_device
from analog_pc.errors import BadInput
from analog_pc.training.in_situ.drives import DRIVES

IDEAL = "ideal"


@dataclass(frozen=True)
class WeightDevice:
    """A kind of device and its write pulse.

    `spec` is None for exact numbers, which every write reaches; `energy` is None where no pulse is known:
    then neither energy nor time is reported.  `remarks` tell how a measured curve was fitted.
    """

    name: str
    spec: PulsedDevice | None = None
    energy: WriteEnergy | None = None
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.spec is None and self.energy is not None:
            raise BadInput(f"device {self.name!r}: exact numbers take no pulse, and have no write energy")

    @property
    def pulsed(self) -> PulsedDevice:
        """The kind of device.

        Raises
        ------
        BadInput
            For exact numbers.
        """
        if self.spec is None:
            raise BadInput(
                f"device {self.name!r} is exact numbers: it takes no pulses, use the scheme 'exact'"
            )
        return self.spec


def weight_device(source: str, pulse: Pulse | None = None) -> WeightDevice:
    """The device of that name (`ideal`, or a preset) or of a measured curve, a CSV file.

    Parameters
    ----------
    pulse
        In place of the preset's; a measured curve has none of its own.

    Raises
    ------
    BadInput
        For a name that is none, or a file that `measured_device` refuses.
    """
    if source == IDEAL:
        return WeightDevice(IDEAL)
    if source in PRESETS:
        energy = DRIVES[source].energy
        if pulse is not None:
            energy = WriteEnergy(pulse, energy.g_min, energy.g_max, energy.line_farads)
        return WeightDevice(source, PRESETS[source], energy)
    if Path(source).suffix.lower() == ".csv" or Path(source).exists():
        curve = measured_device(source)
        own = None if pulse is None else WriteEnergy(pulse, curve.g_min, curve.g_max)
        name = Path(source).name
        return WeightDevice(name, curve.device, own, tuple(f"{name}: {line}" for line in curve.remarks))
    raise BadInput(f"device {source!r}: neither {IDEAL}, a file CURVE.csv, nor one of {', '.join(PRESETS)}")
