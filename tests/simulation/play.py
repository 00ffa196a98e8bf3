"""One simulation: people act, things go wrong, everything comes to rest, and the books are read."""

import asyncio
import os
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from storage.schema import EPOCH
from storage.transaction import SqlTransaction
from tests.simulation import town
from tests.simulation.banks import Banks
from tests.simulation.chance import luck
from tests.simulation.character import Setting, flip, lay_lines
from tests.simulation.checks import problems_at_rest
from tests.simulation.choosers import Chooser
from tests.simulation.loop import run
from tests.simulation.people import Someone
from tests.simulation.rows import rows
from tests.simulation.stage import Stage, press_start
from tests.simulation.trace import Trace, listening, troubles

STEPS: Final = 70
TAIL: Final = int(os.environ.get("SIM_TAIL", "60"))
SHM: Final = Path("/dev/shm")  # noqa: S108 - a file system in memory, where there is one
REST_ROUNDS: Final = 400
PAUSES_S: Final = (0.0, 0.0, 0.05, 0.2, 0.6, 1.5, 3.0)
LONG: Final = timedelta(hours=26)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How a world ended."""

    seed: int
    digest: str
    problems: list[str]
    tail: str
    counts: dict[str, int]
    step: int


def simulate(seed: int, *, steps: int = STEPS, setting: Setting | None = None) -> Report:
    """Play a world from its seed to its end; `setting` wishes for a kind of world."""
    trace = Trace()
    folder = Path(tempfile.mkdtemp(prefix="hazina-sim-", dir=SHM if SHM.is_dir() else None))
    try:
        with listening(trace):
            return run(_play(seed, steps, folder, trace, setting))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _play(
    seed: int, steps: int, folder: Path, trace: Trace, setting: Setting | None
) -> Report:
    stage = Stage(seed, folder, trace, setting=setting)
    director = Director(stage)
    try:
        try:
            await director.play(steps)
            await director.rest()
            problems = problems_at_rest(stage, asked=director.asked)
        except AssertionError as failure:
            problems = [f"{type(failure).__name__}: {failure}"]
        problems += stage.watcher.problems + troubles(trace)
        trace.tell("ends", f"{len(problems)} problems")
    finally:
        await stage.end()
    return Report(
        seed=seed,
        digest=trace.digest,
        problems=problems,
        tail=trace.tail(TAIL),
        counts=dict(trace.counts),
        step=trace.step,
    )


class Director:
    """Says what happens next."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._mood = luck(stage.seed, "director")
        self._banks = Banks(stage, share=stage.claims)
        self._people = [self._new(each) for each in town.CAST]
        self._turns = [each for each in self._people for _ in range(each.turns)]

    def _new(self, person_id: int) -> Someone:
        stage = self._stage
        kind = stage.everybody or (Chooser if stage.plays else Someone)
        mood = luck(stage.seed, f"of {person_id}")
        return kind(stage.world, stage.provider, person_id, mood, stage.trace)

    @property
    def asked(self) -> Counter[tuple[int, str]]:
        """Return the receipts people asked to see, by (chat, number)."""
        shown = (
            (one.id, number, count) for one in self._people for number, count in one.shown.items()
        )
        return Counter({(chat_id, number): count for chat_id, number, count in shown})

    async def play(self, steps: int) -> None:
        """Let people act, and things go wrong."""
        stage = self._stage
        for each in town.CAST:
            press_start(stage.world, each)
        for _ in range(stage.character.processes):
            stage.start()
        await asyncio.sleep(1)
        for _ in range(steps):
            stage.trace.step += 1
            await self._happen()
            self._banks.act()
            self._mood.choice(self._turns).act()
            for _ in range(self._mood.choice((0, 1, 1))):
                self._mood.choice(self._turns).act()
            await asyncio.sleep(self._mood.choice(PAUSES_S))

    async def rest(self) -> None:
        """Heal everything and let it come to its end: what is due now, then what is due later."""
        stage = self._stage
        stage.heal()
        stage.trace.tell("rest")
        for process in stage.processes:
            process.life.failing_commits = 0.0
        await self._quiet()
        self._banks.end_most()
        stage.skip(LONG)
        await self._quiet()
        self._banks.tell_the_end()
        stage.skip(LONG)
        await self._quiet()

    async def _happen(self) -> None:
        """Let something go wrong, or nothing."""
        stage, mood, kind = self._stage, self._mood, self._stage.character
        if not stage.is_full and mood.random() < 0.5:
            await stage.clear()
            stage.start()
            return
        if mood.random() < kind.stops:
            await (stage.stop() if mood.random() < 0.6 else stage.kill())
        elif mood.random() < kind.switches:
            self._switch()
        elif mood.random() < kind.clock_jumps:
            self._move_clock()
        elif mood.random() < kind.nights:
            passed = timedelta(hours=mood.choice((1, 3, 9, 30)))
            stage.trace.tell("time", f"{passed} pass")
            stage.skip(passed)
        elif mood.random() < kind.naps:
            await asyncio.sleep(mood.choice((10, 30, 80)))

    def _switch(self) -> None:
        stage = self._stage
        if self._mood.random() < 0.15:
            self._give_back()
        elif self._mood.random() < 0.3:
            lay_lines(stage.network, self._mood, is_kind=self._mood.random() < 0.4)
            stage.trace.tell("fault", "other lines")
        else:
            stage.trace.tell("fault", flip(stage.board, self._mood, plays=stage.plays))

    def _give_back(self) -> None:
        """Let the estate refund a payment on the provider's own dashboard."""
        paid = [each for each in self._stage.provider.checkouts() if each.captures]
        if paid:
            self._stage.trace.tell("fault", "a refund from the provider's dashboard")
            self._stage.provider.desk.give_back(self._mood.choice(paid))

    def _move_clock(self) -> None:
        moved = self._mood.choice((-0.5, -2.0, 0.7, 40.0, 700.0))
        self._stage.trace.tell("fault", f"the machine's clock moves by {moved} s")
        self._stage.hours.move(timedelta(seconds=moved))

    async def _quiet(self) -> None:
        """Wait until nothing is left that will be done by itself before long."""
        stage = self._stage
        for _ in range(REST_ROUNDS):
            while not stage.is_full:
                await stage.clear()
                stage.start(is_safe=True)
            await asyncio.sleep(20)
            if stage.world.queue.waiting() or stage.has_deliveries:
                continue
            wait_s = stage.look(_next_live_s)
            if wait_s is None:
                return
            if wait_s > 30:
                stage.skip(timedelta(seconds=wait_s - 1))
        raise AssertionError("it never came to rest: " + "; ".join(stage.look(_left)))


def _next_live_s(tx: SqlTransaction) -> float | None:
    """Return the seconds until the next live row is due, None when there is none."""
    (due_at,) = rows(tx, "SELECT min(due_at) FROM work WHERE status IN ('due', 'sent')")[0]
    if due_at is None:
        return None
    return max(0.0, float(due_at) / 1_000_000 - (tx.now - EPOCH).total_seconds())


def _left(tx: SqlTransaction) -> list[str]:
    query = (
        "SELECT kind, status, lane, attempts, last_error FROM work"
        " WHERE status IN ('due', 'sent') LIMIT 10"
    )
    return [" ".join(map(str, row)) for row in rows(tx, query)]
