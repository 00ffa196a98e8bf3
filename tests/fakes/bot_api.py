"""A Bot API that takes note of every call and answers by plan."""

import asyncio
from collections.abc import Mapping
from typing import Any

KNOWN = frozenset(
    {
        "answerCallbackQuery",
        "answerPreCheckoutQuery",
        "deleteMessage",
        "editMessageText",
        "sendMessage",
        "setMyCommands",
    }
)


class FakeBotApi:
    """Answers each call with what was planned next for its method, else as Telegram would."""

    def __init__(self) -> None:
        """Begin with nothing planned."""
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.plans: dict[str, list[object]] = {}
        self.held: dict[str, asyncio.Event] = {}
        self._message_id = 1000

    def plan(self, method: str, *answers: object) -> None:
        """Answer the next calls of a method with these: errors are raised, values returned."""
        self.plans.setdefault(method, []).extend(answers)

    def hold(self, method: str) -> asyncio.Event:
        """Let calls of a method hang until the returned event is set."""
        self.held[method] = asyncio.Event()
        return self.held[method]

    async def call(self, method: str, payload: Mapping[str, Any]) -> Any:
        """Note the call and answer it."""
        assert method in KNOWN, f"the fake knows no {method}"
        self.calls.append((method, dict(payload)))
        if method in self.held:
            await self.held[method].wait()
        planned = self.plans.get(method)
        answer = planned.pop(0) if planned else self._usual(method, payload)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def of(self, method: str) -> list[dict[str, Any]]:
        """Return the payloads of a method's calls, oldest first."""
        return [payload for name, payload in self.calls if name == method]

    @property
    def texts(self) -> list[str]:
        """Every text that was sent or edited, oldest first."""
        return [p["text"] for m, p in self.calls if m in {"sendMessage", "editMessageText"}]

    def _usual(self, method: str, payload: Mapping[str, Any]) -> Any:
        if method == "sendMessage":
            self._message_id += 1
            return {"message_id": self._message_id, "chat": {"id": payload["chat_id"]}}
        if method == "editMessageText":
            return {"message_id": payload["message_id"], "chat": {"id": payload["chat_id"]}}
        return True
