"""Keys of tenants' providers: sealed for their place, told to nobody, gone when unused."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.domain.configurations import NO_KEYS, Configuration, ConfigurationId, Keys, KeysId
from core.domain.tenants import PLATFORM, TenantId
from storage import audit
from storage.keyring import UnreadableSecret
from storage.statements import written
from storage.transaction import SqlTransaction
from tests.factories import CREDENTIALS, Books, add_configuration, add_tenant, open_books

STEAL = (
    "INSERT INTO provider_keys (id, configuration_id, body, made_at, health, account)"
    " SELECT :copy, :mine, body, made_at, health, account FROM provider_keys WHERE id = :theirs"
)


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    opened = open_books(tmp_path)
    yield opened
    opened.close()


def test_keys_come_back_as_they_were_and_lie_nowhere_in_clear(books: Books) -> None:
    def enter(tx: SqlTransaction) -> Configuration:
        return add_configuration(tx, add_tenant(tx))

    configuration = books.run(enter)
    assert books.run(lambda tx: _open(tx, configuration)) == CREDENTIALS
    assert "sk_test" not in repr(
        books.run(lambda tx: tx.configurations.keys(configuration.keys_id))
    )
    if books.path.exists():
        raw = b"".join(each.read_bytes() for each in books.path.parent.glob(f"{books.path.name}*"))
        assert [each for each in CREDENTIALS.values() if each.encode() in raw] == []


def test_keys_put_under_another_configuration_do_not_open(books: Books) -> None:
    def steal(tx: SqlTransaction) -> None:
        mine = add_configuration(tx, add_tenant(tx))
        theirs = add_configuration(tx, add_tenant(tx, name="Hill View"))
        copy = KeysId(tx.new_id())
        values = {"copy": copy, "mine": mine.id, "theirs": theirs.keys_id}
        written(STEAL).run(tx.cursor, values)
        tx.configurations.credentials(tx.configurations.keys(copy))

    with pytest.raises(UnreadableSecret):
        books.run(steal)


def test_the_audit_chain_tells_of_changes_and_not_of_secrets(books: Books) -> None:
    def change(tx: SqlTransaction) -> list[str]:
        configuration = add_configuration(tx, add_tenant(tx))
        tx.configurations.replace(configuration, configuration.forget())
        told = written("SELECT content FROM change WHERE entity = 'configuration' ORDER BY line")
        return [str(row[0]) for row in told.rows(tx.cursor, {})]

    born, used, gone = books.run(change)
    assert '"keys":"0"' in born
    assert '"is_enabled":"True"' in used
    assert '"is_enabled":"False"' in gone
    assert not any(secret in born + used + gone for secret in CREDENTIALS.values())
    assert books.run(lambda tx: audit.verify(tx.cursor, tx.tenants.all()[0].id)) == []


def test_ones_own_comes_first_by_place_and_hides_the_shared_one(books: Books) -> None:
    def offered(tx: SqlTransaction) -> list[list[tuple[str, bool]]]:
        for provider in ("sandbox", "third"):
            shared = ConfigurationId(tx.new_id())
            tx.configurations.add(
                Configuration(id=shared, tenant_id=PLATFORM, provider=provider, is_test=True)
            )
        tenant, other = add_tenant(tx), add_tenant(tx, name="Hill View")
        first = add_configuration(tx, tenant, provider="second")
        own = add_configuration(tx, tenant)
        tx.configurations.replace(first, replace(first, place=5))
        seen = [_offered(tx, tenant.id), _offered(tx, other.id)]
        tx.configurations.replace(own, replace(own, is_enabled=False))
        return [*seen, _offered(tx, tenant.id)]

    with_own, without, switched_off = books.run(offered)
    assert with_own == [("sandbox", True), ("second", True), ("third", False)]
    assert without == [("sandbox", False), ("third", False)]
    assert switched_off == [("second", True), ("sandbox", False), ("third", False)]


def test_unused_keys_go_after_a_day_and_those_in_use_stay(books: Books) -> None:
    def enter(tx: SqlTransaction) -> tuple[KeysId, KeysId]:
        configuration = add_configuration(tx, add_tenant(tx))
        unused = Keys(id=KeysId(tx.new_id()), configuration_id=configuration.id, made_at=tx.now)
        tx.configurations.add_keys(unused, CREDENTIALS)
        return configuration.keys_id, unused.id

    used, unused = books.run(enter)
    assert books.run(_swept) == {used, unused}
    books.clock.move(hours=24, seconds=1)
    assert books.run(_swept) == {used}


def _swept(tx: SqlTransaction) -> set[KeysId]:
    tx.configurations.sweep()
    return {row[0] for row in written("SELECT id FROM provider_keys").rows(tx.cursor, {})}


def _open(tx: SqlTransaction, configuration: Configuration) -> dict[str, str]:
    assert configuration.keys_id != NO_KEYS
    return dict(tx.configurations.credentials(tx.configurations.keys(configuration.keys_id)))


def _offered(tx: SqlTransaction, tenant_id: TenantId) -> list[tuple[str, bool]]:
    usable = tx.configurations.usable(tenant_id)
    return [(each.provider, each.tenant_id != PLATFORM) for each in usable]
