"""Do the tests notice a small fault?  Mutants drawn by a seed from four rooms, each run through its tests.

Each room gives the same number of mutants, drawn uniformly over its sites (`mutants.py` lists the changes).
Each mutant is a fresh copy of the tree.  Its tests run in two stages, until one fails: those of the folder in
tests/unit that mirrors its file (those that name its module first, then its folder, then the folders above),
then those of tests/conventions, properties and conformance that import its room.  `--everywhere` adds the
other unit tests.
A test that kills has to do so twice, and at the end passes without a mutant.
A test that writes nothing for LIMIT seconds is a timeout, which counts as killed and is counted apart.

Compiled functions: the machine code of every module that imports the mutated one, however indirectly, is
removed from the copy, and the rest stays warm.

    python analysis/mutation.py                             # 60 mutants: an hour; resumes
    python analysis/mutation.py --again survived            # after tests were added
    python analysis/mutation.py --again survived --bounds   # as `make test-bounds` runs them
    python analysis/mutation.py --equivalent 17 "reason"    # no test can tell this mutant from the source
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import re
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mutants import Site, sites

from analog_pc.compiled.stale import STAMP, digest
from analog_pc.files import write_text

ROOT = Path(__file__).resolve().parents[1]
RESULT = Path(__file__).parent / "results" / "mutation.json"
ROOMS = ("pcn", "relaxers", "simulators", "training")
COPIED = ("analog_pc", "analysis", "docs", "examples", "netlists", "tests", "pyproject.toml", "README.md")
LIMIT = 150.0  # seconds without output; the slowest test takes a third of it on a busy machine
MEMORY = 12 << 30  # bytes of address space
PYTEST = ("-m", "pytest", "-v", "-x", "--tb=line", "-p", "no:cacheprovider", "-m", "not slow")
KILLED = ("killed", "timeout")


def draw(number: int, seed: int) -> list[dict[str, Any]]:
    """Mutants in the order in which they run: the rooms in turn."""
    generator = random.Random(seed)
    of_rooms = []
    for room in ROOMS:
        found = []
        for path in sorted((ROOT / "analog_pc" / room).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            found += [place for place, _ in described(str(path.relative_to(ROOT)), text, ast.parse(text))]
        of_rooms.append(generator.sample(found, number // len(ROOMS)))
    return [place for turn in zip(*of_rooms, strict=True) for place in turn]


def described(path: str, text: str, tree: ast.Module) -> Iterator[tuple[dict[str, Any], Site]]:
    """The sites of a file, each with its place; `nth` tells those apart that begin at one character."""
    lines = text.splitlines()
    seen: Counter[tuple[int, int, str]] = Counter()
    for site in sites(tree):
        key = (site.node.lineno, site.node.col_offset, site.kind)
        place = {"path": path, "line": key[0], "column": key[1], "nth": seen[key], "kind": site.kind}
        seen[key] += 1
        yield {**place, "source": lines[site.node.lineno - 1].strip()}, site


def mutate(root: Path, record: dict[str, Any]) -> bool:
    """Change the file of a mutant below `root`; False where its line is no longer there."""
    text = (root / record["path"]).read_text(encoding="utf-8")
    tree = ast.parse(text)
    same = ("column", "nth", "kind", "source")
    found = [
        (abs(place["line"] - record["line"]), site)
        for place, site in described(record["path"], text, tree)
        if all(place[name] == record[name] for name in same)
    ]
    if not found:
        return False
    site = min(found, key=lambda pair: pair[0])[1]
    record["before"] = ast.unparse(site.node)
    site.change()
    record["after"] = ast.unparse(site.node)
    write_text(root / record["path"], ast.unparse(ast.fix_missing_locations(tree)) + "\n")
    remove_machine_code(root / "analog_pc", record["path"])
    return True


def remove_machine_code(package: Path, changed: str) -> None:
    """Remove the machine code of a file and of all that import it; the stamp says that the rest is right."""
    imports = {}
    for path in package.rglob("*.py"):
        module = ".".join(path.relative_to(package.parent).with_suffix("").parts).removesuffix(".__init__")
        imports[module] = (path, _imported(ast.parse(path.read_text(encoding="utf-8"))))
    reached = {module for module, (path, _) in imports.items() if path == package.parent / changed}
    before: set[str] = set()
    while reached != before:
        before = reached
        reached = reached | {module for module, (_, used) in imports.items() if used & before}
    for module in reached:
        path = imports[module][0]
        for kept in (path.parent / "__pycache__").glob(f"{path.stem}.*.nb[ic]"):
            kept.unlink()
    (package / "__pycache__" / STAMP).write_text(digest(package))


def _imported(tree: ast.Module) -> set[str]:
    """Every module that a tree may import from."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            found |= {str(node.module), *(f"{node.module}.{name.name}" for name in node.names)}
        elif isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
    return found


def stages(root: Path, path: str, everywhere: bool) -> list[list[str]]:
    """The test files of a mutated file, in the order of the stages."""
    inside = Path(path).relative_to("analog_pc")
    room = inside.parts[0]
    unit = root / "tests" / "unit"
    mirror = sorted((unit / inside.parent).glob(f"test_{inside.stem}.py"))
    for folder in [inside.parent, *inside.parent.parents][:-1]:
        mirror += sorted((unit / folder).glob("test_*.py")) + sorted((unit / folder).rglob("test_*.py"))
    module = ".".join(Path(path).with_suffix("").parts)
    mirror = sorted(mirror, key=lambda test: module not in test.read_text(encoding="utf-8"))
    imports = re.compile(rf"analog_pc(\.| import ){room}\b")
    wider = [
        test
        for folder in ("conventions", "properties", "conformance", *(["unit"] if everywhere else []))
        for test in sorted((root / "tests" / folder).rglob("test_*.py"))
        if test not in mirror and imports.search(test.read_text(encoding="utf-8"))
    ]
    return [[str(test) for test in dict.fromkeys(tests)] for tests in (mirror, wider)]


def run_tests(root: Path, tests: list[str]) -> tuple[str, str, str]:
    """Run test files on the tree at `root`: the verdict, the test that killed it and what it said."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(root),
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "COLUMNS": "400",
    }
    process = subprocess.Popen(
        [sys.executable, *PYTEST, f"--basetemp={root.parent / 'temporary'}", *tests],
        cwd=root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
    )
    assert process.stdout is not None
    output = b""
    try:
        while select.select([process.stdout], [], [], LIMIT)[0]:
            piece = os.read(process.stdout.fileno(), 65536)
            if not piece:
                process.wait()
                break
            output += piece
    finally:
        stuck = process.returncode is None
        if stuck:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    text = output.decode(errors="replace")
    started = re.findall(r"^(tests/\S+::.+?)(?: PASSED| FAILED| ERROR| SKIPPED|$)", text, re.MULTILINE)
    last = started[-1].strip() if started else "collection"
    if stuck:
        return "timeout", last, f"nothing for {LIMIT:.0f} s"
    if process.returncode == 0:
        return "survived", "", ""
    said = [line for line in text.splitlines() if re.match(r"(E  |FAILED|ERROR|/|Fatal)", line)]
    return "killed", last, (said[-1] if said else text[-200:])[-300:].replace(f"{root.parent}/", "")


def run(scratch: Path, record: dict[str, Any], options: argparse.Namespace) -> None:
    """One mutant from a fresh copy to its verdict."""
    tree = scratch / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    if options.bounds:
        shutil.rmtree(scratch / "bounds", ignore_errors=True)
        os.environ |= {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(scratch / "bounds")}
    shutil.copytree(scratch / "base", tree)
    begin = time.monotonic()
    record.update(verdict="gone", stage=0, test="", said="")
    if mutate(tree, record):
        for stage, tests in enumerate(stages(tree, record["path"], options.everywhere), 1):
            if stage not in options.stages:
                continue
            verdict, test, said = run_tests(tree, tests)
            while verdict == "killed" and "::" in test and run_tests(tree, [test])[0] == "survived":
                tests.append(f"--deselect={test}")  # it fails now and then, as tests of processes do
                verdict, test, said = run_tests(tree, tests)
            record.update(verdict=verdict, stage=stage, test=test, said=said)
            if verdict != "survived":
                break
    record["seconds"] = round(time.monotonic() - begin)


def prepare(scratch: Path) -> None:
    """A copy of the tree as it is now, with the machine code that it has."""
    base = scratch / "base"
    base.mkdir(parents=True)
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, base / name)


def confirm(base: Path, records: list[dict[str, Any]]) -> None:
    """The tests that killed have to pass without a mutant."""
    tests = sorted({record["test"] for record in records if "::" in record.get("test", "")})
    verdict, test, said = run_tests(base, tests)
    print("the tests that killed pass without a mutant" if verdict == "survived" else f"{test} FAILS: {said}")


def summary(records: list[dict[str, Any]]) -> str:
    """Counts of verdicts; the share leaves out equivalent mutants and those whose code is gone."""
    counts = Counter("equivalent" if r.get("equivalent") else r.get("verdict", "not run") for r in records)
    killed = sum(counts[verdict] for verdict in KILLED)
    judged = killed + counts["survived"]
    share = f"{100 * killed / judged:.0f} % of {judged} killed" if judged else "none ran"
    return f"{share} ({', '.join(f'{number} {verdict}' for verdict, number in sorted(counts.items()))})"


def store(stored: dict[str, Any]) -> None:
    stored["summary"] = summary(stored["mutants"])
    write_text(RESULT, json.dumps(stored, indent=1, ensure_ascii=False) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--number", type=int, default=60, help="mutants of a new draw [60]")
    parser.add_argument("--seed", type=int, default=2026, help="of a new draw [2026]")
    parser.add_argument("--again", metavar="VERDICT", help="run those of this verdict once more")
    parser.add_argument("--everywhere", action="store_true", help="also the unit tests of other rooms")
    parser.add_argument("--equivalent", nargs=2, metavar=("N", "WHY"), help="call mutant N equivalent")
    parser.add_argument(
        "--stages", type=int, nargs="+", default=(1, 2), help="1: mirrored tests, 2: wider [1 2]"
    )
    parser.add_argument("--bounds", action="store_true", help="compile anew with array bounds checked")
    parser.add_argument(
        "--scratch", type=Path, default=Path(tempfile.gettempdir()) / "mutation", help="folder of the copies"
    )
    options = parser.parse_args()
    if RESULT.exists():
        stored = json.loads(RESULT.read_text(encoding="utf-8"))
    else:
        stored = {"seed": options.seed, "summary": "", "mutants": draw(options.number, options.seed)}
    records = stored["mutants"]
    if options.equivalent:
        records[int(options.equivalent[0])]["equivalent"] = options.equivalent[1]
        store(stored)
        return
    wanted = [
        record
        for record in records
        if record.get("verdict") in (None, options.again) and "equivalent" not in record
    ]
    if not (options.scratch / "base").exists():
        prepare(options.scratch)
    for stop in (signal.SIGINT, signal.SIGTERM):  # also where the shell ignores them, in the background
        signal.signal(stop, signal.default_int_handler)
    begin = time.monotonic()
    for done, record in enumerate(wanted):
        left = (time.monotonic() - begin) / done * (len(wanted) - done) / 60 if done else float("nan")
        print(f"{done + 1}/{len(wanted)}, {left:.0f} min left: {record['path']}:{record['line']}", flush=True)
        first = record.get("verdict")
        try:
            run(options.scratch, record, options)
        except KeyboardInterrupt:
            record.update(verdict=first) if first else record.pop("verdict", None)
            print(summary(records))
            return
        record.setdefault("first", record["verdict"])
        change = f"{record.get('before')} -> {record.get('after')}"
        print(f"    {record['verdict']}  {change}  {record['test']}", flush=True)
        store(stored)
    confirm(options.scratch / "base", records)
    print(summary(records))


if __name__ == "__main__":
    main()
