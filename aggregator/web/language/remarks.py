"""What a page says when it answers otherwise than was typed: the code counted, a commune has a new name."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from aggregator.country.finder.finder import Remark, Why
from aggregator.web.language.catalogues import gettext

# `s`: what the remark is about; `where`: where the list starts from, "" when there is none.
WORDS: dict[Why, Callable[[str, str], str]] = {
    Why.CODE_DECIDES: lambda s, where: gettext(
        "Le code %(code)s est celui de %(where)s : il compte plus que le nom.", code=s, where=where
    ),
    Why.CODE_UNKNOWN: lambda s, where: (
        gettext("Aucune commune n’a le code %(code)s : nous partons de %(where)s.", code=s, where=where)
        if where
        else gettext("Aucune commune n’a le code %(code)s : écrivez le nom de votre ville.", code=s)
    ),
    Why.CODE_NEAR: lambda s, where: gettext(
        "Le code %(code)s sert au courrier seulement : nous partons de %(where)s. "
        "Si ce n’est pas là, écrivez le nom de la ville.",
        code=s,
        where=where,
    ),
    Why.FORMER: lambda s, where: gettext("%(former)s fait partie de %(where)s.", former=s, where=where),
    Why.ADDRESS: lambda s, where: (
        gettext("Nous ne cherchons pas par rue : nous partons du centre de %(where)s.", where=where)
        if where
        else gettext("Nous ne cherchons pas par rue : ajoutez la ville ou le code postal.")
    ),
    Why.AROUND: lambda s, where: gettext(
        "Nous cherchons par ville : nous partons du centre de %(where)s.", where=where
    ),
    Why.ELSEWHERE: lambda s, where: (
        gettext("Ce nom n’existe pas dans « %(area)s » : nous partons de %(where)s.", area=s, where=where)
        if where
        else gettext("Ce nom n’existe pas dans « %(area)s ».", area=s)
    ),
    Why.NO_DISTRICT: lambda s, where: gettext(
        "%(where)s n’a pas de %(number)se arrondissement.", where=where, number=s
    ),
    Why.SILENT: lambda s, where: gettext("La recherche d’adresses ne répond pas en ce moment."),
    Why.HERE: lambda s, where: gettext("Touchez « Près de moi », ou écrivez votre ville ou votre code postal."),
}


def said(remarks: Iterable[Remark], where: str = "") -> tuple[str, ...]:
    """One sentence each. `where`: the town that a list starts from, as the page names it."""
    return tuple(WORDS[remark.why](remark.subject, where) for remark in remarks)
