"""M-Pesa in Kenya (Safaricom's Daraja): prompts on the payer's phone, payouts, reversals.

Money is whole shillings. There is no page: the payer types a PIN on the phone. Nothing that
Safaricom sends is signed; what became of money comes to an address that we draw for that one
question, and must name its ids and its amount. A look-up of a prompt names neither amount nor
receipt: a capture is known by the id of its prompt, and a prompt takes what was asked or nothing.

A payout to a phone carries our reference and is sent once under it; one to a till or a paybill
carries none, so it is never asked for twice. A payment is reversed whole or not at all, by its
receipt. Refunds and payouts need an initiator with Safaricom's certificate.

Source: Safaricom's developer portal, Daraja 3.0: M-Pesa Express, B2C, B2B, Transaction Status,
Reversal, read in public copies 2026-11.
"""

from bot.providers.mpesa.client import MAKER

__all__ = ["MAKER"]
