"""French of what is said of tables, pages' figures and editions."""

from __future__ import annotations

# fmt: off
OF_FIGURES = {
    # Numbers
    "{}: {} is published, {} follows": "{0} : {1} est publié, {2} en découle",
    "{}: {} is {}, {} follows": "{0} : {1} est {2}, {3} en découle",
    "{}: the samples, the first snapshot of each hour: {} is published, {} follows":
        "{0} : les échantillons, le premier relevé de chaque heure : {1} est publié, {2} en découle",
    "{}: the samples, the first snapshot of each hour": "{0} : les échantillons, le premier relevé de chaque heure",
    "{}: the sum of share_clicked: {} is published, {} follows":
        "{0} : la somme des share_clicked : {1} est publié, {2} en découle",
    "{}: the sum of share_clicked": "{0} : la somme des share_clicked",
    "{}: the sum of effect_*: {} is published, {} follows":
        "{0} : la somme des effect_* : {1} est publié, {2} en découle",
    "{}: the sum of effect_*": "{0} : la somme des effect_*",
    "{}: {} of row {}: {} is published, {} follows": "{0} : {1} de la ligne {2} : {3} est publié, {4} en découle",
    "{}: {} of row {}": "{0} : {1} de la ligne {2}",
    "{} {}: provider of a suppressed row: {} is published, {} follows":
        "{0} {1} : provider d’une ligne supprimée : {2} est publié, {3} en découle",
    "{} {}: provider of a suppressed row": "{0} {1} : provider d’une ligne supprimée",
    "{} metrics: demo of {}: {} is published, {} follows":
        "{0} metrics : demo de {1} : {2} est publié, {3} en découle",
    "{} metrics: demo of {}": "{0} metrics : demo de {1}",
    "{}: the sums of the tie test cannot be those of {} clicks":
        "{0} : les sommes du test des ex aequo ne peuvent être celles de {1} clics",
    "{} {}: share_clicked stands where clicks have lists, and nowhere else":
        "{0} {1} : share_clicked figure là où des clics ont une liste, et nulle part ailleurs",
    "{}: effect_* are told without effect_deviation": "{0} : des effect_* sont donnés sans effect_deviation",
    # Lists shown, made again
    "{}: {} is {}, and the log has {}": "{0} : {1} est {2}, et le journal a {3}",
    "{}: its lists, told and closed, do not have the root that the log commits to":
        "{0} : ses listes, dites et closes, n’ont pas la racine inscrite au journal",
    "{}: {} lists are told of {}, each asked {} times or more":
        "{0} : {1} listes sont dites sur {2}, chacune demandée {3} fois ou plus",
    "the replay of {} tells {} lists and commits to {}": "le rejeu de {0} dit {1} listes et s’engage sur {2}",
    "seed or snapshot of the list {} {} is not published":
        "la graine ou le relevé de la liste {0} {1} n’est pas publié",
    "the list {} {} is another one when it is made again: {}": "la liste {0} {1} est une autre une fois refaite : {2}",
    # Tables of days and weeks
    "the log names no figures of {}: a day is closed in the night, a week after its Sunday":
        "le journal ne nomme aucun chiffre de {0} : un jour est clos dans la nuit, une semaine après son dimanche",
    "the log names no figures of {}": "le journal ne nomme aucun chiffre de {0}",
    "metrics/{} does not have the hash that the log states": "metrics/{0} n’a pas l’empreinte que le journal énonce",
    "the files of {} are {}": "les fichiers de {0} sont {1}",
    "metrics/{}.json is written as {}, which this file does not know":
        "metrics/{0}.json est écrit en {1}, que ce fichier ne connaît pas",
    "metrics/{}.json is named {}": "metrics/{0}.json s’appelle {1}",
    "metrics/{}: {} of row {} differs between CSV and JSON":
        "metrics/{0} : {1} de la ligne {2} diffère entre CSV et JSON",
    "metrics/{}: {} rows in CSV and {} in JSON": "metrics/{0} : {1} lignes en CSV et {2} en JSON",
    "metrics/{}: a row stands there twice": "metrics/{0} : une ligne y figure deux fois",
    "{} is no day and no week": "{0} n’est ni un jour ni une semaine",
    "{} rows, the same in CSV and JSON, under the hash in the log":
        "{0} lignes, les mêmes en CSV et en JSON, sous l’empreinte du journal",
    "{}: columns {} are too many or missing": "{0} : les colonnes {1} sont en trop ou manquent",
    "{}: demo and suppressed are 0 or 1": "{0} : demo et suppressed valent 0 ou 1",
    "{}: checkpoint_size {} is not between {} and {}": "{0} : checkpoint_size {1} n’est pas entre {2} et {3}",
    "shares, ratios, all intervals, concentration, terms and log E follow from the counts":
        "parts, rapports, toutes les marges, concentration, causes et log E découlent des comptes",
    "redirects are those sealed in the log; places and slots are those of {} published snapshots":
        "les redirections sont celles scellées au journal ; lieux et créneaux sont ceux de {0} relevés publiés",
    "impressions, exposure and their terms are those of {} lists, all published and made again":
        "affichages, exposition et leurs causes sont ceux de {0} listes, toutes publiées et refaites",
    "impressions and exposure are possible: {} of {} lists were made again from what is published":
        "affichages et exposition sont possibles : {0} des {1} listes ont été refaites d’après ce qui est publié",
    "not recomputed: clicks_listed, clicks_telling, share_clicked and the sums tie_* of a day (each click's list "
    "is sealed; checked: they fit each other and the week); demo (the operator's word; checked: the same in all "
    "rows); checkpoint_size (checked: between the day's end and the table)":
        "non recalculé : clicks_listed, clicks_telling, share_clicked et les sommes tie_* d’un jour (la liste de "
        "chaque clic est scellée ; vérifié : elles s’accordent entre elles et avec la semaine) ; demo (la parole "
        "de l’opérateur ; vérifié : la même sur toutes les lignes) ; checkpoint_size (vérifié : entre la fin du "
        "jour et le tableau)",
    "not recomputed: minutes_unread, interval_s, fetches, fetches_failed, median_age_min, p95_age_min, "
    "unknown_share (how platforms answered, which the portal alone has seen; checked: they are possible)":
        "non recalculé : minutes_unread, interval_s, fetches, fetches_failed, median_age_min, p95_age_min, "
        "unknown_share (comment les plateformes ont répondu, ce que le portail est seul à avoir vu ; vérifié : ces "
        "valeurs sont possibles)",
    "not recomputed: impressions, exposure, effect_demand_geography, effect_published_criteria and "
    "effect_tie_break_luck of lists asked less than eleven times in an hour, or beyond {} questions ({} of {} on "
    "{})":
        "non recalculé : impressions, exposure, effect_demand_geography, effect_published_criteria et "
        "effect_tie_break_luck des listes demandées moins de onze fois dans une heure, ou au-delà de {0} questions "
        "({1} sur {2} le {3})",
    "{}: no row of {}": "{0} : aucune ligne de {1}",
    "{}: effect_* stand where there are lists and thirty redirects, and nowhere else":
        "{0} : des effect_* figurent là où il y a des listes et trente redirections, et nulle part ailleurs",
    "{}-service: a platform stands there twice, or interval_s is not one for all":
        "{0}-service : une plateforme y figure deux fois, ou interval_s n’est pas le même pour toutes",
    "{}: stratum_type, stratum and suppressed of a day are nation, FR and 0":
        "{0} : stratum_type, stratum et suppressed d’un jour sont nation, FR et 0",
    "{}: day is {}, columns are {}": "{0} : le jour est {1}, les colonnes sont {2}",
    "{}: these numbers are not possible together": "{0} : ces nombres ne sont pas possibles ensemble",
    "{}: offers_shown {}, and published lists alone have {}":
        "{0} : offers_shown {1}, et les listes publiées à elles seules en ont {2}",
    "{}: {} {} cannot be that of {} lists, {} of them made again":
        "{0} : {1} {2} ne peut être celui de {3} listes, dont {4} refaites",
    "the week is the sum of its {} days, and of its territories":
        "la semaine est la somme de ses {0} jours, et de ses territoires",
    "not recomputed: impressions, exposure and tie_* of {}: lists or {} clicks were told of late":
        "non recalculé : impressions, exposure et tie_* de {0} : des listes ou {1} clics ont été signalés tard",
    "{}: impressions and exposure are less than those of its days":
        "{0} : affichages et exposition sont moindres que ceux de ses jours",
    "{}: {} cannot be those of its days and {} late clicks":
        "{0} : {1} ne peuvent être ceux de ses jours et de {2} clics tardifs",
    "{}: the territories do not add up to the nation {}": "{0} : les territoires ne s’additionnent pas au pays {1}",
    "{}: the territories do not add up to the nation": "{0} : les territoires ne s’additionnent pas au pays",
    "{}: no row of département {}, or two": "{0} : aucune ligne du département {1}, ou deux",
    "{} {}: a platform has no row": "{0} {1} : une plateforme n’a pas de ligne",
    "{} {}: a number under eleven is published": "{0} {1} : un nombre inférieur à onze est publié",
    "{} {}: stratum_type {} is none": "{0} {1} : stratum_type {2} n’existe pas",
    # What pages print
    "shares.json of {}: {} closed days are the log's, today's steps are possible, the rest follows":
        "shares.json du {0} : {1} jours clos sont ceux du journal, les pas d’aujourd’hui sont possibles, le reste "
        "en découle",
    "not recomputed: missed, missed_by_provider (clicks that could not be stored are nowhere else); label (a "
    "name); choice of the running day (sealed; checked: it fits the closed days and the clicks)":
        "non recalculé : missed, missed_by_provider (les clics qui n’ont pu être gardés ne sont nulle part "
        "ailleurs) ; label (un nom) ; choice du jour en cours (scellé ; vérifié : il s’accorde avec les jours clos "
        "et les clics)",
    "{}: its fields are not those that are known": "{0} : ses champs ne sont pas ceux que l’on connaît",
    "shares.json: its fields are not those that are known":
        "shares.json : ses champs ne sont pas ceux que l’on connaît",
    "closed.json: its fields are not those that are known":
        "closed.json : ses champs ne sont pas ceux que l’on connaît",
    "shares.json: the classes are {}": "shares.json : les classes sont {0}",
    "shares.json: classes hold {} events of {}, and {} were sealed":
        "shares.json : les classes contiennent {0} événements du {1}, et {2} ont été scellés",
    "shares.json: providers have places and slots {}, published snapshots {}":
        "shares.json : les plateformes ont les lieux et créneaux {0}, les relevés publiés {1}",
    "shares.json: providers are not all there, by number of places":
        "shares.json : les plateformes n’y sont pas toutes, par nombre de lieux",
    "not recomputed: exposure_share of shares.json while lists of it are not published, or not logged yet":
        "non recalculé : exposure_share de shares.json tant que des listes n’en sont pas publiées, ou pas encore au "
        "journal",
    "no snapshot of {} is published": "aucun relevé de {0} n’est publié",
    "the log announces no margins": "le journal n’annonce aucune marge",
    "the log holds no totals of {} yet": "le journal ne contient pas encore les totaux du {0}",
    "{}.providers: the log's closed days and whole elevens of today do not give these":
        "{0}.providers : les jours clos du journal et des onzaines entières d’aujourd’hui ne les donnent pas",
    "{}.total: {}, with {} and whole elevens of today":
        "{0}.total : {1}, avec {2} et des onzaines entières d’aujourd’hui",
    "{}; a replay of {} may be on its way: later": "{0} ; un rejeu de {1} est peut-être en chemin : plus tard",
    "shares.json: choice.providers are not the providers":
        "shares.json : choice.providers ne sont pas les plateformes",
    "shares.json: choice.clicks, listed and telling are not possible with {} redirects":
        "shares.json : choice.clicks, listed et telling ne sont pas possibles avec {0} redirections",
    "shares.json: choice.{} is {}, closed days have {}, today {} redirects":
        "shares.json : choice.{0} est {1}, les jours clos ont {2}, aujourd’hui {3} redirections",
    "{} clicks: {}, closed days have {}, today {} redirects":
        "{0} clicks : {1}, les jours clos ont {2}, aujourd’hui {3} redirections",
    "{} {}: {}, closed days have {}, today {} redirects":
        "{0} {1} : {2}, les jours clos ont {3}, aujourd’hui {4} redirections",
    "{} spread: {} cannot be that of so many clicks": "{0} spread : {1} ne peut être celui de tant de clics",
    "closed.json: {} tables, causes of {} to {}, weeks and service follow":
        "closed.json : {0} tableaux, les causes du {1} au {2}, les semaines et le service en découlent",
    "closed.json: first {} and last {} are not the seven days before its newest table":
        "closed.json : first {0} et last {1} ne sont pas les sept jours avant son tableau le plus récent",
    "closed.json: files {} are not those of the log": "closed.json : les fichiers {0} ne sont pas ceux du journal",
    "closed.json: weeks are {}": "closed.json : les semaines sont {0}",
    "closed.json: effects are of {}": "closed.json : les effets sont de {0}",
    "not recomputed: causes that rest on lists asked less than eleven times in an hour, in closed.json":
        "non recalculé : les causes qui reposent sur des listes demandées moins de onze fois dans une heure, dans "
        "closed.json",
    "not recomputed: causes in closed.json: lists of its days are in no table":
        "non recalculé : les causes dans closed.json : des listes de ses jours ne sont dans aucun tableau",
    "{}: {} rows are published, {} follow": "{0} : {1} lignes sont publiées, {2} en découlent",
    "{}: column {} of row {} is too many or missing": "{0} : la colonne {1} de la ligne {2} est en trop ou manque",
    "{} deviation: {} is published, 0 is the rule": "{0} deviation : {1} est publié, la règle est 0",
    # Editions
    "the log names no edition {}": "le journal ne nomme aucune édition {0}",
    "{}{}/SHA256SUMS does not have the hash that the log states":
        "{0}{1}/SHA256SUMS n’a pas l’empreinte que le journal énonce",
    "{}{}/{} is not in its SHA256SUMS": "{0}{1}/{2} n’est pas dans son SHA256SUMS",
    "{}{}/{} does not have the hash of its SHA256SUMS": "{0}{1}/{2} n’a pas l’empreinte de son SHA256SUMS",
    "{}: tables redirects and metrics are those of {} days and weeks in the log":
        "{0} : les tableaux redirects et metrics sont ceux de {1} jours et semaines du journal",
    "{}: couverture and {} figures follow from them": "{0} : couverture et {1} figures en découlent",
    "{}: log_size {} is later than the edition": "{0} : log_size {1} est postérieur à l’édition",
    "not recomputed: couverture and figures of {}, written by the rules of metrics/1":
        "non recalculé : couverture et figures de {0}, écrites selon les règles de metrics/1",
    "not recomputed: couverture and figures of {}, made of the minute in which they were written":
        "non recalculé : couverture et figures de {0}, faites de la minute où elles ont été écrites",
    "not recomputed: department_name (public names; checked: one for each code); titles, descriptions, the period "
    "of a figure; updated, written, licence, log_size (checked: the same in the whole edition); Parquet, XLSX, "
    "SQLite, SVG and PNG (checked by `figures`: the hash in the sums, which the log states)":
        "non recalculé : department_name (noms publics ; vérifié : un seul par code) ; titres, descriptions, la "
        "période d’une figure ; updated, written, licence, log_size (vérifié : les mêmes dans toute l’édition) ; "
        "Parquet, XLSX, SQLite, SVG et PNG (vérifié par `figures` : l’empreinte dans les sommes, que le journal "
        "énonce)",
    "{}: figures {} are too many or missing": "{0} : les figures {1} sont en trop ou manquent",
    "{}: unit does not say {}: {}": "{0} : unit ne dit pas {1} : {2}",
    "{} holds days or weeks that the log does not name yet: {}":
        "{0} contient des jours ou des semaines que le journal ne nomme pas encore : {1}",
    "{} {}: {} rows are published, {} follow": "{0} {1} : {2} lignes sont publiées, {3} en découlent",
    "{} {}: {} of row {} is {}, {} follows": "{0} {1} : {2} de la ligne {3} est {4}, {5} en découle",
    "{} {}: no column {}": "{0} {1} : aucune colonne {2}",
    "{} {}: NDJSON differs from JSON": "{0} {1} : NDJSON diffère de JSON",
    "{}: {} rows, and {} in JSON": "{0} : {1} lignes, et {2} en JSON",
    "{}: {} of row {} is {}, and {} in JSON": "{0} : {1} de la ligne {2} est {3}, et {4} en JSON",
}
# fmt: on
