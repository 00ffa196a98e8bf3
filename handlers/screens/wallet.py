"""A wallet as its owner sees it: the card, the history, where a number comes from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from core.domain.bills import Bill
from core.domain.ledger import Account, AccountKind, Entry, JournalKind
from core.domain.money import Money
from core.domain.tenants import Tenant
from core.domain.wallets import Wallet, WalletStatus
from handlers.chat import Button, Screen
from handlers.screens import doors
from handlers.screens.home import back_row
from handlers.words import Html, Words, lines

HISTORY: Final = "wallet:history"
TOKEN_TAIL: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One move: the entry, and the bill it is about where there is one."""

    entry: Entry
    bill: Bill | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletView:
    """A wallet with its account as it stands and its newest moves; `day` is today, local.

    `beside` is what its owner has here in other currencies.
    """

    tenant: Tenant
    wallet: Wallet
    account: Account
    moves: Sequence[Line]
    day: date
    beside: Sequence[Money] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """A page of moves, newest first, of `total` in the wallet; `which` is all, in or out.

    `newer` and `older` are cursors, None where the list ends; `number` 0 means not counted.
    """

    which: str
    moves: Sequence[Line]
    number: int
    pages: int
    newer: int | None
    older: int | None


def card(words: Words, view: WalletView) -> Screen:
    """Show what can be spent, what is held and the last moves."""
    account = view.account
    html = lines(
        words.t("<b>Your wallet</b> · %(tenant)s", tenant=view.tenant.name),
        *_figures(words, account),
        _beside(words, view),
        _state(words, view.wallet),
        words.t("<b>Last moves</b>") if view.moves else words.t("No moves yet."),
        *(_move(words, each) for each in view.moves),
    )
    rows = (
        (Button(label=words.label("Top up"), data=doors.TOP_UP),),
        (
            Button(label=words.label("History"), data=f"{HISTORY}:all"),
            Button(label=words.label("More"), data="wallet:more"),
        ),
        back_row(words),
    )
    return Screen(html=html, rows=rows)


def more(words: Words, view: WalletView, *, freeze: str, unfreeze: str) -> Screen:
    """Offer what is behind More; each argument is a button's data, "" for what is not offered."""
    about = Button(label=words.label("About this number"), data="wallet:why")
    acts = []
    if freeze:
        acts.append(Button(label=words.label("Freeze now"), data=freeze))
    if unfreeze:
        acts.append(Button(label=words.label("Unfreeze"), data=unfreeze))
    html = lines(
        words.t("<b>Your wallet</b> · %(tenant)s", tenant=view.tenant.name),
        _state(words, view.wallet) or words.t("It is active: money can come in and leave."),
        words.t(
            "Freezing stops every payment out of it at once; money can still come in. You lift "
            "your own freeze with your PIN, if you have one."
        ),
    )
    rows = (*((each,) for each in acts), (about,), back_row(words, doors.WALLET))
    return Screen(html=html, rows=rows)


def changed(words: Words, view: WalletView) -> Screen:
    """Confirm a freeze or its end."""
    html = words.t("✅ Your wallet is active again. Money can leave it.")
    if view.wallet.status is WalletStatus.FROZEN:
        html = words.t(
            "✅ Frozen. No money can leave your wallet; money can still come in. Nothing was moved."
        )
    rows = (
        (Button(label=words.label("Wallet"), data=doors.WALLET),),
        back_row(words, "wallet:more"),
    )
    return Screen(html=lines(html, *_figures(words, view.account)), rows=rows)


def history(words: Words, page: HistoryPage) -> Screen:
    """Show a page of moves under the filters."""
    place = _which(words, page.which)
    if page.number:
        place = words.t(
            "%(which)s · page %(number)s/%(pages)s",
            which=place,
            number=page.number,
            pages=page.pages,
        )
    html = lines(
        words.t("<b>Wallet history</b>"),
        place,
        *(_move(words, each) for each in page.moves),
        "" if page.moves else words.t("Nothing here."),
    )
    turn = []
    if page.newer is not None:
        data = f"{HISTORY}:{page.which}.{page.newer}"
        turn.append(Button(label=words.label("« Newer"), data=data))
    if page.older is not None:
        data = f"{HISTORY}:{page.which}.{page.older}"
        turn.append(Button(label=words.label("Older »"), data=data))
    chips = (
        Button(label=words.label("All"), data=f"{HISTORY}:all"),
        Button(label=words.label("In"), data=f"{HISTORY}:in"),
        Button(label=words.label("Out"), data=f"{HISTORY}:out"),
    )
    return Screen(
        html=html, rows=(chips, *((tuple(turn),) if turn else ()), back_row(words, doors.WALLET))
    )


def why(words: Words, view: WalletView) -> Screen:
    """Explain how the balance comes about, from the books."""
    account = view.account
    came_in = Money(account.credits_minor, account.currency)
    went_out = Money(-account.debits_minor, account.currency)
    html = lines(
        words.t("<b>Where this number comes from</b>"),
        words.t("Came in, in all: %(amount)s", amount=words.signed(came_in)),
        words.t("Went out, in all: %(amount)s", amount=words.signed(went_out)),
        words.t("Balance: %(amount)s", amount=words.money(account.balance)),
        words.t("Held for something open: %(amount)s", amount=words.money(account.held)),
        words.t("Available now: %(amount)s", amount=words.money(account.available)),
        words.n(
            "The books hold %(count)s move, numbered without a gap. The newest:",
            "The books hold %(count)s moves, numbered without a gap. The newest:",
            account.entry_seq,
        ),
        *(_step(words, each) for each in view.moves),
    )
    rows = (
        (Button(label=words.label("History"), data=f"{HISTORY}:all"),),
        back_row(words, "wallet:more"),
    )
    return Screen(html=html, rows=rows)


_BACK: Final = frozenset({JournalKind.BILL_RETURN, JournalKind.REFUND, JournalKind.REFUND_RETURN})


def about(words: Words, line: Line) -> Html:
    """Say in words what a move was for."""
    entry = line.entry
    if line.bill is not None:
        if entry.kind in _BACK and entry.amount.is_positive:
            return words.t("back from %(number)s", number=line.bill.number)
        if entry.counter_kind is AccountKind.PROVIDER_FEES:
            return words.t("provider's fee, %(number)s", number=line.bill.number)
        if not entry.amount.is_positive:
            title, number = line.bill.title, line.bill.number
            return words.t("%(title)s, %(number)s", title=title, number=number)
        return words.t("by link, for %(number)s", number=line.bill.number)
    return _plain(words, entry)


def _plain(words: Words, entry: Entry) -> Html:
    known = {
        JournalKind.TOP_UP: words.t("top-up"),
        JournalKind.SURPLUS: words.t("more than was asked, kept for you"),
        JournalKind.REVERSAL: words.t("correction"),
        JournalKind.BILL_RETURN: words.t("back from a bill"),
        JournalKind.PROVIDER_FEE: words.t("provider's fee"),
        JournalKind.REPAYMENT: words.t("repaid what was owed"),
        JournalKind.SUSPENSE: words.t("money found to be yours"),
        JournalKind.HOLD_POSTED: words.t("from an amount that was held"),
        JournalKind.REFUND: words.t("refund"),
        JournalKind.REFUND_RETURN: words.t("refund that came back"),
    }
    if entry.kind in known:
        return known[entry.kind]
    is_provider = entry.counter_kind is AccountKind.PROVIDER
    return words.t("by link") if is_provider else words.t("payment")


def _figures(words: Words, account: Account) -> list[Html]:
    available = words.t("Available %(amount)s", amount=words.money(account.available))
    if not account.held.is_positive:
        return [available]
    balance = words.t(
        "Balance %(balance)s · held %(held)s",
        balance=words.money(account.balance),
        held=words.money(account.held),
    )
    return [available, balance]


def _beside(words: Words, view: WalletView) -> Html:
    if not view.beside:
        return Html("")
    return words.t(
        "Kept for you beside it: %(amount)s. Bills here are in %(currency)s.",
        amount=words.amounts(view.beside),
        currency=view.wallet.currency,
    )


def _state(words: Words, wallet: Wallet) -> Html:
    match wallet.status:
        case WalletStatus.FROZEN:
            return words.t("❄️ Frozen: no money can leave it.")
        case WalletStatus.CLOSED:
            return words.t("Closed: nothing can be paid from it.")
        case WalletStatus.ACTIVE:
            return Html("")


def _which(words: Words, which: str) -> Html:
    match which:
        case "in":
            return words.t("Money in")
        case "out":
            return words.t("Money out")
        case _:
            return words.t("All moves")


def _move(words: Words, line: Line) -> Html:
    entry = line.entry
    return words.t(
        "%(amount)s · %(about)s\n    %(when)s · balance %(balance)s · TXN-…%(tail)s",
        amount=words.signed(entry.amount),
        about=about(words, line),
        when=words.when(entry.posted_at),
        balance=words.money(entry.balance_after),
        tail=entry.token[-TOKEN_TAIL:],
    )


def _step(words: Words, line: Line) -> Html:
    entry = line.entry
    return words.t(
        "No. %(seq)s: %(before)s %(amount)s = %(after)s · %(about)s",
        seq=entry.seq,
        before=words.money(entry.balance_after - entry.amount),
        amount=words.signed(entry.amount),
        after=words.money(entry.balance_after),
        about=about(words, line),
    )
