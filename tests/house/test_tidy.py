"""What is tracked names no machine, no registry and no secret; the locks are whole."""

import re

import pytest

from tests.house.tree import ROOT, kept_files

# Every pattern is put together from parts, so that this file does not trip over itself.
FORBIDDEN = {
    "a package registry": re.compile(
        r"\b(pypi\." + r"org|python" + r"hosted\.org|npm" + r"js\.org|registry\.np" + r"m|"
        r"artifact" + r"ory|nexus\.re" + r"po|jfr" + r"og|dev" + r"pi\b)",
    ),
    "an index option": re.compile(r"--(extra-)?index" + r"-url\b|--find" + r"-links\b"),
    "a path of one machine": re.compile(
        r"(?<![\w.])/(work" + r"|root" + r"|home/\w+" + r"|Users/\w+" + r"|opt/py\w+)/\w",
    ),
    "a Telegram token": re.compile(r"\b\d{8,10}:AA[A-Za-z0-9_-]{33}\b"),
    "a live key": re.compile(r"\b[sr]k_li" + r"ve_\w{8}"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE" + r" KEY-----"),
    "a half-made merge": re.compile(r"^(<{7}|>{7}) ", re.MULTILINE),
}
SAMPLES = {
    "a package registry": "https://pypi." + "org/simple",
    "an index option": "--extra-index" + "-url x",
    "a path of one machine": "see /home/" + "ada/notes",
    "a Telegram token": "123456789:" + "AA" + "x" * 33,
    "a live key": "sk_li" + "ve_12345678",
    "a private key": "-----BEGIN RSA PRIVATE" + " KEY-----",
    "a half-made merge": "<" * 7 + " HEAD",
}
ALLOWED = {"tools/lock.py": "an index option"}
"""The lock tool asks for locks without index lines, by that very option."""

PACKAGE = re.compile(r"^([a-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)
NAME = re.compile(r"^([A-Za-z0-9._-]+)", re.MULTILINE)


def text_of(path: str) -> str:
    """Return a tracked file's text; empty for what is no text."""
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def wrongs(path: str, text: str) -> list[str]:
    """Return what a file gives away, one line each."""
    return [
        f"{path}: names {what}"
        for what, pattern in FORBIDDEN.items()
        if pattern.search(text) and ALLOWED.get(path) != what
    ]


def test_tracked_files_name_no_machine_registry_or_secret() -> None:
    found = [wrong for path in kept_files() for wrong in wrongs(path, text_of(path))]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize("what", FORBIDDEN)
def test_the_check_knows_it_when_it_sees_it(what: str) -> None:
    assert wrongs("x.txt", SAMPLES[what]) == [f"x.txt: names {what}"]


@pytest.mark.parametrize("lock", ["run", "dev", "lock"])
def test_a_lock_pins_everything_asked_for(lock: str) -> None:
    asked = NAME.findall(text_of(f"requirements/{lock}.in"))
    pinned = {name for name, _ in PACKAGE.findall(text_of(f"requirements/{lock}.txt"))}
    wanted = {re.sub(r"[-_.]+", "-", name).lower() for name in asked if not name.startswith("-")}
    assert wanted - pinned == set()


@pytest.mark.parametrize("lock", ["run", "dev", "lock"])
def test_a_lock_holds_hashes_and_no_address(lock: str) -> None:
    text = text_of(f"requirements/{lock}.txt")
    assert "://" not in text
    for block in re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]:
        assert "--hash=sha256:" in block, block


def test_the_tests_run_on_what_runs_in_service() -> None:
    run = dict(PACKAGE.findall(text_of("requirements/run.txt")))
    dev = dict(PACKAGE.findall(text_of("requirements/dev.txt")))
    assert {name: dev.get(name) for name in run} == run
