"""What `analog-pc train` does where weights are devices."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import click

from analog_pc.cli.progress import progress_bar
from analog_pc.devices.pulsed import Pulse
from analog_pc.errors import BadInput
from analog_pc.files import write_text
from analog_pc.pcn import PredictiveCodingNetwork
from analog_pc.relaxers import EffectiveRelaxer, IdealRelaxer, Relaxer
from analog_pc.si import si
from analog_pc.technology import IDEAL, Technology
from analog_pc.training import Dataset
from analog_pc.training.in_situ import (
    Costs,
    InSituConfig,
    InSituRun,
    InSituTrainer,
    Progress,
    Transposed,
    named,
    weight_device,
)

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
        """Whether any option is given."""
        return self != InSituOptions()

    def run(
        self, dataset: Dataset, network: PredictiveCodingNetwork, config: InSituConfig, rule: str
    ) -> InSituRun:
        """The run with these options, from its beginning or its checkpoint."""
        volts = None if self.pulse is None else Pulse(*self.pulse)
        device = weight_device(self.device or "ideal", volts)
        for remark in device.remarks:
            click.echo(f"remark: {remark}", err=True)
        scheme = named.scheme(self.scheme or PLAIN[device.spec is None])
        trainer = InSituTrainer(
            network, device, scheme, config, rule=named.rule(rule), relaxer=self._relaxer(config, rule)
        )
        if self.resume and self.checkpoint is None:
            raise BadInput("--resume: give the --checkpoint to go on from")
        if self.checkpoint is not None and self.checkpoint.exists() and not self.resume:
            raise BadInput(f"{self.checkpoint}: exists; --resume goes on from it, or remove it")
        run = InSituRun(trainer, dataset, self.checkpoint)
        if self.resume:
            run.resume()
        return run

    def _relaxer(self, config: InSituConfig, rule: str) -> Relaxer:
        """Mathematics; a circuit for real parts, and for a transposed array of its own (`pc`)."""
        separate = config.transposed is Transposed.SEPARATE and rule == "pc"
        if self.technology is None and not separate:
            return IdealRelaxer()
        technology = self.technology or IDEAL
        return EffectiveRelaxer(technology, config.seed, volts_per_unit=technology.volts_per_unit)


def train_in_situ(run: InSituRun, history: Path | None) -> PredictiveCodingNetwork:
    """Train to the end with a progress bar; the network that the devices hold then.  Costs are printed."""
    epochs = run.trainer.config.epochs
    with progress_bar() as bar:

        def show(now: Progress) -> None:
            spent = "" if now.joules is None else f", {si(now.joules, 'J')} written"
            text = f"training {run.data.name}: epoch {now.epoch}/{epochs}, energy {now.energy:.4f}{spent}"
            bar(text, now.update, now.updates)

        try:
            run.go(show)
        except KeyboardInterrupt as stopped:
            onwards = ", --resume goes on from there" if run.checkpoint else ""
            raise KeyboardInterrupt(f"{stopped}{onwards}") from None
    if history is not None:
        write_text(history, json.dumps(run.history, indent=1) + "\n")
    click.echo(costs_line(run.trainer.costs))
    return run.trainer.network


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
