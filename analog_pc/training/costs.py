"""Costs of writing: pulses, energy, time, wear."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

_ADDS_UP = (
    "samples",
    "pulses",
    "half_selects",
    "clipped",
    "row_reads",
    "resets",
    "unsettled",
    "joules",
    "seconds",
)


@dataclass(frozen=True, kw_only=True)
class Costs:
    """Sums since the beginning, over all arrays of all layers.

    `pulses` on devices; `half_selects`, devices of which one line alone had a pulse; `clipped`, lines whose
    probability of a pulse would have been above 1; `row_reads`; `resets` of a device, whose energy and
    time are not known and not included; `unsettled` samples that had no equilibrium and taught nothing.

    `joules` of the pulses and `seconds` in which they are given one after the other, to the arrays of all
    layers at the same time; both None where the pulse is not known.  `most_wear`, `mean_wear`: pulses on a
    device; `failed` devices.
    """

    samples: int = 0
    pulses: int = 0
    half_selects: int = 0
    clipped: int = 0
    row_reads: int = 0
    resets: int = 0
    unsettled: int = 0
    joules: float | None = 0.0
    seconds: float | None = 0.0
    most_wear: int = 0
    mean_wear: float = 0.0
    failed: int = 0

    def since(self, before: Costs) -> Costs:
        """Costs after `before`; wear and failed devices are the present ones."""
        now = asdict(self)
        then = asdict(before)
        for name in _ADDS_UP:
            now[name] = None if now[name] is None else now[name] - (then[name] or 0)
        return Costs(**now)

    def per_sample(self) -> dict[str, float | None]:
        """Pulses, joules and seconds of one sample."""
        n = max(self.samples, 1)
        return {
            name: None if value is None else value / n
            for name, value in (("pulses", self.pulses), ("joules", self.joules), ("seconds", self.seconds))
        }

    def as_json(self) -> dict[str, Any]:
        """For a history."""
        return asdict(self)
