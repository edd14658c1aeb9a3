"""Identification: the nearest profiles that predict every answer, or constants, or the closest."""

from __future__ import annotations

import numpy as np
import pytest

from cases.case import Case, all_cases, cases_of
from cases.points import BFLOAT16_ALL, INT8, singles
from conformance.answer import Answer
from conformance.check import describe_search
from conformance.identify import (
    changed_axes,
    changes,
    identify,
    is_in_domain,
    move,
    thinned,
)
from conformance.judge import SAMPLE, expected
from conformance.row import Question
from oracle.bfloat16 import Bfloat16
from oracle.definition import DEFINITIONS, compute, contradiction, make_profile


def answered(operation, choices, ulps=0):
    """Return the answers of a profile, its scale so many ulps off."""
    profile = make_profile(operation, choices)
    asked = []
    for case in cases_of(operation):
        scale = move(case.arguments["scale"], ulps) if ulps else case.arguments["scale"]
        other = Case(case.id, {**case.arguments, "scale": scale}, "")
        asked.append(Question(case, "plain", expected(other, profile)))
    return asked


@pytest.mark.parametrize(
    ("operation", "choices"),
    [
        ("quantize", {}),
        ("dequantize", {"dequantize": "fused", "subnormals": "flushed"}),
        ("quantize", {"offset": "before", "rounding": "half_away"}),
        ("quantize", {"precision": "float64", "overflow": "int32", "nan": "overflow"}),
        ("fake_quantize", {"rounding": "half_up", "presentation": "difference"}),
    ],
    ids=str,
)
def test_a_planted_profile_is_found(operation, choices):
    found = identify(operation, answered(operation, choices))
    assert [changed_axes(p, operation) for p in found.profiles] == [choices]
    assert found.predicted == found.asked > 25


def test_three_changes_are_found_by_the_beam():
    choices = {"offset": "before", "rounding": "half_down", "range": "narrow_low"}
    found = identify("quantize", answered("quantize", choices)[:16])
    assert make_profile("quantize", choices) in found.profiles
    assert found.tried > 600


@pytest.mark.parametrize("ulps", [1, -1, 3, -4])
def test_a_scale_some_ulps_off_is_known_arithmetic_with_other_constants(ulps):
    found = identify("dequantize", answered("dequantize", {}, ulps))
    assert found.profiles == ()
    assert found.constants.ulps == ulps
    side = "above" if ulps > 0 else "below"
    assert describe_search(found, "dequantize") == (
        f"arithmetic known, constants not: the definition with a scale {abs(ulps)} ulp {side}"
        " the given one predicts every answer"
    )


def test_the_closest_profile_is_tried_with_other_constants_too():
    asked = answered("dequantize", {"dequantize": "ignore"}, 1)
    found = identify("dequantize", [q for q in asked if "/blocks" not in q.case.id])
    assert found.profiles == ()
    assert changed_axes(found.constants.profile, "dequantize") == {"dequantize": "ignore"}
    assert str(found.constants) == "a scale 1 ulp above the given one"


def test_five_ulps_are_another_number():
    found = identify("dequantize", answered("dequantize", {}, 5)[:14])
    assert (found.profiles, found.constants) == ((), None)
    words = describe_search(found, "dequantize")
    assert words.startswith(f"no profile of {found.tried} tried predicts every answer; the closest, ")
    assert words.endswith(f"predicts {found.predicted} of {found.asked}")


def test_failures_and_undefined_questions_say_nothing_about_a_profile():
    cases = all_cases()
    value = Answer("value", {"value": np.array([1])})
    for name, answer, wanted in (
        ("quantize/nan", value, True),
        ("quantize/nan", Answer("crash", reason="died"), False),
        ("quantize/nan", Answer("refused", reason="no"), False),
        ("quantize/empty-range", Answer("refused", reason="no"), True),
        ("quantize/empty-range", value, True),
        ("quantize/scale-zero", value, False),
    ):
        assert is_in_domain(Question(cases[name], "plain", answer)) == wanted, (name, answer)
    assert identify("quantize", []).profiles == (DEFINITIONS["quantize"].profile,)


@pytest.mark.parametrize("operation", DEFINITIONS)
def test_every_change_can_be_made(operation):
    front = list(changes(operation, DEFINITIONS[operation].profile))
    axes = DEFINITIONS[operation].axes
    assert len(front) >= sum(len(choices) - 1 for choices in axes.values())
    assert all(contradiction(operation, profile) is None for profile in front)


def test_long_vectors_are_thinned_with_their_answers():
    case = all_cases()["quantize/every-bfloat16"]
    whole = Question(case, "plain", expected(case, DEFINITIONS["quantize"].profile))
    few = thinned(whole)
    assert 0 < few.case.arguments["x"].values.size <= SAMPLE
    wanted = compute("quantize", few.case.arguments, DEFINITIONS["quantize"].profile)["value"]
    assert np.array_equal(few.answer.value["value"], wanted)
    assert thinned(whole).case is few.case
    small = Question(all_cases()["quantize/nan"], "plain", Answer("refused", reason="no"))
    assert thinned(small) is small


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_one_ulp_is_the_next_value(dtype):
    for value in (1.0, 0.1, 6e-8, 3e4):
        start = np.asarray(value, dtype)
        above = move(start, 1)
        assert above.dtype == dtype
        assert above == np.nextafter(start, dtype(np.inf))
        assert move(move(above, 3), -4) == start


def test_one_ulp_of_bfloat16_is_its_next_value():
    normal = Bfloat16(BFLOAT16_ALL.values[0x3F80:0x3F90])
    assert move(normal, 1).values.tolist() == BFLOAT16_ALL.values[0x3F81:0x3F91].tolist()
    assert move(normal, -1).values.tolist() == BFLOAT16_ALL.values[0x3F7F:0x3F8F].tolist()


def test_a_question_about_one_number_has_a_profile_too():
    case = Case("quantize/some", {"x": singles([0.5]), "scale": np.float32(1), "zero_point": 1, **INT8}, "")
    up = Question(case, "plain", Answer("value", {"value": np.array([2])}))
    found = identify("quantize", [up])
    assert make_profile("quantize", {"rounding": "half_up"}) in found.profiles
    assert make_profile("quantize", {"offset": "before"}) in found.profiles
