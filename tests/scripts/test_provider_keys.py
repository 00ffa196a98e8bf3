"""The keeper of the keys sets up the estate's own provider in chat, clumsily, and people pay by it.

What is typed leaves the chat at once and lies nowhere in clear: not in a row, a log, a world.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox import estate
from bot.sandbox.player import Player, draw
from core.domain.configurations import Configuration, KeysId
from core.domain.people import Role
from core.use_cases import people
from storage.statements import written
from storage.transaction import SqlTransaction
from tests.scripts.playing import (
    come_back,
    newest,
    pay_page,
    press_any,
    say,
    steal,
    tap,
    toast,
)
from tests.scripts.process import Bot
from tests.scripts.scenes import acknowledge, ask_link, number_of
from tests.scripts.stage import ACTS_WITHIN_S, Stage, raised

WRONG = "my key is: sk_test 123"


async def test_a_keeper_sets_up_a_provider_and_people_pay_by_it(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        keeper = await keeps_keys(stage, estate.CHIDI)
        assert "Sandbox Pay [test] · shared" in await say(keeper, "/providers", until="Payment")
        await enter(stage, keeper)
        on = await tap(keeper, "Enable", until="In use")
        assert "Sandbox Pay [test]" in on
        assert "keys work" in on
        listed = await say(keeper, "/providers", until="1. Sandbox Pay [test] · on · keys work")
        assert "shared" not in listed

        ibrahim = stage.player(estate.IBRAHIM)
        await acknowledge(ibrahim, await number_of(stage, 3))
        link = await ask_link(ibrahim)
        own = await own_provider(stage)
        assert await refuses_to_remove(keeper)
        back = await pay_page(stage, link)
        assert f"/payments/callback/sandbox/{own.tenant_id}/" in back
        assert "We know nothing" not in await come_back(stage, back)
        await newest(ibrahim, "Receipt RCPT-")
        await stage.quiet()
        await stage.check_books()


async def test_whatever_is_typed_leaves_the_chat_and_lies_nowhere(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        keeper = await keeps_keys(stage, estate.CHIDI)
        key, hook = secrets_of(stage)
        await tap_add(keeper)
        assert "does not look like the secret key" in await say(keeper, WRONG, until="⚠️")
        await tap(keeper, "Back", until="Which provider?")
        await tap(keeper, "Sandbox", until="1 of 2")
        await say(keeper, key, until="2 of 2")
        await tap(keeper, "Back", until="1 of 2")
        await say(keeper, key, until="2 of 2")
        await stage.quiet()
        assert await left(stage, keeper, WRONG, key) == []
        asked = keeper.last()
        await say(keeper, "/menu", until="None of them was kept")
        assert "out of date" in await press_any(keeper, asked, "providers:skip")
        await enter(stage, keeper)
        await stage.quiet()
        assert await left(stage, keeper, WRONG, key, hook) == []


async def test_keys_that_are_refused_change_nothing(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        keeper = await keeps_keys(stage, estate.CHIDI)
        await tap_add(keeper)
        await say(keeper, "sk_sandbox_of_somebody_else_0001", until="2 of 2")
        said = await say(keeper, "whsec_of_somebody_else_0001", until="does not take these keys")
        assert "It does not know them: a key is mistyped" in said
        assert "[Enable]" not in said
        assert "[Enter again]" in said
        listed = await say(keeper, "/providers", until="Payment providers")
        assert "1. " not in listed


async def test_nobody_else_touches_a_provider(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        keeper = await keeps_keys(stage, estate.CHIDI)
        bola = stage.player(estate.BOLA)
        assert "does not allow that" in await say(bola, "/providers")
        group = Player(
            stage.world,
            stage.world.state.people[estate.CHIDI],
            chat=estate.groups()[0],
            within_s=ACTS_WITHIN_S,
        )
        bot = stage.world.state.bot.username
        assert "privately" in await say(group, f"/providers@{bot}")
        await enter(stage, keeper)
        offered = keeper.last()
        assert "not for you" in await steal(bola, offered, "Enable")
        await tap(keeper, "Enable", until="In use")
        await tap(keeper, "Switch off", until="✅ Off")
        await tap(keeper, "Switch on", until="✅ On")
        await tap(keeper, "Check now", until="the keys work")
        await tap(keeper, "Remove", until="Remove Sandbox Pay?")
        assert "Removed" in await tap(keeper, "Remove it", until="Its keys are deleted")
        assert "keys are deleted" not in await toast(keeper, "Back")
        assert "shared" in await say(keeper, "/providers", until="Payment providers")
        await stage.check_books()


@pytest.mark.sqlite
async def test_the_shell_sets_up_a_provider_beside_the_service(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        ours = ("--tenant", "Palm Court Estate", "--json")
        it = ("--provider", "sandbox", *ours)
        key, hook = secrets_of(stage)
        shell = Bot(stage, name="shell")

        async def told(*words: str, typed: str = "", code: int = 0) -> dict[str, Any]:
            found, said = await shell.command("provider", *words, typed=typed)
            assert found == code, said
            assert key not in said
            assert hook not in said
            answer: dict[str, Any] = json.loads(said.splitlines()[-1])
            return answer

        made = await told("set", *it, typed=f"secret_key={key}\nwebhook_secret={hook}\n")
        assert (made["mode"], made["enabled"], made["health"]) == ("test", True, "working")
        before = await stage.look(_in_use)
        foreign = "secret_key=sk_of_somebody_else_0001\nwebhook_secret=whsec_of_nobody_0001"
        assert (await told("set", *it, typed=foreign, code=1))["health"] == "refused"
        assert await stage.look(_in_use) == before
        assert (await told("set", "--from-environment", *it))["health"] == "working"
        assert await stage.look(_in_use) != before

        ibrahim = stage.player(estate.IBRAHIM)
        await acknowledge(ibrahim, await number_of(stage, 3))
        await pay_page(stage, await ask_link(ibrahim))
        await newest(ibrahim, "Receipt RCPT-")
        assert (await own_provider(stage)).keys_id in await stage.look(_in_use)
        assert (await told("check", *it))["health"] == "working"
        assert (await told("disable", *it))["enabled"] is False
        (listed,) = (await told("list", *ours))["providers"]
        assert (listed["provider"], listed["enabled"]) == ("sandbox", False)
        assert await told("order", "sandbox", *ours) == {"providers": ["sandbox"]}
        await stage.quiet()
        await stage.check_books()


def _in_use(tx: SqlTransaction) -> list[KeysId]:
    rows = written("SELECT id FROM provider_keys").rows(tx.cursor, {})
    return [KeysId(row[0]) for row in rows]


async def keeps_keys(stage: Stage, person_id: int) -> Player:
    """Give somebody the role, as by an invitation, and return him."""
    await stage.write(lambda tx: grant(tx, person_id))
    return stage.player(person_id)


def grant(tx: SqlTransaction, telegram_id: int) -> None:
    known = tx.people.identity_of("telegram", telegram_id)
    assert known is not None
    (tenant, *_) = tx.tenants.all()
    _, key = people.invite(tx, tenant_id=tenant.id, role=Role.PROVIDER_KEEPER)
    people.join(tx, person_id=known.person_id, key=key)
    tx.events.clear()


def secrets_of(stage: Stage) -> tuple[str, str]:
    settings = stage.settings
    return (
        settings.sandbox_secret_key.get_secret_value(),
        settings.sandbox_webhook_secret.get_secret_value(),
    )


async def tap_add(keeper: Player) -> None:
    await say(keeper, "/providers", until="Payment providers")
    await tap(keeper, "Add", until="Which provider?")
    await tap(keeper, "Sandbox", until="1 of 2")


async def enter(stage: Stage, keeper: Player) -> None:
    """Enter the keys that work, up to the question whether to use them."""
    key, hook = secrets_of(stage)
    await tap_add(keeper)
    await say(keeper, key, until="2 of 2")
    said = await say(keeper, hook, until="Take them into use?")
    assert "the keys work" in said


async def refuses_to_remove(keeper: Player) -> bool:
    await tap(keeper, "Open Sandbox Pay", until="Place: 1 of 1")
    await tap(keeper, "Remove", until="Remove Sandbox Pay?")
    return "under way" in await tap(keeper, "Remove it", until="Nothing was changed")


async def own_provider(stage: Stage) -> Configuration:
    def look(tx: SqlTransaction) -> Configuration:
        query = written("SELECT configuration_id FROM attempt ORDER BY id DESC LIMIT 1")
        return tx.configurations.get(query.rows(tx.cursor, {})[0][0])

    return await stage.look(look)


async def left(stage: Stage, keeper: Player, *secrets: str) -> list[str]:
    """Return where any of it can still be read: chats, rows of any table, the provider's own."""
    chats = "\n".join(
        draw(message)
        for chat in stage.world.state.chats.values()
        for message in chat.messages.values()
    )
    files = b"".join(each.read_bytes() for each in stage.path.parent.glob(f"{stage.path.name}*"))
    return [
        name
        for name, where in (("chat", chats.encode()), ("file", files))
        for secret in secrets
        if secret.encode() in where
    ]
