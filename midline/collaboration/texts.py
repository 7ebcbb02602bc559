"""Version 1 of the two texts a provider ticks. A later version is written by an administrator; what was ticked stays as it was.

A text is one document for everybody, so that what was ticked is what was shown: the first version holds the languages of the
installation one below the other.
"""

from collections.abc import Mapping
from typing import Final

from midline.core.languages import codes, own_name

_CONSENT_EN: Final = """Before records of a patient are shared with a person you add here, the patient has agreed to it.

What patients are told
The clinician may show the prescription, scans, photos, X-rays, planned setups and the correspondence about the treatment to \
colleagues, staff, mentors or a planning service chosen by the clinician. They see them to check and plan the treatment and for \
nothing else. The clinician can end this at any time, and each look at the records is written down. The patient can refuse, or \
take the agreement back, without any disadvantage for the treatment.

What you confirm
1. Each patient whose case you share has been told this and has agreed, or the person with parental responsibility has.
2. You keep the agreement with the patient's file in the form that your law asks for.
3. When a patient takes the agreement back, you stop sharing the case.
4. You share no more than the person needs. Where the name is not needed, you hide identity.
"""

_TERMS_EN: Final = """These terms hold between the clinician who owns a case (the provider), the person who is added (the \
collaborator) and the operator of this portal.

1. The provider stays responsible for the treatment. Only the provider approves a treatment setup. What a collaborator marks, \
requests or declines is advice, or an act within the permissions that the provider granted.
2. The collaborator answers for what they do on shared cases, acts within their qualification and the law of their place, and \
uses a personal account that nobody else uses.
3. What a collaborator sees is confidential. It is not copied, passed on or used for another purpose than the treatment, also \
after the collaboration has ended.
4. Each case a collaborator opens is recorded and can be read by the provider.
5. The provider can change or end permissions at any time, and the collaborator can leave at any time. Comments, pins, requests \
and orders stay with the case under the name of their author.
6. A suspected misuse or loss of access is reported to the provider and to the operator without delay.
"""

_CONSENT_DE: Final = """Bevor Unterlagen eines Patienten oder einer Patientin mit einer Person geteilt werden, die Sie hier hinzufügen, \
liegt die Einwilligung dazu vor.

Was Patientinnen und Patienten erfahren
Die Praxis darf die Verordnung, Scans, Fotos, Röntgenbilder, geplante Setups und den Schriftwechsel über die Behandlung Kolleginnen \
und Kollegen, dem Praxisteam, Mentorinnen und Mentoren oder einem Planungsdienst zeigen, die sie auswählt. Diese sehen die Unterlagen, \
um die Behandlung zu prüfen und zu planen, und zu keinem anderen Zweck. Die Praxis kann das jederzeit beenden, und jeder Blick in die \
Unterlagen wird festgehalten. Die Einwilligung kann verweigert oder zurückgenommen werden, ohne Nachteil für die Behandlung.

Was Sie bestätigen
1. Alle Patientinnen und Patienten, deren Fall Sie teilen, wurden so aufgeklärt und haben eingewilligt, oder die sorgeberechtigte Person \
hat eingewilligt.
2. Sie bewahren die Einwilligung in der Form, die Ihr Recht verlangt, bei der Patientenakte auf.
3. Wird eine Einwilligung zurückgenommen, beenden Sie das Teilen des Falls.
4. Sie teilen nicht mehr, als die Person braucht. Wo der Name nicht gebraucht wird, verbergen Sie die Identität.
"""

_TERMS_DE: Final = """Diese Bedingungen gelten zwischen der behandelnden Person, der ein Fall gehört, der Person, die hinzugefügt wird \
(mitwirkende Person), und dem Betreiber dieses Portals.

1. Die Verantwortung für die Behandlung bleibt bei der behandelnden Person. Nur sie gibt ein Behandlungs-Setup frei. Was eine mitwirkende \
Person markiert, wünscht oder ablehnt, ist ein Rat oder eine Handlung im Rahmen der erteilten Berechtigungen.
2. Die mitwirkende Person verantwortet, was sie an geteilten Fällen tut, handelt im Rahmen ihrer Qualifikation und des Rechts an ihrem Ort \
und benutzt ein persönliches Konto, das niemand sonst benutzt.
3. Was eine mitwirkende Person sieht, ist vertraulich. Es wird nicht kopiert, nicht weitergegeben und zu keinem anderen Zweck als der \
Behandlung verwendet, auch nicht nach dem Ende der Zusammenarbeit.
4. Jeder Fall, den eine mitwirkende Person öffnet, wird festgehalten; die behandelnde Person kann das nachlesen.
5. Die behandelnde Person kann Berechtigungen jederzeit ändern oder beenden, und die mitwirkende Person kann jederzeit gehen. Kommentare, \
Markierungen, Änderungswünsche und Aufträge bleiben unter dem Namen ihrer Verfasser beim Fall.
6. Ein vermuteter Missbrauch oder der Verlust eines Zugangs wird der behandelnden Person und dem Betreiber unverzüglich gemeldet.
"""


def in_every_language(texts: Mapping[str, str]) -> str:
    """The text in each language of the installation for which there is one; several stand under their own names."""
    shown = {code: texts[code] for code in codes() if code in texts} or {"en": texts["en"]}
    if len(shown) == 1:
        return next(iter(shown.values()))
    return "\n".join(f"{own_name(code)}\n\n{text}" for code, text in shown.items())


CONSENT: Final = {"en": _CONSENT_EN, "de": _CONSENT_DE}
TERMS: Final = {"en": _TERMS_EN, "de": _TERMS_DE}
