"""J-03: a bill is paid on the provider's page; every way in which that can go wrong."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import orjson
import pytest

from bot.sandbox import estate
from bot.sandbox import provider_switches as switches
from bot.sandbox.player import Player
from bot.sandbox.provider_tongue import sign
from tests.scripts.counting import Purse, dump, purse
from tests.scripts.playing import (
    PROOF,
    come_back,
    later,
    newest,
    pay_page,
    plain,
    say,
    sweep,
    tap,
    tap_twice,
)
from tests.scripts.scenes import acknowledge, ask_link, number_of, open_bill
from tests.scripts.stage import ACTS_WITHIN_S, Stage, raised

FEE = 7_500
"""1.5 % of 5,000.00 NGN in kobo: what the sandbox provider keeps, and the estate bears."""

PAID = Purse(estate=500_000 - FEE, fees=FEE, taken=500_000)
UNPAID = Purse()


async def ready_to_pay(stage: Stage) -> tuple[Player, str]:
    """Let Ibrahim, whose wallet is empty, ask for a link; return him and the address."""
    ibrahim = stage.player(estate.IBRAHIM)
    await acknowledge(ibrahim, await number_of(stage, 3))
    return ibrahim, await ask_link(ibrahim)


def live_screens(player: Player, text: str) -> list[str]:
    """Return every message of the chat that has a text in it."""
    return [plain(one) for one in player.messages() if text in plain(one)]


async def test_a_bill_is_paid_on_the_providers_page(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        bola, chidi = stage.player(estate.BOLA), stage.player(estate.CHIDI)
        await bola.start()
        ibrahim, link = await ready_to_pay(stage)
        waiting = ibrahim.screen()
        assert "Nothing has arrived yet" in waiting
        home = await pay_page(stage, link)
        said = await come_back(stage, home)
        assert "Paid" in said or "Checking your payment" in said
        receipt = plain(await newest(ibrahim, PROOF))
        await stage.settle()
        assert len(live_screens(ibrahim, "✅ Paid 5,000.00 NGN · ")) == 1
        assert "Waiting for" not in "".join(plain(one) for one in ibrahim.messages())
        assert len(live_screens(ibrahim, "New wallet balance: 0.00 NGN")) == 1
        assert "by Sandbox" in receipt or "Sandbox" in plain(ibrahim.last())
        assert "Ibrahim Musa paid 5,000.00 NGN" in plain(await newest(bola, "paid 5,000.00"))
        assert "Paid —" in await open_bill(ibrahim, await number_of(stage, 3))
        report = await say(chidi, "/report", until="report")
        assert "Estate wallet 4,925.00 NGN" in report
        assert "Provider fees 75.00 NGN" in report
        assert await purse(stage) == PAID
        await stage.check_books()


async def test_five_webhooks_out_of_order_credit_once(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        stage.world.board.turn_on(switches.HOOK_LOSS)
        ibrahim, link = await ready_to_pay(stage)
        await send_hooks(stage, "checkout.paid", "evt_early")
        await stage.settle()
        assert "Waiting for" in ibrahim.screen()
        await pay_page(stage, link)
        await send_hooks(stage, "checkout.expired", "evt_2")
        await send_hooks(stage, "checkout.paid", "evt_1")
        await send_hooks(stage, "checkout.opened", "evt_0")
        await newest(ibrahim, "New wallet balance")
        await stage.settle()
        assert len(live_screens(ibrahim, "New wallet balance")) == 1
        assert await purse(stage) == PAID
        await stage.check_books()


async def test_a_lost_webhook_is_found_by_looking(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        stage.world.board.turn_on(switches.HOOK_LOSS)
        ibrahim, link = await ready_to_pay(stage)
        await pay_page(stage, link)
        assert await purse(stage) == Purse(taken=500_000)
        soon = datetime.now(UTC) + timedelta(seconds=30)
        assert await sweep(stage, "reconcile", at=soon) >= 1
        await newest(ibrahim, "Receipt RCPT-")
        assert await purse(stage) == PAID
        assert await sweep(stage, "reconcile", at=soon + timedelta(hours=2)) <= 2
        assert await purse(stage) == PAID
        await stage.check_books()


async def test_who_paid_may_ask_at_once(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        stage.world.board.turn_on(switches.HOOK_LOSS)
        ibrahim, link = await ready_to_pay(stage)
        answer = await ibrahim.press("Check now")
        assert "asking the provider" in answer.text
        await stage.settle()
        assert "Waiting for" in ibrahim.screen()
        await pay_page(stage, link)
        await tap(ibrahim, "Check now", until="Receipt RCPT-")
        assert await purse(stage) == PAID
        await stage.check_books()


async def test_coming_back_without_paying_proves_nothing(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        ibrahim, _ = await ready_to_pay(stage)
        reference = stage.provider.checkouts()[0].terms.reference
        before = await dump(stage)
        door = f"{stage.settings.public_url}/payments/callback/sandbox/"
        said = await come_back(stage, f"{door}?reference={reference}&status=success&paid=1")
        assert "Checking your payment" in said
        assert "nothing of this payment" in await come_back(stage, f"{door}?reference=hz-other-1")
        await stage.settle()
        after = await dump(stage)
        assert {**after, "attempt": ()} == {**before, "attempt": ()}
        assert "Waiting for" in ibrahim.screen()
        assert await purse(stage) == UNPAID
        await stage.check_books()


async def test_forged_webhooks_are_turned_away(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        stage.world.board.turn_on(switches.HOOK_FORGERY)
        ibrahim, link = await ready_to_pay(stage)
        await pay_page(stage, link)
        reference = stage.provider.checkouts()[0].terms.reference
        body = f'{{"id":"evt_1","type":"checkout.paid","data":{{"reference":"{reference}"}}}}'
        door = f"{stage.settings.public_url}/payments/webhooks/sandbox/"
        async with httpx.AsyncClient() as forger:
            unsigned = await forger.post(door, content=body)
            signature = sign("guessed", body.encode(), at=datetime.now(UTC))
            signed = await forger.post(
                door, content=body, headers={"x-sandbox-signature": signature}
            )
        assert unsigned.is_client_error
        assert signed.is_client_error
        assert await purse(stage) == Purse(taken=500_000)
        assert "Waiting for" in ibrahim.screen()
        await tap(ibrahim, "Check now", until="Receipt RCPT-")
        assert await purse(stage) == PAID
        await stage.check_books()


@pytest.mark.parametrize(
    ("amount", "rest", "kept"),
    [("4,500.00", 50_000, 0), ("5,500.00", 0, 50_000), ("1.00", 499_900, 0)],
)
async def test_another_amount_goes_as_far_as_it_reaches(
    tmp_path: Path, amount: str, rest: int, kept: int
) -> None:
    async with raised(tmp_path) as stage:
        ibrahim, link = await ready_to_pay(stage)
        await pay_page(stage, link, act="amount", amount=amount)
        await newest(ibrahim, "New wallet balance")
        await stage.settle()
        taken = 500_000 - rest + kept
        fee = (taken * 150 + 5_000) // 10_000
        mine = fee * (500_000 - rest) // taken
        expected = Purse(
            ibrahim=kept - (fee - mine), estate=500_000 - rest - mine, fees=fee, taken=taken
        )
        assert await purse(stage) == expected
        told = "\n".join(plain(one) for one in ibrahim.messages())
        assert f"Paid {amount} NGN" in told
        card = await open_bill(ibrahim, await number_of(stage, 3))
        assert ("Partly paid" in card) == bool(rest)
        if kept:
            assert "492.50 NGN is in your wallet" in told
        await stage.check_books()


async def test_another_currency_is_kept_apart_and_told_to_staff(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        chidi = stage.player(estate.CHIDI)
        await chidi.start()
        stage.world.board.turn_on(switches.CURRENCY)
        ibrahim, link = await ready_to_pay(stage)
        await pay_page(stage, link)
        told = plain(await newest(chidi, "Unmatched money"))
        assert "5,000.00 USD" in told
        assert await purse(stage) == Purse(unmatched=500_000, taken=500_000)
        assert "Receipt" not in "".join(plain(one) for one in ibrahim.messages())
        mine = plain(await newest(ibrahim, "5,000.00 USD reached Sandbox"))
        assert "not credited" in mine
        assert "Do not pay again" in mine
        assert "Unmatched money: 5,000.00 USD" in await say(chidi, "/desk", until="Desk of")
        assert "Unmatched 5,000.00 USD" in await say(chidi, "/report", until="report")
        await later(stage, days=1, hours=2)
        await sweep(stage, "reconcile")
        screens = "".join(plain(one) for one in ibrahim.messages())
        assert "What reached Sandbox Pay is not the 5,000.00 NGN that was asked" in screens
        assert "did not tell us" not in screens
        assert "We do not know yet" not in screens
        await stage.check_books()


async def test_declined_then_tried_again(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        ibrahim, link = await ready_to_pay(stage)
        await pay_page(stage, link, act="insufficient_funds")
        declined = plain(await newest(ibrahim, "Nothing was taken"))
        assert "not enough money on the card" in declined
        assert await purse(stage) == UNPAID
        await tap(ibrahim, "Try again by Sandbox", until="Open payment page")
        second = ibrahim.url("Open payment page")
        assert second != link
        await pay_page(stage, second)
        await newest(ibrahim, "Receipt RCPT-")
        assert await purse(stage) == PAID
        await stage.check_books()


async def test_money_that_comes_after_expiry_goes_to_the_wallet(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        stage.world.board.turn_on(switches.LATE)
        ibrahim, link = await ready_to_pay(stage)
        await pay_page(stage, link)
        await later(stage, minutes=60, seconds=5)
        await sweep(stage, "reconcile")
        await newest(ibrahim, "has expired. Nothing was taken")
        assert await purse(stage) == UNPAID
        await later(stage, minutes=2)
        told = plain(await newest(ibrahim, "came in late"))
        assert "5,000.00 NGN" in told
        assert await purse(stage) == Purse(ibrahim=500_000 - FEE, estate=0, fees=FEE, taken=500_000)
        await stage.check_books()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_page_that_was_made_but_never_told_is_found_again(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        board = stage.world.board
        board.set(switches.CREATE, "hang")
        ibrahim = stage.player(estate.IBRAHIM)
        await acknowledge(ibrahim, await number_of(stage, 3))
        await tap(ibrahim, "Pay by link", "Full", until="By link")
        await tap(ibrahim, "Pay 5,000.00", until="Preparing")
        await made(stage)
        await stage.kill()
        board.set(switches.CREATE, "ok")
        await stage.start()
        await newest(ibrahim, "Open payment page")
        assert len(stage.provider.checkouts()) == 1
        await pay_page(stage, ibrahim.url("Open payment page"))
        await newest(ibrahim, "Receipt RCPT-")
        assert await purse(stage) == PAID
        await stage.check_books()


@pytest.mark.parametrize("nonsense", ["cut", "twice", "huge", "404", "500"])
async def test_an_answer_that_proves_nothing_moves_nothing(tmp_path: Path, nonsense: str) -> None:
    async with raised(tmp_path) as stage:
        stage.world.board.set(switches.LOOK_UP, nonsense)
        ibrahim, link = await ready_to_pay(stage)
        await pay_page(stage, link)
        checking = plain(await newest(ibrahim, "Do not pay again"))
        assert "do not know yet whether money was taken" in checking
        assert await purse(stage) == Purse(taken=500_000)
        stage.world.board.set(switches.LOOK_UP, "ok")
        await tap(ibrahim, "Check now", until="Receipt RCPT-")
        assert await purse(stage) == PAID
        await stage.check_books()


async def test_two_taps_open_one_page(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        ibrahim = stage.player(estate.IBRAHIM)
        await acknowledge(ibrahim, await number_of(stage, 3))
        await tap(ibrahim, "Pay by link", "Full", until="By link")
        await tap_twice(ibrahim, "Pay 5,000.00", until="Open payment page")
        await stage.settle()
        assert len(stage.provider.checkouts()) == 1
        await open_bill(ibrahim, await number_of(stage, 3))
        await tap(ibrahim, "See the waiting payment", until="Waiting for")
        assert len(stage.provider.checkouts()) == 1
        await stage.check_books()


async def test_a_link_is_given_up_only_when_the_provider_has_not_taken_the_money(
    tmp_path: Path,
) -> None:
    async with raised(tmp_path) as stage:
        stage.world.board.turn_on(switches.HOOK_LOSS)
        ibrahim, link = await ready_to_pay(stage)
        await pay_page(stage, link)
        await tap(ibrahim, "Cancel payment", until="Receipt RCPT-")
        assert await purse(stage) == PAID
        await stage.check_books()


async def test_a_cancelled_link_takes_no_money_for_the_bill(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        ibrahim, link = await ready_to_pay(stage)
        await tap(ibrahim, "Cancel payment", until="cancelled. Nothing was taken")
        assert await purse(stage) == UNPAID
        await pay_page(stage, link)
        told = plain(await newest(ibrahim, "came in late"))
        assert "in your wallet" in told
        assert (await purse(stage)).ibrahim == 500_000 - FEE
        await stage.check_books()


async def test_two_captures_under_one_page_are_both_credited(tmp_path: Path) -> None:
    async with raised(tmp_path) as stage:
        stage.world.board.turn_on(switches.TWICE)
        ibrahim, link = await ready_to_pay(stage)
        await pay_page(stage, link)
        await newest(ibrahim, "in your wallet")
        await stage.settle()
        assert await purse(stage) == Purse(
            ibrahim=500_000 - FEE, estate=500_000 - FEE, fees=2 * FEE, taken=1_000_000
        )
        await stage.check_books()


async def made(stage: Stage) -> None:
    """Wait until the provider has made a page."""
    async with asyncio.timeout(ACTS_WITHIN_S):
        while not stage.provider.checkouts():
            await stage.world.change(0.02)


async def send_hooks(stage: Stage, kind: str, event_id: str) -> None:
    """Deliver one event of the newest checkout five times at once, as the provider signs it."""
    reference = stage.provider.checkouts()[-1].terms.reference
    body = orjson.dumps({"id": event_id, "type": kind, "data": {"reference": reference}})
    headers = {
        "x-sandbox-signature": sign(stage.provider.webhook_secret, body, at=datetime.now(UTC))
    }
    door = f"{stage.settings.public_url}/payments/webhooks/sandbox/"
    async with httpx.AsyncClient() as client:
        copies = (client.post(door, content=body, headers=headers) for _ in range(5))
        answers = await asyncio.gather(*copies)
    assert {answer.status_code for answer in answers} == {httpx.codes.OK}
