"""The second oracle: every operation on one value at a time, in Python integers and rationals.

It is slow, it shares no code with the numpy oracle, and it needs the standard library alone. One
module per family of operations; `numbers` holds what they share: formats, and operations rounded once.
"""
