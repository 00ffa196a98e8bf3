"""Saved methods: sealed for their place, told to nobody, gone when removed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from core.domain.errors import StaleState
from core.domain.methods import PaymentMethod, Preference
from core.domain.payments import Attempt, AttemptId, MethodId
from core.domain.people import Person
from core.domain.providers import SavedMethod
from core.domain.tenants import Tenant
from storage import audit
from storage.keyring import UnreadableSecret
from storage.statements import written
from storage.transaction import SqlTransaction
from tests.factories import (
    Books,
    add_configuration,
    add_payment,
    add_person,
    add_tenant,
    open_books,
)

CARD: Final = SavedMethod(
    token="AUTH_72btv547",
    owner="cus_4711",
    label="Visa •••• 4081",
    expires="2029-12",
    fingerprint="SIG_yEXLdD",
)
SECRETS: Final = ("AUTH_72btv547", "cus_4711", "4081", "SIG_yEXLdD", "Salary")
HELD_ROWS: Final = "SELECT count(*) FROM held_method"


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    opened = open_books(tmp_path)
    yield opened
    opened.close()


def keep(
    tx: SqlTransaction,
    tenant: Tenant,
    person: Person,
    card: SavedMethod = CARD,
    **changes: Any,
) -> PaymentMethod:
    """Store a method of a person's at a tenant that has one provider."""
    owned = tx.configurations.owned(tenant.id)
    configuration = owned[0] if owned else add_configuration(tx, tenant)
    method = PaymentMethod(
        id=MethodId(tx.new_id()),
        tenant_id=tenant.id,
        person_id=person.id,
        configuration_id=configuration.id,
        provider=configuration.provider,
        label=card.label,
        name="Salary",
        kept_at=tx.now,
        expires=card.expires,
    )
    tx.methods.add(replace(method, **changes), card)
    return tx.methods.get(method.id)


def attempted(tx: SqlTransaction, tenant: Tenant, person: Person, **changes: int) -> Attempt:
    """Store an attempt at a payment of a person's."""
    payment = add_payment(tx, tenant, person)
    attempt = Attempt(
        id=AttemptId(tx.new_id()),
        payment_id=payment.id,
        tenant_id=tenant.id,
        number=1,
        configuration_id=tx.configurations.owned(tenant.id)[0].id,
        provider="sandbox",
        reference=f"ref-{payment.id}",
        created_at=tx.now,
        method_id=MethodId(changes.get("method_id", 0)),
    )
    return tx.payments.add_attempt(attempt)


def everything(tx: SqlTransaction) -> str:
    """Return the rows of every place where a secret might have come to lie in clear."""
    found: list[object] = []
    for name in ("payment_method", "held_method", "change", "act", "work", "status_event"):
        found += written(f"SELECT * FROM {name}").rows(tx.cursor, {})  # noqa: S608 - ours
    return repr(found)


def test_a_method_comes_back_as_it_was_and_lies_nowhere_in_clear(books: Books) -> None:
    def build(tx: SqlTransaction) -> PaymentMethod:
        tenant, person = add_tenant(tx), add_person(tx)
        method = keep(tx, tenant, person)
        tx.methods.hold(attempted(tx, tenant, person).id, CARD, until=tx.now.replace(year=2027))
        return method

    method = books.run(build)
    secret = books.run(lambda tx: tx.methods.secret(method))
    assert (secret.token, secret.owner) == (CARD.token, CARD.owner)
    assert (method.label, method.name) == (CARD.label, "Salary")
    shown = books.run(everything)
    assert [each for each in SECRETS if each in shown] == []
    if books.path.exists():
        raw = b"".join(each.read_bytes() for each in books.path.parent.glob(f"{books.path.name}*"))
        assert [each for each in SECRETS if each.encode() in raw] == []


def test_what_waits_comes_back_whole_until_its_time_is_over(books: Books) -> None:
    def hold(tx: SqlTransaction) -> AttemptId:
        tenant, person = add_tenant(tx), add_person(tx)
        add_configuration(tx, tenant)
        attempt = attempted(tx, tenant, person)
        tx.methods.hold(attempt.id, CARD, until=tx.now.replace(minute=59))
        return attempt.id

    attempt_id = books.run(hold)
    assert books.run(lambda tx: tx.methods.held(attempt_id)) == CARD
    assert books.run(lambda tx: tx.methods.sweep()) == 0
    books.clock.move(hours=1)
    assert books.run(lambda tx: tx.methods.held(attempt_id)) is None
    assert books.run(lambda tx: tx.methods.sweep()) == 1
    assert books.run(lambda tx: written(HELD_ROWS).rows(tx.cursor, {})[0][0]) == 0


def test_what_charges_one_method_does_not_open_in_anothers_row(books: Books) -> None:
    def steal(tx: SqlTransaction) -> None:
        tenant = add_tenant(tx)
        theirs = keep(tx, tenant, add_person(tx))
        mine = keep(tx, tenant, add_person(tx, name="Eve"))
        swap = (
            "UPDATE payment_method SET row_version = row_version + 1,"
            " body = (SELECT body FROM payment_method WHERE id = :theirs) WHERE id = :mine"
        )
        written(swap).run(tx.cursor, {"mine": mine.id, "theirs": theirs.id})
        tx.methods.secret(mine)

    with pytest.raises(UnreadableSecret):
        books.run(steal)


def test_the_same_card_is_not_kept_twice_by_one_person(books: Books) -> None:
    def both(tx: SqlTransaction) -> tuple[bool, bool]:
        tenant, ada, ben = add_tenant(tx), add_person(tx), add_person(tx, name="Ben")
        method = keep(tx, tenant, ada)
        newer = replace(CARD, token="AUTH_other")

        def knows(person: Person) -> bool:
            found = tx.methods.same(
                person.id, tenant.id, configuration_id=method.configuration_id, kept=newer
            )
            return found is not None

        is_mine, is_bens = knows(ada), knows(ben)
        keep(tx, tenant, ben)
        return is_mine, is_bens

    assert books.run(both) == (True, False)

    def twice(tx: SqlTransaction) -> None:
        tenant, ada = add_tenant(tx), add_person(tx)
        keep(tx, tenant, ada)
        keep(tx, tenant, ada, replace(CARD, token="AUTH_other"))

    with pytest.raises(Exception, match="payment_method"):
        books.run(twice)


def test_a_new_token_takes_the_place_of_the_old_one(books: Books) -> None:
    def renew(tx: SqlTransaction) -> str:
        method = keep(tx, add_tenant(tx), add_person(tx))
        newer = replace(CARD, token="AUTH_other")
        stored = tx.methods.renew(method, method.revive(newer, account="", at=tx.now), newer)
        with pytest.raises(StaleState):
            tx.methods.replace(method, method.retire())
        return tx.methods.secret(stored).token

    assert books.run(renew) == "AUTH_other"


def test_the_audit_chain_tells_what_became_of_a_method_and_no_secret(books: Books) -> None:
    def change(tx: SqlTransaction) -> list[str]:
        tenant, person = add_tenant(tx), add_person(tx)
        method = keep(tx, tenant, person)
        tx.methods.remove(tx.methods.replace(method, method.retire()))
        tx.methods.prefer(person.id, tenant.id, Preference(provider="sandbox"))
        told = written("SELECT content FROM change WHERE entity LIKE 'p%_method' ORDER BY line")
        return [str(row[0]) for row in told.rows(tx.cursor, {})]

    kept, retired, removed = books.run(change)
    assert '"is_kept":"True"' in kept
    assert '"is_active":"False"' in retired
    assert '"is_kept":"False"' in removed
    assert [each for each in SECRETS if each in kept + retired + removed] == []
    assert books.run(lambda tx: audit.verify(tx.cursor, tx.tenants.all()[0].id)) == []


def test_no_payment_charges_a_card_of_somebody_else(books: Books) -> None:
    def charge(tx: SqlTransaction, *, of: str) -> None:
        tenant = add_tenant(tx)
        ada, eve = add_person(tx), add_person(tx, name="Eve")
        method = keep(tx, tenant, ada)
        attempted(tx, tenant, ada if of == "Ada" else eve, method_id=method.id)

    books.run(lambda tx: charge(tx, of="Ada"))
    with pytest.raises(Exception, match=r"attempt\.method"):
        books.run(lambda tx: charge(tx, of="Eve"))


def test_an_attempt_charges_what_it_was_made_for(books: Books) -> None:
    def turn(tx: SqlTransaction) -> None:
        tenant, person = add_tenant(tx), add_person(tx)
        method = keep(tx, tenant, person)
        attempt = attempted(tx, tenant, person)
        change = (
            "UPDATE attempt SET method_id = :method, row_version = row_version + 1 WHERE id = :id"
        )
        written(change).run(tx.cursor, {"method": method.id, "id": attempt.id})

    with pytest.raises(Exception, match=r"attempt\.method"):
        books.run(turn)


def charged(tx: SqlTransaction, **changes: Any) -> PaymentMethod:
    """Charge 1,000 to a card that is kept as told."""
    tenant, person = add_tenant(tx), add_person(tx)
    method = keep(tx, tenant, person, **changes)
    attempted(tx, tenant, person, method_id=method.id)
    return method


def test_no_card_is_charged_before_it_has_waited(books: Books) -> None:
    day = timedelta(hours=24)
    books.run(lambda tx: charged(tx, waits_until=tx.now))
    with pytest.raises(Exception, match=r"attempt\.method_waits"):
        books.run(lambda tx: charged(tx, waits_until=tx.now + day))
    with pytest.raises(Exception, match=r"attempt\.method_waits"):
        books.run(lambda tx: charged(tx, is_active=False))


def test_no_card_is_charged_beyond_its_limit(books: Books) -> None:
    def twice(tx: SqlTransaction, *, limit: int) -> None:
        method = charged(tx, day_limit_minor=limit)
        assert tx.methods.charged_since(method.id, tx.now - timedelta(hours=24)) == 100_000
        tenant, person = tx.tenants.get(method.tenant_id), tx.people.person(method.person_id)
        attempted(tx, tenant, person, method_id=method.id)

    books.run(lambda tx: twice(tx, limit=200_000))
    with pytest.raises(Exception, match=r"attempt\.method_limit"):
        books.run(lambda tx: twice(tx, limit=199_999))


def test_a_limit_is_taken_away_and_never_raised(books: Books) -> None:
    def turn(tx: SqlTransaction, *, to: int) -> None:
        method = keep(tx, add_tenant(tx), add_person(tx), day_limit_minor=5)
        tx.methods.replace(method, replace(method, day_limit_minor=to))

    books.run(lambda tx: turn(tx, to=0))
    with pytest.raises(Exception, match=r"payment_method\.limit"):
        books.run(lambda tx: turn(tx, to=6))


def test_a_barred_card_is_known_by_its_mark_for_one_person(books: Books) -> None:
    def bar(tx: SqlTransaction) -> list[bool]:
        tenant, ada, ben = add_tenant(tx), add_person(tx), add_person(tx, name="Ben")
        method = keep(tx, tenant, ada)
        assert tx.methods.others(keep(tx, tenant, ben)) == (method,)
        tx.methods.bar(method)
        newer = replace(CARD, token="AUTH_other")
        return [
            tx.methods.is_barred(
                each.id, tenant.id, configuration_id=method.configuration_id, kept=newer
            )
            for each in (ada, ben)
        ]

    assert books.run(bar) == [True, False]


def test_a_card_is_known_by_its_mark_whoever_keeps_it(books: Books) -> None:
    def run(tx: SqlTransaction) -> list[bool]:
        tenant, other = add_tenant(tx), add_tenant(tx, name="Hill View")
        mine, theirs = (keep(tx, tenant, add_person(tx, name=name)) for name in ("Ada", "Ben"))
        elsewhere = keep(tx, other, add_person(tx, name="Cyd"))
        mark = tx.methods.mark(mine)
        assert mark == tx.methods.mark(theirs) == tx.methods.mark(elsewhere)
        found = []
        for method in (mine, theirs):
            tx.methods.remove(method)
            found.append(tx.methods.is_marked(method.configuration_id, mark))
        found.append(tx.methods.is_marked(elsewhere.configuration_id, mark))
        assert tx.methods.mark(mine) == ""
        return found

    assert books.run(run) == [True, False, True]
