"""What the screens of people look like, word for word."""

from datetime import UTC, date, datetime

import pytest

from core.domain.bills import BillSums
from core.domain.dialogues import Pad, PadId, PadUse
from core.domain.money import Money
from core.domain.people import MembershipStatus, PersonId, Role, Scope
from core.domain.tenants import Tenant, TenantId, TenantKind
from handlers.adapter import to_calls
from handlers.chat import Screen, Show
from handlers.commands import commands_for, for_everybody, for_groups
from handlers.screens import help as help_screens
from handlers.screens import home, joining, people, pins, settings, topups
from handlers.words import PSEUDO, Words
from tests.factories import NGN, naira
from tests.handlers.chatting import plain

WORDS = Words(timezone="Africa/Lagos")
ESTATE = Tenant(
    id=TenantId(5),
    kind=TenantKind.ESTATE,
    name="Palm <Court>",
    currency=NGN,
    country="NG",
    timezone="Africa/Lagos",
)
PAD = Pad(
    id=PadId(7),
    person_id=PersonId(1),
    chat_id=1,
    use=PadUse.CHECK,
    slots="5039817264",
    expires_at=datetime(2026, 3, 2, tzinfo=UTC),
    digits="25",
)


def view(**changes: object) -> home.HomeView:
    """Return a home card's content."""
    known: dict[str, object] = {
        "tenant": ESTATE,
        "units": ("A-14", "B-2"),
        "available": naira(2_000_000),
        "is_frozen": False,
        "sums": BillSums(
            currency=NGN,
            review=1,
            pay=2,
            pay_minor=1_250_000,
            overdue=1,
            overdue_minor=500_000,
            disputed=1,
        ),
        "today": date(2026, 3, 2),
        "scopes": frozenset(),
    }
    return home.HomeView(**{**known, **changes})  # type: ignore[arg-type]


def labels(screen: Screen) -> list[list[str]]:
    """Return the labels of a screen's buttons."""
    return [[button.label for button in row] for row in screen.rows]


def test_home_of_a_resident() -> None:
    screen = home.card(WORDS, view())
    assert plain(screen).splitlines() == [
        "Palm <Court> · A-14, B-2",
        "Wallet 20,000.00 NGN",
        "To review 1 · To pay 2 (12,500.00 NGN) · Overdue 1 (5,000.00 NGN) · Disputed 1",
    ]
    assert labels(screen) == [["Bills 4", "Wallet"], ["More"]]
    assert "<Court>" not in screen.html


def test_home_of_staff_with_work_waiting() -> None:
    scopes = frozenset({Scope.BILLS_DISPUTE_RESOLVE})
    screen = home.card(
        WORDS, view(units=(), sums=BillSums(currency=NGN), scopes=scopes, waiting=2, other=1)
    )
    assert plain(screen).splitlines() == [
        "Palm <Court>",
        "Wallet 20,000.00 NGN",
        "No open bills.",
        "Waiting for you: 2 disputes",
    ]
    assert labels(screen) == [["Bills", "Wallet"], ["Desk 2", "More"], ["Switch organisation"]]


def test_home_counts_requests_for_money_back_with_the_disputes() -> None:
    scopes = frozenset({Scope.BILLS_DISPUTE_RESOLVE, Scope.REFUND_REQUEST})
    screen = home.card(WORDS, view(scopes=scopes, waiting=1, asked=2))
    assert (
        plain(screen).splitlines()[-1] == "Waiting for you: 1 dispute · 2 requests for money back"
    )
    assert labels(screen)[1] == ["Desk 3", "More"]


def test_home_with_a_frozen_wallet() -> None:
    assert "frozen: no money can leave it" in plain(home.card(WORDS, view(is_frozen=True)))


def test_a_pad_hides_what_was_entered() -> None:
    screen = pins.pad(
        WORDS, PAD, guarded=pins.Guarded(verb="bill.pay", number="BILL-1", amount=naira(500_000))
    )
    assert plain(screen).splitlines() == [
        "🔒 Enter your PIN",
        "It pays 5,000.00 NGN for BILL-1 from your wallet. Nothing has been paid yet.",
        "PIN: ● ● ○ ○",
        "Press the digits, then OK. The pad closes after two minutes.",
    ]
    assert labels(screen) == [
        ["5", "0", "3"],
        ["9", "8", "1"],
        ["7", "2", "6"],
        ["⌫ Delete", "4", "OK"],
        ["Cancel"],
    ]
    assert screen.rows[0][1].data == "k:p:7:1"
    assert all("25" not in button.data for row in screen.rows for button in row)


def test_an_invitation_is_shown_to_be_passed_on() -> None:
    invited = people.Invited(
        tenant=ESTATE,
        role=Role.RESIDENT,
        unit="A-14",
        phone=people.masked("+2348030000001"),
        link="https://t.me/bot?start=i_abc",
        expires_at=datetime(2026, 3, 9, 9, tzinfo=UTC),
    )
    screen = people.invited(WORDS, invited)
    assert plain(screen).splitlines() == [
        "✅ Invitation to Palm <Court>",
        "Role: Resident · unit A-14",
        "Only for the phone ••0001.",
        "Works once, until Mon 9 Mar 2026, 10:00.",
        "https://t.me/bot?start=i_abc",
    ]
    assert screen.rows[0][0].copy == "https://t.me/bot?start=i_abc"


def test_a_suspended_member_is_marked() -> None:
    line = people.Line(
        membership_id=1,
        name="Ada",
        unit="",
        roles=frozenset({Role.RESIDENT}),
        status=MembershipStatus.SUSPENDED,
    )
    page = people.Page(lines=[line], number=1, pages=1, total=1, before=None, after=None)
    assert "• Ada · Resident (suspended)" in plain(people.members(WORDS, ESTATE, page))


def test_a_typed_top_up_is_shown_back() -> None:
    screen = topups.choose(
        WORDS, ESTATE, amount=naira(250_000), available=naira(0), ways=[("paystack", "i:x")]
    )
    assert plain(screen).splitlines() == [
        "Top up 2,500.00 NGN",
        "Into your wallet at Palm <Court>",
        "Available now: 0.00 NGN",
        "The provider's fee is taken from what you pay; the receipt shows it.",
        "Nothing is taken before you pay on the page.",
    ]
    assert labels(screen) == [["Pay 2,500.00\u00a0NGN by Paystack"], ["Change", "Cancel"]]


@pytest.mark.parametrize(
    ("reaching", "said"),
    [
        ({"paystack": False}, ["You pay it by link, on the provider's page."]),
        ({"mpesa": True}, ["M-Pesa asks for your PIN on your phone."]),
        (
            {"mpesa": True, "paystack": False},
            [
                "M-Pesa asks for your PIN on your phone.",
                "You pay it by link, on the provider's page.",
            ],
        ),
    ],
)
def test_a_top_up_says_what_will_happen(reaching: dict[str, bool], said: list[str]) -> None:
    screen = topups.amounts(WORDS, ESTATE, available=naira(0), chips=[], reaching=reaching)
    told = plain(screen).splitlines()
    begins = told.index("How much do you want to add?") + 1
    assert told[begins : begins + len(said) + 1] == [*said, told[-2]]


def test_a_top_up_by_phone_is_not_called_a_link() -> None:
    ways = [("mpesa", "i:x"), ("paystack", "i:y")]
    screen = topups.choose(
        WORDS, ESTATE, amount=naira(100), available=naira(0), ways=ways, phones={"mpesa"}
    )
    assert labels(screen)[:2] == [
        ["Pay 1.00\u00a0NGN by M-Pesa"],
        ["Pay 1.00\u00a0NGN by Paystack"],
    ]
    assert "before you pay on the page, or enter your PIN on your phone." in plain(screen)
    alone = topups.choose(
        WORDS, ESTATE, amount=naira(100), available=naira(0), ways=ways[:1], phones={"mpesa"}
    )
    assert "Nothing is taken before you enter your PIN on your phone." in plain(alone)


@pytest.mark.parametrize("role", Role)
def test_every_role_has_a_name(role: Role) -> None:
    assert people.role_word(WORDS, role)


@pytest.mark.parametrize("use", PadUse)
def test_every_pad_says_what_it_is_for(use: PadUse) -> None:
    assert pins.pad(WORDS, PAD).html
    assert pins.checking(WORDS, use, waits="k:w:x").html
    assert "no money moved" in pins.left(WORDS, PadUse.CHECK, again="").html


def test_commands_grow_with_the_role() -> None:
    everybody = [command for command, _ in for_everybody(WORDS)]
    assert everybody == ["menu", "bills", "pay", "wallet", "settings", "help"]
    assert [command for command, _ in commands_for(frozenset(), WORDS)] == everybody
    staff = frozenset(Scope)
    more = [command for command, _ in commands_for(staff, WORDS)][len(everybody) :]
    assert more == ["desk", "report", "newbill", "people", "providers"]
    assert [command for command, _ in for_groups(WORDS)] == ["help"]


def test_help_lists_only_what_the_role_may() -> None:
    assert "/newbill" not in plain(help_screens.card(WORDS, frozenset()))
    assert "/newbill" in plain(help_screens.card(WORDS, frozenset({Scope.BILLS_MANAGE})))


def every_screen(words: Words) -> list[Screen]:
    """Return one of each screen that needs little."""
    return [
        home.card(words, view(other=1)),
        home.more(words, frozenset(Scope), has_other=True),
        home.tenants(words, [ESTATE], ESTATE.id),
        home.newcomer(words),
        home.expired(words),
        home.unknown_command(words, "x"),
        home.apology(words, "1a2b"),
        joining.ask_contact(words),
        joining.welcome(words, tenant=ESTATE, unit="A-14", roles=frozenset({Role.ADMIN})),
        people.choose_role(words, tuple(Role)),
        people.ask_unit(words, Role.RESIDENT),
        people.ask_phone(words, Role.RESIDENT, "A-14", anyone="i:x", example="+254712345678"),
        pins.pad(words, PAD),
        pins.locked(words, datetime(2026, 3, 2, tzinfo=UTC)),
        pins.closed(words, again="i:x"),
        pins.done(words),
        settings.stranger(words),
        settings.ask_email(words, "", remove="i:x"),
        topups.ask_amount(words, NGN),
        topups.amounts(
            words, ESTATE, available=naira(0), chips=[(Money(100, NGN), "i:x")], reaching={}
        ),
        help_screens.card(words, frozenset(Scope)),
        help_screens.terms(words),
        help_screens.support(words, ["Mrs Bello"], "Palm Court"),
        help_screens.payments(words),
    ]


@pytest.mark.parametrize("screen", every_screen(WORDS))
def test_telegram_would_take_every_screen(screen: Screen) -> None:
    assert to_calls(screen, Show.SEND, 5).method == "sendMessage"


@pytest.mark.parametrize("screen", every_screen(WORDS))
def test_every_screen_leads_on(screen: Screen) -> None:
    names = ("Back", "Cancel", "Help", "More")
    ways = [label for row in labels(screen) for label in row if label.startswith(names)]
    assert ways or screen.ask_contact or screen.drop_keyboard


@pytest.mark.parametrize("number", range(len(every_screen(WORDS))))
def test_no_words_escape_translation(number: int) -> None:
    screen = every_screen(Words(language=PSEUDO, timezone="Africa/Lagos"))[number]
    for line in plain(screen).splitlines():
        assert "⟦" in line or line.startswith("https:"), line
