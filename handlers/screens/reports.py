"""What staff see of a tenant's money, and why a number is what it is. Pure."""

from collections.abc import Sequence

from core.domain.ledger import AccountKind, Entry, JournalKind
from core.domain.money import Money
from core.use_cases.reports import TenantReport
from handlers.chat import Button, Rows, Screen
from handlers.screens import doors
from handlers.screens.bills import summary
from handlers.screens.disputes import open_elsewhere
from handlers.screens.receipts import tail
from handlers.words import Html, Words, lines

PAGE = 5


def report(
    words: Words,
    view: TenantReport,
    *,
    may_see_bills: bool = True,
    deciders: Sequence[str] | None = None,
) -> Screen:
    """Show a tenant's money as it stands; `deciders` of disputes are None for one of them."""
    wallet, sums = view.wallet, view.bills
    text = lines(
        words.t("<b>%(name)s</b> · report", name=view.tenant.name),
        words.t("Wallet %(balance)s", balance=words.money(wallet.balance)),
        _held_line(words, view),
        words.t(
            "This month: in %(came)s · out %(went)s",
            came=words.money(view.came_in),
            went=words.money(view.went_out),
        ),
        words.t(
            "Collected on bills: %(amount)s",
            amount=words.money(Money(sums.collected_minor, sums.currency)),
        ),
        summary(words, sums),
        _disputes_line(words, view, deciders),
        *_asides(words, view),
        words.t("<b>Last moves</b>") if view.entries else "",
        *_moves(words, view.entries),
    )
    # A blank line before the moves: `lines` leaves empty ones out.
    html = Html(text.replace("\n<b>", "\n\n<b>"))
    return Screen(html=html, rows=_report_rows(words, may_see_bills=may_see_bills))


def moves(
    words: Words, entries: Sequence[Entry], *, page: int, older: str, newer: str, name: str
) -> Screen:
    """Show a page of the tenant wallet's moves, newest first."""
    text = lines(
        words.t("<b>%(name)s</b> · moves of the wallet, page %(page)s", name=name, page=page),
        *_moves(words, entries),
    )
    turns = ((words.label("Newer"), newer), (words.label("Older"), older))
    pager = tuple(Button(label=label, data=data) for label, data in turns if data)
    back = (Button(label=words.label("Back"), data=doors.REPORT),)
    return Screen(html=text, rows=(*((pager,) if pager else ()), back))


def why(words: Words, view: TenantReport) -> Screen:
    """Explain how the wallet's number comes about."""
    wallet = view.wallet
    text = lines(
        words.t("<b>Why %(balance)s?</b>", balance=words.money(wallet.balance)),
        words.t(
            "Everything that ever came in, %(credits)s, minus everything that went out, "
            "%(debits)s, is %(balance)s.",
            credits=words.money(Money(wallet.credits_minor, wallet.currency)),
            debits=words.money(Money(wallet.debits_minor, wallet.currency)),
            balance=words.money(wallet.balance),
        ),
        words.t(
            "%(held)s of it is held for what is under way, so %(available)s can be spent.",
            held=words.money(wallet.held),
            available=words.money(wallet.available),
        ),
        words.n(
            "It is the sum of %(count)s move; these are the last ones:",
            "It is the sum of %(count)s moves; these are the last ones:",
            wallet.entry_seq,
        ),
        *_moves(words, view.entries),
    )
    back = (Button(label=words.label("Back"), data=doors.REPORT),)
    return Screen(html=text, rows=(back,))


def kind_word(words: Words, kind: JournalKind) -> Html:
    """Return why money moved."""
    return {
        JournalKind.BILL_PAYMENT: words.t("bill paid from a wallet"),
        JournalKind.LINK_PAYMENT: words.t("bill paid by link"),
        JournalKind.TOP_UP: words.t("top-up"),
        JournalKind.SURPLUS: words.t("surplus kept"),
        JournalKind.SUSPENSE: words.t("unmatched money"),
        JournalKind.REVERSAL: words.t("reversal"),
        JournalKind.BILL_RETURN: words.t("given back for a bill"),
        JournalKind.PROVIDER_FEE: words.t("provider fee"),
        JournalKind.HOLD_POSTED: words.t("reserved money paid"),
        JournalKind.REPAYMENT: words.t("repayment"),
    }[kind]


def _moves(words: Words, entries: Sequence[Entry]) -> Sequence[Html]:
    return [_move(words, entry) for entry in entries] or [words.t("No moves yet.")]


def _disputes_line(words: Words, view: TenantReport, deciders: Sequence[str] | None) -> Html:
    if deciders is not None:
        return open_elsewhere(words, view.open_disputes, deciders)
    return words.t("Open disputes: %(count)s", count=view.open_disputes)


def _held_line(words: Words, view: TenantReport) -> Html:
    if not view.wallet.held.is_positive:
        return Html("")
    return words.t(
        "Held %(held)s · available %(available)s",
        held=words.money(view.wallet.held),
        available=words.money(view.wallet.available),
    )


def _asides(words: Words, view: TenantReport) -> Sequence[str]:
    """Return what lies beside the wallet, as far as there is any."""
    unmatched = words.amounts(view.suspense)
    return [
        words.t("Provider fees %(fees)s", fees=words.money(view.fees)) if view.fees.minor else "",
        words.t("Owed for fees %(owed)s", owed=words.money(view.owed)) if view.owed.minor else "",
        words.t("Unmatched %(sum)s", sum=unmatched) if unmatched else "",
    ]


def _move(words: Words, entry: Entry) -> Html:
    what = kind_word(words, entry.kind)
    if entry.counter_kind is AccountKind.PROVIDER_FEES:
        what = kind_word(words, JournalKind.PROVIDER_FEE)
    return words.t(
        "%(amount)s · %(what)s\n    %(when)s · balance %(balance)s · %(token)s",
        when=words.when(entry.posted_at),
        amount=words.signed(entry.amount),
        what=what,
        balance=words.money(entry.balance_after),
        token=tail(entry.token),
    )


def _report_rows(words: Words, *, may_see_bills: bool) -> Rows:
    ends = [Button(label=words.label("Back"), data=doors.MENU)]
    if may_see_bills:
        ends.insert(0, Button(label=words.label("All bills"), data="bills:list:e.a.1.0"))
    return (
        (
            Button(label=words.label("Show moves"), data="report:moves"),
            Button(label=words.label("Why this number"), data="report:why"),
        ),
        tuple(ends),
    )
