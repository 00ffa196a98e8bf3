"""A process has the doors of its role, and says when it is not fit for work."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import SecretStr

from bot.engine.telegram import Me
from bot.outside import Outside
from bot.settings import Settings
from bot.web.telegram import PATH
from bot.wiring import Service, build, ready
from tests.books import open_database

ME = Me(id=77, username="hazina_test_bot", name="Hazina")
HEALTH = {"/healthz", "/readyz", "/metrics"}


@asynccontextmanager
async def wired(folder: Path, role: str) -> AsyncIterator[Service]:
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        database_url="postgresql://nobody@nowhere/hazina",
        telegram_bot_token=SecretStr("123456789:" + "AAtest-token_of-a-bot-that-is-not-0"),
        telegram_webhook_secret=SecretStr("s3cret"),
        hazina_secret_key=SecretStr("k" * 32),
        hazina_role=role,
    )
    database = open_database(folder)
    service = build(settings, me=ME, outside=Outside(database=database))
    try:
        yield service
    finally:
        service.pins.close()
        await service.http.aclose()
        await database.close()


def doors(service: Service) -> set[str]:
    return {resource.canonical for resource in service.web.router.resources()}


async def test_a_web_process_has_all_doors(tmp_path: Path) -> None:
    async with wired(tmp_path, "web") as service:
        assert doors(service) >= {
            *HEALTH,
            PATH,
            "/payments/webhooks/{provider}",
            "/payments/hooks/{secret}",
        }


async def test_every_other_process_serves_its_health_only(tmp_path: Path) -> None:
    for role in ("poller", "worker", "sender", "timer", "worker,sender"):
        async with wired(tmp_path, role) as service:
            assert doors(service) == HEALTH


async def test_a_process_without_a_lease_is_not_ready(tmp_path: Path) -> None:
    async with wired(tmp_path, "worker") as service:
        assert service.seat is not None
        assert await ready(service) == "lease"
        await service.seat.take()
        assert await ready(service) == ""
        await service.seat.leave()
        assert await ready(service) == "lease"


async def test_metrics_tell_what_one_of_several_holds(tmp_path: Path) -> None:
    async with wired(tmp_path, "sender") as service:
        assert service.seat is not None
        await service.seat.take()
        shown = service.metrics.text().decode()
        assert "hazina_lease 1.0" in shown
        assert "hazina_senders 1.0" in shown
        assert "hazina_lanes_held 0.0" in shown
        await service.seat.leave()
