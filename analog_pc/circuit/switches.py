"""Parts that a control line opens and closes: switches and multiplexers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_pc.arrays import ArrayLike
from analog_pc.circuit.bus import Bus, checked_name
from analog_pc.circuit.values import same_length, values
from analog_pc.errors import BadInput


@dataclass(frozen=True, eq=False)
class Switches:
    """Two-way switches, a transmission gate each; on, off [n] in S, 0 < off < on.

    ::

        a[i] ----o  o---- b[i]        I = (off + (on - off) c) V(a, b),   c = V(control) within 0 ... 1 V
                  |
              control[i]
    """

    name: str
    a: Bus
    b: Bus
    control: Bus
    on: ArrayLike
    off: ArrayLike

    def __post_init__(self) -> None:
        checked_name(self.name, "element")
        n = same_length(self.name, a=self.a, b=self.b, control=self.control)
        on = values(self.name, "on", self.on, (n,), low=0.0)
        off = values(self.name, "off", self.off, (n,), low=0.0)
        if (off >= on).any():
            k = int(np.argmax(off >= on))
            raise BadInput(f"{self.name}: off[{k}] = {off[k]!r} S must be below on[{k}] = {on[k]!r} S")
        object.__setattr__(self, "on", on)
        object.__setattr__(self, "off", off)


@dataclass(frozen=True, eq=False)
class Multiplexers:
    """Buffered analog multiplexers: V(out[i]) = sum_k V(select[k]) V(inputs[k n + i]) / 1 V, n outputs.

    ::

        inputs[i]     ----(select[0])--+
        inputs[n + i] ----(select[1])--+--[ +1 ]--- out[i]      no input current
        ...

    A select line at 1 V passes its input, at 0 V it does not, and at -1 V it inverts it.
    """

    name: str
    select: Bus
    inputs: Bus
    out: Bus

    def __post_init__(self) -> None:
        checked_name(self.name, "element")
        wanted = len(self.select) * len(self.out)
        if not wanted or len(self.inputs) != wanted:
            raise BadInput(
                f"{self.name}: {len(self.inputs)} inputs for {len(self.select)} select lines "
                f"x {len(self.out)} outputs"
            )

    def inputs_of(self, k: int) -> Bus:
        """The inputs that the k-th select line passes, [n]."""
        n = len(self.out)
        return self.inputs[k * n : (k + 1) * n]
