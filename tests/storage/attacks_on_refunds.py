"""What nobody may write about refunds: more than was paid, without its hold, without its money."""

from typing import Final

from tests.storage.attacks import NEXT, Attack, event, hold, insert, journal, transfer, update

_ROW: Final = {
    "id": "900020",
    "tenant_id": ":tenant",
    "payment_id": ":linked",
    "unmatched_id": "NULL",
    "payer_id": ":payer",
    "reference": "'hzr-9'",
    "currency": "'NGN'",
    "amount_minor": "1000",
    "returned_minor": "0",
    "destination": "'original'",
    "origin": "'staff'",
    "requested_at": "0",
    "requested_by": ":payer",
    "reason_id": "0",
    "attempt_id": ":link_attempt",
    "configuration_id": ":configuration",
    "capture": "'cap-3'",
    "hold_id": "900021",
    "needs_consent": "0",
    "consented_at": "NULL",
    "approved_by": "NULL",
    "sent_at": "NULL",
    "ended_at": "NULL",
    "ended_by": "NULL",
    "provider_ref": "''",
    "journal_id": "NULL",
    "error": "NULL",
    "needs": "''",
    "checks": "0",
    "act_id": ":top_up_act",
    "row_version": "1",
    "status": "'pending'",
    "status_seq": "1",
}


def refund(**changes: str) -> str:
    """Return the INSERT of a refund of 1,000 with some values changed."""
    return insert("refund", _ROW | changes)


def _born(status: str = "pending") -> tuple[str, ...]:
    steps = (("none", "none"), ("none", status))
    return tuple(event("refund", "900020", str(seq), step) for seq, step in enumerate(steps))


def _held(minor: str = "1000", **changes: str) -> tuple[str, ...]:
    """Hold an amount of the tenant's for the refund."""
    events = tuple(
        event("hold", "900021", str(seq), step)
        for seq, step in enumerate((("none", "none"), ("none", "open")))
    )
    values = {
        "id": "900021",
        "account_id": ":own",
        "amount_minor": minor,
        "subject_kind": "'refund'",
        "subject_id": "900020",
    }
    return (*events, hold(**(values | changes)))


_NOBODY: Final = {"origin": "'provider'", "requested_by": "NULL", "hold_id": "NULL"}

REFUNDS: Final = (
    *(
        Attack(name=name, prepare=(*_born(), *_held(minor)), statement=refund(**changes))
        for name, minor, changes in (
            ("more than is left of the payment", "2001", {"amount_minor": "2001"}),
            ("more than was paid", "3001", {"amount_minor": "3001"}),
            ("nothing", "1000", {"amount_minor": "0"}),
            ("less than nothing", "1000", {"amount_minor": "-1000"}),
            ("no amount", "1000", {"amount_minor": "NULL"}),
            ("less than is held", "1000", {"amount_minor": "999"}),
            ("more than is held", "1000", {"amount_minor": "1001"}),
            ("without a hold", "1000", {"hold_id": "NULL"}),
            ("with the hold of another", "1000", {"hold_id": ":refund_hold"}),
            ("with a hold that is not there", "1000", {"hold_id": "900900"}),
            ("by nobody", "1000", {"requested_by": "NULL"}),
            ("as if the provider had made it, with a hold", "1000", {"origin": "'provider'"}),
            ("of a payment without money", "1000", {"payment_id": ":pending"}),
            ("of another tenant", "1000", {"tenant_id": ":other"}),
            ("in another currency", "1000", {"currency": "'USD'"}),
            ("through another payment's attempt", "1000", {"attempt_id": ":attempt"}),
            ("through no attempt", "1000", {"attempt_id": "NULL"}),
            ("of no capture", "1000", {"capture": "''"}),
            ("under an old reference", "1000", {"reference": "'hzr-1'"}),
            ("under an old id", "1000", {"id": ":refund"}),
            ("already posted", "1000", {"journal_id": ":journal"}),
            (
                "to the wallet, unasked",
                "1000",
                {
                    "destination": "'wallet'",
                    "attempt_id": "NULL",
                    "configuration_id": "NULL",
                    "capture": "''",
                },
            ),
            ("to nowhere", "1000", {"destination": "'elsewhere'"}),
        )
    ),
    Attack(name="without its events", prepare=_held(), statement=refund()),
    Attack(
        name="with money of the payer's wallet",
        prepare=(*_born(), *_held(account_id=":wallet")),
        statement=refund(),
    ),
    Attack(
        name="held for something else",
        prepare=(*_born(), *_held(subject_kind="'test'")),
        statement=refund(),
    ),
    Attack(
        name="born approved",
        prepare=(*_born("processing"), *_held()),
        statement=refund(status="'processing'", approved_by="1"),
    ),
    Attack(
        name="found, and more than was captured",
        prepare=_born("processing"),
        statement=refund(**_NOBODY, status="'processing'", amount_minor="3001"),
    ),
    Attack(
        name="found, to the wallet",
        prepare=_born("processing"),
        statement=refund(
            **_NOBODY,
            status="'processing'",
            destination="'wallet'",
            attempt_id="NULL",
            configuration_id="NULL",
            capture="''",
        ),
    ),
    Attack(
        name="of claimed money",
        prepare=(
            update("refundable", f"contested_at = 1, {NEXT}", "payment_id = :linked"),
            *_born(),
            *_held(),
        ),
        statement=refund(),
    ),
)

_VOIDED: Final = (
    event("hold", ":refund_hold", "2", ("open", "voided")),
    update("hold", f"status = 'voided', status_seq = 2, {NEXT}", "id = :refund_hold"),
)
_ON_ITS_WAY: Final = (
    event("refund", ":refund", "2", ("pending", "approved")),
    update(
        "refund", f"status = 'approved', status_seq = 2, approved_by = 1, {NEXT}", "id = :refund"
    ),
    event("refund", ":refund", "3", ("approved", "processing")),
    update("refund", f"status = 'processing', status_seq = 3, {NEXT}", "id = :refund"),
    event("refund", ":refund", "4", ("processing", "completed")),
)
SUBJECT: Final = {"subject_kind": "'refund'", "subject_id": ":refund", "kind": "'refund'"}
_DONE: Final = update(
    "refund",
    f"status = 'completed', status_seq = 4, journal_id = 900001, {NEXT}",
    "id = :refund",
)


def _moved(minor: str, **changes: str) -> tuple[str, ...]:
    ends = {"from_account": ":own", "to_account": ":provider", "amount_minor": minor}
    return (journal(**SUBJECT), transfer(**(ends | changes)))


GONE: Final = (*_ON_ITS_WAY, *_VOIDED, *_moved("1000"), _DONE)
"""A refund of 1,000 that its provider has made."""

STEPS: Final = (
    *(
        Attack(name=name, prepare=(*_ON_ITS_WAY, *_VOIDED, *moved), statement=_DONE)
        for name, moved in (
            ("done with less than it says", _moved("999")),
            ("done with more than it says", _moved("1001")),
            ("done without money", (journal(**SUBJECT),)),
            ("done with money that went elsewhere", _moved("1000", to_account=":wallet")),
            (
                "done by the journal of something else",
                (journal(), transfer(from_account=":own", to_account=":provider")),
            ),
        )
    ),
    Attack(
        name="done while its hold is open",
        prepare=(*_ON_ITS_WAY, *_moved("1000")),
        statement=_DONE,
    ),
    Attack(
        name="approved by nobody",
        prepare=_ON_ITS_WAY[:1],
        statement=update("refund", f"status = 'approved', status_seq = 2, {NEXT}", "id = :refund"),
    ),
    Attack(
        name="given up while its hold is open",
        prepare=(event("refund", ":refund", "2", ("pending", "cancelled")),),
        statement=update("refund", f"status = 'cancelled', status_seq = 2, {NEXT}", "id = :refund"),
    ),
    *(
        Attack(
            name=f"another {column}",
            statement=update("refund", f"{change}, {NEXT}", "id = :refund"),
        )
        for column, change in (
            ("amount", "amount_minor = 3000"),
            ("payment", "payment_id = :paid"),
            ("hold", "hold_id = :open_hold"),
            ("destination", "destination = 'wallet'"),
            ("origin", "origin = 'provider'"),
            ("reference", "reference = 'x'"),
            ("payer", "payer_id = 1"),
        )
    ),
)

CEILINGS: Final = tuple(
    Attack(name=name, statement=update("refundable", f"{change}, {NEXT}", "payment_id = :linked"))
    for name, change in (
        ("nothing on its way", "open_minor = 0"),
        ("more on its way", "open_minor = 1001"),
        ("less than nothing on its way", "open_minor = -1"),
        ("done without a refund", "done_minor = 1"),
        ("given back without a refund", "reversed_minor = 1"),
        ("a higher ceiling", "captured_minor = 3001"),
        ("a lower ceiling", "captured_minor = 999"),
        ("another payment", "payment_id = :saving"),
        ("another tenant", "tenant_id = :other"),
    )
)

_CLAIM: Final = {
    "id": "900030",
    "tenant_id": ":tenant",
    "payment_id": ":linked",
    "attempt_id": ":link_attempt",
    "configuration_id": ":configuration",
    "capture": "'cap-3'",
    "currency": "'NGN'",
    "amount_minor": "3000",
    "opened_at": "0",
    "is_followed": "0",
    "taken_before_minor": "0",
    "said_minor": "0",
    "said_currency": "''",
    "reason_id": "0",
    "handled_by": "NULL",
    "ended_at": "NULL",
    "refund_id": "NULL",
    "unmatched_id": "NULL",
    "journal_id": "NULL",
    "act_id": ":top_up_act",
    "row_version": "1",
    "status": "'open'",
    "status_seq": "1",
}
_CLAIMED: Final = tuple(
    event("chargeback", "900030", str(seq), step)
    for seq, step in enumerate((("none", "none"), ("none", "open")))
)
_CLAIM_IS_MADE: Final = (
    *_CLAIMED,
    insert("chargeback", _CLAIM),
    update("refundable", f"contested_at = 1, {NEXT}", "payment_id = :linked"),
)
_LOST: Final = event("chargeback", "900030", "2", ("open", "lost"))

CLAIMS: Final = (
    *(
        Attack(name=name, prepare=_CLAIMED, statement=insert("chargeback", _CLAIM | changes))
        for name, changes in (
            ("through another payment's attempt", {"attempt_id": ":attempt"}),
            ("of another tenant", {"tenant_id": ":other"}),
            ("in another currency", {"currency": "'USD'"}),
            ("of no capture", {"capture": "''"}),
            ("less than nothing", {"amount_minor": "-1"}),
            ("born lost", {"status": "'lost'", "ended_at": "1"}),
            ("after something that was not taken", {"taken_before_minor": "1"}),
            ("to money that is not kept apart", {"unmatched_id": "900900"}),
            ("already booked", {"journal_id": ":journal"}),
            ("born in doubt", {"said_minor": "1", "said_currency": "'NGN'"}),
        )
    ),
    *(
        Attack(
            name=name,
            prepare=_CLAIM_IS_MADE,
            statement=update("chargeback", f"{change}, {NEXT}", "id = 900030"),
        )
        for name, change in (
            ("after something that was taken later", "taken_before_minor = 1"),
            ("handled by nobody", "handled_by = 424242"),
            ("to other money than before", "unmatched_id = 900900"),
            ("in doubt over no currency", "said_minor = 1"),
            ("in doubt over less than nothing", "said_minor = -1, said_currency = 'NGN'"),
        )
    ),
    Attack(
        name="a second one to the same capture",
        prepare=(
            *_CLAIM_IS_MADE,
            *(each.replace("900030", "900031") for each in _CLAIMED),
        ),
        statement=insert("chargeback", _CLAIM | {"id": "900031"}),
    ),
    Attack(
        name="refundable while it is claimed",
        prepare=_CLAIM_IS_MADE,
        statement=update("refundable", f"contested_at = NULL, {NEXT}", "payment_id = :linked"),
    ),
    Attack(
        name="lost by a refund of ours",
        prepare=(*_CLAIM_IS_MADE, _LOST),
        statement=update(
            "chargeback",
            f"status = 'lost', status_seq = 2, ended_at = 1, refund_id = :refund, {NEXT}",
            "id = 900030",
        ),
    ),
    Attack(
        name="lost by the journal of something else",
        prepare=(*_CLAIM_IS_MADE, _LOST),
        statement=update(
            "chargeback",
            f"status = 'lost', status_seq = 2, ended_at = 1, journal_id = :journal, {NEXT}",
            "id = 900030",
        ),
    ),
    Attack(
        name="lost without a time",
        prepare=(*_CLAIM_IS_MADE, _LOST),
        statement=update("chargeback", f"status = 'lost', status_seq = 2, {NEXT}", "id = 900030"),
    ),
)

LAWFUL: Final = (
    Attack(
        name="a claim to another capture",
        prepare=(
            *_CLAIM_IS_MADE,
            *(each.replace("900030", "900031") for each in _CLAIMED),
        ),
        statement=insert("chargeback", _CLAIM | {"id": "900031", "capture": "'cap-4'"}),
    ),
    Attack(
        name="a claim in doubt",
        prepare=_CLAIM_IS_MADE,
        statement=update(
            "chargeback", f"said_minor = 1, said_currency = 'USD', {NEXT}", "id = 900030"
        ),
    ),
    Attack(name="claimed", prepare=_CLAIM_IS_MADE[:2], statement=_CLAIM_IS_MADE[2]),
    Attack(
        name="lost",
        prepare=(*_CLAIM_IS_MADE, _LOST),
        statement=update(
            "chargeback", f"status = 'lost', status_seq = 2, ended_at = 1, {NEXT}", "id = 900030"
        ),
    ),
    Attack(name="a second part", prepare=(*_born(), *_held()), statement=refund()),
    Attack(
        name="all that is left",
        prepare=(*_born(), *_held("2000")),
        statement=refund(amount_minor="2000"),
    ),
    Attack(
        name="found, and as much as was captured",
        prepare=_born("processing"),
        statement=refund(**_NOBODY, status="'processing'", amount_minor="3000"),
    ),
    Attack(
        name="done with what it says",
        prepare=(*_ON_ITS_WAY, *_VOIDED, *_moved("1000")),
        statement=_DONE,
    ),
    Attack(
        name="given up",
        prepare=(*_VOIDED, event("refund", ":refund", "2", ("pending", "cancelled"))),
        statement=update("refund", f"status = 'cancelled', status_seq = 2, {NEXT}", "id = :refund"),
    ),
)
"""What the attacks are made of passes where nothing is wrong: else they prove nothing."""
