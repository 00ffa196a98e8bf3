"""What staff see of a tenant's money, and why a number is what it is. Pure."""

from collections.abc import Sequence

from core.domain.ledger import AccountKind, JournalKind
from core.domain.money import Money
from core.domain.tenants import TenantKind
from core.use_cases.reports import TenantReport
from core.use_cases.timeline import Explained
from handlers.chat import Button, Rows, Screen
from handlers.screens import doors
from handlers.screens.bills import summary
from handlers.screens.disputes import open_elsewhere
from handlers.screens.references import tail
from handlers.words import Html, Words, lines

PAGE = 5


def report(
    words: Words,
    view: TenantReport,
    *,
    may_see_bills: bool = True,
    deciders: Sequence[str] | None = None,
    moved: Sequence[Explained] = (),
) -> Screen:
    """Show a tenant's money as it stands; `deciders` of disputes are None for one of them."""
    wallet, sums = view.wallet, view.bills
    text = lines(
        words.t("<b>%(name)s</b> · report", name=view.tenant.name),
        words.t("Estate wallet %(balance)s", balance=words.money(wallet.balance))
        if view.tenant.kind is TenantKind.ESTATE
        else words.t("Organisation's wallet %(balance)s", balance=words.money(wallet.balance)),
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
        words.t("<b>Last moves</b>") if moved else "",
        *_moves(words, moved),
    )
    # A blank line before the moves: `lines` leaves empty ones out.
    html = Html(text.replace("\n<b>", "\n\n<b>"))
    rows = (*_receipts(words, moved), *_report_rows(words, may_see_bills=may_see_bills))
    return Screen(html=html, rows=rows)


def moves(
    words: Words, moved: Sequence[Explained], *, page: int, older: str, newer: str, name: str
) -> Screen:
    """Show a page of the tenant wallet's moves, newest first."""
    text = lines(
        words.t("<b>%(name)s</b> · moves of the wallet, page %(page)s", name=name, page=page),
        *_moves(words, moved),
    )
    turns = ((words.label("Newer"), newer), (words.label("Older"), older))
    pager = tuple(Button(label=label, data=data) for label, data in turns if data)
    back = (Button(label=words.label("Back"), data=doors.REPORT),)
    return Screen(html=text, rows=(*_receipts(words, moved), *((pager,) if pager else ()), back))


def why(words: Words, view: TenantReport, moved: Sequence[Explained]) -> Screen:
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
        *_moves(words, moved),
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
        JournalKind.REFUND: words.t("refund"),
        JournalKind.REFUND_RETURN: words.t("refund that came back"),
    }[kind]


def _moves(words: Words, moved: Sequence[Explained]) -> Sequence[Html]:
    return [_move(words, each) for each in moved] or [words.t("No moves yet.")]


def _receipts(words: Words, moved: Sequence[Explained]) -> Rows:
    """Return a button for each receipt, two in a row."""
    proofs = [each.receipt for each in moved if each.receipt is not None]
    buttons = [
        Button(
            label=words.label("Open %(number)s", number=proof.number),
            data=doors.receipt(proof.id),
        )
        for proof in dict.fromkeys(proofs)
    ]
    return tuple(tuple(buttons[i : i + 2]) for i in range(0, len(buttons), 2))


def whose(words: Words, moved: Explained) -> Html:
    """Return who paid, for which unit and bill, as far as there is any."""
    number = "" if moved.bill is None else moved.bill.number
    parts = [part for part in (moved.payer, moved.unit, number) if part]
    return words.t("%(parts)s", parts=" · ".join(parts)) if parts else Html("")


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


def _move(words: Words, moved: Explained) -> Html:
    entry = moved.entry
    what = kind_word(words, entry.kind)
    if entry.counter_kind is AccountKind.PROVIDER_FEES:
        what = kind_word(words, JournalKind.PROVIDER_FEE)
    about = whose(words, moved)
    if about:
        what = words.t("%(what)s · %(about)s", what=what, about=about)
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
