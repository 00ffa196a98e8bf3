"""What is outside, for tests: Telegram, payment providers, and time that passes when told."""
