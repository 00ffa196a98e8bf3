"""Migrations: each version states its tables in full, independent of the code of today."""
