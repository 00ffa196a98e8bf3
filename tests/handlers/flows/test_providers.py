"""Keys typed too late, for another organisation, or without the PIN."""

import json

import pytest

from core.domain.configurations import KeysId
from core.domain.people import Role
from core.domain.providers import Accepted, Declined, ProviderError
from core.domain.work import Kind
from core.use_cases.configurations import record_check
from core.use_cases.people import actor_of, choose_tenant
from handlers import keys
from handlers.chat import Screen
from handlers.visit import Reader
from handlers.words import Words
from storage.transaction import SqlTransaction
from tests.factories import CREDENTIALS, add_member, add_person, add_tenant
from tests.handlers.chatting import BOT, Message, Talker, plain
from tests.handlers.flows.conftest import Estate

KIM = 5099
WORKED = Accepted(account="Palm Court Ltd", is_test=True)
Answer = Accepted | Declined
SECRET, HOOK = CREDENTIALS["secret_key"], CREDENTIALS["webhook_secret"]


@pytest.fixture
def kim(estate: Estate) -> Talker:
    """Keeper of the keys, and nothing else."""

    def let_in(tx: SqlTransaction) -> None:
        person = add_person(tx, name="Kim", telegram_id=KIM)
        add_member(tx, estate.tenant, person, roles=(Role.PROVIDER_KEEPER,))
        choose_tenant(tx, person_id=person.id, tenant_id=estate.tenant.id)

    estate.world.run(let_in)
    return estate.world.person("Kim", KIM)


def begins(kim: Talker) -> None:
    kim.says("/providers")
    kim.presses("Add")
    kim.presses("Sandbox")


def test_a_key_that_comes_too_late_is_deleted_all_the_same(estate: Estate, kim: Talker) -> None:
    begins(kim)
    estate.world.clock.move(minutes=16)
    kim.says(SECRET)
    assert len(kim.deleted) == 1
    assert "2 of 2" not in kim.sees


def test_keys_begun_for_one_organisation_are_not_entered_for_another(
    estate: Estate, kim: Talker
) -> None:
    begins(kim)
    kim.says(SECRET)
    person = kim.person

    def elsewhere(tx: SqlTransaction) -> None:
        other = add_tenant(tx, name="Hill View")
        add_member(tx, other, person, roles=(Role.PROVIDER_KEEPER,))
        choose_tenant(tx, person_id=person.id, tenant_id=other.id)

    estate.world.run(elsewhere)
    kim.says(HOOK)
    assert "out of date" in kim.sees
    assert len(kim.deleted) == 2
    assert estate.world.run(checks) == []


def test_keys_are_taken_into_use_with_the_pin(estate: Estate, kim: Talker) -> None:
    begins(kim)
    kim.says(SECRET)
    kim.says(HOOK)
    assert len(kim.deleted) == 2
    estate.world.set_pin(kim, "482659")
    (asked,) = estate.world.run(checks)
    message = Message(estate.world.next_id(), told(estate, kim, asked))
    assert "Account: Palm Court Ltd" in plain(message.screen)
    kim.messages.append(message)
    _, enable = kim.finds("Enable")
    assert "Enter your PIN" in plain(kim.presses("Enable"))
    assert "In use" in plain(kim.enters("482659"))
    kim.presses_data(enable.data, message)
    assert "In use" in kim.sees
    usable = estate.world.run(lambda tx: tx.configurations.usable(estate.tenant.id))
    assert [each.keys_id for each in usable] == [asked]


def checks(tx: SqlTransaction) -> list[KeysId]:
    """Return which keys are to be tried out; what they are stands in no row."""
    found = [
        each for each in tx.work.live(at=tx.now, after=0, limit=100) if each.kind is Kind.CHECK
    ]
    assert not any(SECRET.encode() in each.payload for each in found)
    return [KeysId(json.loads(each.payload)["keys"]) for each in found]


def told(estate: Estate, kim: Talker, asked: KeysId, answer_: Answer = WORKED) -> Screen:
    """Let the provider answer about keys, that it takes them; return what their keeper is told."""
    person = kim.person

    def answer(tx: SqlTransaction) -> Screen:
        record_check(tx, keys_id=asked, answer=answer_, asked_by=person.id)
        (event,) = tx.events
        actor = actor_of(tx, person_id=person.id, tenant_id=estate.tenant.id)
        reader = Reader(
            person=person, tenant=estate.tenant, words=Words(), bot_username=BOT, actor=actor
        )
        reply = keys.checked(tx, reader, event)
        assert reply is not None
        assert reply.screen is not None
        return reply.screen

    return estate.world.run(answer)


def test_an_administrator_is_told_to_whom_he_can_give_the_role(estate: Estate) -> None:
    bello = estate.bello
    estate.world.set_pin(bello, "4829")
    bello.says("/providers")
    assert bello.sees == (
        "⚠️ Your role does not allow that. Nothing was changed and no money moved.\n"
        "The role “Provider keys” may do it. You are an administrator: you can invite somebody to "
        "it, or yourself, by opening the link of the invitation."
    )
    bello.presses("Invite: Provider keys")
    bello.presses("No unit")
    bello.presses("Make the link without a phone")
    bello.presses("Make the invitation")
    bello.enters("4829")
    bello.says("/start " + bello.sees.splitlines()[-1].partition("start=")[2])
    bello.says("/providers")
    assert "Payment providers of Palm Court Estate" in bello.sees
    estate.ada.says("/providers")
    assert "An administrator can do it, or give you the role" in estate.ada.sees


def test_the_address_is_told_before_the_secret_that_belongs_to_it(
    estate: Estate, kim: Talker
) -> None:
    estate.world.dispatcher.public_url = "https://pay.example.org"
    address = f"https://pay.example.org/payments/webhooks/stripe/{estate.tenant.id}/"
    kim.says("/providers")
    kim.presses("Add")
    kim.presses("Stripe")
    assert address not in kim.sees
    kim.says("sk_test_" + "a" * 24)
    assert kim.sees.splitlines()[1:4] == [
        "Write the webhook secret.",
        (
            "First add this address in Stripe's dashboard → Developers → Webhooks. Then reveal its "
            "signing secret (whsec_…) there."
        ),
        f"Address: {address}",
    ]
    _, copies = kim.finds("Copy the address")
    assert copies.copy == address


def test_a_service_without_an_address_tells_the_path(estate: Estate, kim: Talker) -> None:
    begins(kim)
    kim.says(SECRET)
    path = f"/payments/webhooks/sandbox/{estate.tenant.id}/"
    assert f"Address: {path} on the address of this service" in kim.sees
    assert "Copy the address" not in kim.labels


def test_home_of_who_keeps_the_keys_leads_to_the_providers(kim: Talker) -> None:
    kim.says("/menu")
    assert "Your role: Provider keys. You set up how people pay here." in kim.sees
    assert kim.labels[0] == "Payment providers"
    kim.presses("Payment providers")
    assert "Payment providers of Palm Court Estate" in kim.sees
    kim.says("/menu")
    kim.presses("More")
    assert "Payment providers" in kim.labels


def test_only_the_wrong_key_is_entered_again(estate: Estate, kim: Talker) -> None:
    begins(kim)
    kim.says("sk_sandbox_of_somebody_else_0001")
    kim.says(HOOK)
    (asked,) = estate.world.run(checks)
    wrong = Declined(error=ProviderError.AUTHENTICATION_ERROR, detail="HTTP 401")
    kim.messages.append(Message(estate.world.next_id(), told(estate, kim, asked, wrong)))
    assert "It does not know them" in kim.sees
    assert kim.labels == ["Enter only the secret key again", "Enter again", "Back"]
    kim.presses("Enter only the secret key again")
    assert "Write the secret key." in kim.sees
    kim.says(SECRET)
    assert "Asking" in kim.sees
    fresh = next(each for each in estate.world.run(checks) if each != asked)
    kept = estate.world.run(
        lambda tx: dict(tx.configurations.credentials(tx.configurations.keys(fresh)))
    )
    assert kept == {"secret_key": SECRET, "webhook_secret": HOOK}
