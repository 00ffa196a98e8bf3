"""The deploy guide names what exists: parts, settings, metrics, files."""

import re
from itertools import chain

from bot.engine.metrics import Metrics
from bot.roles import Part, parts_of
from bot.settings import Settings
from tests.house.tree import ROOT

GUIDE = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
FILES = ROOT / "docs" / "deploy"


def test_every_part_is_explained() -> None:
    assert [part for part in Part if f"| `{part}` |" not in GUIDE] == []


def test_every_setting_of_the_guide_exists() -> None:
    known = {name.upper() for name in Settings.model_fields}
    assert set(re.findall(r"\b([A-Z]+(?:_[A-Z]+)+)=", GUIDE)) - known == set()


def test_every_role_of_the_guide_can_be_started() -> None:
    roles = re.findall(r"HAZINA_ROLE=([a-z,]+)", GUIDE)
    assert roles
    assert set(chain.from_iterable(parts_of(role) for role in roles)) == set(Part)


def test_every_metric_of_the_guide_is_measured() -> None:
    metrics = Metrics()
    metrics.watch_share(lanes=lambda: 0, senders=lambda: 0, is_alive=lambda: True)
    shown = metrics.text().decode()
    assert [name for name in re.findall(r"`(hazina_[a-z_]+)`", GUIDE) if name not in shown] == []


def test_every_file_of_the_guide_is_there() -> None:
    named = set(re.findall(r"\(deploy/([^)]+)\)", GUIDE))
    named |= set(re.findall(r"docs/deploy/([\w.@-]+)", GUIDE))
    assert {name for name in named if not (FILES / name).exists()} == set()
    assert {path.name for path in FILES.iterdir()} - named == set()
