"""What nobody may write about bills, payments, receipts, buttons and the chain."""

from typing import Final

from tests.storage.attacks import NEXT, Attack, event, insert, journal, transfer, update

DISPUTE: Final = (
    "INSERT ?OR? INTO dispute (id, tenant_id, number, bill_id, revision, reason, text_id, file_id,"
    " opened_by, opened_at, answer_id, act_id, row_version, status, status_seq) SELECT {id},"
    " tenant_id, 'D-{id}', bill_id, revision, reason, text_id, file_id, opened_by, opened_at, 0,"
    " act_id, 1, 'open', 1 FROM dispute WHERE id = :dispute"
)
BILLS: Final = tuple(
    Attack(name=f"a bill: {name}", statement=update("bill", f"{changes}, {NEXT}", "id = :bill"))
    for name, changes in (
        ("overpaid", "allocated_minor = 21001"),
        ("paid by one minor unit that nobody allocated", "allocated_minor = 8001"),
        ("paid in full that nobody allocated", "allocated_minor = 21000"),
        ("paid in full without money", "allocated_minor = 21000, refunded_minor = 1001"),
        ("never paid", "allocated_minor = 0, refunded_minor = 0"),
        ("paid less", "allocated_minor = 7999"),
        ("refunded without a return", "refunded_minor = 2000"),
        ("refunded beyond what was paid", "refunded_minor = 8001"),
        ("refunded less", "refunded_minor = 0"),
        ("asked for less than was paid", "total_minor = 6999"),
        ("asked for nothing", "total_minor = 0"),
        ("asked for too much", f"total_minor = {2**53}"),
        ("two revisions at once", "revision = 3"),
        ("an earlier revision", "revision = 0"),
        ("another tenant", "tenant_id = :other"),
        ("another currency", "currency = 'USD'"),
        ("another debtor", "debtor_id = 1"),
        ("another number", "number = 'BILL-1'"),
        ("another bill's number", "number = (SELECT number FROM bill WHERE id = :calm_bill)"),
        ("no total", "total_minor = NULL"),
    )
)
BIRTHS: Final = (
    Attack(
        name="a bill born paid",
        prepare=tuple(
            event(axis, "900010", str(seq), steps)
            for axis, first in (("bill.acknowledgment", "pending"), ("bill.life", "open"))
            for seq, steps in ((0, ("none", "none")), (1, ("none", first)))
        ),
        statement="INSERT ?OR? INTO bill (id, tenant_id, number, unit_id, debtor_id, type, title,"
        " description, currency, total_minor, due_on, issued_at, issued_by, allocated_minor,"
        " refunded_minor, revision, act_id, row_version, acknowledgment, acknowledgment_seq, life,"
        " life_seq) SELECT 900010, tenant_id, 'B-1', unit_id, debtor_id, type, title,"
        " description, currency, total_minor, due_on, issued_at, issued_by, 5, 0, 1, act_id, 1,"
        " 'pending', 1, 'open', 1 FROM bill WHERE id = :bill",
    ),
    Attack(
        name="a second open dispute",
        prepare=(
            *(
                event("dispute", entity, str(seq), steps)
                for entity in ("900011", "900012")
                for seq, steps in ((0, ("none", "none")), (1, ("none", "open")))
            ),
            DISPUTE.format(id=900011),
        ),
        statement=DISPUTE.format(id=900012),
    ),
)
VERSIONS: Final = tuple(
    Attack(
        name=f"{table}: {name}",
        statement=update(table, f"row_version = {version}", f"id = {row}"),
    )
    for table, row in (("bill", ":bill"), ("payment", ":paid"), ("person", ":payer"))
    for name, version in (
        ("the same version", "row_version"),
        ("a version skipped", "row_version + 2"),
        ("no version", "NULL"),
    )
)
PAID_AGAIN: Final = (
    update("payment", f"captured_minor = 9000, {NEXT}", "id = :paid"),
    journal(),
    transfer(from_account=":wallet", to_account=":own", amount_minor="1000"),
)
SECOND: Final = {
    "payment_id": ":paid",
    "line": "2",
    "bill_id": ":bill",
    "tenant_id": ":tenant",
    "currency": "'NGN'",
    "amount_minor": "100",
    "payer_id": ":payer",
    "journal_id": "900001",
    "act_id": ":top_up_act",
}
COUNTS: Final = tuple(
    Attack(
        name=f"a bill counts {name}",
        prepare=(*PAID_AGAIN, insert("allocation", SECOND)),
        statement=update("bill", f"allocated_minor = {minor}, {NEXT}", "id = :bill"),
    )
    for name, minor in (("more than was allocated", 8101), ("less than was allocated", 8099))
)
ALLOCATIONS: Final = tuple(
    Attack(
        name=f"an allocation {name}",
        prepare=before,
        statement=insert(
            "allocation",
            {
                "payment_id": ":paid",
                "line": "2",
                "bill_id": ":bill",
                "tenant_id": ":tenant",
                "currency": "'NGN'",
                "amount_minor": "1",
                "payer_id": ":payer",
                "journal_id": ":journal",
                "act_id": ":journal_act",
            }
            | changes,
        ),
    )
    for name, before, changes in (
        ("beyond what was captured", (), {}),
        ("of nothing", (), {"amount_minor": "0"}),
        ("of less than nothing", (), {"amount_minor": "-1"}),
        ("of no amount", (), {"amount_minor": "NULL"}),
        ("of a payment that has no money", (), {"payment_id": ":saving", "line": "1"}),
        ("over an old one", (), {"line": "1"}),
        ("to another tenant's bill", (), {"bill_id": ":strange_bill"}),
        ("to no bill", (), {"bill_id": "NULL"}),
        ("in another currency", (), {"currency": "'USD'"}),
        ("by no journal", (), {"journal_id": "NULL"}),
        (
            "beyond the bill's rest",
            (
                update("payment", f"captured_minor = 21001, {NEXT}", "id = :paid"),
                journal(),
                transfer(from_account=":wallet", to_account=":own", amount_minor="13001"),
            ),
            {"amount_minor": "13001", "journal_id": "900001", "act_id": ":top_up_act"},
        ),
        (
            "while an earlier one is not counted",
            (*PAID_AGAIN, insert("allocation", SECOND)),
            {"line": "3", "journal_id": "900001", "act_id": ":top_up_act"},
        ),
        (
            "by a journal that paid no tenant",
            (update("payment", f"captured_minor = 9000, {NEXT}", "id = :paid"),),
            {"journal_id": ":top_up", "act_id": ":top_up_act"},
        ),
        (
            "by a journal that is used up",
            (update("payment", f"captured_minor = 9000, {NEXT}", "id = :paid"),),
            {},
        ),
    )
)
GIVE_BACK: Final = (
    journal(),
    transfer(from_account=":own", to_account=":wallet", amount_minor="7000"),
)
RETURNS: Final = tuple(
    Attack(
        name=f"a return {name}",
        prepare=before,
        statement=insert(
            "allocation_return",
            {
                "payment_id": ":paid",
                "line": "1",
                "journal_id": "900001",
                "amount_minor": "1",
                "act_id": ":top_up_act",
            }
            | changes,
        ),
    )
    for name, before, changes in (
        ("beyond what was paid", GIVE_BACK, {"amount_minor": "7001"}),
        ("of nothing", GIVE_BACK, {"amount_minor": "0"}),
        ("of less than nothing", GIVE_BACK, {"amount_minor": "-1"}),
        ("of no amount", GIVE_BACK, {"amount_minor": "NULL"}),
        ("of nothing that was paid", GIVE_BACK, {"line": "9"}),
        ("by a journal that gave nothing back", (journal(), transfer()), {}),
        ("by a journal that is used up", (), {"journal_id": ":return_journal"}),
        ("by a journal that is not there", (), {"journal_id": "900900"}),
    )
)
RECEIPTS: Final = tuple(
    Attack(
        name=f"a receipt {name}",
        prepare=(journal(), transfer()),
        statement=insert(
            "receipt",
            {
                "id": "900005",
                "number": "'RCPT-9'",
                "tenant_id": ":tenant",
                "payment_id": ":paid",
                "journal_id": "900001",
                "payer_id": ":payer",
                "currency": "'NGN'",
                "amount_minor": "100",
                "settled_minor": "0",
                "balance_after_minor": "0",
                "issued_at": "0",
                "act_id": ":top_up_act",
            }
            | changes,
        ),
    )
    for name, changes in (
        ("for a journal that has one", {"journal_id": ":journal", "act_id": ":journal_act"}),
        ("for no journal", {"journal_id": "NULL"}),
        ("for a journal that is not there", {"journal_id": "900900"}),
        ("under an old number", {"number": "'RCPT-2026-000001'"}),
        ("of another tenant", {"tenant_id": ":other"}),
        ("in another currency", {"currency": "'USD'"}),
        ("of nothing", {"amount_minor": "0"}),
        ("that settles more than was paid", {"settled_minor": "101"}),
        ("that settles less than nothing", {"settled_minor": "-1"}),
    )
)
PAYMENTS: Final = (
    *(
        Attack(
            name=f"a payment: {name}",
            statement=update("payment", f"{changes}, {NEXT}", "id = :paid"),
        )
        for name, changes in (
            ("captured less", "captured_minor = 7999"),
            ("captured nothing", "captured_minor = 0"),
            ("captured below zero", "captured_minor = -1"),
            ("asked for more", "amount_minor = 9000"),
            ("another payer", "payer_id = 1"),
            ("another bill", "bill_id = :calm_bill"),
            ("another token", "token = (SELECT token FROM payment WHERE id = :saving)"),
            ("pending again", "status = 'pending', status_seq = 1"),
        )
    ),
    Attack(
        name="a payment born with money",
        prepare=tuple(
            event("payment", "900006", str(seq), steps)
            for seq, steps in ((0, ("none", "none")), (1, ("none", "pending")))
        ),
        statement="INSERT ?OR? INTO payment (id, token, tenant_id, payer_id, purpose, method,"
        " currency, amount_minor, created_at, captured_minor, act_id, row_version, status,"
        " status_seq) SELECT 900006, 'TXN-900006', tenant_id, payer_id, purpose, method,"
        " currency, amount_minor, created_at, 5, act_id, 1, 'pending', 1 FROM payment"
        " WHERE id = :saving",
    ),
    Attack(
        name="a second open payment of a bill",
        prepare=tuple(
            event("payment", "900006", str(seq), steps)
            for seq, steps in ((0, ("none", "none")), (1, ("none", "pending")))
        ),
        statement="INSERT ?OR? INTO payment (id, token, tenant_id, payer_id, purpose, bill_id,"
        " method, currency, amount_minor, created_at, captured_minor, act_id, row_version,"
        " status, status_seq) SELECT 900006, 'TXN-900006', tenant_id, payer_id, purpose, bill_id,"
        " method, currency, amount_minor, created_at, 0, act_id, 1, 'pending', 1 FROM payment"
        " WHERE id = :pending",
    ),
    *(
        Attack(
            name=f"an attempt: {name}",
            statement=update("attempt", f"{changes}, {NEXT}", "id = :attempt"),
        )
        for name, changes in (
            ("another reference", "reference = 'ref-2'"),
            ("another payment", "payment_id = :saving"),
            ("another number", "number = 2"),
        )
    ),
)
NEWEST: Final = "(SELECT hash FROM block WHERE tenant_id = :tenant ORDER BY height DESC LIMIT 1)"
DOORS: Final = (
    Attack(
        name="a button pressed twice",
        prepare=(
            update(
                "intent",
                f"was = 'open', status = 'done', status_seq = status_seq + 1, {NEXT}",
                "key = :intent",
            ),
        ),
        statement=update(
            "intent",
            f"was = 'open', status = 'done', status_seq = status_seq + 1, {NEXT}",
            "key = :intent",
        ),
    ),
    Attack(
        name="a button that means something else",
        statement=update(
            "intent",
            "was = 'open', status = 'done', status_seq = status_seq + 1,"
            f" arguments = '[5]', {NEXT}",
            "key = :intent",
        ),
    ),
    Attack(
        name="a button of somebody else",
        statement=update(
            "intent",
            f"was = 'open', status = 'done', status_seq = status_seq + 1, owner_id = 1, {NEXT}",
            "key = :intent",
        ),
    ),
    Attack(
        name="a button over an old one",
        statement="INSERT ?OR? INTO intent (key, tenant_id, owner_id, verb, arguments, expires_at,"
        " outcome, was, status, status_seq, row_version) SELECT key, tenant_id, owner_id, 'pay',"
        " arguments, expires_at, outcome, was, status, status_seq, row_version FROM intent",
    ),
    Attack(
        name="an account of a chat taken over",
        statement="INSERT ?OR? INTO identity (id, person_id, channel, external_id, username,"
        " language_code, is_reachable, row_version) SELECT 900007, 900007, channel, external_id,"
        " '', '', 1, 1 FROM identity",
    ),
    Attack(
        name="an identity of another person's chat",
        statement=update("identity", f"external_id = 1, {NEXT}", "person_id = :payer"),
    ),
    Attack(
        name="a second wallet of an owner",
        prepare=tuple(
            event("wallet", "900008", str(seq), steps)
            for seq, steps in ((0, ("none", "none")), (1, ("none", "active")))
        ),
        statement="INSERT ?OR? INTO wallet (id, tenant_id, owner_id, currency, account_id,"
        " frozen_by, act_id, row_version, status, status_seq) SELECT 900008, tenant_id, owner_id,"
        " currency, account_id, 0, act_id, 1, 'active', 1 FROM wallet WHERE id = :wallet_row",
    ),
    Attack(
        name="a wallet on another account",
        statement=update("wallet", f"account_id = :strange, {NEXT}", "id = :wallet_row"),
    ),
    Attack(
        name="a number used again",
        statement=update("counter", "value = value - 1", "tenant_id = :tenant"),
    ),
    Attack(
        name="numbers skipped",
        statement=update("counter", "value = value + 5", "tenant_id = :tenant"),
    ),
    Attack(
        name="a note rewritten",
        statement=update("note", "body = x'00'", "id = :note"),
    ),
    Attack(
        name="a note with another commitment",
        statement=update("note", "body = x'', commitment = 'x'", "id = :note"),
    ),
    *(
        Attack(
            name=f"a block: {name}",
            statement=insert(
                "block",
                {
                    "tenant_id": ":tenant",
                    "height": f"(SELECT {height} FROM block WHERE tenant_id = :tenant)",  # noqa: S608 - ours
                    "first_act": "1",
                    "last_act": "1",
                    "acts": "1",
                    "before_hash": before,
                    "hash": "'new'",
                },
            ),
        )
        for name, height, before in (
            ("a fork", "MAX(height)", NEWEST),
            ("a gap", "MAX(height) + 2", NEWEST),
            ("another past", "MAX(height) + 1", "'old'"),
            ("height zero", "0", NEWEST),
        )
    ),
)
