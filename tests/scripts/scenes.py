"""Scenes that many stories have: a bill is opened, acknowledged, amended, paid; a link is asked."""

from bot.sandbox.player import Player
from storage.statements import written
from storage.transaction import SqlTransaction
from tests.scripts.playing import enter_pin, say, tap
from tests.scripts.stage import Stage


async def number_of(stage: Stage, serial: int) -> str:
    """Return a bill's whole number by its place in the year: 1 and 2 are Adaeze's, 3 Ibrahim's."""

    def look(tx: SqlTransaction) -> str:
        query = written("SELECT number FROM bill WHERE number LIKE :like")
        return str(query.rows(tx.cursor, {"like": f"%-{serial:06d}"})[0][0])

    return await stage.look(look)


async def open_bill(player: Player, number: str) -> str:
    """Open a bill's card by its number."""
    return await say(player, f"/find {number}", until=f"— {number}")


async def acknowledge(player: Player, number: str) -> str:
    """Agree to owe a bill in order to pay it; return the choice of ways."""
    await open_bill(player, number)
    return await tap(player, "Acknowledge & pay", until="How do you want to pay?")


async def pay_from_wallet(player: Player, *, part: str = "", pin: str = "") -> str:
    """Pay the bill on the screen from the wallet, all of it or a part; return the receipt."""
    await tap(player, "Pay from wallet", until="A part is at least")
    await choose(player, part)
    if pin:
        await tap(player, "Pay ", until="Enter your PIN")
        return await enter_pin(player, pin, until="New wallet balance")
    return await tap(player, "Pay ", until="New wallet balance")


async def choose(player: Player, part: str) -> str:
    """Choose the whole amount or a part, up to the confirm card."""
    if not part:
        return await tap(player, "Full", until="Pay")
    await tap(player, "Part", until="How much do you want to pay now?")
    return await say(player, part, until="Cancel")


async def ask_link(player: Player, *, part: str = "", opens: str = "Open payment page") -> str:
    """Ask for a payment page for the bill on the screen; return its address."""
    await tap(player, "Pay by link", until="A part is at least")
    await choose(player, part)
    await tap(player, "Pay ", until=opens)
    return player.url(opens)


async def amend(admin: Player, number: str, total: str, reason: str, *, pin: str = "") -> str:
    """Change a bill's amount as staff; return its card afterwards."""
    await open_bill(admin, number)
    await tap(admin, "Amend", until="Write the new total")
    await say(admin, total, until="Why?")
    await say(admin, reason, until="must acknowledge the new version")
    if pin:
        await tap(admin, "Confirm new total", until="Enter your PIN")
        return await enter_pin(admin, pin, until="✅ Amended")
    return await tap(admin, "Confirm new total", until="✅ Amended")


async def cancel(admin: Player, number: str, reason: str) -> str:
    """Take a bill back as staff; return its card afterwards."""
    await open_bill(admin, number)
    await tap(admin, "Cancel bill", until="Why is it cancelled?")
    await say(admin, reason, until="cancelled for good")
    return await tap(admin, "Confirm cancelling", until="✅ Cancelled")
