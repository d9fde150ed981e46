"""Weights that repeat, unrolled to a matrix [post, pre]: convolutions, and blocks on the diagonal.

A crossbar has a device for every entry of the matrix that is not always 0; devices cannot share a value.  The
pattern keeps which entries are copies of one value, for learning (`graph_update`) and for counting.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analog_pc.arrays import ArrayLike, Floats, Ints, is_whole
from analog_pc.errors import BadInput
from analog_pc.numeric import numbers
from analog_pc.pcn.graph.graph import PredictiveCodingGraph
from analog_pc.pcn.parameters import finite_array


class Unrolled(NamedTuple):
    """`weight` and `pattern` of a `Projection` of kind "block" or "convolution", [post, pre]."""

    weight: Floats
    pattern: Ints


class WeightCount(NamedTuple):
    """Weights of a projection: places on a crossbar, and values that are not copies of one another."""

    devices: int
    values: int


def unrolled_blocks(block: ArrayLike, copies: int) -> Unrolled:
    """Copies of one block on the diagonal, 0 elsewhere.

    Parameters
    ----------
    block
        [post, pre] of one copy.
    copies
        How many.

    Raises
    ------
    BadInput
        For a block that is no matrix, and fewer than one copy.
    """
    one = finite_array("block", block, 2)
    if not is_whole(copies) or copies < 1:
        raise BadInput(f"copies is {copies!r}, must be a whole number >= 1")
    numbered = np.arange(one.size).reshape(one.shape)
    on_diagonal = np.kron(np.eye(copies), np.ones(one.shape)) > 0.0
    pattern = np.where(on_diagonal, np.tile(numbered, (copies, copies)), -1)
    return Unrolled(np.where(pattern >= 0, np.tile(one, (copies, copies)), 0.0), pattern)


def unrolled_convolution(
    kernel: ArrayLike, image: tuple[int, int], *, stride: int = 1, padding: int = 0
) -> Unrolled:
    """A convolution (cross-correlation, as deep learning has it) as a matrix.

    Activities are images [channels, height, width], flattened in this order.

    Parameters
    ----------
    kernel
        [out channels, in channels, kernel height, kernel width].
    image
        Height and width of the input.
    stride
        Step of the kernel, in pixels.
    padding
        Zeros around the input, in pixels.

    Returns
    -------
    Unrolled
        weight [out channels x output height x output width, in channels x height x width]; the pattern
        numbers the entries of the kernel.

    Raises
    ------
    BadInput
        For a kernel that has not four dimensions, or does not fit into the padded image.
    """
    values = _kernel(kernel)
    for name, value, least in (("stride", stride, 1), ("padding", padding, 0)):
        if not is_whole(value) or value < least:
            raise BadInput(f"{name} is {value!r}, must be a whole number >= {least}")
    height, width = image
    out_channels, in_channels, rows, columns = values.shape
    out_height = (height + 2 * padding - rows) // stride + 1
    out_width = (width + 2 * padding - columns) // stride + 1
    if min(height, width) < 1 or out_height < 1 or out_width < 1:
        raise BadInput(f"kernel {(rows, columns)} does not fit into image {image} with padding {padding}")
    numbered = np.arange(values.size).reshape(values.shape)
    pattern = np.full((out_channels, out_height, out_width, in_channels, height, width), -1)
    for row in range(rows):
        for column in range(columns):
            y = np.arange(out_height) * stride + row - padding
            x = np.arange(out_width) * stride + column - padding
            at_y = np.flatnonzero((y >= 0) & (y < height))
            at_x = np.flatnonzero((x >= 0) & (x < width))
            grid_y, grid_x = np.meshgrid(at_y, at_x, indexing="ij")
            # Advanced indices in front: [positions y, positions x, out channels, in channels].
            pattern[:, grid_y, grid_x, :, y[grid_y], x[grid_x]] = numbered[:, :, row, column]
    pattern = pattern.reshape(out_channels * out_height * out_width, in_channels * height * width)
    flat = np.append(values.ravel(), 0.0)  # -1 is the last: no device
    return Unrolled(flat[pattern], pattern)


def _kernel(kernel: ArrayLike) -> Floats:
    try:
        values = numbers(kernel)
    except (TypeError, ValueError):
        raise BadInput("kernel is not an array of numbers") from None
    if values.ndim != 4 or values.size == 0 or not np.isfinite(values).all():
        raise BadInput(
            f"kernel has shape {values.shape}, expected finite numbers [out, in, kernel height, kernel width]"
        )
    return values


def count_weights(graph: PredictiveCodingGraph) -> dict[str, WeightCount]:
    """Weights of each projection by name; an identity has none, it is a buffer.

    Parameters
    ----------
    graph
        The graph.
    """
    found = {}
    for p in graph.projections:
        if p.W is None:
            found[p.name] = WeightCount(0, 0)
        elif p.shared is None:
            found[p.name] = WeightCount(p.W.size, p.W.size)
        else:
            devices = p.shared[p.shared >= 0]
            found[p.name] = WeightCount(devices.size, len(np.unique(devices)))
    return found
