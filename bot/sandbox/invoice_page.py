"""The invoice as people see it: what it is for, who pays, Pay, and what the bot said.

It looks like the provider's page and has its style. In the app the payer is whoever holds the
phone; a browser does not know whom somebody plays, so the chat page says it in the address (`as`).
"""

from html import escape
from string import Template
from typing import Final

from aiohttp import web

from bot.sandbox import invoices
from bot.sandbox.provider_page import FOLDER, HEADERS, format_minor
from bot.sandbox.records import Invoice
from bot.sandbox.world import World

ASSETS: Final = "/sandbox/provider"
_ANSWERS: Final = {
    "paid": ("good", "Paid", "The bot is told by a receipt in the chat."),
    "declined": (
        "bad",
        "Declined by the bank",
        "The bot let the payment go on, the bank did not. Telegram tells the bot nothing of it.",
    ),
    "silent": ("over", "The bot did not answer", "It had ten seconds. Nothing was taken."),
}


class InvoicePage:
    """Shows invoices and takes their money."""

    def __init__(self, world: World) -> None:
        """Show the invoices of that world."""
        self._world = world

    def mount(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get(f"{invoices.PATH}/{{id}}", self._show)
        app.router.add_post(f"{invoices.PATH}/{{id}}", self._pay)

    async def _show(self, request: web.Request) -> web.Response:
        invoice = self._world.state.invoices.get(request.match_info["id"])
        if invoice is None:
            return _page(404, "No such invoice", _filled("missing.html"))
        return self._draw(invoice, who=request.query.get("as", ""))

    async def _pay(self, request: web.Request) -> web.Response:
        invoice = self._world.state.invoices.get(request.match_info["id"])
        if invoice is None:
            return _page(404, "No such invoice", _filled("missing.html"))
        form = await request.post()
        who, act = str(form.get("who", "")), str(form.get("act", ""))
        person_id = int(who) if who.isdecimal() else 0
        if person_id not in self._world.state.people or act not in {"pay", "decline"}:
            return self._draw(invoice, who=who, status=422)
        ending = await self._ended(invoice, person_id, is_taken=act == "pay")
        after = self._world.state.invoices.get(invoice.id, invoice)
        return self._draw(after, who=who, ending=ending)

    async def _ended(
        self, invoice: Invoice, person_id: int, *, is_taken: bool
    ) -> tuple[str, str, str]:
        """Ask the bot, then take the money; return tone, heading and text of what came of it."""
        try:
            refusal = await invoices.ask(self._world, invoice, person_id=person_id)
        except invoices.NotAnswered:
            return _ANSWERS["silent"]
        if refusal:
            return "bad", "Refused by the bot", refusal
        if not is_taken:
            return _ANSWERS["declined"]
        amount = f"{format_minor(invoice.amount_minor, invoice.currency)} {invoice.currency}"
        invoices.take(self._world, invoice, person_id=person_id, amount=amount)
        return _ANSWERS["paid"]

    def _draw(
        self,
        invoice: Invoice,
        *,
        who: str,
        ending: tuple[str, str, str] | None = None,
        status: int = 200,
    ) -> web.Response:
        amount = format_minor(invoice.amount_minor, invoice.currency)
        times = "never" if not invoice.paid else f"{invoice.paid} ×"
        main = _filled(
            "invoice.html",
            raw={"people": self._people(who), "ending": "" if ending is None else _ending(ending)},
            bot=self._world.state.bot.first_name,
            title=invoice.title,
            amount=amount,
            currency=invoice.currency,
            description=invoice.description,
            payload=invoice.payload,
            paid=times,
            label=f"{'Pay again' if ending else 'Pay'} {amount} {invoice.currency}",
        )
        return _page(status, invoice.title, main)

    def _people(self, who: str) -> str:
        return "".join(
            f'<option value="{person.id}"{" selected" if str(person.id) == who else ""}>'
            f"{escape(person.name)}</option>"
            for person in self._world.state.people.values()
        )


def _ending(ending: tuple[str, str, str]) -> str:
    tone, heading, text = ending
    return _filled("invoice_ending.html", tone=tone, heading=heading, text=text)


def _page(status: int, title: str, main: str) -> web.Response:
    frame = _filled("frame.html", raw={"main": main}, title=title, prefix=ASSETS)
    return web.Response(status=status, text=frame, content_type="text/html", headers=HEADERS)


def _filled(name: str, raw: dict[str, str] | None = None, **texts: str) -> str:
    """Fill a template with escaped texts and with HTML that was made here."""
    escaped = {key: escape(text) for key, text in texts.items()}
    template = Template((FOLDER / name).read_text(encoding="utf-8"))
    return template.substitute(escaped, **(raw or {}))
