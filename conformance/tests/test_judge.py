"""The judge notices each kind of divergence, and says what it saw."""

from __future__ import annotations

import numpy as np
import pytest

from cases.case import Case
from cases.points import INT8, INT32, singles
from conformance.answer import Answer
from conformance.judge import (
    AGREES,
    DIVERGES,
    NO_ANSWER,
    UNDEFINED,
    differing,
    expected,
    find_difference,
    is_same,
    judge,
    readable,
)
from oracle.bfloat16 import Bfloat16
from oracle.definition import DEFINITIONS, make_profile

ONE = np.float32(1)


def ask(operation="fake_quantize", x=(0.25, -0.25, 1.5), scale=ONE, zero_point=0, codes=INT8):
    arguments = {"x": singles(x), "scale": scale, "zero_point": zero_point, **codes}
    return Case(f"{operation}/some", arguments, "")


def value(array, name="value"):
    return Answer("value", {name: array})


def says(case, answer):
    verdict = judge(case, answer)
    assert verdict.kind == DIVERGES
    return str(verdict.difference)


def test_the_definition_agrees_with_itself():
    case = ask()
    assert judge(case, expected(case, DEFINITIONS["fake_quantize"].profile)).kind == AGREES
    assert judge(case, value(singles([0.0, 0.0, 2.0]))).kind == AGREES


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            value(singles([0, 0, 1])),
            "1.5 (0x3fc00000): expected 2.0 (0x40000000), got 1.0 (0x3f800000) (1 of 3)",
        ),
        (
            value(singles([0, 1, 1])),
            "-0.25 (0xbe800000): expected 0.0 (0x00000000), got 1.0 (0x3f800000) (2 of 3)",
        ),
        (
            value(singles([0, -0.0, 2])),
            "-0.25 (0xbe800000): expected 0.0 (0x00000000), got -0.0 (0x80000000) (1 of 3)",
        ),
        (
            value(singles([0, 0, np.nan])),
            "1.5 (0x3fc00000): expected 2.0 (0x40000000), got nan (0x7fc00000) (1 of 3)",
        ),
        (value(np.array([0.0, 0.0, 2.0])), "expected float32, got float64 (1 of 1)"),
        (value(np.array([0.0, 0.0, 2.0], np.float16)), "expected float32, got float16 (1 of 1)"),
        (value(Bfloat16(singles([0, 0, 2]))), "expected float32, got bfloat16 (1 of 1)"),
        (value(np.array([0, 0, 2])), "expected float32, got integer (1 of 1)"),
        (value(np.array([False, False, True])), "expected float32, got bool (1 of 1)"),
        (value(singles([0, 0])), "expected shape (3,), got (2,) (1 of 1)"),
        (value(singles([[0, 0, 2]])), "expected shape (3,), got (1, 3) (1 of 1)"),
        (value(singles([0, 0, 2]), "code"), "expected an output value, got code (1 of 1)"),
        (
            Answer("value", {"value": singles([0, 0, 2]), "mask": singles([1])}),
            "expected value, got an output mask (1 of 1)",
        ),
        (Answer("refused", reason="no"), "expected a value, got refused: no (1 of 1)"),
        (Answer("error", reason="IndexError"), "expected a value, got error: IndexError (1 of 1)"),
        (
            Answer("crash", reason="killed by SIGSEGV"),
            "expected a value, got crash (1 of 1)",
        ),
        (Answer("timeout"), "expected a value, got timeout (1 of 1)"),
    ],
)
def test_each_kind_of_divergence_is_said(answer, message):
    assert says(ask(), answer) == message


def test_a_value_where_the_definition_refuses():
    case = ask(zero_point=128)
    assert judge(case, Answer("refused", reason="in other words")).kind == AGREES
    wanted = "expected refused: zero_point must lie in [-128, 127], got 128, got a value (1 of 1)"
    assert says(case, value(singles([0, 0, 2]))) == wanted
    assert judge(case, Answer("error", reason="KeyError")).kind == DIVERGES


def test_codes_of_any_width_are_the_same_codes():
    case = ask("quantize")
    for dtype in (np.int8, np.uint8, np.int32, np.int64, np.uint64):
        assert judge(case, value(np.array([0, 0, 2], dtype))).kind == AGREES
    assert says(case, value(np.array([0, 0, 3], np.int8))) == "1.5 (0x3fc00000): expected 2, got 3 (1 of 3)"
    assert says(case, value(singles([0, 0, 2]))) == "expected integer, got float32 (1 of 1)"


def test_a_wrapped_uint64_is_not_a_negative_code():
    assert differing(np.array([-1]), np.array([2**64 - 1], np.uint64)) == [0]
    assert differing(np.array([-1]), np.array([-1], np.int8)) == []


def test_where_the_text_is_silent_any_of_its_choices_conforms():
    case = ask("quantize", [np.nan, 1.0], zero_point=3)
    for code in (-128, 127, 0, 3):
        assert judge(case, value(np.array([code, 4]))).kind == AGREES
    assert says(case, value(np.array([5, 4]))) == "nan (0x7fc00000): expected -128, got 5 (1 of 2)"


def test_every_nan_is_the_same_nan():
    nans = np.array([0x7FC00000, 0xFFC12345], np.uint32).view(np.float32)
    assert is_same(value(nans[:1]), value(nans[1:]))
    assert not is_same(value(nans[:1]), value(singles([0])))


def test_outside_every_domain_nothing_is_judged():
    assert judge(ask(scale=np.float32(0)), value(singles([1, 2, 3]))).kind == UNDEFINED
    int32 = Case("dequantize/some", {"code": np.int32([1]), "scale": ONE, "zero_point": 3, **INT32}, "")
    assert judge(int32, value(singles([7]))).kind == UNDEFINED


def test_unsupported_is_no_answer():
    assert judge(ask(), Answer("unsupported", reason="there is no such type")).kind == NO_ANSWER
    assert judge(ask(scale=np.float32(0)), Answer("unsupported", reason="no")).kind == NO_ANSWER


def test_the_smallest_input_is_shown():
    case = ask("quantize", [100.0, -2.0, np.nan, 3.0])
    found = find_difference(case, value(np.array([100, -2, 0, 3])), value(np.array([0, 0, 1, 0])))
    assert (found.index, found.x, found.count, found.size) == (1, "-2.0 (0xc0000000)", 4, 4)


def test_equal_answers_have_no_difference():
    case = ask()
    same = expected(case, DEFINITIONS["fake_quantize"].profile)
    assert find_difference(case, same, same).count == 0


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (np.float16([1.5]), "1.5 (0x3e00)"),
        (Bfloat16(singles([1.5])), "1.5 (0x3fc0)"),
        (np.array([-0.0]), "-0.0 (0x8000000000000000)"),
        (np.array(7, np.uint8), "7"),
    ],
)
def test_numbers_are_shown_in_decimal_and_in_bits(array, text):
    assert readable(array, 0) == text


def test_a_profile_is_expected_as_it_computes():
    case = ask("quantize", [0.5, 1.5])
    floor = make_profile("quantize", {"rounding": "floor"})
    assert expected(case, floor).value["value"].tolist() == [0, 1]
    assert expected(case, floor) is expected(case, floor)


@pytest.mark.parametrize(
    ("outcome", "kept", "message"),
    [
        (
            "fine",
            None,
            "an outcome must be one of value, refused, unsupported, error, crash, timeout, got fine",
        ),
        ("value", None, "a value must come with outcome value and only with it, got value"),
        (
            "error",
            {"value": ONE},
            "a value must come with outcome value and only with it, got error",
        ),
    ],
)
def test_an_answer_that_contradicts_itself_is_refused(outcome, kept, message):
    with pytest.raises(ValueError) as caught:
        Answer(outcome, kept)
    assert str(caught.value) == message
