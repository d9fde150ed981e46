"""What writing takes: pulses, energy, time, wear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from analog_pc.arrays import Any
from analog_pc.training.in_situ.synapses import Synapses

_ADDS_UP = (
    "samples",
    "pulses",
    "half_selects",
    "clipped",
    "reads",
    "resets",
    "unsettled",
    "joules",
    "seconds",
)


@dataclass(frozen=True)
class Costs:
    """Sums since the beginning, over all arrays of all layers.

    `pulses` on devices; `half_selects`, devices of which one line alone had a pulse; `clipped`, lines whose
    probability of a pulse would have been above 1; `reads` of a line; `resets` of a device, whose energy and
    time are not known and not included; `unsettled` samples that did not come to rest and taught nothing.

    `joules` of the pulses and `seconds` in which they are given one after the other, to the arrays of all
    layers at the same time; both None where the pulse is not known.  `most_wear`, `mean_wear`: pulses on a
    device; `failed` devices.
    """

    samples: int = 0
    pulses: int = 0
    half_selects: int = 0
    clipped: int = 0
    reads: int = 0
    resets: int = 0
    unsettled: int = 0
    joules: float | None = 0.0
    seconds: float | None = 0.0
    most_wear: int = 0
    mean_wear: float = 0.0
    failed: int = 0

    @classmethod
    def of(
        cls, synapses: Sequence[Synapses], periods: int, period: float | None, samples: int, unsettled: int
    ) -> Costs:
        """From what the devices counted; `periods` of `period` seconds."""
        arrays = [array for s in synapses for array in s.arrays]
        found = [array.statistics() for array in arrays]
        devices = sum(array.wear.size for array in arrays)
        energies = [one.joules for one in found if one.joules is not None]
        return cls(
            samples=samples,
            pulses=sum(one.pulses for one in found),
            half_selects=sum(one.half_selects for one in found),
            clipped=sum(one.clipped for one in found),
            reads=sum(s.spent.reads for s in synapses),
            resets=sum(s.spent.resets for s in synapses),
            unsettled=unsettled,
            joules=sum(energies) if found and len(energies) == len(found) else None,
            seconds=None if period is None else periods * period,
            most_wear=max((one.most_wear for one in found), default=0),
            mean_wear=float(sum(array.wear.sum() for array in arrays) / devices) if devices else 0.0,
            failed=sum(one.failed for one in found),
        )

    def since(self, before: Costs) -> Costs:
        """Of the time after `before`; wear and failed devices stay what they are now."""
        now, then = asdict(self), asdict(before)
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
