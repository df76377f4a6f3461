"""French of the options, and of what argparse says of them."""

from __future__ import annotations

# fmt: off
OF_USE = {
    # Options
    "whose cosignatures the head must bear: a file, C2SP tlog-policy":
        "qui doit avoir cosigné la tête : un fichier, C2SP tlog-policy",
    "hours that a cosignature counts for (24)": "heures pendant lesquelles une cosignature compte (24)",
    "the log's verifier key, from the press kit or an old copy":
        "la clé de vérification du journal, du dossier de presse ou d’une ancienne copie",
    "where you were sent, as the log names it: the receipt must say so":
        "où vous avez été envoyé, tel que le journal le nomme : la preuve doit le dire",
    "a page of a list, as a browser saved it": "la page d’une liste, telle qu’un navigateur l’a enregistrée",
    "a day whose snapshots are copied too; may be repeated":
        "un jour dont les relevés sont copiés aussi ; peut être répété",
    "an old checkpoint: a file, or its text": "une ancienne tête : un fichier, ou son texte",
    "how many days back files are read ({})": "de combien de jours en arrière lire les fichiers ({0})",
    "2026-11-23, 2026-W47, en-cours; else all of them and the pages":
        "2026-11-23, 2026-W47, en-cours ; sinon toutes, et les pages",
    "2026-11-23, or a week: 2026-W47": "2026-11-23, ou une semaine : 2026-W47",
    "the hour of the list, 2026-11-23T13": "l’heure de la liste, 2026-11-23T13",
    "the question, insee=01053&need=any&radius=10&…": "la question, insee=01053&need=any&radius=10&…",
    "the short hash of the reference, 7f3a91c2": "l’empreinte courte de la référence, 7f3a91c2",
    "the fingerprint printed under the list, to compare with": "l’empreinte imprimée sous la liste, à comparer",
    "one closed day alone, as /preuves/DAY.zip holds it": "un seul jour clos, tel que /preuves/JOUR.zip le contient",
    # What argparse says, whose words are those of the standard library
    "usage: ": "utilisation : ",
    "positional arguments:": "arguments :",
    "options:": "options :",
    "show this help message and exit": "montrer cette aide",
    "show program's version number and exit": "montrer la version de ce programme et son empreinte",
    "the following arguments are required: {}": "il manque : {0}",
    "unrecognized arguments: {}": "arguments inconnus : {0}",
    "argument {}: {}": "argument {0} : {1}",
    "expected one argument": "une valeur est attendue",
    "invalid choice: {} (choose from {})": "choix inconnu : {0} (au choix : {1})",
    "invalid int value: {}": "pas un nombre entier : {0}",
}
# fmt: on
