"""French of what is said of lists, saved pages, gaps and copies."""

from __future__ import annotations

# fmt: off
OF_LISTS = {
    # One list
    "no snapshot of {} begins with {}": "aucun relevé de {0} ne commence par {1}",
    "no snapshot of {} gives a list {}…; recomputed: {}":
        "aucun relevé de {0} ne donne une liste {1}… ; recalculé : {2}",
    "list {}: equal to the list that was shown": "liste {0} : la même que la liste montrée",
    "list {}": "liste {0}",
    "no snapshot of {} is published, nor of the two days before":
        "aucun relevé de {0} n’est publié, ni des deux jours d’avant",
    "the snapshots of {} are not in the log yet: the hour is not over":
        "les relevés de {0} ne sont pas encore au journal : l’heure n’est pas finie",
    "hours/{}.ndjson is not the list of snapshots that was logged":
        "hours/{0}.ndjson n’est pas la liste de relevés inscrite au journal",
    "snapshot {} is not made of its two files": "le relevé {0} n’est pas fait de ses deux fichiers",
    "the question is not in its canonical form: sorted k=v joined by &":
        "la question n’est pas sous sa forme canonique : des k=v triés et joints par &",
    "snapshots/{}.json.gz does not have the hash of its name": "snapshots/{0}.json.gz n’a pas l’empreinte de son nom",
    "the snapshot has no commune {}": "le relevé n’a pas de commune {0}",
    # A saved page: what is read of it
    "{}: no such file": "{0} : aucun fichier de ce nom",
    "{}: larger than {} bytes, no page of a list": "{0} : plus de {1} octets, ce n’est pas la page d’une liste",
    "{}: not UTF-8, no page as a browser saves it":
        "{0} : pas de l’UTF-8, ce n’est pas une page telle qu’un navigateur l’enregistre",
    "{}: a single file that does not begin with a page": "{0} : un fichier unique qui ne commence pas par une page",
    "a tag without an end, or a page made to be slow: no page of a list":
        "une balise sans fin, ou une page faite pour être lente : ce n’est pas la page d’une liste",
    "no HTML that can be read: {}": "pas un HTML lisible : {0}",
    "no list of this portal: the page has no reference line with a link to check it":
        "pas une liste de ce portail : la page n’a pas de ligne de référence avec un lien pour la vérifier",
    "the page has several references, to different lists": "la page a plusieurs références, à des listes différentes",
    "the reference of the page has no {} that can be read: {}": "la référence de la page n’a pas de {0} lisible : {1}",
    "the page prints the hour {}, and its link says {}": "la page imprime l’heure {0}, et son lien dit {1}",
    "the page prints the list {} {}, and its link {}": "la page imprime la liste {0} {1}, et son lien {2}",
    "no snapshot of {} begins with {}: it is not published any more, or never was":
        "aucun relevé de {0} ne commence par {1} : il n’est plus publié, ou ne l’a jamais été",
    # A saved page: places
    "the page prints the list {}; recomputed: {}": "la page imprime la liste {0} ; recalculé : {1}",
    "hour {}, snapshot {}, question {}": "heure {0}, relevé {1}, question {2}",
    "{}. {} ({}), {}: {}": "{0}. {1} ({2}), {3} : {4}",
    "no button": "aucun bouton",
    "ranks {} to {} of {}: these places in this order, and every offer of theirs":
        "rangs {0} à {1} sur {2} : ces lieux dans cet ordre, et chacune de leurs offres",
    "list {}: equal to the list that is printed, {} bits of it":
        "liste {0} : la même que la liste imprimée, sur {1} bits",
    "{} buttons name this hour, list, place, offer and rank; their MAC only the portal's own key can check":
        "{0} boutons nomment cette heure, cette liste, le lieu, l’offre et le rang ; leur MAC, seule la clé du "
        "portail peut la vérifier",
    "buttons call {}": "noms sur les boutons : {0}",
    "not checked: what is said of slots, other words, and what style sheets or scripts hide or move":
        "non vérifié : ce qui est dit des créneaux, les autres mots, et ce que feuilles de style ou scripts cachent "
        "ou déplacent",
    "the page shows no place, under the reference of a list that has some":
        "la page ne montre aucun lieu, sous la référence d’une liste qui en a",
    "{} has no rank on the page: {}": "{0} n’a pas de rang sur la page : {1}",
    "this is page {} of {}; the page says {}": "c’est la page {0} sur {1} ; la page dit {2}",
    "rank {} is {} in the recomputed list, and missing on the page":
        "le rang {0} est {1} dans la liste recalculée, et manque sur la page",
    "rank {} is {} on the page, and the recomputed list has none there":
        "le rang {0} est {1} sur la page, et la liste recalculée n’y a rien",
    "rank {} is {} on the page and {} in the recomputed list{}":
        "le rang {0} est {1} sur la page et {2} dans la liste recalculée{3}",
    "; the page gives that place rank {}, and rank {} to none":
        " ; la page donne à ce lieu le rang {0}, et le rang {1} à aucun",
    "{} bears rank {} on the page, and {} in the recomputed list":
        "{0} porte le rang {1} sur la page, et {2} dans la liste recalculée",
    "rank {}, {}": "rang {0}, {1}",
    "rank {}, {}: {} on the page, from {} to {} m recomputed":
        "rang {0}, {1} : {2} sur la page, de {3} à {4} m d’après le calcul",
    # A saved page: buttons and facts
    "a button outside the cards leads to {}": "un bouton hors des fiches mène à {0}",
    "buttons and reference lead to several sites: {}": "boutons et référence mènent à plusieurs sites : {0}",
    "{}: a link leads to {}": "{0} : un lien mène à {1}",
    "{}: a button is of the {} {}, and should be of {}": "{0} : un bouton est ({1}) de {2}, et devrait être de {3}",
    "hour": "heure",
    "list": "liste",
    "place": "lieu",
    "rank": "rang",
    "{}: a button leads to {}, and not by this portal's count":
        "{0} : un bouton mène à {1}, sans passer par le compte de ce portail",
    "names and offers are those of a later snapshot, {}": "noms et offres sont ceux d’un relevé plus récent, {0}",
    "{}: this place ({}) is called {}": "{0} : ce lieu ({1}) s’appelle {2}",
    "{}: the button of the offer {} ({}) is missing": "{0} : le bouton de l’offre {1} ({2}) manque",
    "{}: a button leads to the offer {}, which this place does not have":
        "{0} : un bouton mène à l’offre {1}, que ce lieu n’a pas",
    "{}: its buttons stand as {}, and were drawn as {}":
        "{0} : ses boutons sont dans l’ordre {1}, et le tirage donne {2}",
    "{}: a button names no platform": "{0} : un bouton ne nomme aucune plateforme",
    "{}: a button names {} and leads to {}": "{0} : un bouton nomme {1} et mène à {2}",
    "{}: a button names {} and leads to {}, elsewhere {}": "{0} : un bouton nomme {1} et mène à {2}, ailleurs {3}",
    "two platforms bear one name on this page: {}": "deux plateformes portent un même nom sur cette page : {0}",
    # All checks, gaps, copies
    "check": "contrôle",
    "what": "de quoi",
    "outcome": "résultat",
    "nothing yet": "rien encore",
    "CANNOT CHECK": "PAS VÉRIFIABLE",
    "WRONG": "FAUX",
    ": ": " : ",
    "hash tiles agree": "les tuiles d’empreintes concordent",
    "{} entries": "{0} entrées",
    "{} days": "{0} jours",
    "{} hours": "{0} heures",
    "since {}": "depuis {0}",
    "{} of {} checks: {}": "{0} des {1} contrôles : {2}",
    "{}: nothing yet ({})": "{0} : rien encore ({1})",
    "the log has changed what it held a minute ago": "le journal a changé ce qu’il contenait il y a une minute",
    "gap: {} {}: {}": "trou : {0} {1} : {2}",
    "{} and {} more": "{0} et {1} de plus",
    "sequence numbers without an event, as several machines may leave them, in minutes":
        "numéros d’ordre sans événement, comme plusieurs machines peuvent en laisser, dans les minutes",
    "hours with sealed clicks and no replay of a list": "heures avec des clics scellés et sans rejeu d’une liste",
    "hours in which no snapshot was put in force": "heures sans relevé mis en vigueur",
    "not there, though the log names them: hours": "absentes, bien que le journal les nomme : heures",
    "places that are listed no longer": "lieux qui ne figurent plus dans les listes",
    "places that came with a date of before": "lieux arrivés avec une date antérieure",
    "{} days with sealed minutes, each with its total": "{0} jours avec des minutes scellées, chacun avec son total",
    "entry {}: {} events between numbers {} and {}": "entrée {0} : {1} événements entre les numéros {2} et {3}",
    "entry {} comes without a total of {}, whose minutes were sealed":
        "l’entrée {0} vient sans total du {1}, dont des minutes ont été scellées",
    "entry {}: a second total of {}": "entrée {0} : un second total du {1}",
    "entry {}: the total of {} is not the sum of its minutes":
        "entrée {0} : le total du {1} n’est pas la somme de ses minutes",
    "hours/{}.ndjson lists {} snapshots, and the log counted {}":
        "hours/{0}.ndjson énumère {1} relevés, et le journal en a compté {2}",
    "hours/{}.ndjson lists snapshots, and the log names later hours without it":
        "hours/{0}.ndjson énumère des relevés, et le journal nomme des heures ultérieures sans elle",
    "{} was drawn on {}, and on {} since {}": "{0} a été tiré le {1}, et le {2} depuis {3}",
    "copied to {}, with {} snapshot files of {} days": "copié dans {0}, avec {1} fichiers de relevés de {2} jours",
    "{} files in {}; there, without the portal: python {} all .":
        "{0} fichiers dans {1} ; là, sans le portail : python {2} all .",
}
# fmt: on
