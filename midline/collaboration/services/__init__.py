"""Writes on collaborations: consent, adding and changing, the invitation and its answer, the ending, looking people up."""

from midline.collaboration.services.consent import consent_give, text_write, texts_ensure
from midline.collaboration.services.endings import (
    collaboration_leave,
    collaboration_revoke,
    ends_follow_time_zone,
    invitation_withdraw,
    lapsed_end,
)
from midline.collaboration.services.grants import CONSENT_MISSING, collaboration_change, collaboration_change_undo, collaborator_add
from midline.collaboration.services.invitations import (
    InvitationClosed,
    TooMany,
    WrongPerson,
    invitation_accept,
    invitation_decline,
    invitation_register,
    invitation_resend,
    invitations_again,
)
from midline.collaboration.services.lookups import person_look_up

__all__ = [
    "CONSENT_MISSING",
    "InvitationClosed",
    "TooMany",
    "WrongPerson",
    "collaboration_change",
    "collaboration_change_undo",
    "collaboration_leave",
    "collaboration_revoke",
    "collaborator_add",
    "consent_give",
    "ends_follow_time_zone",
    "invitation_accept",
    "invitation_decline",
    "invitation_register",
    "invitation_resend",
    "invitation_withdraw",
    "invitations_again",
    "lapsed_end",
    "person_look_up",
    "text_write",
    "texts_ensure",
]
