"""A quick password hash for `bench.timing`: the same code as in production with fewer rounds, so that it hides no other difference."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class Quick(PBKDF2PasswordHasher):
    iterations = 1_000
