"""The sandbox provider's hosted checkout page: one page, plain forms, no outside assets.

Templates and assets lie in `checkout/`. Every text that came from outside is escaped here.
"""

import math
import re
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import Final
from zoneinfo import ZoneInfo

from aiohttp import web
from babel.numbers import format_decimal
from yarl import URL

from bot.sandbox import claim_page
from bot.sandbox.cards import NO_CARD, last_digits
from bot.sandbox.provider_desk import (
    HOLDS,
    LATE_BY,
    PAYS,
    TURNED_DOWN,
    WAITS,
    Desk,
    takes_another_card,
)
from bot.sandbox.provider_records import DECLINES, Checkout, CheckoutStatus, WrongStep
from bot.sandbox.provider_store import ProviderStore
from bot.sandbox.provider_switches import PLAYED
from bot.sandbox.provider_tongue import OWN
from core.domain.money import MAX_MINOR, Currency, Money, exponent

FOLDER: Final = Path(__file__).parent / "checkout"
ASSETS: Final = {"checkout.css": "text/css", "checkout.js": "text/javascript"}
HEADERS: Final = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
        "base-uri 'none'; frame-ancestors 'self'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}

CHOICES: Final = frozenset({PAYS, WAITS, HOLDS, *DECLINES})
"""What a payer may agree to where the merchant takes the money."""

OTHERS: Final = "others"
"""The press by which somebody else pays, with a card of his own."""

_AMOUNT: Final = re.compile(r"[0-9]{1,16}(\.[0-9]{1,3})?")
_REFUND: Final = (("refund", "Give it back from the provider's dashboard"),)
_TITLES: Final = dict(PLAYED)
_TO: Final = {"invalid.example": "the chat", "typed.example": "what you would type here"}
"""Where receipts go that nobody's address was given for."""


class CheckoutPage:
    """Shows checkouts to people and carries out what they press."""

    def __init__(
        self, store: ProviderStore, desk: Desk, *, prefix: str, timezone: Callable[[], str]
    ) -> None:
        """Serve from the store; `prefix` is the path under which the provider is mounted."""
        self._timezone = timezone
        self._store = store
        self._desk = desk
        self._prefix = prefix

    def routes(self) -> list[web.RouteDef]:
        """Return the routes, below the provider's own prefix."""
        return [
            web.get("/pay/{id}", self._show),
            web.post("/pay/{id}", self._act),
            web.get("/assets/{name}", self._asset),
        ]

    async def _show(self, request: web.Request) -> web.Response:
        self._desk.let_time_pass()
        checkout = self._store.get(request.match_info["id"])
        if checkout is None:
            return self._page(404, "No such page", _filled("missing.html"))
        return self._draw(checkout)

    async def _act(self, request: web.Request) -> web.Response:
        self._desk.let_time_pass()
        checkout = self._store.get(request.match_info["id"])
        if checkout is None:
            return self._page(404, "No such page", _filled("missing.html"))
        form = await request.post()
        act, amount = str(form.get("act", "")), str(form.get("amount", ""))
        chosen = parse_amount(amount, checkout.terms.currency) if act == "amount" else None
        if act == "amount" and chosen is None:
            return self._draw(checkout, typed=amount, status=422)
        if act in {"pay", OTHERS}:
            checkout = checkout.offer(is_others_card=act == OTHERS, lets_save="save" in form)
        is_over = checkout.status is CheckoutStatus.PAID
        response = self._respond(self._carry_out(checkout, act, chosen), is_over=is_over)
        await self._store.save()
        return response

    def _carry_out(self, checkout: Checkout, act: str, amount_minor: int | None) -> Checkout:
        """Do what was pressed; a press that comes too late changes nothing."""
        if checkout.status is CheckoutStatus.PAID:
            return self._afterwards(checkout, act)
        try:
            if checkout.terms.needs_capture:
                return self._agree(checkout, act)
            return self._settle(checkout, act, amount_minor)
        except WrongStep:
            return checkout

    def _settle(self, checkout: Checkout, act: str, amount_minor: int | None) -> Checkout:
        """Let the payer pay or be declined at once."""
        if act in {"pay", OTHERS, "amount"}:
            return self._desk.pay(checkout, amount_minor=amount_minor)
        if act == "later":
            return self._desk.promise(checkout)
        if act in DECLINES:
            return self._desk.decline(checkout, act)
        return checkout

    def _agree(self, checkout: Checkout, act: str) -> Checkout:
        """Let the payer agree, or the merchant decide on money that waits for it."""
        if act in CHOICES or act == OTHERS:
            return self._desk.approve(checkout, PAYS if act == OTHERS else act)
        if act == "accept":
            return self._desk.accept(checkout)
        if act == "turn_down":
            return self._desk.turn_down(checkout)
        return checkout

    def _afterwards(self, checkout: Checkout, act: str) -> Checkout:
        """Do what the merchant's dashboard or the payer's bank can do once it is paid."""
        if act == "refund":
            return self._desk.give_back(checkout)
        if act == "dispute":
            return self._desk.bank.contest(checkout)
        if act in claim_page.DECISIONS:
            return self._desk.bank.end(checkout, claim_page.DECISIONS[act])
        return checkout

    def _respond(self, checkout: Checkout, *, is_over: bool) -> web.Response:
        """Send people back to the merchant, or let them see what will happen, or has since."""
        here = f"{self._prefix}/pay/{checkout.id}"
        stays = is_over or checkout.status is CheckoutStatus.PROCESSING
        target = here if stays else return_link(checkout)
        return web.Response(status=303, headers={**HEADERS, "location": target})

    async def _asset(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in ASSETS:
            raise web.HTTPNotFound
        return web.Response(
            text=_file(name), content_type=ASSETS[name], headers={"cache-control": "no-cache"}
        )

    def _draw(
        self, checkout: Checkout, *, typed: str | None = None, status: int = 200
    ) -> web.Response:
        terms = checkout.terms
        amount = format_minor(terms.amount_minor, terms.currency)
        left = max(1, math.ceil((terms.expires_at - self._desk.now()).total_seconds()))
        is_open = checkout.status is CheckoutStatus.OPEN
        is_payable = is_open or (
            checkout.status is CheckoutStatus.DECLINED and takes_another_card(checkout)
        )
        summary = _filled(
            "summary.html",
            raw={"card": _card(checkout)},
            brand=_brand(terms.tongue),
            title=terms.title,
            amount=amount,
            currency=terms.currency,
            reference=terms.reference,
            email=_TO.get(terms.email.partition("@")[2], terms.email),
            left_s=str(left),
            left=_left_words(left) if is_payable else "Closed",
            ticking="ticking" if is_payable else "still",
        )
        late = _late_words(checkout, ZoneInfo(self._timezone()))
        acts = (
            _open_acts(checkout, amount, typed=typed, late=late)
            if is_open
            else _closed_acts(checkout, late=late)
        )
        return self._page(status, terms.title, summary + acts)

    def _page(self, status: int, title: str, main: str) -> web.Response:
        frame = Template(_file("frame.html"))
        text = frame.substitute(title=escape(title), prefix=escape(self._prefix), main=main)
        return web.Response(status=status, text=text, content_type="text/html", headers=HEADERS)


def return_link(checkout: Checkout) -> str:
    """Return where the payer goes next, with our reference as the merchant asked for it."""
    url = URL(checkout.terms.return_url)
    return str(url.update_query(reference=checkout.terms.reference))


def format_minor(minor: int, currency: str) -> str:
    """Write an amount for people, without its currency: 500000 of NGN as 5,000.00."""
    digits = exponent(Currency(currency))
    pattern = "#,##0." + "0" * digits if digits else "#,##0"
    return format_decimal(Money(minor, Currency(currency)).decimal(), format=pattern, locale="en")


def parse_amount(text: str, currency: str) -> int | None:
    """Read what the payer typed as minor units; `None` if it is no amount of that currency."""
    plain = text.replace(",", "").replace(" ", "")
    if not _AMOUNT.fullmatch(plain):
        return None
    minor = Decimal(plain).scaleb(exponent(Currency(currency)))
    is_whole = minor == minor.to_integral_value()
    return int(minor) if is_whole and 0 < minor <= MAX_MINOR else None


def _open_acts(checkout: Checkout, amount: str, *, typed: str | None, late: str) -> str:
    declines = "".join(
        _filled("decline.html", code=code, label=label) for code, label in DECLINES.items()
    )
    pay = f"{amount} {checkout.terms.currency}"
    if checkout.terms.needs_capture:
        return _filled("approve.html", raw={"declines": declines}, pay=pay, late=late)
    return _filled(
        "open.html",
        raw={
            "declines": declines,
            "amount_open": "" if typed is None else "open",
            "save": _file("save.html") if _asks_to_save(checkout) else "",
        },
        pay=pay,
        currency=checkout.terms.currency,
        typed=_half(checkout) if typed is None else typed,
        problem="" if typed is None else "Not an amount of this currency. Try again.",
        late=late,
    )


def _asks_to_save(checkout: Checkout) -> bool:
    """Tell whether this provider's page asks who pays whether his card may be charged again."""
    return checkout.terms.tongue == OWN or checkout.terms.keeps_card


def _closed_acts(checkout: Checkout, *, late: str) -> str:
    tone, heading, text, may_pay = _ending(checkout)
    is_declined = checkout.status is CheckoutStatus.DECLINED
    again = "Pay with another card" if is_declined else "Pay anyway"
    captured = ", ".join(
        f"{format_minor(capture.amount_minor, capture.currency)} {capture.currency}"
        for capture in checkout.captures
    )
    return _filled(
        "closed.html",
        raw={"again": _after_acts(checkout) if not may_pay else _filled("again.html", label=again)},
        tone=tone,
        heading=heading,
        text=text.format(captured=captured, late=late) + _given_back(checkout),
        back=return_link(checkout),
    )


def _after_acts(checkout: Checkout) -> str:
    """Return what may still be done to money from outside the chat."""
    if checkout.status is CheckoutStatus.HELD:
        return _filled("held.html")
    if checkout.status is not CheckoutStatus.PAID:
        return ""
    acts = (*_REFUND, *claim_page.acts(checkout))
    buttons = "".join(_filled("act.html", act=act, label=label) for act, label in acts)
    return _filled("after.html", raw={"acts": buttons})


def _ending(checkout: Checkout) -> tuple[str, str, str, bool]:
    """Return tone, heading, text, and whether the payer may still pay."""
    claimed = claim_page.ending(checkout, write=format_minor)
    if claimed is not None:
        return (*claimed, False)
    if checkout.status in ENDINGS:
        return (*ENDINGS[checkout.status], False)
    if checkout.status is CheckoutStatus.DECLINED:
        text = f"{REASONS[checkout.decline]}. No money was taken."
        return "bad", "Declined", text, takes_another_card(checkout)
    if checkout.late_at is not None:
        text = (
            "The money arrives {late}, one minute after this page expires. "
            "Move the sandbox clock to get there sooner."
        )
        return "waiting", "On its way", text, False
    if checkout.terms.needs_capture:
        text = "Nobody can agree here any more. Ask for a new page in the chat."
        return "over", "This page has expired", text, False
    text = "Too late to pay, in theory. A slow bank may still let the money through."
    return "over", "This page has expired", text, True


ENDINGS: Final = {
    CheckoutStatus.PAID: ("good", "Paid", "Captured: {captured}."),
    CheckoutStatus.APPROVED: (
        "waiting",
        "Agreed",
        "Nothing has moved yet. Whoever is paid takes the money in a moment.",
    ),
    CheckoutStatus.HELD: (
        "waiting",
        "On hold",
        "The money was taken and waits until whoever is paid accepts it.",
    ),
}
REASONS: Final = {**DECLINES, TURNED_DOWN: "Turned down by whoever is paid"}


def _given_back(checkout: Checkout) -> str:
    """Say what went back of the money, "" where nothing did."""
    given: Counter[str] = Counter()
    for capture in checkout.captures:
        given[capture.currency] += checkout.refunded_minor(capture)
    told = [f"{format_minor(minor, code)} {code}" for code, minor in given.items() if minor]
    return f" Given back: {', '.join(told)}." if told else ""


def _card(checkout: Checkout) -> str:
    """Return the card that pays, which the chat may offer to save; "" where an account does."""
    tongue = checkout.terms.tongue
    if tongue in NO_CARD:
        return ""
    return _filled("card.html", last=last_digits(tongue, checkout.holder))


def _brand(tongue: str) -> str:
    """Return who takes the money, and whose language it speaks."""
    own, played = _TITLES[OWN], _TITLES[tongue]
    return own if tongue == OWN else f"{own}, as {played}"


def _half(checkout: Checkout) -> str:
    half = max(1, checkout.terms.amount_minor // 2)
    return format_minor(half, checkout.terms.currency)


def _late_words(checkout: Checkout, zone: ZoneInfo) -> str:
    late_at = (checkout.late_at or checkout.terms.expires_at + LATE_BY).astimezone(zone)
    return f"on {late_at:%a} {late_at.day} {late_at:%b} at {late_at:%H:%M}"


def _left_words(left_s: int) -> str:
    minutes = max(1, left_s // 60)
    hours, days = minutes // 60, minutes // 1_440
    if days:
        return f"{days} d {hours % 24} h"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"


def _filled(name: str, raw: dict[str, str] | None = None, **texts: str) -> str:
    """Fill a template with escaped texts and with HTML that was made here."""
    escaped = {key: escape(text) for key, text in texts.items()}
    return Template(_file(name)).substitute(escaped, **(raw or {}))


@cache
def _file(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")
