"""Records, statuses and rules: pure, without clock, chance or waiting."""
