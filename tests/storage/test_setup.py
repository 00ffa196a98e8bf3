import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.schema import CreateIndex, CreateTable

from storage import birth, setup
from storage.schema import FOR_SERVERS, METADATA
from storage.statements import DIALECT
from storage.triggers import triggers
from tests.books import SECRET
from tests.factories import NOW, new_file, ring
from tests.house.tree import ROOT


def plain(sql: str) -> str:
    """Return DDL without what does not matter: quotes, blanks, the order of constraints."""
    text = re.sub(r"\s+", " ", sql.replace('"', "")).strip()
    if not text.startswith("CREATE TABLE"):
        return text
    head, _, rest = text.partition("(")
    body, _, tail = rest.rpartition(")")
    return f"{head.strip()} ( {' | '.join(sorted(parts(body)))} ) {tail.strip()}"


def parts(body: str) -> list[str]:
    """Split at the commas that are in no bracket."""
    found, depth = [""], 0
    for sign in body:
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if sign == "," and not depth:
            found.append("")
        else:
            found[-1] += sign
    return [re.sub(r"\s+", " ", part).strip() for part in found]


def declared() -> dict[str, str]:
    """Return what the tables' declarations would create."""
    made = {}
    for table in METADATA.tables.values():
        made[table.name] = plain(str(CreateTable(table).compile(dialect=DIALECT)))
        for index in table.indexes:
            if index.info == FOR_SERVERS:
                continue
            made[str(index.name)] = plain(str(CreateIndex(index).compile(dialect=DIALECT)))
    return made


def stored(path: Path, *kinds: str) -> dict[str, str]:
    """Return what the file says it was created with."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {name: sql for kind, name, sql in rows if kind in kinds}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return new_file(tmp_path)


def test_migrations_give_the_declared_tables(path: Path) -> None:
    made = {name: plain(sql) for name, sql in stored(path, "table", "index").items()}
    del made["alembic_version"]
    assert made == declared()


def test_migrations_give_the_triggers(path: Path) -> None:
    assert stored(path, "trigger") == triggers()


def test_every_table_is_strict(path: Path) -> None:
    loose = [
        name
        for name, sql in stored(path, "table").items()
        if "STRICT" not in sql.rpartition(")")[2] and name != "alembic_version"
    ]
    assert loose == []


def test_nothing_dangles_at_birth(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_the_steps_are_those_of_the_machines(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT machine, from_status, to_status FROM fsm").fetchall()
    assert sorted(found) == sorted(birth.fsm_rows())


def test_a_prepared_file_is_current(path: Path) -> None:
    assert setup.is_current(path)


def test_a_missing_file_is_not_current(tmp_path: Path) -> None:
    assert not setup.is_current(tmp_path / "none.db")


def test_an_empty_file_is_not_current(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    assert not setup.is_current(tmp_path / "empty.db")


def test_a_foreign_file_is_not_current(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("this is no database at all" * 100)
    assert not setup.is_current(tmp_path / "text.db")


def test_a_half_born_file_is_completed(tmp_path: Path) -> None:
    path = tmp_path / "half.db"
    path.touch()
    setup.prepare(path, mode=setup.LIVE, now=NOW, ring=ring())
    assert setup.is_current(path)


def test_preparing_twice_changes_nothing(path: Path) -> None:
    before = stored(path, "table", "index", "trigger")
    setup.prepare(path, mode=setup.SANDBOX, now=NOW, ring=ring())
    assert stored(path, "table", "index", "trigger") == before


def test_the_other_mode_is_refused(path: Path) -> None:
    with pytest.raises(setup.WrongMode):
        setup.prepare(path, mode=setup.LIVE, now=NOW, ring=ring())


def test_the_other_mode_is_refused_by_a_migration(path: Path) -> None:
    execute(path, "PRAGMA user_version = 1")
    with pytest.raises(setup.WrongMode):
        setup.prepare(path, mode=setup.LIVE, now=NOW, ring=ring())
    assert not setup.is_current(path)


def test_an_unknown_mode_is_refused(tmp_path: Path) -> None:
    with pytest.raises(setup.WrongMode):
        setup.prepare(tmp_path / "x.db", mode="production", now=NOW, ring=ring())
    assert not (tmp_path / "x.db").exists()


def test_check_lets_the_right_file_pass(path: Path) -> None:
    setup.check(path, mode=setup.SANDBOX, ring=ring())


def test_check_refuses_the_other_mode(path: Path) -> None:
    with pytest.raises(setup.WrongMode):
        setup.check(path, mode=setup.LIVE, ring=ring())


def test_check_refuses_an_old_file(path: Path) -> None:
    execute(path, "PRAGMA user_version = 1")
    with pytest.raises(setup.NeedsMigration):
        setup.check(path, mode=setup.SANDBOX, ring=ring())


def test_a_lost_trigger_comes_back(path: Path) -> None:
    execute(path, 'DROP TRIGGER "transfer_floor"', "PRAGMA user_version = 1")
    setup.prepare(path, mode=setup.SANDBOX, now=NOW, ring=ring())
    assert stored(path, "trigger") == triggers()


def test_a_trigger_that_is_no_longer_ours_goes(path: Path) -> None:
    old = "CREATE TRIGGER old BEFORE DELETE ON work BEGIN SELECT RAISE(ABORT, 'old'); END"
    execute(path, old, "PRAGMA user_version = 1")
    setup.prepare(path, mode=setup.SANDBOX, now=NOW, ring=ring())
    assert "old" not in stored(path, "trigger")


def test_a_migration_that_leaves_dangling_rows_is_undone(path: Path) -> None:
    execute(path, "INSERT INTO money_stop VALUES (77, 'x', 0)", "PRAGMA user_version = 1")
    with pytest.raises(setup.BrokenReferences, match="money_stop"):
        setup.prepare(path, mode=setup.SANDBOX, now=NOW, ring=ring())
    assert not setup.is_current(path)
    assert stored(path, "trigger") == triggers()


def test_a_birth_that_fails_leaves_nothing(tmp_path: Path) -> None:
    naive = NOW.replace(tzinfo=None)
    with pytest.raises(TypeError):
        setup.prepare(tmp_path / "new.db", mode=setup.SANDBOX, now=naive, ring=ring())
    assert stored(tmp_path / "new.db", "table", "index", "trigger") == {}


def test_a_file_of_newer_code_is_refused(path: Path) -> None:
    execute(path, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(setup.NewerSchema):
        setup.prepare(path, mode=setup.SANDBOX, now=NOW, ring=ring())


def test_a_current_file_needs_no_alembic(path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from storage.setup import check\n"
        "from storage.keyring import KeyRing\n"
        "check(Path(sys.argv[1]), mode='sandbox', ring=KeyRing([sys.argv[2]]))\n"
        "sys.exit('alembic' in sys.modules)"
    )
    command = [sys.executable, "-c", program, str(path), SECRET]
    done = subprocess.run(command, cwd=ROOT, check=False)  # noqa: S603 - fixed arguments
    assert done.returncode == 0


@pytest.mark.parametrize("first", ["storage.people", "storage.bills", "storage.work", "bot.life"])
def test_a_file_is_current_whatever_was_imported_first(path: Path, first: str) -> None:
    program = (
        f"import sys, {first}; from pathlib import Path; from storage.setup import is_current\n"
        "sys.exit(not is_current(Path(sys.argv[1])))"
    )
    command = [sys.executable, "-c", program, str(path)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0  # noqa: S603 - fixed


def execute(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)
