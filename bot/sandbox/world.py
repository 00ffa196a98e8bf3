"""The sandbox world: who there is, what was said, and what the bot has yet to hear of.

All changes happen on the event loop's thread and are told to whoever watches. What persons do is
in `acts.py`, what the bot does in `bot_api.py` and the `api_…` files beside it.
"""

import asyncio
import secrets
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from bot.sandbox import view
from bot.sandbox.limits import SendLimits
from bot.sandbox.misbehaviour import HANG_S, add_switches
from bot.sandbox.records import (
    Answer,
    BotAccount,
    ChatState,
    Group,
    Json,
    Message,
    Person,
    Query,
    Question,
    StoredFile,
    Update,
    WorldState,
)
from bot.sandbox.shelf import Shelf, picture_size
from bot.sandbox.switches import Switchboard, Value
from bot.sandbox.updates import UpdateQueue
from bot.sandbox.world_file import WorldFile

MAX_MESSAGES: Final = 500
MAX_QUERIES: Final = 1_000
MAX_CALLS: Final = 300
ANSWER_WITHIN_S: Final = 10.0
"""How long the app waits for the bot's word before somebody pays."""
MAX_UNREAD_EVENTS: Final = 2_000
FIRST_PERSON_ID: Final = 910_000_001
BOT_ID: Final = 7_700_000_001

Watch = asyncio.Queue[Json | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiCall:
    """One call of the bot, for the panel; `took_ms` is how long we took to answer."""

    at: int
    method: str
    chat_id: int
    code: int
    took_ms: int
    note: str = ""


def new_bot(*, username: str = "hazina_sandbox_bot", first_name: str = "Hazina") -> BotAccount:
    """Return a bot account with a fresh token of Telegram's shape."""
    token = f"{BOT_ID}:AA{secrets.token_urlsafe(24)}0"[: len(str(BOT_ID)) + 36]
    return BotAccount(id=BOT_ID, first_name=first_name, username=username, token=token)


class World:
    """State, queue, limits and watchers of one sandbox."""

    def __init__(
        self,
        *,
        people: Iterable[Person] = (),
        groups: Iterable[Group] = (),
        started: Iterable[int] = (),
        data_dir: Path | None = None,
        own_base: str = "",
        board: Switchboard | None = None,
        most_messages: int = MAX_MESSAGES,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take up the kept world of `data_dir`, or begin one with these people and groups.

        `started` have pressed Start before, also after a reset. `own_base` is the sandbox's own
        address, which buttons may open. `data_dir` `None` keeps everything in memory. A chat keeps
        its newest `most_messages`. `clock` gives Unix seconds.
        """
        self.own_base = own_base
        self.board = board or Switchboard()
        self.clock = clock
        self.monotonic = monotonic
        self.hang_s = HANG_S
        self.answer_within_s = ANSWER_WITHIN_S
        self._most_messages = most_messages
        self.limits = SendLimits(monotonic)
        self.shelf = Shelf(data_dir / "files" if data_dir else None)
        self.calls: deque[ApiCall] = deque(maxlen=MAX_CALLS)
        self.counts: Counter[str] = Counter()
        self.answers: dict[str, Answer] = {}
        self.questions: dict[str, Question] = {}
        self._file = WorldFile(data_dir / "world.json") if data_dir else None
        self._beginning = (tuple(people), tuple(groups))
        self._started = frozenset(started)
        self._watches: set[Watch] = set()
        self._listeners: dict[str, list[Callable[[], None]]] = {}
        self._change = asyncio.Event()
        self.changes = 0
        add_switches(self.board)
        kept = self._file.load() if self._file else None
        self.is_new = kept is None
        self.state = kept or self._begun(new_bot())
        self.board.restore(self.state.switches)
        self.board.listen(self._switched)
        self.queue = self._new_queue()
        self._add_newcomers()

    def now(self) -> int:
        """Return the world's time, in Unix seconds: the real one and the moved hours."""
        return int(self.clock()) + self.state.clock_offset_s

    def move_clock(self, offset_s: int) -> None:
        """Set how far the world's time is ahead of the real one."""
        self.state.clock_offset_s = offset_s
        self.tell("clock", lambda: {"offset_s": offset_s, "now": self.now()})

    def begin_with(
        self, people: Iterable[Person], groups: Iterable[Group], started: Iterable[int]
    ) -> None:
        """Say who is there from the next reset on."""
        self._beginning = (tuple(people), tuple(groups))
        self._started = frozenset(started)

    def reset(self) -> None:
        """Begin anew with the first people; the bot keeps its token, switches and clock go back."""
        books = self.state.books
        webhook, allowed = self.state.queue.webhook, self.state.queue.allowed
        last_update_id = self.state.queue.last_update_id
        commands, descriptions = self.state.commands, self.state.descriptions
        self.state = self._begun(self.state.bot)
        self.state.books = books
        self.state.queue.webhook, self.state.queue.allowed = webhook, allowed
        self.state.queue.last_update_id = last_update_id
        self.state.commands, self.state.descriptions = commands, descriptions
        self.queue.drop_all()
        self.queue.state = self.state.queue
        self.shelf.clear()
        self.limits.clear()
        self.calls.clear()
        self.board.reset()
        self.tell("reset", dict)

    def add_person(self, person: Person) -> None:
        """Let somebody into the world, with a private chat that has not been started."""
        self.state.people[person.id] = person
        self.state.chats.setdefault(person.id, ChatState(id=person.id, member_ids=[person.id]))
        self.tell("person", lambda: view.person(self.state, person))
        self.tell("chat", lambda: view.chat(self.state, self.state.chats[person.id]))

    def add_group(self, group: Group) -> None:
        """Make a group chat that the bot is in."""
        self.state.chats[group.id] = ChatState(
            id=group.id,
            title=group.title,
            member_ids=list(group.member_ids),
            admin_ids=list(group.admin_ids),
            is_started=True,
        )
        self.tell("chat", lambda: view.chat(self.state, self.state.chats[group.id]))

    def free_person_id(self) -> int:
        """Return a Telegram id that nobody has."""
        return max([FIRST_PERSON_ID - 1, *self.state.people]) + 1

    def next_message_id(self, chat: ChatState) -> int:
        """Return the next message id of a chat."""
        chat.last_message_id += 1
        return chat.last_message_id

    def save_message(self, message: Message) -> Message:
        """Keep a new or changed message and show it; the oldest of a long chat go."""
        chat = self.state.chats[message.chat_id]
        kept = replace(message, revision=self._next_revision())
        chat.messages[kept.id] = kept
        if len(chat.messages) > self._most_messages:
            del chat.messages[next(iter(chat.messages))]
        self.tell("message", lambda: view.message(self.state, kept))
        return kept

    def drop_message(self, chat: ChatState, message_id: int) -> None:
        """Remove a message from everybody's screen."""
        del chat.messages[message_id]
        self._next_revision()
        self.tell("deleted", lambda: {"chat_id": chat.id, "id": message_id})

    def save_query(self, query: Query) -> None:
        """Keep a press that waits for its answer."""
        self.state.queries[query.id] = query
        if len(self.state.queries) > MAX_QUERIES:
            del self.state.queries[next(iter(self.state.queries))]
        self._next_revision()

    def note_answer(self, answer: Answer, *, person_id: int, chat_id: int) -> None:
        """Show the answer to a press to the person who pressed."""
        self.answers[answer.query_id] = answer
        if len(self.answers) > MAX_QUERIES:
            del self.answers[next(iter(self.answers))]
        self.tell("answer", lambda: asdict(answer) | {"person_id": person_id, "chat_id": chat_id})

    def show_chat(self, chat: ChatState) -> None:
        """Tell the watchers how a chat stands: keyboard, commands, blocked or not."""
        self._next_revision()
        self.tell("chat", lambda: view.chat(self.state, chat))

    def keep_file(self, content: bytes, *, name: str, mime: str, is_photo: bool) -> StoredFile:
        """Store uploaded bytes."""
        unique_id = secrets.token_hex(8)
        width, height = picture_size(content) if is_photo else (0, 0)
        file = StoredFile(
            file_id=f"BQAC{secrets.token_urlsafe(36)}",
            unique_id=unique_id,
            name=name,
            mime=mime,
            size=len(content),
            is_photo=is_photo,
            width=width,
            height=height,
        )
        self.shelf.put(unique_id, content)
        self.state.files[file.file_id] = file
        return file

    def note_call(self, call: ApiCall) -> None:
        """Write a call of the bot into the log that the panel shows."""
        self.calls.append(call)
        self.counts[call.method.lower()] += 1
        self.tell("call", lambda: view.call(call))

    def watch(self) -> Watch:
        """Return a queue that gets every event from now on; `None` in it means too slow."""
        watch: Watch = asyncio.Queue(maxsize=MAX_UNREAD_EVENTS)
        self._watches.add(watch)
        return watch

    def unwatch(self, watch: Watch) -> None:
        """Stop telling that queue."""
        self._watches.discard(watch)

    def on(self, kind: str, call: Callable[[], None]) -> None:
        """Call back after each event of a kind, such as `clock` or `reset`."""
        self._listeners.setdefault(kind, []).append(call)

    def tell(self, kind: str, build: Callable[[], Json]) -> None:
        """Send an event to the watchers and note that there is something to keep."""
        if self._file is not None:
            self._file.touch()
        self.changes += 1
        self._change.set()
        self._change = asyncio.Event()
        for call in self._listeners.get(kind, ()):
            call()
        if not self._watches:
            return
        event = {"kind": kind, "data": build()}
        for watch in tuple(self._watches):
            if watch.qsize() >= MAX_UNREAD_EVENTS - 1:
                self._watches.discard(watch)
                watch.put_nowait(None)
            else:
                watch.put_nowait(event)

    async def change(self, timeout_s: float) -> None:
        """Return at the next event, at the latest after `timeout_s`."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._change.wait()
        except TimeoutError:
            return

    async def keep(self) -> None:
        """Write the world to its file after changes, until cancelled."""
        if self._file is not None:
            await self._file.keep(lambda: self.state)

    def save(self) -> None:
        """Write the world to its file now."""
        if self._file is not None:
            self._file.save(self.state)

    def _begun(self, bot: BotAccount) -> WorldState:
        state = WorldState(bot=bot)
        people, groups = self._beginning
        for person in people:
            state.people[person.id] = person
            is_started = person.id in self._started
            chat = ChatState(id=person.id, member_ids=[person.id], is_started=is_started)
            state.chats[person.id] = chat
        for group in groups:
            state.chats[group.id] = ChatState(
                id=group.id,
                title=group.title,
                member_ids=list(group.member_ids),
                admin_ids=list(group.admin_ids),
                is_started=True,
            )
        return state

    def _add_newcomers(self) -> None:
        people, groups = self._beginning
        for person in people:
            if person.id not in self.state.people:
                self.add_person(person)
        for group in groups:
            if group.id not in self.state.chats:
                self.add_group(group)

    def _new_queue(self) -> UpdateQueue:
        return UpdateQueue(
            self.state.queue, board=self.board, clock=self.clock, on_taken=self._taken
        )

    def _taken(self, update: Update) -> None:
        chat = self.state.chats.get(update.chat_id)
        message = chat.messages.get(update.message_id) if chat else None
        if update.kind == "message" and message is not None and not message.is_taken:
            self.save_message(replace(message, is_taken=True))
        elif self._file is not None:
            self._file.touch()

    def _switched(self, key: str, value: Value) -> None:
        self.state.switches = self.board.values()
        if key == "telegram.outage":
            self.queue.wake()
        if key == "telegram.outage" and value != "none":
            self.queue.break_polls()
        if key == "telegram.limits":
            self.limits.clear()
        self.tell("switches", lambda: {"switches": self.board.as_json()})

    def _next_revision(self) -> int:
        self.state.revision += 1
        return self.state.revision
