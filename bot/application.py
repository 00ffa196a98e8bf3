"""What exists: the list of capabilities, in the order their commands are announced."""

from typing import Final

from bot.providers import KINDS
from handlers.flows import (
    billing,
    bills,
    cancel,
    claims,
    differences,
    disputes,
    disputing,
    find,
    home,
    links,
    members,
    methods,
    newbill,
    payments,
    people,
    pins,
    providers,
    refund_requests,
    refunds,
    report,
    settings,
    start,
    topups,
    unmatched,
    wallet,
)
from handlers.flows import help as help_flows
from handlers.visit import Routes

CAPABILITIES: Final[tuple[Routes, ...]] = (
    home.ROUTES,
    bills.ROUTES,
    payments.ROUTES,
    links.ROUTES,
    wallet.ROUTES,
    topups.ROUTES,
    newbill.ROUTES,
    billing.ROUTES,
    disputing.ROUTES,
    disputes.ROUTES,
    unmatched.ROUTES,
    differences.ROUTES,
    refunds.ROUTES,
    refund_requests.ROUTES,
    claims.ROUTES,
    report.ROUTES,
    people.ROUTES,
    members.ROUTES,
    settings.ROUTES,
    methods.ROUTES,
    providers.routes(KINDS),
    pins.ROUTES,
    find.ROUTES,
    help_flows.ROUTES,
    start.ROUTES,
    cancel.ROUTES,
)
