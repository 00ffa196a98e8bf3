"""The entry: `run` goes straight to the service, everything else to the command line."""

import gc
import sys

from bot.settings import BadSetting
from bot.start import Refused, start


def main() -> None:
    """Run; a refused start ends with one line and code 2."""
    try:
        if sys.argv[1:] == ["run"]:
            start()
            return
        # Late: the service never needs the command line.
        from bot.cli import app

        gc.enable()
        app()
    except (BadSetting, Refused) as problem:
        sys.stderr.write(f"Hazina does not start: {problem}\n")
        sys.exit(2)
