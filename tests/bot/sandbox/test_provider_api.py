"""The sandbox provider's API, spoken to without the adapter."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.bot.providers.loopback import START, Loopback, provider_on_loopback


@pytest.fixture
async def loopback() -> AsyncIterator[Loopback]:
    async with provider_on_loopback() as running:
        yield running


def body(**changes: object) -> dict[str, Any]:
    good = {
        "reference": "ATT-1",
        "amount_minor": 500_000,
        "currency": "NGN",
        "email": "payer@example.org",
        "title": "Service charge",
        "return_url": "https://hazina.example/back",
        "expires_at": (START + timedelta(hours=1)).isoformat(),
    }
    return {**good, **changes}


async def post(loopback: Loopback, json: object) -> httpx.Response:
    return await loopback.client.post(
        f"{loopback.base_url}/v1/checkouts", json=json, headers=bearer(loopback)
    )


async def get(loopback: Loopback, path: str, **params: str) -> httpx.Response:
    return await loopback.client.get(
        f"{loopback.base_url}{path}", params=params, headers=bearer(loopback)
    )


def bearer(loopback: Loopback) -> dict[str, str]:
    return {"authorization": f"Bearer {loopback.server.secret_key}"}


async def test_first_create_is_201_and_its_repetition_200(loopback: Loopback) -> None:
    first, second = await post(loopback, body()), await post(loopback, body())
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()


@pytest.mark.parametrize(
    "change",
    [
        {"amount_minor": 1},
        {"currency": "KES"},
        {"email": "other@example.org"},
        {"title": "Other"},
        {"return_url": "https://hazina.example/other"},
        {"expires_at": (START + timedelta(hours=2)).isoformat()},
        {"webhook_url": "http://127.0.0.1/other"},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_other_content_under_one_reference_is_409(
    loopback: Loopback, change: dict[str, object]
) -> None:
    await post(loopback, body())
    answer = await post(loopback, body(**change))
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "reference_reused"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("reference", ""),
        ("reference", "../x"),
        ("amount_minor", 0),
        ("amount_minor", -1),
        ("amount_minor", 1.5),
        ("amount_minor", True),
        ("amount_minor", "500"),
        ("amount_minor", 2**53),
        ("currency", "XTR"),
        ("currency", "ngn"),
        ("currency", None),
        ("email", "nobody"),
        ("title", ""),
        ("title", "a\nb"),
        ("return_url", "javascript:alert(1)"),
        ("expires_at", "tomorrow"),
        ("expires_at", "2026-11-21T10:00:00"),
        ("expires_at", "2026-11-21T08:59:59+00:00"),
        ("webhook_url", "file:///etc/passwd"),
    ],
)
async def test_malformed_field_is_400_and_named(
    loopback: Loopback, name: str, value: object
) -> None:
    answer = await post(loopback, body(**{name: value}))
    assert answer.status_code == 400
    assert name in answer.json()["error"]["message"]
    assert loopback.server.checkouts() == ()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"x" * 20_000])
async def test_body_that_is_no_object_is_400(loopback: Loopback, content: bytes) -> None:
    answer = await loopback.client.post(
        f"{loopback.base_url}/v1/checkouts", content=content, headers=bearer(loopback)
    )
    assert answer.status_code == 400


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", "Basic eDp5"])
async def test_without_the_key_nothing_is_told(loopback: Loopback, header: str) -> None:
    answer = await loopback.client.get(
        f"{loopback.base_url}/v1/checkouts/ATT-1", headers={"authorization": header}
    )
    assert answer.status_code == 401


async def test_list_is_ordered_by_change_and_starts_at_since(loopback: Loopback) -> None:
    links = {name: await loopback.page(name) for name in ("ATT-1", "ATT-2", "ATT-3")}
    loopback.clock.move(timedelta(minutes=5))
    await loopback.press(links["ATT-2"], "pay")
    loopback.clock.move(timedelta(minutes=5))
    await loopback.press(links["ATT-1"], "pay")
    since = (START + timedelta(minutes=1)).isoformat()
    listed = (await get(loopback, "/v1/checkouts", since=since)).json()
    assert [item["reference"] for item in listed["items"]] == ["ATT-2", "ATT-1"]
    assert listed["next"] is None


async def test_list_is_walked_page_by_page(loopback: Loopback) -> None:
    for number in range(130):
        await loopback.page(f"ATT-{number}")
    first = (await get(loopback, "/v1/checkouts")).json()
    second = (await get(loopback, "/v1/checkouts", after=first["next"])).json()
    seen = [item["reference"] for item in first["items"] + second["items"]]
    assert len(first["items"]) == 100
    assert sorted(seen) == sorted(f"ATT-{number}" for number in range(130))
    assert second["next"] is None


async def test_list_since_nonsense_is_400(loopback: Loopback) -> None:
    assert (await get(loopback, "/v1/checkouts", since="yesterday")).status_code == 400
