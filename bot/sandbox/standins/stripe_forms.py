"""How Stripe reads forms and shows lists, played by the sandbox."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl

from aiohttp import web

from bot.sandbox.provider_door import MAX_BODY_BYTES, BadRequest, as_json, read_text
from bot.sandbox.standins.stripe_views import Shown, minor_of, refusal

MOST_ROWS: Final = 100
ROWS: Final = 10

_WHOLE: Final = re.compile(r"[1-9][0-9]{0,14}")
_CODE: Final = re.compile(r"[a-z]{3}")

Form = Mapping[str, str]


async def read_form(request: web.Request) -> Form:
    """Return what a request says.

    Raises:
        BadRequest: it is no form, or too large.
    """
    body = bytearray()
    async for chunk in request.content.iter_chunked(4096):
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise BadRequest("the body is too large")
    try:
        return dict(parse_qsl(body.decode(), strict_parsing=True))
    except ValueError as problem:
        raise BadRequest("the body is no form") from problem


def read_whole(form: Form, name: str) -> int:
    """Return a whole number.

    Raises:
        BadRequest: it is none.
    """
    return int(read_text(form, name, _WHOLE))


def read_currency(form: Form, name: str) -> str:
    """Return a currency's code, in capitals.

    Raises:
        BadRequest: it is none.
    """
    return read_text(form, name, _CODE).upper()


def read_minor(form: Form, name: str, currency: str) -> int:
    """Return an amount in minor units; `currency` names the field that says of which.

    Raises:
        BadRequest: it is none.
    """
    return minor_of(read_whole(form, name), read_currency(form, currency))


def read_moment(query: Form, name: str) -> datetime | None:
    """Return a moment, None where none is asked for.

    Raises:
        BadRequest: it is none.
    """
    return _at(read_whole(query, name)) if name in query else None


def page_of(rows: Sequence[Shown], query: Form, *, kind: str = "list") -> web.Response:
    """Answer one page of a list.

    Raises:
        BadRequest: its size is none.
    """
    size = min(read_whole(query, "limit"), MOST_ROWS) if "limit" in query else ROWS
    ids, after = [row["id"] for row in rows], query.get("starting_after")
    start = ids.index(after) + 1 if after in ids else 0
    shown, has_more = list(rows[start : start + size]), start + size < len(rows)
    return as_json(200, {"object": kind, "url": "/v1", "data": shown, "has_more": has_more})


def used_for_something_else() -> web.Response:
    """Say that a key of idempotency came back with another question."""
    text = "Keys for idempotent requests can only be used with what they were first used with"
    return as_json(400, refusal("", text, kind="idempotency_error"))


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
