"""French of what is said of the log: its tree, its head, its seeds."""

from __future__ import annotations

# fmt: off
OF_THE_LOG = {
    # A portal that has nothing yet, a key, files
    "nothing sealed yet: the log has no entry": "rien n’est encore scellé : le journal n’a aucune entrée",
    "nothing sealed yet, or no portal there: {}": "rien n’est encore scellé, ou aucun portail à cet endroit : {0}",
    "nothing sealed yet that figures could be checked with: no day is closed":
        "rien n’est encore scellé qui permette de vérifier des chiffres : aucun jour n’est clos",
    "key taken from the portal itself (give --vkey to check it): {}":
        "clé reçue du portail lui-même (donnez --vkey pour la vérifier) : {0}",
    "{}: larger than {} bytes": "{0} : plus de {1} octets",
    "{}: larger than {} bytes, or too slow": "{0} : plus de {1} octets, ou trop lent",
    "the log names a file outside itself: {}": "le journal nomme un fichier hors de lui-même : {0}",
    "{}: not in {}": "{0} : absent de {1}",
    "{}: not a gzip file": "{0} : pas un fichier gzip",
    "{}: not UTF-8": "{0} : pas de l’UTF-8",
    # The tree and the signed head
    "the verifier key is not one": "la clé de vérification n’en est pas une",
    "the verifier key is not of Ed25519": "la clé de vérification n’est pas une clé Ed25519",
    "the verifier key does not have the id that it states":
        "la clé de vérification n’a pas l’identifiant qu’elle énonce",
    "the Python package `cryptography` is needed": "il faut la bibliothèque Python `cryptography`",
    "the checkpoint is not a signed note": "la tête n’est pas une note signée",
    "the checkpoint is not signed by {}": "la tête n’est pas signée par {0}",
    "the checkpoint's signature by {} does not hold": "la signature de la tête par {0} ne tient pas",
    "the checkpoint's text is not origin, size and root": "le texte de la tête n’est pas : origine, taille et racine",
    "the log has {} entries; this tool reads at most {}": "le journal a {0} entrées ; cet outil en lit {1} au plus",
    "{}: ends before its {} entries": "{0} : se termine avant ses {1} entrées",
    "{}: ends inside an entry": "{0} : se termine au milieu d’une entrée",
    "the {} entries do not have the root that the checkpoint signs{}":
        "les {0} entrées n’ont pas la racine que signe la tête{1}",
    ": entry {} differs from its hash tile": " : l’entrée {0} diffère de sa tuile d’empreintes",
    ": the hash tiles agree with the entries, so the checkpoint is of another tree":
        " : les tuiles d’empreintes concordent avec les entrées, donc la tête est celle d’un autre arbre",
    "entry {} is not a typed JSON object": "l’entrée {0} n’est pas un objet JSON avec un type",
    "no type": "sans type",
    "{} entries, root {}…, signature holds": "{0} entrées, racine {1}…, la signature tient",
    "the log had {} entries and has {} now": "le journal avait {0} entrées et en a {1} maintenant",
    "the first {} entries are not those of the old checkpoint":
        "les {0} premières entrées ne sont pas celles de l’ancienne tête",
    "it only grew since the {} entries of the old checkpoint":
        "il n’a fait que grandir depuis les {0} entrées de l’ancienne tête",
    "hash tiles agree; {} files named in the log have the hash it states":
        "les tuiles d’empreintes concordent ; {0} fichiers nommés au journal ont l’empreinte qu’il énonce",
    "the portal says that it replayed {} lists, {} different":
        "le portail dit avoir rejoué {0} listes, dont {1} différentes",
    "{}: not the {} sorted commitments of entry {}": "{0} : ce ne sont pas les {1} engagements triés de l’entrée {2}",
    "{}: its commitments do not have the root of entry {}":
        "{0} : ses engagements n’ont pas la racine de l’entrée {1}",
    "{}: its commitments do not have the root that was logged":
        "{0} : ses engagements n’ont pas la racine inscrite au journal",
    "entry {}: its sequence number goes backwards": "entrée {0} : son numéro d’ordre recule",
    "{} minutes are sealed and their files not there: {}": "{0} minutes sont scellées et leurs fichiers absents : {1}",
    "{} sealed events in {} minutes, each under its root":
        "{0} événements scellés en {1} minutes, chacun sous sa racine",
    "{} is not made of the entries": "{0} n’est pas fait des entrées",
    "keys/{}.checkpoint is not the head that changed the key in entry {}":
        "keys/{0}.checkpoint n’est pas la tête qui a changé la clé à l’entrée {1}",
    "{} does not have the hash that the log states": "{0} n’a pas l’empreinte que le journal énonce",
    "program {}, {} files, sums in {}; this verify.py is {}":
        "programme {0}, {1} fichiers, empreintes dans {2} ; ce verify.py est {3}",
    "its own": "le sien",
    "another than its own": "un autre que le sien",
    "witness-policy is not the policy that the log states, after the log's key":
        "witness-policy n’est pas la politique que le journal énonce, après la clé du journal",
    # Seeds, beacons, ids
    "the log holds no anchor of the seed chain yet":
        "le journal ne contient pas encore l’ancre de la chaîne de graines",
    "the seed of {} is missing: {} comes instead": "la graine du {0} manque : celle du {1} vient à sa place",
    "the link of {} does not hash to the one before": "l’empreinte du maillon du {0} n’est pas le maillon d’avant",
    "the seed of {} does not follow from its link": "la graine du {0} ne découle pas de son maillon",
    "{} days of seeds, each fixed by the anchor of {}; {}":
        "{0} jours de graines, chacune fixée par l’ancre du {1} ; {2}",
    "the log holds no seed of {}": "le journal ne contient pas la graine du {0}",
    "seed of {}: {} (beacon {}: {})": "graine du {0} : {1} (balise {2} : {3})",
    "no beacon": "pas de balise",
    "{} with a round of drand chain {} (BLS signature not checked), {} since without":
        "{0} avec un tour de la chaîne drand {1} (signature BLS non vérifiée), {2} sans depuis",
    "the beacon of {}: its randomness is not the hash of its signature":
        "la balise du {0} : son aléa n’est pas l’empreinte de sa signature",
    "the beacon of {}: the chain is not the one that its hash names":
        "la balise du {0} : la chaîne n’est pas celle que nomme son empreinte",
    "the beacon of {}: round {} is not that of half an hour before the day":
        "la balise du {0} : le tour {1} n’est pas celui d’une demi-heure avant le jour",
    "round {} of chain {}…, the day's; randomness = SHA-256(signature)":
        "tour {0} de la chaîne {1}…, celui du jour ; aléa = SHA-256(signature)",
    "{}; signature not checked": "{0} ; signature non vérifiée",
    "the log holds no list of ids yet": "le journal ne contient pas encore de liste d’identifiants",
    "the ids of {} are not those that the log has chained to the hour before":
        "les identifiants de {0} ne sont pas ceux que le journal a chaînés à l’heure d’avant",
    "ids of {} hours recomputed and chained, {} places, each under one day":
        "identifiants de {0} heures recalculés et chaînés, {1} lieux, chacun sous un seul jour",
    "{} hours whose files are no longer published: their link is the log's own word":
        "{0} heures dont les fichiers ne sont plus publiés : leur maillon ne repose que sur la parole du journal",
    "{} hours were sealed without their ids, and say why":
        "{0} heures ont été scellées sans leurs identifiants, et disent pourquoi",
    "place {} is first published on {}, and says {}: it would not stand last in its ties":
        "le lieu {0} est publié pour la première fois le {1}, et dit {2} : il ne serait pas le dernier de ses ex aequo",
    "place {} was first published on {}, and now says {}":
        "le lieu {0} a été publié pour la première fois le {1}, et dit maintenant {2}",
    "place {} appears after 23:30 on {}, when the draw of the day after was known":
        "le lieu {0} apparaît après 23:30 le {1}, alors que le tirage du lendemain était connu",
}
# fmt: on
