"""Start Hazina: `python main.py run`, `python main.py migrate` and the other commands."""

import gc

# Loading makes much that stays and no garbage; `bot.run` lets the collector begin.
gc.disable()

from bot.run import main  # noqa: E402 - as above

if __name__ == "__main__":
    main()
