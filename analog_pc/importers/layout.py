"""Layout of a stored weight matrix: [post, pre] or [pre, post].

PyTorch stores [post, pre] (out, in) and calls it ``weight``; Keras, Flax and scikit-learn store [pre, post]
(in, out) and call it ``kernel`` or ``coefs_``.  The shapes decide: consecutive layers share a size, and so do
weights and biases.  Only where both ways fit (square matrices) does the name decide, and where it says
nothing the user.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from analog_pc.arrays import Floats
from analog_pc.errors import BadInput

POST_PRE = "post-pre"
PRE_POST = "pre-post"
LAYOUTS = (POST_PRE, PRE_POST)
_CONVENTIONS = {"weight": POST_PRE, "kernel": PRE_POST, "coefs_": PRE_POST}

StoredLayer = tuple[str, Floats, Floats | None]  # name, weights as they are stored, biases


def layout_of(layers: Sequence[StoredLayer], asked: str | None = None) -> str:
    """The layout in which the layers chain, one of `LAYOUTS`.

    Parameters
    ----------
    layers
        Name, weights as stored and biases of layers 1 ... L.
    asked
        The layout that a user says it is.

    Raises
    ------
    BadInput
        Where no layout (or not the one asked for) fits all shapes, or both do and no name decides.
    """
    if asked is not None and asked not in LAYOUTS:
        raise BadInput(f"unknown layout {asked!r}: use one of {', '.join(LAYOUTS)}")
    misfits = {layout: _misfit(layers, layout) for layout in LAYOUTS}
    fitting = [layout for layout in LAYOUTS if misfits[layout] is None]
    if asked is not None:
        if asked not in fitting:
            raise BadInput(f"layout {asked}: {misfits[asked]}")
        return asked
    if not fitting:
        raise BadInput(
            f"neither layout fits: as [post, pre] {misfits[POST_PRE]}; transposed {misfits[PRE_POST]}"
        )
    if len(fitting) == 1:
        return fitting[0]
    named = {layout for name, _, _ in layers for word, layout in _CONVENTIONS.items() if word in name}
    if len(named) == 1:
        return named.pop()
    raise BadInput(
        f"{layers[0][0]} and the others fit as [post, pre] and as [pre, post]: say --layout {POST_PRE} "
        f"(PyTorch) or --layout {PRE_POST} (Keras, scikit-learn)"
    )


def _misfit(layers: Sequence[StoredLayer], layout: str) -> str | None:
    """The first size that does not fit; None where all do."""
    shapes = [(name, *_post_pre(weights, layout)) for name, weights, _ in layers]
    for (name, post, _), (_, _, bias) in zip(shapes, layers, strict=True):
        if bias is not None and bias.shape != (post,):
            return f"{name} has {post} outputs and {len(bias)} biases"
    for (below, post, _), (above, _, pre) in pairwise(shapes):
        if pre != post:
            return f"{above} has {pre} inputs after {post} outputs of {below}"
    return None


def _post_pre(weights: Floats, layout: str) -> tuple[int, int]:
    rows, columns = weights.shape
    return (rows, columns) if layout == POST_PRE else (columns, rows)
