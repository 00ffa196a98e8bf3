"""Keys of a tenant's own providers: entered, tried out, used, ordered, removed."""

import re
from dataclasses import replace

import pytest

from core.domain.acts import EventName
from core.domain.configurations import (
    NO_KEYS,
    Configuration,
    ConfigurationId,
    Health,
    Keys,
    KeysId,
    ProviderKind,
)
from core.domain.errors import (
    InvalidInput,
    KeysNotWorking,
    NotAllowed,
    NotFound,
    OtherMode,
    PaymentsUnderWay,
)
from core.domain.payments import AttemptStatus
from core.domain.people import Actor, Role
from core.domain.providers import (
    Accepted,
    Capabilities,
    Declined,
    Pending,
    ProviderError,
    Unknown,
)
from core.use_cases import configurations as use_cases
from core.use_cases.links import expire_payment
from tests.core.estate import Estate, settled

PIGGY = ProviderKind(
    name="piggy",
    title="Piggy Pay",
    credentials={
        "secret_key": re.compile(r"pk_(test|live)_[a-z0-9]{8}"),
        "webhook_secret": re.compile(r"[a-z]{6}"),
        "channel": re.compile(r"card|bank"),
    },
    secrets=frozenset({"secret_key", "webhook_secret"}),
    capabilities=Capabilities(currencies=frozenset({"NGN"}), can_link=True),
    defaults={"channel": "card"},
    is_test=lambda given: given.get("secret_key", "").startswith("pk_test_"),
)
GOOD = {"secret_key": "pk_test_aaaa1111", "webhook_secret": "abcdef"}
WORKS = Accepted(account="Palm Court Ltd", is_test=True)
BROKEN = ProviderError.AUTHENTICATION_ERROR


@pytest.fixture
def keeper(estate: Estate) -> Actor:
    return estate.member("Kim", role=Role.PROVIDER_KEEPER)


def entered(estate: Estate, keeper: Actor, **changes: str) -> Keys:
    return estate.do(
        use_cases.enter_keys,
        actor=keeper,
        tenant_id=keeper.tenant_id,
        kind=PIGGY,
        credentials={**GOOD, **changes},
    )


def used(estate: Estate, keeper: Actor, **changes: str) -> Configuration:
    keys = entered(estate, keeper, **changes)
    estate.do(use_cases.record_check, keys_id=keys.id, answer=WORKS)
    return estate.do(use_cases.use_keys, actor=keeper, keys_id=keys.id)


def offered(estate: Estate) -> list[str]:
    usable = estate.look(lambda tx: tx.configurations.usable(estate.tenant.id))
    return [each.provider for each in usable]


def test_keys_are_offered_only_once_they_work(estate: Estate, keeper: Actor) -> None:
    keys = entered(estate, keeper)
    with pytest.raises(KeysNotWorking):
        estate.do(use_cases.use_keys, actor=keeper, keys_id=keys.id)
    assert offered(estate) == ["sandbox"]
    configuration = used(estate, keeper)
    assert offered(estate) == ["sandbox", "piggy"]
    assert (configuration.is_test, configuration.is_enabled) == (True, True)
    assert estate.told == [EventName.SETTINGS_CHANGED]
    (_, mine) = estate.look(
        lambda tx: use_cases.set_up(tx, actor=keeper, tenant_id=estate.tenant.id)
    )
    assert (mine.keys.account, mine.keys.health) == ("Palm Court Ltd", Health.WORKING)
    kept = estate.look(lambda tx: tx.configurations.credentials(mine.keys))
    assert kept == {**GOOD, "channel": "card"}


@pytest.mark.parametrize(
    ("answer", "health"),
    [
        (Accepted(account="Palm", is_test=False), Health.OTHER_MODE),
        (Declined(error=BROKEN), Health.REFUSED),
        (Unknown(error=BROKEN), Health.SILENT),
    ],
)
def test_keys_that_do_not_work_here_are_not_used(
    estate: Estate, keeper: Actor, answer: Accepted | Declined | Unknown, health: Health
) -> None:
    keys = entered(estate, keeper)
    heard = estate.do(use_cases.record_check, keys_id=keys.id, answer=answer)
    assert heard.health is health
    with pytest.raises(KeysNotWorking):
        estate.do(use_cases.use_keys, actor=keeper, keys_id=keys.id)


def test_why_keys_were_refused_is_kept_until_they_work(estate: Estate, keeper: Actor) -> None:
    keys = entered(estate, keeper)
    for answer, kept in (
        (Declined(error=BROKEN, detail="HTTP 401 " + "x" * 200), "HTTP 401 " + "x" * 91),
        (Accepted(account="Palm", is_test=True), ""),
    ):
        estate.do(use_cases.record_check, keys_id=keys.id, answer=answer)
        assert estate.look(lambda tx: tx.configurations.keys(keys.id)).detail == kept


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"secret_key": "pk_live_aaaa1111"}, OtherMode),
        ({"secret_key": "hunter2"}, InvalidInput),
        ({"channel": "cash"}, InvalidInput),
    ],
)
def test_keys_of_the_other_mode_or_shape_are_not_kept(
    estate: Estate, keeper: Actor, changes: dict[str, str], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        entered(estate, keeper, **changes)
    assert estate.look(lambda tx: tx.configurations.of(estate.tenant.id, "piggy")) is None


def test_new_keys_take_the_place_of_old_ones_only_once_they_work(
    estate: Estate, keeper: Actor
) -> None:
    old = used(estate, keeper)
    tried = entered(estate, keeper, webhook_secret="ghijkl")
    assert estate.look(lambda tx: tx.configurations.get(old.id)).keys_id == old.keys_id
    estate.do(use_cases.record_check, keys_id=tried.id, answer=WORKS)
    new = estate.do(use_cases.use_keys, actor=keeper, keys_id=tried.id)
    assert (new.id, new.keys_id) == (old.id, tried.id)
    with pytest.raises(NotFound):
        estate.look(lambda tx: tx.configurations.keys(old.keys_id))


def test_keys_of_another_account_are_known_as_such_and_unknown_ones_change_nothing(
    estate: Estate, keeper: Actor
) -> None:
    def take(account: str) -> str:
        keys = entered(estate, keeper)
        answer = replace(WORKS, account=account)
        estate.do(use_cases.record_check, keys_id=keys.id, answer=answer)
        return estate.do(use_cases.use_keys, actor=keeper, keys_id=keys.id).account

    first, again, unknown, other = take("acct_1"), take("acct_1"), take(""), take("acct_2")
    assert first == again == unknown
    assert other not in {"", first}
    assert "acct" not in first + other


def test_order_is_the_order_payers_see(estate: Estate, keeper: Actor) -> None:
    piggy = used(estate, keeper)
    estate.do(use_cases.move, actor=keeper, configuration_id=piggy.id, to=0)
    assert offered(estate) == ["piggy", "sandbox"]
    estate.do(use_cases.move, actor=keeper, configuration_id=piggy.id, to=9)
    assert offered(estate) == ["sandbox", "piggy"]
    estate.do(use_cases.switch, actor=keeper, configuration_id=piggy.id, is_on=False)
    assert offered(estate) == ["sandbox"]
    estate.do(use_cases.switch, actor=keeper, configuration_id=piggy.id, is_on=True)
    assert offered(estate) == ["sandbox", "piggy"]


def test_removed_keys_are_gone_and_may_come_again(estate: Estate, keeper: Actor) -> None:
    first = used(estate, keeper)
    gone = estate.do(use_cases.remove, actor=keeper, configuration_id=first.id)
    assert (gone.keys_id, gone.is_enabled) == (NO_KEYS, False)
    with pytest.raises(NotFound):
        estate.look(lambda tx: tx.configurations.keys(first.keys_id))
    with pytest.raises(NotFound):
        estate.do(use_cases.switch, actor=keeper, configuration_id=first.id, is_on=True)
    assert used(estate, keeper).id == first.id


def test_keys_stay_while_a_payment_needs_them(estate: Estate, keeper: Actor) -> None:
    estate.open_link(estate.agreed())
    with pytest.raises(PaymentsUnderWay):
        estate.do(use_cases.remove, actor=keeper, configuration_id=estate.configuration.id)


def test_keys_stay_while_an_expired_page_may_still_be_paid(estate: Estate, keeper: Actor) -> None:
    tried = estate.open_link(estate.agreed())
    estate.answer(tried, Pending(link="https://pay.example/1"))
    estate.clock.move(hours=1)
    estate.do(expire_payment, payment_id=tried.payment.id)
    assert estate.now(tried).attempt.status is AttemptStatus.EXPIRED
    with pytest.raises(PaymentsUnderWay):
        estate.do(use_cases.remove, actor=keeper, configuration_id=estate.configuration.id)
    estate.clock.move(days=1)
    estate.do(use_cases.remove, actor=keeper, configuration_id=estate.configuration.id)


def test_keys_stay_while_a_bank_claims_money(estate: Estate, keeper: Actor) -> None:
    tried = estate.open_link(estate.agreed())
    estate.answer(tried, replace(settled(tried), is_disputed=True))
    with pytest.raises(PaymentsUnderWay):
        estate.do(use_cases.remove, actor=keeper, configuration_id=estate.configuration.id)
    estate.answer(tried, replace(settled(tried), is_disputed=False))
    estate.do(use_cases.remove, actor=keeper, configuration_id=estate.configuration.id)


def test_only_its_keeper_sees_or_changes_a_provider(estate: Estate, keeper: Actor) -> None:
    configuration = used(estate, keeper)
    with pytest.raises(NotAllowed):
        estate.do(
            use_cases.switch, actor=estate.admin, configuration_id=configuration.id, is_on=False
        )
    with pytest.raises(NotAllowed):
        entered(estate, estate.admin)
    stranger = replace(keeper, tenant_id=estate.other.id)
    with pytest.raises(NotFound):
        estate.do(use_cases.remove, actor=stranger, configuration_id=configuration.id)
    with pytest.raises(NotFound):
        estate.do(use_cases.use_keys, actor=stranger, keys_id=configuration.keys_id)
    with pytest.raises(NotFound):
        estate.look(
            lambda tx: use_cases.one_set_up(tx, actor=keeper, configuration_id=ConfigurationId(5))
        )
    with pytest.raises(NotFound):
        estate.do(use_cases.record_check, keys_id=KeysId(5), answer=WORKS)
