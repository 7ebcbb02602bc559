"""Errors that a person caused or can mend; views turn them into 409 and 422 pages."""


class NotAllowedNow(Exception):
    """The act was right when the page was shown, and no longer is: somebody else was first. Shown as 409."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Refused(Exception):
    """The input cannot be taken. `field` names the field, `reason` says value and remedy in full sentences. Shown as 422."""

    def __init__(self, reason: str, *, field: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field
