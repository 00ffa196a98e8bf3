"""The whole gate, as `make check` runs it: every step, then one line on each.

A red step does not hide the ones after it; the exit code is 0 only when all are green.
"""

import subprocess
import sys
import time
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
BIN: Final = Path(sys.executable).parent

STEPS: Final = (
    ("format", ("ruff", "format", "--check", "."), "run `make fmt`"),
    ("lint", ("ruff", "check", "."), "run `make fmt`, mend the rest by hand"),
    ("types", ("mypy",), "strict; its settings are in pyproject.toml"),
    ("imports", ("lint-imports", "--no-cache"), "imports go one way: bot, handlers|storage, core"),
    ("tests", ("python", "-m", "pytest", "-n", "3"), "run `make test T=<path>` for one part"),
    (
        "postgresql",
        ("python", "tools/on_postgres.py"),
        "run `make test-postgres T=<path>` for one part",
    ),
)


def main() -> int:
    """Run all steps; return 0 when every one is green."""
    results: list[tuple[str, bool, float, str]] = []
    for name, (program, *arguments), hint in STEPS:
        print(f"\n── {name} " + "─" * (60 - len(name)), flush=True)
        began = time.monotonic()
        command = [str(BIN / program), *arguments]
        is_green = subprocess.run(command, cwd=ROOT, check=False).returncode == 0
        results.append((name, is_green, time.monotonic() - began, hint))
    print("\n── gate " + "─" * 56, flush=True)
    for name, is_green, seconds, hint in results:
        verdict = "green" if is_green else f"RED    {hint}"
        print(f"{name:<10} {seconds:6.1f} s  {verdict}", flush=True)
    return 0 if all(is_green for _, is_green, _, _ in results) else 1


if __name__ == "__main__":
    sys.exit(main())
