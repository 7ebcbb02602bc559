"""The two texts and who ticked them."""

from django.db import transaction

from midline.activity import services as activity
from midline.collaboration.events import ConsentGiven
from midline.collaboration.models import ConsentRecord, ConsentText
from midline.collaboration.queries import consent_texts_in_force
from midline.collaboration.services.rows import provider_locked
from midline.collaboration.texts import CONSENT, TERMS, in_every_language
from midline.core import clock
from midline.people.policies import Actor


def texts_ensure() -> None:
    """Installs version 1 of a text that has none, so that a fresh installation can add collaborators. Changes no text that stands."""
    for kind, body in ((ConsentText.Kind.CONSENT, CONSENT), (ConsentText.Kind.TERMS, TERMS)):
        if not ConsentText.objects.filter(kind=kind).exists():
            ConsentText.objects.get_or_create(kind=kind, version=1, defaults={"body": in_every_language(body)})


@transaction.atomic
def text_write(*, kind: str, body: str) -> ConsentText:
    """The next version of a text, in force from now on; those before it stay as they were ticked. The same words make no version."""
    newest = ConsentText.objects.select_for_update().filter(kind=kind).order_by("-version").first()
    words = body.replace("\r\n", "\n").strip() + "\n"
    if newest is not None and newest.body.strip() == words.strip():
        return newest
    return ConsentText.objects.create(kind=kind, version=newest.version + 1 if newest else 1, body=words, created_at=clock.now())


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
