"""Windows of two photographs, and bars of growing length, as three overlapping patches see them.

::

    16 x 26 window                        patches of 16 x 16 at columns 0, 5 and 10, each weighted by a
    |<---- 16 ---->|                      Gaussian window; together 3 x 256 = 768 pixels
         |<---- 16 ---->|
              |<---- 16 ---->|

The photographs are china.jpg and flower.jpg, which scikit-learn brings along.  They are made grey, filtered
by a difference of Gaussians (the retina's centre and surround) and scaled to unit variance.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.ndimage import gaussian_filter

from analog_pc.arrays import Floats, Ints
from analog_pc.errors import BadInput

PATCH = 16  # pixels, both ways
OFFSETS = (0, 5, 10)  # columns of the patches in a window
WIDTH = OFFSETS[-1] + PATCH
PIXELS = len(OFFSETS) * PATCH * PATCH
PHOTOGRAPHS = ("china.jpg", "flower.jpg")
CENTRE = 1.0  # pixels, standard deviations of the difference of Gaussians
SURROUND = 2.0
APERTURE = 6.4  # pixels, standard deviation of the Gaussian window of a patch
LENGTHS = tuple(range(2, WIDTH + 1, 2))  # of bars: even, so that they grow at both ends
THICKNESS = 2
CONTRAST = 3.0  # largest pixel of a bar, in standard deviations of the photographs
MARGIN = 16  # pixels around a bar that its filter may reach


@cache
def photographs() -> tuple[Floats, ...]:
    """Both photographs and both turned by transposition, filtered, of unit variance, [rows, columns] each.

    Raises
    ------
    BadInput
        Without pillow, which decodes them.
    """
    try:
        import PIL.Image  # noqa: F401
    except ImportError:
        raise BadInput("the photographs are JPEG files: 'pip install pillow' to read them") from None
    from sklearn.datasets import load_sample_image

    found: list[Floats] = []
    for name in PHOTOGRAPHS:
        grey = np.asarray(load_sample_image(name), dtype=np.float64).mean(axis=2)
        filtered = difference_of_gaussians(grey)
        scaled = filtered / filtered.std()
        found += [scaled, scaled.T]
    return tuple(found)


def difference_of_gaussians(image: Floats) -> Floats:
    """Centre minus surround of an image [rows, columns]."""
    return np.asarray(gaussian_filter(image, CENTRE) - gaussian_filter(image, SURROUND))


@cache
def aperture() -> Floats:
    """The Gaussian window of a patch, [16, 16]."""
    square = (np.arange(PATCH) - (PATCH - 1) / 2.0) ** 2
    return np.asarray(np.exp(-(square[:, None] + square[None, :]) / (2.0 * APERTURE**2)))


def patches(windows: Floats) -> Floats:
    """What the patches see of windows [n, 16, 26], side by side: [n, 768]."""
    seen = [windows[:, :, k : k + PATCH] * aperture() for k in OFFSETS]
    return np.concatenate([one.reshape(len(windows), -1) for one in seen], axis=1)


def natural_patches(rng: np.random.Generator, n: int) -> Floats:
    """`n` random windows of the photographs as patches, [n, 768]."""
    images = photographs()
    windows = np.empty((n, PATCH, WIDTH))
    for k, image in enumerate(rng.integers(len(images), size=n)):
        rows, columns = images[image].shape
        row = rng.integers(rows - PATCH + 1)
        column = rng.integers(columns - WIDTH + 1)
        windows[k] = images[image][row : row + PATCH, column : column + WIDTH]
    return patches(windows)


def bars() -> tuple[Ints, Floats]:
    """Lengths [n] of horizontal bars through the centre of the window, and their patches [n, 768]."""
    windows = []
    for length in LENGTHS:
        scene = np.zeros((PATCH + 2 * MARGIN, WIDTH + 2 * MARGIN))
        top = MARGIN + (PATCH - THICKNESS) // 2
        left = MARGIN + (WIDTH - length) // 2
        scene[top : top + THICKNESS, left : left + length] = 1.0
        windows.append(difference_of_gaussians(scene)[MARGIN:-MARGIN, MARGIN:-MARGIN])
    found = np.array(windows)
    return np.array(LENGTHS), patches(CONTRAST * found / found.max())
