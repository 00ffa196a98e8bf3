"""What the Bot API's answers about invoices say."""

from bot.providers import wire
from bot.providers.telegram.codes import BAD_REQUEST, CODE, DESCRIPTION, ERRORS, UNAUTHORIZED
from bot.providers.wire import LINK, Answer, Heard, Record, Refused, Unreadable, text
from core.domain.providers import Pending, ProviderError


def envelope(heard: Heard) -> Answer:
    """Read an answer, or the refusal that it is.

    Raises:
        Unreadable: it is neither.
    """
    try:
        record = heard.record()
    except Unreadable:
        if heard.is_success:
            raise
        return wire.refused(heard)
    if heard.is_success and wire.flag(record, "ok"):
        return record
    return refusal(heard, record)


def refusal(heard: Heard, record: Record) -> Refused:
    """Read why a call was refused. A refused request made no invoice.

    Raises:
        Unreadable: it is no refusal.
    """
    if wire.flag(record, "ok"):
        raise Unreadable("ok")
    status = wire.whole(record, "error_code")
    said = CODE.search(text(record, "description", DESCRIPTION))
    code = said.group() if said else ""
    if status in UNAUTHORIZED:
        return Refused(error=ProviderError.AUTHENTICATION_ERROR, detail=f"HTTP {status}")
    return Refused(
        error=ERRORS.get(code, ProviderError.PROVIDER_ERROR),
        detail=code or f"HTTP {heard.status}",
        proves_nothing_was_made=status == BAD_REQUEST,
    )


def invoice(answer: Record) -> Pending:
    """Read a link to an invoice; its end is Telegram's name of it.

    Raises:
        Unreadable: it is none.
    """
    link = text(answer, "result", LINK)
    name = link.rpartition("/")[2].removeprefix("$")[:100]
    if not name:
        raise Unreadable("result")
    return Pending(link=link, provider_ref=name)
