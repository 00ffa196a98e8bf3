"""Flutterwave v3: pages under our own reference, refunds, transfers, saved cards, lists.

Amounts are decimals in major units, as numbers or as text; fees may have more places than money.
The envelope's `status` tells only that a call worked; what became of the money is `data.status`.
No answer names the mode: the key does, and a mock reference shows pretend money under any key.

A refused card leaves the page open, so one reference of ours may collect several transactions;
the successful ones count. A page that nobody has tried to pay is not known to the look-up at all.
A refund carries no reference of ours but its comment, and the list may leave that out: an equal
amount without one may be ours, so nothing is sent then. A refund that reads `completed` has only
left the balance; the longer words tell that it arrived.

`verif-hash` repeats the secret hash and proves the sender, not the body; `flutterwave-signature`
covers the body, and where it is sent it must be right. Either way an event only makes us ask.

v4 is another API, not spoken here: access tokens of ten minutes instead of a key, other addresses
for test and live, ids as text, `succeeded` for `successful`, events with an id of their own under
`flutterwave-signature`, an idempotency header. Its `reversal` of a transfer is read here, too; v3
documents none.

Source: v3 reference pages and guides (standard, verification, webhooks, refunds, transfers,
tokenization, errors), and the documentation of the maker's Node library, read 2026-11.
"""

from bot.providers.flutterwave.client import MAKER

__all__ = ["MAKER"]
