"""The house rules hold everywhere, and each of them can fail."""

import pytest

from tests.house import purity, shape, wording
from tests.house.rule import Rule
from tests.house.tree import CODE, Source, sources

RULES = (*purity.RULES, *shape.RULES, *wording.RULES)
BAD = [(rule, path, text) for rule in RULES for path, text in rule.bad]
GOOD = [(rule, path, text) for rule in RULES for path, text in rule.good]


def name(value: object) -> str:
    return value.name if isinstance(value, Rule) else ""


@pytest.mark.parametrize("rule", RULES, ids=name)
def test_the_house_keeps_the_rule(rule: Rule) -> None:
    found = [finding for source in sources() for finding in rule.findings(source)]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize("number", range(len(BAD)))
def test_the_rule_flags_a_bad_sample(number: int) -> None:
    rule, path, text = BAD[number]
    assert rule.findings(Source.of(path, text)), f"{rule.name} let through:\n{text}"


@pytest.mark.parametrize("number", range(len(GOOD)))
def test_the_rule_lets_a_good_sample_through(number: int) -> None:
    rule, path, text = GOOD[number]
    assert rule.findings(Source.of(path, text)) == []


def test_every_rule_proves_itself_on_samples() -> None:
    assert [rule.name for rule in RULES if not (rule.bad and rule.good)] == []


@pytest.mark.parametrize("folder", CODE)
def test_the_rules_see_the_code(folder: str) -> None:
    assert any(source.is_in(folder) for source in sources())
