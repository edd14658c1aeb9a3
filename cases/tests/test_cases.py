"""Every case earns its place: a wrong implementation answers it otherwise, or no text decides."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

from cases.case import Case, all_cases, cases_of, fingerprint
from cases.points import FLOAT16_ALL, INT8, is_nan_free, near_ties, neighbours, singles
from cases.siblings import GENERIC, OWN, doors
from conformance.judge import expected, is_same
from oracle.bfloat16 import Bfloat16
from oracle.definition import DEFINITIONS, is_undefined, open_axes, single_changes

ADAPTERS = Path(__file__).parents[2] / "conformance" / "adapters"
CASES = list(all_cases().values())
# A shape without numbers: a wrong implementation fails, or returns another shape.
SHAPES = ("empty",)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_case_is_an_operation_a_slug_and_a_reason(case):
    operation, slug = case.id.split("/")
    assert operation in DEFINITIONS
    assert slug == slug.lower().strip("-")
    assert slug.replace("-", "").isalnum()
    assert case.shows.strip()


@pytest.mark.parametrize("operation", DEFINITIONS)
def test_every_case_tells_some_wrong_choice_from_the_definition(operation):
    base = DEFINITIONS[operation].profile
    wrong = [profile for _, _, profile in single_changes(operation)]
    idle = [
        case.id
        for case in cases_of(operation)
        if not is_undefined(operation, case.arguments)
        and case.id.split("/")[1] not in SHAPES
        and expected(case, base).outcome != "refused"  # told by an answer
        and all(is_same(expected(case, base), expected(case, p)) for p in wrong)
    ]
    assert idle == []


def test_what_is_refused_or_undefined_is_said_so():
    for case in CASES:
        base = DEFINITIONS[case.operation].profile
        if is_undefined(case.operation, case.arguments):
            assert "undefined" in case.shows
        elif expected(case, base).outcome == "refused":
            assert "refused" in case.shows


def test_every_axis_that_the_text_leaves_open_has_a_case():
    for operation, definition in DEFINITIONS.items():
        opened = {axis for case in cases_of(operation) for axis in open_axes(operation, case.arguments)}
        assert opened == {silence.axis for silence in definition.silences}


def test_digests_differ():
    digests = [case.digest() for case in CASES]
    assert len(set(digests)) == len(digests)


def changed(**arguments):
    base = {"x": singles([0.5]), "scale": np.float32(1), "zero_point": 0, **INT8}
    return Case("quantize/some", {**base, **arguments}, "").digest()


def test_a_digest_sees_operation_dtype_shape_and_every_bit():
    digests = {
        changed(),
        changed(x=singles([-0.5])),
        changed(x=np.array([0.5])),
        changed(x=singles([[0.5]])),
        changed(x=Bfloat16(singles([0.5]))),
        changed(zero_point=1),
        changed(scale=np.float16(1)),
        changed(dtype=None),
        Case("fake_quantize/some", {"x": singles([0.5])}, "").digest(),
    }
    assert len(digests) == 9
    assert changed(x=singles([0.0])) != changed(x=singles([-0.0]))


def test_a_digest_does_not_see_byte_order_or_strides():
    swapped = singles([0.5, 1.5]).astype(">f4")
    strided = singles([0.5, 9, 1.5, 9])[::2]
    assert fingerprint(swapped) == fingerprint(strided) == fingerprint(singles([0.5, 1.5]))


def test_the_names_of_integer_types():
    def codes(qmin, qmax):
        return Case("quantize/some", {"x": singles([0]), "qmin": qmin, "qmax": qmax}, "").codes

    assert [codes(-128, 127), codes(0, 15), codes(-(2**31), 2**31 - 1)] == [
        "int8",
        "uint4",
        "int32",
    ]
    assert codes(-127, 127) == "[-127, 127]"


def test_points_lie_on_both_sides():
    low, middle, high = neighbours(singles([1]))
    assert low < middle == 1 < high
    assert np.nextafter(low, np.float32(2)) == middle
    ties = near_ties(np.float32(1), [0, 1])
    assert ties[[1, 4]].tolist() == [0.5, 1.5]
    assert is_nan_free(FLOAT16_ALL).size == 65536 - 2 * 1023


def doors_of_adapter(path):
    """Return the doors that an adapter names: the keys of DOORS, of what builds it and of what adds to it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tables = [node for node in ast.walk(tree) if isinstance(node, ast.Dict)]
    keys = {key.value for table in tables for key in table.keys if isinstance(key, ast.Constant)}
    targets = [target for node in ast.walk(tree) if isinstance(node, ast.Assign) for target in node.targets]
    places = [target.slice for target in targets if isinstance(target, ast.Subscript)]
    keys |= {place.value for place in places if isinstance(place, ast.Constant)}
    opsets = {
        f"opset-{key.value}"
        for table in tables_of(tree, "_IR_VERSION")
        for key in sorted(table.keys, key=lambda key: key.value)[:-1]  # the newest is the plain door
    }
    return {key for key in keys if isinstance(key, str)} & {*OWN, *GENERIC} | opsets | own_of(tree)


def tables_of(tree, name):
    """Return the literal dicts that a name is assigned."""
    assigned = [
        n for n in ast.walk(tree) if isinstance(n, ast.Assign) and getattr(n.targets[0], "id", "") == name
    ]
    return [n.value for n in assigned if isinstance(n.value, ast.Dict)]


def own_of(tree):
    """Return the inner keys of the literal DOORS = {operation: {door: function}}."""
    found = [n.value for n in ast.walk(tree) if isinstance(n, ast.Assign) and names_doors(n)]
    inner = [table for outer in found if isinstance(outer, ast.Dict) for table in outer.values]
    return {k.value for t in inner if isinstance(t, ast.Dict) for k in t.keys if isinstance(k, ast.Constant)}


def names_doors(node):
    return any(isinstance(target, ast.Name) and target.id == "DOORS" for target in node.targets)


def test_every_door_of_every_adapter_is_described():
    offered = {door for path in ADAPTERS.glob("*.py") for door in doors_of_adapter(path)} - {"plain"}
    assert offered <= set(OWN)
    assert set(OWN) <= offered, f"no adapter offers {sorted(set(OWN) - offered)}"
    assert not set(OWN) & set(GENERIC)
    assert all(text.strip() for text in (*OWN.values(), *GENERIC.values()))


@pytest.mark.parametrize(
    ("shape", "wanted"),
    [
        ((), ["plain", "own", "twice", "untouched"]),
        ((1,), ["plain", "own", "twice", "untouched"]),
        ((9,), ["plain", "own", *GENERIC]),
        ((2, 3), ["plain", "own", "strided", "twice", "untouched"]),
        ((2000,), ["plain", "own", "strided", "twice", "untouched"]),
    ],
)
def test_which_doors_a_vector_goes_through(shape, wanted):
    assert doors(["own"], shape) == wanted
