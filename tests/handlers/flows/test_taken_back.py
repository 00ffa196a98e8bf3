"""A member whose wallet pays for a lost claim is told: what happened, how much, what he can do."""

from core.domain.claims import Claim
from core.domain.providers import Settled
from core.use_cases.chargebacks import follow_event
from handlers.screens import unmatched
from handlers.words import Words
from tests.factories import naira
from tests.handlers.chatting import Talker, plain
from tests.handlers.estate import Estate
from tests.handlers.flows.test_unmatched_refunds import estate, kemi

__all__ = ["estate", "kemi"]


def come_apart(estate: Estate) -> None:
    """Let 5,000.00 come in for a bill of Ada's that is money of another mode."""
    issued = estate.bill(is_acknowledged=True)
    estate.ada.says(f"/find {issued.number}")
    estate.ada.presses("Pay by link")
    estate.ada.presses("Full")
    estate.ada.presses("Pay 5,000.00")
    estate.settles(500_000, provider_id="x-odd", is_test=False)


def match(kemi: Talker) -> None:
    """Let Kemi find out that all of it is Tunde's."""
    kemi.says("/desk")
    kemi.presses("Unmatched money")
    kemi.presses("Match 5,000.00")
    kemi.says("a-14")
    kemi.presses("A-14 · Tunde")
    kemi.presses("All of it: 5,000.00")
    kemi.says("He showed the slip")
    kemi.presses("Give 5,000.00")
    kemi.enters("4829")


def test_he_is_told_what_left_his_wallet(estate: Estate, kemi: Talker) -> None:
    come_apart(estate)
    match(kemi)
    assert "5,000.00 NGN" in estate.tunde.sees
    attempt = estate.last_attempt()
    said = Settled(
        provider_id="x-odd", reference=attempt.reference, captured=naira(500_000), is_test=False
    )
    told = {"attempt": attempt, "settled": said, "claim": Claim.LOST}
    estate.let(lambda tx: follow_event(tx, **told))  # type: ignore[arg-type]
    assert estate.tunde.sees == (
        "🏦 5,000.00 NGN left your wallet: the bank of whoever had paid it took it back. It had "
        "come in without a clear owner, and Palm Court had found it to be yours.\n"
        "Balance: 0.00 NGN\n"
        "What you paid from it stays paid. If the payment was yours, ask your bank why it took it "
        "back; if you think this is wrong, ask Palm Court."
    )
    assert {"Open wallet", "Support"} <= set(estate.tunde.labels)
    assert "left your wallet" not in estate.ada.sees


def test_what_was_not_there_is_said() -> None:
    screen = unmatched.taken_back(
        Words(), amount=naira(5_000), owed=naira(2_000), balance=naira(0), payee="Palm Court"
    )
    assert "20.00 NGN of it was not there; it is taken from what comes in next." in plain(screen)
