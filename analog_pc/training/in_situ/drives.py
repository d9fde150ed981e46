"""Write pulses of the published kinds of devices: energy and duration.

A fit of an update characteristic says nothing of volts.  What the papers say is taken from them; where they
say nothing the value is assumed, and `verified` is False.  Energy and time of a training run are no better
than this table.

==============  =======  =======  ===============  =====================================================
device          V        s        S, or F          from
==============  =======  =======  ===============  =====================================================
reram-*         2        10 ns    1 ... 40 uS      assumed: DNN+NeuroSim's eNVM pulse, range of Wan 2022
capacitor       1        10 ns    1 fF             assumed: trench capacitor charged through a transistor
ecram           1        5 ns     1 fF             Tang 2018: pulses down to 5 ns, 1 fJ projected
ecram-mo        1        10 ns    1 fF             Kim 2019: pulses down to 10 ns; energy assumed as Tang's
idealized, ...  1        1 ns     9.3 ... 74 nS    Gokmen & Vlasov 2016: 1 ns, mean 24 MOhm, ratio 8
pcm             2        50 ns    0.25 ... 25 uS   assumed: partial SET; range of Nandakumar 2019 (PCM fit)
==============  =======  =======  ===============  =====================================================

Capacitor and ECRAM have three terminals: the write current does not flow through what is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from analog_pc.devices.pulsed import Pulse, WriteEnergy


@dataclass(frozen=True)
class Drive:
    """The pulse of a kind of device, its source, and whether all of it is in that source."""

    energy: WriteEnergy
    source: str
    verified: bool = False


_RERAM = Drive(
    WriteEnergy(Pulse(2.0, 10e-9), 1e-6, 40e-6),
    "assumed: pulse of DNN+NeuroSim's eNVM (Chen et al. 2018), range of Wan et al., Nature 608:504 (2022)",
)
_RPU = Drive(
    WriteEnergy(Pulse(1.0, 1e-9), 9.3e-9, 74e-9),
    "wanted by Gokmen & Vlasov, Front. Neurosci. 10:333 (2016): 1 ns, mean 24 MOhm, ratio 8; 1 V assumed",
)

DRIVES: Mapping[str, Drive] = MappingProxyType(
    {
        "reram-es": _RERAM,
        "reram-sb": _RERAM,
        "capacitor": Drive(
            WriteEnergy(Pulse(1.0, 10e-9), 0.0, 0.0, 1e-15),
            "assumed: 1 fF at 1 V through a transistor, 10 ns",
        ),
        "ecram": Drive(
            WriteEnergy(Pulse(1.0, 5e-9), 0.0, 0.0, 1e-15),
            "abstract of Tang et al., IEDM 2018: pulses down to 5 ns, about 1 fJ projected (100 x 100 nm^2)",
            verified=True,
        ),
        "ecram-mo": Drive(
            WriteEnergy(Pulse(1.0, 10e-9), 0.0, 0.0, 1e-15),
            "abstract of Kim et al., IEDM 2019: pulses down to 10 ns; energy assumed, as of Tang et al. 2018",
        ),
        "idealized": _RPU,
        "gokmen-vlasov": _RPU,
        "pcm": Drive(
            WriteEnergy(Pulse(2.0, 50e-9), 0.25e-6, 25e-6),
            "assumed: partial SET of 2 V, 50 ns; 0.25 ... 25 uS as in Nandakumar et al., ICECS 2019",
        ),
        "reram-array-om": _RERAM,
        "reram-array-hfo2": _RERAM,
    }
)
