"""What must hold in the books, as queries that find where it does not.

Each is a sentence for what a row says, and the SELECT of such rows.
"""

from typing import Final

from storage.chargebacks import CHARGEBACK_BOOKS
from storage.refund_tables import REFUND_BOOKS
from storage.unmatched import UNMATCHED_BOOKS

_PAID_IN: Final = (
    "SELECT COALESCE(SUM(t.amount_minor), 0) FROM journal j"
    " JOIN transfer t ON t.journal_id = j.id"
    " JOIN account a ON a.id = t.from_account JOIN account b ON b.id = t.to_account"
    " WHERE j.subject_kind = 'payment' AND j.subject_id = p.id AND j.tenant_id = p.tenant_id"
)

BOOKS: Final[tuple[tuple[str, str], ...]] = (
    (
        "tenant {0}: debits and credits differ in {1}",
        (
            "SELECT tenant_id, currency FROM account GROUP BY tenant_id, currency"
            " HAVING SUM(credits_minor) <> SUM(debits_minor)"
        ),
    ),
    (
        "account {0}: counters differ from its entries",
        (
            "SELECT a.id FROM account a LEFT JOIN (SELECT account_id, COUNT(*) AS lines,"
            " MAX(seq) AS newest, MIN(seq) AS oldest,"
            " SUM(CASE side WHEN 'debit' THEN amount_minor ELSE 0 END) AS debits,"
            " SUM(CASE side WHEN 'credit' THEN amount_minor ELSE 0 END) AS credits"
            " FROM entry GROUP BY account_id) e ON e.account_id = a.id"
            " WHERE a.debits_minor <> COALESCE(e.debits, 0)"
            " OR a.credits_minor <> COALESCE(e.credits, 0)"
            " OR a.entry_seq <> COALESCE(e.lines, 0) OR a.entry_seq <> COALESCE(e.newest, 0)"
            " OR COALESCE(e.oldest, 1) <> 1"
        ),
    ),
    (
        "account {0}: counters differ from its transfers",
        (
            "SELECT a.id FROM account a LEFT JOIN (SELECT account_id, SUM(debit) AS debits,"
            " SUM(credit) AS credits FROM (SELECT from_account AS account_id,"
            " amount_minor AS debit, 0 AS credit FROM transfer UNION ALL"
            " SELECT to_account, 0, amount_minor FROM transfer) GROUP BY account_id) t"
            " ON t.account_id = a.id WHERE a.debits_minor <> COALESCE(t.debits, 0)"
            " OR a.credits_minor <> COALESCE(t.credits, 0)"
        ),
    ),
    (
        "account {0}: entry {1} does not follow the one before",
        (
            "SELECT account_id, seq FROM (SELECT account_id, seq, balance_after_minor AS after,"
            " CASE side WHEN 'debit' THEN -amount_minor ELSE amount_minor END AS moved,"
            " LAG(balance_after_minor, 1, 0) OVER (PARTITION BY account_id ORDER BY seq) AS before"
            " FROM entry) WHERE after <> before + moved"
        ),
    ),
    (
        "transfer {0}: its two entries are missing or differ",
        (
            "SELECT t.id FROM transfer t"
            " LEFT JOIN entry d ON d.transfer_id = t.id AND d.side = 'debit'"
            " LEFT JOIN entry c ON c.transfer_id = t.id AND c.side = 'credit'"
            " WHERE d.account_id IS NOT t.from_account OR c.account_id IS NOT t.to_account"
            " OR d.amount_minor IS NOT t.amount_minor OR c.amount_minor IS NOT t.amount_minor"
        ),
    ),
    (
        "account {0}: held differs from its open holds",
        (
            "SELECT a.id FROM account a WHERE a.held_minor <> (SELECT"
            " COALESCE(SUM(amount_minor), 0)"
            " FROM hold WHERE account_id = a.id AND status = 'open')"
        ),
    ),
    (
        "account {0}: available is below zero",
        (
            "SELECT id FROM account WHERE has_floor = 1"
            " AND credits_minor - debits_minor - held_minor < 0"
        ),
    ),
    (
        "journal {0}: lines are missing",
        (
            "SELECT j.id FROM journal j WHERE j.lines <> (SELECT COUNT(*) FROM transfer"
            " WHERE journal_id = j.id) OR j.lines <> (SELECT COALESCE(MAX(line), 0) FROM transfer"
            " WHERE journal_id = j.id)"
        ),
    ),
    (
        "hold {0}: what was posted differs from its transfers",
        (
            "SELECT h.id FROM hold h WHERE h.posted_minor <> (SELECT COALESCE(SUM(amount_minor), 0)"
            " FROM transfer WHERE hold_id = h.id)"
        ),
    ),
    (
        "bill {0}: allocated differs from its allocations",
        (
            "SELECT b.id FROM bill b WHERE b.allocated_minor <> (SELECT"
            " COALESCE(SUM(amount_minor), 0)"
            " FROM allocation WHERE bill_id = b.id)"
        ),
    ),
    (
        "bill {0}: refunded differs from what went back",
        (
            "SELECT b.id FROM bill b WHERE b.refunded_minor <> (SELECT"
            " COALESCE(SUM(r.amount_minor), 0)"
            " FROM allocation a JOIN allocation_return r ON r.payment_id = a.payment_id"
            " AND r.line = a.line WHERE a.bill_id = b.id)"
        ),
    ),
    (
        "bill {0}: the newest revision is missing or differs",
        (
            "SELECT b.id FROM bill b LEFT JOIN bill_revision r ON r.bill_id = b.id"
            " AND r.revision = b.revision WHERE r.total_minor IS NOT b.total_minor"
            " OR (SELECT COUNT(*) FROM bill_revision WHERE bill_id = b.id) <> b.revision"
        ),
    ),
    (
        "payment {0}: captured differs from what the books say",
        (
            "SELECT p.id FROM payment p WHERE"
            f" (p.method = 'provider' AND p.captured_minor <> ({_PAID_IN} AND a.kind = 'provider'"
            " AND b.kind = 'member_wallet'))"
            f" OR (p.method = 'wallet' AND p.captured_minor <> ({_PAID_IN}"
            " AND a.kind = 'member_wallet' AND b.kind = 'tenant_wallet'))"
        ),
    ),
    (
        "payment {0}: captured without being completed, or completed without money",
        "SELECT id FROM payment WHERE (status = 'completed') <> (captured_minor > 0)",
    ),
    (
        "payment {0}: more is allocated than was captured",
        (
            "SELECT p.id FROM payment p WHERE p.captured_minor < (SELECT"
            " COALESCE(SUM(amount_minor), 0)"
            " FROM allocation WHERE payment_id = p.id)"
        ),
    ),
    (
        "payment {0}: allocation {1} has no money behind it",
        (
            "SELECT a.payment_id, a.line FROM allocation a WHERE (SELECT SUM(amount_minor)"
            " FROM allocation WHERE journal_id = a.journal_id) >"
            " (SELECT COALESCE(SUM(t.amount_minor), 0)"
            " FROM transfer t JOIN account b ON b.id = t.to_account"
            " WHERE t.journal_id = a.journal_id AND b.kind = 'tenant_wallet')"
        ),
    ),
    (
        "payment {0}: more of allocation {1} went back than there was",
        (
            "SELECT a.payment_id, a.line FROM allocation a WHERE a.amount_minor <"
            " (SELECT COALESCE(SUM(amount_minor), 0) FROM allocation_return"
            " WHERE payment_id = a.payment_id AND line = a.line)"
        ),
    ),
    (
        "receipt {0}: its journal does not say the same",
        (
            "SELECT r.id FROM receipt r LEFT JOIN journal j ON j.id = r.journal_id"
            " AND j.subject_kind = 'payment' AND j.subject_id = r.payment_id"
            " WHERE j.id IS NULL OR r.settled_minor <> (SELECT COALESCE(SUM(amount_minor), 0)"
            " FROM allocation WHERE payment_id = r.payment_id AND journal_id = r.journal_id)"
            " OR r.amount_minor NOT IN (SELECT amount_minor FROM transfer"
            " WHERE journal_id = r.journal_id)"
        ),
    ),
    *REFUND_BOOKS,
    *CHARGEBACK_BOOKS,
    *UNMATCHED_BOOKS,
)
