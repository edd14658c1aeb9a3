"""QKeras: the other quantizers."""

DOORS = {}
