"""Selecting across pages in Manage Orders: what other pages ticked, all that match, and a form that is sent twice."""

from uuid import uuid4

from django.urls import reverse

from midline.cases.models import Share, ShareBatch
from midline.cases.tests.factories import make_case

ORDERS = reverse("cases:manage_orders")
SHARE = reverse("cases:orders_share")
MATCHING = reverse("cases:orders_matching")


def shared(cast) -> int:
    return Share.objects.filter(collaboration=cast.with_no_grant.collaboration, ended_at=None, gives=True).count()


def test_what_other_pages_ticked_comes_in_one_field(cast):
    cases = [make_case(cast.practice) for _ in range(4)]
    elsewhere = ",".join(str(case.number) for case in cases[1:])
    cast.owner.client.post(SHARE, {"case": cases[0].number, "cases": elsewhere, "collaboration": cast.with_no_grant.collaboration.pk})

    assert shared(cast) == 5


def test_all_that_match_are_shared_in_one_act_and_undone(cast):
    cases = [make_case(cast.practice) for _ in range(60)]
    assert cast.owner.client.get(MATCHING + "?status=draft&page=2&after=0-7").json() == {"count": 60, "shared": 0}
    before = ShareBatch.objects.count()
    data = {"scope": "matching", "view": "status=draft&page=2&after=0-7", "case": cases[0].number}
    answer = cast.owner.client.post(SHARE, {**data, "collaboration": cast.with_no_grant.collaboration.pk}, follow=True)

    assert "60 cases shared with Jonas Weiß." in answer.content.decode()
    assert (shared(cast), ShareBatch.objects.count() - before) == (61, 1)
    cast.owner.client.post(next(message.extra_tags for message in answer.context["messages"]), {"next": ORDERS})
    assert shared(cast) == 1


def test_the_same_form_sent_twice_is_one_act(cast):
    data = {"case": make_case(cast.practice).number, "collaboration": cast.with_no_grant.collaboration.pk, "key": str(uuid4())}
    first = cast.owner.client.post(SHARE, data, follow=True).content.decode()
    again = cast.owner.client.post(SHARE, data, follow=True).content.decode()

    assert "1 case shared with Jonas Weiß." in first
    assert "1 case shared with Jonas Weiß." in again
    assert ShareBatch.objects.filter(act="share", count=1).count() == 1


def test_the_page_carries_the_key_and_the_view(cast):
    html = cast.owner.client.get(ORDERS + "?status=submitted").content.decode()

    assert 'name="key" value="' in html
    assert 'name="view" value="status=submitted"' in html
    assert 'data-keeps="selected" data-remember="?status=submitted"' in html


def test_a_selection_belongs_to_a_view_in_whatever_order_and_from_whichever_page(cast):
    def key(query: str) -> str:
        return str(cast.owner.client.get(ORDERS + query).context["list"].selection_key)

    assert key("?status=submitted&sort=patient&page=2&last=1&view=x") == key("?status=submitted") == "?status=submitted"
    assert key("?group=progress") != key("")


def test_all_that_match_never_reaches_what_is_not_the_providers(cast):
    foreign = make_case(cast.other_provider.user.provider.practices.get())
    cast.owner.client.post(SHARE, {"scope": "matching", "view": "", "collaboration": cast.with_no_grant.collaboration.pk})

    assert not Share.objects.filter(case=foreign).exists()
