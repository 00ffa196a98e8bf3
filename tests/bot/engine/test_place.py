"""Whoever shares a machine sees a death at once; nobody else may judge."""

import os
import subprocess
import sys

import pytest

from bot.engine import place


def owner(number: int, where: str | None = None) -> str:
    return f"{place.here() if where is None else where}.{number}.key"


def ended() -> int:
    """Return the number of a process that has ended."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_this_process_is_not_gone() -> None:
    assert not place.is_gone(place.name_owner("key"))
    assert place.name_owner("key").split(".")[1:] == [str(os.getpid()), "key"]


def test_one_that_ended_here_is_gone() -> None:
    assert place.is_gone(owner(ended()))


def test_one_that_ended_but_was_not_collected_is_gone() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    try:
        assert place.is_gone(owner(child.pid))
    finally:
        child.wait()


def test_another_machines_numbers_say_nothing() -> None:
    assert not place.is_gone(owner(ended(), "0123456789abcdef"))
    assert not place.is_gone(owner(ended(), ""))


@pytest.mark.parametrize("name", ["", "desk 1", "a.b.c", f"{place.here()}..", place.here()])
def test_a_name_that_is_none_says_nothing(name: str) -> None:
    assert not place.is_gone(name)


def test_a_process_that_may_not_be_signalled_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_number: int, _signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    assert not place.is_gone(owner(1))
