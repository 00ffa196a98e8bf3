"""Liveness tells of the process, readiness of the books, metrics of nobody."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.engine.metrics import Metrics
from bot.web import health

Client = TestClient[web.Request, web.Application]


@asynccontextmanager
async def open_health(problem: str = "") -> AsyncIterator[tuple[Client, Metrics]]:
    async def ready() -> str:
        return problem

    async def look() -> dict[str, int]:
        if problem:
            raise ConnectionError(problem)
        return {"money_stops": 2}

    app, metrics = web.Application(), Metrics()
    health.mount(app, metrics=metrics, ready=ready, look=look)
    async with TestClient(TestServer(app)) as client:
        yield client, metrics


async def test_a_process_that_answers_is_alive() -> None:
    async with open_health("database") as (client, _), client.get("/healthz") as answer:
        assert answer.status == 200


async def test_a_service_without_trouble_is_ready() -> None:
    async with open_health() as (client, _), client.get("/readyz") as answer:
        assert (answer.status, await answer.json()) == (200, {"status": "ready"})


async def test_a_service_in_trouble_says_what_is_wrong() -> None:
    async with open_health("money is stopped") as (client, _), client.get("/readyz") as answer:
        assert (answer.status, await answer.json()) == (503, {"status": "money is stopped"})


async def test_metrics_are_prometheus_text() -> None:
    async with open_health() as (client, metrics):
        metrics.done("update")
        metrics.turned("hook_forged")
        metrics.sent("Delivered")
        metrics.watch(depth=lambda: 3, commits=lambda: 9)
        async with client.get("/metrics") as answer:
            text = await answer.text()
            assert answer.content_type == "text/plain"
    assert 'hazina_rows_total{kind="update"} 1.0' in text
    assert "hazina_rows_waiting 3.0" in text
    assert 'hazina_books{what="money_stops"} 2.0' in text


async def test_metrics_are_shown_while_the_books_cannot_be_read() -> None:
    async with open_health("database") as (client, _), client.get("/metrics") as answer:
        assert (answer.status, "hazina_books{" in await answer.text()) == (200, False)


def test_two_services_of_one_process_count_apart() -> None:
    one, other = Metrics(), Metrics()
    one.done("update")
    assert b'kind="update"' not in other.text()
