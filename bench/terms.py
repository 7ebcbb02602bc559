"""The floor's own search tables, made once a database: trigrams of patients' names, and the first two letters of their words."""

from typing import Final

from django.db import connection, transaction

from bench.rows import analyze, is_postgres, run

CHUNK: Final = 50_000


def make() -> None:
    """Makes `bench_names` and `bench_words` unless they are there."""
    if {"bench_names", "bench_words"} <= set(connection.introspection.table_names()):
        return
    with transaction.atomic():
        run("DROP TABLE IF EXISTS bench_names")
        run("DROP TABLE IF EXISTS bench_words")
        _names()
        _words()
    analyze("bench_names")
    analyze("bench_words")


def _names() -> None:
    if is_postgres():
        run("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        run("SET LOCAL maintenance_work_mem = '512MB'")
        run('CREATE TABLE bench_names AS SELECT id, patient_norm COLLATE "C" AS patient_norm FROM cases_case')
        run("CREATE INDEX bench_names_trigrams ON bench_names USING gin (patient_norm gin_trgm_ops)")
        return
    run("CREATE VIRTUAL TABLE bench_names USING fts5(patient_norm, tokenize='trigram case_sensitive 1', detail='full')")
    run("INSERT INTO bench_names(rowid, patient_norm) SELECT id, patient_norm FROM cases_case ORDER BY id")


def _words() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_words (word varchar(2) NOT NULL, id bigint NOT NULL)")
        cursor.execute("SELECT id, patient_norm FROM cases_case ORDER BY id")
        rows = cursor.fetchall()
        found = ((begins, pk) for pk, name in rows for begins in {word[:2] for word in name.split()})
        if is_postgres():
            with cursor.copy("COPY bench_words (word, id) FROM STDIN") as copy:
                for row in found:
                    copy.write_row(row)
        else:
            cursor.connection.executemany("INSERT INTO bench_words (word, id) VALUES (?, ?)", found)
        cursor.execute("CREATE INDEX bench_words_word ON bench_words (word, id DESC)")
