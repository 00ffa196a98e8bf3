"""Saved payment methods, what waits to be kept, and preferred providers.

What it takes to charge a method is encrypted for its own row and owner: put anywhere else, it does
not open. The same card is known by a blind index. Removed is deleted; what waits goes after a day.
"""

from typing import TYPE_CHECKING, Final

import orjson
from sqlalchemy import (
    bindparam,
    delete,
    func,
    literal_column,
    select,
    update,
)

from core.domain.configurations import ConfigurationId
from core.domain.consent import Consent
from core.domain.errors import NotFound
from core.domain.methods import MAX_METHODS, PaymentMethod, Preference, print_of
from core.domain.payments import AttemptId, MethodId, PaymentId
from core.domain.people import PersonId
from core.domain.providers import SavedMethod
from core.domain.tenants import TenantId
from storage.audit import add_change
from storage.method_tables import BARRED, CHARGED, HELD, METHOD, PREFERENCE
from storage.payment_tables import ATTEMPT, PAYMENT
from storage.records import Records
from storage.statements import Statement, inserting, putting

if TYPE_CHECKING:
    from datetime import datetime

    from storage.transaction import SqlTransaction

_METHODS: Final = Records(
    METHOD,
    PaymentMethod,
    secret=("label", "name"),
    frozen=(
        "id",
        "tenant_id",
        "person_id",
        "configuration_id",
        "provider",
        "fingerprint",
        "payment_id",
        "waits_until",
    ),
)
_ONE: Final = _METHODS.by("id")
_OF: Final = Statement(
    _METHODS.select()
    .where(
        METHOD.c.person_id == bindparam("person_id"), METHOD.c.tenant_id == bindparam("tenant_id")
    )
    .order_by(METHOD.c.is_default.desc(), METHOD.c.id.desc())
    .limit(MAX_METHODS)
)
_SAME: Final = _METHODS.by("person_id", "tenant_id", "configuration_id", "fingerprint")
_ADD: Final = inserting(METHOD)
_BODY: Final = Statement(select(METHOD.c.body).where(METHOD.c.id == bindparam("id")))
_MARK: Final = Statement(select(METHOD.c.fingerprint).where(METHOD.c.id == bindparam("id")))
_MARKED: Final = Statement(
    select(METHOD.c.id)
    .where(
        METHOD.c.configuration_id == bindparam("configuration_id"),
        METHOD.c.fingerprint == bindparam("mark"),
    )
    .limit(1)
)
_SET_BODY: Final = Statement(
    update(METHOD)
    .where(METHOD.c.id == bindparam("id_is"), METHOD.c.row_version == bindparam("seen_version"))
    .values(body=bindparam("body"), row_version=bindparam("row_version"))
)
_REMOVE: Final = Statement(delete(METHOD).where(METHOD.c.id == bindparam("id")))
_NOTE_CHARGE: Final = inserting(CHARGED)
_CHARGED_LABEL: Final = Statement(
    select(CHARGED.c.label).where(CHARGED.c.attempt_id == bindparam("attempt_id"))
)
_CHARGED_SINCE: Final = Statement(
    select(func.coalesce(func.sum(PAYMENT.c.amount_minor), 0))
    .select_from(ATTEMPT.join(PAYMENT, PAYMENT.c.id == ATTEMPT.c.payment_id))
    .where(
        ATTEMPT.c.method_id == bindparam("method_id"),
        ATTEMPT.c.created_at > bindparam("since"),
        literal_column("attempt.method_id <> 0 AND attempt.status <> 'declined'"),
    )
)
_OTHERS: Final = Statement(
    _METHODS.select()
    .where(
        METHOD.c.configuration_id == bindparam("configuration_id"),
        METHOD.c.fingerprint == bindparam("fingerprint"),
        METHOD.c.tenant_id == bindparam("tenant_id"),
        METHOD.c.person_id != bindparam("person_id"),
    )
    .order_by(METHOD.c.id)
    .limit(MAX_METHODS)
)
_SAVED_AFTER: Final = _METHODS.by("payment_id")
_BAR: Final = putting(BARRED, key=("person_id", "tenant_id", "configuration_id", "fingerprint"))
_BARRED: Final = Statement(
    select(BARRED.c.barred_at).where(
        BARRED.c.person_id == bindparam("person_id"),
        BARRED.c.tenant_id == bindparam("tenant_id"),
        BARRED.c.configuration_id == bindparam("configuration_id"),
        BARRED.c.fingerprint == bindparam("fingerprint"),
    )
)
_HOLD: Final = putting(HELD, key=("attempt_id",))
_HELD: Final = Statement(
    select(HELD.c.body).where(
        HELD.c.attempt_id == bindparam("attempt_id"), HELD.c.until > bindparam("now")
    )
)
_DROP: Final = Statement(delete(HELD).where(HELD.c.attempt_id == bindparam("attempt_id")))
_SWEEP: Final = Statement(delete(HELD).where(HELD.c.until <= bindparam("now")))
_PREFERRED: Final = Statement(
    select(PREFERENCE.c.provider, PREFERENCE.c.is_keeping).where(
        PREFERENCE.c.person_id == bindparam("person_id"),
        PREFERENCE.c.tenant_id == bindparam("tenant_id"),
    )
)
_PREFER: Final = putting(PREFERENCE, key=("person_id", "tenant_id"))


class SqlMethods:
    """Saved payment methods in SQL."""

    def __init__(self, tx: "SqlTransaction") -> None:
        """Work on an open transaction."""
        self._tx = tx

    def hold(self, attempt_id: AttemptId, kept: SavedMethod, *, until: "datetime") -> None:
        """Keep what was paid with until its owner says so; encrypted, for this time."""
        body = self._tx.ring.seal(_packed(kept), context=_waiting(attempt_id))
        _HOLD.run(self._tx.cursor, {"attempt_id": attempt_id, "body": body, "until": until})

    def held(self, attempt_id: AttemptId) -> SavedMethod | None:
        """Return what an attempt was paid with, while it may still be kept."""
        rows = _HELD.rows(self._tx.cursor, {"attempt_id": attempt_id, "now": self._tx.now})
        if not rows:
            return None
        opened = self._tx.ring.open(rows[0][0], context=_waiting(attempt_id))
        return _unpacked(opened)

    def drop_held(self, attempt_id: AttemptId) -> None:
        """Forget what an attempt was paid with."""
        _DROP.run(self._tx.cursor, {"attempt_id": attempt_id})

    def get(self, method_id: MethodId) -> PaymentMethod:
        """Return one saved method, else `NotFound`."""
        found = _METHODS.one(self._tx, _ONE, id=method_id)
        if found is None:
            raise NotFound(kind="method")
        return found

    def of(self, person_id: PersonId, tenant_id: TenantId) -> tuple[PaymentMethod, ...]:
        """Return what a person keeps with a tenant: the default first, then the newest."""
        return _METHODS.many(self._tx, _OF, person_id=person_id, tenant_id=tenant_id)

    def same(
        self,
        person_id: PersonId,
        tenant_id: TenantId,
        *,
        configuration_id: ConfigurationId,
        kept: SavedMethod,
    ) -> PaymentMethod | None:
        """Return the same card or account, if the person keeps it already."""
        return _METHODS.one(
            self._tx,
            _SAME,
            person_id=person_id,
            tenant_id=tenant_id,
            configuration_id=configuration_id,
            fingerprint=self._fingerprint(kept),
        )

    def add(self, method: PaymentMethod, kept: SavedMethod) -> None:
        """Store a new method with what it takes to charge it, encrypted for it alone."""
        row = _METHODS.row(self._tx, method)
        secrets = {"fingerprint": self._fingerprint(kept), "body": self._body(method, kept)}
        _ADD.run(self._tx.cursor, {**row, **secrets})
        self._tell(method)

    def renew(
        self, before: PaymentMethod, after: PaymentMethod, kept: SavedMethod
    ) -> PaymentMethod:
        """Store a change as `replace` does, and what it takes to charge it from now on."""
        stored = self.replace(before, after)
        values = {
            "id_is": stored.id,
            "seen_version": stored.row_version,
            "row_version": stored.row_version + 1,
            "body": self._body(stored, kept),
        }
        _SET_BODY.run(self._tx.cursor, values)
        return self.get(stored.id)

    def replace(self, before: PaymentMethod, after: PaymentMethod) -> PaymentMethod:
        """Store a change where `before` still stands, else `StaleState`; return it as stored."""
        stored = _METHODS.replace(self._tx, before, after)
        self._tell(stored)
        return stored

    def secret(self, method: PaymentMethod) -> SavedMethod:
        """Return what it takes to charge a method, decrypted; `NotFound` where it is gone."""
        rows = _BODY.rows(self._tx.cursor, {"id": method.id})
        if not rows:
            raise NotFound(kind="method")
        found = orjson.loads(self._tx.ring.open(rows[0][0], context=_where(method)))
        return SavedMethod(
            token=found["token"],
            owner=found["owner"],
            label=method.label,
            expires=method.expires,
        )

    def mark(self, method: PaymentMethod) -> str:
        """Return the blind index of a method's card or account, "" where it is gone."""
        return next((row[0] for row in _MARK.rows(self._tx.cursor, {"id": method.id})), "")

    def is_marked(self, configuration_id: ConfigurationId, mark: str) -> bool:
        """Tell whether anybody keeps this card or account under a configuration."""
        values = {"configuration_id": configuration_id, "mark": mark}
        return bool(_MARKED.rows(self._tx.cursor, values))

    def remove(self, method: PaymentMethod) -> None:
        """Delete a method and what it takes to charge it."""
        _REMOVE.run(self._tx.cursor, {"id": method.id})
        self._tell(method, is_kept=False)

    def note_charge(self, attempt_id: AttemptId, label: str) -> None:
        """Keep for good by which mask the receipt of an attempt names what it charges."""
        body = self._tx.ring.seal(label.encode(), context=_named(attempt_id))
        _NOTE_CHARGE.run(self._tx.cursor, {"attempt_id": attempt_id, "label": body})

    def charged_label(self, attempt_id: AttemptId) -> str:
        """Return the mask of what an attempt charges, "" for none."""
        for (body,) in _CHARGED_LABEL.rows(self._tx.cursor, {"attempt_id": attempt_id}):
            return self._tx.ring.open(body, context=_named(attempt_id)).decode()
        return ""

    def charged_since(self, method_id: MethodId, since: "datetime") -> int:
        """Sum what a method was charged since a time, in minor units; what was declined is not."""
        values = {"method_id": method_id, "since": since}
        return int(_CHARGED_SINCE.rows(self._tx.cursor, values)[0][0])

    def others(self, method: PaymentMethod) -> tuple[PaymentMethod, ...]:
        """Return the same card as other people keep it with the same configuration there."""
        return _METHODS.many(
            self._tx,
            _OTHERS,
            configuration_id=method.configuration_id,
            fingerprint=self.mark(method),
            tenant_id=method.tenant_id,
            person_id=method.person_id,
        )

    def saved_after(self, payment_id: PaymentId) -> PaymentMethod | None:
        """Return the method that was saved after a payment, if it is still kept."""
        return _METHODS.one(self._tx, _SAVED_AFTER, payment_id=payment_id)

    def bar(self, method: PaymentMethod) -> None:
        """Delete a method, and let its owner not keep the same card again."""
        key = {
            "person_id": method.person_id,
            "tenant_id": method.tenant_id,
            "configuration_id": method.configuration_id,
            "fingerprint": self.mark(method),
        }
        self.remove(method)
        _BAR.run(self._tx.cursor, {**key, "barred_at": self._tx.now})
        content = {"person": method.person_id, "provider": method.provider}
        add_change(self._tx, method.tenant_id, "barred_method", method.id, content)

    def is_barred(
        self,
        person_id: PersonId,
        tenant_id: TenantId,
        *,
        configuration_id: ConfigurationId,
        kept: SavedMethod,
    ) -> bool:
        """Tell whether somebody objected to this person's keeping this card."""
        key = {
            "person_id": person_id,
            "tenant_id": tenant_id,
            "configuration_id": configuration_id,
            "fingerprint": self._fingerprint(kept),
        }
        return bool(_BARRED.rows(self._tx.cursor, key))

    def preferred(self, person_id: PersonId, tenant_id: TenantId) -> str:
        """Return the provider a person likes to pay a tenant through, "" for none."""
        return self.preference(person_id, tenant_id).provider

    def preference(self, person_id: PersonId, tenant_id: TenantId) -> Preference:
        """Return how a person likes to pay a tenant."""
        values = {"person_id": person_id, "tenant_id": tenant_id}
        for provider, is_keeping in _PREFERRED.rows(self._tx.cursor, values):
            return Preference(provider=provider, is_keeping=is_keeping)
        return Preference()

    def prefer(self, person_id: PersonId, tenant_id: TenantId, preference: Preference) -> None:
        """Store how a person likes to pay a tenant."""
        values = {"provider": preference.provider, "is_keeping": preference.is_keeping}
        key = {"person_id": person_id, "tenant_id": tenant_id}
        _PREFER.run(self._tx.cursor, {**key, **values})
        add_change(self._tx, tenant_id, "provider_preference", person_id, values)

    def sweep(self) -> int:
        """Forget what nobody said should be kept; return how many."""
        _SWEEP.run(self._tx.cursor, {"now": self._tx.now})
        return self._tx.cursor.rowcount

    def _fingerprint(self, kept: SavedMethod) -> str:
        return self._tx.ring.index(print_of(kept), context="payment_method.fingerprint")

    def _body(self, method: PaymentMethod, kept: SavedMethod) -> bytes:
        plain = orjson.dumps({"token": kept.token, "owner": kept.owner})
        return self._tx.ring.seal(plain, context=_where(method))

    def _tell(self, method: PaymentMethod, *, is_kept: bool = True) -> None:
        """Put into the audit chain how a method stands now; no mask, no name, no token."""
        content = {
            "person": method.person_id,
            "provider": method.provider,
            "is_default": method.is_default,
            "is_active": method.is_active,
            "is_kept": is_kept,
            "waits_until": method.waits_until,
            "day_limit_minor": method.day_limit_minor,
        }
        add_change(self._tx, method.tenant_id, "payment_method", method.id, content)


def _packed(kept: SavedMethod) -> bytes:
    return orjson.dumps(
        {
            "token": kept.token,
            "owner": kept.owner,
            "label": kept.label,
            "expires": kept.expires,
            "fingerprint": kept.fingerprint,
            "consent": kept.consent.value,
        }
    )


def _unpacked(body: bytes) -> SavedMethod:
    """Read what `_packed` wrote; older ones say nothing of a consent."""
    found = orjson.loads(body)
    consent = Consent(found.pop("consent", Consent.NOT_ASKED.value))
    return SavedMethod(**found, consent=consent)


def _where(method: PaymentMethod) -> str:
    return f"payment_method.{method.person_id}.{method.configuration_id}.{method.id}"


def _named(attempt_id: AttemptId) -> str:
    return f"charged_method.{attempt_id}"


def _waiting(attempt_id: AttemptId) -> str:
    return f"held_method.{attempt_id}"
