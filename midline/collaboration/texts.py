"""Version 1 of the two texts a provider ticks. A later version is written by an administrator; what was ticked stays as it was."""

from typing import Final

CONSENT: Final = """Before records of a patient are shared with a person you add here, the patient has agreed to it.

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

TERMS: Final = """These terms hold between the clinician who owns a case (the provider), the person who is added (the \
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
