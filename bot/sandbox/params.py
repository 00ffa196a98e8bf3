"""The parameters of one Bot API call, however they were sent: query, JSON, form or multipart."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from aiohttp import BodyPartReader, web

from bot.sandbox.refusals import ApiRefusal, bad_request

MAX_BODY_BYTES: Final = 50 * 1024 * 1024
MAX_PARTS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that came with the call."""

    name: str
    mime: str
    content: bytes


class Params:
    """Values by name; what is missing reads as nothing."""

    def __init__(self, values: Mapping[str, Any], uploads: Mapping[str, Upload]) -> None:
        """Keep the values as they came: text from forms, anything from JSON."""
        self._values = values
        self._uploads = uploads

    def text(self, name: str) -> str:
        """Return a text; numbers are written out."""
        value = self._values.get(name)
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        return value if isinstance(value, str) else orjson.dumps(value).decode()

    def integer(self, name: str, default: int = 0) -> int:
        """Return a whole number, or the default where none can be read."""
        value = self._values.get(name)
        try:
            return int(value) if isinstance(value, int | str) else default
        except ValueError:
            return default

    def boolean(self, name: str) -> bool:
        """Return whether the value means yes."""
        return self.text(name).strip().lower() in {"true", "yes", "1"}

    def json(self, name: str) -> object:
        """Return a JSON value, sent as such or as text; `None` where missing.

        Raises:
            ApiRefusal: the text is no JSON.
        """
        value = self._values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            parsed: object = orjson.loads(value)
        except orjson.JSONDecodeError as error:
            raise bad_request(f"can't parse {name.replace('_', ' ')} JSON object") from error
        return parsed

    def upload(self, name: str) -> Upload | None:
        """Return the file of that parameter: sent under its name or as `attach://other`."""
        value = self.text(name)
        return self._uploads.get(value.removeprefix("attach://") if value else name)


async def read_params(request: web.Request) -> Params:
    """Return the call's parameters.

    Raises:
        ApiRefusal: 413 beyond 50 MB, or a body that is not what it says.
    """
    values: dict[str, Any] = dict(request.query)
    uploads: dict[str, Upload] = {}
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise ApiRefusal(413, "Request Entity Too Large")
    if request.content_type == "application/json":
        values |= await _json(request)
    elif request.content_type == "application/x-www-form-urlencoded":
        values |= dict((await request.post()).items())
    elif request.content_type == "multipart/form-data":
        await _multipart(request, values, uploads)
    return Params(values, uploads)


async def _json(request: web.Request) -> dict[str, Any]:
    body = await request.read()
    if not body:
        return {}
    try:
        found: object = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise bad_request("can't parse JSON object") from error
    if not isinstance(found, dict):
        raise bad_request("object expected")
    return found


async def _multipart(
    request: web.Request, values: dict[str, Any], uploads: dict[str, Upload]
) -> None:
    reader = await request.multipart()
    for _ in range(MAX_PARTS):
        part = await reader.next()
        if part is None:
            return
        if not isinstance(part, BodyPartReader) or not part.name:
            continue
        content = await part.read(decode=False)
        if part.filename is None:
            values[part.name] = content.decode("utf-8", "replace")
        else:
            mime = part.headers.get("Content-Type", "application/octet-stream")
            uploads[part.name] = Upload(
                name=part.filename, mime=mime.split(";")[0], content=bytes(content)
            )
