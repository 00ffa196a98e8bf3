"""Every command of the contract: one JSON object on stdout, words on stderr, honest exit codes."""

import json
import logging
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from typer.testing import CliRunner, Result

from bot.cli import AFTERWARDS, app
from bot.settings import Settings
from core.domain.tenants import PLATFORM
from core.domain.work import Due, Kind, WorkStatus
from storage import keys
from storage.doctor import is_stopped, money_stop
from storage.embedded import ServiceLock
from storage.transaction import SqlTransaction
from tests.books import FakeClock, open_books, ring
from tests.house.tree import ROOT

KEY = "a secret key that only these tests know"
TOKEN = "123456789:" + "AAtest-token_of-a-bot-that-is-not-0"
TENANT = (
    "tenant create --name Palm --kind estate --currency NGN --country NG --timezone Africa/Lagos"
)


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Set nothing but the database and the key; put logging back afterwards."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path / 'hazina.db'}")
    monkeypatch.setenv("HAZINA_SECRET_KEY", KEY)
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def calls(line: str) -> Result:
    return CliRunner().invoke(app, line.split())


def told(line: str, *, code: int = 0) -> dict[str, Any]:
    """Run a command with `--json`; its whole stdout must be one object."""
    result = calls(f"{line} --json")
    assert result.exit_code == code, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    assert result.stdout.count("\n") == 1
    return found


def refused(line: str, *, code: int) -> str:
    """Run a command that must fail; nothing on stdout, one line on stderr."""
    result = calls(line)
    assert result.exit_code == code, result.output
    assert (result.stdout, result.stderr.count("\n")) == ("", 1)
    return result.stderr


@pytest.fixture
def tenant() -> str:
    told("migrate")
    return str(told(TENANT)["tenant"])


def _write(tmp_path: Path, change: Any) -> Any:
    books = open_books(tmp_path, path=tmp_path / "hazina.db", clock=FakeClock(), keys=ring(KEY))
    try:
        return books.run(change)
    finally:
        books.close()


def test_migrate_says_which_schema_stands() -> None:
    found = told("migrate")
    assert found["database"] == "hazina.db"
    assert told("migrate") == found


@pytest.mark.parametrize(
    "line",
    [
        TENANT,
        "invite create --tenant 1 --role resident",
        "process-payments --task all",
        "doctor",
        "audit verify",
        "outflows release",
        "outflows freeze",
    ],
)
def test_a_database_that_is_not_migrated_is_said_so(line: str) -> None:
    assert "main.py migrate" in refused(line, code=1)


@pytest.mark.parametrize(
    "line",
    [
        "migrate",
        "doctor",
        "audit verify",
        "invite create --tenant Palm --role resident --phone 08030000001",
        "process-payments --task all",
        "outflows release",
        "outflows freeze",
    ],
)
def test_every_command_refuses_the_wrong_key(
    tenant: str, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tenant
    monkeypatch.setenv("HAZINA_SECRET_KEY", "another key that this database does not know")
    assert refused(line, code=1) == f"{keys.OTHER}\n"


def test_a_tenant_comes_with_a_link_for_its_first_admin(tenant: str) -> None:
    found = told(TENANT.replace("Palm", "Hill"))
    assert found["tenant"] != tenant
    assert found["code"].startswith("i_")
    assert found["link"].endswith(f"?start={found['code']}")


@pytest.mark.parametrize(
    "change",
    [
        ("NGN", "XXZ"),
        ("Africa/Lagos", "Mars/Base"),
        ("estate", "platform"),
    ],
)
def test_a_tenant_that_cannot_be_is_refused(tenant: str, change: tuple[str, str]) -> None:
    refused(TENANT.replace(*change), code=1)


def test_an_invitation_may_be_bound_to_unit_and_phone(tenant: str) -> None:
    found = told(
        f"invite create --tenant {tenant} --role resident --unit A-14 --phone +2348030000001"
    )
    assert sorted(found) == ["code", "link"]


@pytest.mark.parametrize(
    "options", ["--tenant 42 --role resident", "--tenant {t} --role resident --phone 12"]
)
def test_an_invitation_that_cannot_be_is_refused(tenant: str, options: str) -> None:
    refused(f"invite create {options.format(t=tenant)}", code=1)


@pytest.mark.parametrize(
    ("line", "typed", "code"),
    [
        ("set --provider hooli", "", 2),
        ("set --provider sandbox", "sk_hunter2_typed_without_a_name", 2),
        ("set --provider sandbox", "secret_key=hunter2", 1),
        ("set --provider paystack", f"secret_key=sk_live_{'hunter2' * 6}", 1),
        ("enable --provider paystack", "", 1),
    ],
)
def test_keys_that_cannot_be_are_refused_and_not_repeated(
    tenant: str, line: str, typed: str, code: int
) -> None:
    words = f"provider {line} --tenant {tenant}".split()
    result = CliRunner().invoke(app, words, input=typed)
    assert result.exit_code == code
    assert result.stderr.count("\n") == 1
    assert "hunter2" not in result.output
    assert told(f"provider list --tenant {tenant}") == {"providers": []}


@pytest.mark.parametrize("task", ["all", "reconcile", "bill_reminders", "overdue_bills"])
def test_a_sweep_by_hand_prints_its_counts(tenant: str, task: str) -> None:
    found = told(f"process-payments --task {task}")
    assert set(found.values()) == {0}


@pytest.mark.parametrize("task", ["nonsense", "recurring_payments", "recurring_reminders", ""])
def test_an_unknown_task_exits_with_2_and_says_so(tenant: str, task: str) -> None:
    result = CliRunner().invoke(app, ["process-payments", "--task", task, "--json"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert task in result.stderr


def test_a_sweep_that_took_something_keeps_stdout_clean(tenant: str, tmp_path: Path) -> None:
    def plan(tx: SqlTransaction) -> None:
        for kind in ("payment_expiry", "bill_overdue"):
            tx.work.plan(Due(due_at=tx.now, kind=kind, subject=7, period="1"))

    _write(tmp_path, plan)
    found = told("process-payments --task all")
    assert (found["payment_expiry"], found["overdue_bills"]) == (1, 1)


def test_the_sandbox_may_look_into_the_future(tenant: str) -> None:
    told("process-payments --task all --at 2099-01-01T09:00:00+01:00")


def test_a_time_that_is_none_exits_with_2(tenant: str) -> None:
    assert "ISO 8601" in refused("process-payments --task all --at tomorrow", code=2)


def test_live_mode_refuses_the_future(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
    told("migrate")
    line = "process-payments --task all --at"
    assert "future" in refused(f"{line} 2099-01-01T09:00:00", code=2)
    told(f"{line} 2026-01-01T09:00:00")


def test_a_database_of_the_other_mode_is_refused(
    tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
    assert "sandbox" in refused("doctor", code=1)
    assert "sandbox" in refused("migrate", code=1)


def test_a_clean_database_is_healthy(tenant: str) -> None:
    found = told("doctor")
    assert (found["ok"], found["problems"]) == (True, [])
    assert calls("doctor").stdout == "healthy\n"


def test_doctor_warns_of_what_fails_nothing(
    tenant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.doctor.sqlite3.sqlite_version_info", (3, 40, 1))
    told_of = calls("doctor")
    assert told_of.exit_code == 0
    assert any(line.startswith("warning: SQLite") for line in told_of.stderr.splitlines())
    assert [each for each in told("doctor")["warnings"] if "3.51.3" in each]


def test_what_waits_for_a_human_exits_with_1(tenant: str, tmp_path: Path) -> None:
    _write(tmp_path, _bury)
    found = told("doctor", code=1)
    assert (found["ok"], len(found["problems"])) == (False, 1)


def test_a_stop_is_lifted_although_the_row_that_led_to_it_is_dead(
    tenant: str, tmp_path: Path
) -> None:
    _write(tmp_path, _bury)
    _write(tmp_path, lambda tx: money_stop(tx, PLATFORM, "a test"))
    assert _write(tmp_path, is_stopped)
    assert told("doctor --release")["ok"]
    assert not _write(tmp_path, is_stopped)


def _bury(tx: SqlTransaction) -> None:
    work = tx.work.add(Kind.UPDATE, lane="u:1:1", payload=b"{}")
    tx.work.mark(work, status=WorkStatus.DEAD)


def test_the_chain_of_one_tenant_or_of_all_holds(tenant: str) -> None:
    assert told("audit verify")["ok"]
    assert told(f"audit verify --tenant {tenant}")["ok"]
    refused("audit verify --tenant 42", code=1)


def test_a_chain_that_was_changed_exits_with_1(tenant: str, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "hazina.db") as raw:
        names = [r[0] for r in raw.execute("SELECT name FROM sqlite_master WHERE type='trigger'")]
        for name in names:
            raw.execute(f'DROP TRIGGER "{name}"')
        raw.execute("UPDATE act SET at = at + 1 WHERE tenant_id = ?", (int(tenant),))
    raw.close()
    assert not told("audit verify", code=1)["ok"]


def test_a_backup_comes_back_frozen_until_released(tenant: str) -> None:
    assert told("backup copy.db")["bytes"] > 0
    refused("backup copy.db", code=1)
    assert told("restore copy.db") == {
        "restored": "copy.db",
        "outflows": "frozen",
        "held": 0,
        "waiting": 0,
        "told": 0,
        "next": AFTERWARDS,
    }
    assert told("doctor")["ok"]
    assert [line for line in told("doctor")["warnings"] if "the books were put back" in line]
    assert told("outflows release") == {"released": 0, "dropped": 0, "handled": 0}
    found = told("doctor")
    assert found["ok"]
    assert [line for line in found["warnings"] if "put back" in line] == []


def _tap(tx: SqlTransaction) -> None:
    tx.work.add(Kind.UPDATE, lane="u:1:501", payload=b"{}")


@pytest.mark.parametrize(
    ("line", "becomes"),
    [
        ("outflows release", "dropped"),
        ("outflows release --held drop", "dropped"),
        ("outflows release --held handle", "handled"),
    ],
)
def test_a_release_decides_about_what_people_had_done(
    tenant: str, tmp_path: Path, line: str, becomes: str
) -> None:
    _write(tmp_path, _tap)
    told("backup copy.db")
    assert (found := told("restore copy.db"))["held"] == found["told"] == 1
    assert [each for each in told("doctor")["warnings"] if "1 acts of people" in each]
    assert told(line) == {"released": 0, "dropped": 0, "handled": 0, becomes: 1}
    with sqlite3.connect(tmp_path / "hazina.db") as raw:
        rows = raw.execute("SELECT status FROM work WHERE kind = 'update'").fetchall()
    raw.close()
    assert rows == [("done" if becomes == "dropped" else "due",)]


def test_an_unknown_decision_is_refused(tenant: str) -> None:
    assert calls("outflows release --held keep").exit_code == 2


def test_people_are_told_of_a_restore_by_the_copy_itself(tenant: str, tmp_path: Path) -> None:
    told("backup copy.db")
    _write(tmp_path, _tap)
    assert told("restore copy.db")["told"] == 1
    with sqlite3.connect(tmp_path / "hazina.db") as raw:
        rows = raw.execute("SELECT kind, lane, status FROM work").fetchall()
    raw.close()
    assert rows == [("message", "c:501", "due")]


def test_books_that_were_put_back_by_other_means_are_frozen(tenant: str, tmp_path: Path) -> None:
    _write(tmp_path, _tap)
    found = told("outflows freeze")
    assert (found["outflows"], found["held"], found["told"]) == ("frozen", 1, 1)
    assert told("outflows release")["dropped"] == 1


def test_a_running_service_is_not_frozen(tenant: str, tmp_path: Path) -> None:
    lock = ServiceLock(tmp_path / "hazina.db")
    lock.take()
    try:
        assert "stop the service" in refused("outflows freeze", code=1)
    finally:
        lock.release()
    a_lifetime_s = 10**9
    _write(tmp_path, lambda tx: tx.leases.join(owner="other", parts=(), lease_s=a_lifetime_s))
    assert "stop the service" in refused("outflows freeze", code=1)


def test_restore_is_refused_while_the_service_runs(tenant: str, tmp_path: Path) -> None:
    told("backup copy.db")
    lock = ServiceLock(tmp_path / "hazina.db")
    lock.take()
    try:
        assert "stop the service" in refused("restore copy.db", code=1)
        told("doctor")
    finally:
        lock.release()


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_a_file_that_is_none_is_refused(tenant: str, tmp_path: Path, command: str) -> None:
    (tmp_path / "other.db").write_text("no database")
    refused(f"{command} other.db", code=1)


def _process(*arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    kept = {k: v for k, v in os.environ.items() if k in {"PATH", "HOME", "VIRTUAL_ENV"}}
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, str(ROOT / "main.py"), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**kept, **env},
    )


def test_a_bad_setting_ends_every_command_with_one_line() -> None:
    ended = _process("doctor", "--json", DATABASE_URL="mysql://me@host/db")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("Hazina does not start: DATABASE_URL: must be")
    assert ended.stderr.count("\n") == 1


def test_a_live_start_without_a_key_ends_with_one_line(tmp_path: Path) -> None:
    ended = _process("run", TELEGRAM_BOT_TOKEN=TOKEN)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("Hazina does not start: HAZINA_SECRET_KEY")
    assert TOKEN not in ended.stderr
