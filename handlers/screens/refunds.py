"""Refunds: how much, where to, why; how one stands; what its payer and the staff are told. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.domain.bills import Bill, Life
from core.domain.money import Money
from core.domain.refunds import GONE, Destination, Refund
from handlers.chat import Button, Rows, Screen
from handlers.screens import doors
from handlers.screens.claims import ClaimCard
from handlers.screens.claims import line as claim_line
from handlers.screens.claims import row as claim_row
from handlers.screens.home import home_row
from handlers.screens.payments import provider_name
from handlers.screens.refund_requests import RequestCard, beside
from handlers.screens.refund_requests import line as request_line
from handlers.screens.refund_requests import row as request_row
from handlers.screens.statuses import refund_line
from handlers.words import Html, Words, lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What staff are about to refund; `ways` are the destinations that are open.

    `is_whole_only`: the provider gives back all of it or nothing.
    """

    payment_id: int
    number: str
    payer: str
    paid: Money
    most: Money
    provider: str
    ways: tuple[Destination, ...]
    needs_consent: bool = True
    is_whole_only: bool = False
    request: RequestCard | None = None
    """What the payer has asked for and nobody has decided, where the refund does not follow it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundCard:
    """A refund for its reader; acts are data of one-use buttons, "" for what he may not do.

    `number` and `payer` are "" for money that fits no payment, and that nobody is known to own.
    """

    refund: Refund
    number: str
    payer: str
    asker: str
    provider: str
    reason: str = ""
    agree: str = ""
    refuse: str = ""
    cancel: str = ""
    is_payer: bool = False
    days: int | None = None
    """Within so many days the payer sees what went back by its provider, None: unknown."""
    bill: Bill | None = None
    """What was paid, where its reader may open it."""


def start(words: Words, asked: Asked) -> Screen:
    """Ask how much goes back."""
    text = lines(
        _head(words, asked),
        words.t("How much goes back? Nothing has moved yet."),
    )
    everything = Button(
        label=words.label("All: %(most)s", most=words.money(asked.most)), data="refunds:all"
    )
    part = Button(label=words.label("Part"), data="refunds:part")
    return Screen(html=text, rows=((everything, part), _leave(words)))


def ask_part(words: Words, asked: Asked) -> Screen:
    """Ask for the amount of a part."""
    text = lines(_head(words, asked), words.t("How much goes back? Write the amount."))
    return Screen(html=text, rows=(_leave(words),))


def ask_where(words: Words, asked: Asked, amount: Money) -> Screen:
    """Ask by which way it goes back."""
    text = lines(
        words.t(
            "<b>Refund %(amount)s to %(payer)s</b>", amount=words.money(amount), payer=asked.payer
        ),
        words.t("Where should it go? The wallet needs the payer's OK first."),
    )
    labels = {
        Destination.ORIGINAL: words.label("Back by %(provider)s", provider=asked.provider),
        Destination.WALLET: words.label("To the wallet"),
    }
    row = tuple(Button(label=labels[way], data=f"refunds:to:{way}") for way in asked.ways)
    return Screen(html=text, rows=(row, _leave(words)))


def ask_reason(words: Words, asked: Asked, amount: Money, way: Destination) -> Screen:
    """Ask why it goes back."""
    text = lines(
        words.t(
            "<b>Refund %(amount)s to %(payer)s</b>", amount=words.money(amount), payer=asked.payer
        ),
        _way_line(words, asked, way),
        words.t("Why? Your reason is kept with the books; the payer reads it."),
    )
    return Screen(html=text, rows=(_leave(words),))


def confirm(
    words: Words, asked: Asked, amount: Money, way: Destination, *, reason: str, act: str
) -> Screen:
    """Show what is about to happen."""
    text = lines(
        words.t(
            "<b>Refund %(amount)s to %(payer)s</b>", amount=words.money(amount), payer=asked.payer
        ),
        words.t("Of: %(number)s, paid %(paid)s", number=asked.number, paid=words.money(asked.paid)),
        _way_line(words, asked, way),
        words.t("Reason: %(reason)s", reason=reason),
        beside(words, asked.request, amount) if asked.request else "",
        words.t(
            "It is held on the organisation's wallet at once; once it is back, the bill asks for "
            "it again."
        ),
    )
    give = Button(label=words.label("Refund %(amount)s", amount=words.money(amount)), data=act)
    return Screen(html=text, rows=((give,), _leave(words)))


def card(words: Words, view: RefundCard) -> Screen:
    """Show a refund as it stands."""
    refund = view.refund
    text = lines(
        words.t("<b>Refund of %(number)s</b>", number=what_for(words, view.number)),
        refund_line(words, refund),
        again_line(words, view),
        _to_line(words, view),
        words.t("Asked by %(name)s", name=view.asker) if view.asker else "",
        words.t("Reason: %(reason)s", reason=view.reason) if view.reason else "",
        needs_line(words, view),
        words.t("Reference <code>%(reference)s</code>", reference=refund.reference),
    )
    rows = (*_acts(words, view), *again_row(words, view), *home_row(words))
    return Screen(html=text, rows=rows)


def listed(
    words: Words,
    found: Sequence[tuple[Refund, str]],
    claimed: Sequence[ClaimCard],
    asked: Sequence[RequestCard],
) -> Screen:
    """Show staff what payers ask back, the refunds under way, and the payments that banks claim."""
    text = lines(
        words.t("<b>Asked for, to be decided</b>") if asked else "",
        *(request_line(words, each) for each in asked),
        words.t("<b>Refunds under way</b>"),
        *(
            words.t(
                "%(number)s · %(state)s",
                number=what_for(words, number),
                state=refund_line(words, refund),
            )
            for refund, number in found
        ),
        "" if found else words.t("None."),
        words.t("<b>Claimed by banks</b>") if claimed else "",
        *(claim_line(words, each) for each in claimed),
    )
    rows: Rows = tuple(request_row(words, each) for each in asked)
    rows += tuple(
        (
            Button(
                label=words.label("%(number)s", number=what_for(words, number)),
                data=f"refunds:show:{refund.id}",
            ),
        )
        for refund, number in found
    )
    rows += tuple(claim_row(words, each) for each in claimed)
    back = Button(label=words.label("Back"), data=doors.DESK)
    return Screen(html=text, rows=(*rows, (back,)))


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDesk:
    """How many requests, refunds and banks' claims have no end yet."""

    asked: int = 0
    under_way: int = 0
    claimed: int = 0

    @property
    def all(self) -> int:
        """All of them."""
        return self.asked + self.under_way + self.claimed


def on_desk(words: Words, count: OnDesk) -> Html:
    """Say on the desk what of them there is, "" where there is nothing."""
    said = (
        words.n(
            "%(count)s request for money back waits for a decision.",
            "%(count)s requests for money back wait for a decision.",
            count.asked,
        )
        if count.asked
        else "",
        words.n(
            "%(count)s refund is under way.", "%(count)s refunds are under way.", count.under_way
        )
        if count.under_way
        else "",
        words.n(
            "%(count)s payment is claimed back by a bank.",
            "%(count)s payments are claimed back by banks.",
            count.claimed,
        )
        if count.claimed
        else "",
    )
    return lines(*said)


def desk_row(words: Words, count: int) -> Rows:
    """Return the desk's way to the refunds, none where there are none."""
    if not count:
        return ()
    label = words.label("Refunds %(count)s", count=count)
    return ((Button(label=label, data="refunds:list"),),)


def ask_consent(words: Words, view: RefundCard, *, payee: str) -> Screen:
    """Ask the payer whether a refund may go to his wallet."""
    text = lines(
        words.t(
            "↩️ %(payee)s wants to refund %(amount)s of %(number)s.",
            payee=payee,
            amount=words.money(view.refund.amount),
            number=view.number,
        ),
        words.t("Reason: %(reason)s", reason=view.reason) if view.reason else "",
        words.t("May it go to your wallet here? Otherwise ask for it by the way you paid."),
    )
    return Screen(html=text, rows=_acts(words, view), is_proof=True)


def _head(words: Words, asked: Asked) -> Html:
    return lines(
        words.t(
            "<b>Refund of %(number)s</b> · %(payer)s paid %(paid)s",
            number=asked.number,
            payer=asked.payer,
            paid=words.money(asked.paid),
        ),
        words.t("At most %(most)s may go back.", most=words.money(asked.most)),
    )


def _way_line(words: Words, asked: Asked, way: Destination) -> Html:
    if way is Destination.ORIGINAL:
        return words.t("To: by %(provider)s, as it was paid", provider=asked.provider)
    if not asked.needs_consent:
        return words.t("To: the wallet of %(payer)s, at once", payer=asked.payer)
    agreed = words.t("To: the wallet of %(payer)s, once he agrees", payer=asked.payer)
    if Destination.ORIGINAL in asked.ways or not asked.provider:
        return agreed
    why = words.t("%(provider)s gives nothing back by itself.", provider=asked.provider)
    if asked.is_whole_only:
        why = words.t("%(provider)s gives back all or nothing.", provider=asked.provider)
    return lines(agreed, why)


def what_for(words: Words, number: str) -> str:
    """Name what a refund is of, by its number if it has one."""
    return number or words.label("unmatched money")


def _to_line(words: Words, view: RefundCard) -> Html:
    if view.number:
        return words.t("To: %(payer)s", payer=view.payer)
    to = words.t("To: whoever paid it at %(provider)s", provider=view.provider)
    if not view.payer:
        return to
    return lines(to, words.t("The payment was asked for by %(payer)s.", payer=view.payer))


def needs_line(words: Words, view: RefundCard) -> Html:
    """Tell staff what a refund waits for."""
    if not view.refund.needs or view.is_payer:
        return Html("")
    return words.t(
        "👀 Needs you at %(provider)s: %(needs)s", provider=view.provider, needs=view.refund.needs
    )


def _asks_again(view: RefundCard) -> bool:
    bill = view.bill
    is_open = bill is not None and bill.life is Life.OPEN and bill.rest.is_positive
    return is_open and view.is_payer and view.refund.status in GONE


def again_line(words: Words, view: RefundCard) -> Html:
    """Tell the payer that what went back is owed again."""
    if view.bill is None or not _asks_again(view):
        return Html("")
    return words.t(
        "%(number)s asks for it again: %(rest)s is left to pay.",
        number=view.number,
        rest=words.money(view.bill.rest),
    )


def again_row(words: Words, view: RefundCard) -> Rows:
    """Lead the payer to the bill that asks for it again."""
    if view.bill is None or not _asks_again(view):
        return ()
    return ((Button(label=words.label("Open bill"), data=doors.bill(view.bill.id)),),)


def _acts(words: Words, view: RefundCard) -> Rows:
    offered = (
        (words.label("Yes, to my wallet"), view.agree),
        (words.label("No"), view.refuse),
        (words.label("Take back"), view.cancel),
    )
    row = tuple(Button(label=label, data=data) for label, data in offered if data)
    return (row,) if row else ()


def _leave(words: Words) -> tuple[Button, ...]:
    return (Button(label=words.label("Cancel"), data=doors.LEAVE),)


def name_of_provider(provider: str) -> str:
    """Return a provider's name for people, "" for none."""
    return provider_name(provider) if provider else ""
