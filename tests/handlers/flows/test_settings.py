"""Settings: small, reversible, and nothing of them in the clear."""

from tests.handlers.flows.conftest import Estate


def test_the_card_shows_what_is_set(estate: Estate) -> None:
    estate.ada.says("/settings")
    assert estate.ada.sees.splitlines() == [
        "Settings",
        "PIN: none yet",
        "Reminders: on",
        "Language: as in Telegram",
        "E-mail: none",
        "Phone: none",
        "Organisation: Palm Court Estate",
    ]


def test_reminders_are_turned_off_and_on(estate: Estate) -> None:
    ada = estate.ada
    ada.says("/settings")
    ada.presses("Turn reminders off")
    assert not ada.person.has_reminders
    assert ada.sees.startswith("✅ Saved.")
    ada.presses("Turn reminders on")
    assert ada.person.has_reminders


def test_an_address_is_kept_and_removed(estate: Estate) -> None:
    ada = estate.ada
    ada.says("/settings")
    ada.presses("E-mail")
    ada.says("ada at example")
    assert "cannot read that as an e-mail" in ada.sees
    ada.says("ada@example.com")
    assert "E-mail: ada@example.com" in ada.sees
    ada.presses("E-mail")
    ada.presses("Remove it")
    assert ada.person.email == ""


def test_only_the_own_contact_proves_a_phone(estate: Estate) -> None:
    ada = estate.ada
    ada.says("/settings")
    ada.presses("Phone")
    assert ada.last.ask_contact == "Share my phone number"
    ada.says("+254712345678")
    assert "not your own contact" in ada.sees
    ada.shares("254712345678", is_own=False)
    assert ada.person.phone_verified_at is None
    ada.shares("254712345678")
    assert (ada.person.phone, ada.last.drop_keyboard) == ("+254712345678", True)
    assert "••5678 is verified" in ada.sees
    assert "254712345678" not in ada.sees
    ada.says("/settings")
    assert "Phone: ••5678, verified" in ada.sees


def test_a_language_is_chosen(estate: Estate) -> None:
    ada = estate.ada
    ada.says("/settings")
    ada.presses("Language")
    ada.presses("English")
    assert ada.person.language == "en"
    assert "Language: English" in ada.sees


def test_my_data_hides_the_phone(estate: Estate) -> None:
    ada = estate.ada
    ada.says("/settings")
    ada.presses("My data")
    assert "Phone: none" in ada.sees
    assert "• Palm Court Estate, as Resident, A-14" in ada.sees
