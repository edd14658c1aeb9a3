"""Fails while it is imported."""

raise RuntimeError("libkernel.so: cannot open shared object file")
