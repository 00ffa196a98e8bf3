"""Command logs: what is done to an estate, drawn by a seed before anything is done.

A command names a rule of the random lives and its values; these say which bill, link or hold by
its place, so that a log fits whatever came of it so far. It is passed over where its rule would be.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from hypothesis.stateful import rule

from core.domain.errors import StaleCard
from core.domain.tenants import TenantId
from core.ports import Transaction
from tests.model.billing import SOME_ENDS, contested
from tests.model.crediting import SOME_CREDITS, SOME_KEYS, Crediting
from tests.model.estates import SOME_CHANGES, Estates
from tests.model.keeping import SOME_BACKS, SOME_PARTS
from tests.model.linking import ANSWERS, SOME_CAPTURES, SOME_EXTRAS, SOME_FEES
from tests.model.lives import (
    OWNERS,
    SOME_AGES,
    SOME_AMOUNTS,
    SOME_HOURS,
    SOME_PICKS,
    SOME_TOTALS,
)
from tests.model.reference import PAYERS

SELDOM: Final = (False, False, False, True)
EITHER: Final = (False, True)


class Ledgers(Estates, Crediting):
    """Everything that may happen to an estate, credits and reversals included."""

    @rule()
    def be_refused_at_last(self) -> None:
        """Write, and be refused after that: nothing of it may stay."""
        with suppress(StaleCard):
            self.estate.do(_write_in_vain, tenant_id=self.estate.tenant.id)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of command: its rule, what each value is one of, and when it makes sense."""

    name: str
    values: Mapping[str, Sequence[Any]]
    makes_sense: Callable[[Ledgers], bool] = lambda _lives: True


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a log."""

    kind: Kind
    values: Mapping[str, Any]

    def act(self, lives: Ledgers) -> None:
        """Do it, unless it makes no sense."""
        if self.kind.makes_sense(lives):
            getattr(lives, self.kind.name)(**self.values)

    def __str__(self) -> str:
        listed = ", ".join(f"{name}={value!r}" for name, value in self.values.items())
        return f"{self.kind.name}({listed})"


def _write_in_vain(tx: Transaction, *, tenant_id: TenantId) -> None:
    tx.add_note(tenant_id, "In vain")
    raise StaleCard


def draw(seed: int, length: int) -> list[Command]:
    """Return the log of a seed."""
    chance = random.Random(seed)  # noqa: S311 - the same log each run
    return [_one(chance) for _ in range(length)]


def _one(chance: random.Random) -> Command:
    kind = chance.choice(KINDS)
    return Command(kind, {name: chance.choice(some) for name, some in kind.values.items()})


def _has_few_bills(lives: Ledgers) -> bool:
    return sum(bill.life == "open" for bill in lives.model.bills) < 4


def _has_spare_bills(lives: Ledgers) -> bool:
    return sum(bill.life == "open" for bill in lives.model.bills) > 2


def _is_contested(lives: Ledgers) -> bool:
    return bool(contested(lives))


def _has_link(lives: Ledgers) -> bool:
    return bool(lives.model.links)


def _has_hold(lives: Ledgers) -> bool:
    return bool(lives.model.holds)


_BILL: Final[Mapping[str, Sequence[Any]]] = {"pick": SOME_PICKS, "who": PAYERS}
_CARD: Final = {**_BILL, "age": SOME_AGES}
_SPENT: Final = {**_BILL, "amount": SOME_AMOUNTS}
_LINK: Final[Mapping[str, Sequence[Any]]] = {"pick": SOME_PICKS}
_TRY: Final[Mapping[str, Sequence[Any]]] = {"pick": SOME_PICKS, "back": SOME_PICKS}
_MONEY: Final[Mapping[str, Sequence[Any]]] = {"extra": SOME_EXTRAS, "fee": SOME_FEES}
_END: Final[Mapping[str, Sequence[Any]]] = {"how": SOME_ENDS, "total": SOME_TOTALS}

KINDS: Final = (
    Kind("issue", {"total": SOME_TOTALS, "days": (0, 1, 14), "is_agreed": EITHER}, _has_few_bills),
    Kind("acknowledge", _CARD),
    Kind("dispute", _CARD),
    Kind("end_dispute", _END, _is_contested),
    Kind("contest_and_answer", {**_BILL, **_END, "hours": SOME_HOURS}),
    Kind("contest_too_late", _BILL),
    Kind("amend", {"pick": SOME_PICKS, "total": SOME_TOTALS, "age": SOME_AGES}),
    Kind("cancel", {"pick": SOME_PICKS, "age": SOME_AGES}, _has_spare_bills),
    Kind("pay", {**_SPENT, "age": SOME_AGES, "is_second_press": SELDOM}),
    Kind("agree_and_pay", _SPENT),
    Kind("open_link", {**_SPENT, "age": SOME_AGES, "is_sent": EITHER}),
    Kind("top_up", {"who": PAYERS, "minor": (100_000, 400_000)}),
    Kind("send", _LINK, _has_link),
    Kind("answer", {**_TRY, "word": sorted(ANSWERS), "is_cancelling": EITHER}, _has_link),
    Kind("settle", {**_TRY, **_MONEY, "capture": SOME_CAPTURES, "is_foreign": SELDOM}, _has_link),
    Kind("settle_late", {**_TRY, **_MONEY, "hours": (1, 26)}, _has_link),
    Kind("decline_and_retry", _TRY, _has_link),
    Kind("retry", _LINK, _has_link),
    Kind("give_up", _LINK, _has_link),
    Kind("expire_links", {}, _has_link),
    Kind("pay_by_link", {**_SPENT, **_MONEY}),
    Kind("pay_beside_a_link", {**_SPENT, "other": PAYERS, "part": SOME_AMOUNTS}),
    Kind(
        "change_while_paying",
        {
            "who": PAYERS,
            "amount": SOME_AMOUNTS,
            "meanwhile": SOME_CHANGES,
            "total": SOME_TOTALS,
            "fee": SOME_FEES,
        },
    ),
    Kind("freeze_or_thaw", {"who": PAYERS, "is_thawing": (True, True, True, False)}),
    Kind(
        "place_hold",
        {"owner": OWNERS, "part": (1, 5, 20, 20, 20), "is_too_much": SELDOM, "hours": (0, 2, 72)},
    ),
    Kind("post_hold", {"pick": SOME_PICKS, "part": (1, 2, 3), "is_too_much": EITHER}, _has_hold),
    Kind("void_hold", {"pick": SOME_PICKS}, _has_hold),
    Kind("expire_hold", {"pick": SOME_PICKS}, _has_hold),
    Kind("let_a_hold_pass", {"owner": OWNERS, "hours": (1, 2, 23)}),
    Kind("keep_apart", {"who": PAYERS}),
    Kind("give_kept", {"pick": SOME_PICKS, "who": PAYERS, "part": SOME_PARTS}, Ledgers.has_kept),
    Kind("send_back", {"pick": SOME_PICKS, "part": SOME_PARTS}, Ledgers.has_kept),
    Kind("end_back", {"pick": SOME_PICKS, "how": SOME_BACKS}, Ledgers.has_backs),
    Kind(
        "give_what_failed_to_go_back",
        {"pick": SOME_PICKS, "who": PAYERS, "how": SOME_BACKS},
        Ledgers.has_kept,
    ),
    Kind("credit", {"who": PAYERS, "minor": SOME_CREDITS, "key": SOME_KEYS}),
    Kind("reverse", {"pick": SOME_PICKS}),
    Kind("wait", {"hours": SOME_HOURS}),
    Kind("be_refused_at_last", {}),
)
"""Every rule of the random lives."""
