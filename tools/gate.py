"""The whole gate, as `make check` runs it: every step, then one line on each.

A red step does not hide the ones after it; the exit code is 0 only when all are green.

Some tests drive real processes and a real browser; on a busy machine one may lose a race that no
user would see. So a step of which few tests fail is given a second look: those alone, one after
the other. What fails again is red. What passes is named as shaky at the end, and is to be mended.
A test that plays a seed fails both times.
"""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parent.parent
BIN: Final = Path(sys.executable).parent

SHAKY: Final = 3
"""Of how many failed tests a step gets a second look: more are no chance."""

SOME_FAILED: Final = 1
"""What pytest returns where tests failed, and nothing else was wrong."""


class Step(NamedTuple):
    """One step; `again` runs only the tests that failed, whose names pytest keeps in `cache`."""

    name: str
    command: tuple[str, ...]
    hint: str
    again: tuple[str, ...] = ()
    cache: str = ""


class Result(NamedTuple):
    """How a step went; `shaky` are the tests that passed at a second look only."""

    step: Step
    is_green: bool
    seconds: float
    shaky: tuple[str, ...] = ()


def _tests(name: str, program: Sequence[str], hint: str) -> Step:
    cache = f".pytest_cache/{name}"
    command = (*program, "-o", f"cache_dir={cache}")
    return Step(name, (*command, "-n", "3"), hint, (*command, "-n", "0", "--last-failed"), cache)


STEPS: Final = (
    Step("format", ("ruff", "format", "--check", "."), "run `make fmt`"),
    Step("lint", ("ruff", "check", "."), "run `make fmt`, mend the rest by hand"),
    Step("types", ("mypy",), "strict; its settings are in pyproject.toml"),
    Step(
        "imports", ("lint-imports", "--no-cache"), "imports go one way: bot, handlers|storage, core"
    ),
    _tests("tests", ("python", "-m", "pytest"), "run `make test T=<path>` for one part"),
    _tests(
        "postgresql",
        ("python", "tools/on_postgres.py"),
        "run `make test-postgres T=<path>` for one part",
    ),
)


def main() -> int:
    """Run all steps; return 0 when every one is green."""
    results = [_done(step) for step in STEPS]
    print("\n── gate " + "─" * 56, flush=True)
    for step, is_green, seconds, shaky in results:
        verdict = "green" if is_green else f"RED    {step.hint}"
        print(f"{step.name:<10} {seconds:6.1f} s  {verdict}", flush=True)
        for each in shaky:
            print(f"{'':<10} shaky: {each}", flush=True)
    return 0 if all(each.is_green for each in results) else 1


def _done(step: Step) -> Result:
    print(f"\n── {step.name} " + "─" * (60 - len(step.name)), flush=True)
    began = time.monotonic()
    code = _run(step.command)
    failed = _failed(step.cache) if code == SOME_FAILED and step.cache else ()
    if 0 < len(failed) <= SHAKY:
        print(f"\n── {step.name}: a second look at {len(failed)} ──", flush=True)
        code = _run(step.again)
    shaky = failed if code == 0 else ()
    return Result(step, code == 0, time.monotonic() - began, shaky)


def _run(command: Sequence[str]) -> int:
    program, *arguments = command
    return subprocess.run([str(BIN / program), *arguments], cwd=ROOT, check=False).returncode


def _failed(cache: str) -> tuple[str, ...]:
    """Return the tests that failed just now, by their names."""
    kept = ROOT / cache / "v" / "cache" / "lastfailed"
    return tuple(json.loads(kept.read_text("utf-8"))) if kept.exists() else ()


if __name__ == "__main__":
    sys.exit(main())
