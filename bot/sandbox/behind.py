"""What is behind the page: the books, where the estate in them stands, the phones."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.sandbox.progress import Happened
from bot.sandbox.records import Json
from bot.sandbox.story import Section


def _nowhere() -> Json:
    return {"place": "", "places": []}


def _fits(key: str, value: object) -> str:
    return ""


async def _no_phone(prompt_id: str, act: str) -> None:
    raise KeyError(prompt_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """The books and the phones as the page needs them.

    `inside` and `happened` read them; `renew` makes everything anew at a place, or with "" where
    it is, while the bot is down. `where` names the `place` and all `places` there are; `needs`
    returns at which other place the estate must stand for a value of a switch, "" for here.
    `phones` are those on which somebody is asked for a PIN, `press_phone` takes a prompt's id and
    what is pressed there.
    """

    inside: Callable[[], Awaitable[list[Section]]]
    happened: Happened
    renew: Callable[[str], Awaitable[None]]
    where: Callable[[], Json] = _nowhere
    needs: Callable[[str, object], str] = _fits
    phones: Callable[[], list[Json]] = list
    press_phone: Callable[[str, str], Awaitable[None]] = _no_phone
