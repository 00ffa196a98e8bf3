"""What `make new` lays out."""

from pathlib import Path

import pytest

from tests.house import purity, shape, wording
from tests.house.tree import Source
from tools.capability import files, lay_out, main


def test_one_file_of_the_same_name_in_every_layer(tmp_path: Path) -> None:
    written = lay_out(tmp_path, "loans")
    assert "core/use_cases/loans.py" in written
    assert [path for path in written if not (tmp_path / path).is_file()] == []


def test_nothing_that_exists_is_overwritten(tmp_path: Path) -> None:
    lay_out(tmp_path, "loans")
    with pytest.raises(FileExistsError):
        lay_out(tmp_path, "loans")


def test_what_is_laid_out_keeps_the_rules_of_the_house() -> None:
    rules = (*purity.RULES, *shape.RULES, *wording.RULES)
    laid_out = [Source.of(path, text) for path, text in files("loans").items()]
    assert [found for source in laid_out for rule in rules for found in rule.findings(source)] == []


@pytest.mark.parametrize("name", ["", "Loans", "../x", "a", "lo-ans"])
def test_a_name_that_is_no_noun_is_refused(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(name) == 1
    assert "usage" in capsys.readouterr().out
