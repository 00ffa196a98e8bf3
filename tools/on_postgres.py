"""Run the tests that are about what the books do on PostgreSQL: `python tools/on_postgres.py`.

The server is the tests' own (tests/postgres.py). Left out is what never touches the books (domain,
screens, the sandbox's page) and what looks into SQLite's file (marked `sqlite`).
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
FOLDERS: Final = (
    "tests/core/use_cases",
    "tests/handlers/flows",
    "tests/handlers/test_notices.py",
    "tests/bot/engine",
    "tests/bot/sweeps",
    "tests/bot/test_restoring.py",
    "tests/bot/web",
    "tests/model",
    "tests/storage/test_freeze.py",
    "tests/scripts",
)


def main(chosen: list[str]) -> int:
    """Run them, or a part, with pytest's own options; return its exit code."""
    command = [sys.executable, "-m", "pytest", "-n", "3", "-m", "not sqlite and not browser"]
    env = {**os.environ, "HAZINA_TEST_DATABASE": "postgresql"}
    paths = () if any(each.startswith("tests") for each in chosen) else FOLDERS
    return subprocess.run([*command, *chosen, *paths], cwd=ROOT, env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
