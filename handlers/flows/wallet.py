"""The wallet: what is in it, its history, freezing it."""

from dataclasses import replace
from typing import Final

from core.domain.bills import BillId
from core.domain.calendar import local_date
from core.domain.ledger import AccountId, Entry
from core.domain.wallets import Wallet, WalletStatus
from core.ports import Transaction
from core.use_cases.timeline import payment_of
from core.use_cases.wallets import (
    beside_it,
    freeze_wallet,
    open_wallet,
    unfreeze_wallet,
    wallet_account,
)
from handlers import parsing
from handlers.chat import Reply, Screen, Show
from handlers.screens import wallet as screens
from handlers.visit import IntentRoute, Routes, Visit, offer

PAGE: Final = 5
LAST_MOVES: Final = 3
WINDOW: Final = 50
WINDOWS: Final = 10
"""A filtered page looks through at most this many windows of entries."""


def show(tx: Transaction, visit: Visit) -> Reply:
    """Show the wallet as a new message."""
    return replace(card(tx, visit), show=Show.SEND)


def card(tx: Transaction, visit: Visit) -> Reply:
    """Show the wallet in place."""
    view = _view(tx, visit, moves=LAST_MOVES)
    return Reply(screen=screens.card(visit.words, view), ends_dialogue=True)


def more(tx: Transaction, visit: Visit) -> Reply:
    """Offer to freeze or unfreeze, and the explanation of the number."""
    view = _view(tx, visit, moves=0)
    wallet = view.wallet
    may_lift = wallet.status is WalletStatus.FROZEN and wallet.frozen_by == visit.person.id
    is_active = wallet.status is WalletStatus.ACTIVE
    freeze = offer(tx, visit, "wallet.freeze", wallet=wallet.id) if is_active else ""
    unfreeze = offer(tx, visit, "wallet.unfreeze", wallet=wallet.id) if may_lift else ""
    screen = screens.more(visit.words, view, freeze=freeze, unfreeze=unfreeze)
    return Reply(screen=screen)


def freeze(tx: Transaction, visit: Visit) -> Reply:
    """Block the person's own wallet at once, without a PIN.

    Raises:
        IllegalTransition: it is not active.
    """
    _, actor = visit.here
    freeze_wallet(tx, actor=actor, wallet_id=_wallet(tx, visit).id)
    return Reply(screen=_changed(tx, visit))


def unfreeze(tx: Transaction, visit: Visit) -> Reply:
    """Lift the person's own freeze, after the PIN where there is one.

    Raises:
        NotAllowed: somebody else froze it.
        IllegalTransition: it is not frozen.
    """
    _, actor = visit.here
    unfreeze_wallet(tx, actor=actor, wallet_id=_wallet(tx, visit).id)
    return Reply(screen=_changed(tx, visit))


def why(tx: Transaction, visit: Visit) -> Reply:
    """Explain the balance."""
    return Reply(screen=screens.why(visit.words, _view(tx, visit, moves=PAGE)))


def history(tx: Transaction, visit: Visit) -> Reply:
    """Show a page of moves; `argument` is `<all, in or out>.<cursor>`, the newest without one."""
    which, _, cursor = visit.argument.partition(".")
    which = which if which in {"in", "out"} else "all"
    before = parsing.ident(cursor) or None
    account = wallet_account(tx, wallet=_wallet(tx, visit))
    if which == "all":
        page = _page_of_all(tx, account.id, total=account.entry_seq, before=before)
    else:
        if before is not None:
            before = min(before, account.entry_seq + 1)
        page = _page_of_some(tx, account.id, which=which, before=before)
    return Reply(screen=screens.history(visit.words, page))


def _wallet(tx: Transaction, visit: Visit) -> Wallet:
    tenant, actor = visit.here
    return open_wallet(tx, tenant_id=tenant.id, owner_id=actor.person_id, currency=tenant.currency)


def _view(tx: Transaction, visit: Visit, *, moves: int) -> screens.WalletView:
    tenant, _ = visit.here
    wallet = _wallet(tx, visit)
    entries = tx.ledger.entries(wallet.account_id, before_seq=None, limit=moves) if moves else ()
    return screens.WalletView(
        tenant=tenant,
        wallet=wallet,
        account=wallet_account(tx, wallet=wallet),
        moves=[_line(tx, entry) for entry in entries],
        day=local_date(tx.now, tenant.timezone),
        beside=beside_it(tx, wallet=wallet),
    )


def _changed(tx: Transaction, visit: Visit) -> Screen:
    return screens.changed(visit.words, _view(tx, visit, moves=0))


def _line(tx: Transaction, entry: Entry) -> screens.Line:
    """Look up the bill a move is about: directly, or through its payment."""
    bill_id: BillId | None = None
    if entry.subject.kind == "bill":
        bill_id = BillId(entry.subject.id)
    elif payment_id := payment_of(tx, subject=entry.subject):
        bill_id = tx.payments.get(payment_id).bill_id
    return screens.Line(entry=entry, bill=None if bill_id is None else tx.bills.get(bill_id))


def _page_of_all(
    tx: Transaction, account_id: AccountId, *, total: int, before: int | None
) -> screens.HistoryPage:
    """Page by sequence numbers, which have no gap: every page has its place."""
    top = total if before is None else min(before - 1, total)
    entries = tx.ledger.entries(account_id, before_seq=top + 1, limit=PAGE)
    return screens.HistoryPage(
        which="all",
        moves=[_line(tx, entry) for entry in entries],
        number=(total - top) // PAGE + 1 if total else 0,
        pages=max(1, -(-total // PAGE)),
        newer=min(total + 1, top + 1 + PAGE) if top < total else None,
        older=top - PAGE + 1 if top > PAGE else None,
    )


def _page_of_some(
    tx: Transaction, account_id: AccountId, *, which: str, before: int | None
) -> screens.HistoryPage:
    """Look for the next moves of one direction, a bounded way down."""
    found: list[Entry] = []
    cursor, is_over = before, False
    for _ in range(WINDOWS):
        window = tx.ledger.entries(account_id, before_seq=cursor, limit=WINDOW)
        found += [entry for entry in window if entry.amount.is_positive == (which == "in")]
        is_over = len(window) < WINDOW
        if is_over or len(found) > PAGE:
            break
        cursor = window[-1].seq
    shown = found[:PAGE]
    older = shown[-1].seq if len(found) > PAGE else (None if is_over else cursor)
    return screens.HistoryPage(
        which=which,
        moves=[_line(tx, entry) for entry in shown],
        number=0,
        pages=0,
        newer=None if before is None else _newer(tx, account_id, which=which, before=before),
        older=older,
    )


def _newer(tx: Transaction, account_id: AccountId, *, which: str, before: int) -> int:
    """Return the cursor of the page above: five moves of this direction further up."""
    above: list[int] = []
    top = before
    for _ in range(WINDOWS):
        window = tx.ledger.entries(account_id, before_seq=top + WINDOW, limit=WINDOW)
        fresh = [entry for entry in reversed(window) if entry.seq >= top]
        above += [entry.seq for entry in fresh if entry.amount.is_positive == (which == "in")]
        if not fresh or len(above) >= PAGE:
            break
        top = fresh[-1].seq + 1
    return above[PAGE - 1] + 1 if len(above) >= PAGE else top


ROUTES: Final = Routes(
    name="wallet",
    commands={"wallet": show},
    aliases={"balance": show, "history": history, "freeze": more},
    presses={"card": card, "more": more, "why": why, "history": history},
    intents={
        "wallet.freeze": IntentRoute(flow=freeze),
        "wallet.unfreeze": IntentRoute(flow=unfreeze, needs_pin=True),
    },
)
