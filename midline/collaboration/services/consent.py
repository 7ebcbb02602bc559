"""The two texts and who ticked them."""

from django.db import transaction

from midline.activity import services as activity
from midline.collaboration.events import ConsentGiven
from midline.collaboration.models import ConsentRecord, ConsentText
from midline.collaboration.queries import consent_texts_in_force
from midline.collaboration.services.rows import provider_locked
from midline.collaboration.texts import CONSENT, TERMS
from midline.core import clock
from midline.people.policies import Actor


def texts_ensure() -> None:
    """Installs version 1 of a text that has none, so that a fresh installation can add collaborators. Changes no text that stands."""
    for kind, body in ((ConsentText.Kind.CONSENT, CONSENT), (ConsentText.Kind.TERMS, TERMS)):
        if not ConsentText.objects.filter(kind=kind).exists():
            ConsentText.objects.get_or_create(kind=kind, version=1, defaults={"body": body})


@transaction.atomic
def consent_give(*, by: Actor, address: str | None) -> list[ConsentRecord]:
    """The provider ticked both boxes: one record for each text in force that has none yet. `address` is the network address."""
    provider = provider_locked(by)
    texts = consent_texts_in_force()
    made = []
    for text in texts.values():
        record, new = ConsentRecord.objects.get_or_create(
            provider=provider, text=text, defaults={"person": by.user, "at": clock.now(), "address": address or None}
        )
        if new:
            made.append(record)
    if made:
        activity.record(
            ConsentGiven(
                by_id=by.user_id,
                workspace=by.workspace,
                provider_id=provider.pk,
                subject_kind="provider",
                subject_id=provider.pk,
                data={"texts": {record.text.kind: record.text.version for record in made}},
            )
        )
    return made
