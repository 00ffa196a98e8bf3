"""A person played by a test: talks and taps on the world itself and looks at what is shown."""

from collections.abc import Callable
from typing import Final

from bot.sandbox import acts
from bot.sandbox.records import Answer, ChatState, Group, Key, KeyKind, Message, Person
from bot.sandbox.world import World

WITHIN_S: Final = 5.0
LOOK_S: Final = 0.5


class NothingCame(AssertionError):
    """What was waited for did not appear; the text shows the screen instead."""


class Player:
    """One person in one chat; the private one unless told otherwise."""

    def __init__(
        self,
        world: World,
        person: Person,
        *,
        chat: Group | None = None,
        within_s: float = WITHIN_S,
    ) -> None:
        """Play that person; every wait ends after `within_s` seconds."""
        self.world = world
        self.person = person
        self._chat_id = chat.id if chat else person.id
        self._within_s = within_s
        self._since = 0

    async def start(self, key: str = "") -> Message:
        """Press Start or open a deep link, and return the bot's answer."""
        self._mark()
        acts.start(self.world, person_id=self.person.id, key=key)
        return await self._next()

    async def say(self, text: str) -> Message:
        """Write, and return the bot's next message or edit."""
        self._mark()
        acts.say(self.world, person_id=self.person.id, chat_id=self._chat_id, text=text)
        return await self._next()

    def whisper(self, text: str) -> Message:
        """Write without waiting for an answer, and return what was written."""
        self._mark()
        return acts.say(self.world, person_id=self.person.id, chat_id=self._chat_id, text=text)

    async def share_contact(self) -> Message:
        """Share the own phone number, and return the bot's next message or edit."""
        self._mark()
        acts.share_contact(self.world, person_id=self.person.id, chat_id=self._chat_id)
        return await self._next()

    async def send_file(
        self, content: bytes, *, name: str, mime: str, caption: str = ""
    ) -> Message:
        """Send a document, and return the bot's next message or edit."""
        self._mark()
        file = self.world.keep_file(content, name=name, mime=mime, is_photo=False)
        acts.send_file(
            self.world,
            person_id=self.person.id,
            chat_id=self._chat_id,
            file=file,
            caption=caption,
        )
        return await self._next()

    async def press(self, label: str) -> Answer:
        """Tap the newest button whose label starts with these words, and return its answer.

        Raises:
            NothingCame: no such button, or no answer.
        """
        message, key = self.find(label)
        if key.kind is not KeyKind.PRESS:
            raise NothingCame(f"[{key.text}] opens {key.value!r}; it is no press")
        self._mark()
        query = acts.press(
            self.world,
            person_id=self.person.id,
            chat_id=self._chat_id,
            message_id=message.id,
            data=key.value,
        )
        await self._until(lambda: query.id in self.world.answers, f"an answer to [{key.text}]")
        return self.world.answers[query.id]

    def find(self, label: str) -> tuple[Message, Key]:
        """Return the newest message with such a button, and the button.

        Raises:
            NothingCame: no message of the bot has one.
        """
        for message in reversed(self.messages()):
            key = acts.find_key(message, label)
            if key is not None:
                return message, key
        raise NothingCame(f"{self.person.name} sees no button [{label}]\n{self.screen()}")

    def url(self, label: str) -> str:
        """Return the address that a button opens.

        Raises:
            NothingCame: no such button.
        """
        return self.find(label)[1].value

    def messages(self) -> list[Message]:
        """Return the bot's messages in this chat, oldest first."""
        bot_id = self.world.state.bot.id
        return [one for one in self._chat().messages.values() if one.sender_id == bot_id]

    def last(self) -> Message:
        """Return the bot's newest message.

        Raises:
            NothingCame: the bot has said nothing.
        """
        messages = self.messages()
        if not messages:
            raise NothingCame(f"the bot has said nothing to {self.person.name}")
        return messages[-1]

    def screen(self) -> str:
        """Return the bot's newest message as text, its rows of buttons in brackets."""
        messages = self.messages()
        return draw(messages[-1]) if messages else "(nothing)"

    async def wait_for(self, text: str, timeout_s: float | None = None) -> Message:
        """Return the newest message or edit since the last act that has this text in it.

        Raises:
            NothingCame: it did not appear in time.
        """
        found: list[Message] = []

        def is_there() -> bool:
            found[:] = [one for one in self._fresh() if text in draw(one)]
            return bool(found)

        await self._until(is_there, repr(text), timeout_s)
        return found[-1]

    async def _next(self) -> Message:
        await self._until(lambda: bool(self._fresh()), "an answer")
        return self._fresh()[-1]

    async def _until(
        self, is_there: Callable[[], bool], what: str, timeout_s: float | None = None
    ) -> None:
        left_s = timeout_s or self._within_s
        while not is_there():
            if left_s <= 0:
                raise NothingCame(f"{self.person.name} waited for {what}\n{self.screen()}")
            left_s -= await look_again(self.world, left_s)

    def _fresh(self) -> list[Message]:
        fresh = [one for one in self.messages() if one.revision > self._since]
        return sorted(fresh, key=lambda one: one.revision)

    def _mark(self) -> None:
        self._since = self.world.state.revision

    def _chat(self) -> ChatState:
        return self.world.state.chats[self._chat_id]


async def look_again(world: World, left_s: float) -> float:
    """Wait for a change, half a second at most; return how many seconds that counts for.

    Where the whole machine stood still, nobody could have answered: that is no time of theirs.
    """
    began_s = world.monotonic()
    await world.change(min(left_s, LOOK_S))
    return min(world.monotonic() - began_s, 2 * LOOK_S)


def draw(message: Message) -> str:
    """Return a message as text: what it says and its rows of buttons in brackets."""
    lines = [message.body.text] if message.body.text else []
    if message.file is not None:
        lines.insert(0, f"({message.file.name})")
    lines += [" ".join(f"[{key.text}]" for key in row) for row in message.keyboard]
    return "\n".join(lines)
