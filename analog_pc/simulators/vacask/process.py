"""One VACASK process: a deck in, a plot out, or an exception that quotes VACASK's message."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Event

from analog_pc.errors import SimulationFailed
from analog_pc.simulators.spice.rawfile import Plot, read_raw
from analog_pc.simulators.vacask import log
from analog_pc.simulators.vacask.compile import compiled
from analog_pc.simulators.vacask.deck import ANALYSIS, Deck
from analog_pc.simulators.vacask.installation import Installation
from analog_pc.simulators.workspace import workspace


def run_deck(
    deck: Deck, installation: Installation, timeout: float, cancelled: Event | None = None
) -> tuple[Plot, list[str]]:
    """Run a deck in a private folder.

    Returns
    -------
    tuple
        The plot of the analysis, and VACASK's messages.

    Raises
    ------
    SimulatorMissing
        If a program is missing.
    SimulationFailed
        If VACASK ends with an exit code other than 0, or leaves no whole plot.
    """
    # No settings of the machine or the user; no progress messages; nothing that a deck could start.
    options = ["--tomlfile", "empty.toml", "--quiet-progress", "--skip-postprocess"]
    with workspace() as place:
        own = [compiled(module, installation, place, cancelled) for module in deck.modules]
        models = [*(installation.model(model) for model in deck.models), *own]
        place.write("network.sim", deck.text(loads(models)))
        place.write("empty.toml", "")
        command = [str(installation.simulator), *options, "network.sim"]
        code, lines = place.run(command, timeout, cancelled=cancelled)
        content = place.read(f"{ANALYSIS}.raw")
        place.refuse_full()
    if code < 0:
        raise SimulationFailed(f"vacask: killed by signal {-code}")
    if code > 0:
        raise SimulationFailed(f"vacask: {log.failure(lines, code)}")
    if content is None:
        raise SimulationFailed("vacask: exit code 0 but no raw file")
    plots = read_raw(content)
    if len(plots) != 1:
        raise SimulationFailed(f"vacask: expected the plot of one analysis, got {len(plots)}")
    return plots[0], lines


def loads(paths: Sequence[Path]) -> list[str]:
    """``load`` directives; absolute paths, so that no search path of the user matters."""
    quoted = (str(path.resolve()).replace("\\", "\\\\").replace('"', '\\"') for path in paths)
    return [f'load "{path}"' for path in quoted]
