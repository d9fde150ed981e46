"""States as flat dictionaries of arrays, a path for a name: what a checkpoint holds."""

from __future__ import annotations

import numpy as np

from analog_pc.arrays import Any

_WORD = 2**64


def prefixed(name: str, state: dict[str, Any]) -> dict[str, Any]:
    """The entries of a part, under its name."""
    return {f"{name}/{key}": value for key, value in state.items()}


def part(state: dict[str, Any], name: str) -> dict[str, Any]:
    """The entries of a part, without its name: the inverse of `prefixed`."""
    return {key[len(name) + 1 :]: value for key, value in state.items() if key.startswith(f"{name}/")}


def generator_state(rng: np.random.Generator) -> Any:
    """State of a PCG64 as six uint64."""
    state: Any = rng.bit_generator.state
    halves = [half for name in ("state", "inc") for half in divmod(state["state"][name], _WORD)]
    return np.array([*halves, state["has_uint32"], state["uinteger"]], dtype=np.uint64)


def restored_generator(state: Any) -> np.random.Generator:
    """The generator of a state of `generator_state`."""
    high, low, inc_high, inc_low, has, last = (int(word) for word in state)
    rng = np.random.Generator(np.random.PCG64())
    rng.bit_generator.state = {
        "bit_generator": "PCG64",
        "state": {"state": high * _WORD + low, "inc": inc_high * _WORD + inc_low},
        "has_uint32": has,
        "uinteger": last,
    }
    return rng
