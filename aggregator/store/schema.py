"""The named migrations of registry and catalog, in order. A migration that has run anywhere is never edited again."""

from __future__ import annotations

# Written in SQLite's words; `aggregator/database` translates them for PostgreSQL (ADR 10).

REGISTRY = {
    # Ids for life, what they were matched with, and every decision of an operator.
    "places_and_offers": """
        CREATE TABLE places (
            place_id TEXT PRIMARY KEY, drawn_on TEXT NOT NULL, merged_into TEXT, withdrawn TEXT, withdrawn_on TEXT
        );
        CREATE TABLE offers (
            offer_id TEXT PRIMARY KEY, place_id TEXT NOT NULL, provider TEXT NOT NULL, link_key TEXT NOT NULL,
            booking_url TEXT NOT NULL, drawn_on TEXT NOT NULL, UNIQUE (provider, link_key)
        );
        CREATE TABLE offer_links (
            offer_id TEXT NOT NULL, booking_url TEXT NOT NULL, place_id TEXT NOT NULL, since TEXT NOT NULL
        );
        CREATE TABLE matches (
            match_id INTEGER PRIMARY KEY, source TEXT NOT NULL, source_id TEXT NOT NULL, place_id TEXT NOT NULL,
            method TEXT NOT NULL, score REAL, matched_at TEXT NOT NULL, undone_at TEXT, decided_by TEXT NOT NULL
        );
        CREATE UNIQUE INDEX one_match_in_force ON matches (source, source_id) WHERE undone_at IS NULL;
        CREATE TABLE aliases (
            kind TEXT NOT NULL, value TEXT NOT NULL, place_id TEXT NOT NULL, since TEXT NOT NULL, until TEXT,
            PRIMARY KEY (kind, value, place_id)
        );
        CREATE TABLE reviews (
            review_id INTEGER PRIMARY KEY, source TEXT NOT NULL, source_id TEXT NOT NULL, place_id TEXT NOT NULL,
            other_place_id TEXT NOT NULL, score REAL NOT NULL, distance_m INTEGER, opened_at TEXT NOT NULL,
            decision TEXT, decided_at TEXT, UNIQUE (source, source_id, other_place_id)
        );
        CREATE TABLE decisions (
            decision_id INTEGER PRIMARY KEY, at TEXT NOT NULL, role TEXT NOT NULL, kind TEXT NOT NULL,
            target TEXT NOT NULL, detail TEXT NOT NULL
        );
    """,
    # The day on which an id was first published. Whoever keeps one back until its draw is a good one gains nothing.
    "day_of_first_listing": """
        ALTER TABLE places ADD COLUMN listed_on TEXT;
        UPDATE places SET listed_on = drawn_on;
    """,
}

CATALOG = {
    # Centres, readings of their slots, fetches, imports: all can be read again.
    "what_sources_say": """
        CREATE TABLE centres (
            source TEXT NOT NULL, source_id TEXT NOT NULL, content TEXT NOT NULL, content_hash TEXT NOT NULL,
            revision INTEGER NOT NULL, first_seen TEXT NOT NULL, last_seen TEXT NOT NULL, gone_at TEXT,
            held TEXT, PRIMARY KEY (source, source_id)
        );
        CREATE TABLE readings (
            offer_id TEXT PRIMARY KEY, provider TEXT NOT NULL, outcome TEXT NOT NULL, read_at TEXT NOT NULL,
            answered_at TEXT, failing_since TEXT, partial INTEGER NOT NULL, phone_only INTEGER NOT NULL,
            slot_count INTEGER NOT NULL, classes TEXT NOT NULL, slots BLOB NOT NULL, slots_hash TEXT NOT NULL,
            changed_at TEXT NOT NULL
        );
        CREATE TABLE runs (
            run_id INTEGER PRIMARY KEY, kind TEXT NOT NULL, started_at TEXT NOT NULL, finished_at TEXT
        );
        CREATE TABLE fetches (
            run_id INTEGER NOT NULL, provider TEXT NOT NULL, kind TEXT NOT NULL, target TEXT NOT NULL,
            outcome TEXT NOT NULL, partial INTEGER NOT NULL, http_status INTEGER, at TEXT NOT NULL,
            duration_ms INTEGER NOT NULL, requests INTEGER NOT NULL, dropped INTEGER NOT NULL, note TEXT NOT NULL
        );
        CREATE INDEX fetches_by_time ON fetches (at);
        CREATE TABLE fetch_hours (
            hour TEXT NOT NULL, provider TEXT NOT NULL, kind TEXT NOT NULL, outcome TEXT NOT NULL,
            fetches INTEGER NOT NULL, requests INTEGER NOT NULL, duration_ms INTEGER NOT NULL,
            PRIMARY KEY (hour, provider, kind, outcome)
        );
        CREATE TABLE breakers (
            provider TEXT PRIMARY KEY, failures INTEGER NOT NULL, pauses INTEGER NOT NULL, open_until TEXT,
            cause TEXT NOT NULL
        );
        CREATE TABLE quarantines (
            quarantine_id INTEGER PRIMARY KEY, source TEXT NOT NULL, at TEXT NOT NULL, reason TEXT NOT NULL,
            known INTEGER NOT NULL, found INTEGER NOT NULL, decision TEXT, decided_at TEXT
        );
        CREATE TABLE imports (
            import_id INTEGER PRIMARY KEY, as_of TEXT NOT NULL, imported_at TEXT NOT NULL, file_name TEXT NOT NULL,
            sha256 TEXT NOT NULL, dialect TEXT NOT NULL, row_count INTEGER NOT NULL, refused TEXT NOT NULL,
            report TEXT NOT NULL
        );
        CREATE TABLE import_rows (
            import_id INTEGER NOT NULL, source_id TEXT NOT NULL, department TEXT NOT NULL, site TEXT NOT NULL,
            open INTEGER NOT NULL, PRIMARY KEY (import_id, source_id)
        ) WITHOUT ROWID;
    """,
    # Which offers to ask about, as of the last placing: asked for every few seconds.
    "listed_offers": """
        CREATE TABLE listed_offers (offer_id TEXT PRIMARY KEY) WITHOUT ROWID;
    """,
    # Since when and until when a provider as a whole could not be read; no end while it lasts.
    "outages": """
        CREATE TABLE outages (provider TEXT NOT NULL, since TEXT NOT NULL, until TEXT, PRIMARY KEY (provider, since));
    """,
    # How many times in a row an offer's own answer could not be used; since when a provider fails, by its breaker.
    "faults": """
        ALTER TABLE readings ADD COLUMN faults INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE breakers ADD COLUMN since TEXT;
    """,
}
