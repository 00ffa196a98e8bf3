"""Results go back to the event loop in order, and many of them wake it once."""

import asyncio
import threading

import pytest

from storage.jobs import Mailbox


async def test_what_is_put_arrives_in_order() -> None:
    mailbox = Mailbox(asyncio.get_running_loop())
    came: list[int] = []
    done = asyncio.Event()

    def post() -> None:
        for number in range(1000):
            mailbox.put(came.append, number)
        mailbox.put(done.set)

    thread = threading.Thread(target=post)
    thread.start()
    await asyncio.wait_for(done.wait(), timeout=60)
    thread.join()
    assert came == list(range(1000))


async def test_many_calls_wake_the_loop_once(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    mailbox = Mailbox(loop)
    wakes: list[object] = []
    wake = loop.call_soon_threadsafe
    monkeypatch.setattr(loop, "call_soon_threadsafe", lambda act: wakes.append(wake(act)))
    came: list[int] = []
    for number in range(3):
        mailbox.put(came.append, number)
    assert (len(wakes), came) == (1, [])
    for _ in range(2):
        await asyncio.sleep(0)
    mailbox.put(came.append, 3)
    for _ in range(2):
        await asyncio.sleep(0)
    assert (len(wakes), came) == (2, [0, 1, 2, 3])


def test_a_closed_loop_keeps_nothing() -> None:
    loop = asyncio.new_event_loop()
    loop.close()
    mailbox = Mailbox(loop)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="closed"):
            mailbox.put(print)
