"""What is written about the house is true: links lead somewhere, commands exist."""

import re

import pytest

from tests.house.tree import ROOT, kept_files

LINK = re.compile(r"\]\((?!https?://|#)([^)#\s]+)")
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
TARGET = re.compile(r"^([a-z-]+):.*## ", re.MULTILINE)
COMMAND = re.compile(r"^\| `make ([a-z-]+)", re.MULTILINE)
SAID = re.compile(r"(?:`|&& |^)make ([a-z-]+)", re.MULTILINE)


def read(path: str) -> str:
    return COMMENT.sub("", (ROOT / path).read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", [path for path in kept_files() if path.endswith(".md")])
def test_links_lead_somewhere(path: str) -> None:
    here = (ROOT / path).parent
    assert [link for link in LINK.findall(read(path)) if not (here / link).exists()] == []


def test_every_make_command_is_in_the_readme() -> None:
    documented = set(COMMAND.findall(read("README.md")))
    assert documented == set(TARGET.findall(read("Makefile"))) - {"help"}


def test_every_make_command_that_is_spoken_of_exists() -> None:
    commands = {*TARGET.findall(read("Makefile"))}
    spoken_of = {
        (path, word)
        for path in kept_files()
        if path.endswith(".md")
        for word in SAID.findall(read(path))
    }
    assert [said for said in spoken_of if said[1] not in commands] == []


def test_every_decision_is_in_the_list() -> None:
    listed = read("docs/adr/README.md")
    decisions = [path.name for path in (ROOT / "docs" / "adr").glob("0*.md")]
    assert [name for name in decisions if name not in listed] == []
