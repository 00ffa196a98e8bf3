"""Home: the card by role, what newcomers see, and the small answers that lead back to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from core.domain.bills import BillSums
from core.domain.money import Money
from core.domain.people import Scope
from core.domain.tenants import Tenant, TenantId, TenantKind, TenantStatus
from handlers.chat import Button, Rows, Screen
from handlers.screens import doors
from handlers.words import Html, Words, lines

PEOPLE: Final = "people:list"
SETTINGS: Final = "settings:card"
HELP: Final = "help:card"


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """The organisation's money now: its wallet, what came in today, what waits, who is late."""

    balance: Money
    came_in: Money
    unmatched: tuple[Money, ...]
    bills: BillSums


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeView:
    """What the home card shows; `sums` are the person's own bills.

    `waiting` counts open disputes, `asked` requests for money back, of what he may decide. `other`
    counts further tenants of the person.
    """

    tenant: Tenant
    units: tuple[str, ...]
    available: Money
    is_frozen: bool
    sums: BillSums
    today: date
    scopes: frozenset[Scope]
    waiting: int = 0
    asked: int = 0
    other: int = 0
    books: Books | None = None
    """The organisation's money, for who keeps it."""

    @property
    def on_desk(self) -> int:
        """How much waits for the person's decision."""
        return self.waiting + self.asked


def card(words: Words, view: HomeView, *, note: str = "") -> Screen:
    """Show where the person stands; `note` is a finished line on top."""
    if view.books is not None:
        return _of_books(words, view, view.books, note)
    first = [
        _bills_button(words, view.sums),
        Button(label=words.label("Wallet"), data=doors.WALLET),
    ]
    second = [Button(label=words.label("More"), data="home:more")]
    if Scope.BILLS_DISPUTE_RESOLVE in view.scopes:
        second.insert(0, _counted(words, words.label("Desk"), view.on_desk, doors.DESK))
    rows: Rows = (tuple(first), tuple(second))
    is_keeper = Scope.SETTINGS_PROVIDERS in view.scopes
    if is_keeper:
        rows = ((Button(label=words.label("Payment providers"), data=doors.PROVIDERS),), *rows)
    if view.other:
        rows += ((Button(label=words.label("Switch organisation"), data="home:tenants"),),)
    html = lines(
        note,
        _title(words, view),
        words.t("Your role: Provider keys. You set up how people pay here.") if is_keeper else "",
        _wallet_line(words, view),
        *_bill_lines(words, view),
        _waiting_line(words, view),
    )
    return Screen(html=html, rows=rows)


def _of_books(words: Words, view: HomeView, books: Books, note: str) -> Screen:
    """Show whoever keeps the money first how it stands, then what is his own."""
    late = books.bills
    owes = words.t("Nobody is late.")
    if late.overdue:
        amount = words.money(Money(late.overdue_minor, late.currency))
        owes = words.n(
            "Late: %(count)s bill, %(amount)s",
            "Late: %(count)s bills, %(amount)s",
            late.overdue,
            amount=amount,
        )
    html = lines(
        note,
        _title(words, view),
        words.t(
            "Estate wallet %(balance)s · in today %(came)s",
            balance=words.money(books.balance),
            came=words.money(books.came_in),
        )
        if view.tenant.kind is TenantKind.ESTATE
        else words.t(
            "Organisation's wallet %(balance)s · in today %(came)s",
            balance=words.money(books.balance),
            came=words.money(books.came_in),
        ),
        owes,
        _waits(words, view, books),
        words.t("Your own wallet: %(amount)s", amount=words.money(view.available)),
        *(_bill_lines(words, view) if view.sums.open else ()),
    )
    rows: Rows = (
        (
            Button(label=words.label("Report"), data=doors.REPORT),
            _counted(words, words.label("Desk"), view.on_desk, doors.DESK),
        ),
        (_counted(words, words.label("Who owes"), late.overdue, _who_owes(late)),),
        (
            _counted(words, words.label("My bills"), view.sums.open, f"{doors.BILLS}:o.a.1.0"),
            Button(label=words.label("My wallet"), data=doors.WALLET),
            Button(label=words.label("More"), data="home:more"),
        ),
    )
    if view.other:
        rows += ((Button(label=words.label("Switch organisation"), data="home:tenants"),),)
    return Screen(html=html, rows=rows)


def _who_owes(late: BillSums) -> str:
    return f"{doors.BILLS}:e.o.1.0" if late.overdue else f"{doors.BILLS}:e.a.1.0"


def _waits(words: Words, view: HomeView, books: Books) -> Html:
    unmatched = words.amounts(books.unmatched)
    if unmatched:
        return words.t("Waiting for you: %(sum)s that fits no payment", sum=unmatched)
    return _waiting_line(words, view) or words.t("Nothing waits for you.")


def more(words: Words, scopes: frozenset[Scope], *, has_other: bool) -> Screen:
    """Show every other place, as far as the roles reach."""
    staff = (
        (Scope.REPORTS_VIEW, words.label("Report"), doors.REPORT),
        (Scope.BILLS_MANAGE, words.label("New bill"), doors.NEW_BILL),
        (Scope.MEMBERS_MANAGE, words.label("People"), PEOPLE),
        (Scope.SETTINGS_PROVIDERS, words.label("Payment providers"), doors.PROVIDERS),
    )
    places = [(label, data) for scope, label, data in staff if scope in scopes]
    places += [(words.label("Settings"), SETTINGS), (words.label("Help"), HELP)]
    if has_other:
        places.append((words.label("Switch organisation"), "home:tenants"))
    buttons = [Button(label=label, data=data) for label, data in places]
    pairs = tuple(tuple(buttons[i : i + 2]) for i in range(0, len(buttons), 2))
    return Screen(html=words.t("<b>More</b>"), rows=(*pairs, back_row(words)))


def tenants(words: Words, mine: Sequence[Tenant], current: TenantId) -> Screen:
    """Let a person of several tenants choose whose screens to see."""
    rows = tuple(
        (Button(label=_tenant_label(words, each, current), data=f"home:choose:{each.id}"),)
        for each in mine[:10]
    )
    html = lines(
        words.t("<b>Your organisations</b>"),
        words.t("Each has its own wallet and bills. Choose the one you want to see."),
    )
    return Screen(html=html, rows=(*rows, back_row(words)))


def newcomer(words: Words) -> Screen:
    """Tell somebody without a tenant what this is and how to get in."""
    html = lines(
        words.t("<b>Welcome to Hazina</b>"),
        words.t("Here people of an estate, a shop or a community see their bills and pay them."),
        words.t(
            "You do not belong to one yet. Ask your administrator for an invitation link and "
            "open it on this phone: it takes you in."
        ),
    )
    return Screen(html=html, rows=((Button(label=words.label("Help"), data=HELP),),))


def expired(words: Words) -> Screen:
    """Say that a dialogue was dropped because it took too long."""
    html = words.t(
        "That was left for more than 15 minutes, so I dropped it. Nothing was sent and no money "
        "moved."
    )
    return Screen(html=html, rows=home_row(words))


def unknown_command(words: Words, command: str) -> Screen:
    """Answer a command we do not have."""
    html = words.t("I do not know /%(command)s. /help lists what I can do.", command=command)
    return Screen(html=html, rows=home_row(words))


def unclear(words: Words) -> Html:
    """Say that words were not understood, above the home card."""
    return words.t("I did not understand that. Press a button, or see /help. No money moved.")


def in_group(words: Words, bot_username: str) -> Screen:
    """Answer a command in a group: nothing of anybody's money is shown there."""
    html = words.t("Money matters stay between us. I answer you privately.")
    return Screen(html=html, rows=_private_row(words, bot_username))


def anonymous(words: Words, bot_username: str) -> Screen:
    """Answer somebody whose account is hidden: there is no knowing who it is."""
    html = words.t("I cannot see who you are here. Write to me in the private chat, please.")
    return Screen(html=html, rows=_private_row(words, bot_username))


def money_stopped(words: Words, reason: str) -> Screen:
    """Tell an operator that the books are being checked and why."""
    text = lines(
        words.t("⛔ Money is stopped: a promise of the books does not hold."),
        words.t("Reason: %(reason)s", reason=reason),
        words.t("People can look, nothing moves. Run the doctor, mend, then release."),
    )
    return Screen(html=text)


def apology(words: Words, reference: str) -> Screen:
    """Admit a failure of ours; what was tried was undone."""
    html = lines(
        words.t("⚠️ That did not work: a fault of ours, not yours."),
        words.t("What you tried was undone and no money moved. Please try it once more."),
        words.t(
            "If it fails again, tell your administrator the reference %(reference)s.",
            reference=Html(f"<code>{reference}</code>"),
        ),
    )
    return Screen(html=html, rows=home_row(words))


def dropped(words: Words, step: str) -> Html:
    """Say what was dropped when a dialogue was left; `step` is the step that was waited for."""
    capability = step.partition(".")[0]
    known = {
        "bills": words.t("Dropped: the change. The bill is as it was."),
        "newbill": words.t("Dropped: the new bill. Nobody was asked for money."),
        "dispute": words.t("Dropped: the dispute. The bill is as it was."),
        "refunds": words.t("Dropped: the refund. No money moved."),
        "requests": words.t("Dropped: your words. Nobody was told, and no money moved."),
        "differences": words.t("Dropped: your reason. The difference is still open."),
        "claims": words.t("Dropped: your words. The chargeback is as it was."),
        "unmatched": words.t("Dropped: the unmatched money. It is kept apart as before."),
        "sendback": words.t("Dropped: the refund. The money is kept apart as before."),
        "disputes": words.t("Dropped: your answer. The dispute is as it was."),
        "payments": words.t("Dropped: the payment. No money moved."),
        "topups": words.t("Dropped: the top-up. No money moved."),
        "pin": words.t("Dropped: the PIN. Nothing was changed and no money moved."),
        "people": words.t("Dropped: the invitation. No link was made."),
        "settings": words.t("Dropped: the setting. It is as it was."),
        "methods": words.t("Dropped: the name. It is as it was, and no money moved."),
        "providers": words.t("Dropped: the provider's keys. None of them was kept."),
        "start": words.t("Dropped: joining. Open the invitation link again when you are ready."),
    }
    return known.get(capability) or words.t(
        "Dropped what you had begun. Nothing was sent and no money moved."
    )


def undeleted(words: Words) -> Screen:
    """Say that a message could not be deleted, and ask its writer to do it."""
    html = words.t(
        "⚠️ I could not delete your message. If it held a PIN or a key, delete it yourself: hold "
        "it, then Delete."
    )
    return Screen(html=html, rows=home_row(words))


def home_row(words: Words) -> Rows:
    """Return the one row that leads home."""
    return ((Button(label=words.label("Back to home"), data=doors.MENU),),)


def back_row(words: Words, data: str = doors.MENU) -> tuple[Button, ...]:
    """Return the row that leads one screen back."""
    return (Button(label=words.label("Back"), data=data),)


def _private_row(words: Words, bot_username: str) -> Rows:
    url = f"https://t.me/{bot_username}?start=menu"
    return ((Button(label=words.label("Open the private chat"), url=url),),)


def _tenant_label(words: Words, tenant: Tenant, current: TenantId) -> str:
    if tenant.id == current:
        return words.label("%(name)s (shown now)", name=tenant.name)
    return tenant.name


def _title(words: Words, view: HomeView) -> Html:
    title = words.t("<b>%(tenant)s</b>", tenant=view.tenant.name)
    if view.units:
        units = ", ".join(view.units)
        title = words.t("<b>%(tenant)s</b> · %(units)s", tenant=view.tenant.name, units=units)
    if view.tenant.status is TenantStatus.ACTIVE:
        return title
    return lines(title, words.t("This organisation is suspended: nothing can be paid now."))


def _wallet_line(words: Words, view: HomeView) -> Html:
    amount = words.money(view.available)
    if view.is_frozen:
        return words.t("Wallet %(amount)s · frozen: no money can leave it", amount=amount)
    return words.t("Wallet %(amount)s", amount=amount)


def _bill_lines(words: Words, view: HomeView) -> list[Html]:
    sums = view.sums
    parts = []
    if sums.review:
        parts.append(words.t("To review %(count)s", count=sums.review))
    if sums.pay:
        amount = words.money(Money(sums.pay_minor, sums.currency))
        parts.append(words.t("To pay %(count)s (%(amount)s)", count=sums.pay, amount=amount))
    if sums.overdue:
        amount = words.money(Money(sums.overdue_minor, sums.currency))
        parts.append(words.t("Overdue %(count)s (%(amount)s)", count=sums.overdue, amount=amount))
    if sums.disputed:
        parts.append(words.t("Disputed %(count)s", count=sums.disputed))
    if not parts:
        return [words.t("No open bills.")]
    summary = Html(" · ".join(parts))
    if sums.next_due is None:
        return [summary]
    day = words.day(sums.next_due.due_on, today=view.today)
    return [summary, words.t("Next: %(title)s, %(day)s", title=sums.next_due.title, day=day)]


def _waiting_line(words: Words, view: HomeView) -> Html:
    disputes = words.n("%(count)s dispute", "%(count)s disputes", view.waiting)
    asked = words.n(
        "%(count)s request for money back", "%(count)s requests for money back", view.asked
    )
    found = [said for said, count in ((disputes, view.waiting), (asked, view.asked)) if count]
    if not found:
        return Html("")
    return words.t("Waiting for you: %(what)s", what=Html(" · ".join(found)))


def _bills_button(words: Words, sums: BillSums) -> Button:
    return _counted(words, words.label("Bills"), sums.open, doors.BILLS)


def _counted(words: Words, label: str, count: int, data: str) -> Button:
    if not count:
        return Button(label=label, data=data)
    return Button(label=words.label("%(label)s %(count)s", label=label, count=count), data=data)
