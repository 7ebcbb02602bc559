"""What is compared is the same: the floor's rows, the product's and the plain admin's, on a few hundred generated cases."""

import json

import pytest
from django.db import connection

from bench import tables, terms
from bench.cell import Bench, late
from bench.data import ACTORS, Facts
from bench.files import Folder, write
from bench.floors import Floor
from bench.generate import OtherRows, fill, fill_from, marker
from bench.lists import HEAD, SIZES, Cell, cells
from bench.plan import Generated
from bench.shop import Shop
from bench.views import ADMIN_VIEWS, VIEWS, has
from midline.cases.models import Case, CollaborationCount, Milestone, ProviderCount
from midline.cases.policies import cases_for
from midline.cases.queries import read_page
from midline.core import clock

CASES = 600


@pytest.fixture
def facts(db: None) -> Facts:
    found = fill(CASES)
    terms.make()
    return found


@pytest.fixture
def bench(facts: Facts) -> Bench:
    connection.ensure_connection()
    return Bench(facts, Floor(connection.vendor, connection.connection, facts))


def rows(bench: Bench, views: tuple[str, ...]) -> list[dict[str, object]]:
    with clock.at(bench.facts.now):
        return [
            Cell(connection.vendor, CASES, actor, view)._asdict() | {"django_admin_ms": None} | bench.measure(actor, view, 0.001)
            for view in views
            for actor in ACTORS
            if has(actor, view)
        ]


def test_floor_and_product_show_the_same_rows(bench: Bench):
    found = rows(bench, ("default", "counts"))
    assert [(row["actor"], row["view"]) for row in found if row["same_rows"] is not True] == []


def test_every_way_of_the_floor_shows_what_the_product_shows_in_every_view(bench: Bench):
    differ = []
    with clock.at(bench.facts.now):
        for view in VIEWS:
            for actor in (one for one in ACTORS if has(one, view)):
                place = bench.places.of(actor, view)
                if place.wanted and not place.page:
                    asked, reach = bench.read(bench.actor(actor), bench.address(actor, place))
                    shown = [case.pk for case in read_page(asked, reach).cases]
                    ways = bench.floor.ways(actor, place.wanted)
                    differ += [(actor, view, way) for way in ways if bench.floor.read(actor, place.wanted, way) != shown]
    assert differ == []


def test_a_row_has_the_figures_that_readers_of_the_results_rely_on(bench: Bench):
    found = rows(bench, ("default", "counts"))
    tables.annotate(found)
    for row in json.loads(json.dumps(found)):
        assert {"engine", "cases", "actor", "view", "django_admin_ms", *HEAD} <= row.keys()
        assert row["floor_ms"] > 0 < row["query_ms"]
        assert (row["http_ms"] is None) == (row["view"] == "counts")
    shown = tables.section({"machine": {"cpu": "", "cores": 1, "memory_gb": 1, "python": "", "sqlite": "", "measured_at": "", "load": 0},
                            "rows": found}, ["one cell"])  # fmt: skip
    assert "| provider | default |" in shown
    assert "- one cell" in shown


def test_the_plain_admin_shows_the_cases_that_the_policy_shows(bench: Bench):
    shop = Shop(bench.facts)
    with clock.at(bench.facts.now):
        for actor in ACTORS:
            mine = set(cases_for(bench.actor(actor)).values_list("pk", flat=True))
            assert mine
            assert set(shop.cases(actor).values_list("pk", flat=True)) == mine


def test_counters_are_as_the_portal_counts(facts: Facts):
    from midline.cases.services.counts import collaborations_recount, provider_recount

    def counted() -> tuple[list[object], list[object]]:
        by_provider = ProviderCount.objects.order_by("pk").values_list()
        by_collaboration = CollaborationCount.objects.order_by("collaboration_id", "status").values_list(
            "collaboration_id", "status", "count"
        )
        return list(by_provider), list(by_collaboration)

    before = counted()
    for provider in (1, 3):
        provider_recount(provider)
        collaborations_recount(provider, [1, 2])
    assert counted() == before


def test_a_filled_database_is_used_as_it_stands(facts: Facts):
    assert marker() == facts
    assert fill(CASES) == facts
    with pytest.raises(OtherRows, match="name an empty one"):
        fill(CASES + 1)


@pytest.mark.django_db
def test_files_fill_a_database_as_the_generator_does(tmp_path):
    list(write(Generated(300), tmp_path))
    found = fill_from(Folder(tmp_path))
    assert found.actors["big"] == (61, 0)
    assert found.cases == Case.objects.count() == 300
    assert Milestone.objects.filter(kind="submitted").count() == Case.objects.exclude(status="draft").count()


def test_the_smallest_size_has_its_default_view_alone_and_engines_take_turns():
    found = cells(["sqlite", "postgresql"], list(SIZES), list(VIEWS), list(ACTORS))
    assert {cell.view for cell in found if cell.cases == SIZES[0]} == {"default"}
    assert [cell.engine for cell in found[:4]] == ["sqlite", "postgresql"] * 2
    assert {cell.view for cell in found} == set(VIEWS) > set(ADMIN_VIEWS)
    assert len(found) == len(set(found))


def test_the_95th_percentile_is_by_nearest_rank():
    assert late([float(n) for n in range(1, 21)]) == 19.0
    assert late([5.0]) == 5.0
    assert late([]) is None
