"""Which keys a database was written with, as fingerprints; the keys themselves are never stored.

Place 0 is the key of its birth. Indexes and PINs hang on it for ever, so it must stay the last of
the ring. Every later key is written down before anything is sealed with it, so that whoever lacks
one is refused instead of finding rows that do not open.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import select

from storage.keyring import KeyRing
from storage.schema import number, table, text, time
from storage.statements import Cursor, Statement, inserting, written

RING_KEY: Final = table(
    "ring_key",
    number("place", primary_key=True, autoincrement=False),
    text("fingerprint", unique=True),
    time("at"),
)

OTHER: Final = "HAZINA_SECRET_KEY: none of its keys opens what this database holds"
ORDER: Final = (
    "HAZINA_SECRET_KEY: the key this database was born with must be the last one; it is not there"
)
MISSING: Final = "HAZINA_SECRET_KEY: a key is missing that this database was written with"
UNKNOWN: Final = (
    "HAZINA_SECRET_KEY: its first key is new to this database: stop the service and run"
    " `python main.py migrate` once"
)

_KNOWN: Final = Statement(select(RING_KEY.c.fingerprint).order_by(RING_KEY.c.place))
_STAMP: Final = inserting(RING_KEY)
_PHONES: Final = written(
    "SELECT phone, phone_index FROM person ORDER BY CASE phone_index WHEN '' THEN 1 ELSE 0 END, id"
    " LIMIT 100"
)


class WrongKeys(Exception):
    """The key ring is not the one that this database was written with; the text says what to do."""


def check(cursor: Cursor, ring: KeyRing) -> None:
    """Let a ring pass with which this database may be read and written.

    Raises:
        WrongKeys: it is another database's, lacks a key, or begins with one not yet known here.
    """
    known = _known(cursor)
    _check_known(known, ring)
    if ring.fingerprints[0] not in known:
        raise WrongKeys(UNKNOWN)


def is_stamped(cursor: Cursor, ring: KeyRing) -> bool:
    """Tell whether every key of the ring is written down; a wrong ring is refused.

    Raises:
        WrongKeys: it is another database's, or lacks a key.
    """
    known = _known(cursor)
    if known:
        _check_known(known, ring)
    return set(ring.fingerprints) <= set(known)


def stamp(cursor: Cursor, ring: KeyRing, *, at: datetime) -> None:
    """Write the ring's keys down, the oldest first; a database from before is looked into.

    Raises:
        WrongKeys: it is another database's, or lacks a key.
        UnreadableSecret: what an older version wrote does not open.
    """
    known = _known(cursor)
    if known:
        _check_known(known, ring)
    else:
        _try(cursor, ring)
    new = [each for each in reversed(ring.fingerprints) if each not in known]
    for place, fingerprint in enumerate(new, start=len(known)):
        _STAMP.run(cursor, {"place": place, "fingerprint": fingerprint, "at": at})


def _known(cursor: Cursor) -> list[str]:
    return [str(row[0]) for row in _KNOWN.rows(cursor, {})]


def _check_known(known: list[str], ring: KeyRing) -> None:
    if not known or set(known).isdisjoint(ring.fingerprints):
        raise WrongKeys(OTHER)
    if ring.fingerprints[-1] != known[0]:
        raise WrongKeys(ORDER)
    if not set(known) <= set(ring.fingerprints):
        raise WrongKeys(MISSING)


def _try(cursor: Cursor, ring: KeyRing) -> None:
    """Open some of what is there: an older version wrote no fingerprint."""
    for stored, found in _PHONES.rows(cursor, {}):
        phone = ring.open(stored, context="person.phone").decode()
        if phone and ring.index(phone, context="phone") != found:
            raise WrongKeys(ORDER)
