"""PayPal Orders v2: pages, captures after approval, refunds, disputes, events under a certificate.

A payer's approval moves nothing: whoever looks an approved order up captures it, under one request
id, so that it is captured once however many do. Only a completed capture is money. Amounts are
decimal texts in major units. Nothing in an answer tells pretend money from real; the address does.

Events are proven offline: a signature over the event's checksum, made with the key of a certificate
that PayPal names and that must lead to a root which this machine trusts. Until that certificate is
here an event is a hint to ask, no more.

Source: PayPal's published OpenAPI descriptions of Orders v2, Payments v2, Webhooks v1 and Disputes
v1 (2024-02); its developer page on webhooks, read 2026-11.
"""

from bot.providers.paypal.client import MAKER

__all__ = ["MAKER"]
