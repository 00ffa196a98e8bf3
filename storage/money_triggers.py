"""Triggers of the books: the only writers of counters and entries, floors, ceilings, backing.

`storage/triggers.py` puts them with the others. What is a string here is SQLite's alone: PostgreSQL
does the same for a whole statement at once (`storage/postgres_triggers.py`).
"""

from collections.abc import Iterator
from typing import Final

from core.domain.money import MAX_MINOR
from storage.chargebacks import chargeback_rules
from storage.differences import difference_rules
from storage.reconciling import reconciling_rules
from storage.refund_requests import refund_request_rules
from storage.refund_tables import refund_rules
from storage.rules import Rule, refuse
from storage.unmatched import unmatched_rules

_AVAILABLE: Final = "credits_minor - debits_minor - held_minor"


def money_triggers() -> Iterator[Rule | str]:
    """Yield the CREATE statement of every trigger on the books."""
    stop = "EXISTS (SELECT 1 FROM money_stop WHERE tenant_id IN (NEW.tenant_id, 1))"
    for name in ("journal", "hold"):
        yield refuse(f"{name}_money_stop", f"BEFORE INSERT ON {name}", stop, "money_stop")
    yield refuse(
        "journal_reversal",
        "BEFORE INSERT ON journal",
        "NEW.reverses_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM journal"
        " WHERE id = NEW.reverses_id AND tenant_id = NEW.tenant_id)",
        "journal.reversal",
    )
    yield from _transfer()
    yield from _entry()
    yield from _account()
    yield from _hold()
    yield from _allocation()
    yield from _bill()
    yield from _chain()
    yield from refund_rules()
    yield from difference_rules()
    yield from reconciling_rules()
    yield from chargeback_rules()
    yield from refund_request_rules()
    yield from unmatched_rules()


def _transfer() -> Iterator[Rule | str]:
    yield refuse(
        "transfer_line",
        "BEFORE INSERT ON transfer",
        "NEW.line IS NOT (SELECT COALESCE(MAX(line), 0) + 1 FROM transfer"
        " WHERE journal_id = NEW.journal_id)"
        " OR NEW.line > (SELECT lines FROM journal WHERE id = NEW.journal_id)",
        "transfer.line",
        postgres=None,
    )
    yield refuse(
        "transfer_amount",
        "BEFORE INSERT ON transfer",
        f"NEW.amount_minor NOT BETWEEN 1 AND {MAX_MINOR} OR NEW.from_account = NEW.to_account",
        "transfer.amount",
        postgres=None,
    )
    yield refuse(
        "transfer_floor",
        "BEFORE INSERT ON transfer",
        f"EXISTS (SELECT 1 FROM account WHERE id = NEW.from_account AND has_floor = 1"
        f" AND {_AVAILABLE} < NEW.amount_minor)",
        "floor",
        postgres=None,
    )
    yield refuse(
        "transfer_hold",
        "BEFORE INSERT ON transfer",
        "NEW.hold_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM hold WHERE id = NEW.hold_id"
        " AND status = 'posted' AND account_id = NEW.from_account AND posted_minor >="
        " NEW.amount_minor + (SELECT COALESCE(SUM(amount_minor), 0) FROM transfer"
        " WHERE hold_id = NEW.hold_id))",
        "transfer.hold",
        postgres=None,
    )
    steps = " ".join(
        f"INSERT INTO entry (account_id, seq, transfer_id, side, amount_minor,"
        f" balance_after_minor) SELECT id, entry_seq + 1, NEW.id, '{side}', NEW.amount_minor,"
        f" credits_minor - debits_minor {sign} NEW.amount_minor FROM account WHERE id = NEW.{end};"
        f" UPDATE account SET {side}s_minor = {side}s_minor + NEW.amount_minor,"
        f" entry_seq = entry_seq + 1 WHERE id = NEW.{end};"
        for side, sign, end in (("debit", "-", "from_account"), ("credit", "+", "to_account"))
    )
    yield f'CREATE TRIGGER "transfer_post" AFTER INSERT ON transfer BEGIN {steps} END'


def _entry() -> Iterator[Rule | str]:
    yield refuse(
        "entry_honest",
        "BEFORE INSERT ON entry",
        "NOT EXISTS (SELECT 1 FROM transfer t JOIN account a ON a.id = NEW.account_id"
        " WHERE t.id = NEW.transfer_id AND t.amount_minor = NEW.amount_minor"
        " AND NEW.seq = a.entry_seq + 1 AND ((NEW.side = 'debit'"
        " AND t.from_account = NEW.account_id"
        " AND NEW.balance_after_minor = a.credits_minor - a.debits_minor - NEW.amount_minor)"
        " OR (NEW.side = 'credit' AND t.to_account = NEW.account_id"
        " AND NEW.balance_after_minor = a.credits_minor - a.debits_minor + NEW.amount_minor)))",
        "entry.honest",
        postgres=None,
    )


def _account() -> Iterator[Rule | str]:
    yield refuse(
        "account_birth",
        "BEFORE INSERT ON account",
        "NEW.debits_minor <> 0 OR NEW.credits_minor <> 0 OR NEW.held_minor <> 0"
        " OR NEW.entry_seq <> 0 OR NEW.has_floor <>"
        " CASE WHEN NEW.kind IN ('member_wallet', 'tenant_wallet', 'suspense') THEN 1 ELSE 0 END",
        "account.birth",
    )
    moved = (
        "NEW.debits_minor <> OLD.debits_minor OR NEW.credits_minor <> OLD.credits_minor"
        " OR NEW.entry_seq <> OLD.entry_seq"
    )
    proven = (
        "NEW.entry_seq = OLD.entry_seq + 1 AND EXISTS (SELECT 1 FROM entry e WHERE"
        " e.account_id = NEW.id AND e.seq = NEW.entry_seq"
        " AND e.balance_after_minor = NEW.credits_minor - NEW.debits_minor"
        " AND NEW.debits_minor = OLD.debits_minor"
        " + CASE e.side WHEN 'debit' THEN e.amount_minor ELSE 0 END"
        " AND NEW.credits_minor = OLD.credits_minor"
        " + CASE e.side WHEN 'credit' THEN e.amount_minor ELSE 0 END)"
    )
    yield refuse(
        "account_counters",
        "BEFORE UPDATE ON account",
        f"({moved}) AND NOT ({proven})",
        "account.counters",
        postgres=None,
    )
    yield refuse(
        "account_floor",
        "BEFORE UPDATE ON account",
        "NEW.has_floor = 1 AND NEW.credits_minor - NEW.debits_minor - NEW.held_minor < 0",
        "floor",
        postgres=None,
    )
    yield refuse(
        "account_range",
        "BEFORE UPDATE ON account",
        f"NEW.credits_minor - NEW.debits_minor NOT BETWEEN -{MAX_MINOR} AND {MAX_MINOR}",
        "account.range",
        postgres=None,
    )
    yield refuse(
        "account_held",
        "BEFORE UPDATE ON account",
        "NEW.held_minor <> OLD.held_minor AND NEW.held_minor <>"
        " (SELECT COALESCE(SUM(amount_minor), 0) FROM hold"
        " WHERE account_id = NEW.id AND status = 'open')",
        "account.held",
    )


def _hold() -> Iterator[Rule | str]:
    yield refuse(
        "hold_floor",
        "BEFORE INSERT ON hold",
        f"NEW.amount_minor NOT BETWEEN 1 AND {MAX_MINOR} OR NEW.posted_minor <> 0"
        f" OR NEW.status <> 'open' OR EXISTS (SELECT 1 FROM account"
        f" WHERE id = NEW.account_id AND has_floor = 1 AND {_AVAILABLE} < NEW.amount_minor)",
        "floor",
    )
    yield (
        'CREATE TRIGGER "hold_reserve" AFTER INSERT ON hold BEGIN UPDATE account SET'
        " held_minor = held_minor + NEW.amount_minor WHERE id = NEW.account_id; END"
    )
    yield (
        'CREATE TRIGGER "hold_release" AFTER UPDATE ON hold'
        " WHEN OLD.status = 'open' AND NEW.status <> 'open' BEGIN UPDATE account SET"
        " held_minor = held_minor - OLD.amount_minor WHERE id = OLD.account_id; END"
    )
    yield refuse(
        "hold_final",
        "BEFORE UPDATE ON hold",
        "OLD.status <> 'open' OR NEW.status NOT IN ('posted', 'voided', 'expired')"
        " OR (NEW.status = 'posted' AND NEW.posted_minor NOT BETWEEN 1 AND OLD.amount_minor)"
        " OR (NEW.status <> 'posted' AND NEW.posted_minor <> 0)",
        "hold.final",
    )


def _allocation() -> Iterator[Rule | str]:
    earlier = "(SELECT COALESCE(SUM(amount_minor), 0) FROM {table} WHERE {same})"
    of_payment = earlier.format(table="allocation", same="payment_id = NEW.payment_id")
    of_bill = earlier.format(table="allocation", same="bill_id = NEW.bill_id")
    of_journal = earlier.format(table="allocation", same="journal_id = NEW.journal_id")
    returned = earlier.format(
        table="allocation_return", same="payment_id = NEW.payment_id AND line = NEW.line"
    )
    gave_back = earlier.format(table="allocation_return", same="journal_id = NEW.journal_id")
    moved = (
        "(SELECT COALESCE(SUM(t.amount_minor), 0) FROM transfer t JOIN account a"
        " ON a.id = t.{end} WHERE t.journal_id = NEW.journal_id AND a.kind = 'tenant_wallet')"
    )
    yield refuse(
        "allocation_backed",
        "BEFORE INSERT ON allocation",
        "NEW.amount_minor < 1"
        f" OR NEW.amount_minor + {of_payment} >"
        " (SELECT captured_minor FROM payment WHERE id = NEW.payment_id)"
        " OR NOT EXISTS (SELECT 1 FROM bill WHERE id = NEW.bill_id AND life = 'open'"
        f" AND allocated_minor = {of_bill}"
        " AND allocated_minor - refunded_minor + NEW.amount_minor <= total_minor)"
        f" OR NEW.amount_minor + {of_journal} > {moved.format(end='to_account')}",
        "allocation.backed",
    )
    yield refuse(
        "allocation_return_rest",
        "BEFORE INSERT ON allocation_return",
        f"NEW.amount_minor < 1 OR NEW.amount_minor + {returned} >"
        " (SELECT amount_minor FROM allocation WHERE payment_id = NEW.payment_id"
        " AND line = NEW.line)"
        f" OR NEW.amount_minor + {gave_back} > {moved.format(end='from_account')}",
        "allocation_return.rest",
    )


def _bill() -> Iterator[Rule | str]:
    allocated = "(SELECT COALESCE(SUM(amount_minor), 0) FROM allocation WHERE bill_id = NEW.id)"
    returned = (
        "(SELECT COALESCE(SUM(r.amount_minor), 0) FROM allocation a JOIN allocation_return r"
        " ON r.payment_id = a.payment_id AND r.line = a.line WHERE a.bill_id = NEW.id)"
    )
    yield refuse(
        "bill_not_overpaid",
        "BEFORE UPDATE ON bill",
        "NEW.allocated_minor - NEW.refunded_minor > NEW.total_minor"
        " OR NEW.refunded_minor > NEW.allocated_minor"
        " OR NEW.allocated_minor < OLD.allocated_minor"
        " OR NEW.refunded_minor < OLD.refunded_minor"
        " OR NEW.revision NOT IN (OLD.revision, OLD.revision + 1)",
        "bill.not_overpaid",
    )
    yield refuse(
        "bill_counted",
        "BEFORE UPDATE ON bill",
        "(NEW.allocated_minor <> OLD.allocated_minor"
        f" AND (NEW.allocated_minor <> {allocated} OR NEW.life <> 'open'))"
        f" OR (NEW.refunded_minor <> OLD.refunded_minor AND NEW.refunded_minor <> {returned})",
        "bill.counted",
    )
    yield refuse(
        "bill_birth",
        "BEFORE INSERT ON bill",
        "NEW.allocated_minor <> 0 OR NEW.refunded_minor <> 0 OR NEW.revision <> 1",
        "bill.birth",
    )
    yield refuse(
        "payment_birth", "BEFORE INSERT ON payment", "NEW.captured_minor <> 0", "payment.birth"
    )
    yield refuse(
        "payment_captured",
        "BEFORE UPDATE ON payment",
        "NEW.captured_minor < OLD.captured_minor",
        "payment.captured",
    )


def _chain() -> Iterator[Rule | str]:
    yield refuse(
        "block_chain",
        "BEFORE INSERT ON block",
        "NEW.height <> 1 + (SELECT COALESCE(MAX(height), 0) FROM block"
        " WHERE tenant_id = NEW.tenant_id) OR (NEW.height > 1 AND NEW.before_hash <>"
        " (SELECT hash FROM block WHERE tenant_id = NEW.tenant_id AND height = NEW.height - 1))",
        "block.chain",
    )
    yield refuse(
        "counter_step", "BEFORE UPDATE ON counter", "NEW.value <> OLD.value + 1", "counter.step"
    )
