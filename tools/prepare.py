"""Make the virtual environment ready: `python tools/prepare.py run|dev`.

Standard library only, since nothing is installed yet. `.venv` carries a stamp with the hash of
the lock file it was filled from; while the stamp fits, there is nothing to do. The development
lock holds everything the running one does, so its stamp serves both.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
VENV: Final = ROOT / ".venv"
PYTHON: Final = VENV / "bin" / "python"
LOCKS: Final = {"run": ("run", "dev"), "dev": ("dev",)}
"""What is asked for → the locks that would satisfy it, the one to install first."""

WIDTH: Final = 28


def main(wanted: str) -> int:
    """Install what `wanted` needs unless it is there; return the exit code."""
    if works(PYTHON) and any(stamp(lock).exists() for lock in LOCKS[wanted]):
        return 0
    print(f"Setting up Hazina ({wanted}) in .venv; this happens once per lock file.", flush=True)
    if not works(PYTHON) and not create():
        return 1
    if not install(wanted):
        print("The set-up did not finish. Run the same command again to continue.", flush=True)
        return 1
    for old in VENV.glob(".hazina-*"):
        old.unlink()
    stamp(wanted).touch()
    print("Ready.", flush=True)
    return 0


def stamp(lock: str) -> Path:
    """Return where the mark of an installed lock lies."""
    content = (ROOT / "requirements" / f"{lock}.txt").read_bytes()
    return VENV / f".hazina-{lock}-{hashlib.sha256(content).hexdigest()[:16]}"


def works(python: Path) -> bool:
    """Say whether this interpreter starts and is new enough."""
    probe = [str(python), "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
    try:
        return subprocess.run(probe, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def create() -> bool:
    """Create `.venv`, without its own pip where the system splits that off."""
    if VENV.exists():
        shutil.rmtree(VENV)
    said = ""
    for options in ([], ["--clear", "--without-pip"]):
        command = [sys.executable, "-m", "venv", *options, str(VENV)]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode == 0:
            return True
        said = made.stdout + made.stderr
    print(f"Python could not create .venv:\n{said}", flush=True)
    return False


def pip() -> list[str]:
    """Return the command that installs into `.venv`: its own pip or the one outside."""
    own = [str(PYTHON), "-m", "pip"]
    if subprocess.run([*own, "--version"], capture_output=True, check=False).returncode == 0:
        return own
    return [sys.executable, "-m", "pip", "--python", str(PYTHON)]


def install(lock: str) -> bool:
    """Install a lock file with its hashes, wheels only, telling how far it is."""
    path = ROOT / "requirements" / f"{lock}.txt"
    total = sum("==" in line for line in path.read_text(encoding="utf-8").splitlines())
    command = [
        *pip(),
        "install",
        "--disable-pip-version-check",
        "--no-input",
        "--only-binary=:all:",
        "--progress-bar=off",
        "--require-hashes",
        f"--requirement={path}",
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT
    ) as process:
        said = follow(process, total)
    if process.returncode != 0:
        print("\n" + "".join(said[-15:]), flush=True)
    return process.returncode == 0


def follow(process: "subprocess.Popen[str]", total: int) -> list[str]:
    """Show pip's progress; return everything it said."""
    said: list[str] = []
    done = 0
    for line in process.stdout or ():
        said.append(line)
        words = line.split()
        if words[:2] == ["Requirement", "already"]:
            done += 1
        elif words[:1] in (["Collecting"], ["Processing"]):
            done += 1
            show(done, total, Path(words[1]).name)
        elif words[:3] == ["Installing", "collected", "packages:"]:
            show(total, total, "unpacking")
    if sys.stdout.isatty():
        print(flush=True)
    return said


def show(done: int, total: int, what: str) -> None:
    """Draw one line of progress; on a terminal it overwrites the last one."""
    done = min(done, total)
    filled = WIDTH * done // total
    line = f"  [{'#' * filled}{'.' * (WIDTH - filled)}] {done:>3}/{total} {what}"
    if sys.stdout.isatty():
        print(f"\r{line[:98]:<98}", end="", flush=True)
    else:
        print(line, flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in LOCKS:  # noqa: PLR2004 - one word is asked for
        sys.exit("usage: python tools/prepare.py run|dev")
    sys.exit(main(sys.argv[1]))
