"""Saved views: kept per person and workspace, with a search of their own, and nobody else's."""

from datetime import timedelta

import pytest

from midline.cases import services
from midline.cases.models import SavedView, SearchTerm
from midline.core import clock
from midline.core.errors import NotAllowedNow


def save(cast, name: str = "Waiting", query: str = "status=submitted", term: str = "", **more) -> SavedView:
    return services.view_save(name=name, query=query, term=term, by=cast.owner.actor, **more)


def names(cast) -> list[str]:
    return [view.name for view in SavedView.objects.filter(person=cast.owner.user, removed_at=None)]


def test_a_name_that_is_taken_is_replaced_only_when_that_is_said(cast):
    first = save(cast, "Waiting", "status=submitted", term="Dąbrowska")

    with pytest.raises(services.NameTaken) as taken:
        save(cast, "  waiting ", "status=draft")
    assert taken.value.view == first

    again = save(cast, "waiting", "status=draft", replace=True)
    assert (again.pk, again.query, again.search) == (first.pk, "status=draft", None)
    assert names(cast) == ["waiting"]
    assert not SearchTerm.objects.exists()


def test_there_are_at_most_twenty_views_a_workspace(cast):
    for number in range(20):
        save(cast, f"View {number}")

    with pytest.raises(NotAllowedNow, match="20 views"):
        save(cast, "One more")
    save(cast, "View 3", "status=draft", replace=True)
    services.view_save(name="Elsewhere", query="", term="", by=cast.with_no_grant.actor)


def test_the_search_of_a_view_outlives_the_searches_that_were_typed(cast):
    view = save(cast, term="Dąbrowska")
    typed = services.search_keep(term="Dąbrowska", by=cast.owner.actor)
    later = clock.now() + timedelta(days=91)

    with clock.at(later):
        services.searches_forget()

    assert view.search is not None
    assert typed is not None
    assert view.search.pk != typed.pk
    assert list(SearchTerm.objects.values_list("pk", flat=True)) == [view.search.pk]


def test_a_view_keeps_the_row_of_its_search_while_the_same_is_searched_for(cast):
    view = save(cast, term="Bo")
    kept = view.search_id

    services.view_update(view_id=view.pk, query="status=draft", term="Bo", by=cast.owner.actor)
    assert SavedView.objects.get().search_id == kept

    services.view_update(view_id=view.pk, query="status=draft", term="Li", by=cast.owner.actor)
    assert [row.term for row in SearchTerm.objects.all()] == ["Li"]


def test_views_are_renamed_and_put_in_order(cast):
    one, two, three = (save(cast, name) for name in ("One", "Two", "Three"))

    services.view_move(view_id=three.pk, step=-1, by=cast.owner.actor)
    assert names(cast) == ["One", "Three", "Two"]
    services.view_move(view_id=one.pk, step=-1, by=cast.owner.actor)
    services.view_move(view_id=one.pk, step=9, by=cast.owner.actor)
    assert names(cast) == ["Three", "Two", "One"]

    services.view_rename(view_id=two.pk, name=" Second  one ", by=cast.owner.actor)
    assert names(cast) == ["Three", "Second one", "One"]
    with pytest.raises(services.NameTaken):
        services.view_rename(view_id=two.pk, name="ONE", by=cast.owner.actor)


def test_a_deleted_view_comes_back_in_its_place_and_goes_for_good_a_day_later(cast):
    one = save(cast, "One", term="Bo")
    save(cast, "Two")
    services.view_remove(view_id=one.pk, by=cast.owner.actor)
    assert names(cast) == ["Two"]

    services.view_restore(view_id=one.pk, by=cast.owner.actor)
    services.view_restore(view_id=one.pk, by=cast.owner.actor)
    assert names(cast) == ["One", "Two"]

    services.view_remove(view_id=one.pk, by=cast.owner.actor)
    assert services.views_forget() == 0
    with clock.at(clock.now() + timedelta(days=2)):
        assert services.views_forget() == 1
    assert not SearchTerm.objects.exists()


def test_a_view_does_not_come_back_over_another_of_its_name_or_as_the_twenty_first(cast):
    one = save(cast, "One")
    services.view_remove(view_id=one.pk, by=cast.owner.actor)
    other = save(cast, "One")
    with pytest.raises(NotAllowedNow, match="“One”"):
        services.view_restore(view_id=one.pk, by=cast.owner.actor)

    services.view_rename(view_id=other.pk, name="Other", by=cast.owner.actor)
    for number in range(19):
        save(cast, f"View {number}")
    with pytest.raises(NotAllowedNow, match="20 views"):
        services.view_restore(view_id=one.pk, by=cast.owner.actor)


@pytest.mark.parametrize("act", ["view_remove", "view_restore"])
def test_anybody_elses_view_does_not_exist(cast, act):
    view = save(cast, "One")
    if act == "view_restore":
        services.view_remove(view_id=view.pk, by=cast.owner.actor)

    for stranger in (cast.other_provider.actor, cast.with_no_grant.actor):
        with pytest.raises(SavedView.DoesNotExist):
            getattr(services, act)(view_id=view.pk, by=stranger)


def test_a_view_of_one_workspace_does_not_exist_in_the_other(cast):
    view = services.view_save(name="Mine", query="", term="", by=cast.with_no_grant.actor)

    with pytest.raises(SavedView.DoesNotExist):
        services.view_rename(view_id=view.pk, name="Yours", by=cast.owner.actor)
    with pytest.raises(SavedView.DoesNotExist):
        services.view_move(view_id=view.pk, step=1, by=cast.owner.actor)
    with pytest.raises(SavedView.DoesNotExist):
        services.view_update(view_id=view.pk, query="", term="", by=cast.owner.actor)
