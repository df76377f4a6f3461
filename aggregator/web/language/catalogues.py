"""The language of a page: French, or a catalogue of `data/translations/<code>.po`, chosen by `langue=`.

The language is never guessed from the browser: a link that is shared shows everyone the same words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from functools import cache, lru_cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from babel import Locale
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from flask import Flask, request, url_for
from flask_babel import Babel, Domain
from markupsafe import Markup, escape

from aggregator.config.campaign import Campaign
from aggregator.config.settings import ROOT
from aggregator.web.language.typography import french

FRENCH = "fr"
# Asked for a hundred times a page: set when a request comes, French again when it is done.
SPOKEN: ContextVar[str] = ContextVar("language", default=FRENCH)
FOLDER = ROOT / "data" / "translations"
LANGUAGES = (FRENCH, *sorted(path.stem for path in FOLDER.glob("*.po")))
# Files that are the same for all.
WITHOUT_LANGUAGE = (
    "static",
    "log.file",
    "log.verifier",
    "departures.depart",
    "data.file",
    "data.gaps",
    "api.description",
    "crawlers.robots",
    "crawlers.index",
    "crawlers.pages",
    "crawlers.places",
    "crawlers.icon",
)


class French(NullTranslations):
    """French is not translated: its spaces are set right, and what is below two is singular (1,5 lieu)."""

    @lru_cache(maxsize=4096)  # noqa: B019 - one object for the whole process
    def gettext(self, message: str) -> str:
        return french(message)

    def ngettext(self, singular: str, plural: str, n: float) -> str:
        return self.gettext(singular if abs(n) < 2 else plural)

    ugettext, ungettext = gettext, ngettext


class Catalogues(Domain):  # type: ignore[misc]
    """One catalogue a language, compiled from its `.po` file when the process starts: no `.mo` can be out of date."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        source = French()
        self._catalogues: dict[str, NullTranslations] = {FRENCH: source}
        for path in sorted(folder.glob("*.po")):
            self._catalogues[path.stem] = compiled(path)
            # A sentence without a translation is printed in French, with French spaces.
            self._catalogues[path.stem].add_fallback(source)

    def of(self, spoken: str) -> NullTranslations:
        return self._catalogues[spoken]

    def get_translations(self) -> NullTranslations:
        return self.of(language())


def compiled(path: Path) -> Translations:
    """The catalogue of a `.po` file."""
    with path.open("rb") as file:
        catalogue = read_po(file, locale=path.stem)
    binary = BytesIO()
    write_mo(binary, catalogue)
    binary.seek(0)
    return Translations(binary)


def language() -> str:
    """The code of the language in which the current page speaks; French outside a request."""
    return SPOKEN.get()


CATALOGUES = Catalogues(FOLDER)


def gettext(sentence: str, **values: object) -> str:
    """A French sentence in the language of the current page, its `%(name)s` filled in."""
    said = CATALOGUES.get_translations().gettext(sentence)
    return said % values if values else said


def sentence(text: str, /, **values: object) -> Markup:
    """`gettext` as templates call it: the values are escaped, the sentence may hold tags."""
    said, bare = _marked(text, language())
    return said % values if values else bare


def sentences(singular: str, plural: str, n: float, /, **values: object) -> Markup:
    """`ngettext` as templates call it."""
    said = Markup(CATALOGUES.get_translations().ngettext(singular, plural, n))  # type: ignore[arg-type] # noqa: S704
    return said % {"num": n, **values}


@lru_cache(maxsize=8192)
def _marked(text: str, spoken: str) -> tuple[Markup, Markup]:
    """(the sentence to fill in, the sentence as it is printed without values: "%%" is "%")."""
    said = Markup(CATALOGUES.of(spoken).gettext(text))  # noqa: S704 - our own words
    return said, said if "%(" in said else said % {}


def lazy_gettext(sentence: str) -> Any:
    """`gettext` for the tables of a module: translated when printed, not when the module is loaded."""
    return CATALOGUES.lazy_gettext(sentence)


def others(url: str) -> Iterator[dict[str, str]]:
    """The page of `url` in each other language: code, its own name, and address."""
    parts = urlsplit(url)
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name != "langue"]
    for code in LANGUAGES:
        if code != language():
            query = urlencode(kept if code == FRENCH else [*kept, ("langue", code)])
            yield {"code": code, "name": own_name(code), "url": f"{parts.path}?{query}" if query else parts.path}


@cache
def own_name(code: str) -> str:
    """ "English": what those who speak a language call it."""
    return (Locale(code).get_display_name() or code).capitalize()


def here_in_others() -> list[dict[str, str]]:
    """The current page in each other language; the home page where this one cannot be asked for again."""
    again = request.method == "GET" and request.endpoint is not None
    return list(others(request.full_path if again else url_for("pages.home")))


def in_french(text: str) -> Markup:
    """A source's own text, which exists in French only: marked as such on a page of another language."""
    spaced = escape(french(text))
    return spaced if language() == FRENCH else Markup('<span lang="fr">{}</span>').format(spaced)


def install(app: Flask, campaign: Campaign) -> None:
    """Catalogues for templates, `langue` kept by every link, the campaign's own words by the filter `said`."""
    babel = Babel()
    babel.domain_instance = CATALOGUES
    babel.init_app(app, default_locale=FRENCH, locale_selector=language)

    def said(text: str) -> str:
        return french(text) if language() == FRENCH else campaign.said(text, language())

    @app.before_request
    def choose() -> None:
        asked = request.args.get("langue", FRENCH)
        SPOKEN.set(asked if asked in LANGUAGES else FRENCH)

    @app.teardown_request
    def forget(_: BaseException | None) -> None:
        SPOKEN.set(FRENCH)

    app.jinja_env.filters.update(said=said, in_french=in_french)
    app.jinja_env.globals.update(gettext=sentence, ngettext=sentences, _=sentence, here_in_others=here_in_others)

    @app.url_defaults
    def keep(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint not in WITHOUT_LANGUAGE and language() != FRENCH:
            values.setdefault("langue", language())

    @app.context_processor
    def speaking() -> dict[str, object]:
        return {"language": language()}


def together(names: Iterable[object]) -> str:
    """ "A, B et C"."""
    return format_list([str(name) for name in names], locale=language())
