"""Where does the analog chip beat digital machines, and where does it lose?

Energy of width-width-10 tanh networks with random weights, per stimulus, over digital machines: simulated up
to 64, by formula beyond.  The digital relaxation takes the best fixed step and stops where the circuit counts
as settled.  Each technology as shipped, and with the node capacitor sized for the widest simulated network.

    python analysis/break_even.py                        # half an hour; stores results/cost/break_even.json
    python analysis/break_even.py --technologies pcm
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # matrices this small are faster on one thread

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from analog_pc.cost import break_even, size_node_capacitor
from analog_pc.files import write_text
from analog_pc.pcn import random_network
from analog_pc.technology import TECHNOLOGIES, Technology, technology

RESULTS = Path(__file__).parent / "results" / "cost" / "break_even.json"
WIDTHS = (16, 32, 64, 128, 256, 512)
SIMULATED = 64


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--technologies", default=",".join(name for name in TECHNOLOGIES if name != "ideal"))
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    for name in arguments.technologies.split(","):
        shipped = technology(name)
        own = sized(shipped)
        for what, made_of in (("shipped", shipped), ("sized", own)):
            rows = break_even(made_of, WIDTHS, samples=2, simulated=SIMULATED)
            table = json.loads(arguments.out.read_text()) if arguments.out.exists() else {}
            table.setdefault(name, {})[what] = {
                "farads": made_of.node_capacitance,
                "rows": [asdict(row) for row in rows],
            }
            arguments.out.parent.mkdir(parents=True, exist_ok=True)
            write_text(arguments.out, json.dumps(table, indent=1) + "\n")
            for row in rows:
                if row.baseline in ("45 nm fp32", "45 nm int8"):
                    verdict = "loses" if row.loses else "wins"
                    print(f"{name:13} {what:8} {row.width:4} {row.phase:8} {row.baseline:11} "
                          f"{row.ratio:8.3g} {verdict} ({row.method})", flush=True)  # fmt: skip


def sized(made_of: Technology) -> Technology:
    """The technology with the capacitor that the widest simulated network needs."""
    rng = np.random.default_rng([0, SIMULATED])
    network = random_network((SIMULATED, SIMULATED, 10), "tanh", seed=0)
    x = rng.random((2, SIMULATED))
    t = np.eye(10)[rng.integers(0, 10, 2)]
    return size_node_capacitor(made_of, network, x, t).apply(made_of)


if __name__ == "__main__":
    main()
