"""The first version of the texts to tick: one document, in the languages of the installation."""

import pytest

from midline.collaboration.models import ConsentText
from midline.collaboration.texts import CONSENT, TERMS, in_every_language

TEXTS = pytest.mark.parametrize("texts", [CONSENT, TERMS], ids=["consent", "terms"])


@TEXTS
def test_a_text_holds_each_language_of_the_installation_under_its_own_name(texts):
    whole = in_every_language(texts)

    assert whole.startswith("English\n\n")
    assert whole.index(texts["en"]) < whole.index("\nDeutsch\n\n") < whole.index(texts["de"])


@TEXTS
def test_an_installation_with_one_language_shows_that_one_alone(texts, settings):
    settings.LANGUAGES = [("de", "Deutsch")]
    assert in_every_language(texts) == texts["de"]


@TEXTS
def test_a_language_without_a_text_shows_the_english_one(texts, settings):
    settings.LANGUAGES = [("fr", "Français")]
    assert in_every_language(texts) == texts["en"]


@TEXTS
def test_both_languages_say_the_same_points(texts):
    numbered = [[line.split(".", 1)[0] for line in texts[code].splitlines() if line[:1].isdigit()] for code in ("en", "de")]
    assert numbered[0] == numbered[1] != []


@pytest.mark.django_db
def test_a_fresh_installation_has_both_texts_in_both_languages():
    for kind, words in (("consent", "Einwilligung"), ("terms", "Behandlungs-Setup")):
        text = ConsentText.objects.get(kind=kind, version=1)
        assert words in text.body
