"""Resolve requirements/*.in into locks with hashes: `make lock`.

One resolution serves every platform and Python from 3.11 on (markers tell them apart). The
files hold names, versions and hashes, never an address: where packages come from is the
machine's business. The resolver itself is locked in requirements/lock.txt and lives in its own
environment, so that neither the service nor the tests carry it.
"""

import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
VENV: Final = ROOT / ".venv-lock"
UV: Final = VENV / "bin" / "uv"

COMPILE: Final = (
    *("pip", "compile", "--universal", "--python-version", "3.11", "--generate-hashes"),
    *("--upgrade", "--no-header", "--no-emit-index-url", "--no-emit-find-links", "--quiet"),
)
LOCKS: Final = (
    ("run", ()),
    ("dev", ("--constraint", "requirements/run.txt")),
    ("lock", ()),
)


def main() -> None:
    """Write the three lock files."""
    if not UV.exists():
        print("Installing the resolver into .venv-lock", flush=True)
        run(sys.executable, "-m", "venv", str(VENV))
        pip = (str(VENV / "bin" / "python"), "-m", "pip", "--disable-pip-version-check")
        run(*pip, "install", "--quiet", "--require-hashes", "-r", "requirements/lock.txt")
    for name, options in LOCKS:
        target = f"requirements/{name}.txt"
        run(str(UV), *COMPILE, f"requirements/{name}.in", *options, "--output-file", target)
        print(f"Locked {target}", flush=True)


def run(*command: str) -> None:
    """Run a command in the root of the project; its failure ends ours."""
    ended = subprocess.run(command, cwd=ROOT, check=False)
    if ended.returncode != 0:
        sys.exit(ended.returncode)


if __name__ == "__main__":
    main()
