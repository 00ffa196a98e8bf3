"""The real service in a world that is made of one number: `python -m tests.simulation --seed N`."""
