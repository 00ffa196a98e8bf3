"""What nobody may write, as single statements; `?OR?` is where a conflict clause goes.

`prepare` are lawful statements that run before. Names in `:name` are ids of the world.
"""

from dataclasses import dataclass
from typing import Final

BIG: Final = 2**53
HUGE: Final = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """One unlawful statement, and what is done lawfully before it."""

    name: str
    statement: str
    prepare: tuple[str, ...] = ()


def journal(**changes: str) -> str:
    """Return the INSERT of a journal of one line with some values changed."""
    values = {
        "id": "900001",
        "token": "'TXN-900001'",
        "tenant_id": ":tenant",
        "kind": "'top_up'",
        "subject_kind": "'test'",
        "subject_id": "1",
        "key": "'attack'",
        "fingerprint": "''",
        "lines": "1",
        "posted_at": "0",
        "act_id": ":top_up_act",
        "reverses_id": "NULL",
    } | changes
    return insert("journal", values)


def transfer(**changes: str) -> str:
    """Return the INSERT of the first line of that journal with some values changed."""
    values = {
        "id": "900002",
        "journal_id": "900001",
        "line": "1",
        "tenant_id": ":tenant",
        "currency": "'NGN'",
        "from_account": ":wallet",
        "to_account": ":own",
        "amount_minor": "100",
        "hold_id": "NULL",
        "act_id": ":top_up_act",
    } | changes
    return insert("transfer", values)


def hold(**changes: str) -> str:
    """Return the INSERT of a hold of 100 with some values changed."""
    values = {
        "id": "900003",
        "tenant_id": ":tenant",
        "account_id": ":wallet",
        "currency": "'NGN'",
        "amount_minor": "100",
        "subject_kind": "'test'",
        "subject_id": "1",
        "expires_at": "NULL",
        "posted_minor": "0",
        "act_id": ":top_up_act",
        "row_version": "1",
        "status": "'open'",
        "status_seq": "1",
    } | changes
    return insert("hold", values)


def event(kind: str, entity: str, seq: str, steps: tuple[str, str], /, **changes: str) -> str:
    """Return the INSERT of a status event."""
    values = {
        "machine": f"'{kind}'",
        "entity": entity,
        "seq": seq,
        "before_seq": f"max(0, {seq} - 1)",
        "from_status": f"'{steps[0]}'",
        "to_status": f"'{steps[1]}'",
        "act_id": "1",
        "note_id": "0",
    } | changes
    return insert("status_event", values)


def insert(table: str, values: dict[str, str]) -> str:
    """Return an INSERT of SQL expressions."""
    return f"INSERT ?OR? INTO {table} ({', '.join(values)}) VALUES ({', '.join(values.values())})"  # noqa: S608 - ours


def update(table: str, changes: str, where: str) -> str:
    """Return an UPDATE; tables with a version get it raised, as a lawful writer would."""
    return f"UPDATE ?OR? {table} SET {changes} WHERE {where}"  # noqa: S608 - ours


NEXT: Final = "row_version = row_version + 1"
BORN: Final = tuple(
    event("hold", "900003", str(seq), steps)
    for seq, steps in ((0, ("none", "none")), (1, ("none", "open")))
)
POSTED: Final = (
    event("hold", ":open_hold", "2", ("open", "posted")),
    update(
        "hold",
        f"status = 'posted', status_seq = 2, posted_minor = 400, {NEXT}",
        "id = :open_hold",
    ),
)
STOP: Final = "INSERT INTO money_stop (tenant_id, reason, since) VALUES ({who}, 'test', 0)"

JOURNALS: Final = (
    Attack(name="a key is used twice", statement=journal(key="'paid'")),
    Attack(
        name="a token is used twice",
        statement=journal(token="(SELECT token FROM journal WHERE id = :journal)"),
    ),
    Attack(name="an id is used twice", statement=journal(id=":journal")),
    Attack(name="no key", statement=journal(key="NULL")),
    Attack(name="no act", statement=journal(act_id="NULL")),
    Attack(name="an act that is not there", statement=journal(act_id="900900")),
    Attack(name="no tenant", statement=journal(tenant_id="NULL")),
    Attack(name="the act of another tenant", statement=journal(tenant_id=":other")),
    Attack(name="no lines", statement=journal(lines="0")),
    Attack(name="more lines than anybody reads", statement=journal(lines="1001")),
    Attack(name="another kind of token", statement=journal(token="'JRN-1'")),
    Attack(
        name="a second reversal",
        prepare=(journal(id="900009", token="'TXN-9'", key="'r'", reverses_id=":journal"),),
        statement=journal(reverses_id=":journal"),
    ),
    Attack(
        name="a reversal of another tenant's journal",
        statement=journal(
            reverses_id="(SELECT id FROM journal WHERE tenant_id = :other)", key="'r'"
        ),
    ),
    Attack(
        name="while the tenant's money is stopped",
        prepare=(STOP.format(who=":tenant"),),
        statement=journal(),
    ),
    Attack(name="while all money is stopped", prepare=(STOP.format(who="1"),), statement=journal()),
)

TRANSFERS: Final = tuple(
    Attack(name=name, prepare=(journal(**more), *before), statement=transfer(**changes))
    for name, more, before, changes in (
        ("nothing", {}, (), {"amount_minor": "0"}),
        ("less than nothing", {}, (), {"amount_minor": "-5"}),
        ("no amount", {}, (), {"amount_minor": "NULL"}),
        ("half an amount", {}, (), {"amount_minor": "1.5"}),
        ("an amount in words", {}, (), {"amount_minor": "'much'"}),
        ("too much to count", {}, (), {"from_account": ":provider", "amount_minor": str(BIG)}),
        ("all there is", {}, (), {"from_account": ":provider", "amount_minor": str(HUGE)}),
        (
            "more than an account may hold",
            {},
            (),
            {"from_account": ":provider", "to_account": ":wallet", "amount_minor": str(BIG - 1)},
        ),
        ("to itself", {}, (), {"to_account": ":wallet"}),
        ("from nowhere", {}, (), {"from_account": "900900"}),
        ("to nowhere", {}, (), {"to_account": "900900"}),
        ("from nothing", {}, (), {"from_account": "NULL"}),
        ("to nothing", {}, (), {"to_account": "NULL"}),
        ("from another tenant", {}, (), {"from_account": ":strange"}),
        ("to another tenant", {}, (), {"to_account": ":strange"}),
        ("as another tenant", {}, (), {"tenant_id": ":other"}),
        ("from another currency", {}, (), {"from_account": ":dollars"}),
        ("to another currency", {}, (), {"to_account": ":dollars"}),
        ("in another currency", {}, (), {"currency": "'USD'"}),
        ("no currency", {}, (), {"currency": "NULL"}),
        ("an overdraft", {}, (), {"amount_minor": "90001"}),
        ("what is held", {}, (), {"amount_minor": "82700 - 499"}),
        (
            "an overdraft of suspense",
            {},
            (),
            {"from_account": ":suspense", "amount_minor": "601"},
        ),
        (
            "what is on its way back from suspense",
            {},
            (),
            {"from_account": ":suspense", "amount_minor": "301"},
        ),
        (
            "an overdraft of the tenant",
            {},
            (),
            {"from_account": ":own", "to_account": ":wallet", "amount_minor": "9301"},
        ),
        ("a line too far", {"lines": "2"}, (), {"line": "2"}),
        ("line zero", {}, (), {"line": "0"}),
        ("no line", {}, (), {"line": "NULL"}),
        ("a line twice", {"lines": "2"}, (transfer(),), {"id": "900022"}),
        ("more lines than said", {}, (transfer(),), {"id": "900022", "line": "2"}),
        ("an id twice", {"lines": "2"}, (transfer(),), {"line": "2"}),
        ("the act of another journal", {}, (), {"act_id": "1"}),
        ("into no journal", {}, (), {"journal_id": "NULL"}),
        ("into a journal that is not there", {}, (), {"journal_id": "900900"}),
        ("into an old journal", {}, (), {"journal_id": ":journal", "line": "2"}),
        ("over an old line", {}, (), {"journal_id": ":journal", "line": "1"}),
        ("for an open hold", {}, (), {"hold_id": ":open_hold"}),
        ("for a voided hold", {}, (), {"hold_id": ":voided_hold"}),
        ("for a hold that is not there", {}, (), {"hold_id": "900900"}),
        (
            "more of a hold than was posted",
            {},
            (),
            {"hold_id": ":posted_hold", "amount_minor": "1"},
        ),
        ("more of a hold at once", {}, POSTED, {"hold_id": ":open_hold", "amount_minor": "401"}),
        (
            "a hold of another account",
            {},
            POSTED,
            {"hold_id": ":open_hold", "from_account": ":provider"},
        ),
    )
)

HOLDS: Final = (
    *(
        Attack(name=f"a hold of {name}", prepare=BORN, statement=hold(**changes))
        for name, changes in (
            ("nothing", {"amount_minor": "0"}),
            ("less than nothing", {"amount_minor": "-1"}),
            ("no amount", {"amount_minor": "NULL"}),
            ("too much to count", {"account_id": ":provider", "amount_minor": str(BIG)}),
            ("more than there is", {"amount_minor": "82201"}),
            ("another tenant's account", {"account_id": ":strange"}),
            ("another currency", {"currency": "'USD'"}),
            ("no account", {"account_id": "NULL"}),
            ("what is posted already", {"posted_minor": "5"}),
            ("an old id", {"id": ":open_hold"}),
            ("a late status", {"status": "'posted'", "posted_minor": "5"}),
            ("no status", {"status": "NULL"}),
            ("a late step", {"status_seq": "2"}),
            ("no step", {"status_seq": "NULL"}),
        )
    ),
    Attack(name="a hold without its events", statement=hold()),
    Attack(
        name="a hold while money is stopped",
        prepare=(*BORN, STOP.format(who=":tenant")),
        statement=hold(),
    ),
    *(
        Attack(
            name=f"posting {name}",
            prepare=POSTED[:1],
            statement=update(
                "hold",
                f"status = 'posted', status_seq = 2, posted_minor = {amount}, {NEXT}",
                "id = :open_hold",
            ),
        )
        for name, amount in (
            ("more than was held", "501"),
            ("nothing", "0"),
            ("less than nothing", "-1"),
            ("no amount", "NULL"),
        )
    ),
    Attack(
        name="posting a hold twice",
        prepare=POSTED,
        statement=update("hold", f"posted_minor = 500, {NEXT}", "id = :open_hold"),
    ),
    Attack(
        name="voiding what was posted",
        statement=event("hold", ":posted_hold", "3", ("posted", "voided")),
    ),
    Attack(
        name="opening what was voided",
        statement=update("hold", f"status = 'open', status_seq = 3, {NEXT}", "id = :voided_hold"),
    ),
    Attack(
        name="resolving without an event",
        statement=update("hold", f"status = 'voided', status_seq = 2, {NEXT}", "id = :open_hold"),
    ),
    Attack(
        name="holding more later",
        statement=update("hold", f"amount_minor = 600, {NEXT}", "id = :open_hold"),
    ),
)

ACCOUNTS: Final = (
    *(
        Attack(name=f"an account's {name}", statement=update("account", changes, "id = :wallet"))
        for name, changes in (
            ("credits", "credits_minor = credits_minor + 1"),
            ("debits", "debits_minor = debits_minor - 1"),
            ("both counters", "credits_minor = credits_minor + 1, debits_minor = debits_minor + 1"),
            (
                "credits and their place",
                "credits_minor = credits_minor + 1, entry_seq = entry_seq + 1",
            ),
            ("place", "entry_seq = entry_seq + 1"),
            ("earlier place", "entry_seq = entry_seq - 1"),
            ("held", "held_minor = 0"),
            ("held below zero", "held_minor = -1"),
            ("floor", "has_floor = 0"),
            ("kind", "kind = 'external'"),
            ("owner", "owner_id = 1"),
            ("tenant", "tenant_id = :other"),
            ("currency", "currency = 'USD'"),
            ("id", "id = 900900"),
            ("id, over another", "id = :own"),
            ("credits to nothing", "credits_minor = NULL"),
        )
    ),
    *(
        Attack(
            name=f"an account born with {name}",
            statement=insert(
                "account",
                {
                    "id": "900004",
                    "tenant_id": ":tenant",
                    "currency": "'NGN'",
                    "kind": "'member_wallet'",
                    "owner_id": "900004",
                    "has_floor": "1",
                    "debits_minor": "0",
                    "credits_minor": "0",
                    "held_minor": "0",
                    "entry_seq": "0",
                }
                | changes,
            ),
        )
        for name, changes in (
            ("money", {"credits_minor": "5"}),
            ("debts", {"debits_minor": "5", "has_floor": "0", "kind": "'external'"}),
            ("holds", {"held_minor": "5"}),
            ("a past", {"entry_seq": "5"}),
            ("no floor", {"has_floor": "0"}),
            ("an old id", {"id": ":own"}),
            ("an owner that has one", {"owner_id": ":payer"}),
            ("no tenant", {"tenant_id": "NULL"}),
            ("a tenant that is not there", {"tenant_id": "900900"}),
        )
    ),
)
