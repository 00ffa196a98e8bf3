"""References as people read them, and as /find takes them. Pure."""


def tail(token: str) -> str:
    """Return the end of a token, enough to compare."""
    return f"TXN-…{token[-6:]}"
