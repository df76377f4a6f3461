"""French of what is said of sealed events, receipts, witnesses and time stamps."""

from __future__ import annotations

# fmt: off
OF_EVENTS = {
    # Totals, opened events, receipts
    "the log holds no totals of {}: a day is closed the day after, if it had events":
        "le journal ne contient pas les totaux du {0} : un jour est clos le lendemain, s’il a eu des événements",
    "{}: {} events were sealed and {} are published": "{0} : {1} événements ont été scellés et {2} sont publiés",
    "{}: {} sealed events, the sum of {} minutes, equal to the published totals":
        "{0} : {1} événements scellés, la somme de {2} minutes, égale aux totaux publiés",
    "counted redirects: {} {}": "redirections comptées : {0} {1}",
    "its events were sealed as a whole (event/v1): none can be opened without the rest of it":
        "ses événements ont été scellés d’un bloc (event/v1) : aucun ne peut être ouvert sans le reste",
    "its opened events are not published yet: they are due by {} UTC":
        "ses événements ouverts ne sont pas encore publiés : ils sont dus pour {0} UTC",
    "{}: the log promises opened events since {}, and has none of this day":
        "{0} : le journal promet des événements ouverts depuis {1}, et n’en a aucun de ce jour",
    "openings/{}.json does not have the hash that the log states":
        "openings/{0}.json n’a pas l’empreinte que le journal énonce",
    "openings/{}.json: not the {} events that the seed of the day after draws":
        "openings/{0}.json : ce ne sont pas les {1} événements que tire la graine du lendemain",
    "openings/{}.json: event {} was drawn, and is not opened":
        "openings/{0}.json : l’événement {1} a été tiré, et n’est pas ouvert",
    "the log holds no seed of {}, which draws the events of {} that are opened":
        "le journal ne contient pas la graine du {0}, qui tire les événements du {1} à ouvrir",
    "{}: event {} is not made of the digests that are published of it":
        "{0} : l’événement {1} n’est pas fait des empreintes qui en sont publiées",
    "{}: event {} was not sealed with {} = {}": "{0} : l’événement {1} n’a pas été scellé avec {2} = {3}",
    "{} {}: {} published, {} in the opened events": "{0} {1} : {2} publiés, {3} parmi les événements ouverts",
    "{} {}: {} of {} opened events, and {} of {} published: not by chance":
        "{0} {1} : {2} des {3} événements ouverts, et {4} des {5} publiés : ce n’est pas le hasard",
    "{} of the drawn events were sealed as a whole (event/v1), before the change":
        "{0} des événements tirés ont été scellés d’un bloc (event/v1), avant le changement",
    "all {} events are opened: class and platform of each are as published":
        "les {0} événements sont tous ouverts : la classe et la plateforme de chacun sont celles qui sont publiées",
    "{} events drawn and opened hold: fewer than {} % of the day's {} were sealed as something else (95 %)":
        "{0} événements tirés et ouverts concordent : moins de {1} % des {2} du jour ont été scellés autrement (95 %)",
    "  {} {}: {} % published, {} to {} % by the opened ones":
        "  {0} {1} : {2} % publiés, {3} à {4} % d’après les événements ouverts",
    "not a receipt: r2.TEXT, as the header Redirect-Receipt or the page of proof gave it":
        "pas une preuve : r2.TEXTE, tel que l’a donné l’en-tête Redirect-Receipt ou la page de preuve",
    "not a receipt of this portal: no key of its log has signed this":
        "pas une preuve de ce portail : aucune clé de son journal n’a signé ceci",
    "relabelled: signed by {} as a redirect to {}, and you were sent to {}":
        "étiquette changée : signé par {0} comme redirection vers {1}, alors que vous avez été envoyé vers {2}",
    "counted: in minute {}, one of {} events": "compté : dans la minute {0}, l’un de ses {1} événements",
    "counted: in minute {}, one of {} events{}": "compté : dans la minute {0}, l’un de ses {1} événements{2}",
    " (later than promised)": " (plus tard que promis)",
    "not due yet: it is promised for {} UTC, and the log reaches {}":
        "pas encore dû : il est promis pour {0} UTC, et le journal va jusqu’à {1}",
    "nothing": "rien",
    "omitted: signed by {}, promised for {} UTC, and no minute up to {} holds it. Evidence: this receipt, and the "
    "head of the log ({} entries, root {})":
        "omis : signé par {0}, promis pour {1} UTC, et aucune minute jusqu’à {2} ne le contient. Pièces : cette "
        "preuve, et la tête du journal ({3} entrées, racine {4})",
    "not in the log, and not signed: anybody could have written this text, so it proves nothing":
        "absent du journal, et non signé : n’importe qui a pu écrire ce texte, il ne prouve donc rien",
    "the event is not in its canonical form": "l’événement n’est pas sous sa forme canonique",
    "too long": "trop long",
    "no such leaf": "il n’y a pas de telle feuille",
    "the path is too long": "le chemin est trop long",
    # Witnesses and stamps
    "the policy does not name this log's key {}": "la politique ne nomme pas la clé de ce journal {0}",
    "the head changed each time that it was read": "la tête a changé à chaque lecture",
    "witness {}: {}": "témoin {0} : {1}",
    "the policy needs {}; this head of {} entries is signed by {} of {} witnesses: {}":
        "la politique demande {0} ; cette tête de {1} entrées est signée par {2} des {3} témoins : {4}",
    "policy: {}: signed by {} of {} witnesses, holds":
        "politique : {0} : signée par {1} des {2} témoins, elle est respectée",
    "none": "aucun",
    "no witness": "aucun témoin",
    "{} ({} of {})": "{0} ({1} parmi {2})",
    "while it was read, the log changed entries that it had signed":
        "pendant la lecture, le journal a changé des entrées qu’il avait signées",
    "this witness stands above already": "ce témoin figure déjà plus haut",
    "so many members are not in the group": "le groupe n’a pas tant de membres",
    "not understood, or names what is not defined above": "incompris, ou nomme ce qui n’est pas défini plus haut",
    "{}, line {}: {}: {}": "{0}, ligne {1} : {2} : {3}",
    "{}: there is no quorum line": "{0} : il n’y a pas de ligne quorum",
    "not a witness's key of Ed25519": "pas une clé Ed25519 de témoin",
    "has not signed this head": "n’a pas signé cette tête",
    "the second {}": "la seconde {0}",
    "signed this head on {}": "a signé cette tête le {0}",
    "dates its signature {}, in the future: not counted": "date sa signature du {0}, dans le futur : pas comptée",
    "dates its signature {}, more than {} hours ago: not counted":
        "date sa signature du {0}, il y a plus de {1} heures : pas comptée",
    "no key": "aucune clé",
    "stamps/{}: not the files that the log states": "stamps/{0} : pas les fichiers que le journal énonce",
    "stamp of {}: its {} entries existed on {} at {} UTC, {}":
        "horodatage du {0} : ses {1} entrées existaient le {2} à {3} UTC, {4}",
    "stamps/{}.checkpoint is not a head of this log": "stamps/{0}.checkpoint n’est pas une tête de ce journal",
    "whether an authority is to be believed is for you to judge: that its certificate is its own, too":
        "c’est à vous de juger si une autorité est digne de foi, et si son certificat est bien le sien",
    "{}: the authority refused": "{0} : l’autorité a refusé",
    "{} is of something else than its head": "{0} porte sur autre chose que sa tête",
    "{} is no time stamp: {}": "{0} n’est pas un horodatage : {1}",
    "{}: what is signed is not what it says": "{0} : ce qui est signé n’est pas ce qui est dit",
    "signature not checked: the certificate is not in the stamp":
        "signature non vérifiée : le certificat n’est pas dans l’horodatage",
    "{}: signed with a certificate that is not for time stamps":
        "{0} : signé avec un certificat qui n’est pas fait pour horodater",
    "signature not checked: of a kind that is not known here": "signature non vérifiée : d’une sorte inconnue ici",
    "{}: its signature does not hold": "{0} : sa signature ne tient pas",
    "signed by {} (certificate {})": "signé par {0} (certificat {1})",
    "a hash that is not known here: {}": "une fonction d’empreinte inconnue ici : {0}",
    "a length that DER does not write": "une longueur que DER n’écrit pas",
    "it ends too early": "il se termine trop tôt",
}
# fmt: on
