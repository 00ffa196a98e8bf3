"""A real disk that is full, writes that were lost, copies taken while somebody writes.

Whatever was acknowledged before a fault is there, in its order, and nothing is half there.
"""

import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from storage import backup as backups
from storage import doctor
from tests.books import new_file
from tests.factories import open_books
from tests.storage.test_sqlite import Bench, add, outcomes

DISK: Final = 4 << 20
SPARE: Final = 400_000
"""Bytes that are left for a while."""
WAL_HEADER: Final = 32
FRAME: Final = 24 + 4096


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a disk of four megabytes, where this machine lets us have one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    words = [str(mount), "-t", "tmpfs", "-o", f"size={DISK}", "hazina-test", str(folder)]
    if mount is None or subprocess.run(words, check=False, capture_output=True).returncode:  # noqa: S603 - fixed words
        pytest.skip("needs the right to mount a small disk")
    yield folder
    subprocess.run([str(shutil.which("umount")), "-l", str(folder)], check=True)  # noqa: S603 - fixed words


def names(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT name FROM person ORDER BY id").fetchall()
    return [str(row[0]) for row in found]


def filled(folder: Path) -> Path:
    """Fill the disk but for a little."""
    filler = folder / "filler"
    filler.write_bytes(b"x" * (shutil.disk_usage(folder).free - SPARE))
    return filler


def test_a_full_disk_loses_nothing_and_work_goes_on_when_there_is_room(small_disk: Path) -> None:
    bench = Bench(new_file(small_disk))
    kept = list(outcomes(bench.run(add("first"))))
    filler = filled(small_disk)
    refused = 0
    for number in range(400):
        name = f"{number}-{'x' * 2000}"
        (outcome,) = outcomes(bench.run(add(name)))
        if outcome == name:
            kept.append(name)
        else:
            refused += 1
    assert refused > 0
    assert bench.names() == kept
    filler.unlink()
    assert outcomes(bench.run(add("last"))) == ["last"]
    assert bench.names() == [*kept, "last"]
    bench.writer.stop()
    books = open_books(small_disk, path=bench.path, seed=2)
    assert books.run(doctor.broken) == []
    books.close()


@pytest.mark.parametrize("part", [0, 1, 24, 2000])
def test_lost_writes_leave_a_beginning_of_what_was_acknowledged(tmp_path: Path, part: int) -> None:
    """Cut the log after any frame, or in the middle of one: as if the rest was never written."""
    bench = Bench(new_file(tmp_path))
    everybody = [f"P{number}" for number in range(6)]
    for name in everybody:
        bench.run(add(name))
    log = bench.path.with_name(f"{bench.path.name}-wal")
    frames = (log.stat().st_size - WAL_HEADER) // FRAME
    seen = set()
    for frame in range(0, frames, 3):
        cut = tmp_path / f"cut-{frame}.db"
        shutil.copyfile(bench.path, cut)
        kept = log.read_bytes()[: WAL_HEADER + frame * FRAME + part]
        cut.with_name(f"{cut.name}-wal").write_bytes(kept)
        found = names(cut)
        assert found == everybody[: len(found)]
        assert backups.check(cut)
        seen.add(len(found))
    bench.writer.stop()
    assert len(seen) > 2


def test_after_lost_writes_the_books_hold_and_work_goes_on(tmp_path: Path) -> None:
    bench = Bench(new_file(tmp_path))
    for number in range(6):
        bench.run(add(f"P{number}"))
    log = bench.path.with_name(f"{bench.path.name}-wal")
    cut = tmp_path / "cut.db"
    shutil.copyfile(bench.path, cut)
    half = WAL_HEADER + (log.stat().st_size // FRAME // 2) * FRAME
    cut.with_name(f"{cut.name}-wal").write_bytes(log.read_bytes()[:half])
    bench.writer.stop()
    books = open_books(tmp_path, path=cut, seed=2)
    assert books.run(doctor.examine) == []
    books.run(add("after"))
    assert books.run(doctor.examine) == []
    books.close()
    assert names(cut)[-1] == "after"


def test_a_copy_taken_while_somebody_writes_is_a_beginning(tmp_path: Path) -> None:
    bench = Bench(new_file(tmp_path))
    bench.run(add("P0"))
    failures: list[BaseException] = []
    has_written = threading.Event()

    def copy() -> None:
        try:
            for number in range(4):
                backups.backup(bench.path, tmp_path / f"copy-{number}.db")
                has_written.wait(60)
        except BaseException as error:  # noqa: BLE001 - told to the test
            failures.append(error)

    copying = threading.Thread(target=copy)
    copying.start()
    written = ["P0"]
    while copying.is_alive() and len(written) < 5_000:
        name = f"P{len(written)}"
        assert outcomes(bench.run(add(name))) == [name]
        written.append(name)
        has_written.set()
    copying.join(120)
    bench.writer.stop()
    assert failures == []
    copies = [names(tmp_path / f"copy-{number}.db") for number in range(4)]
    assert all(each == written[: len(each)] for each in copies)
    assert [len(each) for each in copies] == sorted(len(each) for each in copies)
    assert len(copies[-1]) > 1
