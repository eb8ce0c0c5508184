"""
The tables of the two database files, as migrations: only ever add to the end.

SQLite 3.24 with JSON is enough (no RETURNING, no STRICT): the library of a bare machine's `python3` is often old.
"""

_DOCUMENTS = (
    # Narrow rows in the order of their last change: the feed is a scan of this table from a row number on.
    # AUTOINCREMENT: a number is never used again, whatever was deleted. A change is a delete and an insert, so it gets
    # the next number.
    """
    CREATE TABLE documents (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        source_id TEXT NOT NULL,
        version INTEGER NOT NULL,
        deleted INTEGER NOT NULL,
        changed_at TEXT NOT NULL,
        traceparent TEXT NOT NULL
    )
    """,
    "CREATE INDEX documents_by_source ON documents (source_id, id)",
    "CREATE INDEX documents_tombstones ON documents (changed_at) WHERE deleted",
    """
    CREATE TABLE document_bodies (
        id TEXT PRIMARY KEY REFERENCES documents (id) ON DELETE CASCADE,
        details TEXT NOT NULL,
        text BLOB NOT NULL
    )
    """,
    "CREATE TABLE document_totals (source_id TEXT PRIMARY KEY, documents INTEGER NOT NULL) WITHOUT ROWID",
    # Names this feed: a cursor of another file (restored, made anew) is not taken for one of ours.
    "CREATE TABLE feed (id TEXT NOT NULL)",
    "INSERT INTO feed VALUES (lower(hex(randomblob(8))))",
)

_CRAWL_STATE = (
    "CREATE TABLE crawl_runs (source_id TEXT PRIMARY KEY, revision INTEGER NOT NULL, details TEXT NOT NULL)",
    """
    CREATE TABLE crawl_urls (
        source_id TEXT NOT NULL,
        url TEXT NOT NULL,
        document_id TEXT NOT NULL,
        crawl_id TEXT NOT NULL,
        pending INTEGER NOT NULL,
        depth INTEGER NOT NULL,
        place INTEGER NOT NULL,
        gone INTEGER NOT NULL,
        details TEXT NOT NULL,
        links BLOB NOT NULL,
        PRIMARY KEY (source_id, url)
    )
    """,
    "CREATE INDEX crawl_frontier ON crawl_urls (source_id, crawl_id, depth, place, url) WHERE pending",
    "CREATE INDEX crawl_met ON crawl_urls (source_id, crawl_id, url) WHERE document_id <> ''",
    "CREATE INDEX crawl_gone ON crawl_urls (source_id, crawl_id, url) WHERE gone AND document_id <> ''",
)

_FEATURES = (
    # In the order of their last change, as documents: that is how a reader's cache learns what to forget.
    """
    CREATE TABLE heads (
        revision INTEGER PRIMARY KEY AUTOINCREMENT,
        document_id TEXT NOT NULL UNIQUE,
        source_id TEXT NOT NULL,
        access TEXT NOT NULL,
        denied_below INTEGER NOT NULL,
        live TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE snapshots (
        id INTEGER PRIMARY KEY,
        document_id TEXT NOT NULL,
        version INTEGER NOT NULL,
        cleaner TEXT NOT NULL,
        superseded_at TEXT NOT NULL,
        details TEXT NOT NULL,
        UNIQUE (document_id, version, cleaner)
    )
    """,
    "CREATE INDEX snapshots_superseded ON snapshots (superseded_at) WHERE superseded_at <> ''",
    """
    CREATE TABLE snapshot_texts (
        id INTEGER PRIMARY KEY REFERENCES snapshots (id) ON DELETE CASCADE,
        text BLOB NOT NULL
    )
    """,
    # No foreign key to snapshots: erasing a text must not make us forget which chunks an index may still hold.
    """
    CREATE TABLE builds (
        id INTEGER PRIMARY KEY,
        document_id TEXT NOT NULL,
        feature_set TEXT NOT NULL,
        version INTEGER NOT NULL,
        cleaner TEXT NOT NULL,
        UNIQUE (document_id, feature_set, version)
    )
    """,
    # A chunk's id and text are made of what is here and of the snapshot.
    """
    CREATE TABLE chunks (
        build_id INTEGER NOT NULL REFERENCES builds (id) ON DELETE CASCADE,
        ordinal INTEGER NOT NULL,
        start INTEGER NOT NULL,
        "end" INTEGER NOT NULL,
        heading TEXT NOT NULL,
        input_hash TEXT NOT NULL,
        PRIMARY KEY (build_id, ordinal)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE vectors (
        id INTEGER PRIMARY KEY,
        document_id TEXT NOT NULL,
        input_hash TEXT NOT NULL,
        saved_at TEXT NOT NULL,
        vector BLOB NOT NULL,
        UNIQUE (document_id, input_hash)
    )
    """,
)

_RECORDS = (
    """
    CREATE TABLE ledger (
        number INTEGER PRIMARY KEY,
        subject_id TEXT NOT NULL,
        id TEXT NOT NULL,
        kind TEXT NOT NULL,
        at TEXT NOT NULL,
        facts TEXT NOT NULL,
        UNIQUE (subject_id, id)
    )
    """,
    "CREATE INDEX ledger_by_time ON ledger (subject_id, at, number)",
    """
    CREATE TABLE registry (
        kind TEXT NOT NULL,
        id TEXT NOT NULL,
        revision INTEGER NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (kind, id)
    )
    """,
    """
    CREATE TABLE dead_letters (
        id TEXT PRIMARY KEY,
        queue TEXT NOT NULL,
        body TEXT NOT NULL,
        reason TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        first_at TEXT NOT NULL,
        last_at TEXT NOT NULL,
        set_aside INTEGER NOT NULL
    )
    """,
    # With the column in it, too, they are counted in the index alone.
    "CREATE INDEX dead_letters_set_aside ON dead_letters (id, set_aside) WHERE set_aside",
    "CREATE INDEX dead_letters_by_queue ON dead_letters (queue, id) WHERE set_aside",
    """
    CREATE TABLE exchanges (
        number INTEGER PRIMARY KEY,
        owner_id TEXT NOT NULL,
        answer_id TEXT NOT NULL,
        conversation_id TEXT NOT NULL,
        at TEXT NOT NULL,
        question TEXT NOT NULL,
        answer TEXT NOT NULL,
        feedback TEXT NOT NULL,
        comment TEXT NOT NULL,
        UNIQUE (owner_id, answer_id)
    )
    """,
    "CREATE INDEX exchanges_by_conversation ON exchanges (owner_id, conversation_id, at, number)",
    "CREATE INDEX exchanges_by_time ON exchanges (at)",
    "CREATE TABLE meters (name TEXT PRIMARY KEY, count INTEGER NOT NULL, total REAL NOT NULL) WITHOUT ROWID",
    # A ring: sample n lies at place n modulo its size.
    """
    CREATE TABLE meter_samples (
        name TEXT NOT NULL,
        place INTEGER NOT NULL,
        value REAL NOT NULL,
        PRIMARY KEY (name, place)
    ) WITHOUT ROWID
    """,
)

_QUEUES = (
    "CREATE TABLE queues (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, messages INTEGER NOT NULL)",
    # Times in milliseconds since 1970. `delivery` changes whenever a receipt becomes void.
    """
    CREATE TABLE messages (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        queue_id INTEGER NOT NULL REFERENCES queues (id),
        body TEXT NOT NULL,
        inserted_ms INTEGER NOT NULL,
        visible_ms INTEGER NOT NULL,
        dequeue_count INTEGER NOT NULL,
        delivery INTEGER NOT NULL
    )
    """,
    "CREATE INDEX messages_by_visibility ON messages (queue_id, visible_ms, id)",
    "CREATE INDEX messages_by_age ON messages (queue_id, id)",
)

_FRAGMENTS = ("ALTER TABLE chunks ADD COLUMN fragment TEXT NOT NULL DEFAULT ''",)

_HELD = (
    # The draft comes last: who lists items does not read its pages.
    """
    CREATE TABLE held_items (
        id TEXT PRIMARY KEY,
        source_id TEXT NOT NULL,
        details TEXT NOT NULL,
        draft BLOB NOT NULL
    )
    """,
    "CREATE INDEX held_items_by_source ON held_items (source_id, id)",
)

STORE = ((*_DOCUMENTS, *_CRAWL_STATE, *_FEATURES, *_RECORDS), _FRAGMENTS, _HELD)
"""Migrations of `store.db`: what the Cosmos DB containers hold in Azure."""

QUEUES = (_QUEUES,)
"""Migrations of `queues.db`: what Queue Storage holds in Azure."""
