"""What Paystack answers and tells, held to its public OpenAPI description of 24 October 2025.

The shapes, and where they go beyond the description, are in `paystack_shapes`.
"""

import json
import re
from collections.abc import Mapping
from typing import Final

from tests.bot.providers.paystack_shapes import (
    CHARGE,
    DISPUTE_TOLD,
    NEW_REFUND,
    NEW_TRANSFER,
    PAGE,
    PAID_TOLD,
    PAUSED,
    RECIPIENT,
    REFUND,
    REFUND_TOLD,
    REFUNDS,
    ROW,
    TEXT,
    TRANSACTION,
    TRANSFER,
    TRANSFER_TOLD,
    every,
)
from tests.bot.providers.shapes import Contract, Kind, ListOf, OneOf, broken


def _said(data: Kind, **more: Kind) -> Contract:
    return Contract({"status": bool, "message": str, "data": data, **more})


_COUNTED: Final[Mapping[str, Kind]] = every(int, "total", "skipped", "page", "pageCount")
# Where a cursor is asked for: in the guides only, whose "previous" may be the text "null".
_CURSOR: Final = Contract({"perPage": int, **every(TEXT, "next", "previous")})
_OFFSET: Final = Contract(
    {**_COUNTED, "perPage": OneOf((int, re.compile(r"[0-9]+"))), "total_volume": int}
)
_REFUNDS_META: Final = Contract({**_COUNTED, "perPage": str, "failedRefundCount": int})
ANSWERS: Final[Mapping[tuple[str, str], Contract]] = {
    ("POST", r"/transaction/initialize"): _said(PAGE),
    ("POST", r"/transaction/charge_authorization"): _said(OneOf((CHARGE, PAUSED))),
    ("GET", r"/transaction/verify/[^/]+"): _said(TRANSACTION),
    ("GET", r"/transaction"): _said(ListOf(ROW), meta=OneOf((_CURSOR, _OFFSET))),
    ("POST", r"/refund"): _said(NEW_REFUND),
    ("GET", r"/refund"): _said(ListOf(REFUND), meta=_REFUNDS_META),
    ("GET", r"/refund/[^/]+"): _said(REFUND),
    ("POST", r"/transferrecipient"): _said(RECIPIENT),
    ("POST", r"/transfer"): _said(NEW_TRANSFER),
    ("GET", r"/transfer/verify/[^/]+"): _said(TRANSFER),
}

REFUSAL: Final = Contract(
    {"status": bool, "message": str},
    {
        "meta": Contract(may={"nextStep": str}),
        # Described of a page that is not made; elsewhere these are the words of "code", a slip.
        "type": frozenset({"validation_error", "processor_error", "api_error"}),
        "code": str,
        "errorCodeMappingNotFound": bool,
    },
)

_WORDS: Final = "|".join(sorted(REFUNDS))
EVENTS: Final[Mapping[str, Contract]] = {
    r"charge\.success": PAID_TOLD,
    r"charge\.dispute\.(create|remind|resolve)": DISPUTE_TOLD,
    rf"refund\.({_WORDS})": REFUND_TOLD,
    r"transfer\.(success|failed|reversed)": TRANSFER_TOLD,
}


def broken_answer(method: str, path: str, said: object) -> list[str]:
    """Return in what the answer to a call that worked departs."""
    for (of, way), contract in ANSWERS.items():
        if of == method and re.fullmatch(way, path):
            return broken(said, contract, at=path)
    return [f"{method} {path} is not known"]


def broken_refusal(path: str, status: int, said: object) -> list[str]:
    """Return in what the answer to a call that did not work departs."""
    return broken(said, REFUSAL, at=f"{path} {status}")


def broken_event(body: bytes) -> list[str]:
    """Return in what an event departs."""
    told = json.loads(body)
    name = str(told.get("event"))
    for way, contract in EVENTS.items():
        if re.fullmatch(way, name):
            return broken(told, Contract({"event": str, "data": contract}), at=name)
    return [f"{name} is not known"]
