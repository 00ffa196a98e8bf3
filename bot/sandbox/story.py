"""What the panel shows beside the chats: the guided story and the live tables."""

from dataclasses import asdict, dataclass

from bot.sandbox.records import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryStep:
    """One step: whose chat to look at, and what to write or tap there.

    `say` is a text to send, `tap` the beginning of a button's label; `chat_id` 0 is the private
    chat. `text` is plain.
    """

    title: str
    text: str
    person_id: int = 0
    chat_id: int = 0
    say: str = ""
    tap: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A title, an opening line and the steps in order; `timezone` is that of the page's clock."""

    title: str = "Start here"
    intro: str = ""
    timezone: str = "UTC"
    steps: tuple[StoryStep, ...] = ()

    def as_json(self) -> Json:
        """Return what the panel shows."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One live table of what happened inside; the rows have a cell for each column."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...] = ()
    note: str = ""

    def as_json(self) -> Json:
        """Return what the panel shows."""
        return asdict(self)
