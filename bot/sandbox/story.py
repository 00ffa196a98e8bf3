"""What the panel shows beside the chats: the guided story and the live tables."""

from dataclasses import asdict, dataclass

from bot.sandbox.records import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One thing that the story offers to do next, where it fits.

    `tap` is the beginning of a button's label that the bot shows. `say` is a text to send, after
    an answer of the bot with the words `after`, or at any time. `opener_id` opens the invitation
    link that the bot shows, as that person. `shows` turns to a tab of the panel, at any time.
    """

    tap: str = ""
    say: str = ""
    after: str = ""
    opener_id: int = 0
    shows: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something that must have happened: one of the facts, so many times (`progress.py`)."""

    label: str
    facts: tuple[str, ...]
    times: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryStep:
    """One step: whose chat to look at, what to do there, and what shows that it was done.

    The later a move, the further it is: the page offers the last that fits, else the first.
    """

    title: str
    text: str
    person_id: int = 0
    moves: tuple[Move, ...] = ()
    marks: tuple[Mark, ...] = ()

    def named(self) -> dict[str, Mark]:
        """Return the marks by a name of their own in the whole story."""
        return {f"{self.title}: {mark.label}": mark for mark in self.marks}

    def as_json(self) -> Json:
        """Return what the panel shows; the facts stay here."""
        marks = [{"key": key, "label": mark.label} for key, mark in self.named().items()]
        return {
            "title": self.title,
            "text": self.text,
            "person_id": self.person_id,
            "moves": [asdict(move) for move in self.moves],
            "marks": marks,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A title, an opening line and the steps in order; `timezone` is that of the page's clock."""

    title: str = "Start here"
    intro: str = ""
    timezone: str = "UTC"
    steps: tuple[StoryStep, ...] = ()

    def as_json(self) -> Json:
        """Return what the panel shows."""
        return {
            "title": self.title,
            "intro": self.intro,
            "timezone": self.timezone,
            "steps": [step.as_json() for step in self.steps],
        }


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
