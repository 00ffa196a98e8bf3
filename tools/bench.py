"""Run every benchmark in tests/benchmarks, each in a process of its own: `make bench`."""

import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent


def main() -> int:
    """Run `bench_*.py` in order of name; return 0 when all ended well."""
    modules = sorted(path.stem for path in (ROOT / "tests" / "benchmarks").glob("bench_*.py"))
    if not modules:
        print("There are no benchmarks yet (tests/benchmarks/bench_*.py).", flush=True)
    failed = [name for name in modules if run(f"tests.benchmarks.{name}") != 0]
    if failed:
        print(f"Did not end well: {', '.join(failed)}", flush=True)
    return 1 if failed else 0


def run(module: str) -> int:
    """Run one module from the root; return its exit code."""
    command = [sys.executable, "-m", module]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
