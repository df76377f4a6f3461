"""The campaign's file: its calendar, its words, and what a provider's reason means in them.

A reason is matched by code first, then by whole words and phrases, never substrings ("Marne" is no "arn").
The vocabulary is data (`data/campaigns/*.toml`); no code knows a vaccine."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, field

from aggregator.config.phrases import folded, holds, without
from providers.records import Reason

ANY = "any"


class CampaignError(ValueError):
    """The campaign's file cannot be used; the message names file, line and what to do."""


class Label(Struct, frozen=True, forbid_unknown_fields=True):
    label: str
    url: str = ""
    phone: str = ""
    hours: str = ""


class Facts(Struct, frozen=True, forbid_unknown_fields=True):
    """`[campaign]`. Both dates optional: none = always open; `closes` is the last day included.

    `service`: the kind of appointment, as hosting sheets name it; `hosting`: which lines of a sheet stand on a card;
    `hosting_hidden`: which ones have no sense here.
    """

    id: str
    heading: str
    intro: str = ""
    opens: date | None = None
    closes: date | None = None
    warn_days: int = 14
    territory: list[str] = field(default_factory=lambda: ["FR"])
    official: Label | None = None
    help: Label | None = None
    walk_in: bool = False
    default: str = ANY
    filters: list[str] = field(default_factory=list)
    service: str = ""
    hosting: list[str] = field(default_factory=list)
    hosting_hidden: list[str] = field(default_factory=list)


class Terms(Struct, frozen=True, forbid_unknown_fields=True):
    """The only words that change with the kind of appointment."""

    need: str
    step: str = ""


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """One need, step or audience. `match` and `unless` hold phrases; `codes` lists codes by provider slug."""

    slug: str
    label: str
    match: list[str] = field(default_factory=list)
    unless: list[str] = field(default_factory=list)
    codes: dict[str, list[str | int]] = field(default_factory=dict)
    all_of: list[str] = field(default_factory=list)


class ReasonRules(Struct, frozen=True, forbid_unknown_fields=True):
    """`topic`: words that make a reason the campaign's; `exclude`: words of something else;

    `professionals`: reasons that citizens cannot book, whoever the provider; `public`: phrases that say the contrary;
    `vague`: phrases beside which no need is read.
    """

    topic: list[str] = field(default_factory=list)
    exclude: list[str] = field(default_factory=list)
    professionals: list[str] = field(default_factory=list)
    public: list[str] = field(default_factory=list)
    vague: list[str] = field(default_factory=list)


class OfficialListFile(Struct, frozen=True, forbid_unknown_fields=True):
    file: str
    columns: str = "centres-vaccination"


class ProviderChoice(Struct, frozen=True, forbid_unknown_fields=True):
    read: list[str]
    link_only: list[str] = field(default_factory=list)


class Operator(Struct, frozen=True, forbid_unknown_fields=True):
    """Who runs and pays for the site; a live start refuses blanks."""

    name: str = ""
    legal_form: str = ""
    funding: str = ""
    platform_ties: str = ""
    contact: str = ""
    publication_director: str = ""
    host: str = ""
    data_protection_contact: str = ""

    def blanks(self) -> list[str]:
        return [name for name in self.__struct_fields__ if not getattr(self, name).strip()]


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    campaign: Facts
    terms: Terms
    providers: ProviderChoice
    need: list[Entry]
    step: list[Entry] = field(default_factory=list)
    audience: list[Entry] = field(default_factory=list)
    reasons: ReasonRules = field(default_factory=ReasonRules)
    official_list: OfficialListFile | None = None
    operator: Operator = field(default_factory=Operator)
    translations: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a slot is for, in the campaign's slugs. `needs` may be empty: the platform did not say which."""

    needs: tuple[str, ...] = ()
    step: str | None = None
    audience: str | None = None


class Campaign:
    """A campaign's file, loaded and checked. Immutable."""

    def __init__(self, content: _File) -> None:
        self.facts = content.campaign
        self.terms = content.terms
        self.providers = content.providers
        self.needs = tuple(content.need)
        self.steps = tuple(content.step)
        self.audiences = tuple(content.audience)
        self.official_list = content.official_list
        self.operator = content.operator
        self._rules = content.reasons
        self._translations = content.translations
        self._meaning = lru_cache(maxsize=20_000)(self._read)

    @property
    def id(self) -> str:
        return self.facts.id

    def meaning(self, provider: str, reason: Reason) -> Meaning | None:
        """What `reason` means here; None when the campaign is not about it, or citizens cannot book it."""
        return self._meaning(provider, reason)

    def need(self, slug: str) -> Entry | None:
        return next((entry for entry in self.needs if entry.slug == slug), None)

    def need_labels(self, slugs: Iterable[str]) -> list[str]:
        return [entry.label for entry in self.needs if entry.slug in set(slugs)]

    def said(self, text: str, language: str) -> str:
        """The file's own words in another language, by its table `[translations.<code>]`; as they are without one."""
        return self.translated(language).get(text, text)

    def translated(self, language: str) -> dict[str, str]:
        return self._translations.get(language, {})

    def words(self) -> Iterator[str]:
        """All the words of the file that a citizen reads, which a translation has to cover."""
        facts = self.facts
        labels = [label for label in (facts.official, facts.help) if label]
        texts = [facts.heading, facts.intro, self.terms.need, self.terms.step]
        texts += [text for label in labels for text in (label.label, label.hours)]
        texts += [entry.label for entry in (*self.needs, *self.steps, *self.audiences)]
        yield from filter(None, dict.fromkeys(texts))

    def required_needs(self, slug: str) -> tuple[str, ...]:
        """The plain needs behind a choice: the parts of an `all_of`, else itself."""
        entry = self.need(slug)
        return tuple(entry.all_of) if entry is not None and entry.all_of else (slug,)

    def phase(self, today: date) -> str:
        """ "before", "open", "last-days" or "closed"."""
        facts = self.facts
        if facts.opens and today < facts.opens:
            return "before"
        if facts.closes and today > facts.closes:
            return "closed"
        if facts.closes and today > facts.closes - timedelta(days=facts.warn_days):
            return "last-days"
        return "open"

    def _read(self, provider: str, reason: Reason) -> Meaning | None:
        name, whole = folded(reason.text), folded(f"{reason.context} | {reason.text}")
        if holds(without(whole, self._rules.public), self._rules.professionals):
            return None
        needs = self._by_code(self.needs, provider, reason)
        step = self._by_code(self.steps, provider, reason)
        audience = self._by_code(self.audiences, provider, reason)
        # A code wins over the text: one that the file does not list is about something else (docs/providers.md §1.6).
        if reason.code is not None and self._knows_codes(provider) and not (needs or step):
            return None
        coded = bool(needs or step)
        if not needs and not holds(whole, self._rules.vague):
            needs = _matching(self.needs, name) or _matching(self.needs, whole)  # its own words before its heading's
        step = step or _matching(self.steps, name)[:1] or _matching(self.steps, whole)[:1]
        audience = audience or _matching(self.audiences, whole)[:1]
        if not coded and not self._is_ours(name, whole, needs, step):
            return None
        return Meaning(tuple(needs), step[0] if step else None, audience[0] if audience else None)

    def _is_ours(self, name: str, whole: str, needs: list[str], step: list[str]) -> bool:
        if not needs and holds(name, self._rules.exclude):
            return False
        return bool(needs or step or holds(whole, self._rules.topic))

    def _by_code(self, entries: Sequence[Entry], provider: str, reason: Reason) -> list[str]:
        if reason.code is None:
            return []
        return [entry.slug for entry in entries if reason.code in {str(code) for code in entry.codes.get(provider, [])}]

    def _knows_codes(self, provider: str) -> bool:
        return any(provider in entry.codes for entry in (*self.needs, *self.steps))


def load_campaign(path: Path) -> Campaign:
    """The campaign of `path`. Raises CampaignError with file, line and what to do."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise CampaignError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CampaignError(f"{path}: not UTF-8 at byte {error.start}: save the file as UTF-8") from error
    try:
        content = msgspec.convert(tomllib.loads(text), _File)
    except tomllib.TOMLDecodeError as error:
        raise CampaignError(f"{path}: {error}") from error
    except msgspec.ValidationError as error:
        raise CampaignError(f"{path}:{_line_of(text, str(error))}: {error}") from error
    _check(path, text, content)
    return Campaign(content)


def _check(path: Path, text: str, content: _File) -> None:
    slugs = [entry.slug for entry in content.need]
    problems: list[tuple[str, str]] = []
    if content.campaign.default not in (ANY, *slugs):
        problems.append(("default", f"default = {content.campaign.default!r} is no need; needs are {', '.join(slugs)}"))
    for entry in content.need:
        problems += [
            ("all_of", f"all_of of {entry.slug!r} names {part!r}, which is no need")
            for part in entry.all_of
            if part not in slugs
        ]
    facts = content.campaign
    if facts.opens and facts.closes and facts.opens > facts.closes:
        problems.append(("closes", "closes lies before opens"))
    if problems:
        key, message = problems[0]
        raise CampaignError(f"{path}:{_line_of(text, f'`{key}`')}: {message}")


def _line_of(text: str, message: str) -> int:
    """The line of the key that `message` names in backquotes; 1 when it names none."""
    for key in re.findall(r"`(?:\$\.)?([\w.\[\]]+)`", message):
        name = re.sub(r"\[.*?\]", "", key).split(".")[-1]
        for number, line in enumerate(text.splitlines(), 1):
            if re.match(rf"\s*(\[+\s*)?{re.escape(name)}\b", line):
                return number
    return 1


def _matching(entries: Iterable[Entry], text: str) -> list[str]:
    return [entry.slug for entry in entries if holds(without(text, entry.unless), entry.match)]


def names_in(folder: Path) -> list[str]:
    """The campaigns of a folder, by name."""
    return sorted(path.stem for path in folder.glob("*.toml"))


def as_plain(campaign: Campaign) -> dict[str, Any]:
    """What auditors need of a campaign: slugs and labels."""
    return {
        "id": campaign.id,
        "needs": {entry.slug: entry.label for entry in campaign.needs},
        "all_of": {entry.slug: list(entry.all_of) for entry in campaign.needs if entry.all_of},
        "steps": {entry.slug: entry.label for entry in campaign.steps},
        "audiences": {entry.slug: entry.label for entry in campaign.audiences},
    }
