"""Stripe Checkout: hosted pages, refunds, saved cards charged off-session, lists, signed events.

Calls are forms, answers JSON of one pinned version. What was captured is the PaymentIntent's word,
under its id; one has one captured charge. Our reference stands in the page and in the metadata of
the PaymentIntent and of each refund. Keys of idempotency live for a day, so refunds are looked
through before another is made. Payouts are left out: Stripe pays its account's own bank only.

A page whose card was refused may still be paid; an expired one never. Adaptive prices are switched
off: what is captured is in the currency that was asked for.

Source: Stripe's API reference, version 2026-06-24.dahlia, and its pages on currencies, Checkout,
webhooks, idempotent requests, search and decline codes, read 2026-11.
"""

from bot.providers.stripe.client import MAKER

__all__ = ["MAKER"]
