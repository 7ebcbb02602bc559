"""Every named address of the portal, read from its urls."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLResolver, get_resolver


@dataclass(frozen=True)
class Address:
    """A named address and the values that its pattern, prefixes included, asks for."""

    name: str
    wants: frozenset[str]

    @property
    def in_workspace(self) -> bool:
        return "workspace" in self.wants


def addresses(resolver: URLResolver, space: str = "", above: frozenset[str] = frozenset()) -> Iterator[Address]:
    for pattern in resolver.url_patterns:
        wants = above | set(pattern.pattern.converters) | set(pattern.pattern.regex.groupindex)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, f"{space}{pattern.namespace}:" if pattern.namespace else space, wants)
        else:
            yield Address(f"{space}{pattern.name}", wants - set(pattern.default_args))


ALL = {address.name: address for address in addresses(get_resolver())}
