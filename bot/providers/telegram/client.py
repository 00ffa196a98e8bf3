"""The calls about invoices, under one provider token."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from bot.providers import wire
from bot.providers.kit import Kit, Maker
from bot.providers.telegram import answers
from bot.providers.telegram.codes import (
    ABOUT,
    ADDRESS,
    BOT_TOKEN,
    CAPABILITIES,
    CURRENCY,
    NAMELESS,
    PAYLOAD,
    PROBE,
    PROBES,
    TEST,
    TITLE,
    TOKEN,
)
from bot.providers.wire import Answer, Line, Refused
from core.domain.errors import ProviderProblem
from core.domain.money import Money
from core.domain.providers import (
    Accepted,
    Capabilities,
    Declined,
    Forged,
    Hook,
    LinkRequest,
    Outcome,
    Pending,
    ProviderError,
    Reading,
    Unknown,
)

_CREDENTIALS: Final = {"provider_token": TOKEN}


def open_telegram(kit: Kit, credentials: Mapping[str, str], *, address: str) -> "Telegram":
    """Open the adapter with the credential `provider_token`, for the bot of this process.

    Raises:
        ProviderProblem: it is missing or malformed, or the address or the bot's token is.
    """
    wire.check_credentials("telegram", credentials, _CREDENTIALS)
    url = wire.check_address("telegram", address)
    if not BOT_TOKEN.fullmatch(kit.bot_token):
        raise ProviderProblem(provider="telegram", what="bot_token")
    keys = Keys(bot=kit.bot_token, provider=credentials["provider_token"])
    return Telegram(Line(client=kit.client, url=url), keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The bot's token and the provider's; a repr shows neither."""

    bot: str = field(repr=False)
    provider: str = field(repr=False)

    @property
    def is_test(self) -> bool:
        """Tell whether the provider moves pretend money."""
        return is_test_token(self.provider)


def is_test_token(token: str) -> bool:
    """Tell whether a provider's token is for pretend money; it says so in its middle."""
    found = TOKEN.fullmatch(token)
    return found is not None and found.group(1) == TEST


class Telegram:
    """Invoices of one bot through one provider."""

    name: str = "telegram"
    capabilities: Capabilities = CAPABILITIES

    def __init__(self, line: Line, keys: Keys) -> None:
        """Keep the way there; nothing is sent yet."""
        self._line = line
        self._keys = keys

    async def create_link(self, request: LinkRequest) -> Outcome:
        """Make a link to an invoice of exactly this amount; its payload is our reference."""
        is_usable = PAYLOAD.fullmatch(request.reference) and request.amount.is_positive
        if not is_usable or not self.capabilities.takes(request.amount):
            return Declined(error=ProviderError.PROVIDER_ERROR, detail="not possible here")
        answer = await self._invoice(request.reference, request.amount, title=request.title)
        if isinstance(answer, Refused):
            return answer.as_declined
        return wire.read(answer, answers.invoice)

    async def advance(self, *, reference: str, provider_ref: str, asked: Money) -> Outcome:
        """Say what is known without asking: nobody answers such a question.

        An invoice that was made waits until its receipt comes. Without its name nobody has its
        link, and it is made again.
        """
        return Pending() if provider_ref else wire.unknown("no invoice")

    def read_hook(self, hook: Hook) -> Reading:
        """Turn it away: all that Telegram tells comes by the bot's own channel."""
        return Forged(reason="no such door")

    def acknowledge(self, hook: Hook) -> bytes:
        """Return nothing: no hook is ever kept."""
        return b""

    async def check(self) -> Accepted | Declined | Unknown:
        """Make a link to a small invoice that is thrown away, for no method asks about a token.

        It is of nothing that anybody owes, so whoever guessed it would be refused before paying. A
        provider that takes another currency only is asked in the next one.
        """
        answer: Answer = wire.unknown("not asked")
        for amount in PROBES:
            answer = await self._invoice(PROBE, amount, title=NAMELESS)
            if not isinstance(answer, Refused) or not answer.detail.startswith(CURRENCY):
                break
        if isinstance(answer, Refused):
            is_token = answer.error is ProviderError.AUTHENTICATION_ERROR
            return answer.as_declined if is_token else answer.as_unknown
        made = wire.read(answer, answers.invoice)
        if isinstance(made, Unknown):
            return made
        return Accepted(account=self._keys.provider.partition(":")[0], is_test=self._keys.is_test)

    async def _invoice(self, payload: str, amount: Money, *, title: str) -> Answer:
        named = " ".join(title.split()) or NAMELESS
        body = {
            "title": _short(named, TITLE),
            "description": _short(named, ABOUT),
            "payload": payload,
            "provider_token": self._keys.provider,
            "currency": amount.currency,
            "prices": [{"label": _short(named, TITLE), "amount": amount.minor}],
        }
        path = f"/bot{self._keys.bot}/createInvoiceLink"
        heard = await self._line.ask("POST", path, headers={}, body=body)
        return wire.understood(heard, answers.envelope)


def _short(words: str, most: int) -> str:
    """Return the whole words that fit: half of a number would be another one."""
    whole = words if len(words) <= most else words[: most + 1].rpartition(" ")[0]
    return whole or words[:most]


def _is_test(credentials: Mapping[str, str]) -> bool | None:
    return is_test_token(credentials.get("provider_token", ""))


MAKER: Final = Maker(
    title="Telegram",
    open=open_telegram,
    capabilities=CAPABILITIES,
    credentials=_CREDENTIALS,
    secrets=frozenset({"provider_token"}),
    address=ADDRESS,
    is_test=_is_test,
)
