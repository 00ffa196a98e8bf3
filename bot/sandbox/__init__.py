"""The sandbox: a pretend Telegram, a pretend payment provider and a chat page to try them."""
