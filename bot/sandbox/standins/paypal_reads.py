"""How PayPal reads what it is asked, played by the sandbox."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from bot.sandbox.provider_door import BadRequest
from bot.sandbox.standins.paypal_views import CURRENCIES, Shown
from bot.sandbox.standins.standin import minor_of

LONGEST_LIST: Final = timedelta(days=31)

_COUNT: Final = re.compile(r"[1-9][0-9]{0,2}")


def read_amount(body: Mapping[str, Any]) -> tuple[int, str]:
    """Return an amount in minor units and its currency.

    Raises:
        BadRequest: it is none, or none that is taken here.
    """
    amount = inner(body, "amount")
    currency, value = amount.get("currency_code"), amount.get("value")
    if currency not in CURRENCIES:
        raise BadRequest("CURRENCY_NOT_SUPPORTED")
    return minor_of(value if isinstance(value, str) else "", str(currency)), str(currency)


def taken_at(shown: Shown) -> datetime:
    """Return when a transaction of the list was begun."""
    return datetime.fromisoformat(str(shown["transaction_initiation_date"]))


def read_span(query: Mapping[str, str]) -> tuple[datetime, datetime]:
    """Return the time that a list is asked for.

    Raises:
        BadRequest: it is none, or longer than a month.
    """
    try:
        since, until = (datetime.fromisoformat(query[each]) for each in ("start_date", "end_date"))
        is_right = since <= until <= since + LONGEST_LIST
    except (KeyError, ValueError, TypeError) as problem:
        raise BadRequest("start_date") from problem
    if not is_right:
        raise BadRequest("end_date")
    return since, until


def read_whole(query: Mapping[str, str], name: str) -> int:
    """Return a number of the list's query.

    Raises:
        BadRequest: it is none.
    """
    if not _COUNT.fullmatch(query.get(name, "")):
        raise BadRequest(name)
    return int(query[name])


def inner(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return an object within an object.

    Raises:
        BadRequest: there is none of this name.
    """
    value = body.get(name)
    if not isinstance(value, dict):
        raise BadRequest(name)
    return value
