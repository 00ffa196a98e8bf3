"""Paystack: pages under our own reference, refunds, transfers, saved cards, signed events.

Amounts are whole minor units in every currency offered here. The envelope's `status` tells only
that a call worked; what became of the money is `data.status`. Test and live differ by the key.
No reference of ours goes with a refund, so ours stands in its note and is looked for first.

A page that nobody has paid reads `abandoned`, and one whose card was refused reads `failed`; both
may still be paid. XOF is left out: we could not verify by which factor it is written.

Source: Paystack's published OpenAPI description (2025-10) and samples of answers (2026-02);
webhooks, gateway responses, managing transfers: its developer pages, read 2026-11.
"""

from bot.providers.paystack.client import MAKER

__all__ = ["MAKER"]
