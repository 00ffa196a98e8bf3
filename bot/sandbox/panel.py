"""What the chat page calls: `/sandbox/api/…`, and the page's own files.

Only pages of this very address may call: other sites in the same browser are turned away.
"""

import asyncio
import logging
import mimetypes
import re
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
from aiohttp import web

from bot.sandbox import acts, view
from bot.sandbox.behind import Behind
from bot.sandbox.child import Child
from bot.sandbox.records import Json, Person
from bot.sandbox.story import Story
from bot.sandbox.switches import UnfitValue, UnknownSwitch
from bot.sandbox.world import World

PAGE: Final = Path(__file__).parent / "page"
BEAT_S: Final = 15.0
INSIDE_WITHIN_S: Final = 5.0
MAX_UPLOAD_BYTES: Final = 20 * 1024 * 1024
MAX_OFFSET_S: Final = 5 * 366 * 86_400
SAFE_TYPES: Final = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/plain"}
)
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob: data:;"
        " frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """The page's server side: one world, one child process, one story."""

    world: World
    child: Child
    story: Callable[[], Story]
    behind: Behind | None = None
    renewing: asyncio.Lock = field(default_factory=asyncio.Lock)

    def mount(self, app: web.Application) -> None:
        """Add the routes."""
        router = app.router
        router.add_get("/", _to_page)
        router.add_get("/sandbox", _to_page)
        router.add_get("/sandbox/", self._page)
        router.add_get("/sandbox/page/{name}", self._asset)
        router.add_get("/sandbox/api/events", self._events)
        router.add_get("/sandbox/api/inside", self._inside)
        router.add_get("/sandbox/api/files/{id}/{name}", self._file)
        router.add_post("/sandbox/api/upload", self._guarded(self._upload))
        for name, act in self._acts().items():
            router.add_post(f"/sandbox/api/{name}", self._guarded(self._json_act(act)))

    def _acts(self) -> dict[str, Callable[[Json], Awaitable[Json] | Json]]:
        return {
            "start": self._start,
            "say": self._say,
            "press": self._press,
            "contact": self._contact,
            "block": self._block,
            "delete": self._delete,
            "edit": self._edit,
            "person": self._person,
            "switch": self._switch,
            "calm": self._calm,
            "process": self._process,
            "clock": self._clock,
            "anew": self._anew,
            "phone": self._phone,
        }

    def _guarded(
        self, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def guarded(request: web.Request) -> web.StreamResponse:
            origin = request.headers.get("Origin", "")
            if origin and urlsplit(origin).netloc != request.host:
                return _answer({"error": "calls come from the sandbox page only"}, 403)
            try:
                return await handler(request)
            except (acts.CannotDo, UnfitValue) as refusal:
                return _answer({"error": str(refusal)}, 400)
            except (KeyError, TypeError, ValueError, UnknownSwitch) as problem:
                return _answer({"error": f"not understood: {problem}"}, 400)

        return guarded

    def _json_act(
        self, act: Callable[[Json], Awaitable[Json] | Json]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            if request.content_type != "application/json":
                return _answer({"error": "JSON expected"}, 415)
            found = act(orjson.loads(await request.read()))
            return _answer(found if isinstance(found, dict) else await found)

        return handle

    async def _page(self, request: web.Request) -> web.StreamResponse:
        return web.Response(
            text=(PAGE / "index.html").read_text("utf-8"),
            content_type="text/html",
            headers=HEADERS,
        )

    async def _asset(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        path = PAGE / name
        if re.fullmatch(r"[a-z]+\.(?:js|css|svg|png)", name) is None or not path.is_file():
            raise web.HTTPNotFound
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        if name.endswith(".js"):
            kind = "text/javascript"
        return web.Response(
            body=path.read_bytes(),
            headers=HEADERS | {"Content-Type": f"{kind}; charset=utf-8"},
        )

    async def _events(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await response.prepare(request)
        watch = self.world.watch()
        try:
            await response.write(_event({"kind": "snapshot", "data": self._snapshot()}))
            while True:
                try:
                    async with asyncio.timeout(BEAT_S):
                        event = await watch.get()
                except TimeoutError:
                    await response.write(b": still here\n\n")
                    continue
                if event is None:
                    break
                parts = [event]
                while not watch.empty() and (more := watch.get_nowait()) is not None:
                    parts.append(more)
                await response.write(b"".join(_event(part) for part in parts))
        except ConnectionError:
            pass
        finally:
            self.world.unwatch(watch)
        return response

    def _snapshot(self) -> Json:
        world = self.world
        return view.snapshot(world.state) | {
            "now": world.now(),
            "offset_s": world.state.clock_offset_s,
            "switches": world.board.as_json(),
            "process": asdict(self.child.view()),
            "calls": [view.call(call) for call in world.calls],
            "story": self.story().as_json(),
            "estate": self.behind.where() if self.behind else {},
            "phones": self.behind.phones() if self.behind else [],
            "ticked": list(world.state.ticked),
            "books": world.state.books,
        }

    async def _inside(self, request: web.Request) -> web.StreamResponse:
        if self.behind is None:
            return _answer({"sections": []})
        try:
            async with asyncio.timeout(INSIDE_WITHIN_S):
                sections = await self.behind.inside()
        except TimeoutError:
            return _answer({"sections": [], "error": "It takes too long to look inside."})
        except Exception:
            log.exception("Looking inside failed")
            return _answer({"sections": [], "error": "Nothing to see yet."})
        return _answer({"sections": [section.as_json() for section in sections]})

    async def _file(self, request: web.Request) -> web.StreamResponse:
        unique_id = request.match_info["id"]
        files = self.world.state.files.values()
        file = next((one for one in files if one.unique_id == unique_id), None)
        content = self.world.shelf.get(unique_id) if file else None
        if file is None or content is None:
            raise web.HTTPNotFound
        kind = file.mime if file.mime in SAFE_TYPES else "application/octet-stream"
        place = "inline" if kind in SAFE_TYPES else "attachment"
        return web.Response(
            body=content,
            headers={
                "Content-Type": kind,
                "Content-Disposition": place,
                "X-Content-Type-Options": "nosniff",
                "Content-Security-Policy": "sandbox; default-src 'none'",
            },
        )

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        query = request.query
        content = await request.read()
        if not 0 < len(content) <= MAX_UPLOAD_BYTES:
            raise acts.CannotDo("a file has 1 byte to 20 MB")
        name = query.get("name", "file")[:200]
        mime = request.content_type or "application/octet-stream"
        file = self.world.keep_file(
            content,
            name=name,
            mime=mime,
            is_photo=mime in {"image/png", "image/jpeg"} and query.get("as_photo") == "1",
        )
        message = acts.send_file(
            self.world,
            person_id=int(query["person_id"]),
            chat_id=int(query["chat_id"]),
            file=file,
            caption=query.get("caption", ""),
        )
        return _answer({"id": message.id})

    def _start(self, body: Json) -> Json:
        message = acts.start(
            self.world, person_id=int(body["person_id"]), key=str(body.get("key") or "")
        )
        return {"id": message.id}

    def _say(self, body: Json) -> Json:
        message = acts.say(
            self.world,
            person_id=int(body["person_id"]),
            chat_id=int(body["chat_id"]),
            text=str(body["text"]),
            reply_to_id=int(body.get("reply_to_id") or 0),
        )
        return {"id": message.id}

    def _press(self, body: Json) -> Json:
        query = acts.press(
            self.world,
            person_id=int(body["person_id"]),
            chat_id=int(body["chat_id"]),
            message_id=int(body["message_id"]),
            data=str(body["data"]),
        )
        return {"query_id": query.id}

    def _contact(self, body: Json) -> Json:
        message = acts.share_contact(
            self.world, person_id=int(body["person_id"]), chat_id=int(body["chat_id"])
        )
        return {"id": message.id}

    def _block(self, body: Json) -> Json:
        acts.set_blocked(
            self.world, person_id=int(body["person_id"]), is_blocked=bool(body["is_blocked"])
        )
        return {}

    def _delete(self, body: Json) -> Json:
        acts.delete_own(
            self.world,
            person_id=int(body["person_id"]),
            chat_id=int(body["chat_id"]),
            message_id=int(body["message_id"]),
        )
        return {}

    def _edit(self, body: Json) -> Json:
        acts.edit_own(
            self.world,
            person_id=int(body["person_id"]),
            chat_id=int(body["chat_id"]),
            message_id=int(body["message_id"]),
            text=str(body["text"]),
        )
        return {}

    def _person(self, body: Json) -> Json:
        first_name = str(body["first_name"]).strip()[:64]
        phone = re.sub(r"[\s().-]", "", str(body.get("phone") or ""))
        if not first_name:
            raise acts.CannotDo("a name is needed")
        if phone and re.fullmatch(r"\+[1-9]\d{6,14}", phone) is None:
            raise acts.CannotDo("a phone number looks like +234 803 000 0000")
        person = Person(
            id=self.world.free_person_id(),
            first_name=first_name,
            last_name=str(body.get("last_name") or "").strip()[:64],
            phone=phone,
            language_code=str(body.get("language_code") or "en")[:12],
            blurb="Added by you",
        )
        self.world.add_person(person)
        return {"id": person.id}

    async def _switch(self, body: Json) -> Json:
        key, board = str(body["key"]), self.world.board
        if self.behind is not None and (place := self.behind.needs(key, body["value"])):
            return {"needs": place}
        before = board.value(key)
        board.set(key, body["value"])
        if board.restarts_bot(key) and board.value(key) != before:
            await self.child.restart()
        return {}

    async def _calm(self, body: Json) -> Json:
        board = self.world.board
        before = board.values()
        board.reset()
        after = board.values()
        if any(board.restarts_bot(key) for key in after if after[key] != before[key]):
            await self.child.restart()
        return {}

    async def _process(self, body: Json) -> Json:
        act = str(body["act"])
        deed = {
            "start": self.child.start,
            "stop": self.child.stop,
            "restart": self.child.restart,
            "kill": self.child.kill,
        }[act]
        if act == "kill" and self.child.is_up:
            self.world.state.kills += 1
        await deed()
        return {}

    async def _clock(self, body: Json) -> Json:
        offset_s = int(body["offset_s"])
        if not 0 <= offset_s <= MAX_OFFSET_S:
            raise acts.CannotDo("the clock moves forward, up to five years")
        self.world.move_clock(offset_s)
        await self.child.restart()
        return {}

    async def _anew(self, body: Json) -> Json:
        behind, place = self.behind, str(body.get("place") or "")
        if behind is None:
            raise acts.CannotDo("there is nothing to begin anew")
        if self.renewing.locked():
            raise acts.CannotDo("a fresh estate is on its way already")

        async def renew() -> None:
            await behind.renew(place)
            if "switch" in body:
                self.world.board.set(str(body["switch"]["key"]), body["switch"]["value"])

        async with self.renewing:
            await self.child.restart(meanwhile=renew)
        return {}

    async def _phone(self, body: Json) -> Json:
        if self.behind is not None:
            await self.behind.press_phone(str(body["id"]), str(body["act"]))
        return {}


async def _to_page(request: web.Request) -> web.StreamResponse:
    raise web.HTTPFound("/sandbox/")


def _answer(body: Any, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")


def _event(event: Json) -> bytes:
    return b"data: " + orjson.dumps(event) + b"\n\n"
