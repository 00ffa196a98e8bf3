"""The commands we announce, by role; only what exists is listed."""

from collections.abc import Sequence

from core.domain.people import Scope
from handlers.words import Words


def for_everybody(words: Words) -> list[tuple[str, str]]:
    """Return (command, description) for every private chat."""
    return [
        ("menu", words.label("Home: where you stand")),
        ("bills", words.label("My bills")),
        ("pay", words.label("Pay a bill or top up")),
        ("wallet", words.label("Balance and history")),
        ("settings", words.label("Payment methods, PIN, reminders, language")),
        ("help", words.label("Help and support")),
    ]


def for_groups(words: Words) -> list[tuple[str, str]]:
    """Return (command, description) for every group chat."""
    return [("help", words.label("Help and support"))]


def commands_for(scopes: frozenset[Scope], words: Words) -> list[tuple[str, str]]:
    """Return (command, description) for the private chat of somebody with these scopes."""
    staff: Sequence[tuple[Scope, str, str]] = (
        (Scope.BILLS_DISPUTE_RESOLVE, "desk", words.label("What waits for me")),
        (Scope.REPORTS_VIEW, "desk", words.label("What waits for me")),
        (Scope.REPORTS_VIEW, "report", words.label("The organisation's money")),
        (Scope.BILLS_MANAGE, "newbill", words.label("Issue a bill")),
        (Scope.MEMBERS_MANAGE, "people", words.label("Members and invitations")),
        (Scope.SETTINGS_PROVIDERS, "providers", words.label("Payment providers and their keys")),
    )
    mine = {command: text for scope, command, text in staff if scope in scopes}
    return [*for_everybody(words), *mine.items()]
