"""What the holder of a card said of its being charged again: not always is that who paid by it."""

from enum import StrEnum


class Consent(StrEnum):
    """Whether the holder of a card let it be charged again, on the provider's own page."""

    GIVEN = "given"
    NOT_ASKED = "not_asked"
    """The provider's page asks nobody; one whose holder said no is never offered to be kept."""
