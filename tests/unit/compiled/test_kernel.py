"""The decorator of compiled functions: numba's cache, keyed to the file of the function."""

import inspect
import os
import subprocess
import sys
from pathlib import Path

from analog_pc.compiled.kernel import kernel

PROGRAM = """
from analog_pc.compiled.kernel import kernel

@kernel(nogil=True)
def scaled(x: float) -> float:
    return {factor} * x

print(scaled(3.0), len(scaled.stats.cache_hits), len(scaled.stats.cache_misses))
"""


def run(program: Path) -> list[str]:
    """Result, loads and compilations of a program that calls one kernel once."""
    command = [sys.executable, str(program)]
    # NUMBA_* of the caller (a folder for the cache, say) would decide where the machine code is kept.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
    answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120, env=environment)
    return answer.stdout.split()


def test_machine_code_is_kept_beside_the_file_and_follows_it(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(factor="2.0"))
    assert run(program) == ["6.0", "0", "1"]
    assert run(program) == ["6.0", "1", "0"]
    assert list((tmp_path / "__pycache__").glob("program.scaled-*.nbi"))
    program.write_text(PROGRAM.format(factor="10.0"))
    assert run(program) == ["30.0", "0", "1"]


def test_without_a_folder_for_machine_code_it_compiles_anew(tmp_path: Path) -> None:
    """As a service user does: neither the package nor the home can be written to."""
    program = tmp_path / "program.py"
    program.write_text(
        "import numba.core.caching as caching\n"
        "caching.CacheImpl._locator_classes = []\n" + PROGRAM.format(factor="2.0")
    )
    assert run(program)[0] == "6.0"


@kernel(cache=False)
def _total(values: tuple[float, float], weight: float = 2.0) -> float:
    """Weighted sum."""
    return weight * (values[0] + values[1])


def test_a_kernel_is_called_as_its_function_is() -> None:
    assert _total((1.0, 2.0)) == 6.0
    assert _total((1.0, 2.0), weight=1.0) == 3.0
    assert list(inspect.signature(_total).parameters) == ["values", "weight"]
    assert _total.__doc__ == "Weighted sum."
