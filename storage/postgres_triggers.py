"""Triggers as PostgreSQL has them: one function for all rules of a table and an act, and the books.

The books are written a statement at a time: whatever an INSERT of transfers touches is locked in
the order of account ids, entries and running balances come from window sums in the order of
transfer ids, each account is updated once. A raw INSERT of an entry meets the key (transfer, side),
since both entries of every transfer are there already; raw counters meet `account_counters`.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from storage.rules import REFUSED, Rule
from storage.statements import Cursor, distinctly, written
from storage.triggers import APPEND_ONLY, NEVER_DELETED, rules

PREFIX: Final = "hazina_"
"""Every function and trigger of ours begins so."""

_TRANSFER_POST: Final = f"""
BEGIN
  PERFORM 1 FROM account WHERE id IN
    (SELECT from_account FROM fresh UNION SELECT to_account FROM fresh) ORDER BY id
      FOR NO KEY UPDATE;
  IF EXISTS (SELECT 1 FROM
      (SELECT t.journal_id, count(*) AS found, min(t.line) AS first, max(t.line) AS last
         FROM transfer t WHERE t.journal_id IN (SELECT journal_id FROM fresh)
         GROUP BY t.journal_id) l
      JOIN journal j ON j.id = l.journal_id
      WHERE l.first <> 1 OR l.last <> l.found OR l.last > j.lines) THEN
    RAISE EXCEPTION '{REFUSED}transfer.line' USING ERRCODE = 'check_violation';
  END IF;
  IF EXISTS (SELECT 1 FROM fresh WHERE hold_id IS NOT NULL) THEN
    PERFORM 1 FROM hold WHERE id IN (SELECT hold_id FROM fresh) ORDER BY id
      FOR NO KEY UPDATE;
    IF EXISTS (SELECT 1 FROM hold h WHERE h.id IN (SELECT hold_id FROM fresh)
        AND (h.status <> 'posted' OR h.posted_minor <
          (SELECT sum(t.amount_minor) FROM transfer t WHERE t.hold_id = h.id))) THEN
      RAISE EXCEPTION '{REFUSED}transfer.hold' USING ERRCODE = 'check_violation';
    END IF;
  END IF;
  INSERT INTO entry (account_id, seq, transfer_id, side, amount_minor, balance_after_minor)
    SELECT a.id, a.entry_seq + row_number() OVER w, m.transfer_id, m.side, m.amount,
      a.credits_minor - a.debits_minor + sum(m.signed) OVER w
    FROM (SELECT from_account AS account_id, id AS transfer_id, 'debit' AS side,
        amount_minor AS amount, -amount_minor AS signed FROM fresh
      UNION ALL SELECT to_account, id, 'credit', amount_minor, amount_minor FROM fresh) m
    JOIN account a ON a.id = m.account_id
    WINDOW w AS (PARTITION BY m.account_id ORDER BY m.transfer_id);
  IF EXISTS (SELECT 1 FROM fresh f JOIN account a ON a.id = f.from_account AND a.has_floor = 1
      JOIN entry e ON e.transfer_id = f.id AND e.side = 'debit'
      WHERE e.balance_after_minor < a.held_minor) THEN
    RAISE EXCEPTION '{REFUSED}floor' USING ERRCODE = 'check_violation';
  END IF;
  UPDATE account SET debits_minor = debits_minor + m.debits,
      credits_minor = credits_minor + m.credits, entry_seq = entry_seq + m.lines
    FROM (SELECT account_id, sum(debit) AS debits, sum(credit) AS credits, count(*) AS lines
      FROM (SELECT from_account AS account_id, amount_minor AS debit, 0 AS credit FROM fresh
        UNION ALL SELECT to_account, 0, amount_minor FROM fresh) s GROUP BY account_id) m
    WHERE account.id = m.account_id;
  RETURN NULL;
END
"""

_ACCOUNT_COUNTERS: Final = f"""
DECLARE
  proven record;
BEGIN
  SELECT count(*) AS lines, COALESCE(max(seq), OLD.entry_seq) AS last,
      COALESCE(sum(CASE side WHEN 'debit' THEN amount_minor END), 0) AS debits,
      COALESCE(sum(CASE side WHEN 'credit' THEN amount_minor END), 0) AS credits
    INTO proven FROM entry WHERE account_id = OLD.id AND seq > OLD.entry_seq;
  IF NEW.entry_seq <> OLD.entry_seq + proven.lines OR NEW.entry_seq <> proven.last
      OR NEW.debits_minor <> OLD.debits_minor + proven.debits
      OR NEW.credits_minor <> OLD.credits_minor + proven.credits THEN
    RAISE EXCEPTION '{REFUSED}account.counters' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END
"""

_HOLD_RESERVE: Final = """
BEGIN
  UPDATE account SET held_minor = held_minor + NEW.amount_minor WHERE id = NEW.account_id;
  RETURN NULL;
END
"""

_HOLD_RELEASE: Final = """
BEGIN
  UPDATE account SET held_minor = held_minor - OLD.amount_minor WHERE id = OLD.account_id;
  RETURN NULL;
END
"""

_ACT_QUEUED: Final = """
BEGIN
  INSERT INTO unsealed (act_id, tenant_id) VALUES (NEW.id, NEW.tenant_id);
  RETURN NULL;
END
"""

_KEPT: Final = f"""
BEGIN
  RAISE EXCEPTION '{REFUSED}%.no_delete', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END
"""

_MOVED: Final = (
    "OLD.debits_minor <> NEW.debits_minor OR OLD.credits_minor <> NEW.credits_minor"
    " OR OLD.entry_seq <> NEW.entry_seq"
)

_BY_HAND: Final = (
    (
        "transfer_post",
        "AFTER INSERT ON transfer REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT",
        _TRANSFER_POST,
    ),
    (
        "account_counters",
        f"AFTER UPDATE ON account FOR EACH ROW WHEN ({_MOVED})",
        _ACCOUNT_COUNTERS,
    ),
    ("hold_reserve", "AFTER INSERT ON hold FOR EACH ROW", _HOLD_RESERVE),
    (
        "hold_release",
        "AFTER UPDATE ON hold FOR EACH ROW WHEN (OLD.status = 'open' AND NEW.status <> 'open')",
        _HOLD_RELEASE,
    ),
    ("act_queued", "AFTER INSERT ON act FOR EACH ROW", _ACT_QUEUED),
)
"""Name, when, body."""


def functions() -> dict[str, str]:
    """Return the body of every function of ours by its name."""
    made = {f"{PREFIX}{name}": body for name, _, body in _BY_HAND}
    made |= {name: _refusing(act, found) for name, act, _, found in _grouped()}
    made[f"{PREFIX}kept"] = _KEPT
    return made


def triggers() -> dict[str, str]:
    """Return the CREATE TRIGGER of every trigger of ours by its name."""
    made = {f"{PREFIX}{name}": when for name, when, _ in _BY_HAND}
    made |= {name: f"BEFORE {act} ON {table} FOR EACH ROW" for name, act, table, _ in _grouped()}
    sentences = {
        name: f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {name}()"
        for name, when in made.items()
    }
    for table in (*APPEND_ONLY, *NEVER_DELETED):
        name = f"{PREFIX}{table}_truncate"
        sentences[name] = (
            f"CREATE TRIGGER {name} BEFORE TRUNCATE ON {table}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {PREFIX}kept()"
        )
    return sentences


def install() -> Iterator[str]:
    """Yield the statements that create every function and trigger; none of ours may be there."""
    for name, body in functions().items():
        yield f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $body${body}$body$"
    yield from triggers().values()


def changed(cursor: Cursor) -> Iterator[str]:
    """Yield one sentence for each function or trigger that is not as it was installed."""
    bodies = {row[0]: row[1] for row in _BODIES.rows(cursor, {})}
    for name, body in functions().items():
        if bodies.get(name) != body:
            yield f"function {name} is missing or changed"
    enabled = {row[0] for row in _ENABLED.rows(cursor, {})}
    for name in sorted(triggers().keys() - enabled):
        yield f"trigger {name} is missing or switched off"


_BODIES: Final = written(
    "SELECT CAST(proname AS text), prosrc FROM pg_proc"
    " WHERE pronamespace = CAST(current_schema() AS regnamespace)"
)
_ENABLED: Final = written(
    "SELECT CAST(t.tgname AS text) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
    " WHERE c.relnamespace = CAST(current_schema() AS regnamespace)"
    " AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')"
)


def _grouped() -> Iterator[tuple[str, str, str, list[Rule]]]:
    """Yield (name, act, table, rules) for each table and act that PostgreSQL must watch."""
    watched = sorted(
        (rule for rule in rules() if rule.postgres is not None), key=lambda r: (r.table, r.act)
    )
    for (table, act), found in groupby(watched, key=lambda r: (r.table, r.act)):
        yield f"{PREFIX}{table}_{act.lower()}", act, table, list(found)


def _refusing(act: str, found: list[Rule]) -> str:
    checks = "\n".join(_check(rule) for rule in found)
    row = "OLD" if act == "DELETE" else "NEW"
    return f"\nBEGIN\n{checks}\n  RETURN {row};\nEND\n"


def _check(rule: Rule) -> str:
    raising = f"RAISE EXCEPTION '{REFUSED}{rule.word}' USING ERRCODE = 'check_violation';"
    where = rule.postgres or rule.where
    return f"  IF ({distinctly(where)}) THEN {raising} END IF;" if where else f"  {raising}"
