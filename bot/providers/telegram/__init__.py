"""Telegram's invoices, paid inside the app through a provider that BotFather knows.

We make a link to an invoice; its payload is our reference. Before money is taken Telegram asks the
bot (`bot.engine.checkouts`), and when it was taken it tells it (`bot.engine.receipts`), both by the
bot's own channel, which is proof (`Truth.BY_CHANNEL`). There is no look-up of such a payment, so a
look-up here says what is known: the invoice stands, or nobody knows. Making a second link under the
same reference is harmless: whoever pays by either is asked about first.

Nothing can be given back by the Bot API but Stars (`refundStarPayment`). Those are left out: they
are for digital goods, and dues, bills and a shop's goods are none. What was paid by card goes back
in the provider's own dashboard, by the number on the receipt, or to the payer's wallet.

Source: Bot API 10.0 (createInvoiceLink, answerPreCheckoutQuery, SuccessfulPayment) and Telegram's
pages on payments, read 2026-11.
"""

from bot.providers.telegram.client import MAKER

__all__ = ["MAKER"]
