"""QKeras's quantized_bits, one value at a time, in rationals; written from the words of its profile."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import product
from typing import Any

from oracle.exact.numbers import FORMATS, Arithmetic, round_to_whole

CHOICES: dict[str, tuple[str, ...]] = {
    "no_bits": ("refused", "sign"),
    "negative_integer": ("refused", "computed"),
    "default_alpha": ("one", "auto_po2"),
    "scale_axis": ("given", "lost"),
    "channels": ("tensor", "element", "mixed"),
    "levels": ("codes", "signed"),
    "maximum": ("divided", "reciprocal"),
    "search": ("best", "iterated"),
    "alpha": ("divides", "multiplies"),
    "subnormals": ("kept", "flushed"),
    "rounding": ("half_even", "half_up", "half_away", "toward_zero", "floor"),
    "auto_rounding": ("same", "half_away", "half_away_added"),
    "infinity": ("saturates", "nan", "nan_of_product"),
    "zero": ("positive", "kept"),
    "first_code": ("positive", "negative"),
    "noise": ("given", "lost"),
    "presentation": ("weighted", "difference", "difference_always"),
    "factors": ("multiplied", "folded"),
    "applied": ("once", "twice"),
}
FLOAT32 = Arithmetic(FORMATS["float32"], flushed=False)
EPSILON = FLOAT32.result(Fraction(1, 10**7))
LN2 = FLOAT32.result(Fraction(Decimal("0.69314718055994530941723212145817656807550013436026")))

Place = tuple[int, ...]
Tensor = dict[Place, float]


@dataclass(frozen=True)
class Question:
    """The settings of a quantizer; alpha is None, a word, or a number for each place of the tensor."""

    bits: int = 8
    integer: int = 0
    symmetric: bool = False
    keep_negative: bool = True
    alpha: str | tuple[float, ...] | None = None
    scale_axis: int | None = None
    qnoise_factor: float = 1.0
    use_ste: bool = True


def quantized_bits(
    x: Sequence[float], shape: Place, question: Question, choices: Mapping[str, str] | None = None
) -> tuple[list[float], list[float] | None]:
    """Return the values, and the alpha of each channel where it is a word; float32 numbers.

    Args:
        x: float32 numbers in row-major order.
        shape: of the tensor.
        question: the settings.
        choices: axis -> choice, where it is not the first of CHOICES.

    Source: QKeras 0.9.0, class quantized_bits: see oracle/quantized_bits.py.
    """
    chosen = {axis: names[0] for axis, names in CHOICES.items()} | dict(choices or {})
    if question.bits < 1 and (question.keep_negative or chosen["no_bits"] == "refused"):
        raise ValueError(f"there must be a bit, got {question.bits}")
    if question.integer < 0 and chosen["negative_integer"] == "refused":
        raise ValueError(f"integer must not be negative, got {question.integer}")
    places = list(product(*(range(n) for n in shape)))
    tensor = dict(zip(places, x, strict=True))
    alphas: list[float] = []
    for _ in range(2 if chosen["applied"] == "twice" else 1):
        tensor, alphas = apply(tensor, question, chosen)
    return [tensor[p] for p in places], alphas if isinstance(question.alpha, str) else None


def apply(tensor: Tensor, q: Question, chosen: Mapping[str, str]) -> tuple[Tensor, list[float]]:
    """Apply the quantizer once."""
    word = q.alpha if isinstance(q.alpha, str) else None
    if q.alpha is None and chosen["default_alpha"] == "auto_po2":
        word = "auto_po2"
    if word is None:
        given = q.alpha or (1.0,) * len(tensor)
        assert not isinstance(given, str)
        eights = len(tensor) // 8 * 8
        each = enumerate(zip(tensor.items(), given, strict=True))
        return {p: one(v, a, q, chosen, i < eights) for i, ((p, v), a) in each}, []
    return of_channels(tensor, word, q, chosen)


def one(v: float, alpha: float, q: Question, chosen: Mapping[str, str], is_in_eight: bool) -> float:
    """Return the value of one element, alpha given; `is_in_eight`: it lies in a whole group of eight."""
    f = Arithmetic(FORMATS["float32"], chosen["subnormals"] == "flushed")
    if is_left(q, chosen):
        return v
    magnitude = q.bits - q.keep_negative
    unit = math.ldexp(1.0, q.integer - magnitude)
    real = f.convert(v)
    if magnitude == 0:
        lowest = -1.0 if q.keep_negative else 0.0
        return presented(v, f.multiply(alpha, 1.0 if real >= 0 else lowest), q, chosen, f)
    high = 2**magnitude - 1
    low = 0 if not q.keep_negative else -high if q.symmetric else -high - 1
    both = FLOAT32.multiply(unit, alpha)
    t = f.divide(real, both if chosen["alpha"] == "divides" else unit)
    product = FLOAT32.multiply(v, 2.0**magnitude) if chosen["infinity"] == "nan_of_product" else t
    if chosen["infinity"] != "saturates" and (math.isinf(t) or math.isinf(product)):
        return math.nan
    whole = round_to_whole(t, chosen["rounding"], f)
    code = min(max(whole, float(low)), float(high)) + 0.0
    is_first = whole < 0 or (whole == 0 and is_in_eight)
    if chosen["first_code"] == "negative" and not q.keep_negative and is_first:
        code = -0.0
    code = f.convert(code)
    return presented(v, f.multiply(code, both), q, chosen, f)


def is_left(q: Question, chosen: Mapping[str, str]) -> bool:
    """Whether the graph leaves nothing of the quantizer but x."""
    noise = 1.0 if chosen["noise"] == "lost" else q.qnoise_factor
    return noise == 0 and chosen["factors"] == "folded"


def presented(v: float, value: float, q: Question, chosen: Mapping[str, str], f: Arithmetic) -> float:
    """Return what is handed out of a real and its quantized value."""
    noise = 1.0 if chosen["noise"] == "lost" else q.qnoise_factor
    weight, rest = f.convert(noise), FLOAT32.convert(1 - noise)
    real = f.convert(v)
    if is_left(q, chosen):
        return v
    is_always = chosen["presentation"] == "difference_always"
    if is_always or (chosen["presentation"] == "difference" and q.use_ste):
        return f.add(real, f.multiply(weight, f.add(value, -real)))
    if noise == 1 and (chosen["presentation"] != "difference" or chosen["factors"] == "folded"):
        return value
    return f.add(f.multiply(rest, real), f.multiply(weight, value))


def of_channels(tensor: Tensor, word: str, q: Question,
                chosen: Mapping[str, str]) -> tuple[Tensor, list[float]]:  # fmt: skip
    """Return every value, and the alpha of each channel in order."""
    is_signed = q.keep_negative or chosen["levels"] == "signed"
    high = 2 ** (q.bits - is_signed) - 1
    low = -high if is_signed else 0
    unit = math.ldexp(1.0, q.integer - (q.bits - q.keep_negative))
    values, alphas = {}, []
    for members, fitted in channels(tensor, word, q, chosen):
        peak = max(abs(tensor[p]) if low else tensor[p] for p in members)
        step = FLOAT32.divide(peak, float(high))
        if chosen["maximum"] == "reciprocal":
            step = FLOAT32.multiply(peak, FLOAT32.divide(1.0, float(high)))
        before = step
        if word == "auto_po2":
            column = [tensor[p] for p in fitted]
            if chosen["search"] == "best":
                before, step = best(column, step, (low, high), chosen)
            else:
                before, step = iterated(column, step, q.integer, (low, high), chosen)
        alphas.append(FLOAT32.divide(step, unit))
        for p in fitted:
            values[p] = fit_one(tensor[p], (before, step), (low, high), q, chosen)
    return {p: values[p] for p in tensor}, alphas


def channels(tensor: Tensor, word: str, q: Question,
             chosen: Mapping[str, str]) -> list[tuple[list[Place], list[Place]]]:  # fmt: skip
    """Return for each channel the places of its maximum, and those that are fitted."""
    places = list(tensor)
    rank = len(places[0])
    if rank == 1:
        own = [[p] for p in places]
        if chosen["channels"] == "tensor" or (chosen["channels"] == "mixed" and word == "auto"):
            return [(places, places)]
        return [(m if chosen["channels"] == "element" else places, m) for m in own]
    axis = rank - 1 if q.scale_axis is None or chosen["scale_axis"] == "lost" else q.scale_axis
    groups: dict[int, list[Place]] = {}
    for p in places:
        groups.setdefault(p[axis], []).append(p)
    return [(members, members) for _, members in sorted(groups.items())]


def fit_one(v: float, both: tuple[float, float], codes: tuple[int, int], q: Question,
            chosen: Mapping[str, str]) -> float:  # fmt: skip
    """Return the value of one element, given the step that divides and the one that multiplies."""
    f = Arithmetic(FORMATS["float32"], chosen["subnormals"] == "flushed")
    real = f.convert(f.convert(v) / 2.0**q.integer) * 2.0**q.integer if f.flushed else f.convert(v)
    code = auto_code(f.divide(real, both[0]) if both[0] else 0.0, codes, chosen, f)
    if code == 0:
        code = -0.0 if real < 0 and chosen["zero"] == "kept" else 0.0
    return presented(real if q.integer else v, f.multiply(code, both[1]), q, chosen, f)


def auto_code(t: float, codes: tuple[int, int], chosen: Mapping[str, str], f: Arithmetic) -> float:
    """Return the code of a scaled real, with its sign."""
    mode = chosen["rounding"] if chosen["auto_rounding"] == "same" else "half_away"
    if chosen["auto_rounding"] == "half_away_added":
        whole = float(math.floor(f.add(abs(t), 0.5)))
    else:
        whole = abs(round_to_whole(t, mode, f)) if mode != "floor" else float(math.floor(Fraction(t)))
        if mode == "half_up":
            whole = float(math.floor(Fraction(t) + Fraction(1, 2)))
    code = whole if mode in ("floor", "half_up") else math.copysign(whole, t)
    limited = min(max(code, float(codes[0])), float(codes[1]))
    return math.copysign(limited, t) if limited == 0 else limited


def best(column: Sequence[float], _: float, codes: tuple[int, int],
         chosen: Mapping[str, str]) -> tuple[float, float]:  # fmt: skip
    """Return the power of two with the least squared error, the larger of two."""
    sizes = [Fraction(abs(v)) for v in column if v]
    if not sizes:
        return 1.0, 1.0
    first, last = exponent(min(sizes) / codes[1]) - 1, exponent(max(sizes)) + 2
    found = [(error(column, k, codes, chosen), -k) for k in range(first, last + 1)]
    power = math.ldexp(1.0, -min(found)[1])
    return power, power


def error(column: Sequence[float], k: int, codes: tuple[int, int], chosen: Mapping[str, str]) -> Fraction:
    """Return the sum of the squared errors at a step of 2^k."""
    step, total = Fraction(2) ** k, Fraction(0)
    for v in column:
        t = float(Fraction(v) / step)
        total += (Fraction(v) - Fraction(auto_code(t, codes, chosen, FLOAT32)) * step) ** 2
    return total


def exponent(value: Fraction) -> int:
    """Return floor(log2(value))."""
    k = value.numerator.bit_length() - value.denominator.bit_length()
    return k if Fraction(2) ** k <= value else k - 1


def iterated(column: Sequence[float], step: float, integer: int, codes: tuple[int, int],
             chosen: Mapping[str, str]) -> tuple[float, float]:  # fmt: skip
    """Return the last step but one and the last of five least-squares fits to column / 2^integer."""
    f, n = FLOAT32, Fraction(len(column))
    column = [math.ldexp(v, -integer) for v in column]
    step = nearest_power(math.ldexp(step, -integer))
    before = step
    for _ in range(5):
        before = step
        found = [auto_code(f.divide(v, step), codes, chosen, f) for v in column]
        xq = sum((Fraction(f.multiply(v, c)) for v, c in zip(column, found, strict=True)), Fraction(0))
        qq = sum((Fraction(c) ** 2 for c in found), Fraction(0))
        means = [f.divide(f.result(total), float(n)) for total in (xq, qq)]
        step = nearest_power(f.divide(means[0], f.add(means[1], EPSILON)))
    return math.ldexp(before, integer), math.ldexp(step, integer)


def nearest_power(step: float) -> float:
    """Return 2^round(log(step + 1e-7) / log(2)), the logarithm rounded to float32."""
    with localcontext() as context:
        context.prec = 50
        logarithm = FLOAT32.result(Fraction(Decimal(FLOAT32.add(step, EPSILON)).ln()))
    return math.ldexp(1.0, round(Fraction(FLOAT32.divide(logarithm, LN2))))


GRADIENT_CHOICES: dict[str, tuple[str, ...]] = {
    "mask": ("none", "inclusive", "strict"),
    "without_ste": ("rest", "rest_folded", "passes", "stops"),
    "determined": ("passes", "scaled_and_back"),
    "subnormals": ("kept", "flushed", "flushed_unless_one"),
}
STOCHASTIC_CHOICES: dict[str, tuple[str, ...]] = {
    "mode": ("stochastic", "nearest"),
    "alpha": ("divides", "multiplies"),
    "proportion": ("fraction", "even", "reversed"),
    "inference": ("nearest", "stochastic"),
    "auto": ("stochastic", "nearest"),
}


def first_and_last(q: Question) -> tuple[int, int]:
    """Return the first and the last code."""
    high = 2 ** (q.bits - q.keep_negative) - 1
    return (-high if q.symmetric else -high - 1) if q.keep_negative else 0, high


def gradient(x: float, dy: float, settings: Mapping[str, Any], choices: Mapping[str, str]) -> float:
    """Return dL/dx of one element: dy, or without the straight-through estimator what noise leaves.

    Source: QKeras 0.9.0, _round_through, "dL/dx is made equal to dL/dy".
    """
    q, f = Question(**settings), Arithmetic(FORMATS["float32"], choices["subnormals"] != "kept")
    passed = dy
    if choices["mask"] != "none" and not isinstance(q.alpha, str):
        unit = Fraction(2) ** (q.integer - q.bits + q.keep_negative) * Fraction(settings.get("alpha") or 1)
        low, high = (c * unit for c in ((-1, 1) if q.bits == q.keep_negative else first_and_last(q)))
        is_inside = low <= x <= high if choices["mask"] == "inclusive" else low < x < high
        passed = passed if is_inside else 0.0
    if not q.use_ste and choices["without_ste"] != "passes":
        rest = 0.0 if choices["without_ste"] == "stops" else FLOAT32.convert(1 - q.qnoise_factor)
        if rest == 0 and choices["without_ste"] == "rest_folded":
            return 0.0
        is_folded = rest == 1 and choices["subnormals"] == "flushed_unless_one"
        passed = passed if is_folded else f.multiply(f.convert(passed), rest)
    if choices["determined"] == "scaled_and_back" and isinstance(q.alpha, str):
        passed = f.multiply(f.convert(passed), 2.0**q.integer)
        return passed if math.isinf(passed) else f.divide(passed, 2.0**q.integer)
    return passed


def stochastic(x: float, peak: float, draws: int, settings: Mapping[str, Any],
               choices: Mapping[str, str]) -> tuple[float, float, int]:  # fmt: skip
    """Return the ends of the support of one element, and how often the upper one is expected.

    `peak` is the largest magnitude of its channel, for alpha = auto.

    Source: QKeras 0.9.0, tutorial, "uses the fracional part of the number as a probability to round up".
    """
    training = settings.get("training", True)
    q = Question(**{name: value for name, value in settings.items() if name != "training"})
    unit = Fraction(2) ** (q.integer - q.bits + q.keep_negative)
    low, high = first_and_last(q)
    if q.alpha == "auto":
        low, unit = -high, Fraction(FLOAT32.divide(peak, float(high)))
    factor = unit if q.alpha == "auto" else unit * Fraction(settings.get("alpha") or 1)
    t = Fraction(x) / (factor if choices["alpha"] == "divides" else unit)
    below, above, share = math.floor(t), math.ceil(t), t - math.floor(t)
    if q.alpha == "auto" and choices["auto"] == "nearest":
        below = above = math.floor(abs(t) + Fraction(1, 2)) * (-1 if t < 0 else 1)
    elif choices["mode" if training else "inference"] == "nearest":
        below, above, share = round(t), round(t), Fraction(1)
    elif choices["proportion"] != "fraction":
        share = Fraction(1, 2) if choices["proportion"] == "even" else 1 - share
    ends = [float(min(max(code, low), high) * factor) for code in (below, above)]
    return ends[0], ends[1], draws if ends[0] == ends[1] else round(share * draws)
