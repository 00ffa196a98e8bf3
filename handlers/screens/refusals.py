"""Refusals in words: what happened, whether money moved, what to do next; money has its own file.

`handlers/adapter/refusals.py` says which refusal gets which screen.
"""

from datetime import datetime
from typing import Final

from core.domain.bills import Bill
from core.domain.errors import PinLocked, Refusal
from core.domain.money import Money
from core.domain.roles import CHECKER_SCOPES, ROLE_SCOPES, Role
from handlers.chat import Button, Screen
from handlers.screens import doors
from handlers.screens.home import home_row
from handlers.screens.people import role_word
from handlers.screens.pins import locked
from handlers.words import Html, Words, lines

_SETTINGS: Final = "settings:card"
_HELP: Final = "help:card"


def invalid_input(words: Words, refusal: Refusal) -> Screen:
    """Repeat a question whose answer we did not understand, with an example."""
    what = str(refusal.data.get("what", ""))
    if what == "contact":
        html = words.t(
            "That is not your own contact. Press the button to share your number, or /cancel."
        )
        return Screen(html=html, ask_contact=words.label("Share my phone number"))
    example = str(refusal.data.get("example", ""))
    hint = words.t("For example: %(example)s", example=example) if example else ""
    html = lines(_question(words, what), hint, _go_on(words))
    return Screen(html=html, rows=_leave(words))


def too_long(words: Words, refusal: Refusal) -> Screen:
    """Ask for fewer words."""
    html = lines(
        words.t(
            "That is too long: at most %(limit)s characters.", limit=refusal.data.get("limit", "")
        ),
        _go_on(words),
    )
    return Screen(html=html, rows=_leave(words))


def not_found(words: Words, refusal: Refusal) -> Screen:
    """Say that there is nothing to see; the same for what is not there and not his."""
    known = {
        "bill": words.t("There is no such bill here."),
        "payment": words.t("There is no such payment here."),
        "receipt": words.t("There is no such receipt here."),
        "number": words.t("There is no bill and no receipt of that number here."),
        "dispute": words.t("There is no such dispute here."),
        "method": words.t("This payment method is not saved any more."),
        "refund": words.t("There is no such refund here."),
        "refund_request": words.t("Nobody asked for that money back here."),
        "chargeback": words.t("There is no such chargeback here."),
        "unit": words.t("There is no such unit here."),
        "person": words.t("There is nobody of that name here."),
    }
    what = known.get(str(refusal.data.get("kind", "")), words.t("There is nothing of that name."))
    return _said(words, what, words.t("Nothing was changed and no money moved."))


def not_allowed(words: Words, refusal: Refusal) -> Screen:
    """Say that a right is missing, and who has it."""
    if refusal.data.get("scope") == "phone":
        return _said(
            words,
            words.t("⚠️ This role needs a verified phone. Nothing was changed."),
            words.t("Ask for an invitation that is bound to your phone number."),
        )
    no = words.t("⚠️ Your role does not allow that. Nothing was changed and no money moved.")
    role = refusal.data.get("role")
    if isinstance(role, Role):
        return _said(words, no, _may_give(words, role), door=_invite_to(words, role))
    return _said(
        words,
        no,
        words.t("An administrator can do it, or give you the role: /support says who that is."),
    )


def _may_give(words: Words, role: Role) -> Html:
    """Tell an administrator who lacks a role whom he can give it."""
    name = role_word(words, role)
    if ROLE_SCOPES[role] & CHECKER_SCOPES:
        return words.t(
            "The role “%(role)s” may do it. You are an administrator: you can invite somebody "
            "else to it.",
            role=name,
        )
    return words.t(
        "The role “%(role)s” may do it. You are an administrator: you can invite somebody to it, "
        "or yourself, by opening the link of the invitation.",
        role=name,
    )


def _invite_to(words: Words, role: Role) -> Button:
    label = words.label("Invite: %(role)s", role=role_word(words, role))
    return Button(label=label, data=f"people:role:{role.value}")


def not_for_you(words: Words, refusal: Refusal) -> Screen:
    """Turn away whoever presses somebody else's button; says nothing about it."""
    return _said(words, words.t("This is not for you. Nothing was changed and no money moved."))


def private_only(words: Words, refusal: Refusal) -> Screen:
    """Ask for the private chat."""
    html = words.t("Not in a group: write to me privately. Nothing was changed.")
    return Screen(html=html)


def not_joined(words: Words, refusal: Refusal) -> Screen:
    """Say how to get in."""
    return _said(
        words,
        words.t("You do not belong to an organisation here. No money moved."),
        words.t("Open the invitation link that its administrator gives you."),
    )


def illegal_step(words: Words, refusal: Refusal) -> Screen:
    """Say that something stands differently than the button believed."""
    before = str(refusal.data.get("from_status", ""))
    machine = str(refusal.data.get("machine", ""))
    if machine == "wallet":
        return _said(
            words,
            words.t("That is done already: your wallet stands as you wanted it. Nothing moved."),
            door=Button(label=words.label("Wallet"), data=doors.WALLET),
        )
    if machine == "payment" and before == "completed":
        return _said(
            words,
            words.t("It is paid already. It cannot be cancelled any more; nothing more was taken."),
            door=Button(label=words.label("Wallet"), data=doors.WALLET),
        )
    return _said(
        words,
        words.t("That does not go any more: it changed meanwhile. Nothing was changed now."),
        words.t("Open it again to see how it stands."),
        door=Button(label=words.label("My bills"), data=doors.BILLS),
    )


def stale_card(words: Words, refusal: Refusal) -> Screen:
    """Say that a card is out of date."""
    return _said(
        words,
        words.t("⚠️ This card is out of date: it changed meanwhile. No money moved."),
        words.t("Open it again to see how it stands now."),
        door=_bill_door(words, refusal),
    )


def _bill_door(words: Words, refusal: Refusal) -> Button:
    """Lead to the bill that is meant, or to the list."""
    bill = refusal.data.get("bill")
    if isinstance(bill, Bill):
        return Button(label=words.label("Open the bill"), data=doors.bill(bill.id))
    return Button(label=words.label("My bills"), data=doors.BILLS)


def intent_spent(words: Words, refusal: Refusal) -> Screen:
    """Say that a button has done its work."""
    return _said(
        words,
        words.t("This button was used, or its time is over. Nothing more happened."),
        door=Button(label=words.label("My bills"), data=doors.BILLS),
    )


def ambiguous(words: Words, refusal: Refusal) -> Screen:
    """Several receipts end so: ask for more."""
    numbers = refusal.data.get("numbers")
    found = ", ".join(str(each) for each in numbers) if isinstance(numbers, tuple) else ""
    return _said(
        words,
        words.t("Several receipts end so: %(numbers)s.", numbers=found),
        words.t("Write one of these numbers, or the whole TXN- reference. No money moved."),
    )


def too_many(words: Words, refusal: Refusal) -> Screen:
    """Slow down."""
    seconds = refusal.data.get("retry_after_s")
    minutes = -(-seconds // 60) if isinstance(seconds, int) else 1
    wait = words.n(
        "Please wait %(count)s minute and try again.",
        "Please wait %(count)s minutes and try again.",
        minutes,
    )
    if refusal.data.get("what") == "money":
        return _said(
            words,
            words.t("⏳ You have moved money ten times within a minute. This time no money moved."),
            wait,
        )
    return _said(words, words.t("Too many tries in a short time. No money moved."), wait)


def tenant_closed(words: Words, refusal: Refusal) -> Screen:
    """Say that the organisation rests."""
    return _said(
        words,
        words.t("⚠️ This organisation is suspended or closed. No money moved."),
        words.t("You can still look at everything. Its administrators know more: /support."),
    )


def pin_locked(words: Words, refusal: Refusal) -> Screen:
    """Say until when no PIN is taken."""
    until = refusal.until if isinstance(refusal, PinLocked) else refusal.data.get("until")
    if not isinstance(until, datetime):
        return pin_wrong(words, refusal)
    return locked(words, until)


def pin_needed(words: Words, refusal: Refusal) -> Screen:
    """Ask for a PIN to be set first."""
    most = refusal.data.get("most")
    why = words.t("🔒 This needs a PIN, and you have none yet. No money moved.")
    if isinstance(most, Money):
        why = words.t(
            "🔒 Above %(most)s a payment needs a PIN, and you have none yet. No money moved.",
            most=words.money(most),
        )
    then = words.t("Set one here, then go on where you were.")
    if not refusal.data.get("has_way_back"):
        then = words.t("Set one here, then begin again.")
    door = Button(label=words.label("Set a PIN"), data=str(refusal.data.get("door", _SETTINGS)))
    return _said(words, why, then, door=door)


def pin_wrong(words: Words, refusal: Refusal) -> Screen:
    """Say that the PIN did not match."""
    return _said(words, words.t("⚠️ Wrong PIN. Nothing was changed and no money moved."))


def pin_weak(words: Words, refusal: Refusal) -> Screen:
    """Ask for a better PIN."""
    html = words.t("A PIN has four to six digits. Nothing was changed.")
    if refusal.data.get("reason") == "easy":
        html = words.t("That PIN is too easy to guess. Choose another; nothing was changed.")
    return Screen(html=html, rows=_leave(words))


def link_used(words: Words, refusal: Refusal) -> Screen:
    """Say why an invitation does not open the door (any more)."""
    state = str(refusal.data.get("state", ""))
    if state == "suspended":
        return _said(
            words,
            words.t("Your membership is suspended. A new link does not change that."),
            words.t("Ask an administrator."),
        )
    if refusal.data.get("is_own"):
        return _said(words, words.t("You have already joined with this link. All is well."))
    if state == "expired":
        return _said(
            words,
            words.t("This invitation has expired."),
            words.t("Ask the administrator who sent it for a new one."),
        )
    return _said(
        words,
        words.t("This invitation was already used or withdrawn: it works only once."),
        words.t("Ask the administrator who sent it for a new one."),
    )


def wrong_phone(words: Words, refusal: Refusal) -> Screen:
    """Refuse another phone, without a word about whose it is for."""
    html = lines(
        words.t("This invitation is for another phone number. You were not let in."),
        words.t("If it is meant for you, ask the administrator for one with your number."),
    )
    return Screen(html=html, drop_keyboard=True)


def phone_needed(words: Words, refusal: Refusal) -> Screen:
    """Ask for the own contact."""
    html = words.t("This invitation needs your phone number. Share it with the button below.")
    return Screen(html=html, ask_contact=words.label("Share my phone number"))


def already_member(words: Words, refusal: Refusal) -> Screen:
    """Say that the door was open already; the invitation stays unused."""
    return _said(words, words.t("You have already joined: this invitation brings you nothing new."))


def unknown_link(words: Words, refusal: Refusal) -> Screen:
    """Say that a link opens nothing."""
    return _said(
        words,
        words.t("This link opens nothing here: it may be mistyped or too old."),
        words.t("Ask whoever sent it for a new one."),
        door=Button(label=words.label("Help"), data=_HELP),
    )


def rejected_before(words: Words, refusal: Refusal) -> Screen:
    """Say that somebody else must answer a second dispute."""
    return _said(
        words,
        words.t(
            "⚠️ You rejected the first dispute of this version, so somebody else must answer the "
            "second. Nothing was changed and no money moved."
        ),
        words.t(
            "Another administrator or a finance approver may reject it. You may still amend or "
            "cancel the bill."
        ),
    )


def own_bill(words: Words, refusal: Refusal) -> Screen:
    """Say that nobody decides in his own matter."""
    return _said(
        words,
        words.t(
            "⚠️ This bill is your own, your household's, or paid by you: somebody else must change "
            "it. Nothing was changed and no money moved."
        ),
        words.t("Another administrator can: /support says who that is."),
        door=_bill_door(words, refusal),
    )


def last_way(words: Words, refusal: Refusal) -> Screen:
    """Say that somebody else must do it."""
    return _said(
        words,
        words.t("⚠️ Somebody else must do that, and nobody else may. Nothing was changed."),
        words.t("First give the role to a second person: /people."),
    )


def unforeseen(words: Words, refusal: Refusal) -> Screen:
    """Answer a refusal that has no words of its own yet."""
    return _said(words, words.t("⚠️ That does not go. Nothing was changed and no money moved."))


def _question(words: Words, what: str) -> Html:
    known = {
        "name": words.t("I need a name of 1 to 60 characters."),
        "method_name": words.t("I need a short name, without a card number."),
        "unit": words.t("I need the code of a unit, at most 20 characters."),
        "phone": words.t("I cannot read that as a phone number."),
        "checker_phone": words.t(
            "This role approves money: the invitation must be bound to a phone number."
        ),
        "email": words.t("I cannot read that as an e-mail address."),
        "date": words.t("I cannot read that as a date. Say 28/2, 28 Feb, tomorrow, month end."),
        "due": words.t("The due date must lie within a year back and five years ahead."),
        "title": words.t("The bill needs a title."),
        "debtor": words.t("Say for which unit or person the bill is."),
        "dispute_text": words.t("Say in a few words what is wrong, or send a photo."),
        "answer": words.t("Write an answer, so that the other side knows why."),
        "country": words.t("I need a country code of two letters."),
        "name_taken": words.t("That name is taken."),
    }
    return known.get(what) or words.t("I did not understand that.")


def _go_on(words: Words) -> Html:
    return words.t("Please write it again, or /cancel. Nothing was sent and no money moved.")


def _leave(words: Words) -> tuple[tuple[Button, ...], ...]:
    return ((Button(label=words.label("Cancel"), data=doors.LEAVE),),)


def _said(words: Words, *sentences: Html, door: Button | None = None) -> Screen:
    doors_ = () if door is None else ((door,),)
    return Screen(html=lines(*sentences), rows=(*doors_, *home_row(words)))
