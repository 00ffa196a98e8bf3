"""Liveness, readiness and metrics."""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from bot.engine.metrics import Metrics

Check = Callable[[], Awaitable[str]]
"""Returns "" when all is well, else what is not, in a few words."""

Look = Callable[[], Awaitable[Mapping[str, int]]]
"""Counts what the books say: stops, what waits, what is unknown."""


def mount(app: web.Application, *, metrics: Metrics, ready: Check, look: Look) -> None:
    """Add `/healthz`, `/readyz` and `/metrics`; `look` counts what waits in the books."""

    async def alive(_request: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def is_ready(_request: web.Request) -> web.Response:
        problem = await ready()
        status = 503 if problem else 200
        return web.json_response({"status": problem or "ready"}, status=status)

    async def show_metrics(_request: web.Request) -> web.Response:
        try:
            metrics.looked(await look())
        except Exception:  # noqa: BLE001 - what this process knows by itself is shown all the same
            metrics.looked({})
        return web.Response(body=metrics.text(), content_type="text/plain", charset="utf-8")

    app.router.add_get("/healthz", alive)
    app.router.add_get("/readyz", is_ready)
    app.router.add_get("/metrics", show_metrics)
