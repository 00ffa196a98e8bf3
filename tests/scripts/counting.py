"""Counting money as a person would, and comparing everything that stands about it in the books."""

from dataclasses import dataclass
from typing import Any, Final

from bot.sandbox import estate
from storage.transaction import SqlTransaction
from tests.scripts.stage import Stage

MONEY: Final = (
    "account",
    "journal",
    "transfer",
    "entry",
    "hold",
    "bill",
    "bill_revision",
    "dispute",
    "payment",
    "attempt",
    "allocation",
    "allocation_return",
    "receipt",
)
"""Tables in which nothing may change when nothing was done; a look may open an empty wallet."""

ADAEZE_HAS: Final = 2_000_000
"""Kobo in Adaeze's wallet when the curtain rises; everybody else has nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purse:
    """What everybody has, in kobo; `taken` is what providers say they took in all."""

    adaeze: int = ADAEZE_HAS
    ibrahim: int = 0
    ngozi: int = 0
    estate: int = 0
    fees: int = 0
    owed: int = 0
    unmatched: int = 0
    taken: int = 0


async def purse(stage: Stage) -> Purse:
    """Count the books and the provider's captures."""
    await stage.settle()
    rows = await stage.look(_balances)
    people = await stage.look(_people)
    owners = {people.get(estate.ADAEZE): "adaeze", people.get(estate.IBRAHIM): "ibrahim"}
    owners[people.get(estate.NEWCOMER)] = "ngozi"
    found = dict.fromkeys(Purse.__slots__, 0)
    for kind, owner_id, balance in rows:
        if kind == "member_wallet" and owner_id in owners:
            found[owners[owner_id]] += balance
        elif kind in _NAMES:
            found[_NAMES[kind]] += balance
    found["owed"] = -found["owed"]
    found["taken"] = sum(
        capture.amount_minor for one in stage.provider.checkouts() for capture in one.captures
    )
    return Purse(**found)


async def dump(stage: Stage) -> dict[str, list[Any]]:
    """Return every row about money, to be compared."""
    await stage.settle()
    return await stage.look(lambda tx: {name: _rows(tx, name) for name in MONEY})


_NAMES: Final = {
    "tenant_wallet": "estate",
    "provider_fees": "fees",
    "owed": "owed",
    "suspense": "unmatched",
}


def _rows(tx: SqlTransaction, table: str) -> list[Any]:
    where = "WHERE entry_seq > 0" if table == "account" else ""
    tx.cursor.execute(f"SELECT * FROM {table} {where} ORDER BY 1, 2")  # noqa: S608 - our names
    return list(tx.cursor.fetchall())


def _balances(tx: SqlTransaction) -> list[Any]:
    tx.cursor.execute("SELECT kind, owner_id, credits_minor - debits_minor FROM account")
    return list(tx.cursor.fetchall())


def _people(tx: SqlTransaction) -> dict[int, int]:
    tx.cursor.execute("SELECT external_id, person_id FROM identity")
    return {int(external_id): person_id for external_id, person_id in tx.cursor.fetchall()}
