"""The chat: what happens on a message or tap, and what it looks like."""
