"""The PIN pad: shuffled keys, dots instead of digits, and what comes before and after it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.domain.dialogues import MIN_PIN, Pad, PadUse
from core.domain.money import Money
from handlers.chat import Button, Rows, Screen
from handlers.screens.home import back_row, home_row
from handlers.words import Html, Words, lines

KEYS: Final = "k:p"
"""What the data of every key begins with; the pad's id and the slot follow."""

WAIT: Final = "k:w"
"""Looks again for what came of a check; the intent's key follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """What a pad guards: the intent's verb, and the bill and amount of a payment."""

    verb: str
    number: str = ""
    amount: Money | None = None


NOTHING: Final = Guarded(verb="")


def pad(words: Words, shown: Pad, *, guarded: Guarded = NOTHING, note: str = "") -> Screen:
    """Show a pad and what it guards; `note` is a finished line on top."""
    entered = len(shown.digits)
    dots = Html("● " * entered + "○ " * max(0, MIN_PIN - entered)).strip()
    html = lines(
        note,
        _title(words, shown.use),
        _purpose(words, shown.use, guarded),
        words.t("PIN: %(dots)s", dots=Html(dots)),
        words.t("Press the digits, then OK. The pad closes after two minutes."),
    )
    return Screen(html=html, rows=_keys(words, shown), is_protected=True)


def checking(words: Words, use: PadUse, *, waits: str) -> Screen:
    """Show that the digits are being worked on; the keys are gone.

    `waits` is the data of a button that looks again, should the answer never arrive; "" for none.
    """
    if use is PadUse.CHECK:
        look = (Button(label=words.label("Still waiting? Look again"), data=waits),)
        return Screen(html=words.t("⏳ Checking your PIN …"), rows=(look,) if waits else ())
    start = Button(label=words.label("Still waiting? Open settings"), data="settings:card")
    return Screen(html=words.t("⏳ One moment …"), rows=((start,),))


def failed(words: Words, use: PadUse, *, again: str, reference: str) -> Screen:
    """Admit that a fault of ours ended a check; `again` is the data that opens a new pad."""
    html = words.t("Your PIN was not changed.")
    if use is PadUse.CHECK:
        html = words.t(
            "Your PIN could not be checked. Nothing was confirmed and no money moved. It counts as "
            "one try."
        )
    told = lines(
        words.t("⚠️ That did not work: a fault of ours, not yours."),
        html,
        words.t(
            "If it fails again, tell your administrator the reference %(reference)s.",
            reference=Html(f"<code>{reference}</code>"),
        ),
    )
    return Screen(html=told, rows=_again_rows(words, again))


def over(words: Words, outcome: Html | None) -> Screen:
    """Close a pad whose answer is told elsewhere, or in these few words."""
    html = words.t("🔒 Your PIN was checked. What came of it is in the next message.")
    return Screen(html=outcome or html, rows=home_row(words) if outcome else ())


def wrong(words: Words, tries_left: int) -> Html:
    """Say that the PIN did not match, above the next pad."""
    return words.n(
        "⚠️ Wrong PIN. No money moved. %(count)s try left.",
        "⚠️ Wrong PIN. No money moved. %(count)s tries left.",
        tries_left,
    )


def gone(words: Words, tries_left: int) -> Screen:
    """Say that the PIN did not match and that there is nothing left to confirm."""
    return Screen(html=wrong(words, tries_left), rows=home_row(words))


def locked(words: Words, until: datetime, *, again: str = "") -> Screen:
    """Say until when no PIN is taken; `again` is the data of what was to be confirmed."""
    html = lines(
        words.t("🔒 Too many wrong PINs. No money moved."),
        words.t(
            "PIN entry is locked until %(when)s. What you wanted to confirm is kept here: try "
            "again then.",
            when=words.when(until),
        )
        if again
        else words.t("PIN entry is locked until %(when)s.", when=words.when(until)),
        words.t("If that was not you, freeze your wallet now: /wallet, More, Freeze."),
    )
    rows: Rows = ((Button(label=words.label("Freeze my wallet"), data="wallet:more"),),)
    if again:
        rows = ((Button(label=words.label("Try again"), data=again),), *rows)
    return Screen(html=html, rows=(*rows, *home_row(words)))


def closed(words: Words, *, again: str) -> Screen:
    """Say that a pad waits no longer; `again` is the data that opens a new one."""
    html = words.t(
        "The PIN pad has closed: its two minutes are over, or you went on to something else. No "
        "money moved."
    )
    return Screen(html=html, rows=_again_rows(words, again))


def left(words: Words, use: PadUse, *, again: str) -> Screen:
    """Say that the person cancelled."""
    html = words.t("Cancelled. Your PIN was not changed.")
    if use is PadUse.CHECK:
        html = words.t("Cancelled. Nothing was confirmed and no money moved.")
    return Screen(html=html, rows=_again_rows(words, again))


def done(words: Words, *, back: str = "") -> Screen:
    """Confirm a new PIN; `back` is the data that leads to what it was set for, "" for nothing."""
    on = words.t("Nothing was paid or changed yet. Go on where you were: you still confirm there.")
    html = lines(
        words.t("✅ Your new PIN is set."),
        words.t("You will be asked for it before money leaves your wallet. Tell it to nobody."),
        on if back else "",
    )
    go_on = ((Button(label=words.label("Go on"), data=back),),) if back else ()
    return Screen(html=html, rows=(*go_on, back_row(words, "settings:card")))


def differs(words: Words) -> Html:
    """Say that the two entries of a new PIN differ, above a fresh pad."""
    return words.t("⚠️ The two entries differ. Nothing was changed: choose your PIN again.")


def too_short(words: Words) -> Html:
    """Say how long a PIN is."""
    return words.t("A PIN has four to six digits.")


def no_pin(words: Words) -> Html:
    """Say what became of words that were typed at an open pad, above it."""
    return words.t(
        "⚠️ I deleted what you wrote: while this pad is open it counts as a PIN. A PIN has four to "
        "six digits. Press the digits, or Cancel."
    )


def gone_pad(words: Words) -> str:
    """Answer a key of a pad that nobody remembers: at most 200 characters."""
    return words.label(
        "This PIN pad is closed. Begin again with what you wanted to confirm: nothing happens "
        "twice."
    )


def too_easy(words: Words) -> Html:
    """Say why a new PIN was refused, above the emptied pad."""
    return words.t("⚠️ Too easy to guess: avoid 1111 or 1234. Choose another PIN.")


def deleted(words: Words) -> Html:
    """Say that the typed message was deleted."""
    return words.t("I deleted your message. Better press the keys: a typed PIN can be seen.")


def _title(words: Words, use: PadUse) -> Html:
    match use:
        case PadUse.CHECK:
            return words.t("🔒 <b>Enter your PIN</b>")
        case PadUse.SET:
            return words.t("🔒 <b>Choose a PIN</b>")
        case PadUse.REPEAT:
            return words.t("🔒 <b>Enter the new PIN once more</b>")


def _purpose(words: Words, use: PadUse, guarded: Guarded) -> Html:
    if use is not PadUse.CHECK:
        return words.t("Four to six digits, not a date and nothing easy such as 1234.")
    if guarded.amount is not None:
        return words.t(
            "It pays %(amount)s for %(number)s from your wallet. Nothing has been paid yet.",
            amount=words.money(guarded.amount),
            number=guarded.number,
        )
    known = {
        "pin.change": words.t("Your present PIN, before you choose a new one."),
        "people.grant": words.t(
            "It makes an invitation to a role with strong rights. Nobody is invited yet."
        ),
        "unmatched.give": words.t(
            "It moves unmatched money to a member's wallet. Nothing has moved yet."
        ),
        "sendback.send": words.t("It sends unmatched money back. Nothing has moved yet."),
        "members.suspend": words.t("It suspends a member. Nobody is suspended yet."),
        "members.restore": words.t("It lets a suspended member in again. Not yet."),
        "provider.use": words.t("It takes a provider's keys into use. They are not used yet."),
        "provider.switch": words.t("It changes what payers are offered. Nothing is changed yet."),
        "provider.remove": words.t("It deletes a provider's keys. They are still there."),
        "wallet.unfreeze": words.t("It lets money leave your wallet again."),
    }
    return known.get(guarded.verb) or words.t(
        "It confirms what you pressed. Nothing has happened yet."
    )


def _keys(words: Words, shown: Pad) -> Rows:
    mark = f"{KEYS}:{shown.id}"

    def key(slot: int) -> Button:
        return Button(label=shown.slots[slot], data=f"{mark}:{slot}")

    rub_out = Button(label=words.label("⌫ Delete"), data=f"{mark}:back")
    okay = Button(label=words.label("OK"), data=f"{mark}:ok")
    leave = Button(label=words.label("Cancel"), data=f"{mark}:no")
    thirds = tuple((key(i), key(i + 1), key(i + 2)) for i in (0, 3, 6))
    return (*thirds, (rub_out, key(9), okay), (leave,))


def _again_rows(words: Words, again: str) -> Rows:
    if not again:
        return home_row(words)
    return ((Button(label=words.label("Try again"), data=again),), *home_row(words))
