"""PINs: the pad, a typed PIN, and what follows once the digits were checked or hashed.

The check itself is an effect (a work row of kind `pin`): these flows run before and after it. The
dispatcher calls the functions at the top by name.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from core.domain.bills import BillId
from core.domain.dialogues import (
    INTENT_KEY_LENGTH,
    Intent,
    IntentKey,
    IntentStatus,
    Pad,
    PadId,
    PadUse,
)
from core.domain.errors import NotForYou, PinWeak, StaleCard
from core.domain.money import Money
from core.domain.work import Kind, Priority
from core.ports import Transaction
from core.use_cases import pins as use_cases
from handlers import parsing
from handlers.chat import Did, Reply, Screen, Show, Step, lane_of_person
from handlers.safety import set_for
from handlers.screens import pins
from handlers.screens.home import home_row
from handlers.visit import INTENT_MARK, IntentRoute, Routes, Visit, number
from handlers.words import Html, Words, escape

TYPED: Final = "pin.typed"
"""The step of a dialogue that waits for a pad."""

_MOST_TYPED: Final = 20


def ask(tx: Transaction, visit: Visit, intent: Intent) -> Reply:
    """Ask for the PIN before an intent is spent.

    Raises:
        PinLocked: the lock has not lapsed.
        PinNeeded: the person has no PIN.
    """
    pad = _open(tx, visit, PadUse.CHECK, intent_key=intent.key)
    return _shown(tx, visit, pad)


def wrong(tx: Transaction, visit: Visit, tries_left: int, intent: Intent | None) -> Reply:
    """Answer a PIN that did not match: the next pad, or the lock."""
    person = tx.people.person(visit.person.id)
    if person.pin_locked_until is not None and person.is_locked(at=tx.now):
        again = "" if intent is None else _door(intent.key)
        screen = pins.locked(visit.words, person.pin_locked_until, again=again)
        return Reply(screen=screen, ends_dialogue=True)
    if intent is None:
        return Reply(screen=pins.gone(visit.words, tries_left), ends_dialogue=True)
    pad = _open(tx, visit, PadUse.CHECK, intent_key=intent.key)
    return _shown(tx, visit, pad, note=pins.wrong(visit.words, tries_left))


def hashed(tx: Transaction, visit: Visit, pad: Pad, pin_hash: str) -> Reply:
    """Ask for the new PIN once more."""
    again = _open(tx, visit, PadUse.REPEAT, intent_key=pad.intent_key, first_hash=pin_hash)
    return _shown(tx, visit, again)


def repeated(tx: Transaction, visit: Visit, pad: Pad, matches: bool) -> Reply:  # noqa: FBT001 - the dispatcher's signature
    """Set the new PIN, or begin again where the two entries differ."""
    if not matches:
        fresh = _open(tx, visit, PadUse.SET, intent_key=pad.intent_key)
        return _shown(tx, visit, fresh, note=pins.differs(visit.words))
    use_cases.set_pin(tx, person_id=visit.person.id, pin_hash=pad.first_hash, pad_id=pad.id)
    screen = pins.done(visit.words, back=set_for(tx, pad))
    return Reply(screen=screen, ends_dialogue=True)


def change(tx: Transaction, visit: Visit) -> Reply:
    """Open the pad for a new PIN; the old one was checked before, where there was one."""
    key = "" if visit.intent is None else visit.intent.key
    pad = _open(tx, visit, PadUse.SET, intent_key=key)
    return _shown(tx, visit, pad, keeps_intent=True)


def press(tx: Transaction, visit: Visit) -> Reply:
    """Take one key of a pad; `argument` ends in `<pad id>:<slot, back, ok or no>`.

    Raises:
        NotForYou: somebody else's pad.
        PinLocked: the lock has not lapsed.
    """
    head, _, key = visit.argument.rpartition(":")
    pad = tx.dialogues.pad(PadId(parsing.ident(head.rpartition(":")[2])))
    if pad is None:
        return Reply(toast=pins.gone_pad(visit.words), is_alert=True)
    if pad.person_id != visit.person.id:
        raise NotForYou
    if pad.is_over:
        return Reply(toast=visit.words.label("This PIN pad is closed."))
    if key == "no":
        return _leave(tx, visit, pad)
    if tx.now >= pad.expires_at:
        return _close(tx, visit, pad)
    if key == "ok":
        return _okay(tx, visit, pad, message_id=_place(visit))
    return _type(tx, visit, pad, key)


def typed(tx: Transaction, visit: Visit) -> Reply:
    """Take a PIN that was typed instead of pressed; the message is deleted in any case.

    Raises:
        StaleCard: the pad is gone.
        PinLocked: the lock has not lapsed.
    """
    pad = tx.dialogues.pad(PadId(int(str(visit.data["pad"]))))
    if pad is None or pad.is_over or pad.person_id != visit.person.id:
        raise StaleCard
    if tx.now >= pad.expires_at:
        return _close(tx, visit, pad, deletes=True)
    digits = "".join(visit.incoming.text.split())[:_MOST_TYPED]
    try:
        full = use_cases.type_digits(tx, pad=pad, digits=digits)
    except PinWeak:
        return _shown(tx, visit, pad, note=pins.no_pin(visit.words), deletes=True)
    return _okay(tx, visit, full, message_id=_place(visit), deletes=True)


def wait(tx: Transaction, visit: Visit) -> Reply:
    """Show what came of a check whose answer never reached its message; `argument` is the intent.

    The press stands behind the check in the person's lane, so the check is over by now: either the
    button was spent and keeps its words, or it is open and the PIN is asked again.

    Raises:
        NotForYou: somebody else's button.
        StaleCard: there is no such button.
        PinLocked: the lock has not lapsed.
    """
    intent = tx.dialogues.intent(IntentKey(visit.argument))
    if intent is None:
        raise StaleCard
    if intent.owner_id != visit.person.id:
        raise NotForYou
    if intent.status is IntentStatus.OPEN and tx.now < intent.expires_at:
        return ask(tx, visit, intent)
    if intent.outcome:
        screen = Screen(html=Html(intent.outcome), rows=home_row(visit.words))
        return Reply(screen=screen, ends_dialogue=True)
    return Reply(screen=pins.closed(visit.words, again=""), ends_dialogue=True)


def leave(tx: Transaction, step: str, data: Mapping[str, object]) -> None:
    """Close the pad of a dialogue that was left for a command; other steps have none."""
    if step == TYPED:
        use_cases.put_away(tx, pad_id=PadId(number(data, "pad")))


def too_late(visit: Visit, pad: Pad) -> Reply:
    """Answer digits that were checked too late to count: nothing happened, the button is open."""
    return Reply(screen=pins.closed(visit.words, again=_again(pad)), ends_dialogue=True)


def failed(words: Words, *, use: PadUse, intent_key: str, reference: str) -> Screen:
    """Free the pad of a check that a fault of ours ended."""
    return pins.failed(words, use, again=_door(intent_key), reference=reference)


def on_pad(visit: Visit, reply: Reply) -> Reply:
    """Let the pad's own message show what came of it, also where the answer is another message."""
    if not visit.incoming.message_id or (reply.screen is not None and reply.show is not Show.SEND):
        return reply
    words = Html(escape(reply.toast)) if reply.screen is None else None
    more = reply.more if reply.screen is None else (reply.screen, *reply.more)
    over = pins.over(visit.words, words)
    return replace(reply, screen=over, show=Show.EDIT, toast="", more=more)


def _open(
    tx: Transaction, visit: Visit, use: PadUse, *, intent_key: str = "", first_hash: str = ""
) -> Pad:
    return use_cases.open_pad(
        tx,
        person_id=visit.person.id,
        chat_id=visit.chat_id,
        use=use,
        intent_key=intent_key,
        first_hash=first_hash,
    )


def _shown(
    tx: Transaction,
    visit: Visit,
    pad: Pad,
    *,
    note: str = "",
    deletes: bool = False,
    keeps_intent: bool = False,
) -> Reply:
    place = _place(visit)
    return Reply(
        screen=pins.pad(visit.words, pad, guarded=_guarded(tx, pad), note=note),
        step=Step(name=TYPED, data={"pad": pad.id, "message": place}),
        edits=place,
        deletes=deletes,
        keeps_intent=keeps_intent,
    )


def _place(visit: Visit) -> int:
    """Return the message that shows the pad; 0 where it is not known."""
    is_press = visit.incoming.did is Did.PRESS
    return visit.incoming.message_id if is_press else number(visit.data, "message")


def _guarded(tx: Transaction, pad: Pad) -> pins.Guarded:
    """Look up what a pad guards, so that the person sees what his PIN confirms."""
    intent = tx.dialogues.intent(IntentKey(pad.intent_key)) if pad.intent_key else None
    if intent is None:
        return pins.NOTHING
    if intent.verb != "bill.pay":
        return pins.Guarded(verb=intent.verb)
    bill = tx.bills.get(BillId(number(intent.arguments, "bill")))
    amount = Money(number(intent.arguments, "amount"), bill.currency)
    return pins.Guarded(verb=intent.verb, number=bill.number, amount=amount)


def _type(tx: Transaction, visit: Visit, pad: Pad, key: str) -> Reply:
    slot = int(key) if key.isdecimal() and len(key) == 1 else -1
    after = pad.rub_out() if key == "back" else pad.press(slot)
    if after == pad:
        return Reply()
    tx.dialogues.replace_pad(pad, after)
    return _shown(tx, visit, after)


def _okay(
    tx: Transaction, visit: Visit, pad: Pad, *, message_id: int, deletes: bool = False
) -> Reply:
    """Hand the digits over to be checked or hashed; the pad goes, so OK counts once."""
    try:
        check = use_cases.check_length if _is_known(pad) else use_cases.check_strength
        check(pad.digits)
    except PinWeak as weak:
        return _refused(tx, visit, pad, reason=str(weak.data["reason"]), deletes=deletes)
    if pad.use is PadUse.CHECK:
        use_cases.count_try(tx, person_id=visit.person.id)
    tx.work.add(
        Kind.PIN,
        lane=lane_of_person(visit.bot_id, visit.incoming.sender.external_id),
        payload=_payload(tx, visit, pad, message_id),
        priority=Priority.NEXT,
    )
    use_cases.end_pad(tx, pad=pad)
    if deletes:
        screen = Screen(html=pins.deleted(visit.words))
        return Reply(screen=screen, show=Show.SEND, ends_dialogue=True, deletes=True)
    return Reply(screen=pins.checking(visit.words, pad.use, waits=_waits(pad)), ends_dialogue=True)


def _is_known(pad: Pad) -> bool:
    return pad.use is not PadUse.SET


def _refused(tx: Transaction, visit: Visit, pad: Pad, *, reason: str, deletes: bool) -> Reply:
    """Leave a short PIN to be completed; empty the pad of one that is too easy."""
    if reason == "length":
        if not deletes:
            return Reply(toast=pins.too_short(visit.words), is_alert=True)
        return _shown(tx, visit, pad, note=pins.no_pin(visit.words), deletes=True)
    fresh = _open(tx, visit, pad.use, intent_key=pad.intent_key, first_hash=pad.first_hash)
    use_cases.end_pad(tx, pad=pad)
    return _shown(tx, visit, fresh, note=pins.too_easy(visit.words), deletes=deletes)


def _payload(tx: Transaction, visit: Visit, pad: Pad, message_id: int) -> bytes:
    asks = {PadUse.CHECK: "check", PadUse.SET: "hash", PadUse.REPEAT: "repeat"}
    hashes = {PadUse.CHECK: visit.person.pin_hash, PadUse.REPEAT: pad.first_hash}
    sender = visit.incoming.sender
    kept = {
        "ask": asks[pad.use],
        "use": pad.use.value,
        "pad": pad.id,
        "intent": pad.intent_key,
        "person": visit.person.id,
        "digits": pad.digits,
        "hash": hashes.get(pad.use, ""),
        "chat": visit.chat_id,
        "message": message_id,
        "external": sender.external_id,
        "name": sender.name,
        "language": sender.language,
        "username": sender.username,
    }
    return json.dumps(kept).encode()


def _leave(tx: Transaction, visit: Visit, pad: Pad) -> Reply:
    use_cases.end_pad(tx, pad=pad)
    screen = pins.left(visit.words, pad.use, again=_again(pad))
    return Reply(screen=screen, ends_dialogue=True)


def _close(tx: Transaction, visit: Visit, pad: Pad, *, deletes: bool = False) -> Reply:
    use_cases.end_pad(tx, pad=pad)
    screen = pins.closed(visit.words, again=_again(pad))
    return Reply(screen=screen, edits=_place(visit), ends_dialogue=True, deletes=deletes)


def _again(pad: Pad) -> str:
    return _door(pad.intent_key)


def _door(intent_key: str) -> str:
    return f"{INTENT_MARK}:{intent_key}" if len(intent_key) == INTENT_KEY_LENGTH else ""


def _waits(pad: Pad) -> str:
    return f"{pins.WAIT}:{pad.intent_key}" if _again(pad) else ""


ROUTES: Final = Routes(
    name="k",
    presses={"p": press, "w": wait},
    intents={"pin.change": IntentRoute(flow=change, needs_pin=True)},
    steps={TYPED: typed},
    secret_steps=frozenset({TYPED}),
)
