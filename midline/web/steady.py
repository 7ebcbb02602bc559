"""Templates whose steady parts are written once in each language.

Half of a page says the same to everybody: its own words, icons, addresses without parts, shells that are filled when they open. When a
template is loaded, each run of text and of tags whose arguments are all written in the template becomes one `Steady` node. What depends on
anything else (a person, a request, a token, a count, a variable of any kind) is never part of one: it is not in the template's text.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from django.template import Context, Template
from django.template.base import FilterExpression, Node, NodeList, Origin, TextNode, Variable
from django.template.defaulttags import CommentNode, ForNode, IfNode, LoadNode, URLNode, WithNode
from django.template.library import SimpleBlockNode, SimpleNode
from django.template.loader_tags import BlockNode, ExtendsNode
from django.template.loaders import cached
from django.template.loaders.base import Loader as BaseLoader
from django.templatetags.i18n import TranslateNode
from django.templatetags.static import StaticNode
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from template_partials.templatetags.partials import DefinePartialNode

from midline.web.templatetags import midline as tags

# What these tags give follows from their arguments and the language alone.
_TAGS: Final = frozenset({tags.icon, tags.mark, tags.glyph, tags.at, tags.sprite, tags.skeleton, tags.words, tags.asset})
_SHELLS: Final = frozenset({tags.popover, tags.drawer, tags.dialog, tags.nothing, tags.bar})
# Inside these the parts are looked at; what other tags make of what stands in them is theirs.
_LOOKED_INTO: Final = (ExtendsNode, BlockNode, ForNode, WithNode, SimpleBlockNode, DefinePartialNode, tags.Same)


class Steady(Node):
    """A part of a template that is the same for everybody who reads its language."""

    child_nodelists = ()

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = NodeList(nodes)

    def render(self, context: Context) -> SafeString:
        return _written(self, get_language())

    def render_annotated(self, context: Context) -> SafeString:
        return _written(self, get_language())


@lru_cache(None)
def _written(steady: Steady, language: str | None) -> SafeString:
    return mark_safe("".join(str(node.render(Context())) for node in steady.nodes))  # noqa: S308 - each node has escaped what it gives


class _Folding(BaseLoader):
    def get_template(self, template_name: str, skip: list[Origin] | None = None) -> Template:
        template = super().get_template(template_name, skip)
        _fold(template.nodelist)
        return template


class Loader(cached.Loader, _Folding):
    """Django's loader that keeps templates; each is folded once, before it is kept."""


def _fold(nodes: NodeList) -> None:
    """Joins what is steady in a list of nodes, and in those within it, where it stands."""
    for node in nodes:
        for inner in _within(node):
            _fold(inner)
    folded: list[Node] = []
    run: list[Node] = []
    for node in [*nodes, None]:
        if node is not None and (isinstance(node, TextNode) or _is_steady(node)):
            run.append(node)
            continue
        folded += run if all(isinstance(one, TextNode) for one in run) else [Steady(run)]
        run = []
        folded += [node] if node is not None else []
    nodes[:] = folded


def _within(node: Node) -> Iterator[NodeList]:
    if isinstance(node, IfNode):
        yield from (nodelist for _condition, nodelist in node.conditions_nodelists)
    elif isinstance(node, _LOOKED_INTO):
        yield from (value for value in vars(node).values() if isinstance(value, NodeList))


def _is_steady(node: Node) -> bool:
    if isinstance(node, Steady | LoadNode | CommentNode):
        return True
    if isinstance(node, TranslateNode):
        return not node.asvar and not node.noop and _is_written(node.filter_expression) and node.message_context is None
    if isinstance(node, StaticNode):
        return not node.varname and _is_written(node.path)
    if isinstance(node, URLNode):
        return not node.asvar and all(map(_is_written, [node.view_name, *node.args, *node.kwargs.values()]))
    if not isinstance(node, SimpleNode) or node.target_var or not all(map(_is_written, [*node.args, *node.kwargs.values()])):
        return False
    if isinstance(node, SimpleBlockNode):
        return node.func in _SHELLS and all(isinstance(one, TextNode | Steady) for one in node.nodelist)
    return node.func in _TAGS


def _is_written(value: Any) -> bool:
    """Whether a value stands in the template itself, without a variable and without a filter."""
    if not isinstance(value, FilterExpression) or value.filters:
        return False
    return not isinstance(value.var, Variable) or value.var.lookups is None or value.var.var in {"True", "False", "None"}
