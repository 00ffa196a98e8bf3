"""What exists is on its list: settings, refusals, capabilities, providers, sweeps.

Parts that are not written yet are skipped by name, never in silence.
"""

import ast
import importlib
import re
from types import ModuleType

import pytest
from pydantic import AliasChoices
from pydantic_settings import BaseSettings

from tests.house.names import imported
from tests.house.tree import ROOT, sources

README_SETTING = re.compile(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`")


def load(name: str) -> ModuleType:
    """Import a module of ours, or skip the test that needs it."""
    path = ROOT / name.replace(".", "/")
    if not path.with_suffix(".py").exists() and not (path / "__init__.py").exists():
        pytest.skip(f"{name} is not written yet")
    return importlib.import_module(name)


def setting_names(module: ModuleType) -> set[str]:
    """Return the environment names of every settings class in a module."""
    return {
        name
        for settings in vars(module).values()
        if isinstance(settings, type)
        and issubclass(settings, BaseSettings)
        and settings.__module__ == module.__name__
        for field in settings.model_fields
        for name in names_of(settings, field)
    }


def names_of(settings: type[BaseSettings], field: str) -> set[str]:
    """Return the environment names of one field."""
    alias = settings.model_fields[field].validation_alias
    if isinstance(alias, str):
        return {alias.upper()}
    if isinstance(alias, AliasChoices):
        return {choice.upper() for choice in alias.choices if isinstance(choice, str)}
    return {f"{settings.model_config.get('env_prefix', '')}{field}".upper()}


def modules_in(folder: str) -> set[str]:
    """Return the names of the modules and packages in a folder."""
    found = {
        source.path.removeprefix(f"{folder}/").partition("/")[0].removesuffix(".py")
        for source in sources()
        if source.is_in(folder)
    }
    return {name for name in found if not name.startswith("_")}


def imported_by(path: str) -> set[str]:
    """Return what a file imports, or skip the test while it is not there."""
    package = path.removesuffix(".py")
    written = [source for source in sources() if source.path == path or source.is_in(package)]
    if not written:
        pytest.skip(f"{path} is not written yet")
    return {name for source in written for _, name in imported(source)}


def unlisted(folder: str, by: str) -> set[str]:
    """Return the modules of a folder that a list does not import."""
    package = folder.replace("/", ".")
    known = imported_by(by)
    return {name for name in modules_in(folder) if f"{package}.{name}" not in known}


def test_every_setting_is_documented() -> None:
    documented = set(README_SETTING.findall((ROOT / "README.md").read_text(encoding="utf-8")))
    assert setting_names(load("bot.settings")) - documented == set()


def test_no_setting_is_documented_that_is_not_there() -> None:
    documented = set(README_SETTING.findall((ROOT / "README.md").read_text(encoding="utf-8")))
    assert documented - setting_names(load("bot.settings")) == set()


def test_a_setting_is_read_from_its_class() -> None:
    class Sample(BaseSettings):
        model_config = {"env_prefix": "HAZINA_"}
        role: str = "all"

    module = ModuleType(Sample.__module__)
    module.__dict__["Sample"] = Sample
    assert setting_names(module) == {"HAZINA_ROLE"}


def test_every_refusal_has_words() -> None:
    errors = load("core.domain.errors")
    for name in modules_in("core/domain"):
        importlib.import_module(f"core.domain.{name}")
    table: dict[type, object] | None = getattr(load("handlers.adapter"), "REFUSALS", None)
    if table is None:
        pytest.skip("handlers.adapter has no REFUSALS yet")
    assert wordless(errors.Refusal, set(table)) == []


def wordless(refusal: type, worded: set[type]) -> list[str]:
    """Return the refusals, by name, that neither they nor a kind they belong to has words for."""
    return sorted(
        kind.__name__
        for kind in descendants(refusal)
        if kind.__module__.startswith(("core.", "tests.")) and not worded.intersection(kind.__mro__)
    )


def descendants(kind: type) -> set[type]:
    """Return every subclass, however deep."""
    below: list[type] = kind.__subclasses__()
    return {*below, *(deeper for one in below for deeper in descendants(one))}


def test_a_wordless_refusal_is_found() -> None:
    class Kind(Exception):
        pass

    class Worded(Kind):
        pass

    class Wordless(Kind):
        pass

    assert wordless(Kind, {Worded}) == ["Wordless"]


def test_every_flow_is_a_capability_of_the_application() -> None:
    assert unlisted("handlers/flows", "bot/application.py") == set()


def test_every_provider_is_on_the_list() -> None:
    shared = {"kit", "wire"}
    assert unlisted("bot/providers", "bot/providers/__init__.py") - shared == set()


def test_every_sweep_is_on_the_list() -> None:
    assert unlisted("bot/sweeps", "bot/sweeps/__init__.py") == set()


def test_every_store_is_on_the_transaction() -> None:
    transaction = where("SqlTransaction")
    if not transaction:
        pytest.skip("SqlTransaction is not written yet")
    known = {name for path in transaction for name in imported_by(path)}
    stores = where("Sql") - transaction
    modules = {path.removesuffix(".py").replace("/", ".") for path in stores}
    assert modules - known == set()


def test_the_newest_migration_is_the_last_file() -> None:
    versions = sorted((ROOT / "storage" / "migrations" / "versions").glob("[0-9]*.py"))
    numbers = [each.name.partition("_")[0] for each in versions]
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]
    assert numbers[-1] == load("storage.setup").NEWEST


def where(prefix: str) -> set[str]:
    """Return the files of storage that define a class whose name starts so."""
    return {
        source.path
        for source in sources()
        if source.is_in("storage")
        for node in source.tree.body
        if isinstance(node, ast.ClassDef) and re.match(rf"{prefix}[A-Z]|{prefix}$", node.name)
    }
