"""Imports what is not installed."""

import no_such_framework  # noqa: F401
