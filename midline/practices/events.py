"""What happens to providers and practices. The owner reads these lines."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from midline.activity.events import Happening
from midline.practices.models import Provider


@dataclass(frozen=True, kw_only=True)
class ProviderHappening(Happening):
    @classmethod
    def of(cls, provider: Provider, by_id: int | None, *, subject_id: int | None = None, **data: Any) -> Self:
        return cls(
            by_id=by_id,
            provider_id=provider.pk,
            subject_kind="practice" if subject_id else "provider",
            subject_id=subject_id or provider.pk,
            data={"person_id": provider.person_id} | data,
        )


class ProviderRegistered(ProviderHappening):
    """data: state, as the registration left it."""

    KIND: ClassVar[str] = "provider.registered"


class ProviderConfirmed(ProviderHappening):
    KIND: ClassVar[str] = "provider.confirmed"


class ProviderRefused(ProviderHappening):
    KIND: ClassVar[str] = "provider.refused"


class PracticeSaved(ProviderHappening):
    """data: name, and new (whether it was added)."""

    KIND: ClassVar[str] = "practice.saved"
