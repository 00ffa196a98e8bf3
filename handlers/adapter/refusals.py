"""Refusals → screens: one table, and what a refusal means for the dialogue and the pressed button.

The words are in `handlers/screens/refusals.py` and `money_refusals.py`.
"""

from collections.abc import Callable, Mapping
from typing import Final

from core.domain import errors
from core.domain.errors import Refusal
from handlers.chat import Screen
from handlers.screens import methods, providers
from handlers.screens import money_refusals as money
from handlers.screens import refusals as words_of
from handlers.words import Words

Worded = Callable[[Words, Refusal], Screen]

REFUSALS: Final[Mapping[type[Refusal], Worded]] = {
    errors.InvalidAmount: money.invalid_amount,
    errors.AmountOutOfRange: money.out_of_range,
    errors.CurrencyMismatch: money.currency_mismatch,
    errors.InsufficientFunds: money.insufficient,
    errors.NotFound: words_of.not_found,
    errors.NotAllowed: words_of.not_allowed,
    errors.OwnBill: words_of.own_bill,
    errors.NotForYou: words_of.not_for_you,
    errors.IllegalTransition: words_of.illegal_step,
    errors.WalletFrozen: money.wallet_frozen,
    errors.TenantClosed: words_of.tenant_closed,
    errors.PinLocked: words_of.pin_locked,
    errors.PinNeeded: words_of.pin_needed,
    errors.PinWrong: words_of.pin_wrong,
    errors.PinWeak: words_of.pin_weak,
    errors.MoneyStopped: money.money_stopped,
    errors.LinkUsed: words_of.link_used,
    errors.WrongPhone: words_of.wrong_phone,
    errors.NotAcknowledged: money.not_acknowledged,
    errors.BillDisputed: money.bill_disputed,
    errors.BillSettled: money.bill_settled,
    errors.BillCancelled: money.bill_cancelled,
    errors.BelowMinimum: money.below_minimum,
    errors.AboveRest: money.above_rest,
    errors.PaymentOpen: money.payment_open,
    errors.AboveRefundable: money.above_refundable,
    errors.PaymentContested: money.payment_contested,
    errors.UnmatchedGone: money.unmatched_gone,
    errors.RefundOpen: money.refund_open,
    errors.OutflowsFrozen: money.outflows_frozen,
    errors.DisputeWindowClosed: money.window_closed,
    errors.StaleCard: words_of.stale_card,
    errors.IntentSpent: words_of.intent_spent,
    errors.TooLong: words_of.too_long,
    errors.InvalidInput: words_of.invalid_input,
    errors.Ambiguous: words_of.ambiguous,
    errors.TooManyRequests: words_of.too_many,
    errors.PrivateChatOnly: words_of.private_only,
    errors.NotJoined: words_of.not_joined,
    errors.PhoneNeeded: words_of.phone_needed,
    errors.AlreadyMember: words_of.already_member,
    errors.UnknownLink: words_of.unknown_link,
    errors.RejectedBefore: words_of.rejected_before,
    errors.LastWay: words_of.last_way,
    errors.NoProvider: money.no_provider,
    errors.MethodGone: methods.gone,
    errors.MethodWaits: methods.waits,
    errors.MethodLimited: methods.limited,
    errors.OfferOver: methods.offer_over,
    errors.TooManyMethods: methods.too_many,
    errors.NotTaken: money.not_taken,
    errors.KeysNotWorking: providers.keys_not_working,
    errors.OtherMode: providers.other_mode,
    errors.PaymentsUnderWay: providers.under_way,
}
"""Every refusal of core has its words."""

ASKABLE: Final = (
    errors.InvalidAmount,
    errors.AmountOutOfRange,
    errors.BelowMinimum,
    errors.AboveRest,
    errors.NotTaken,
    errors.AboveRefundable,
    errors.TooLong,
    errors.InvalidInput,
    errors.OtherMode,
    errors.PinWeak,
)
"""Input that is asked again: the dialogue stays open, a pressed button stays unspent."""

PASSING: Final = (
    errors.PinLocked,
    errors.PinNeeded,
    errors.MoneyStopped,
    errors.TooManyRequests,
    errors.WalletFrozen,
    errors.TenantClosed,
    errors.OutflowsFrozen,
    errors.RefundOpen,
    errors.NotForYou,
    errors.RejectedBefore,
    errors.MethodWaits,
    errors.MethodLimited,
)
"""What passes without the thing itself changing: a pressed button stays unspent."""

NOT_FOR_HIM: Final = (errors.NotForYou, errors.RejectedBefore)
"""What passes for others, but never for who pressed."""


def screen_of(words: Words, refusal: Refusal) -> Screen:
    """Return the screen that tells a refusal; that of its kind where it has none of its own."""
    for kind in type(refusal).__mro__:
        if kind in REFUSALS:
            return REFUSALS[kind](words, refusal)
    return words_of.unforeseen(words, refusal)
