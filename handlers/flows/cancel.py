"""/cancel and every Cancel button of a dialogue: leave it, and say what was dropped."""

from typing import Final

from core.ports import Transaction
from handlers.chat import Reply, Screen
from handlers.screens import help as help_screens
from handlers.screens import home
from handlers.visit import Routes, Visit
from handlers.words import Html


def command(tx: Transaction, visit: Visit) -> Reply:
    """Leave the dialogue that the dispatcher has just dropped."""
    left = visit.data.get("left")
    return _said(visit, left if isinstance(left, str) else "")


def press(tx: Transaction, visit: Visit) -> Reply:
    """Leave the dialogue that is open in this chat."""
    dialogue = tx.dialogues.dialogue(visit.chat_id, visit.person.id)
    return _said(visit, "" if dialogue is None else dialogue.step)


def _said(visit: Visit, step: str) -> Reply:
    html: Html = help_screens.nothing_open(visit.words)
    if step:
        html = home.dropped(visit.words, step)
    return Reply(screen=Screen(html=html, rows=home.home_row(visit.words)), ends_dialogue=True)


ROUTES: Final = Routes(name="cancel", aliases={"cancel": command}, presses={"now": press})
