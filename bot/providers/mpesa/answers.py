"""What Daraja's answers and callbacks say, read field by field."""

from datetime import datetime
from decimal import Decimal
from typing import Final

from bot.providers import wire
from bot.providers.mpesa.codes import (
    BAD_KEYS,
    BUSY_PHONE,
    CODE,
    DECLINES,
    DONE,
    FAILURES,
    ID,
    KES,
    MALFORMED,
    NAIROBI,
    NOT_FINAL,
    ONGOING,
    ONGOING_WORDS,
    RECEIPT,
    REVERSED_BEFORE,
    STALE_TOKENS,
    TELLING,
    TRANSACTIONS,
)
from bot.providers.wire import (
    LINE,
    WORD,
    Answer,
    Heard,
    Record,
    Refused,
    Unreadable,
    inner,
    maybe,
    text,
)
from core.domain.money import Money
from core.domain.outflows import Moved, Outflow, Question
from core.domain.providers import About, Declined, Outcome, Pending, ProviderError, Settled, Unknown
from core.domain.tokens import AccessToken

_MOMENTS: Final = ("%Y%m%d%H%M%S", "%d.%m.%Y %H:%M:%S")
_MOST_ITEMS: Final = 40
_MALFORMED_STATUS: Final = 400


def envelope(heard: Heard) -> Answer:
    """Read an answer to a call, or the refusal that it is.

    Raises:
        Unreadable: it is neither.
    """
    return heard.record() if heard.is_success else _refusal(heard)


def token(answer: Record) -> AccessToken:
    """Read an access token and for how many seconds it is good.

    Raises:
        Unreadable: it is none.
    """
    value = text(answer, "access_token", wire.SECRET)
    lives_s = wire.number_or_digits(answer, "expires_in")
    if not lives_s:
        raise Unreadable("expires_in")
    return AccessToken(value=value, lives_s=lives_s)


def prompt(answer: Record) -> Pending:
    """Read that a prompt is on its way to the phone, and its id.

    Raises:
        Unreadable: it says anything else.
    """
    if text(answer, "ResponseCode", CODE) != DONE:
        raise Unreadable("ResponseCode")
    return Pending(provider_ref=text(answer, "CheckoutRequestID", ID))


def prompted(
    answer: Record, *, reference: str, prompt_id: str, asked: Money, is_test: bool
) -> Outcome:
    """Read what became of a prompt, from its look-up: paid means as much as was asked.

    Raises:
        Unreadable: it is none, or that of another prompt.
    """
    if text(answer, "CheckoutRequestID", ID) != prompt_id:
        raise Unreadable("another prompt")
    code = _code(answer)
    if code == DONE:
        return Settled(provider_id=prompt_id, reference=reference, captured=asked, is_test=is_test)
    return _not_paid(code, maybe(answer, "ResultDesc", LINE))


def callback(body: bytes, question: Question, *, is_test: bool) -> Outcome:
    """Read what became of a prompt, as told to the address that was drawn for it.

    Raises:
        Unreadable: it is none, or another prompt's, or of another amount.
    """
    told = inner(inner(wire.read_record(body, with_decimals=True), "Body"), "stkCallback")
    prompt_id = text(told, "CheckoutRequestID", ID)
    if question.provider_ref not in {"", prompt_id}:
        raise Unreadable("another prompt")
    code = _code(told)
    if code != DONE:
        return _not_paid(code, maybe(told, "ResultDesc", LINE))
    items = _named(inner(told, "CallbackMetadata"), "Item", name="Name")
    return Settled(
        provider_id=prompt_id,
        reference=question.reference,
        captured=_asked(items, "Amount", question.asked),
        is_test=is_test,
        settled_at=_moment(items, "TransactionDate"),
        receipt=text(items, "MpesaReceiptNumber", RECEIPT),
    )


def accepted(answer: Record) -> str:
    """Return the id of a question that Daraja answers later.

    Raises:
        Unreadable: it was not accepted.
    """
    if text(answer, "ResponseCode", CODE) != DONE:
        raise Unreadable("ResponseCode")
    return text(answer, "OriginatorConversationID", ID)


def result(body: bytes, question: Question, *, is_test: bool) -> Outflow:
    """Read what became of money that goes out, as told to the address that was drawn for it.

    Two kinds come there: the end of what was sent, and the answer to a look-up of it.

    Raises:
        Unreadable: it is neither, or about something else, or of another amount.
    """
    told = inner(wire.read_record(body, with_decimals=True), "Result")
    code = _code(told)
    facts: Record = {}
    if told.get("ResultParameters") is not None:
        facts = _named(inner(told, "ResultParameters"), "ResultParameter", name="Key")
    if "TransactionStatus" in facts:
        return _looked_up(told, facts, question, code=code, is_test=is_test)
    is_ours = text(told, "OriginatorConversationID", ID) in _ids(question)
    if code == DONE and (is_ours or not question.provider_ref):
        amount = "TransactionAmount" if "TransactionAmount" in facts else "Amount"
        return _moved(
            question,
            text(told, "TransactionID", RECEIPT),
            amount=_asked(facts, amount, question.asked),
            facts=facts,
            is_test=is_test,
        )
    if not is_ours:
        raise Unreadable("another conversation")
    if code == REVERSED_BEFORE and question.about is About.REFUND:
        return _moved(question, "", amount=question.asked, facts=facts, is_test=is_test)
    if code not in FAILURES:
        raise Unreadable("ResultCode")
    return Declined(error=FAILURES[code], detail=code)


def _looked_up(
    told: Record, facts: Record, question: Question, *, code: str, is_test: bool
) -> Outflow:
    """Read a transaction's status; the code beside it only says that the look-up worked."""
    if code != DONE or text(facts, "OriginatorConversationID", ID) not in _ids(question):
        raise Unreadable("another conversation")
    status = text(facts, "TransactionStatus", WORD)
    kind = TRANSACTIONS.get(status.partition(" ")[0])
    if kind is Moved:
        return _moved(
            question,
            text(facts, "ReceiptNo", RECEIPT),
            amount=_asked(facts, "Amount", question.asked),
            facts=facts,
            is_test=is_test,
        )
    if kind is Declined:
        return Declined(error=ProviderError.PROVIDER_ERROR, detail=status)
    if kind is not Pending:
        raise Unreadable("TransactionStatus")
    return Pending(provider_ref=question.provider_ref)


def _moved(
    question: Question, receipt: str, *, amount: Money, facts: Record, is_test: bool
) -> Moved:
    """Say that it went out. A payment is reversed once, so its receipt is the reversal's id."""
    is_reversal = question.about is About.REFUND
    if is_reversal and maybe(facts, "OriginalTransactionID", RECEIPT) not in {"", question.receipt}:
        raise Unreadable("another payment")
    named = ("TransactionCompletedDateTime", "TransCompletedTime", "FinalisedTime")
    return Moved(
        provider_id=question.receipt if is_reversal else receipt,
        reference=question.reference,
        amount=amount,
        is_test=is_test,
        moved_at=next((at for name in named if (at := _moment(facts, name))), None),
    )


def _ids(question: Question) -> set[str]:
    """Return what a conversation may be called: a payout to a phone goes by our reference."""
    return {question.provider_ref or question.reference}


def _not_paid(code: str, said: str) -> Outcome:
    if code in ONGOING or any(words in said.casefold() for words in ONGOING_WORDS):
        return Pending()
    if code not in DECLINES:
        return Unknown(error=ProviderError.PROVIDER_ERROR, detail=f"result {code}")
    return Declined(error=DECLINES[code], detail=code, is_final=code not in NOT_FINAL)


def _refusal(heard: Heard) -> Refused:
    try:
        record = heard.record()
        code, said = maybe(record, "errorCode", CODE), maybe(record, "errorMessage", LINE)
        is_theirs = bool(code) and bool(maybe(record, "requestId", LINE))
    except Unreadable:
        code, said, is_theirs = "", "", False
    words = next((each for each in TELLING if each in said.casefold()), "")
    is_key = code in STALE_TOKENS | BAD_KEYS or words == "credentials"
    error = ProviderError.AUTHENTICATION_ERROR if is_key else wire.refused(heard).error
    is_content = is_theirs and heard.status == _MALFORMED_STATUS and bool(MALFORMED.fullmatch(code))
    return Refused(
        error=ProviderError.INVALID_CARD if is_content and words == "phonenumber" else error,
        detail=f"HTTP {heard.status} {code} {words}".strip(),
        proves_nothing_was_made=is_content or (is_theirs and words == BUSY_PHONE),
    )


def _code(record: Record) -> str:
    """Return a result's code, which comes as a number or as text."""
    value = record.get("ResultCode")
    written = str(value) if type(value) in {int, str} else ""
    if not CODE.fullmatch(written):
        raise Unreadable("ResultCode")
    return written


def _named(record: Record, list_name: str, *, name: str) -> Record:
    """Read a list of names and values, of which a single one may stand alone."""
    value = record.get(list_name)
    listed = [value] if isinstance(value, dict) else value
    if not isinstance(listed, list) or len(listed) > _MOST_ITEMS:
        raise Unreadable(list_name)
    found: dict[str, object] = {}
    for each in listed:
        key = each.get(name) if isinstance(each, dict) else None
        if not isinstance(key, str) or key in found:
            raise Unreadable(list_name)
        found[key] = each.get("Value")
    return found


def _asked(facts: Record, name: str, asked: Money) -> Money:
    """Return the amount that was asked for, of which the answer must be."""
    if wire.major(facts, name, KES) != asked:
        raise Unreadable("another amount")
    return asked


def _moment(facts: Record, name: str) -> datetime | None:
    """Return a moment of Nairobi's clock; it decides nothing, so it may be unreadable."""
    value = facts.get(name)
    written = str(value) if isinstance(value, int | str | Decimal) else ""
    for shape in _MOMENTS:
        try:
            return datetime.strptime(written, shape).replace(tzinfo=NAIROBI)
        except ValueError:
            continue
    return None
