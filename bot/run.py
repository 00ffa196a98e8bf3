"""The entry: the command line, and one line on the terminal when the start is refused."""

import sys

from bot.settings import BadSetting


def main() -> None:
    """Run the command line; a bad setting ends with one line and code 2."""
    from bot.cli import app  # noqa: PLC0415 - late: typer is not needed by what imports this

    try:
        app()
    except BadSetting as problem:
        sys.stderr.write(f"Hazina does not start: {problem}\n")
        sys.exit(2)
