"""The source tree as the house checks see it: files, parsed once, with their paths."""

import ast
import io
import shutil
import subprocess
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
CODE: Final = ("core", "storage", "handlers", "bot")
"""The folders of the service itself."""

LEFT_OUT: Final = frozenset({".git", ".venv", ".venv-lock", "data", "__pycache__"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One Python file; `path` is relative to the root, with forward slashes."""

    path: str
    text: str
    tree: ast.Module = field(repr=False)

    @classmethod
    def of(cls, path: str, text: str) -> "Source":
        """Parse a text under the path it stands at (or would stand at)."""
        return cls(path=path, text=text, tree=ast.parse(text))

    def is_in(self, *folders: str) -> bool:
        """Say whether the file is one of these, or lies in one of these folders."""
        return any(self.path == name or self.path.startswith(f"{name}/") for name in folders)

    def lines(self) -> int:
        """Count the lines of the file."""
        return len(self.text.splitlines())

    def comments(self) -> Iterator[tuple[int, str]]:
        """Yield every comment with its line."""
        for token in tokenize.generate_tokens(io.StringIO(self.text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string

    def strings(self) -> Iterator[tuple[int, str]]:
        """Yield every string that is no docstring, with its line; f-strings in their parts."""
        documentation = {
            id(node.value)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(self.tree):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and id(node) not in documentation
            ):
                yield node.lineno, node.value


@cache
def sources() -> tuple[Source, ...]:
    """Return every Python file that is tracked or could be, sorted by path."""
    return tuple(
        Source.of(path, (ROOT / path).read_text(encoding="utf-8"))
        for path in kept_files()
        if path.endswith(".py")
    )


@cache
def kept_files() -> tuple[str, ...]:
    """Return what is tracked or would be by `git add`, sorted; without git, all but leavings."""
    git = shutil.which("git")
    if git and (ROOT / ".git").exists():
        command = [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)  # noqa: S603 - fixed arguments
        paths = {path for path in listed.stdout.split("\0") if path}
    else:
        paths = {
            path.relative_to(ROOT).as_posix()
            for path in ROOT.rglob("*")
            if not LEFT_OUT.intersection(path.relative_to(ROOT).parts)
        }
    return tuple(sorted(path for path in paths if (ROOT / path).is_file()))
