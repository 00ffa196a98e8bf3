"""A child of `bench_peers`: one Django package that keeps wallets, on a database of its own.

It runs in the peers' own virtual environment and knows nothing of Hazina. Arguments: the peer, what
to do (`found`, `work`, `books`), the server's folder, the database, and for `work` the number of
this process. A worker reads a kind of payment and seconds a line, pays as long, and prints how many
payments were committed and the seconds they took.
"""

import importlib
import sys
import time
from collections.abc import Callable
from itertools import cycle
from typing import Final, Protocol

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection

PAYERS: Final = 64
PLENTY: Final = 10_000_000
"""What a payer has at the start, in whole units of money."""

AMOUNT: Final = 5
APPS: Final = {
    "hordak": ("mptt", "hordak"),
    "dj_wallet": ("dj_wallet",),
    "paystack_wallet": ("rest_framework", "djmoney", "wallet"),
}
DURABLE: Final = ("fsync", "full_page_writes", "synchronous_commit")


class Peer(Protocol):
    """What `on_<peer>.py` brings: `open_peer()` gives one."""

    kinds: dict[str, Callable[[int], None]]
    """Kind of payment → pay `AMOUNT` from the payer of this place into the hot wallet."""

    def found(self) -> None:
        """Make the hot wallet and payers with plenty."""

    def read(self) -> None:
        """Read who pays and who is paid, as a request has read them."""

    def books(self) -> tuple[int, int, int]:
        """Return what the hot wallet has, what all payers have, and the payments stored."""


def set_up(peer: str, folder: str, name: str) -> Peer:
    """Set Django up as each package's own pages say; return the peer."""
    settings.configure(
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": name,
                "HOST": folder,
                "USER": "hazina",
            }
        },
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", *APPS[peer]],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        DEFAULT_CURRENCY="NGN",
        CURRENCIES=["NGN"],
        SECRET_KEY="not-a-secret",
        USE_TZ=True,
        WALLET_AUTO_CREATE_WALLET=False,
        WALLET_AUTO_CREATE_PAYSTACK_CUSTOMER=False,
    )
    django.setup()
    opened: Peer = importlib.import_module(f"tests.benchmarks.peers.on_{peer}").open_peer()
    return opened


def work(peer: Peer, number: int) -> None:
    """Pay as told until the input ends; each process begins with another payer."""
    peer.read()
    payers = cycle([(number * PAYERS // 4 + each) % PAYERS for each in range(PAYERS)])
    for line in sys.stdin:
        kind, seconds = line.split()
        pay = peer.kinds[kind]
        count, started = 0, time.perf_counter()
        while (took := time.perf_counter() - started) < float(seconds):
            pay(next(payers))
            count += 1
        print(count, took, flush=True)


def check_durable() -> None:
    """See that a commit is as durable here as it is for Hazina."""
    with connection.cursor() as cursor:
        for setting in DURABLE:
            cursor.execute(f"SHOW {setting}")
            assert cursor.fetchone() == ("on",), setting


def main(peer: str, what: str, folder: str, name: str, *rest: str) -> None:
    """Do what was asked."""
    opened = set_up(peer, folder, name)
    check_durable()
    if what == "found":
        call_command("migrate", verbosity=0)
        opened.found()
    elif what == "work":
        work(opened, int(rest[0]))
    else:
        print(*opened.books())


if __name__ == "__main__":
    main(*sys.argv[1:])
