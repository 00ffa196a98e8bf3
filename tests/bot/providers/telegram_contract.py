"""Telegram's methods, as the signatures of the library by which the bot talks to it."""

import re
from collections.abc import Mapping
from functools import cache
from inspect import Parameter, signature
from typing import Any, Final, get_args, get_origin

from telegram import Bot, LabeledPrice

_OWN: Final = frozenset(
    {"self", "read_timeout", "write_timeout", "connect_timeout", "pool_timeout", "api_kwargs"}
)
"""What is the library's own and never on the wire."""
_SCALARS: Final = frozenset({str, int, bool})


def broken_call(path: str, body: Mapping[str, object]) -> list[str]:
    """Return in what a call departs: the method that its path ends with, and its body."""
    method = path.rpartition("/")[2]
    try:
        known = _parameters(method)
    except AttributeError:
        return [f"{method} is not known"]
    must = {name for name, each in known.items() if each.default is Parameter.empty}
    missing = [f"{method}: {name} is missing" for name in sorted(must - set(body))]
    unknown = [f"{method}: {name} is not known" for name in body if name not in known]
    wrong = [
        f"{method}: {name} is {value!r}"
        for name, value in body.items()
        if name in known and not _fits(value, known[name].annotation)
    ]
    return missing + unknown + wrong


@cache
def _parameters(method: str) -> dict[str, Parameter]:
    named = re.sub("([A-Z])", lambda found: f"_{found[1].lower()}", method)
    told = signature(getattr(Bot, named)).parameters
    return {name: each for name, each in told.items() if name not in _OWN}


def _fits(value: object, kind: Any) -> bool:
    kinds = _SCALARS & {kind, *get_args(kind)}
    if get_origin(kind) is not None and "LabeledPrice" in str(kind):
        return isinstance(value, list) and all(_is_price(each) for each in value)
    return not kinds or type(value) in kinds


def _is_price(value: object) -> bool:
    return isinstance(value, dict) and LabeledPrice(**value).to_dict() == value
