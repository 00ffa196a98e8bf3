"""The tables of saved methods: what is kept, waits to be kept, was charged, or may not be kept."""

from typing import Final

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint

from storage.schema import flag, ident, number, only_where, sealed, table, text, time

METHOD: Final = table(
    "payment_method",
    ident(primary_key=True),
    ident("tenant_id"),
    ident("person_id"),
    ident("configuration_id"),
    text("provider"),
    text("fingerprint"),
    sealed("body"),
    sealed("label"),
    sealed("name"),
    text("expires"),
    time("kept_at"),
    flag("is_default"),
    flag("is_active"),
    ident("payment_id", server_default="0"),
    time("waits_until", nullable=True),
    number("day_limit_minor", server_default="0"),
    time("charged_at", nullable=True),
    text("account", server_default=""),
    number("row_version"),
    ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
    ForeignKeyConstraint(["person_id"], ["person.id"]),
    ForeignKeyConstraint(["configuration_id"], ["provider_configuration.id"]),
    UniqueConstraint(
        "person_id",
        "tenant_id",
        "configuration_id",
        "fingerprint",
        name="uq_payment_method_same",
    ),
    CheckConstraint("length(body) > 0", name="body"),
    CheckConstraint("length(fingerprint) = 64", name="fingerprint"),
    CheckConstraint("is_default = 0 OR is_active = 1", name="default"),
    Index(
        "uq_payment_method_default",
        "person_id",
        "tenant_id",
        unique=True,
        **only_where("is_default = 1"),
    ),
    Index("ix_payment_method_configuration", "configuration_id"),
    Index("ix_payment_method_tenant", "tenant_id"),
    Index("ix_payment_method_payment", "payment_id"),
    Index("ix_payment_method_fingerprint", "configuration_id", "fingerprint"),
)
"""`body` is the provider's token and whose it is there; `fingerprint` a blind index of the card."""

HELD: Final = table(
    "held_method",
    ident("attempt_id", primary_key=True),
    sealed("body"),
    time("until"),
    ForeignKeyConstraint(["attempt_id"], ["attempt.id"]),
    CheckConstraint("length(body) > 0", name="body"),
    Index("ix_held_method_until", "until"),
)
"""What was paid with, until its owner says that it be kept, or for a day."""

CHARGED: Final = table(
    "charged_method",
    ident("attempt_id", primary_key=True),
    sealed("label"),
    ForeignKeyConstraint(["attempt_id"], ["attempt.id"]),
    CheckConstraint("length(label) > 0", name="label"),
)
"""The mask of what an attempt charges: its receipt names it, also once the method is removed."""

BARRED: Final = table(
    "barred_method",
    ident("person_id", primary_key=True),
    ident("tenant_id", primary_key=True),
    ident("configuration_id", primary_key=True),
    text("fingerprint", primary_key=True),
    time("barred_at"),
    ForeignKeyConstraint(["person_id"], ["person.id"]),
    ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
    ForeignKeyConstraint(["configuration_id"], ["provider_configuration.id"]),
    CheckConstraint("length(fingerprint) = 64", name="fingerprint"),
    Index("ix_barred_method_tenant", "tenant_id"),
    Index("ix_barred_method_configuration", "configuration_id"),
    sqlite_with_rowid=False,
)
"""Cards that a person may not keep: somebody objected to it."""

PREFERENCE: Final = table(
    "provider_preference",
    ident("person_id", primary_key=True),
    ident("tenant_id", primary_key=True),
    text("provider"),
    flag("is_keeping", server_default="0"),
    ForeignKeyConstraint(["person_id"], ["person.id"]),
    ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
    Index("ix_provider_preference_tenant", "tenant_id"),
    sqlite_with_rowid=False,
)
