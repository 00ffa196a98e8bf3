"""PayPal's own list of transactions: asked for slice by slice, read field by field.

It shows what happened up to three hours late, so an answer says how far it goes; one that lags
further behind than that is believed in nothing. A slice that holds more than PayPal lists at once
is halved. Its pages shift when the list is refreshed between two of them: the slice is then read
from its first page again.

Source: PayPal's published OpenAPI description of Transaction Search v1 (2024-02); its guide to
Transaction Search and its reference of transaction event codes, read 2026-11.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.providers import wire
from bot.providers.paypal.codes import ID, LIST_LAG, LISTED, MOST_SPAN, REFERENCE, TRANSACTIONS
from bot.providers.wire import Record, Unreadable, inner, maybe, rows, text
from core.domain.money import EXPONENTS
from core.domain.providers import Listing, Settled

SHORTEST: Final = timedelta(hours=1)
"""A slice that is still too long when it is as short as this is given up."""
MOST_RESTARTS: Final = 5

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_PAGES: Final = 10_000
_CURSOR: Final = re.compile(
    r"(?P<since>[0-9]{1,10})\.(?P<until>[0-9]{1,10})\.(?P<page>[0-9]{1,6})"
    r"\.(?P<refreshed>[0-9]{1,10})\.(?P<restarts>[0-9]{1,3})"
)
_EVENT: Final = re.compile(r"T[0-9]{4}")
_PAYMENT: Final = "T00"
"""How the codes of payments between accounts begin; refunds, fees, claims, transfers do not."""
_SENT: Final = re.compile(r"-[0-9]{0,16}(\.[0-9]{1,8})?|0(\.0{1,8})?")
"""An amount that left the account, or none."""
_STATUS: Final = re.compile(r"[A-Z]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """A page of a part of a window, times aware UTC, whole seconds.

    `refreshed` is how far the list went when the slice was begun, as Unix time, 0 for not known.
    """

    since: datetime
    until: datetime
    page: int = 1
    refreshed: int = 0
    restarts: int = 0

    @property
    def cursor(self) -> str:
        """Write it as what leads to the next page."""
        since, until = int(self.since.timestamp()), int(self.until.timestamp())
        return f"{since}.{until}.{self.page}.{self.refreshed}.{self.restarts}"

    @property
    def query(self) -> dict[str, str]:
        """Ask for it."""
        return {
            "start_date": _written(self.since),
            "end_date": _written(self.until),
            "fields": "transaction_info",
            "balance_affecting_records_only": "Y",
            "page_size": str(LISTED),
            "page": str(self.page),
        }

    def halved(self) -> "Slice | None":
        """Return its first half from the first page on, None where it is as short as can be."""
        half = timedelta(seconds=int((self.until - self.since).total_seconds()) // 2)
        if half < SHORTEST:
            return None
        return replace(self, until=self.since + half, page=1, refreshed=0)

    def again(self, refreshed: int) -> "Slice":
        """Begin it anew, because the list was refreshed meanwhile.

        Raises:
            Unreadable: that has happened too often.
        """
        if self.restarts >= MOST_RESTARTS:
            raise Unreadable("list keeps changing")
        return replace(self, page=1, refreshed=refreshed, restarts=self.restarts + 1)


def first(since: datetime, until: datetime) -> Slice:
    """Return the slice that a window is first asked for as: all of it.

    It begins earlier by the list's lag: PayPal refuses one that begins where its list ends.
    """
    end = _end(until)
    return Slice(since=max(_whole(since - LIST_LAG), end - MOST_SPAN), until=end)


def slice_of(cursor: str) -> Slice | None:
    """Read what leads to the next page, None where it was not written here."""
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        return None
    number = {name: int(each) for name, each in found.groupdict().items()}
    return Slice(
        since=_EPOCH + timedelta(seconds=number["since"]),
        until=_EPOCH + timedelta(seconds=number["until"]),
        page=number["page"],
        refreshed=number["refreshed"],
        restarts=number["restarts"],
    )


def listing(
    answer: Record, *, asked: Slice, since: datetime, until: datetime, is_test: bool
) -> Listing:
    """Read a page: what was captured from a moment on, up to another, and what comes next.

    Raises:
        Unreadable: anything in it is not what we expect, or the list lags too far behind.
    """
    refreshed = _refreshed(answer, until=until)
    if asked.page > 1 and refreshed != asked.refreshed:
        return Listing(items=(), after=asked.again(refreshed).cursor)
    page = wire.whole(answer, "page", most=_MOST_PAGES)
    pages = wire.whole(answer, "total_pages", most=_MOST_PAGES)
    if page != asked.page and pages:
        raise Unreadable("another page")
    listed = rows(answer, "transaction_details", most=LISTED) if pages else []
    taken = _taken(listed, is_test=is_test)
    wanted = [each for each in taken if since <= (each.settled_at or since) < until]
    wanted.sort(key=lambda each: (each.settled_at or since, each.provider_id))
    following = _following(asked, pages=pages, refreshed=refreshed, until=until)
    return Listing(items=tuple(wanted), after=following.cursor if following else "")


def _following(asked: Slice, *, pages: int, refreshed: int, until: datetime) -> Slice | None:
    """Return the next page of this slice, else the slice after it, None after the last one."""
    if asked.page < pages:
        return replace(asked, page=asked.page + 1, refreshed=refreshed)
    is_all_known = bool(refreshed) and asked.until.timestamp() >= refreshed
    if asked.until >= until or is_all_known:
        return None
    end = asked.until + (asked.until - asked.since)
    return Slice(since=asked.until, until=min(end, _end(until)), restarts=asked.restarts)


def _taken(listed: list[Record], *, is_test: bool) -> list[Settled]:
    taken: dict[str, Settled] = {}
    for row in listed:
        found = _capture(inner(row, "transaction_info"), is_test=is_test)
        if found is None:
            continue
        if taken.setdefault(found.provider_id, found) != found:
            raise Unreadable("listed twice")
    return list(taken.values())


def _capture(data: Record, *, is_test: bool) -> Settled | None:
    """Read money that came in; None for what is none, and for what cannot be ours."""
    if not text(data, "transaction_event_code", _EVENT).startswith(_PAYMENT):
        return None
    kind = TRANSACTIONS.get(text(data, "transaction_status", _STATUS))
    if kind is None:
        raise Unreadable("transaction_status")
    if kind is not Settled or _is_sent(data):
        return None
    amount, reference = inner(data, "transaction_amount"), _reference(data)
    currency = wire.currency(amount, "currency_code")
    if currency not in EXPONENTS and not reference:
        # Somebody else's sale, in money that no payment of ours is in.
        return None
    if not isinstance(amount.get("value"), str):
        raise Unreadable("value")
    captured = wire.major(amount, "value", currency)
    return Settled(
        provider_id=text(data, "transaction_id", ID),
        reference=reference,
        captured=captured,
        is_test=is_test,
        settled_at=wire.instant(data, "transaction_initiation_date"),
        refunded=captured if data.get("transaction_status") == "V" else None,
    )


def _is_sent(data: Record) -> bool:
    """Tell whether money left the account, or none moved."""
    value = inner(data, "transaction_amount").get("value")
    if not isinstance(value, str):
        raise Unreadable("value")
    return bool(_SENT.fullmatch(value))


def _reference(data: Record) -> str:
    """Return what we called it; another program's words are not ours, whatever their shape."""
    for name in ("custom_field", "invoice_id"):
        said = maybe(data, name, wire.LINE)
        if REFERENCE.fullmatch(said):
            return said
    return ""


def _refreshed(answer: Mapping[str, object], *, until: datetime) -> int:
    """Return how far the list goes, as Unix time, 0 where it does not say."""
    if answer.get("last_refreshed_datetime") is None:
        return 0
    moment = wire.instant(answer, "last_refreshed_datetime")
    if moment is None:
        raise Unreadable("last_refreshed_datetime")
    if moment < until - LIST_LAG:
        raise Unreadable("list is behind")
    return int(moment.timestamp())


def _whole(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


def _end(until: datetime) -> datetime:
    return _whole(until) + timedelta(seconds=1)


def _written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
