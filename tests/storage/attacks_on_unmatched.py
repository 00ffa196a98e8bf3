"""What nobody may write about unmatched money: given or sent back twice, or without its money."""

from typing import Final

from tests.storage.attacks import NEXT, Attack, event, hold, insert, journal, transfer, update
from tests.storage.attacks_on_refunds import refund

_TO_REFUND: Final = {
    "payment_id": "NULL",
    "unmatched_id": ":booked",
    "payer_id": "NULL",
    "amount_minor": "300",
    "attempt_id": "NULL",
    "capture": "'cap-10'",
}


def _refund(**changes: str) -> str:
    """Return the INSERT of a refund of the 300 that are free, with some values changed."""
    return refund(**(_TO_REFUND | changes))


def _born() -> tuple[str, ...]:
    steps = (("none", "none"), ("none", "pending"))
    return tuple(event("refund", "900020", str(seq), step) for seq, step in enumerate(steps))


def _held(minor: str = "300", **changes: str) -> tuple[str, ...]:
    events = tuple(
        event("hold", "900021", str(seq), step)
        for seq, step in enumerate((("none", "none"), ("none", "open")))
    )
    values = {
        "id": "900021",
        "account_id": ":suspense",
        "amount_minor": minor,
        "subject_kind": "'refund'",
        "subject_id": "900020",
    }
    return (*events, hold(**(values | changes)))


_REFUNDS: Final = tuple(
    Attack(name=name, prepare=(*_born(), *_held(minor)), statement=_refund(**changes))
    for name, minor, changes in (
        ("of a payment as well", "300", {"payment_id": ":linked", "payer_id": ":payer"}),
        ("of neither", "300", {"unmatched_id": "NULL"}),
        ("of money that is not there", "300", {"unmatched_id": "900900"}),
        ("of another capture", "300", {"capture": "'cap-3'"}),
        ("of no capture", "300", {"capture": "''"}),
        ("by no configuration", "300", {"configuration_id": "NULL"}),
        ("in another currency", "300", {"currency": "'USD'"}),
        ("of another tenant", "300", {"tenant_id": ":other"}),
        ("less than is held", "300", {"amount_minor": "299"}),
        ("more than is held", "299", {"amount_minor": "300"}),
        ("without a hold", "300", {"hold_id": "NULL"}),
        ("with the hold of another", "300", {"hold_id": ":sent_back_hold"}),
        ("to a wallet", "300", {"destination": "'wallet'", "needs_consent": "1"}),
        (
            "found by its provider",
            "300",
            {"origin": "'provider'", "requested_by": "NULL", "hold_id": "NULL"},
        ),
    )
)
_OTHER_MONEY: Final = (
    journal(subject_kind="'test'", kind="'suspense'", key="'kept'"),
    transfer(from_account=":provider", to_account=":suspense", amount_minor="5000"),
)
"""Suspense holds enough for more than is left of the capture: it belongs to others."""

_KEPT: Final = {
    "id": "900001",
    "tenant_id": ":tenant",
    "account_id": ":suspense",
    "currency": "'NGN'",
    "amount_minor": "5000",
    "kept_at": "0",
    "configuration_id": "NULL",
    "capture": "''",
    "reference": "''",
    "payment_id": "NULL",
    "attempt_id": "NULL",
    "given_minor": "0",
    "open_minor": "0",
    "done_minor": "0",
    "over_minor": "0",
    "row_version": "1",
}
_GIFT: Final = (
    journal(subject_kind="'person'", kind="'suspense'", key="'gift'"),
    transfer(from_account=":suspense", to_account=":wallet", amount_minor="300"),
)


def _given(**changes: str) -> str:
    values = {"journal_id": "900001", "unmatched_id": ":booked", "amount_minor": "300"}
    return insert("unmatched_given", values | changes)


def _counted(changes: str) -> str:
    return update("unmatched", f"{changes}, {NEXT}", "id = :booked")


_CLAIM: Final = (
    event("chargeback", "900030", "0", ("none", "none")),
    event("chargeback", "900030", "1", ("none", "open")),
    insert(
        "chargeback",
        {
            "id": "900030",
            "tenant_id": ":tenant",
            "payment_id": ":linked",
            "attempt_id": ":link_attempt",
            "configuration_id": ":configuration",
            "capture": "'cap-10'",
            "currency": "'NGN'",
            "amount_minor": "700",
            "opened_at": "0",
            "is_followed": "0",
            "reason_id": "0",
            "act_id": ":top_up_act",
            "row_version": "1",
            "status": "'open'",
            "status_seq": "1",
        },
    ),
)

ATTACKS: Final = (
    *_REFUNDS,
    Attack(
        name="a refund of more than is left, with the money of others",
        prepare=(*_OTHER_MONEY, *_born(), *_held("301")),
        statement=_refund(amount_minor="301"),
    ),
    Attack(
        name="a refund held on the tenant's wallet",
        prepare=(*_born(), *_held(account_id=":own")),
        statement=_refund(),
    ),
    Attack(
        name="a refund of a payment, held in suspense",
        prepare=(*_born(), *_held()),
        statement=refund(amount_minor="300"),
    ),
    Attack(
        name="a refund while a bank claims it",
        prepare=(*_CLAIM, *_born(), *_held()),
        statement=_refund(),
    ),
    Attack(
        name="a refund of other money, later",
        statement=update("refund", f"unmatched_id = NULL, {NEXT}", "id = :sent_back"),
    ),
    *(
        Attack(
            name=f"money kept apart: {name}",
            prepare=_OTHER_MONEY,
            statement=insert("unmatched", _KEPT | changes),
        )
        for name, changes in (
            ("more than came", {"amount_minor": "5001"}),
            ("less than came", {"amount_minor": "4999"}),
            ("nothing", {"amount_minor": "0"}),
            ("given at birth", {"given_minor": "1"}),
            ("sent back at birth", {"done_minor": "1"}),
            ("in another account", {"account_id": ":own"}),
            ("of another tenant", {"tenant_id": ":other"}),
            ("by another journal", {"id": ":journal"}),
            ("twice", {"id": ":booked"}),
            ("a capture of nobody", {"capture": "'x'"}),
        )
    ),
    *(
        Attack(name=f"given: {name}", prepare=prepare, statement=_given(**changes))
        for name, prepare, changes in (
            ("more than moved", _GIFT, {"amount_minor": "301"}),
            ("without a move", _GIFT[:1], {}),
            ("nothing", _GIFT, {"amount_minor": "0"}),
            ("less than nothing", _GIFT, {"amount_minor": "-1"}),
            ("of money that is not there", _GIFT, {"unmatched_id": "900900"}),
            ("twice", (*_GIFT, _given(amount_minor="100")), {"amount_minor": "100"}),
        )
    ),
    Attack(
        name="given: what is on its way back",
        prepare=(
            *(
                each.replace("900001", "900041").replace("900002", "900042")
                for each in _OTHER_MONEY
            ),
            journal(subject_kind="'person'", kind="'suspense'", key="'gift'", token="'TXN-2'"),
            transfer(from_account=":suspense", to_account=":wallet", amount_minor="301"),
        ),
        statement=_given(amount_minor="301"),
    ),
    *(
        Attack(name=f"a count: {changes}", statement=_counted(changes))
        for changes in (
            "open_minor = 0",
            "open_minor = 299",
            "open_minor = 400",
            "given_minor = 0",
            "given_minor = 400",
            "done_minor = 1",
            "over_minor = 1",
            "done_minor = -1, over_minor = 1",
            "amount_minor = 7000",
            "capture = 'cap-3'",
            "account_id = :own",
        )
    ),
)

LAWFUL: Final = (
    Attack(
        name="a refund of what is left of it", prepare=(*_born(), *_held()), statement=_refund()
    ),
    Attack(
        name="all that was kept apart",
        prepare=_OTHER_MONEY,
        statement=insert("unmatched", _KEPT),
    ),
    Attack(name="a gift of what is left", prepare=_GIFT, statement=_given()),
    Attack(
        name="a gift, counted",
        prepare=(*_GIFT, _given()),
        statement=_counted("given_minor = 400"),
    ),
)
"""What the attacks are made of passes where nothing is wrong: else they prove nothing."""
