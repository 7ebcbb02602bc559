"""The index of names: kept by the database whatever writes, made and taken away by its migration, and used where much is seen."""

import re

import psycopg
import pytest
from django.db import connection, transaction

from midline.cases import checks
from midline.cases.migrations import _search_index
from midline.cases.models import Case, ClinicianName
from midline.cases.policies import cases_for
from midline.cases.queries import reach_of
from midline.cases.queries.names import FEW, newest, postgresql, search_condition, search_ids, search_of, sqlite
from midline.cases.queries.names.words import Place, Statement
from midline.cases.services import draft_discard, patient_save
from midline.cases.services.search_index import search_index_afterwards, search_index_mended
from midline.cases.tests.factories import among, collaborator_actor, make_case, provider_actor
from midline.collaboration.models import Collaboration
from midline.collaboration.tests.factories import CollaborationFactory
from midline.people.services import profile_save
from midline.practices.tests.factories import PracticeFactory

IS_SQLITE = connection.vendor == "sqlite"


@pytest.fixture
def reader(db):
    """Sees every case of a provider, who is the only one."""
    practice = PracticeFactory(provider__person__first_name="Maren", provider__person__last_name="Holm")
    return CollaborationFactory(provider=practice.provider, every_case=True)


def found(reader: Collaboration, term: str) -> list[int]:
    """The ids that the index gives, which must be those that the rows give."""
    actor = collaborator_actor(reader)
    ids = search_ids(term, reach_of(actor))
    assert ids == list(cases_for(actor).filter(search_condition(term, reach_of(actor))).order_by("-pk").values_list("pk", flat=True))
    return ids


def crowd(reader: Collaboration, names: list[str]) -> None:
    """Cases written in one statement, with numbers that rise with the ids."""
    practice = reader.provider.practices.get()
    rows = [
        Case(provider=reader.provider, practice=practice, case_type="aligner", created_by=practice.provider.person, patient_norm=name,
             clinician_norm="maren holm", number=f"{2_000_000 + number}") for number, name in enumerate(names)
    ]  # fmt: skip
    Case.objects.bulk_create(rows)


# --- kept under change ----------------------------------------------------------------------------------------------


def test_a_new_case_is_found_when_its_patient_is_named(reader):
    case = make_case(reader.provider.practices.get(), first_name="Łukasz", last_name="Wiśniewski")

    assert found(reader, "lukasz") == [case.pk]
    assert found(reader, str(case.number)) == [case.pk]


def test_a_renamed_patient_is_found_by_the_new_name_alone(reader):
    practice = reader.provider.practices.get()
    case = make_case(practice, first_name="Anna", last_name="王小明")
    patient_save(case=case, by=provider_actor(practice), first_name="Berta", last_name="さくら")

    assert [found(reader, term) for term in ("anna", "小明", "王", "an")] == [[], [], [], []]
    assert [found(reader, term) for term in ("berta", "くら", "ら", "be")] == [[case.pk]] * 4


def test_a_discarded_draft_is_found_no_more(reader):
    practice = reader.provider.practices.get()
    case = make_case(practice, first_name="Anna", last_name="Oppenhoff")
    draft_discard(order=case.orders.get(), by=provider_actor(practice))

    assert found(reader, "oppenhoff") == []
    assert not Case.objects.filter(pk=case.pk).exists()


def test_bulk_writes_cannot_forget_the_index(reader):
    crowd(reader, ["anna berg", "berta 王小明", "carla dale"])
    first, second, third = Case.objects.order_by("pk").values_list("pk", flat=True)
    Case.objects.filter(pk=first).update(patient_norm="zora 小鳥")
    Case.objects.filter(pk=third).delete()

    assert found(reader, "anna") == found(reader, "carla") == []
    assert found(reader, "zora") == found(reader, "鳥") == [first]
    assert found(reader, "小") == [second, first]


def test_a_write_that_is_rolled_back_leaves_the_index_as_it_was(reader):
    crowd(reader, ["anna berg"])
    with transaction.atomic():
        Case.objects.update(patient_norm="berta berg")
        transaction.set_rollback(True)

    assert len(found(reader, "anna")) == 1
    assert found(reader, "berta") == []


def test_a_renamed_clinician_is_found_by_the_new_name_alone(reader):
    case = make_case(reader.provider.practices.get())
    person = reader.provider.person
    kept = {name: getattr(person, name) for name in ("language", "numbering", "theme", "findable", "single_keys")}
    profile_save(by=person, first_name="Øyvind", last_name="Skår", **kept)

    assert found(reader, "maren") == found(reader, "holm") == []
    assert found(reader, "oyvind skar") == [case.pk]
    assert found(reader, "dabrowska skar") == [case.pk]
    assert Case.objects.get().clinician_norm == ClinicianName.objects.get().name_norm == "oyvind skar"


def test_ten_thousand_cases_of_a_clinician_are_one_name(reader):
    crowd(reader, ["anna berg"] * 30)

    assert list(ClinicianName.objects.values_list("provider_id", "name_norm")) == [(reader.provider_id, "maren holm")]


def test_a_name_longer_than_its_column_is_cut(reader):
    practice = reader.provider.practices.get()
    case = make_case(practice, first_name="각" * 80, last_name="낙" * 80)

    assert len(case.patient_norm) == 180
    assert found(reader, "각각") == [case.pk]


# --- which way a search goes ----------------------------------------------------------------------------------------


def plan_of(statement: Statement) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' if IS_SQLITE else ''}{statement.sql}", statement.values)
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


@pytest.mark.parametrize(
    ("term", "index"),
    [
        ("oppenhoff", "case_patient_trigrams"),
        ("op", "case_patient_trigrams"),
        ("oppen anna", "case_patient_trigrams"),
        ("παπ", "case_patient_trigrams"),
        ("小明", "case_patient_signs"),
        ("ら", "case_patient_signs"),
        ("2000017", "cases_case_number"),
        ("maren", "case_p"),
        ("maren oppen", "case_patient_trigrams"),
    ],
)
def test_a_search_of_who_sees_much_begins_at_an_index(reader, term, index):
    crowd(reader, [f"anna {name} {number}" for number in range(400) for name in ("berg", "dale", "holm")] + ["anna oppenhoff", "王 小明"])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    search = search_of(term, reach_of(collaborator_actor(reader)))

    if IS_SQLITE:
        plan = plan_of(sqlite.statement(search, Place(), 51))
        starts = {"case_patient_trigrams": "cases_patientsearch VIRTUAL TABLE", "case_patient_signs": "cases_patientsearch VIRTUAL TABLE"}
        assert re.search(starts.get(index, index.replace("cases_case_number", "cases_case_1|number")), plan), plan
        assert "SCAN c\n" not in plan, plan
    else:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
        plan = plan_of(postgresql.collected(search, Place()))
        assert index in plan, plan
        assert "Seq Scan on cases_case" not in plan, plan


def test_what_the_index_gives_newest_first_is_not_sorted(reader):
    """SQLite reads a full-text table in the order of ids; a sort would collect every match of a common word."""
    search = search_of("anna", reach_of(collaborator_actor(reader)))
    if IS_SQLITE:
        assert "TEMP B-TREE" not in plan_of(sqlite.statement(search, Place(), 51))
    else:
        assert "Sort" not in plan_of(postgresql.walked(search, Place(), 51))


def test_a_common_word_is_walked_and_a_rare_one_collected(reader):
    crowd(reader, ["anna berg"] * 300 + ["berta oppenhoff"])
    reach = reach_of(collaborator_actor(reader))

    if not IS_SQLITE:
        assert postgresql._is_common(search_of("anna", reach), 51)
        assert not postgresql._is_common(search_of("oppen", reach), 51)


def test_a_word_that_many_match_is_tested_on_the_rows(reader):
    crowd(reader, ["anna berg"] * FEW + ["berta dale"])
    actor = collaborator_actor(reader)
    rows = cases_for(actor).filter(search_condition("anna", reach_of(actor), wide=True))

    assert len(search_ids("anna", reach_of(actor))) == FEW
    assert rows.count() == FEW
    page = newest(among(cases_for(actor)), "anna", reach_of(actor), limit=51)
    assert page == sorted(page, reverse=True)
    assert len(page) == 51


@pytest.mark.parametrize("term", ["anna", "2", "20", "maren", "anna maren", "2000 anna", "an", "20000 2"])
def test_stretches_of_every_size_give_the_same(reader, term):
    """A search is read on from any place, both ways, however small its stretches are."""
    crowd(reader, ["anna berg", "berta dale", "anna holm"] * 9)
    actor = collaborator_actor(reader)
    whole = found(reader, term)

    for size in (1, 2, 5):
        for place, expected in ((Place(), whole), (Place(before=whole[4]), whole[5:]), (Place(after=whole[4]), whole[:4][::-1])):
            search = search_of(term, reach_of(actor))
            engine = sqlite if IS_SQLITE else postgresql
            assert [pk for ids in engine.stretches(search, place, size) for pk in ids] == expected, (size, place)


# --- made, mended, checked ------------------------------------------------------------------------------------------


def test_the_migration_goes_back_and_forth_and_fills_from_what_stands(reader):
    crowd(reader, ["anna berg", "王 小明"])
    _search_index.drop(connection)
    crowd_of_old = Case.objects.order_by("pk").values_list("pk", flat=True)
    _search_index.make(connection)

    assert found(reader, "anna") == [crowd_of_old[0]]
    assert found(reader, "明") == [crowd_of_old[1]]
    assert found(reader, "maren") == list(crowd_of_old)[::-1]


def test_the_index_can_be_left_out_while_much_is_written(reader):
    with search_index_afterwards():
        crowd(reader, ["anna berg", "王 小明"])

    assert len(found(reader, "anna")) == len(found(reader, "小明")) == 1


def test_after_a_migration_that_makes_the_table_anew_the_triggers_are_back(reader):
    if not IS_SQLITE:
        assert not search_index_mended(), "PostgreSQL changes a table in place"
        return
    crowd(reader, ["anna berg"])
    with connection.cursor() as cursor:
        for name in ("cases_patientsearch_inserted", "cases_patientsearch_updated", "cases_clinician_inserted"):
            cursor.execute(f"DROP TRIGGER {name}")
    Case.objects.update(patient_norm="berta dale")

    assert search_index_mended()
    assert not search_index_mended(), "once is enough"
    assert found(reader, "anna") == []
    assert len(found(reader, "berta")) == 1


def test_the_check_of_the_database_finds_nothing_to_report_here(db):
    assert checks.names_can_be_found(None, databases=["default"]) == []
    assert checks.names_can_be_found(None, databases=None) == []


@pytest.fixture
def database_of_a_to_z(db):
    """On PostgreSQL a database in which only A to Z are letters, beside that of the tests."""
    if IS_SQLITE:
        yield None
        return
    here, name = connection.get_connection_params(), f"{connection.settings_dict['NAME']}_a_to_z"
    reached = {key: here[key] for key in ("host", "port", "user", "password") if here.get(key)}
    with psycopg.connect(dbname="postgres", autocommit=True, **reached) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name}")
        server.execute(f"CREATE DATABASE {name} ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
        with psycopg.connect(dbname=name, **reached) as other, other.cursor() as cursor:
            yield cursor
        server.execute(f"DROP DATABASE {name}")


def test_the_check_refuses_a_database_that_knows_no_letters_but_a_to_z(database_of_a_to_z):
    if database_of_a_to_z is None:
        return
    (error,) = checks.of_postgresql(database_of_a_to_z)

    assert error.id == "cases.E001"
    assert "character type C:" in error.msg
    assert "LC_CTYPE 'C.UTF-8'" in str(error.hint)


def test_names_are_ordered_by_bytes_on_both(reader):
    crowd(reader, ["zz", "za", "a b", "éa", "王"])

    assert list(Case.objects.order_by("patient_norm").values_list("patient_norm", flat=True)) == ["a b", "za", "zz", "éa", "王"]
    if IS_SQLITE:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT column_name FROM information_schema.columns WHERE table_name = 'cases_case' AND collation_name = 'C'")
        assert {name for (name,) in cursor.fetchall()} == {"number", "patient_norm", "clinician_norm", "practice_norm"}
