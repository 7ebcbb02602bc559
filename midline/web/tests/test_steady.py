"""What is written once in each language, and that nothing of a person is part of it."""

import pytest
from django.conf import settings
from django.template import Context, Engine, RequestContext, Template
from django.template.base import NodeList, TextNode, VariableNode
from django.template.defaulttags import CsrfTokenNode
from django.test import RequestFactory
from django.utils import translation
from django.utils.safestring import mark_safe

from midline.core.workspace import Workspace
from midline.people.policies import Actor
from midline.web.context import ACCOUNT, HEADER, Entry, _entries
from midline.web.steady import Steady, _fold

TEMPLATES = sorted(
    path.relative_to(folder).as_posix() for folder in (settings.BASE_DIR / "midline").glob("*/templates") for path in folder.rglob("*.html")
)


def folded(source: str) -> Template:
    template = Template(source)
    _fold(template.nodelist)
    return template


def steady_in(nodes: NodeList) -> list[Steady]:
    return [node for node in nodes.get_nodes_by_type(Steady) if isinstance(node, Steady)]


def test_no_steady_part_of_any_template_holds_a_variable_or_a_token():
    for name in TEMPLATES:
        for part in steady_in(Engine.get_default().get_template(name).nodelist):
            assert not part.nodes.get_nodes_by_type(VariableNode), name
            assert not part.nodes.get_nodes_by_type(CsrfTokenNode), name


def test_pages_are_folded_at_all():
    assert steady_in(Engine.get_default().get_template("components/keys.html").nodelist)


@pytest.mark.parametrize(
    "source",
    [
        '<b>{% translate "Save view" %}</b>{% icon "x" "sm" label=_("Close") %}{{ name }}{% translate "Sign out" %}',
        '{% if name %}{% translate "Menu" %}{% elif other %}{% icon "x" %}{% else %}{% mark %}{% endif %}{% url "people:profile" %}',
        '{% for one in name %}{{ one }}{% translate "Close" %}{% empty %}{% translate "Menu" %}{% endfor %}',
        '{% with a=name %}{% popover "p" title=_("Filter") menu=True %}{% skeleton 3 %}{% endpopover %}{{ a }}{% endwith %}',
        '{% popover "p" title=_("Filter") %}{{ name }}{% endpopover %}{% drawer "d" title=_("Filters") %}{% skeleton 2 %}{% enddrawer %}',
        '{% icon name %}{% translate name %}{% translate "Menu" as menu %}{{ menu }}{% at "web:case" "provider" name %}',
        '{% autoescape off %}{% translate "Menu" %}{{ name }}{% endautoescape %}{% load static %}{% static "web/mark.svg" %}',
    ],
)
def test_a_folded_template_says_what_it_said(source):
    plain = Template(source)
    for language in ("en", "de", "en"):
        for name in ("<Ada & Co>", "", "x"):
            values = {"name": name, "request": None}
            with translation.override(language):
                assert folded(source).render(Context(values)) == plain.render(Context(values))


def test_one_folded_template_speaks_each_language():
    template = folded('{% translate "Close the menu" %}')
    said = []
    for language in ("en", "de", "en"):
        with translation.override(language):
            said.append(template.render(Context()))
    assert said[0] == said[2] == "Close the menu"
    assert said[1] not in {"", said[0]}


def test_same_knows_nothing_but_what_it_is_given(django_user_model):
    user = django_user_model(pk=1, first_name="Ada", email="ada@example.org")
    request = RequestFactory().get("/provider/orders/?q=Meyer")
    request.user = user
    vars(request)["actor"] = Actor(user, Workspace.PROVIDER, 1)
    template = Template(
        "{% same mark=mark %}{{ request.path }}{{ user }}{{ portal.user }}{{ actor }}{% csrf_token %}{{ mark }}{% endsame %}"
    )
    assert template.render(RequestContext(request, {"mark": "<b>", "user": user})) == "&lt;b&gt;"


def test_same_is_written_anew_for_other_values_and_languages():
    template = Template("{% same n=n %}{% translate 'Menu' %} {{ n }}{% endsame %}")
    assert template.render(Context({"n": 1})) != template.render(Context({"n": 2}))
    with translation.override("de"):
        german = template.render(Context({"n": 1}))
    assert german != template.render(Context({"n": 1}))


def test_words_that_are_safe_and_words_that_are_not_are_two_values():
    template = Template("{% same words=words %}{{ words }}{% endsame %}")
    assert template.render(Context({"words": mark_safe("<b>")})) == "<b>"
    assert template.render(Context({"words": "<b>"})) == "&lt;b&gt;"


def test_same_keeps_no_object(django_user_model):
    with pytest.raises(TypeError):
        Template("{% same who=who %}{{ who }}{% endsame %}").render(Context({"who": django_user_model(pk=1)}))


def test_entries_that_lead_elsewhere_or_are_marked_otherwise_are_others():
    first = _entries(HEADER[Workspace.PROVIDER], "/provider/orders/", set())
    assert first == _entries(HEADER[Workspace.PROVIDER], "/provider/orders/", set())
    assert first != _entries(HEADER[Workspace.PROVIDER], "/provider/dashboard/", set())
    assert hash(Entry("Orders", "/a/", "", "", False, "a")) != hash(Entry("Orders", "/b/", "", "", False, "a"))


def test_names_of_pages_say_what_they_are_called():
    """Entries are compared by name and address: two of them must never be called differently."""
    called: dict[tuple[str, tuple[str, ...]], str] = {}
    for link in [*ACCOUNT, *(link for links in HEADER.values() for link in links)]:
        assert called.setdefault((link.name, link.args), str(link.label)) == str(link.label)


def test_a_text_alone_stays_a_text():
    assert [type(node) for node in folded("<b>plain</b>").nodelist] == [TextNode]
