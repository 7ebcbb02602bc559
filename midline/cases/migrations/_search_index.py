"""The tables in which a search looks names up, as migration 0010 makes them, each engine in its own words.

The database keeps them itself, by triggers and indexes, so that no bulk update can forget them. What is looked up are comparable names
(`core.text.norm`). Changing anything here needs a new migration: filled tables hold what these statements wrote.
"""

# Every word of these statements is ours.
# ruff: noqa: S608

from collections.abc import Iterable
from typing import Final

from django.db.backends.base.base import BaseDatabaseWrapper

# --- SQLite ---------------------------------------------------------------------------------------------------------
# Trigrams need three letters. So each word stands in the index after two spaces, and "  k" and " ka" are one and two letters at the
# beginning of a word; behind the name each sign of Han, Kana and Hangul begins a word of its own with the sign after it.
_UNSPACED: Final = "[\u1100-\u11ff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff]"
_SIGNS: Final = f"""
    SELECT group_concat('  ' || rtrim(substr(NAME, k, 2)), '') FROM (
        WITH RECURSIVE places(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM places WHERE k < length(NAME)) SELECT k FROM places
    ) WHERE substr(NAME, k, 1) GLOB '{_UNSPACED}'
"""
_INDEXED: Final = f"'  ' || replace(NAME, ' ', '  ') || CASE WHEN NAME GLOB '*{_UNSPACED}*' THEN ({_SIGNS}) ELSE '' END"


def _indexed(name: str) -> str:
    return _INDEXED.replace("NAME", name)


def _sqlite_index(index: str, table: str, key: str, column: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """(what makes and fills the index, its triggers by name)."""
    old, new = _indexed(f"OLD.{column}"), _indexed(f"NEW.{column}")
    enter = f"INSERT INTO {index} (rowid, name) VALUES (NEW.{key}, {new});"
    leave = f"INSERT INTO {index} ({index}, rowid, name) VALUES ('delete', OLD.{key}, {old});"
    made = (
        f"CREATE VIRTUAL TABLE {index} USING fts5 (name, content='', columnsize=0, tokenize='trigram case_sensitive 1')",
        f"INSERT INTO {index} (rowid, name) SELECT {key}, {_indexed(column)} FROM {table}",
    )
    changed = f"AFTER UPDATE OF {key}, {column} ON {table} WHEN OLD.{column} <> NEW.{column} OR OLD.{key} <> NEW.{key}"
    triggers = {
        f"{index}_inserted": f"CREATE TRIGGER {index}_inserted AFTER INSERT ON {table} BEGIN {enter} END",
        f"{index}_updated": f"CREATE TRIGGER {index}_updated {changed} BEGIN {leave} {enter} END",
        f"{index}_deleted": f"CREATE TRIGGER {index}_deleted AFTER DELETE ON {table} BEGIN {leave} END",
    }
    return made, triggers


_KNOWN: Final = "SELECT 1 FROM cases_clinicianname n WHERE n.provider_id = NEW.provider_id"
_FOLLOWS: Final = f"""BEGIN
    UPDATE cases_clinicianname SET name_norm = NEW.clinician_norm WHERE provider_id = NEW.provider_id AND name_norm <> NEW.clinician_norm;
    INSERT INTO cases_clinicianname (provider_id, name_norm) SELECT NEW.provider_id, NEW.clinician_norm WHERE NOT EXISTS ({_KNOWN});
END"""
CLINICIANS_FILLED: Final = (
    "DELETE FROM cases_clinicianname",
    "INSERT INTO cases_clinicianname (provider_id, name_norm) SELECT provider_id, max(clinician_norm) FROM cases_case GROUP BY provider_id",
)
_PATIENTS, _PATIENT_TRIGGERS = _sqlite_index("cases_patientsearch", "cases_case", "id", "patient_norm")
_CLINICIANS, _CLINICIAN_TRIGGERS = _sqlite_index("cases_cliniciansearch", "cases_clinicianname", "provider_id", "name_norm")
SQLITE_TABLES: Final = ("cases_patientsearch", "cases_cliniciansearch")
SQLITE_MADE: Final = (*CLINICIANS_FILLED, *_PATIENTS, *_CLINICIANS)
SQLITE_TRIGGERS: Final = {
    **_PATIENT_TRIGGERS,
    **_CLINICIAN_TRIGGERS,
    "cases_clinician_inserted": f"CREATE TRIGGER cases_clinician_inserted AFTER INSERT ON cases_case {_FOLLOWS}",
    "cases_clinician_updated": (
        "CREATE TRIGGER cases_clinician_updated AFTER UPDATE OF clinician_norm ON cases_case "
        f"WHEN OLD.clinician_norm <> NEW.clinician_norm {_FOLLOWS}"
    ),
}

# --- PostgreSQL -----------------------------------------------------------------------------------------------------
# Signs that stand for words, one and two of them from each place on. The pattern stands in the index and in the query alike.
UNSPACED_PATTERN: Final = _UNSPACED
_POSTGRES_SIGNS: Final = f"""
CREATE FUNCTION cases_name_signs(name text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT sign), '{{}}') FROM (
        SELECT unnest(ARRAY[substr(name, k, 1), rtrim(substr(name, k, 2))]) AS sign FROM generate_series(1, length(name)) k
        WHERE substr(name, k, 1) ~ '{_UNSPACED}'
    ) signs
$$"""
_POSTGRES_FOLLOWS: Final = f"""
CREATE FUNCTION cases_clinician_follows() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE cases_clinicianname SET name_norm = NEW.clinician_norm WHERE provider_id = NEW.provider_id AND name_norm <> NEW.clinician_norm;
    INSERT INTO cases_clinicianname (provider_id, name_norm)
        SELECT NEW.provider_id, NEW.clinician_norm WHERE NOT EXISTS ({_KNOWN}) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$"""
_TRGM: Final = "gin_trgm_ops) WITH (fastupdate = off)"
POSTGRES_INDEXES: Final = {
    "case_patient_trigrams": f"CREATE INDEX case_patient_trigrams ON cases_case USING gin (patient_norm {_TRGM}",
    "case_patient_signs": (
        "CREATE INDEX case_patient_signs ON cases_case USING gin (cases_name_signs(patient_norm)) WITH (fastupdate = off) "
        f"WHERE patient_norm ~ '{_UNSPACED}'"
    ),
    "clinician_trigrams": f"CREATE INDEX clinician_trigrams ON cases_clinicianname USING gin (name_norm {_TRGM}",
}
POSTGRES_MADE: Final = (
    # What was written in this transaction is checked now: PostgreSQL changes no table whose rows wait to be checked.
    "SET CONSTRAINTS ALL IMMEDIATE",
    *CLINICIANS_FILLED,
    _POSTGRES_SIGNS,
    *POSTGRES_INDEXES.values(),
    _POSTGRES_FOLLOWS,
    "CREATE TRIGGER cases_clinician_inserted AFTER INSERT ON cases_case FOR EACH ROW EXECUTE FUNCTION cases_clinician_follows()",
    "CREATE TRIGGER cases_clinician_updated AFTER UPDATE OF clinician_norm ON cases_case FOR EACH ROW "
    "WHEN (OLD.clinician_norm <> NEW.clinician_norm) EXECUTE FUNCTION cases_clinician_follows()",
    "SET CONSTRAINTS ALL DEFERRED",
)
POSTGRES_DROPPED: Final = (
    "SET CONSTRAINTS ALL IMMEDIATE",
    "DROP TRIGGER cases_clinician_inserted ON cases_case",
    "DROP TRIGGER cases_clinician_updated ON cases_case",
    "DROP FUNCTION cases_clinician_follows()",
    *(f"DROP INDEX {name}" for name in POSTGRES_INDEXES),
    "DROP FUNCTION cases_name_signs(text)",
    "SET CONSTRAINTS ALL DEFERRED",
)


def make(connection: BaseDatabaseWrapper) -> None:
    """Makes and fills what a search looks up in, from the cases that stand."""
    sqlite = connection.vendor == "sqlite"
    _run(connection, (*SQLITE_MADE, *SQLITE_TRIGGERS.values()) if sqlite else POSTGRES_MADE)


def drop(connection: BaseDatabaseWrapper) -> None:
    """Takes away what `make` made; what is gone already is no error on SQLite, whose tables lose their triggers when they are made anew."""
    gone = [f"DROP TRIGGER IF EXISTS {name}" for name in SQLITE_TRIGGERS] + [f"DROP TABLE IF EXISTS {name}" for name in SQLITE_TABLES]
    _run(connection, gone if connection.vendor == "sqlite" else POSTGRES_DROPPED)


def _run(connection: BaseDatabaseWrapper, statements: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
