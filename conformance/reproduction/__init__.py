"""A divergence or a claim as a script that stands alone, and as the text of an upstream report."""
