"""Pesapal 3.0: pages under our own reference, unsigned notices, refunds that a human approves.

Amounts are decimals in major units. An order is known there by a tracking id, which only the answer
that made it tells; each payment of it has a confirmation code of its own. Calls fail with HTTP 200
as often as not: the error stands in the answer, and one whose members are all null is none.

Nothing in an answer tells pretend money from real money; the address does. Notices prove nothing
and name no status, so they only make us ask.

One refund may be asked for per payment, and Pesapal tells of it only by the payment's becoming
`REVERSED`: so we ask for whole ones only, and whether one was rejected nobody tells.

Source: Pesapal's developer pages on API 3.0 (authentication, notification addresses, orders,
transaction status, refunds), read 2026-11.
"""

from bot.providers.pesapal.client import MAKER

__all__ = ["MAKER"]
