"""What a command of the shell says: one JSON object or lines, and an honest exit code."""

import json
import sys
from collections.abc import Mapping
from typing import Annotated, Any, NoReturn

import typer

from storage.embedded import AlreadyRunning

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def say(found: Mapping[str, Any], *, as_json: bool) -> None:
    """Print what was found, by name."""
    if as_json:
        typer.echo(json.dumps(found))
        return
    for name, value in found.items():
        typer.echo(f"{name}: {value}")


def report(
    problems: list[str], fine: str, *, as_json: bool, warnings: list[str] | None = None
) -> None:
    """Print a verdict; `warnings` are told beside it and fail nothing, None for a check of none."""
    if as_json:
        more = {} if warnings is None else {"warnings": warnings}
        typer.echo(json.dumps({"ok": not problems, "problems": problems, **more}))
    else:
        for line in problems or [fine]:
            typer.echo(line)
        for line in warnings or ():
            typer.echo(f"warning: {line}", err=True)
    if problems:
        raise typer.Exit(1)


def words_of(problem: BaseException) -> str:
    """Return a problem in one line."""
    if isinstance(problem, AlreadyRunning):
        return "another Hazina has this database open"
    return str(problem) or type(problem).__name__


def fail(line: str, *, code: int = 1) -> NoReturn:
    """Say what is wrong and end with an exit code."""
    sys.stderr.write(f"{line}\n")
    raise typer.Exit(code)
