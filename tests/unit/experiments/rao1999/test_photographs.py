"""Windows and bars: shapes, units, and what is said without pillow."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from analog_pc.errors import BadInput
from analog_pc.experiments.rao1999.photographs import (
    CONTRAST,
    LENGTHS,
    OFFSETS,
    PATCH,
    PIXELS,
    WIDTH,
    aperture,
    bars,
    natural_patches,
    patches,
    photographs,
)


def test_photographs_have_no_mean_and_unit_variance() -> None:
    images = photographs()
    assert len(images) == 4
    for image in images:
        assert abs(image.mean()) < 0.01  # centre and surround cancel but at the edges of the photograph
        assert image.std() == pytest.approx(1.0)
    assert np.array_equal(images[1], images[0].T)


def test_patches_overlap_as_their_offsets_say() -> None:
    window = np.zeros((1, PATCH, WIDTH))
    window[0, 3, 12] = 1.0  # column 12 - offset of each patch, where that is inside
    seen = patches(window).reshape(len(OFFSETS), PATCH, PATCH)
    for patch, offset in zip(seen, OFFSETS, strict=True):
        assert np.argwhere(patch).tolist() == [[3, 12 - offset]]
        assert patch[3, 12 - offset] == aperture()[3, 12 - offset]


def test_natural_patches_repeat_with_their_seed() -> None:
    one = natural_patches(np.random.default_rng(3), 4)
    assert one.shape == (4, PIXELS)
    assert np.array_equal(one, natural_patches(np.random.default_rng(3), 4))


def test_bars_grow_at_both_ends() -> None:
    lengths, images = bars()
    assert lengths.tolist() == list(LENGTHS)
    middle = images.reshape(len(lengths), len(OFFSETS), PATCH, PATCH)[:, 1]
    # a patch in the centre of the window sees the same left and right, and above and below
    np.testing.assert_allclose(middle, middle[:, :, ::-1], atol=1e-12)
    np.testing.assert_allclose(middle, middle[:, ::-1], atol=1e-12)
    assert CONTRAST * aperture().min() < images.max() <= CONTRAST


def test_without_pillow_one_line_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    photographs.cache_clear()
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(BadInput, match="pip install pillow"):
        photographs()
    photographs.cache_clear()
