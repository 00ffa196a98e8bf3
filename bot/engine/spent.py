"""Presses of a button that was spent: a double tap changes nothing, an old screen learns what came.

Buttons of one draft are spent together: whichever comes first acts, the others tell what came of
it. A message that already shows what came of its button must not lose the buttons it has now, so
it is remembered where a button was spent.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from core.domain.dialogues import Intent, IntentKey, IntentStatus
from core.domain.errors import IntentSpent, PinNeeded, Refusal
from handlers.adapter import refusals
from handlers.chat import Button, Reply, Screen, Show
from handlers.screens import home
from handlers.visit import DRAFT, INTENT_MARK, Visit
from handlers.words import Words, beginning
from storage.transaction import SqlTransaction

SPENT: Final = "spent"


def check(tx: SqlTransaction, visit: Visit, intent: Intent) -> None:
    """Let the first press of a button, and of all the buttons of its draft, pass.

    Raises:
        NotForYou: somebody else's button.
        IntentSpent: used, refused, cancelled or expired, or another button of its draft was.
    """
    intent.check(by=visit.person.id, at=tx.now)
    draft = _draft(tx, intent)
    if draft is not None:
        draft.check(by=visit.person.id, at=tx.now)


def is_late(visit: Visit, intent: Intent, *, at: datetime) -> bool:
    """Tell whether a button is the person's own and unspent, but its time is over."""
    is_own = intent.owner_id == visit.person.id
    return is_own and intent.status is IntentStatus.OPEN and at >= intent.expires_at


def spend(tx: SqlTransaction, visit: Visit, *, intent: Intent, reply: Reply) -> None:
    """Spend a button and its draft; later presses get the words of this reply."""
    if reply.keeps_intent:
        return
    outcome = beginning(reply.screen.html) if reply.screen is not None else reply.toast
    draft = _draft(tx, intent)
    for each in (intent,) if draft is None else (intent, draft):
        _remember(tx, visit, intent=each, reply=reply)
        tx.dialogues.replace_intent(each, each.end(IntentStatus.DONE, outcome=outcome))


def pressed(tx: SqlTransaction, visit: Visit) -> Intent | None:
    """Return the open intent that was pressed, or whose PIN was just checked."""
    head, _, key = visit.incoming.data.partition(":")
    if head != INTENT_MARK:
        return None
    intent = tx.dialogues.intent(IntentKey(key))
    if intent is None or intent.status is not IntentStatus.OPEN:
        return None
    return intent if intent.owner_id == visit.person.id else None


def kept(words: Words, refusal: Refusal, intent: Intent | None) -> Screen:
    """Return a refusal's screen; what passes keeps the button that it refused for now."""
    screen = refusals.screen_of(words, refusal)
    may_pass = isinstance(refusal, refusals.PASSING)
    if intent is None or not may_pass or isinstance(refusal, refusals.NOT_FOR_HIM):
        return screen
    again = Button(label=words.label("Try again"), data=f"{INTENT_MARK}:{intent.key}")
    if isinstance(refusal, PinNeeded):
        first, *rest = screen.rows
        return replace(screen, rows=((*first, again), *rest))
    return replace(screen, rows=((again,), *screen.rows))


def _draft(tx: SqlTransaction, intent: Intent) -> Intent | None:
    return tx.dialogues.intent(IntentKey(str(intent.arguments.get(DRAFT, ""))))


def _remember(tx: SqlTransaction, visit: Visit, *, intent: Intent, reply: Reply) -> None:
    """Note that the pressed message itself will show what came of its button."""
    if reply.screen is not None and reply.show is not Show.SEND:
        tx.work.see(SPENT, _place(visit, intent))


def answer(tx: SqlTransaction, visit: Visit, refusal: IntentSpent) -> Reply:
    """Give a later press the first outcome; a double tap gets the words without the screen."""
    words, intent = visit.words, refusal.data.get("intent")
    outcome = str(refusal.data.get("outcome") or "")
    if not outcome:
        toast = words.label("This button has expired: nothing happened. Open the card again.")
        return Reply(toast=toast, is_alert=True)
    toast = words.label("That was done already. This is what came of it.")
    if isinstance(intent, Intent) and not tx.work.see(SPENT, _place(visit, intent)):
        return Reply(toast=toast)
    screen = Screen(html=outcome, rows=home.home_row(words))
    return Reply(toast=toast, screen=screen, show=Show.EDIT)


def _place(visit: Visit, intent: Intent) -> str:
    return f"{intent.key}:{visit.chat_id}:{visit.incoming.message_id}"
