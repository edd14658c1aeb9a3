"""Adapters: one module per system, which translates names and types and nothing else."""


class Unsupported(Exception):
    """What the framework cannot do, as a sentence of the adapter."""
