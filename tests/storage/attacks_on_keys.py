"""What nobody may write about the keys of a tenant's payment provider."""

from typing import Final

from tests.storage.attacks import NEXT, Attack, insert, update

KEYS: Final = "(SELECT keys_id FROM provider_configuration WHERE id = :configuration)"
SECOND: Final = (
    "INSERT ?OR? INTO provider_configuration (id, tenant_id, provider, is_test, is_enabled,"
    " row_version, place, keys_id) VALUES (900020, :tenant, 'another', 1, {on}, 1, 1, {keys})"
)

STANDING: Final = {
    "configuration_id": ":configuration",
    "troubles": "3",
    "troubled_since": "0",
    "down_at": "5",
    "try_at": "6",
    "trials": "0",
    "row_version": "1",
}
"""Of a provider that is down, as it may be written."""

STANDINGS: Final = tuple(
    Attack(name=name, statement=insert("provider_standing", {**STANDING, **changes}))
    for name, changes in (
        ("a provider that is down for ever", {"try_at": "NULL"}),
        ("a provider that is down and tried before it fell", {"try_at": "4"}),
        ("a provider that is down without any trouble", {"troubles": "0"}),
        ("trouble that never began", {"troubled_since": "NULL"}),
        ("trials of what is up", {"down_at": "NULL", "try_at": "NULL", "trials": "1"}),
        ("fewer troubles than none", {"troubles": "-1"}),
    )
)

ATTACKS: Final = (
    Attack(
        name="a provider that is offered without keys",
        statement=update("provider_configuration", f"keys_id = 0, {NEXT}", "id = :configuration"),
    ),
    Attack(name="a provider that is born without keys", statement=SECOND.format(on=1, keys=0)),
    Attack(
        name="a provider with the keys of another one",
        statement=SECOND.format(on=0, keys=KEYS),
    ),
    Attack(
        name="a provider with keys that are not there",
        statement=update(
            "provider_configuration", f"keys_id = 900021, {NEXT}", "id = :configuration"
        ),
    ),
    Attack(
        name="keys that change in use",
        statement=update("provider_keys", "body = x'00'", f"id = {KEYS}"),
    ),
    Attack(
        name="keys of nobody's provider",
        statement=insert(
            "provider_keys",
            {
                "id": "900022",
                "configuration_id": "900020",
                "body": "x'00'",
                "made_at": "0",
                "health": "'untested'",
                "account": "x'00'",
            },
        ),
    ),
    Attack(
        name="keys that go while they are in use",
        statement=f"DELETE FROM provider_keys WHERE id = {KEYS}",  # noqa: S608 - ours
    ),
    Attack(
        name="keys written over",
        statement=insert(
            "provider_keys",
            {
                "id": KEYS,
                "configuration_id": ":configuration",
                "body": "x'00'",
                "made_at": "0",
                "health": "'working'",
                "account": "x'00'",
            },
        ),
    ),
)
