"""Triggers: what the database refuses, and the only writers of counters and entries.

Made from the tables' own declarations (append-only tables, frozen columns, references, axes),
dropped and installed again around every migration: SQLite's table rebuilds lose them. Money has
its own in `storage/money_triggers.py`. Only `RAISE(ABORT)`.

BEFORE INSERT triggers refuse existing keys, since `OR REPLACE` deletes without delete triggers and
`OR IGNORE` silences CHECK and UNIQUE inside triggers. References are checked here as well as by
FOREIGN KEY: whoever opens the file with a shell has foreign keys off.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from sqlalchemy import ForeignKeyConstraint, Table, UniqueConstraint

from core.domain.methods import WINDOW
from core.domain.tenants import PLATFORM
from storage.money_triggers import money_triggers
from storage.records import AXES, FROZEN, Axis
from storage.rules import Rule, refuse
from storage.schema import METADATA

_WINDOW: Final = WINDOW // timedelta(microseconds=1)

APPEND_ONLY: Final = (
    "act",
    "allocation",
    "allocation_return",
    "bill_revision",
    "block",
    "change",
    "charged_method",
    "entry",
    "fsm",
    "journal",
    "receipt",
    "ring_key",
    "status_event",
    "transfer",
    "birth",
    "unmatched_given",
)
"""Rows are written once: no UPDATE, no DELETE, no second birth."""

NEVER_DELETED: Final = (
    "account",
    "attempt",
    "bill",
    "difference",
    "chargeback",
    "dispute",
    "hold",
    "identity",
    "invitation",
    "membership",
    "note",
    "payment",
    "person",
    "provider_configuration",
    "reconciling",
    "refund",
    "refund_request",
    "refundable",
    "seen",
    "counter",
    "tenant",
    "unit",
    "unmatched",
    "wallet",
)
"""Rows change by rule and never go."""

REBORN: Final = frozenset({"seen"})
"""Every column is the key: writing a row again changes nothing, and arrivals do it on purpose."""


def triggers() -> dict[str, str]:
    """Return every trigger as name → CREATE statement, for SQLite."""
    bodies = (each if isinstance(each, str) else each.in_sqlite() for each in _everything())
    return {body.split('"')[1]: body for body in bodies}


def rules() -> list[Rule]:
    """Return what both databases refuse."""
    return [each for each in _everything() if isinstance(each, Rule)]


def _everything() -> Iterator[Rule | str]:
    yield from _generated()
    yield from money_triggers()


def install() -> list[str]:
    """Return the statements that drop and create every trigger."""
    made = triggers()
    return [f'DROP TRIGGER IF EXISTS "{name}"' for name in made] + list(made.values())


def _generated() -> Iterator[Rule]:
    for name in APPEND_ONLY:
        yield refuse(f"{name}_no_update", f"BEFORE UPDATE ON {name}", "", f"{name}.append_only")
    for name in (*APPEND_ONLY, *NEVER_DELETED):
        yield from _kept(METADATA.tables[name])
    for target in METADATA.tables.values():
        if "row_version" in target.c:
            yield _versioned(target.name)
    for name, axes in AXES.items():
        for axis in axes:
            yield from _axis(name, axis)
    yield from _only_one_open()
    yield _note_erasure()
    yield from _intent()
    yield from _provider_keys()
    yield from _methods()


def _kept(target: Table) -> Iterator[Rule]:
    name = target.name
    yield refuse(f"{name}_no_delete", f"BEFORE DELETE ON {name}", "", f"{name}.no_delete")
    if name not in REBORN:
        yield _no_second_birth(target)
    if name not in APPEND_ONLY:
        yield _frozen(target)
    yield from _referring(target)


def _referring(target: Table) -> Iterator[Rule]:
    name = target.name
    if missing := list(_dangling(target)):
        yield refuse(
            f"{name}_references",
            f"BEFORE INSERT ON {name}",
            " OR ".join(missing),
            f"{name}.references",
            postgres=None,
        )


def _keys(target: Table) -> list[tuple[str, ...]]:
    keys = [tuple(column.name for column in target.primary_key.columns)]
    keys += [
        tuple(column.name for column in constraint.columns)
        for constraint in target.constraints
        if isinstance(constraint, UniqueConstraint)
    ]
    # A key that contains another one cannot be met alone.
    return sorted(key for key in set(keys) if not any(set(o) < set(key) for o in keys))


def _no_second_birth(target: Table) -> Rule:
    same = " OR ".join(
        f"EXISTS (SELECT 1 FROM {target.name} WHERE "
        + " AND ".join(f"{column} = NEW.{column}" for column in key)
        + ")"
        for key in _keys(target)
    )
    return refuse(
        f"{target.name}_no_rebirth",
        f"BEFORE INSERT ON {target.name}",
        same,
        f"{target.name}.exists",
        postgres=None,
    )


def _dangling(target: Table) -> Iterator[str]:
    """Yield a condition for each foreign key that is missing its other end."""
    found = [c for c in target.constraints if isinstance(c, ForeignKeyConstraint)]
    for constraint in sorted(found, key=lambda c: tuple(c.column_keys)):
        ends = [element.column for element in constraint.elements]
        here = [column.name for column in constraint.columns]
        if any(target.c[name].computed is not None for name in here):
            continue  # An axis: `_axis` says it with the machine's name.
        pairs = zip(ends, here, strict=True)
        same = " AND ".join(f"{end.name} = NEW.{name}" for end, name in pairs)
        missing = f"NOT EXISTS (SELECT 1 FROM {ends[0].table.name} WHERE {same})"
        given = [f"NEW.{name} IS NOT NULL" for name in here if target.c[name].nullable]
        if target.name == ends[0].table.name and "seq" in target.c:
            given.append("NEW.seq <> 0")  # The root points at itself.
        yield "(" + " AND ".join([*given, missing]) + ")"


def _frozen(target: Table) -> Rule:
    fixed = {*FROZEN.get(target.name, ()), *(column for key in _keys(target) for column in key)}
    columns = [column.name for column in target.columns if column.name in fixed]
    changed = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in columns)
    name = target.name
    return refuse(f"{name}_frozen", f"BEFORE UPDATE ON {name}", changed, f"{name}.frozen")


def _versioned(name: str) -> Rule:
    skipped = "NEW.row_version <> OLD.row_version + 1"
    return refuse(f"{name}_version", f"BEFORE UPDATE ON {name}", skipped, f"{name}.row_version")


def _axis(name: str, axis: Axis) -> Iterator[Rule]:
    field = axis.field
    unheard = (
        f"NOT EXISTS (SELECT 1 FROM status_event WHERE machine = '{axis.machine.name}'"
        f" AND entity = NEW.id AND seq = NEW.{field}_seq AND to_status = NEW.{field})"
    )
    moved = f"(NEW.{field}_seq <> OLD.{field}_seq OR NEW.{field} <> OLD.{field})"
    skipped = f"NEW.{field}_seq <> OLD.{field}_seq + 1"
    yield refuse(
        f"{name}_{field}_step",
        f"BEFORE UPDATE ON {name}",
        f"{moved} AND ({skipped} OR {unheard})",
        f"{name}.step",
        postgres=f"{moved} AND {skipped}",
    )
    yield refuse(
        f"{name}_{field}_birth",
        f"BEFORE INSERT ON {name}",
        f"NEW.{field}_seq <> 1 OR {unheard}",
        f"{name}.birth",
        postgres=f"NEW.{field}_seq <> 1",
    )


def _only_one_open() -> Iterator[Rule]:
    """Say what the partial unique indexes say, before a conflict clause can overwrite a row."""
    for name, key, is_open in (
        (
            "payment",
            ("bill_id", "payer_id"),
            "{row}method = 'provider' AND {row}status IN ('pending', 'processing')",
        ),
        ("dispute", ("bill_id",), "{row}status IN ('open', 'under_review')"),
        ("chargeback", ("configuration_id", "capture"), "{row}status IN ('open', 'evidence_sent')"),
        ("refund_request", ("payment_id",), "{row}status = 'open'"),
    ):
        same = " AND ".join(f"{column} = NEW.{column}" for column in key)
        yield refuse(
            f"{name}_open",
            f"BEFORE INSERT ON {name}",
            f"{is_open.format(row='NEW.')} AND EXISTS"
            f" (SELECT 1 FROM {name} WHERE {same} AND {is_open.format(row='')})",
            f"{name}.open",
            postgres=None,
        )


def _note_erasure() -> Rule:
    wrong = (
        "length(NEW.body) > 0 OR NEW.id <> OLD.id OR NEW.commitment <> OLD.commitment"
        " OR NEW.tenant_id <> OLD.tenant_id OR NEW.act_id <> OLD.act_id"
    )
    return refuse("note_erasure", "BEFORE UPDATE ON note", wrong, "note.append_only")


def _intent() -> Iterator[Rule]:
    unknown = (
        "NOT EXISTS (SELECT 1 FROM fsm WHERE machine = 'intent' AND from_status = NEW.was"
        " AND to_status = NEW.status)"
    )
    yield refuse(
        "intent_step",
        "BEFORE UPDATE ON intent",
        f"NEW.was <> OLD.status OR NEW.status_seq <> OLD.status_seq + 1 OR {unknown}",
        "intent.step",
    )
    changed = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in FROZEN["intent"])
    yield refuse("intent_frozen", "BEFORE UPDATE ON intent", changed, "intent.frozen")
    yield refuse(
        "intent_birth",
        "BEFORE INSERT ON intent",
        f"NEW.was <> 'none' OR NEW.status = 'none' OR NEW.status_seq <> 0 OR {unknown} OR EXISTS"
        " (SELECT 1 FROM intent WHERE key = NEW.key)",
        "intent.birth",
    )


def _provider_keys() -> Iterator[Rule]:
    """Say that nothing is offered without keys of its own, and that those in use stay as entered.

    What the platform owns has its keys in the process's settings.
    """
    keyless = f"NEW.is_enabled = 1 AND NEW.keys_id = 0 AND NEW.tenant_id <> {PLATFORM}"
    foreign = (
        "NEW.keys_id <> 0 AND NOT EXISTS (SELECT 1 FROM provider_keys"
        " WHERE id = NEW.keys_id AND configuration_id = NEW.id)"
    )
    for act in ("INSERT", "UPDATE"):
        yield refuse(
            f"provider_configuration_keys_{act.lower()}",
            f"BEFORE {act} ON provider_configuration",
            f"({keyless}) OR ({foreign})",
            "provider_configuration.keys",
        )
    changed = " OR ".join(
        f"NEW.{column} IS NOT OLD.{column}"
        for column in ("id", "configuration_id", "body", "made_at")
    )
    yield refuse(
        "provider_keys_frozen", "BEFORE UPDATE ON provider_keys", changed, "provider_keys.frozen"
    )
    yield refuse(
        "provider_keys_in_use",
        "BEFORE DELETE ON provider_keys",
        "EXISTS (SELECT 1 FROM provider_configuration WHERE keys_id = OLD.id)",
        "provider_keys.in_use",
    )
    keys = METADATA.tables["provider_keys"]
    yield _no_second_birth(keys)
    yield from _referring(keys)


def _methods() -> Iterator[Rule]:
    """Say that a saved method stays its owner's, and that only his own payments charge it."""
    methods = METADATA.tables["payment_method"]
    yield _no_second_birth(methods)
    yield _frozen(methods)
    yield from _referring(methods)
    yield from _referring(METADATA.tables["held_method"])
    foreign = (
        "NEW.method_id <> 0 AND NOT EXISTS (SELECT 1 FROM payment_method m, payment p"
        " WHERE m.id = NEW.method_id AND p.id = NEW.payment_id AND m.person_id = p.payer_id"
        " AND m.tenant_id = p.tenant_id AND m.configuration_id = NEW.configuration_id)"
    )
    yield refuse("attempt_method", "BEFORE INSERT ON attempt", foreign, "attempt.method")
    yield from _charges()
    changed = "NEW.method_id IS NOT OLD.method_id"
    yield refuse("attempt_method_frozen", "BEFORE UPDATE ON attempt", changed, "attempt.method")


def _charges() -> Iterator[Rule]:
    """Say that no method is charged before it has waited, nor beyond its limit for a day."""
    yield from _referring(METADATA.tables["barred_method"])
    early = (
        "NEW.method_id <> 0 AND EXISTS (SELECT 1 FROM payment_method m WHERE m.id = NEW.method_id"
        " AND (m.is_active = 0 OR m.waits_until > NEW.created_at))"
    )
    yield refuse("attempt_method_waits", "BEFORE INSERT ON attempt", early, "attempt.method_waits")
    lately = (
        "COALESCE((SELECT SUM(q.amount_minor) FROM attempt a, payment q"
        " WHERE a.method_id = m.id AND a.method_id <> 0 AND q.id = a.payment_id"
        f" AND a.created_at > NEW.created_at - {_WINDOW} AND a.status <> 'declined'), 0)"
    )
    beyond = (
        "NEW.method_id <> 0 AND EXISTS (SELECT 1 FROM payment_method m, payment p"
        " WHERE m.id = NEW.method_id AND p.id = NEW.payment_id AND m.day_limit_minor > 0"
        f" AND p.amount_minor + {lately} > m.day_limit_minor)"
    )
    yield refuse("attempt_method_limit", "BEFORE INSERT ON attempt", beyond, "attempt.method_limit")
    raised = "NEW.day_limit_minor IS NOT OLD.day_limit_minor AND NEW.day_limit_minor <> 0"
    yield refuse(
        "payment_method_limit", "BEFORE UPDATE ON payment_method", raised, "payment_method.limit"
    )
