"""What holds for every test: the network ends at loopback; the browser is the machine's own.

Examples that are drawn are the same in every run, and no clock judges how long one takes.

Warnings are errors by `filterwarnings` in pyproject.toml. Sockets are watched by an audit hook,
so no library finds a way around it.
"""

import ipaddress
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, settings

# What helpers assert is told as fully as what tests do.
pytest.register_assert_rewrite(
    *(
        f"tests.{part}"
        for part in ("bot", "chaos", "core", "handlers", "model", "scripts", "storage")
    )
)

settings.register_profile(
    "steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")

WATCHED: Final = frozenset({"socket.connect", "socket.sendto", "socket.getaddrinfo"})
LOCAL_NAMES: Final = frozenset({"", "localhost", "ip6-localhost"})
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def is_local(host: object) -> bool:
    """Say whether a host is this machine; names other than localhost are not."""
    if host is None:
        return True
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    if name in LOCAL_NAMES:
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def refuse_the_world(event: str, arguments: tuple[Any, ...]) -> None:
    """Stop a test that talks to anything but loopback."""
    if event not in WATCHED:
        return
    if event == "socket.getaddrinfo":
        host: object = arguments[0]
    else:
        opened, address = arguments
        if opened.family not in {socket.AF_INET, socket.AF_INET6}:
            return
        host = address[0]
    if not is_local(host):
        message = f"a test tried to reach {host!r}; only loopback is allowed"
        raise RuntimeError(message)


sys.addaudithook(refuse_the_world)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out, on PostgreSQL, what looks into SQLite's file."""
    if os.environ.get("HAZINA_TEST_DATABASE") != "postgresql":
        return
    skip = pytest.mark.skip(reason="looks into SQLite's file")
    for item in items:
        if item.get_closest_marker("sqlite"):
            item.add_marker(skip)


@pytest.fixture(autouse=True)
def _no_database_is_left() -> Iterator[None]:
    """Delete, once all else of a test is closed, the databases that it made on the server."""
    yield
    if postgres := sys.modules.get("tests.postgres"):
        postgres.drop_used()


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return where Chromium is, or skip the story with the reason."""
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    pytest.skip(f"no browser for the stories: none of {', '.join(BROWSERS)} is installed")
