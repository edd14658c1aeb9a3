"""Packing codes of few bits as digits of a number, from the words of oracle/code_packing.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

PACK_CHOICES: dict[str, tuple[str, ...]] = {
    "rows": ("together", "apart"),
    "padding": ("zeros", "ones"),
    "order": ("lowest_first", "highest_first", "strided"),
}
UNPACK_CHOICES: dict[str, tuple[str, ...]] = {
    "order": ("lowest_first", "highest_first", "strided"),
    "sign": ("extended", "ignored", "offset"),
}


def pack(rows: Sequence[Sequence[int]], bits: int, choices: Mapping[str, str] | None = None) -> list[int]:
    """Return the bytes of rows of codes: a byte is a number whose digits, of base 2^bits, are codes.

    Source: ONNX, TensorProto, "x0 | (x1 << 2) | (x2 << 4) | (x3 << 6)".
    """
    chosen = {axis: names[0] for axis, names in PACK_CHOICES.items()} | dict(choices or {})
    base, together = 2**bits, [[code for row in rows for code in row]]
    filler = base - 1 if chosen["padding"] == "ones" else 0
    found = []
    for row in together if chosen["rows"] == "together" else rows:
        digits = [code % base for code in row]
        digits += [filler] * (-len(digits) % (8 // bits))
        size = len(digits) * bits // 8
        for j in range(size):
            of_byte = (
                digits[j::size]
                if chosen["order"] == "strided"
                else digits[j * 8 // bits : (j + 1) * 8 // bits]
            )
            found.append(number(of_byte[::-1] if chosen["order"] == "highest_first" else of_byte, base))
    return found


def unpack(stored: Sequence[int], count: int, bits: int, is_signed: bool,
           choices: Mapping[str, str] | None = None) -> list[int]:  # fmt: skip
    """Return the codes that bytes hold."""
    chosen = {axis: names[0] for axis, names in UNPACK_CHOICES.items()} | dict(choices or {})
    base, codes = 2**bits, []
    for byte in stored:
        digits = []
        for _ in range(8 // bits):
            byte, digit = divmod(byte, base)
            digits.append(digit)
        codes += digits[::-1] if chosen["order"] == "highest_first" else digits
    if chosen["order"] == "strided":
        codes = [code for part in range(8 // bits) for code in codes[part :: 8 // bits]]
    return [read(code, base, chosen["sign"]) if is_signed else code for code in codes[:count]]


def read(digit: int, base: int, how: str) -> int:
    """Return the signed code that a digit stands for."""
    if how == "offset":
        return digit - base // 2
    return digit - base if how == "extended" and 2 * digit >= base else digit


def number(digits: Sequence[int], base: int) -> int:
    """Return the number whose digits these are, the lowest first."""
    found = 0
    for digit in reversed(digits):
        found = found * base + digit
    return found
