"""What finds mistakes: worlds of the simulation, lives and logs of the model, attacks, tests.

Each instrument looks until it finds something and says what, or "" when it finds nothing.
"""

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from bot.sandbox import provider_switches as provider
from storage import setup
from tests.books import NOW, open_books, ring
from tests.core.estate import palm_court
from tests.model.billing import Billing
from tests.model.estates import Estates
from tests.model.holding import Holding
from tests.model.linking import Linking
from tests.model.test_both_databases import play
from tests.simulation.character import CALM, Setting
from tests.simulation.play import simulate
from tests.simulation.wire import Line
from tests.storage.attacks import Attack
from tests.storage.estate import build
from tests.storage.test_triggers import breaches

Instrument = Callable[[], str]

WORLDS: Final[dict[str, Setting]] = {
    "calm": Setting(character=CALM),
    "forgetful": Setting(character=replace(CALM, failing_commits=0.08)),
    "doubtful": Setting(
        character=CALM, lines=(("telegram", Line(loses_answer=0.1, loses_request=0.1)),)
    ),
    "losing": Setting(character=CALM, lines=(("telegram", Line(loses_request=0.3)),)),
    "deaf": Setting(character=CALM, lines=(("provider", Line(loses_request=0.5)),)),
    "dying before it sends": Setting(character=CALM, fragile=(("before sendMessage", 0.15),)),
    "dying before it commits": Setting(character=CALM, fragile=(("before a commit", 0.03),)),
    "dying and silent": Setting(
        character=CALM,
        switches=((provider.HOOK_LOSS, True),),
        fragile=(("after a commit", 0.06),),
    ),
    "late": Setting(
        character=replace(CALM, nights=0.2),
        switches=((provider.LATE, True), (provider.HOOK_LOSS, True)),
    ),
    "shared": Setting(character=replace(CALM, processes=2)),
    "generous": Setting(character=CALM, switches=((provider.TWICE, True),)),
    "strange": Setting(character=CALM, switches=((provider.CURRENCY, True),)),
    "repeating": Setting(
        character=CALM, switches=(("telegram.duplicate", True), ("telegram.repress", True))
    ),
}
"""Kinds of worlds by name."""


class World:
    """Worlds of one kind, one after another, until one comes to a bad end.

    `first` is where the mistake was found last time: it is looked for there before anywhere else.
    """

    def __init__(self, kind: str, *, seeds: int = 12, first: int = 1) -> None:
        self._kind = kind
        self._seeds = (*range(first, 1 + seeds), *range(1, first))
        self._found = 0

    def __call__(self) -> str:
        for seed in self._seeds:
            if problems := self._play(seed):
                self._found = seed
                return f"the {self._kind} world {seed}: {problems[0]}"
        return ""

    def again(self) -> list[str]:
        """Play the world that came to a bad end once more; return what is wrong with it now."""
        return self._play(self._found)

    def _play(self, seed: int) -> list[str]:
        return simulate(seed, steps=60, setting=WORLDS[self._kind]).problems


def bills() -> str:
    """Live random lives of bills beside the reference."""
    return _lives(Billing)


def links() -> str:
    """Live random lives of links beside the reference."""
    return _lives(Linking)


def holds() -> str:
    """Live random lives of holds beside the reference."""
    return _lives(Holding)


def estates() -> str:
    """Live random lives of whole estates beside the reference."""
    return _lives(Estates, examples=150)


def logs() -> str:
    """Play command logs on SQLite and on PostgreSQL."""
    for seed in range(3):
        with tempfile.TemporaryDirectory() as folder:
            try:
                play(Path(folder), seed, length=120)
            except Exception as failure:  # noqa: BLE001 - whatever it finds
                return f"the log {seed}: {type(failure).__name__} {failure}"
    return ""


def attacks(name: str, group: Sequence[Attack]) -> Instrument:
    """Attack a small world, made anew, with raw SQL of one kind."""

    def look() -> str:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "attacked.db"
            setup.prepare(path, mode=setup.SANDBOX, now=NOW, ring=ring())
            opened = open_books(Path(folder), path=path)
            ids = opened.run(build)
            opened.close()
            for each in group:
                if forms := breaches("ours", path, each, ids):
                    return f"{name}: {each.name!r} went through ({', '.join(forms)})"
        return ""

    return look


def test_of(function: Callable[..., Any], *args: Any) -> Instrument:
    """Run one test; what it needs besides a folder are `args`."""

    def look() -> str:
        with tempfile.TemporaryDirectory() as folder:
            try:
                outcome = function(Path(folder), *args)
                if asyncio.iscoroutine(outcome):
                    asyncio.run(outcome)
            except Exception as failure:  # noqa: BLE001 - whatever it finds
                return f"{function.__name__}: {type(failure).__name__}"
        return ""

    return look


def in_estate(function: Callable[..., None], *args: Any) -> Instrument:
    """Run one test of use cases in an estate of its own."""

    def look() -> None:
        with tempfile.TemporaryDirectory() as folder, palm_court(Path(folder)) as estate:
            function(estate, *args)

    look.__name__ = function.__name__
    return check(look)


def check(function: Callable[[], None]) -> Instrument:
    """Run one test that needs nothing."""

    def look() -> str:
        try:
            function()
        except Exception as failure:  # noqa: BLE001 - whatever it finds
            return f"{getattr(function, '__name__', '')}: {type(failure).__name__}"
        return ""

    return look


def _lives(machine: type[RuleBasedStateMachine], *, examples: int = 60) -> str:
    lived = settings(
        max_examples=examples,
        stateful_step_count=25,
        deadline=None,
        derandomize=True,
        database=None,
        report_multiple_bugs=False,
        phases=(Phase.generate,),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    try:
        run_state_machine_as_test(machine, settings=lived)
    except BaseException as failure:  # noqa: BLE001 - groups of them, too
        return f"the model of {machine.__name__.lower()}: {type(failure).__name__}"
    return ""
