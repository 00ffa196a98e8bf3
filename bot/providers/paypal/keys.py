"""What PayPal gives an app to be known by."""

import base64
import hashlib
import re
from dataclasses import dataclass, field
from typing import Final

CREDENTIALS: Final = {
    "client_id": re.compile(r"[A-Za-z0-9_-]{16,200}"),
    "client_secret": re.compile(r"[A-Za-z0-9_-]{16,200}"),
    "webhook_id": re.compile(r"[A-Za-z0-9_-]{0,100}"),
}
DEFAULTS: Final = {"webhook_id": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The client's id and secret, which a repr does not show; `hook` is our webhook's id."""

    id: str = field(repr=False)
    secret: str = field(repr=False)
    hook: str = ""

    @property
    def basic(self) -> str:
        """Return both as a call for a token carries them."""
        return base64.b64encode(f"{self.id}:{self.secret}".encode()).decode()

    @property
    def digest(self) -> str:
        """Return what tells these keys from others without showing them."""
        return hashlib.sha256(self.basic.encode()).hexdigest()
