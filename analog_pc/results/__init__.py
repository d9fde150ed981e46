"""Results in the forms that other tools read: xarray datasets, and waveforms as files."""

from analog_pc.results.datasets import to_xarray
from analog_pc.results.waveforms import waveform_contents, write_waveform

__all__ = ["to_xarray", "waveform_contents", "write_waveform"]
