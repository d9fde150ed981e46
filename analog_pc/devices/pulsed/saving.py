"""The state of an array of devices as plain arrays, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analog_pc.arrays import Any
from analog_pc.devices.pulsed.population import ends_of, mortal
from analog_pc.errors import BadInput

if TYPE_CHECKING:
    from analog_pc.devices.pulsed.array import DeviceArray

_CHANGING = ("hidden", "noise", "wear", "age", "seen", "totals")
_WORD = 2**64


def saved(array: DeviceArray) -> dict[str, Any]:
    """Copies of everything, the generator included."""
    found = {name: getattr(array, name).copy() for name in _CHANGING}
    for drawn in (array.cells, array.slow):
        found |= {name: value.copy() for name, value in drawn._asdict().items()}
    return found | {"generator": generator_words(array.rng)}


def restored(array: DeviceArray, state: dict[str, Any]) -> None:
    """Copies of everything back into an array of the same shape, or of nothing at all."""
    expected = saved(array)
    for name, like in expected.items():
        if name not in state:
            raise BadInput(f"devices: the state has no {name!r}")
        got = np.asarray(state[name])
        if got.shape != like.shape or got.dtype != like.dtype:
            raise BadInput(
                f"devices: {name!r} of the state is {got.dtype}{list(got.shape)}, "
                f"must be {like.dtype}{list(like.shape)}"
            )
    array.rng = generator_of(np.asarray(state["generator"]))
    for name in _CHANGING:
        np.copyto(getattr(array, name), state[name])
    array.cells = array.cells._replace(**{n: np.array(state[n]) for n in array.cells._fields})
    array.ends, array.mortal = ends_of(array.cells), mortal(array.cells)
    array.slow = array.slow._replace(**{n: np.array(state[n]) for n in array.slow._fields})


def generator_words(rng: np.random.Generator) -> Any:
    """State of a PCG64 as six uint64."""
    state: Any = rng.bit_generator.state
    words = [part for name in ("state", "inc") for part in divmod(state["state"][name], _WORD)]
    return np.array([*words, state["has_uint32"], state["uinteger"]], dtype=np.uint64)


def generator_of(words: Any) -> np.random.Generator:
    """The generator of such words."""
    high, low, inc_high, inc_low, has, last = (int(word) for word in words)
    state = {"state": high * _WORD + low, "inc": inc_high * _WORD + inc_low}
    rng = np.random.Generator(np.random.PCG64())
    rng.bit_generator.state = {
        "bit_generator": "PCG64", "state": state, "has_uint32": has, "uinteger": last,
    }  # fmt: skip
    return rng
