"""Machine code that numba keeps, removed when any compiled function of the package has changed.

Numba looks at the file of a function alone.  Where a function that it calls, or a type that it takes, stands
in another file, a change there leaves the old code in use, or code that names a module that is gone.  Files
without compiled functions are not looked at: a constant that a function takes from one of them stays.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

STAMP = "kernels.sha256"
MARK = b"@kernel"  # in every file that defines compiled functions


def remove_stale(package: Path) -> int:
    """Remove the machine code below a package if its compiled functions have changed since.

    Parameters
    ----------
    package
        Folder of the package.  A hash of its files with compiled functions is kept in its ``__pycache__``;
        where that cannot be written nothing is done, since numba keeps no code there either.

    Returns
    -------
    int
        Number of files that were removed.
    """
    stamp = package / "__pycache__" / STAMP
    found = digest(package)
    removed = 0
    with suppress(OSError):
        if stamp.exists() and stamp.read_text() == found:
            return 0
        stamp.parent.mkdir(exist_ok=True)
        stamp.write_text(found)
        for kept in package.rglob("__pycache__/*.nb[ic]"):
            kept.unlink(missing_ok=True)
            removed += 1
    return removed


def digest(package: Path) -> str:
    """Hash of the files below a package that define compiled functions."""
    found = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        content = path.read_bytes()
        if MARK in content:
            found.update(str(path.relative_to(package)).encode())
            found.update(content)
    return found.hexdigest()
