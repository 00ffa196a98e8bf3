"""Calls of adapters are held to their providers' descriptions here."""

from tests.bot.providers.held import held_to_contracts

__all__ = ["held_to_contracts"]
