"""The sandbox payment provider, seen from our side of the wire.

Pages under our own reference, look-ups by that reference, signed webhooks that only name it.
The provider honours our reference: a repeated create answers with the first page. Whatever it
says that this module does not understand to the last field is `Unknown`, never a guess.

Source: `bot/sandbox/provider.py`, version 1, 2026-11.
"""

from bot.providers.sandbox.client import MAKER, SandboxConfig, SandboxProvider, open_sandbox

__all__ = ["MAKER", "SandboxConfig", "SandboxProvider", "open_sandbox"]
