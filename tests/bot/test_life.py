"""The service's life from the outside: what stops a start, and what ends a run."""

import asyncio
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.database import prepare_database
from storage.keyring import KeyRing
from storage.keys import WrongKeys
from tests.scripts.stage import raised


async def test_a_wrong_key_stops_the_start(tmp_path: Path) -> None:
    async with raised(tmp_path, is_running=False) as stage:
        stage.overrides["hazina_secret_key"] = SecretStr("another-key-" * 4)

        with pytest.raises(WrongKeys, match="HAZINA_SECRET_KEY"):
            prepare_database(stage.settings, KeyRing(stage.settings.secret_keys))


async def test_a_stop_ends_every_part_and_a_new_start_goes_on(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        await stage.stop()
        tasks = {task.get_name() for task in asyncio.all_tasks()}

        await stage.start()

        await stage.check_books()
        assert not {name for name in tasks if "lane" in name}
