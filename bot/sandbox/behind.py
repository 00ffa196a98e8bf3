"""What is behind the page: the books, and where the estate in them stands."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.sandbox.progress import Happened
from bot.sandbox.records import Json
from bot.sandbox.story import Section


def _nowhere() -> Json:
    return {"place": "", "places": []}


def _fits(key: str, value: object) -> str:
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """The books as the page needs them.

    `inside` and `happened` read them; `renew` makes everything anew at a place, or with "" where
    it is, while the bot is down. `where` names the `place` and all `places` there are; `needs`
    returns at which other place the estate must stand for a value of a switch, "" for here.
    """

    inside: Callable[[], Awaitable[list[Section]]]
    happened: Happened
    renew: Callable[[str], Awaitable[None]]
    where: Callable[[], Json] = _nowhere
    needs: Callable[[str, object], str] = _fits
