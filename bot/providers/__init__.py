"""The list of payment providers: what exists is named here and nowhere else.

Every factory takes the HTTP client that the process shares and one configuration's
credentials (plain texts by name, decrypted by the caller) and returns an adapter that is ready
to be asked. Adapters do not know each other.
"""

from collections.abc import Callable, Mapping
from typing import Final

import httpx

from bot.providers.sandbox import open_sandbox
from core.domain.providers import Provider

Factory = Callable[[httpx.AsyncClient, Mapping[str, str]], Provider]
"""Raises `ProviderProblem` (`provider`, `what`) when a credential is missing or malformed."""

PROVIDERS: Final[dict[str, Factory]] = {
    "sandbox": open_sandbox,
}
