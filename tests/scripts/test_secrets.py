"""A whole story of a real process, after which everything it left behind is searched.

No full phone, no PIN, no token, no secret of the provider: not in the log, in the file's bytes, in
the metrics, in an answer of the doors, in the chats of others. The manager enters the provider's
keys in chat meanwhile.
"""

import asyncio
import re
from pathlib import Path
from typing import Final

import httpx
import pytest

from bot.sandbox.player import draw
from storage.transaction import SqlTransaction
from tests.clear import is_in_clear
from tests.scripts import bank
from tests.scripts.impatient import Impatient
from tests.scripts.process import Bot
from tests.scripts.stage import SECRET_KEY, Stage, raised
from tests.scripts.test_provider_keys import enter, grant
from tests.scripts.three_logs import RECEIPTS, rows_of_file, settle

pytestmark = pytest.mark.sqlite

PEOPLE: Final = bank.RESIDENTS[:4]
PAY_S: Final = 8.0
BOUND_S: Final = 480.0
LEAST_PAYMENTS: Final = 2


async def test_a_story_leaves_no_secret_anywhere(tmp_path: Path) -> None:
    async with (
        asyncio.timeout(BOUND_S),
        raised(tmp_path, is_running=False, people=bank.cast(), seed=_seed) as stage,
    ):
        for each in (bank.MANAGER, *bank.RESIDENTS):
            stage.world.state.chats[each].is_started = True
        bot = Bot(stage, env={"LOG_LEVEL": "DEBUG"})
        try:
            await bot.start()
            await bot.is_ready()
            await enter(stage, stage.player(bank.MANAGER))
            await _live(stage)
            said = await _ask_doors(stage)
        finally:
            await bot.stop()
        rows = rows_of_file(stage.path)
        methods = {row[3] for row in rows(RECEIPTS)}
        assert methods == {"provider", "wallet"}
        assert _found(stage, b"x" + bank.PIN.encode()) == ["PIN"]
        left = {"log": bot.log.read_bytes(), "doors": said, "file": _bytes(stage.path)}
        assert {where: found for where in left if (found := _found(stage, left[where]))} == {}
        assert _phones_in_chats_of_others(stage) == []


def _seed(tx: SqlTransaction) -> None:
    """Found the court with a manager who keeps the provider's keys, too."""
    bank.seed(tx)
    grant(tx, bank.MANAGER)


async def _live(stage: Stage) -> None:
    closing = asyncio.Event()
    people = [Impatient(stage.player(each), bank.numbers(each), closing) for each in PEOPLE]
    living = [asyncio.create_task(each.live()) for each in people]
    await asyncio.sleep(PAY_S)
    closing.set()
    await asyncio.gather(*living)
    await settle(stage, rows_of_file(stage.path))


async def _ask_doors(stage: Stage) -> bytes:
    """Return what strangers get: metrics, health, the return page, a refused webhook."""
    base = f"http://127.0.0.1:{stage.port}"
    async with httpx.AsyncClient(base_url=base) as stranger:
        answers = [await stranger.get(path) for path in ("/metrics", "/readyz", "/healthz")]
        for checkout in stage.provider.checkouts():
            path = f"/payments/callback/sandbox/?reference={checkout.terms.reference}"
            answers.append(await stranger.get(path))
        forged = {"reference": "x", "secret": SECRET_KEY[:5]}
        answers.append(await stranger.post("/payments/webhooks/sandbox/", json=forged))
    return b"".join(answer.content for answer in answers)


def _bytes(path: Path) -> bytes:
    return b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*"))


def _secrets(stage: Stage) -> dict[str, str]:
    settings = stage.settings
    secret = {
        "token": settings.telegram_bot_token,
        "provider key": settings.sandbox_secret_key,
        "webhook secret": settings.sandbox_webhook_secret,
    }
    phones = {f"phone of {p.first_name}": (p.phone or "").lstrip("+") for p in bank.cast()}
    plain = {name: each.get_secret_value() for name, each in secret.items()}
    return {**plain, **phones, "key": SECRET_KEY, "PIN": bank.PIN}


def _found(stage: Stage, where: bytes) -> list[str]:
    """Return the names of the secrets that stand there."""
    return [name for name, secret in _secrets(stage).items() if is_in_clear(secret, where)]


def _phones_in_chats_of_others(stage: Stage) -> list[tuple[int, str]]:
    phones = {p.id: (p.phone or "").lstrip("+")[3:] for p in bank.cast()}
    texts = {
        chat_id: "\n".join(draw(message) for message in chat.messages.values())
        for chat_id, chat in stage.world.state.chats.items()
    }
    return [
        (chat_id, phones[who])
        for chat_id, text in texts.items()
        for who in phones
        if who != chat_id and phones[who] in re.sub(r"[^0-9\n]", "", text)
    ]
