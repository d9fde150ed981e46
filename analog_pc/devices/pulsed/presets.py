"""Kinds of devices with published values.

The values are those of the presets of the IBM analog hardware acceleration kit 1.1 (file presets/devices.py,
commit 4545f11), which are fits to the measurements that each `source` names.  There, cycle noise, write noise
and the spreads of asymmetry are in units of the step and spreads of bounds relative to the bound, as here.
The reset noise of `pcm` is the default of the kit's pulsed devices (reset_std in configs/devices.py, same
commit), which its PCM does not change: it says that resets vary from device to device and cycle to cycle.
Where a preset of the kit says nothing of resets, there is none here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from analog_pc.devices.pulsed.device import PulsedDevice
from analog_pc.devices.pulsed.update_characteristics import Constant, Exponential, Linear, SoftBounds

_KIT = "values of the IBM analog hardware acceleration kit 1.1, presets/devices.py: "
_ARRAY = "Gong, Rasch et al., IEDM 2022 (10.1109/IEDM45625.2022.10019569)"

RERAM_ES = PulsedDevice(
    Exponential(up=-1.18445, down=-0.081404, up_rate=5.0, down_rate=5.0, slope=-0.5, offset=-0.5),
    step=0.00135, up_down=0.259359, step_d2d=0.2, up_down_d2d=0.05, w_max_d2d=0.3, w_min_d2d=0.3,
    step_c2c=5.0, write_noise=75.0,
    source=_KIT + "ReRamES, fit to Gong et al., Nat. Commun. 9:2102 (2018)",
)  # fmt: skip

RERAM_SB = PulsedDevice(
    SoftBounds(),
    step=0.002, w_max=1.25, w_min=-0.75, step_d2d=0.3, up_down_d2d=0.01,
    w_max_d2d=0.3 / 1.25, w_min_d2d=0.3 / 0.75, step_c2c=3.75, additive=True, write_noise=56.0,
    source=_KIT + "ReRamSB, loose fit to Gong et al., Nat. Commun. 9:2102 (2018), symmetry point at 0",
)  # fmt: skip

CAPACITOR = PulsedDevice(
    Linear(up=0.05, down=0.05, up_d2d=0.01, down_d2d=0.01),
    step=0.005, step_d2d=0.1, up_down_d2d=0.06, w_max_d2d=0.07, w_min_d2d=0.07,
    step_c2c=0.3, additive=True, lifetime=1e6, lifetime_d2d=0.3,
    source=_KIT + "Capacitor, fit to Li et al., VLSI 2018; lifetime in mini-batches",
)  # fmt: skip

ECRAM = PulsedDevice(
    Linear(up=0.1153, down=0.5085, up_d2d=0.05, down_d2d=0.05),
    step=0.002, w_max=1.1724, w_min=-0.8276, step_d2d=0.1, up_down_d2d=0.01,
    w_max_d2d=0.05, w_min_d2d=0.05, step_c2c=0.3,
    source=_KIT + "EcRam, fit to the lithium device of Tang et al., IEDM 2018",
)  # fmt: skip

ECRAM_MO = PulsedDevice(
    Linear(up=0.4152, down=0.7342, up_d2d=0.05, down_d2d=0.05),
    step=2.8214e-4, w_max=1.1714, w_min=-0.8286, step_d2d=0.1, up_down_d2d=0.01,
    w_max_d2d=0.05, w_min_d2d=0.05, step_c2c=2.0,
    source=_KIT + "EcRamMO, fit to the metal-oxide device of Kim et al., IEDM 2019",
)  # fmt: skip

IDEALIZED = PulsedDevice(
    Constant(), step=0.0002, step_d2d=0.3, w_max_d2d=0.3, w_min_d2d=0.3, step_c2c=0.3,
    source=_KIT + "Idealized, 10000 states; Rasch, Gokmen & Haensch, IEEE Design & Test 37:19 (2020)",
)  # fmt: skip

GOKMEN_VLASOV = PulsedDevice(
    Constant(), step=0.0016, step_d2d=0.3, up_down_d2d=0.01, w_max_d2d=0.3, w_min_d2d=0.3,
    step_c2c=0.3,
    source=_KIT + "GokmenVlasov, 1200 states; Gokmen & Vlasov, Front. Neurosci. 10:333 (2016)",
)  # fmt: skip

PCM = PulsedDevice(
    Exponential(up=-27.235, down=-2.235, up_rate=2.5, down_rate=2.5, slope=-1.0, offset=0.0),
    step=0.01, w_max=2.0, w_min=0.0, step_d2d=0.2, up_down_d2d=0.05, w_max_d2d=0.1,
    step_c2c=0.6, c2c_offset=0.042, c2c_slope=0.108, reset=0.01, reset_d2d=0.02, reset_c2c=0.01,
    one_sided=True,
    source=_KIT + "PCM, Ge2Sb2Te5 of Nandakumar et al., Front. Neurosci. 14:406 (2020), half of a pair",
)  # fmt: skip

RERAM_ARRAY_OM = PulsedDevice(
    SoftBounds(),
    step=0.0949, step_d2d=0.7829, lognormal=True, up_down_d2d=0.01, w_max_d2d=0.3499,
    w_min_d2d=0.5695, step_c2c=0.4158, additive=True, write_noise=1.4113, stuck_range=0.01,
    at_symmetry=True, reference_d2d=0.05,
    source=_KIT + f"ReRamArrayOM, optimized material of {_ARRAY}; 13.48 % were stuck there, here none",
)  # fmt: skip

RERAM_ARRAY_HFO2 = PulsedDevice(
    SoftBounds(),
    step=0.4622, step_d2d=0.7125, lognormal=True, up_down_d2d=0.01, w_max_d2d=0.4295,
    w_min_d2d=0.5990, step_c2c=0.2174, additive=True, write_noise=0.5841, stuck_range=0.01,
    at_symmetry=True, reference_d2d=0.05,
    source=_KIT + f"ReRamArrayHfO2, baseline HfO2 of {_ARRAY}; 9.77 % were stuck there, here none",
)  # fmt: skip

PRESETS: Mapping[str, PulsedDevice] = MappingProxyType(
    {
        "reram-es": RERAM_ES,
        "reram-sb": RERAM_SB,
        "capacitor": CAPACITOR,
        "ecram": ECRAM,
        "ecram-mo": ECRAM_MO,
        "idealized": IDEALIZED,
        "gokmen-vlasov": GOKMEN_VLASOV,
        "pcm": PCM,
        "reram-array-om": RERAM_ARRAY_OM,
        "reram-array-hfo2": RERAM_ARRAY_HFO2,
    }
)
