"""How large a file is, in words."""

from django.utils import formats


def file_size(size: int) -> str:
    """ "212 MB", "4.7 MB", "87 KB": decimal, as the reader writes numbers."""
    if size < 1_000_000:
        return f"{max(1, round(size / 1000))} KB"
    return f"{formats.number_format(size / 1_000_000, 1 if size < 20_000_000 else 0)} MB"
