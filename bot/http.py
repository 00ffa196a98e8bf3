"""The HTTP client for providers: bounded, without environment proxies, closed at the end."""

from typing import Final

import httpx

CONNECT_S: Final = 5.0
TOTAL_S: Final = 20.0
CONNECTIONS: Final = 50


def open_client() -> httpx.AsyncClient:
    """Return the client all provider adapters share."""
    return httpx.AsyncClient(
        timeout=httpx.Timeout(TOTAL_S, connect=CONNECT_S),
        limits=httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=20),
        follow_redirects=False,
        trust_env=False,
    )
