"""Run the benchmarks in tests/benchmarks, each in a process of its own: `make bench`.

Names choose some of them: `python tools/bench.py payments chat`.
"""

import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent


def main() -> int:
    """Run `bench_*.py` in order of name; return 0 when all ended well, 2 for a name unknown."""
    found = sorted(path.stem for path in (ROOT / "tests" / "benchmarks").glob("bench_*.py"))
    wanted = {f"bench_{name}" for name in sys.argv[1:]} or set(found)
    if unknown := sorted(wanted.difference(found)):
        print(f"There is no benchmark of this name: {', '.join(unknown)}", flush=True)
        return 2
    modules = [name for name in found if name in wanted]
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
