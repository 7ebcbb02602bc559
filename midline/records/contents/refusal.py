"""How a file is refused here: a code and its values. The sentences stand in `midline.records.reasons`, in the reader's language."""


class NotTaken(Exception):
    """The content cannot be taken. `code` names the sentence, `values` fill it in."""

    def __init__(self, code: str, **values: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.values = values
