"""QKeras's qnoise_factor and use_ste, one float32 number at a time."""

from __future__ import annotations

from fractions import Fraction

from oracle.exact.numbers import FORMATS, round_to_format
from oracle.exact.qkeras import Choices, F
from oracle.exact.qkeras_po2 import nearest_exponent


def quantized(x: float, quantizer: str, bits: int) -> tuple[float, float]:
    """Return the real that is rounded, and its quantized value."""
    if quantizer == "quantized_relu":
        code = min(max(round(Fraction(x) * 2**bits), 0), 2**bits - 1)
        return min(max(x, 0.0), 1 - 2.0**-bits), code / 2**bits
    reach = 2 ** (bits - 1 - (quantizer == "quantized_po2"))
    real = x if quantizer == "quantized_po2" else max(x, 0.0)
    exponent = nearest_exponent(Fraction(abs(real)), 1, "rnd", "logarithm") if real else -reach
    return real, (-1 if real < 0 else 1) * 2.0 ** min(max(exponent, -reach), reach - 1)


def single(value: float) -> float:
    return round_to_format(Fraction(value), FORMATS["float32"])


def quantizer_noise(x: float, choices: Choices, quantizer: str, bits: int, qnoise_factor: float,
                    use_ste: bool = True) -> float:  # fmt: skip
    """Return the weighted sum of one number; see oracle/quantizer_noise.py for the words."""
    noise = 1.0 if choices["noise"] == "lost" else qnoise_factor
    real, value = quantized(x, quantizer, bits)
    shown = choices["presentation"]
    if shown == "difference_always" or (shown == "difference" and use_ste):
        return F.add(real, F.multiply(single(noise), F.add(value, -real)))
    return F.add(F.multiply(single(1 - noise), real), F.multiply(single(noise), value))


def quantizer_noise_gradient(x: float, dy: float, choices: Choices, quantizer: str, bits: int,
                             qnoise_factor: float, use_ste: bool = True) -> float:  # fmt: skip
    """Return dy where x is not clipped, or what the noise leaves of it without use_ste."""
    if quantized(x, quantizer, bits)[0] != x:
        return 0.0
    share = choices["with_ste" if use_ste else "without_ste"]
    return F.multiply(dy, {"passes": 1.0, "rest": single(1 - qnoise_factor), "stops": 0.0}[share])
