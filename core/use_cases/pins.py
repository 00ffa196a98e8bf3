"""PINs: pads, tries counted before they are checked, the lock, new PINs.

The check itself (Argon2id) is an effect outside any transaction; here is what stands before and
after it (design section 2).
"""

from dataclasses import replace
from typing import Final

from core.domain.acts import Event, EventName
from core.domain.dialogues import MAX_PIN, MIN_PIN, NO_PAD, PAD_LIFE, Pad, PadId, PadUse
from core.domain.errors import NotForYou, PinLocked, PinNeeded, PinWeak, StaleCard
from core.domain.ledger import Subject
from core.domain.people import PIN_FAILURES, Person, PersonId
from core.domain.tenants import PLATFORM
from core.ports import Transaction

_EASY: Final = "01234567890123456789"


def open_pad(
    tx: Transaction,
    *,
    person_id: PersonId,
    chat_id: int,
    use: PadUse,
    intent_key: str = "",
    first_hash: str = "",
) -> Pad:
    """Show an empty pad with shuffled keys.

    Raises:
        PinLocked: the lock has not lapsed.
        PinNeeded: a check is asked of a person without a PIN.
    """
    person = tx.people.person(person_id)
    if use is PadUse.CHECK:
        _check_ready(tx, person)
    pad = Pad(
        id=PadId(tx.new_id()),
        person_id=person_id,
        chat_id=chat_id,
        use=use,
        slots=tx.shuffled("0123456789"),
        expires_at=tx.now + PAD_LIFE,
        intent_key=intent_key,
        first_hash=first_hash,
    )
    tx.dialogues.add_pad(pad)
    return pad


def own_pad(tx: Transaction, *, pad_id: PadId, person_id: PersonId) -> Pad:
    """Return a pad that this person may press.

    Raises:
        StaleCard: it is gone, over, or its two minutes are.
        NotForYou: it is somebody else's.
    """
    pad = tx.dialogues.pad(pad_id)
    if pad is None or pad.is_over or tx.now >= pad.expires_at:
        raise StaleCard
    if pad.person_id != person_id:
        raise NotForYou
    return pad


def type_digits(tx: Transaction, *, pad: Pad, digits: str) -> Pad:
    """Replace a pad's digits by typed ones.

    Raises:
        PinWeak: not four to six digits.
    """
    check_length(digits)
    typed = replace(pad, digits=digits)
    tx.dialogues.replace_pad(pad, typed)
    return replace(typed, row_version=pad.row_version + 1)


def end_pad(tx: Transaction, *, pad: Pad) -> None:
    """Let a pad be over: its digits are forgotten and its keys do nothing more."""
    tx.dialogues.replace_pad(pad, pad.end())


def put_away(tx: Transaction, *, pad_id: PadId) -> None:
    """Close a pad that its person left for something else, as if its time had come."""
    pad = tx.dialogues.pad(pad_id)
    if pad is not None and not pad.is_over:
        tx.dialogues.replace_pad(pad, replace(pad, digits="", expires_at=tx.now))


def check_length(digits: str) -> None:
    """Let four to six ASCII digits pass.

    Raises:
        PinWeak: anything else.
    """
    if not (MIN_PIN <= len(digits) <= MAX_PIN and digits.isascii() and digits.isdecimal()):
        raise PinWeak(reason="length")


def check_strength(digits: str) -> None:
    """Let a new PIN pass that is not the first anybody would try.

    Raises:
        PinWeak: too short, one repeated digit, or a run up or down.
    """
    check_length(digits)
    if len(set(digits)) == 1 or digits in _EASY or digits[::-1] in _EASY:
        raise PinWeak(reason="easy")


def count_try(tx: Transaction, *, person_id: PersonId) -> Person:
    """Count a try before it is checked: a crash costs one try, never gives one.

    Raises:
        PinLocked: the lock has not lapsed.
        PinNeeded: there is no PIN to check.
    """
    person = tx.people.person(person_id)
    _check_ready(tx, person)
    tx.people.replace_person(person, person.count_try(at=tx.now))
    return tx.people.person(person_id)


def pass_check(tx: Transaction, *, person_id: PersonId) -> Person:
    """Forgive earlier tries after a right PIN."""
    person = tx.people.person(person_id)
    if person.pin_failures or person.pin_locked_until is not None:
        tx.people.replace_person(person, person.forgive_tries())
    return tx.people.person(person_id)


def fail_check(tx: Transaction, *, person_id: PersonId) -> int:
    """Say how many tries are left after a wrong PIN; the last one locks and is told of."""
    person = tx.people.person(person_id)
    left = max(0, PIN_FAILURES - person.pin_failures)
    if left == 0:
        _tell(tx, EventName.PIN_LOCKED, person_id)
    return left


def set_pin(
    tx: Transaction, *, person_id: PersonId, pin_hash: str, pad_id: PadId = NO_PAD
) -> Person:
    """Store a new PIN's hash and start a new count; who is told of it learns of the pad."""
    person = tx.people.person(person_id)
    changed = replace(person.forgive_tries(), pin_hash=pin_hash)
    tx.people.replace_person(person, changed)
    _tell(tx, EventName.PIN_CHANGED, person_id, pad_id=pad_id)
    return tx.people.person(person_id)


def _check_ready(tx: Transaction, person: Person) -> None:
    if not person.has_pin:
        raise PinNeeded
    if person.pin_locked_until is not None and tx.now < person.pin_locked_until:
        raise PinLocked(until=person.pin_locked_until)


def _tell(tx: Transaction, name: EventName, person_id: PersonId, *, pad_id: PadId = NO_PAD) -> None:
    person = tx.people.person(person_id)
    tenant_id = person.current_tenant_id or PLATFORM
    subject = Subject(kind="person", id=person_id)
    tx.events.append(
        Event(
            name=name,
            tenant_id=tenant_id,
            subject=subject,
            person_id=person_id,
            other_id=pad_id,
        )
    )
