"""People who pay in parts while the service dies under their hands.

They tap twice, press again what got no answer, lose patience and look at the bill anew.
"""

import asyncio
import random
from dataclasses import dataclass
from typing import Final

import httpx

from bot.sandbox import acts
from bot.sandbox.player import Player, draw
from bot.sandbox.records import Message
from tests.scripts import bank
from tests.scripts.playing import press_raw

PATIENCE_S: Final = 2.5
BREATH_S: Final = 0.15
TWICE: Final = 0.3
DECLINED: Final = 0.1
PARTS: Final = ("500", "600", "750", "1000")
RECEIPT: Final = "New wallet balance"
DOT: Final = "●"


@dataclass(slots=True, kw_only=True)
class Habits:
    """What an impatient person did, counted."""

    presses: int = 0
    repeats: int = 0
    looks: int = 0
    unanswered: int = 0


class Impatient:
    """One resident and the bills he pays."""

    def __init__(self, player: Player, numbers: tuple[str, ...], closing: asyncio.Event) -> None:
        """Live until `closing` is set or everything is paid."""
        self.habits = Habits()
        self._player = player
        self._world = player.world
        self._numbers = list(numbers)
        self._closing = closing
        self._mood = random.Random(player.person.id)  # noqa: S311 - the same habits each run

    async def live(self) -> None:
        """Pay, part by part, from bill to bill."""
        while self._numbers and not self._closing.is_set():
            number = self._mood.choice(self._numbers)
            self.habits.looks += 1
            card = await self._say(f"/find {number}", until=f"— {number}")
            if card is not None:
                await self._answer(card, number)
            await asyncio.sleep(BREATH_S)

    async def _answer(self, card: Message, number: str) -> None:
        if "✅ Paid — " in draw(card):
            self._numbers.remove(number)
        elif acts.find_key(card, "Acknowledge & pay"):
            await self._press(card, "Acknowledge & pay", until="How do you want to pay?")
        elif acts.find_key(card, "See the waiting payment"):
            page = await self._press(card, "See the waiting payment", until="Reference")
            await self._finish_link(page)
        elif self._mood.random() < 0.5:
            await self._pay_from_wallet(card)
        else:
            await self._pay_by_link(card)

    async def _pay_from_wallet(self, card: Message) -> None:
        confirm = await self._choose(card, "Pay from wallet")
        if confirm is None:
            return
        if not bank.has_pin(self._player.person.id):
            await self._press(confirm, "Pay ", until=RECEIPT)
            return
        pad = await self._press(confirm, "Pay ", until="Enter your PIN")
        if pad is not None:
            await self._enter_pin(pad)

    async def _pay_by_link(self, card: Message) -> None:
        confirm = await self._choose(card, "Pay by link")
        if confirm is not None:
            label = self._any(confirm, "Pay ")
            await self._finish_link(await self._press(confirm, label, until="Open payment page"))

    async def _choose(self, card: Message, way: str) -> Message | None:
        """Go from the card to the confirm card, by a part or, where none is possible, in full."""
        shown = await self._press(card, way, until="left to pay", or_else="to Mahali Court")
        if shown is None or acts.find_key(shown, "Pay "):
            return shown
        if acts.find_key(shown, "Part") is None or self._mood.random() < TWICE / 2:
            return await self._press(shown, "Full", until="to Mahali Court")
        if await self._press(shown, "Part", until="How much do you want to pay now?") is None:
            return None
        return await self._say(self._mood.choice(PARTS), until="to Mahali Court")

    async def _finish_link(self, page: Message | None) -> None:
        if page is not None and acts.find_key(page, "Try again"):
            label = self._any(page, "Try again")
            page = await self._press(page, label, until="Open payment page")
        key = acts.find_key(page, "Open payment page") if page is not None else None
        if page is None or key is None:
            return
        before = self._world.state.revision
        act = "declined_by_bank" if self._mood.random() < DECLINED else "pay"
        async with httpx.AsyncClient() as browser:
            await browser.post(key.value, data={"act": act})
        if await self._wait(RECEIPT, since=before) is None and acts.find_key(page, "Check now"):
            await self._press(page, "Check now", until=RECEIPT)

    async def _enter_pin(self, pad: Message) -> None:
        """Press the digits, looking at the dots; leave a pad that shows anything else."""
        for count, digit in enumerate(bank.PIN, start=1):
            await self._press_digit(pad, digit, dots=count)
        shown = self._shown(pad)
        if draw(shown).count(DOT) == len(bank.PIN):
            await self._press(shown, "OK", until=RECEIPT, or_else="Wrong PIN")
        else:
            await self._press(shown, "Cancel", until="Cancelled")

    async def _press_digit(self, pad: Message, digit: str, *, dots: int) -> None:
        """Press a digit; wait for its dot, the longer the less the service is there."""
        before = self._world.state.revision
        if draw(self._shown(pad)).count(DOT) == dots - 1:
            self._tap(pad, digit)
            if await self._wait(" ".join(DOT * dots), since=before) is None:
                await self._wait(" ".join(DOT * dots), since=before)

    def _shown(self, message: Message) -> Message:
        return self._world.state.chats[message.chat_id].messages.get(message.id, message)

    async def _say(self, text: str, *, until: str) -> Message | None:
        before = self._world.state.revision
        self._player.whisper(text)
        return await self._wait(until, since=before)

    async def _press(
        self, message: Message, label: str, *, until: str, or_else: str = ""
    ) -> Message | None:
        """Press, often twice, once more where nothing comes; return the screen, if one comes."""
        before = self._world.state.revision
        for _ in range(2 if self._mood.random() < TWICE else 1):
            self._tap(message, label)
        found = await self._wait(until, or_else, since=before)
        if found is None:
            self.habits.repeats += 1
            self._tap(message, label)
            found = await self._wait(until, or_else, since=before)
        self.habits.unanswered += found is None
        return found

    def _any(self, message: Message, label: str) -> str:
        """Return one of the buttons that begin so: any of the providers."""
        texts = [key.text for row in message.keyboard for key in row]
        found = [text.replace("\u00a0", " ") for text in texts if text.startswith(label)]
        return self._mood.choice(found) if len(found) > 1 else label

    def _tap(self, message: Message, label: str) -> None:
        key = acts.find_key(message, label)
        if key is not None:
            self.habits.presses += 1
            press_raw(self._world, self._player.person.id, message, key.value)

    async def _wait(self, *texts: str, since: int) -> Message | None:
        """Return the newest screen after `since` with one of these texts; None out of patience."""
        deadline_s = self._world.monotonic() + PATIENCE_S
        wanted = [text for text in texts if text]
        while True:
            fresh = [one for one in self._player.messages() if one.revision > since]
            found = [one for one in fresh if any(text in draw(one) for text in wanted)]
            left_s = deadline_s - self._world.monotonic()
            if found or left_s <= 0:
                return max(found, key=lambda one: one.revision) if found else None
            await self._world.change(min(left_s, 0.3))
