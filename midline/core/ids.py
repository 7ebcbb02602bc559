"""Identifiers that are hard to guess, and the keys that make a repeated write harmless."""

import hashlib
import secrets
import uuid


def new_token() -> str:
    """256 random bits for a link; only its digest is stored."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """SHA-256 of a token, hex: what the database keeps, so that a copied database opens nothing."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_key() -> uuid.UUID:
    """An idempotency key for a form that is about to be shown."""
    return uuid.uuid4()
