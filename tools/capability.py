"""Lay out a new capability: `make new NAME=loans`.

One file of the same name in every layer and in the tests, each saying what belongs there; then
the places that only a person can fill in. Nothing that exists is touched.
"""

import re
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
NAME: Final = re.compile(r"[a-z][a-z0-9_]{2,30}")

CODE: Final = {
    "core/domain": "ids, statuses with their TRANSITIONS, records and rules; pure.",
    "core/use_cases": "one function per intention, on an open transaction.",
    "storage": "the tables, the Sql class, row to record and back.",
    "handlers/flows": "what happens on a message or tap.",
    "handlers/screens": "what it looks like; all words are here.",
}
"""Folder → what the new file's first line says after its name."""

LEFT: Final = """
Now by hand:
  1. core/ports.py           one line in Transaction
  2. storage                 one line in SqlTransaction
  3. bot/application.py      one line in CAPABILITIES
  4. pyproject.toml          "({name})" at its place in the order of use cases
  5. storage/migrations      one migration
  6. handlers/adapter        words for every new refusal
  7. docs/glossary.md        every new word
  8. CHANGELOG.md            one line, written for the people who will notice
`make check` says what is still missing.
"""


def main(name: str) -> int:
    """Lay out the capability under the root of the project; return the exit code."""
    if not NAME.fullmatch(name):
        print("usage: make new NAME=loans (a plural noun, small letters)", flush=True)
        return 1
    taken = [path for path in files(name) if (ROOT / path).exists()]
    if taken:
        print(f"There already: {', '.join(taken)}. Nothing was changed.", flush=True)
        return 1
    for path in lay_out(ROOT, name):
        print(f"  wrote {path}", flush=True)
    print(LEFT.format(name=name), flush=True)
    return 0


def files(name: str) -> dict[str, str]:
    """Return path → content of everything a capability needs, in reading order."""
    title = name.replace("_", " ").capitalize()
    code = {f"{folder}/{name}.py": f'"""{title}: {what}"""\n' for folder, what in CODE.items()}
    tests = {
        f"tests/{folder}/test_{name}.py": f'"""{title}: what {folder}/{name}.py promises."""\n'
        for folder in CODE
    }
    return code | tests


def lay_out(root: Path, name: str) -> list[str]:
    """Write the files below `root`; return their paths."""
    wanted = files(name)
    for path, content in wanted.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8") as file:
            file.write(content)
    return list(wanted)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if sys.argv[1:] else ""))
