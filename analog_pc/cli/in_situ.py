"""What `analog-pc train` does where weights are devices."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

from analog_pc.devices.pulsed import Pulse
from analog_pc.errors import BadInput
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.relaxers import EffectiveRelaxer, IdealRelaxer, Relaxer
from analog_pc.si import si
from analog_pc.technology import IDEAL, Technology
from analog_pc.training import Costs, Dataset, Trainer, TrainingConfig, TrainingRun
from analog_pc.training.in_situ import HEADROOM, DeviceBackend, Transposed, weight_device, write_scheme

PLAIN = {True: "exact", False: "trains"}  # the scheme of the ideal device, and of the others


@dataclass(frozen=True, kw_only=True)
class InSituOptions:
    """The options of `train` that concern devices; None where not given."""

    device: str | None = None
    scheme: str | None = None
    transposed: str | None = None
    headroom: float | None = None
    pulse: tuple[float, float] | None = None
    technology: Technology | None = None
    checkpoint: Path | None = None
    resume: bool = False
    history: Path | None = None

    @property
    def any_set(self) -> bool:
        """Whether any option is set."""
        return self != InSituOptions()

    def refuse_checkpoint(self) -> None:
        """Refuse a checkpoint that is missing or in the way, before any work.

        Raises
        ------
        BadInput
            For --resume without one, and for a new run over one.
        """
        if self.checkpoint is None:
            if self.resume:
                raise BadInput("--resume: give the --checkpoint to go on from")
        elif self.resume and not self.checkpoint.exists():
            raise BadInput(f"--checkpoint {self.checkpoint}: no such file, nothing to --resume")
        elif self.checkpoint.exists() and not self.resume:
            raise BadInput(f"{self.checkpoint}: exists; --resume goes on from it, or remove it")

    def run(self, dataset: Dataset, network: PredictiveCodingNetwork, config: TrainingConfig) -> TrainingRun:
        """The run with these options, from its beginning or its checkpoint."""
        device = weight_device(self.device or "ideal", None if self.pulse is None else Pulse(*self.pulse))
        for remark in device.remarks:
            click.echo(f"remark: {remark}", err=True)
        backend = DeviceBackend(
            network,
            device,
            write_scheme(self.scheme or PLAIN[device.spec is None]),
            seed=config.seed,
            headroom=HEADROOM if self.headroom is None else self.headroom,
            transposed=Transposed(self.transposed or Transposed.SHARED),
            relaxer=self._relaxer(config),
        )
        trainer = Trainer(backend, config)
        run = TrainingRun(trainer, dataset, self.checkpoint)
        if self.resume:
            run.resume()
        return run

    def _relaxer(self, config: TrainingConfig) -> Relaxer:
        """Mathematics; a circuit for real parts, and for a transposed array of its own (`pc`)."""
        second = self.transposed not in (None, Transposed.SHARED.value)
        reads_it = second and config.learning_rule.name == "pc"
        if self.technology is None and not reads_it:
            return IdealRelaxer()
        technology = self.technology or IDEAL
        return EffectiveRelaxer(technology, config.seed, volts_per_unit=technology.volts_per_unit)


def costs_line(costs: Costs) -> str:
    """Pulses, energy, time and wear in a line."""
    each = costs.per_sample()
    parts = [f"{costs.pulses:.3g} pulses ({each['pulses']:.3g} a sample)"]
    if costs.joules is not None and costs.pulses:
        parts.append(f"{si(costs.joules, 'J')} ({si(each['joules'] or 0.0, 'J')} a sample)")
    if costs.seconds is not None and costs.pulses:
        parts.append(f"{si(costs.seconds, 's')} of writing")
    parts.append(f"at most {costs.most_wear} pulses on a device, {costs.mean_wear:.4g} on average")
    for name, count in (("failed", costs.failed), ("resets", costs.resets), ("unsettled", costs.unsettled)):
        parts += [f"{count} {name}"] if count else []
    return "written: " + ", ".join(parts)
