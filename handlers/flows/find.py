"""Finding a bill or a receipt by its printed number: own ones, or any by scope."""

from typing import Final

from core.domain.bills import Bill
from core.domain.unmatched import Unmatched
from core.ports import Transaction
from core.use_cases.timeline import find_by_number
from handlers.cards import bill_screen, reader_of, receipt_screen
from handlers.chat import Reply, Show
from handlers.screens import finding, unmatched
from handlers.unmatched_cards import waiting
from handlers.visit import Routes, Visit

MAX_NUMBER: Final = 60


def command(tx: Transaction, visit: Visit) -> Reply:
    """Show what a number stands for, or what can be found."""
    _, actor = visit.here
    number = visit.argument.strip()[:MAX_NUMBER]
    if not number:
        return Reply(screen=finding.ask(visit.words), show=Show.SEND, ends_dialogue=True)
    found = find_by_number(tx, actor=actor, number=number)
    reader = reader_of(visit)
    if isinstance(found, Bill):
        screen = bill_screen(tx, reader, found)
    elif isinstance(found, Unmatched):
        screen = unmatched.one(visit.words, waiting(tx, actor, found))
    else:
        screen = receipt_screen(tx, reader, found)
    return Reply(screen=screen, show=Show.SEND, ends_dialogue=True)


ROUTES: Final = Routes(name="find", aliases={"find": command})
