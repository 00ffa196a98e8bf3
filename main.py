"""Start Hazina: `python main.py run`, `python main.py migrate` and the other commands."""

from bot.run import main

if __name__ == "__main__":
    main()
