"""Roles and scopes: what a person in a tenant may do."""

from enum import StrEnum
from typing import Final


class Scope(StrEnum):
    """One permission; the sources' four kept word for word (product section 5)."""

    CONVERSATIONS_VIEW = "conversations:view"
    FINANCE_VIEW = "finance:view"
    WITHDRAW_INITIATE = "finance:withdraw:initiate"
    WITHDRAW_APPROVE = "finance:withdraw:approve"
    ADJUST_INITIATE = "finance:adjust:initiate"
    ADJUST_APPROVE = "finance:adjust:approve"
    BILLS_VIEW = "bills:view"
    BILLS_MANAGE = "bills:manage"
    BILLS_DISPUTE_RESOLVE = "bills:dispute:resolve"
    PAYMENTS_VIEW = "payments:view"
    REFUND_REQUEST = "payments:refund:request"
    REFUND_APPROVE = "payments:refund:approve"
    MEMBERS_MANAGE = "members:manage"
    SETTINGS_MANAGE = "settings:manage"
    SETTINGS_PROVIDERS = "settings:providers"
    REPORTS_VIEW = "reports:view"
    AUDIT_VIEW = "audit:view"
    RISK_REVIEW = "risk:review"
    GATE_VERIFY = "gate:verify"


class Role(StrEnum):
    """A named bundle of scopes."""

    RESIDENT = "resident"
    CUSTOMER = "customer"
    SUPPORT = "support"
    FINANCE = "finance"
    FINANCE_APPROVER = "finance_approver"
    ADMIN = "admin"
    AUDITOR = "auditor"
    GATE_OFFICER = "gate_officer"
    RISK_OFFICER = "risk_officer"
    PROVIDER_KEEPER = "provider_keeper"
    """Holds the keys of payment providers: where money goes. Given apart from every other."""


ROLE_SCOPES: Final[dict[Role, frozenset[Scope]]] = {
    Role.RESIDENT: frozenset(),
    Role.CUSTOMER: frozenset(),
    Role.SUPPORT: frozenset({Scope.CONVERSATIONS_VIEW, Scope.BILLS_VIEW, Scope.PAYMENTS_VIEW}),
    Role.FINANCE: frozenset(
        {
            Scope.FINANCE_VIEW,
            Scope.WITHDRAW_INITIATE,
            Scope.ADJUST_INITIATE,
            Scope.BILLS_VIEW,
            Scope.PAYMENTS_VIEW,
            Scope.REFUND_REQUEST,
            Scope.REPORTS_VIEW,
        }
    ),
    Role.FINANCE_APPROVER: frozenset(
        {
            Scope.FINANCE_VIEW,
            Scope.WITHDRAW_APPROVE,
            Scope.ADJUST_APPROVE,
            Scope.BILLS_VIEW,
            Scope.PAYMENTS_VIEW,
            Scope.REFUND_APPROVE,
            Scope.REPORTS_VIEW,
        }
    ),
    Role.ADMIN: frozenset(
        {
            Scope.BILLS_VIEW,
            Scope.BILLS_MANAGE,
            Scope.BILLS_DISPUTE_RESOLVE,
            Scope.MEMBERS_MANAGE,
            Scope.SETTINGS_MANAGE,
            Scope.REPORTS_VIEW,
            Scope.PAYMENTS_VIEW,
            Scope.REFUND_REQUEST,
        }
    ),
    Role.AUDITOR: frozenset(
        {
            Scope.FINANCE_VIEW,
            Scope.BILLS_VIEW,
            Scope.PAYMENTS_VIEW,
            Scope.REPORTS_VIEW,
            Scope.AUDIT_VIEW,
        }
    ),
    Role.GATE_OFFICER: frozenset({Scope.GATE_VERIFY}),
    Role.RISK_OFFICER: frozenset({Scope.RISK_REVIEW, Scope.PAYMENTS_VIEW}),
    Role.PROVIDER_KEEPER: frozenset({Scope.SETTINGS_PROVIDERS}),
}

STAFF_ROLES: Final = (
    Role.ADMIN,
    Role.FINANCE,
    Role.FINANCE_APPROVER,
    Role.SUPPORT,
    Role.AUDITOR,
    Role.PROVIDER_KEEPER,
)
"""What those who work for an organisation are invited to."""


def role_for(scope: str) -> Role | None:
    """Return the first role of staff that holds a scope, None where none does."""
    return next((role for role in STAFF_ROLES if scope in ROLE_SCOPES[role]), None)


CHECKER_SCOPES: Final = frozenset(
    {Scope.WITHDRAW_APPROVE, Scope.ADJUST_APPROVE, Scope.REFUND_APPROVE}
)
"""Held only by persons whose phone was verified."""

GUARDED_SCOPES: Final = CHECKER_SCOPES | {Scope.MEMBERS_MANAGE, Scope.SETTINGS_PROVIDERS}
"""Nobody hands these out without having entered the own PIN."""
