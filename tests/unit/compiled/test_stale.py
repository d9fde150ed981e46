"""Machine code of other sources than today's is removed."""

from pathlib import Path

from analog_pc.compiled.stale import remove_stale


def test_a_change_of_any_kernel_removes_all_machine_code(tmp_path: Path) -> None:
    first = tmp_path / "first.py"
    first.write_text("@kernel()\ndef f(x): return x\n")
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "plain.py").write_text("x = 1\n")
    caches = [tmp_path / "__pycache__", tmp_path / "room" / "__pycache__"]
    for cache in caches:
        cache.mkdir()

    def keep() -> list[Path]:
        files = [cache / f"f.{ending}" for cache in caches for ending in ("nbi", "1.nbc")]
        for file in files:
            file.touch()
        return files

    files = keep()
    assert remove_stale(tmp_path) == 4  # nobody knows which sources made them
    assert not any(file.exists() for file in files)
    keep()
    (tmp_path / "room" / "plain.py").write_text("x = 2\n")
    assert remove_stale(tmp_path) == 0
    first.write_text("@kernel()\ndef f(x): return 2 * x\n")
    assert remove_stale(tmp_path) == 4
    keep()
    first.rename(tmp_path / "second.py")
    assert remove_stale(tmp_path) == 4


def test_a_package_that_cannot_be_written_is_left(tmp_path: Path) -> None:
    (tmp_path / "first.py").write_text("@kernel()\ndef f(x): return x\n")
    (tmp_path / "__pycache__").write_text("a file where the folder should be")
    assert remove_stale(tmp_path) == 0
