"""The command line: `python main.py …`; `--json` prints one JSON object.

Commands work beside a running service: each writes through its own connection and the service
notices within a second.
"""

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import typer

from bot.answers import AsJson, fail, report, say, words_of
from bot.database import name_of, prepare_database
from bot.deep_links import link_of
from bot.ports import SystemClock
from bot.provider_commands import provider_app
from bot.settings import Settings, load
from bot.shell import look, with_database, with_keys, write
from bot.start import log_redacted, start
from core.domain.money import Currency
from core.domain.people import Role
from core.domain.tenants import PLATFORM, TenantKind
from storage import backup as backups
from storage import doctor as doctors
from storage import setup
from storage.database import Database
from storage.embedded import AlreadyRunning, ServiceLock
from storage.keyring import KeyRing, UnreadableSecret
from storage.keys import OTHER, WrongKeys
from storage.transaction import SqlTransaction

T = TypeVar("T")

TASKS: Final = "One of all, bill_reminders, overdue_bills, reconcile."

app: Final = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__
)
tenant_app: Final = typer.Typer(no_args_is_help=True, help="Organisations.")
invite_app: Final = typer.Typer(no_args_is_help=True, help="Invitations.")
audit_app: Final = typer.Typer(no_args_is_help=True, help="The audit chain.")
outflows_app: Final = typer.Typer(no_args_is_help=True, help="Outflows after a restore.")
app.add_typer(tenant_app, name="tenant")
app.add_typer(invite_app, name="invite")
app.add_typer(provider_app, name="provider")
app.add_typer(audit_app, name="audit")
app.add_typer(outflows_app, name="outflows")


AFTERWARDS: Final = "start, run `doctor`, do what it says, then `outflows release`"


class Held(StrEnum):
    """What a release does with what people did and a restored copy had not handled."""

    DROP = "drop"
    HANDLE = "handle"


@app.command()
def run() -> None:
    """Run Hazina: the sandbox without a bot token, else the live bot."""
    start()


@app.command()
def migrate(*, as_json: AsJson = False) -> None:
    """Bring the database to the newest schema."""
    settings = load()
    log_redacted(settings)
    try:
        prepare_database(settings, KeyRing(with_keys(settings).secret_keys))
    except (setup.WrongMode, setup.NewerSchema, setup.WasMoved, WrongKeys, OSError) as problem:
        fail(words_of(problem))
    except UnreadableSecret:
        fail(OTHER)
    say({"database": name_of(settings), "schema": setup.NEWEST}, as_json=as_json)


@tenant_app.command("create")
def create_tenant(
    *,
    name: Annotated[str, typer.Option()],
    kind: Annotated[TenantKind, typer.Option()],
    currency: Annotated[str, typer.Option()],
    country: Annotated[str, typer.Option()],
    timezone: Annotated[str, typer.Option()],
    as_json: AsJson = False,
) -> None:
    """Open an organisation; prints its id and a one-use link for its first admin."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    from core.use_cases import people

    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        fail("timezone: use an IANA name such as Africa/Lagos")
    if kind is TenantKind.PLATFORM:
        fail("kind: use estate, shop or community")

    def create(tx: SqlTransaction) -> tuple[int, str]:
        tenant = people.create_tenant(
            tx,
            name=name,
            kind=kind,
            currency=Currency(currency.upper()),
            country=country,
            timezone=timezone,
        )
        _, key = people.invite(tx, tenant_id=tenant.id, role=Role.ADMIN)
        return tenant.id, key

    tenant_id, key = write(create)
    say(
        {"tenant": str(tenant_id), "code": f"i_{key}", "link": link_of(key, load())},
        as_json=as_json,
    )


@invite_app.command("create")
def create_invitation(
    *,
    tenant: Annotated[str, typer.Option()],
    role: Annotated[Role, typer.Option()],
    unit: Annotated[str, typer.Option()] = "",
    phone: Annotated[str, typer.Option()] = "",
    as_json: AsJson = False,
) -> None:
    """Make a single-use invitation; prints its code and link."""
    from core.use_cases import people
    from handlers import parsing

    def create(tx: SqlTransaction) -> str:
        found = tx.tenants.find(tenant)
        bound = parsing.phone(phone, found.country) if phone else ""
        _, key = people.invite(tx, tenant_id=found.id, role=role, unit_code=unit, phone=bound)
        return key

    key = write(create)
    say({"code": f"i_{key}", "link": link_of(key, load())}, as_json=as_json)


@app.command("process-payments")
def process_payments(
    *,
    task: Annotated[str, typer.Option(help=TASKS)],
    at: Annotated[str, typer.Option(help="As if at this time, ISO 8601.")] = "",
    as_json: AsJson = False,
) -> None:
    """Run one sweep by hand, or all that exist; prints counts, and how lists and books agree."""
    from bot.engine.timers import run_sweep
    from bot.sweeps import LATER_TASKS, SWEEPS
    from bot.sweeps.reconcile import compared

    settings = load()
    tasks = {sweep.task for sweep in SWEEPS if sweep.task}
    if task in LATER_TASKS:
        fail(f"{task}: this task does not exist yet", code=2)
    if task != "all" and task not in tasks:
        fail(f"{task}: no such task; there are all, {', '.join(sorted(tasks))}", code=2)
    moment = _moment(at, settings)

    async def sweep(database: Database) -> dict[str, int | str]:
        chosen = [s for s in SWEEPS if s.task and task in {"all", s.task}]
        counts = {s.name: await run_sweep(database, s, at=moment, is_ordered=True) for s in chosen}
        lists = await database.read(compared) if task in {"all", "reconcile"} else {}
        return {**counts, **lists}

    say(with_database(sweep), as_json=as_json)


@app.command()
def doctor(
    *,
    release: Annotated[
        bool,
        typer.Option("--release", help="Lift a money stop; rows put aside count as looked at."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check the invariants; exit 0 when all hold, else 1 with one line each; warn beside it."""
    # A stop is lifted when the books hold: the dead row that led to it waits for a human still.
    problems = look(doctors.broken if release else doctors.examine)
    if release and not problems:
        write(_release)
    report(problems, "healthy", as_json=as_json, warnings=look(doctors.warnings))


def _release(tx: SqlTransaction) -> None:
    doctors.lift(tx)
    tx.work.dismiss()


@audit_app.command("verify")
def verify(*, tenant: Annotated[str, typer.Option()] = "", as_json: AsJson = False) -> None:
    """Walk the audit chain of one tenant, or of all; exit 0 or 1."""
    from storage import audit

    def walk(tx: SqlTransaction) -> list[str]:
        chosen = (
            [tx.tenants.find(tenant).id]
            if tenant
            else [PLATFORM, *(each.id for each in tx.tenants.all())]
        )
        return [line for each in chosen for line in audit.verify(tx.cursor, each)]

    report(look(walk), "chain holds", as_json=as_json)


@app.command()
def backup(file: Path, *, as_json: AsJson = False) -> None:
    """Copy the database while it runs."""
    settings = load()
    _need_file(settings, "backup")
    try:
        backups.backup(settings.database_path, file)
    except Exception as problem:  # noqa: BLE001 - one line for people, whatever it is
        fail(f"backup: {words_of(problem)}")
    say({"file": str(file), "bytes": file.stat().st_size}, as_json=as_json)


@app.command()
def move(
    to: Annotated[str, typer.Option(help="postgresql://user@host/database, still empty.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Move the books from the SQLite file to PostgreSQL; proves that all is there first."""
    from bot.ports import SystemRandomness, shell_node
    from storage import moving

    settings = load()
    _need_file(settings, "move")
    server = settings.model_copy(update={"database_url": to}).database_server
    if not server:
        fail("move: --to must be postgresql://<user>@<host>/<database>", code=2)
    lock = ServiceLock(settings.database_path)
    try:
        lock.take()
        moved = moving.move(
            settings.database_path,
            server,
            mode=settings.mode,
            now=SystemClock().now(),
            ring=KeyRing(with_keys(settings).secret_keys),
            randomness=SystemRandomness(node=shell_node()),
        )
    except AlreadyRunning:
        fail("move: stop the service first")
    except moving.NotEmpty:
        fail("move: that database has been worked in; nothing was written over it")
    except Exception as problem:  # noqa: BLE001 - one line for people, whatever it is
        fail(f"move: {words_of(problem)}")
    finally:
        lock.release()
    say(asdict(moved) | {"next": f"DATABASE_URL={to}"}, as_json=as_json)


@app.command()
def restore(file: Path, *, as_json: AsJson = False) -> None:
    """Put a backup in place; outflows stay frozen until `outflows release`."""
    from bot import restoring

    settings = load()
    _need_file(settings, "restore")
    found = _put_back("restore", lambda: asdict(restoring.restore(with_keys(settings), file)))
    say({"restored": str(file), **found}, as_json=as_json)


@outflows_app.command("freeze")
def freeze_outflows(*, as_json: AsJson = False) -> None:
    """Say that PostgreSQL, or a copied file, was put back; run it before the service starts."""
    from bot import restoring

    # What every command refuses: another schema, mode or key.
    look(lambda _tx: None)
    found = _put_back("freeze", lambda: asdict(restoring.freeze(with_keys(load()))))
    say(found, as_json=as_json)


def _put_back(command: str, act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Put books back; return what to print of it."""
    try:
        found = act()
    except UnreadableSecret:
        fail(f"{command}: {OTHER}")
    except AlreadyRunning:
        fail(f"{command}: stop the service first")
    except Exception as problem:  # noqa: BLE001 - one line for people, whatever it is
        fail(f"{command}: {words_of(problem)}")
    return {"outflows": "frozen", **found, "next": AFTERWARDS}


@outflows_app.command("release")
def release_outflows(
    *,
    held: Annotated[
        Held, typer.Option(help="What people did before the copy's end: drop it, or carry it out.")
    ] = Held.DROP,
    as_json: AsJson = False,
) -> None:
    """Let outflows and older messages go again after a restore."""
    released = write(lambda tx: tx.freeze.release(is_handling=held is Held.HANDLE))
    found = asdict(released)
    say({"released": found.pop("woken"), **found}, as_json=as_json)


def _need_file(settings: Settings, command: str) -> None:
    if settings.database_server:
        fail(f"{command}: copies SQLite files; on PostgreSQL use pg_dump or its archives", code=2)


def _moment(at: str, settings: Settings) -> datetime | None:
    if not at:
        return None
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        fail("at: use ISO 8601, such as 2026-03-01T09:00:00+01:00", code=2)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if not settings.is_sandbox and moment > SystemClock().now():
        fail("at: live mode refuses the future", code=2)
    return moment.astimezone(UTC)
