"""A tenant's own payment providers: the list, a card each, their keys, and what is refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.domain.configurations import Configuration, Health, Keys, ProviderKind
from core.domain.errors import Refusal
from core.use_cases.configurations import SetUp
from handlers.chat import Button, Rows, Screen
from handlers.screens import credentials, doors
from handlers.screens.home import back_row
from handlers.screens.payments import provider_name
from handlers.words import Html, Words, lines

LIST: Final = "providers:list"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A provider with everything that can be done; the texts are data of one-use buttons.

    `down_at` is since when it opens no payment pages, None while it does.
    """

    found: SetUp
    place: int
    count: int
    switch: str
    check: str
    up: str
    down: str
    down_at: datetime | None = None
    address: str = ""
    """Ours, to be entered at the provider; "" where there is nothing to enter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which credential is asked for; `number` of `count`, by its name in the provider's list."""

    kind: ProviderKind
    what: str
    number: int
    count: int
    address: str = ""
    """Ours, where it must be entered at the provider before this can be had."""

    @property
    def is_secret(self) -> bool:
        """Tell whether it must not stay in the chat."""
        return self.what in self.kind.secrets


def listing(
    words: Words, own: Sequence[SetUp], shared: Sequence[Configuration], *, tenant: str
) -> Screen:
    """List the tenant's own providers in the order payers see, and those that come with Hazina."""
    html = lines(
        words.t("<b>Payment providers of %(tenant)s</b>", tenant=tenant),
        *(
            words.t("%(n)s. %(line)s", n=place, line=_line(words, each.configuration, each.keys))
            for place, each in enumerate(own, start=1)
        ),
        *(
            words.t(
                "• %(name)s %(mode)s · shared by everybody here",
                name=provider_name(each.provider),
                mode=_mode(words, each),
            )
            for each in shared
        ),
        "" if own or shared else words.t("None yet: nobody can pay by link."),
        words.t("Payers are offered those that are on, in this order."),
    )
    rows = tuple(
        (
            Button(
                label=words.label("Open %(name)s", name=provider_name(each.configuration.provider)),
                data=f"providers:card:{each.configuration.id}",
            ),
        )
        for each in own
    )
    add = (Button(label=words.label("Add"), data="providers:choose"),)
    return Screen(html=html, rows=(*rows[:8], add, back_row(words)))


def choose(words: Words, kinds: Sequence[ProviderKind]) -> Screen:
    """Let the keeper choose what to add."""
    html = lines(
        words.t("<b>Which provider?</b>"),
        words.t("You need an account there. Its dashboard shows the keys that I ask for."),
    )
    rows = tuple(
        (Button(label=each.title, data=f"providers:add:{each.name}"),) for each in kinds[:8]
    )
    return Screen(html=html, rows=(*rows, back_row(words, LIST)))


def ask(words: Words, question: Question, *, note: Html | None = None) -> Screen:
    """Ask for one credential."""
    kind = question.kind
    secret = words.t("I delete your message at once. It is kept encrypted and never shown again.")
    html = lines(
        note or "",
        words.t(
            "<b>%(title)s · %(n)s of %(count)s</b>",
            title=kind.title,
            n=question.number,
            count=question.count,
        ),
        words.t("Write the %(what)s.", what=credentials.name_of(words, question.what)),
        credentials.where(words, kind.name, kind.title, question.what),
        credentials.address_line(words, question.address) if question.address else "",
        secret if question.is_secret else "",
    )
    last = [
        Button(label=words.label("Back"), data="providers:back"),
        Button(label=words.label("Cancel"), data=doors.LEAVE),
    ]
    if question.what in kind.defaults:
        last.insert(0, Button(label=words.label("Skip"), data="providers:skip"))
    return Screen(html=html, rows=(*credentials.copies(words, question.address), tuple(last)))


def misshapen(words: Words, question: Question) -> Html:
    """Say that what was typed cannot be it."""
    if question.what == "certificate":
        return words.t(
            "⚠️ That is no certificate: write its whole text, with the lines BEGIN and END. "
            "Nothing was kept, and your message is deleted."
        )
    return words.t(
        "⚠️ That does not look like the %(what)s of %(title)s: it is one line without spaces, "
        "copied whole. Nothing was kept, and your message is deleted.",
        what=credentials.name_of(words, question.what),
        title=question.kind.title,
    )


def checking(words: Words, provider: str) -> Screen:
    """Say that the provider is being asked."""
    html = lines(
        words.t("⏳ Asking %(name)s whether these keys work.", name=provider_name(provider)),
        words.t("Nothing is changed yet. This message changes as soon as it answers."),
    )
    return Screen(html=html, rows=(back_row(words, LIST),))


def checked(
    words: Words, configuration: Configuration, keys: Keys, *, use: str, again: str, mend: str = ""
) -> Screen:
    """Show what the provider said of new keys; `use`, `again` and `mend` are buttons' data.

    `mend` enters only the wrong one again, "" where nobody knows which that is.
    """
    html = lines(
        said(words, configuration, keys),
        words.t("Nobody is offered them yet. Take them into use?")
        if use
        else words.t("They are not used. What was set up before is as it was."),
    )
    rows: Rows = ((Button(label=words.label("Enable"), data=use),),) if use else ()
    if keys.health is Health.SILENT:
        rows = ((Button(label=words.label("Try again"), data=again),),)
    if keys.health in {Health.REFUSED, Health.OTHER_MODE}:
        add = f"providers:add:{configuration.provider}"
        rows = ((Button(label=words.label("Enter again"), data=add),),)
    if mend:
        what = credentials.name_of(
            words, credentials.wrong_one(configuration.provider, keys.detail)
        )
        label = words.label("Enter only the %(what)s again", what=what)
        rows = ((Button(label=label, data=mend),), *rows)
    return Screen(html=html, rows=(*rows, back_row(words, LIST)))


def said(words: Words, configuration: Configuration, keys: Keys) -> Html:
    """Say in one sentence what the provider answered."""
    name, mode = provider_name(configuration.provider), _mode(words, configuration)
    match keys.health:
        case Health.WORKING if keys.account:
            return words.t(
                "✅ %(name)s %(mode)s: the keys work. Account: %(account)s",
                name=name,
                mode=mode,
                account=keys.account,
            )
        case Health.WORKING:
            return words.t("✅ %(name)s %(mode)s: the keys work.", name=name, mode=mode)
        case Health.REFUSED:
            return lines(
                words.t("⚠️ %(name)s does not take these keys.", name=name),
                credentials.why_refused(words, keys.detail),
            )
        case Health.OTHER_MODE:
            return words.t(
                "⚠️ These keys of %(name)s are for the other mode: here only %(mode)s fits.",
                name=name,
                mode=mode,
            )
        case Health.SILENT:
            return words.t("⚠️ %(name)s gave no usable answer.", name=name)
        case Health.UNTESTED:
            return words.t("%(name)s was not asked yet.", name=name)


def card(words: Words, view: Card, *, note: Html | None = None) -> Screen:
    """Show one provider; its keys are never shown."""
    configuration, keys = view.found.configuration, view.found.keys
    name = provider_name(configuration.provider)
    tested = "" if keys.checked_at is None else words.when(keys.checked_at)
    html = lines(
        note or "",
        words.t("<b>%(name)s %(mode)s</b>", name=name, mode=_mode(words, configuration)),
        _switch(words, configuration),
        words.t(
            "⚠️ It has opened no payment pages since %(when)s: others are offered first.",
            when=words.when(view.down_at),
        )
        if view.down_at
        else "",
        words.t("Account: %(account)s", account=keys.account) if keys.account else "",
        words.t("Keys: %(health)s, %(when)s", health=_health(words, keys), when=tested)
        if tested
        else words.t("Keys: %(health)s", health=_health(words, keys)),
        credentials.why_refused(words, keys.detail) if keys.health is Health.REFUSED else "",
        words.t("Place: %(n)s of %(count)s", n=view.place, count=view.count),
        words.t(
            "Webhook address to enter there: %(address)s",
            address=credentials.shown(words, view.address),
        )
        if view.address
        else "",
    )
    turn = words.label("Switch off") if configuration.is_enabled else words.label("Switch on")
    moves = [
        Button(label=words.label(text), data=data)
        for text, data in (("Move up", view.up), ("Move down", view.down))
        if data
    ]
    rows: Rows = (
        *credentials.copies(words, view.address),
        (
            Button(label=turn, data=view.switch),
            Button(label=words.label("Check now"), data=view.check),
        ),
        *((tuple(moves),) if moves else ()),
        (
            Button(
                label=words.label("Replace keys"), data=f"providers:add:{configuration.provider}"
            ),
            Button(label=words.label("Remove"), data=f"providers:remove:{configuration.id}"),
        ),
        back_row(words, LIST),
    )
    return Screen(html=html, rows=rows)


def confirm_removal(words: Words, configuration: Configuration, *, act: str) -> Screen:
    """Ask once more before keys are deleted."""
    name = provider_name(configuration.provider)
    html = lines(
        words.t("<b>Remove %(name)s?</b>", name=name),
        words.t(
            "Its keys are deleted. Nobody can pay by it here, and nothing that it took can be "
            "given back through it. What it moved stays in the books."
        ),
    )
    back = f"providers:card:{configuration.id}"
    rows = ((Button(label=words.label("Remove it"), data=act),), back_row(words, back))
    return Screen(html=html, rows=rows)


def used(words: Words) -> Html:
    """Confirm that keys are in use."""
    return words.t("✅ In use: payers are offered it from now on.")


def switched(words: Words, *, is_on: bool) -> Html:
    """Confirm that a provider is on or off."""
    if is_on:
        return words.t("✅ On: payers are offered it.")
    return words.t("✅ Off: nobody is offered it. Payments under way are followed to their end.")


def moved(words: Words) -> Html:
    """Confirm a new place."""
    return words.t("✅ Moved.")


def removed(words: Words, configuration: Configuration) -> Screen:
    """Confirm that keys are gone."""
    html = words.t(
        "✅ Removed: %(name)s. Its keys are deleted.", name=provider_name(configuration.provider)
    )
    return Screen(html=html, rows=(back_row(words, LIST),))


def changed(words: Words, configuration: Configuration, *, name: str) -> Screen:
    """Tell others who changed which provider."""
    stands = _switch(words, configuration)
    if not configuration.keys_id:
        stands = words.t("Its keys are deleted.")
    html = lines(
        words.t(
            "🔑 %(name)s changed the payment provider %(provider)s %(mode)s.",
            name=name,
            provider=provider_name(configuration.provider),
            mode=_mode(words, configuration),
        ),
        stands,
        words.t("Money by link goes where its keys say. If you did not expect this, ask at once."),
    )
    return Screen(html=html, rows=(back_row(words),))


def _line(words: Words, configuration: Configuration, keys: Keys) -> Html:
    return words.t(
        "%(name)s %(mode)s · %(state)s · %(health)s",
        name=provider_name(configuration.provider),
        mode=_mode(words, configuration),
        state=words.t("on") if configuration.is_enabled else words.t("off"),
        health=_health(words, keys),
    )


def _switch(words: Words, configuration: Configuration) -> Html:
    return (
        words.t("On: payers are offered it.")
        if configuration.is_enabled
        else words.t("Off: nobody is offered it.")
    )


def _mode(words: Words, configuration: Configuration) -> Html:
    return words.t("[test]") if configuration.is_test else words.t("[live]")


def _health(words: Words, keys: Keys) -> Html:
    return {
        Health.WORKING: words.t("keys work"),
        Health.REFUSED: words.t("keys refused"),
        Health.SILENT: words.t("no answer"),
        Health.OTHER_MODE: words.t("keys of the other mode"),
        Health.UNTESTED: words.t("not asked yet"),
    }[keys.health]


def keys_not_working(words: Words, refusal: Refusal) -> Screen:
    """Say that keys which do not work are not taken into use."""
    html = lines(
        words.t("These keys were not taken into use: the provider never said that they work here."),
        words.t("Nothing was changed. Enter them once more, or check them at the provider first."),
    )
    return Screen(html=html, rows=(back_row(words),))


def other_mode(words: Words, refusal: Refusal) -> Screen:
    """Say that keys are for money of the other kind, and ask again."""
    what = (
        words.t("That is a test key, and the money here is real. Write the live key instead.")
        if refusal.data.get("is_test")
        else words.t("That is a live key, and no money here is real. Write the test key instead.")
    )
    html = lines(what, words.t("Nothing was kept. Your message is deleted from this chat."))
    return Screen(html=html, rows=((Button(label=words.label("Cancel"), data=doors.LEAVE),),))


def under_way(words: Words, refusal: Refusal) -> Screen:
    """Say that keys are still needed, and what to do meanwhile."""
    count = refusal.data.get("count", 0)
    html = lines(
        words.n(
            "%(count)s payment, refund or bank's claim is under way with this provider, and only "
            "these keys can tell what became of it. Nothing was changed.",
            "%(count)s payments, refunds or banks' claims are under way with this provider, and "
            "only these keys can tell what became of them. Nothing was changed.",
            count if isinstance(count, int) else 0,
        ),
        words.t(
            "Switch it off: nobody is offered it any more. Remove it once they are over: a "
            "payment page can be paid for a day after its link has expired."
        ),
    )
    return Screen(html=html, rows=(back_row(words),))
