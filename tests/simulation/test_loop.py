"""The virtual loop: time moves only when nothing else can, and everything has its order."""

import asyncio

import pytest

from tests.simulation.loop import START_S, Crew, Stuck, run, watch_crews


def test_an_hour_takes_no_time() -> None:
    async def wait() -> float:
        await asyncio.sleep(3600)
        return asyncio.get_running_loop().time()

    assert run(wait()) == START_S + 3600


def test_what_is_ready_comes_before_time() -> None:
    async def story() -> list[str]:
        told: list[str] = []

        async def tell(what: str, after_s: float) -> None:
            await asyncio.sleep(after_s)
            told.append(what)

        await asyncio.gather(tell("late", 2), tell("soon", 1), tell("now", 0))
        return told

    assert run(story()) == ["now", "soon", "late"]


def test_waiting_for_nothing_is_said() -> None:
    async def wait() -> None:
        await asyncio.Event().wait()

    with pytest.raises(Stuck):
        run(wait())


def test_threads_are_calls() -> None:
    async def ask() -> str:
        return await asyncio.to_thread(lambda: "here")

    assert run(ask()) == "here"


def test_a_crew_takes_its_children_with_it() -> None:
    async def story() -> list[str]:
        watch_crews(asyncio.get_running_loop())
        told: list[str] = []
        crew = Crew()

        async def child(name: str) -> None:
            try:
                await asyncio.sleep(10)
            except asyncio.CancelledError:
                told.append(name)

        async def parent() -> None:
            _kept = asyncio.create_task(child("child"))  # noqa: RUF006 - the crew keeps it
            await asyncio.sleep(10)

        crew.start(parent())
        stranger = asyncio.create_task(child("stranger"))
        await asyncio.sleep(1)
        crew.cancel()
        await asyncio.sleep(1)
        stranger.cancel()
        return list(told)

    assert run(story()) == ["child"]
