"""A search by name: in every script, by any part of a word, the same from the index, from tests of the row and in plain Python."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from midline.cases.models import Case
from midline.cases.policies import cases_for
from midline.cases.queries import reach_of
from midline.cases.queries.names import newest, search_condition, search_ids
from midline.cases.tests.factories import among, collaborator_actor, provider_actor
from midline.collaboration.tests.factories import CollaborationFactory
from midline.core.text import holds, norm
from midline.practices.models import Practice
from midline.practices.tests.factories import PracticeFactory

NAMES = [
    "Łukasz Wiśniewski", "Søren Østby", "Đorđe Đurić", "Þóra Eiðsdóttir", "Jürgen Weißenböck", "Ægir Cœur", "Işıl Yıldırım", "Ħal Għarb",
    "Nguyễn Thị Ánh", "Zoë D’Angelo-Brix", "Jean–Luc O'Brien", "Ελένη Παπαδόπουλος", "Γεώργιος Ἀχιλλεύς", "Світлана Лук'яненко",
    "Алёна Соловьёва", "אברהם כֹּהֵן", "محمد الأحسن", "王 小明", "陈建国", "佐藤 さくら", "ワタナベ ガク", "김 민준", "이서연", "山田 Anna",
    "𠮷田 Łucja", "Bo Li", "An Na", "100% O_o", 'Quo"te \\Back', "NEAR AND", "Anna 0100", "",
]  # fmt: skip

# typed, who is found by it
FOUND = [
    ("lukasz", {"Łukasz Wiśniewski"}),
    ("ŁUKASZ wis", {"Łukasz Wiśniewski"}),
    ("iewsk", {"Łukasz Wiśniewski"}),
    ("ostby", {"Søren Østby"}),
    ("dordje", set()),
    ("dorde", {"Đorđe Đurić"}),
    ("thora eid", {"Þóra Eiðsdóttir"}),
    ("weiss", {"Jürgen Weißenböck"}),
    ("WEISSEN", {"Jürgen Weißenböck"}),
    ("aegir", {"Ægir Cœur"}),
    ("coeur", {"Ægir Cœur"}),
    ("isil", {"Işıl Yıldırım"}),
    ("IŞIL", {"Işıl Yıldırım"}),
    ("gharb", {"Ħal Għarb"}),
    ("nguyen", {"Nguyễn Thị Ánh"}),
    ("anh thi", {"Nguyễn Thị Ánh"}),
    ("dangelo", {"Zoë D’Angelo-Brix"}),
    ("d'angelo", {"Zoë D’Angelo-Brix"}),
    ("angelo‐br", {"Zoë D’Angelo-Brix"}),
    ("jean luc", {"Jean–Luc O'Brien"}),
    ("obrien", {"Jean–Luc O'Brien"}),
    ("παπαδο", {"Ελένη Παπαδόπουλος"}),
    ("ΠΑΠΑΔΌΠΟΥΛΟΣ", {"Ελένη Παπαδόπουλος"}),
    ("αχιλλευς", {"Γεώργιος Ἀχιλλεύς"}),
    ("λουκ", set()),
    ("лукяненко", {"Світлана Лук'яненко"}),
    ("СОЛОВЬЕВ", {"Алёна Соловьёва"}),
    ("כהן", {"אברהם כֹּהֵן"}),
    ("ברה", {"אברהם כֹּהֵן"}),
    ("احسن", {"محمد الأحسن"}),
    ("小明", {"王 小明"}),
    ("明", {"王 小明"}),
    ("建", {"陈建国"}),
    ("建国", {"陈建国"}),
    ("陈建国", {"陈建国"}),
    ("田", {"山田 Anna", "𠮷田 Łucja"}),
    ("𠮷", {"𠮷田 Łucja"}),
    ("𠮷田 l", {"𠮷田 Łucja"}),
    ("くら", {"佐藤 さくら"}),
    ("く", {"佐藤 さくら"}),
    ("ナベ", {"ワタナベ ガク"}),
    ("ﾅﾍﾞ", {"ワタナベ ガク"}),
    ("タナベ", {"ワタナベ ガク"}),
    ("カク", {"ワタナベ ガク"}),
    ("민준", {"김 민준"}),
    ("준", {"김 민준"}),
    ("서연", {"이서연"}),
    ("이", {"이서연"}),
    ("김 준", {"김 민준"}),
    ("b", {"Bo Li", "Zoë D’Angelo-Brix"}),
    ("bo", {"Bo Li"}),
    ("li l", {"Bo Li"}),
    ("an n", {"An Na", "Nguyễn Thị Ánh", "NEAR AND"}),
    ("па", set()),
    ("πα", {"Ελένη Παπαδόπουλος"}),
    ("אב", {"אברהם כֹּהֵן"}),
    ("ux", set()),
    ("100%", {"100% O_o"}),
    ("%", set()),
    ("_", set()),
    ("o_", {"100% O_o"}),
    ("0%", set()),
    ('"te', {'Quo"te \\Back'}),
    ('quo"te', {'Quo"te \\Back'}),
    ('o"t', {'Quo"te \\Back'}),
    ("\\b", {'Quo"te \\Back'}),
    ("\\", {'Quo"te \\Back'}),
    ('"', set()),
    ("*", set()),
    ("luk*", set()),
    ("near", {"NEAR AND"}),
    ("NEAR(near)", set()),
    ("near and", {"NEAR AND"}),
    ("bo OR an", set()),
    ("bo NOT li", set()),
    ("patient_norm : bo", set()),
    ("name:", set()),
    ("^bo", set()),
    ("{bo}", set()),
    ("+bo", set()),
    ("-", set()),
    ("' ’", set()),
    ("x" * 120, set()),
    ("bo " * 40, {"Bo Li"}),
    ("\x00bo\u200b", {"Bo Li"}),
]


def ids_of(term: str) -> str:
    return ascii(term[:24])


@pytest.fixture
def world(db):
    """Every name once, in cases of two providers, both shared whole with one collaborator."""
    practices = [
        PracticeFactory(provider__person__first_name="Maren", provider__person__last_name="Holm"),
        PracticeFactory(provider__person__first_name="Ulf", provider__person__last_name="Ek"),
    ]
    reader = CollaborationFactory(provider=practices[0].provider, every_case=True)
    CollaborationFactory(provider=practices[1].provider, person=reader.person, every_case=True)
    for number, name in enumerate(NAMES):
        named(practices[number % 2], name)
    return practices, reader


def named(practice: Practice, name: str) -> Case:
    case = Case(provider=practice.provider, practice=practice, case_type="aligner", created_by=practice.provider.person,
                patient_norm=norm(name), clinician_norm=norm(practice.provider.name))  # fmt: skip
    case.save()
    Case.objects.filter(pk=case.pk).update(number=Case.number_for(case.pk))
    return case


@pytest.mark.parametrize(("typed", "names"), FOUND, ids=[ids_of(typed) for typed, _names in FOUND])
def test_a_name_is_found_by_what_is_typed_from_the_index_and_from_the_row(world, typed, names):
    _practices, reader = world
    actor = collaborator_actor(reader)
    expected = {norm(name) for name in names}

    for wide in (False, True):
        found = cases_for(actor).filter(search_condition(typed, reach_of(actor), wide=wide))
        assert set(found.values_list("patient_norm", flat=True)) == expected, wide
    assert set(Case.objects.filter(pk__in=search_ids(typed, reach_of(actor))).values_list("patient_norm", flat=True)) == expected


# Few letters, so that random words meet random names; every kind of script, marks and signs of the query languages.
LETTERS = "aablłøé -'%_\"\\αβжכ王明小さナ민ㅂ01"
names_typed = st.text(LETTERS, max_size=8)
words_typed = st.lists(st.text(LETTERS, min_size=1, max_size=4), max_size=3).map(" ".join)


def matches(case: Case, term: str, hidden: set[int]) -> bool:
    """What a search means, in plain Python."""
    words = norm(term).split()
    return bool(words) and all(
        any((case.number or "").startswith(start) for start in (word, f"0{word}") if word.isdigit())
        or (case.provider_id not in hidden and (holds(case.patient_norm, word) or holds(case.clinician_norm, word)))
        for word in words
    )


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    patients=st.lists(names_typed, min_size=3, max_size=12),
    clinicians=st.tuples(names_typed, names_typed, names_typed),
    terms=st.lists(words_typed, min_size=4, max_size=8),
)
def test_index_rows_and_plain_python_agree_on_random_names(practices, patients, clinicians, terms):
    places, reader, hiding = practices
    Case.objects.all().delete()
    for practice, name in zip(places, clinicians, strict=True):
        practice.provider.person.first_name, practice.provider.person.last_name = name, ""
        practice.provider.person.save()
    every = [named(places[number % 3], name) for number, name in enumerate(patients)]
    renamed = every[0]
    Case.objects.filter(pk=renamed.pk).update(patient_norm=norm(patients[-1]))
    Case.objects.filter(pk=every[1].pk).delete()
    cases = list(Case.objects.order_by("-pk"))

    for term in terms:
        for actor, hidden in ((collaborator_actor(reader), {hiding.provider_id}), (provider_actor(places[0]), set[int]())):
            mine = [case for case in cases if hidden or case.provider_id == places[0].provider_id]
            expected = [case.pk for case in mine if matches(case, term, hidden)]
            reach = reach_of(actor)
            rows = cases_for(actor)
            for wide in (False, True):
                assert list(rows.filter(search_condition(term, reach, wide=wide)).order_by("-pk").values_list("pk", flat=True)) == expected
            assert newest(among(rows), term, reach, limit=100) == expected
            assert newest(among(rows), term, reach, limit=2) == expected[:2]
            if expected:
                assert newest(among(rows), term, reach, limit=100, before=expected[0]) == expected[1:]
                assert newest(among(rows), term, reach, limit=100, after=expected[-1]) == expected[:-1][::-1]


@pytest.fixture
def practices(db):
    """Three providers shared whole with one collaborator; from the last of them identity is hidden."""
    places = [PracticeFactory() for _ in range(3)]
    reader = CollaborationFactory(provider=places[0].provider, every_case=True)
    CollaborationFactory(provider=places[1].provider, person=reader.person, every_case=True)
    hiding = CollaborationFactory(provider=places[2].provider, person=reader.person, every_case=True, hides_identity=True)
    return places, reader, hiding


@pytest.mark.parametrize("typed", ["oppenhoff", "op", "oppenhoff anna", "holm", "holm anna", "holm oppenhoff", "明"])
def test_where_identity_is_hidden_the_index_gives_no_name_either(practices, typed):
    places, reader, _hiding = practices
    for practice in places[1:]:
        person = practice.provider.person
        person.first_name, person.last_name = "Maren", "Holm"
        person.save()
    seen, hidden = (named(practice, "Anna Oppenhoff 小明") for practice in places[1:])
    reach = reach_of(collaborator_actor(reader))

    assert search_ids(typed, reach) == [seen.pk]
    assert search_ids(Case.number_for(hidden.pk), reach) == [hidden.pk]
    assert search_ids(f"{Case.number_for(hidden.pk)} {typed}", reach) == []
