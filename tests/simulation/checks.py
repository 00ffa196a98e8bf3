"""What must be true of a world at rest: books, provider, chats and files tell one story."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

from bot.sandbox.provider_records import Checkout
from bot.sandbox.provider_refund_records import Refund, RefundStatus
from core.domain.reconciling import MARGIN
from core.domain.tenants import PLATFORM
from core.domain.work import WorkId
from storage import audit
from storage.doctor import examine
from storage.transaction import SqlTransaction
from tests.clear import is_in_clear
from tests.simulation import town
from tests.simulation.claim_checks import problems_of_claims, unplaced_in
from tests.simulation.rows import rows
from tests.simulation.stage import Stage
from tests.takings import Taken, capture_name, own_reference, refunded, takings

REPEATED: Final = "(repeated)"
_RECEIPT: Final = re.compile(r"RCPT-\d{4}-\d{6}")
_UNLISTED: Final = re.compile(r"difference \d+ \(missing\) with the list")
_CLAIMED: Final = re.compile(r"payment \d+: the payer's bank claims its money")
"""That it is so is compared with the provider."""
_UNPLACED: Final = re.compile(r"money to look for: .* of (\S+) that the books cannot place")
_PARKED: Final = re.compile(r"work: \d+ of kind call are parked")
"""Claims that no record can hold: what their captures come to is compared with the provider."""
_GIVEN_UP: Final = re.compile(r"work: \d+ of kind message are parked")

_PROOFS: Final = (
    "SELECT r.number, i.external_id FROM receipt r JOIN identity i ON i.person_id = r.payer_id"
)
_UNSPENT: Final = (
    "SELECT j.key FROM journal j LEFT JOIN intent i ON 'intent:' || i.key = j.key"
    " WHERE j.key LIKE 'intent:%' AND i.status IS NOT 'done'"
)
_WITH_PIN: Final = (
    "SELECT p.payer_id, count(*) FROM payment p JOIN identity i ON i.person_id = p.payer_id"
    " WHERE p.method = 'wallet' AND i.external_id IN (7001, 7004) GROUP BY p.payer_id"
)
_OVERTAKEN: Final = (
    "SELECT a.kind || ' ' || a.lane, count(*) FROM work a JOIN work b ON b.lane = a.lane"
    " AND b.kind = a.kind AND b.priority = a.priority AND b.id > a.id AND b.ended_at < a.ended_at"
    " WHERE a.kind IN ('update', 'message') AND a.attempts = 0 AND b.attempts = 0"
    " AND a.due_at = a.created_at AND (b.created_at > a.created_at OR b.id >> 14 = a.id >> 14)"
    " GROUP BY a.kind, a.lane"
)
"""Rows that ended after a newer one of their lane. Left out is what order is not promised for:

- a row that backed off, or was put off: it does not block its lane;
- two that two processes stored in one millisecond (the numbers below are counted by each alone):
  nobody can say which came first, and they are handled by id where they meet in memory.
"""
_CAPTURES: Final = (
    "SELECT c.provider, j.key, t.amount_minor, t.currency FROM journal j"
    " JOIN transfer t ON t.journal_id = j.id"
    " JOIN account a ON a.id = t.from_account AND a.kind = 'provider'"
    " JOIN provider_configuration c ON c.id = a.owner_id"
    " WHERE j.key LIKE 'capture:%' AND t.line = 1"
)


_REFUNDS: Final = (
    "SELECT reference, status, capture, amount_minor"
    " - CASE origin WHEN 'provider' THEN returned_minor ELSE 0 END FROM refund"
    " WHERE destination = 'original'"
)
_GONE: Final = frozenset({"completed", "returned"})
_DONE: Final = frozenset({RefundStatus.DONE, RefundStatus.RETURNED})


def problems_at_rest(stage: Stage, *, asked: Counter[tuple[int, str]]) -> list[str]:
    """Return one sentence for everything that is not as it must be.

    `asked` are the receipts people wanted to see again, by (chat, number).
    """
    return [
        *_of_books(stage),
        *_of_provider(stage),
        *_of_refunds(stage),
        *problems_of_claims(stage),
        *_of_telling(stage, asked),
        *_of_arrivals(stage),
        *_of_neighbours(stage),
        *_of_buttons(stage),
        *_of_secrets(stage),
    ]


def _of_books(stage: Stage) -> Iterator[str]:
    gave_up = _lost_answers(stage)
    for sentence in stage.look(examine):
        is_given_up = gave_up and _GIVEN_UP.match(sentence) is not None
        is_claim = _CLAIMED.fullmatch(sentence) is not None or _of_claims(stage, sentence)
        is_excused = is_given_up or is_claim
        if not (is_excused or (_is_astray(stage) and _UNLISTED.search(sentence))):
            yield sentence
    tenants = stage.look(lambda tx: [t.id for t in tx.tenants.all()])
    for tenant_id in (PLATFORM, *tenants):
        yield from stage.look(lambda tx, t=tenant_id: audit.verify(tx.cursor, t))  # type: ignore[misc]
    for kind, status, count in stage.look(_unfinished):
        yield f"{count} payments are {status} {kind} after everything was over"


def _of_claims(stage: Stage, sentence: str) -> bool:
    """Tell whether a human is told of a claim that he must look after."""
    unplaced = unplaced_in(stage)
    found = _UNPLACED.match(sentence)
    if found is not None:
        return found[1] in unplaced
    return bool(unplaced) and _PARKED.match(sentence) is not None


def _is_astray(stage: Stage) -> bool:
    """Tell whether the machine's clock left the provider's so far behind that lists differ."""
    return abs(stage.hours.moved) > MARGIN


def _unfinished(tx: SqlTransaction) -> list[Any]:
    return rows(
        tx,
        "SELECT purpose, status, count(*) FROM payment WHERE status IN ('pending', 'processing')"
        " GROUP BY purpose, status",
    )


def _lost_answers(stage: Stage) -> bool:
    """Tell whether this world may leave a message to a human: its sends were in doubt twice."""
    return stage.look(
        lambda tx: bool(
            rows(
                tx,
                "SELECT 1 FROM work WHERE kind = 'message' AND status = 'parked'"
                " AND is_repeat = 1 AND last_error LIKE 'twice unknown%'",
            )
        )
    )


def _of_provider(stage: Stage) -> Iterator[str]:
    """Every capture is in the books once, with its amount, and nothing else is."""
    booked = Counter(
        Taken(provider, str(key).rpartition(":")[2], minor, currency)
        for provider, key, minor, currency in stage.look(lambda tx: rows(tx, _CAPTURES))
    )
    taken = Counter(capture for one in stage.provider.checkouts() for capture in takings(one))
    for capture in (taken - booked).elements():
        yield f"the provider took {capture}, and the books do not have it"
    for capture in (booked - taken).elements():
        yield f"the books have {capture}, and the provider never took it"
    known = {row[0] for row in stage.look(lambda tx: rows(tx, "SELECT reference FROM attempt"))}
    for one in stage.provider.checkouts():
        if one.terms.reference not in known:
            yield f"the provider has a page {one.terms.reference} that we never asked for"


def _of_refunds(stage: Stage) -> Iterator[str]:
    """What went back is in the books once, never twice, and everything that began has ended."""
    booked = stage.look(lambda tx: rows(tx, _REFUNDS))
    ours = {reference: status for reference, status, _, _ in booked}
    made = [(one, refund) for one in stage.provider.checkouts() for refund in one.refunds]
    gone = [(one, refund) for one, refund in made if refund.status in _DONE]
    for reference in {own_reference(refund) for _, refund in made} - {"", *ours}:
        yield f"the provider has a refund {reference} that we never asked for"
    for reference in (own_reference(refund) for _, refund in gone):
        if ours.get(reference, "completed") not in _GONE:
            yield f"refund {reference} went out and is {ours[reference]} here"
    for reference, status in ours.items():
        if status == "processing":
            yield f"refund {reference} is still on its way"
    yield from _twice(booked, gone, stage.provider.checkouts())


def _twice(
    booked: list[Any], gone: list[tuple[Checkout, Refund]], checkouts: Iterable[Checkout]
) -> Iterator[str]:
    left: Counter[str] = Counter()
    for checkout, refund in gone:
        left[refunded(checkout, refund)] += refund.amount_minor
    for one in checkouts:
        for capture in one.captures:
            left[capture_name(one, capture)] += one.lost_minor(capture)
    left.subtract(_booked_back(booked))
    for name, minor in left.items():
        if minor < 0:
            yield f"{-minor} of {name} went back in the books, and not at the provider"


def _booked_back(booked: list[Any]) -> Counter[str]:
    """Return what went back in the books, by capture; what came back of ours had gone there too."""
    total: Counter[str] = Counter()
    for _, status, capture, minor in booked:
        total[capture] += minor if status in _GONE else 0
    return total


def _of_telling(stage: Stage, asked: Counter[tuple[int, str]]) -> Iterator[str]:
    """Every receipt was told to its payer, once as new; nobody was told of one that is none."""
    proofs = stage.look(lambda tx: rows(tx, _PROOFS))
    plain, marked = _told(stage)
    excused = _excused(stage)
    for number, chat_id in proofs:
        key = (chat_id, number)
        if plain[key] > 1 + asked[key]:
            yield f"{number} was told {plain[key]} times as if for the first time"
        if plain[key] + marked[key] == 0 and key not in excused:
            yield f"{number} was never told"
    known = {(chat_id, number) for number, chat_id in proofs}
    for chat_id, number in sorted({*plain, *marked} - known):
        yield f"{number} was told in chat {chat_id} and is in no book"


def _told(stage: Stage) -> tuple[Counter[tuple[int, str]], Counter[tuple[int, str]]]:
    plain: Counter[tuple[int, str]] = Counter()
    marked: Counter[tuple[int, str]] = Counter()
    for chat_id, text in stage.world.said:
        found = _RECEIPT.search(text)
        if found is not None and "New wallet balance" in text:
            counts = marked if REPEATED in text else plain
            counts[chat_id, found[0]] += 1
    return plain, marked


def _excused(stage: Stage) -> set[tuple[int, str]]:
    """Return the receipts that a human must tell: parked, or whose reader was away."""

    def find(tx: SqlTransaction) -> set[tuple[int, str]]:
        found = set()
        for (work_id,) in rows(tx, "SELECT id FROM work WHERE status = 'parked'"):
            work = tx.work.get(WorkId(work_id))
            assert work is not None
            number = _RECEIPT.search(work.payload.decode("utf-8", "replace"))
            if number is not None:
                found.add((int(work.lane.partition(":")[2]), number[0]))
        return found

    away = stage.world.ever_blocked
    proofs = stage.look(lambda tx: rows(tx, _PROOFS))
    return stage.look(find) | {(chat, number) for number, chat in proofs if chat in away}


def _of_arrivals(stage: Stage) -> Iterator[str]:
    """What people did was stored once, in time, and ended once, in order."""
    query = "SELECT status, count(*) FROM work WHERE kind = 'update' GROUP BY status"
    found = dict(stage.look(lambda tx: rows(tx, query)))
    for status, count in found.items():
        if status != "done":
            yield f"{count} updates are {status}"
    query = "SELECT key FROM seen WHERE source LIKE 'telegram:%'"
    seen = {str(row[0]) for row in stage.look(lambda tx: rows(tx, query))}
    lost = [number for number in stage.world.taken if str(number) not in seen]
    if lost:
        yield f"Telegram was told that updates {lost} arrived, and they are nowhere"
    if sum(found.values()) != len(seen):
        yield f"{len(seen)} updates were seen, {sum(found.values())} were handled"
    if stage.hours.went_back:
        # What was written before is due later than what came after, and times tell no order.
        return
    for lane, count in stage.look(lambda tx: rows(tx, _OVERTAKEN)):
        yield f"in lane {lane} {count} rows were overtaken"


def _of_neighbours(stage: Stage) -> Iterator[str]:
    """Nobody was shown what belongs to an estate that is not his."""
    for chat_id, text in stage.world.shown:
        theirs = town.OF_ONE_ESTATE.get(chat_id)
        if theirs is not None and theirs in text:
            yield f"chat {chat_id} was shown what is of {theirs}"


def _of_buttons(stage: Stage) -> Iterator[str]:
    """What a button moved, it was spent for; who has a PIN has given it for every payment."""
    for (key,) in stage.look(lambda tx: rows(tx, _UNSPENT)):
        yield f"the button of {key} moved money and is not spent"
    for person_id, count in stage.look(lambda tx: rows(tx, _WITH_PIN)):
        if count > stage.pins_passed[person_id]:
            given = stage.pins_passed[person_id]
            yield f"{count} payments of somebody who gave the PIN {given} times"


def _of_secrets(stage: Stage) -> Iterator[str]:
    """No PIN lies in clear in a file, in what the bot says, or in the log."""
    files = [path.read_bytes() for path in sorted(stage.path.parent.iterdir()) if path.is_file()]
    for digits in town.PINS.values():
        # Within a longer number it is chance. The digits come first: they are looked for fast.
        alone = re.compile(rf"{digits}(?!\d)(?<!\d{digits})")
        if any(is_in_clear(digits, content) for content in files):
            yield "a PIN is in the database in clear"
        if any(alone.search(text) for _, text in stage.world.said):
            yield "the bot said a PIN"
        if any(alone.search(str(event)) for event in stage.trace.logged):
            yield "a PIN is in the log"
