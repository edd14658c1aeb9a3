"""The ledger: each rule has a message that names file, rule and value."""

from __future__ import annotations

import pytest

from cases.case import all_cases
from conformance.ledger import LEDGER, LedgerError, load_ledger, read_entry

GOOD = {
    "story": '"Rounds half away from zero."',
    "operation": '"quantize"',
    "system": '"some"',
    "versions": '["1.0"]',
    "backends": '["*"]',
    "profile": '{ rounding = "half_away" }',
    "witness": '"quantize/ties-at-every-code"',
    "verdict": '"by-design"',
    "says": '"it rounds to the nearest even"',
    "where": '"a file"',
    "checked": '["one", "two"]',
    "upstream": '"none filed"',
}


def write(folder, without=(), **changes):
    lines = {**GOOD, **changes}
    text = "\n".join(f"{key} = {value}" for key, value in lines.items() if key not in without)
    path = folder / "some-story.toml"
    path.write_text(text, encoding="utf-8")
    return path


def message(path):
    with pytest.raises(LedgerError) as caught:
        read_entry(path)
    return str(caught.value)


def test_an_entry_is_read(tmp_path):
    entry = read_entry(write(tmp_path))
    assert (entry.name, entry.operation, entry.doors) == ("some-story", "quantize", ("*",))
    assert entry.profile == {"rounding": "half_away"}
    assert entry.checked == ("one", "two")


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"operation": '"echo"'}, "operation must be one of "),
        (
            {"verdict": '"flaky"'},
            "verdict must be one of framework-bug, by-design, spec-gap, unexplained, got flaky",
        ),
        ({"witness": '"quantize/gone"'}, "a case must exist, got quantize/gone"),
        (
            {"cases": '["quantize/gone"]', "outcome": '"error"', "profile": "{}"},
            "a case must exist, got quantize/gone",
        ),
        ({"versions": "[]"}, "versions must name the versions that were run, got none"),
        ({"versions": '"1.0"'}, "versions must be a list of strings, got '1.0'"),
        ({"backends": "[1]"}, "backends must be a list of strings, got [1]"),
        ({"checked": '["one"]'}, "checked must give two independent reasons, got 1"),
        (
            {"profile": "{}"},
            "an entry must have a profile, or an outcome with cases, or be unexplained",
        ),
        (
            {"profile": "{}", "outcome": '"error"'},
            "an entry must have a profile, or an outcome with cases, or be unexplained",
        ),
        (
            {"outcome": '"error"', "cases": '["quantize/nan"]'},
            "an entry must have a profile, or an outcome with cases, or be unexplained",
        ),
        (
            {"verdict": '"unexplained"'},
            "an entry must have a profile, or an outcome with cases, or be unexplained",
        ),
        (
            {"verdict": '"unexplained"', "profile": "{}"},
            "an unexplained entry must say in `tried` which profiles were tried",
        ),
        ({"profile": '{ taste = "sweet" }'}, "an axis of quantize must be one of "),
        ({"profile": '{ dequantize = "fused" }'}, "an axis of quantize must be one of "),
        ({"profile": '{ rounding = "up" }'}, "rounding must be one of half_even, "),
        ({"profile": '"half_away"'}, "profile must be a dict, got 'half_away'"),
        ({"says": "7"}, "says must be a str, got 7"),
        ({"colour": '"red"'}, "got an unexpected keyword argument 'colour'"),
    ],
    ids=str,
)
def test_each_rule_has_a_message(tmp_path, changes, rule):
    found = message(write(tmp_path, **changes))
    assert found.startswith("some-story.toml: ")
    assert found.removeprefix("some-story.toml: ").startswith(rule)


@pytest.mark.parametrize("field", [f for f in GOOD if f not in ("profile",)])
def test_a_field_that_is_missing_is_named(tmp_path, field):
    found = message(write(tmp_path, without=[field]))
    assert found == f"some-story.toml: missing 1 required positional argument: '{field}'"


@pytest.mark.parametrize("data", [b"operation = ", b"\xff\xfe", b"a = 1\na = 2"])
def test_what_is_no_toml_is_refused(tmp_path, data):
    path = tmp_path / "broken.toml"
    path.write_bytes(data)
    assert message(path).startswith("broken.toml: an entry must be TOML, got ")


def test_a_folder_in_its_place_is_refused(tmp_path):
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(LedgerError, match=r"folder.toml: an entry must be TOML, got "):
        load_ledger(tmp_path)


def test_a_ledger_must_be_a_folder(tmp_path):
    with pytest.raises(LedgerError, match=r"a ledger must be a folder of .toml files, got .*none"):
        load_ledger(tmp_path / "none")
    assert load_ledger(tmp_path) == []


def test_choices_that_need_another_entry_may_stand_alone(tmp_path):
    assert read_entry(write(tmp_path, profile='{ nan = "overflow" }')).profile == {"nan": "overflow"}


def test_an_unexplained_entry_says_what_was_tried(tmp_path):
    entry = read_entry(write(tmp_path, profile="{}", verdict='"unexplained"', tried='"2,000"'))
    assert (entry.profile, entry.tried) == ({}, "2,000")


def test_what_an_entry_covers(tmp_path):
    entry = read_entry(
        write(
            tmp_path,
            backends='["a", "b"]',
            doors='["*", "!real"]',
            dtypes='["float16"]',
            codes='["int8", "[0, 127]"]',
        )
    )
    assert entry.covers("some", "1.0", "a", "quantize")
    for key in (
        ("other", "1.0", "a", "quantize"),
        ("some", "1.1", "a", "quantize"),
        ("some", "1.0", "c", "quantize"),
        ("some", "1.0", "a", "dequantize"),
    ):
        assert not entry.covers(*key)
    assert entry.covers_door("plain")
    assert not entry.covers_door("real")
    cases = all_cases()
    assert entry.covers_case(cases["quantize/every-float16"])
    assert not entry.covers_case(cases["quantize/every-float16-power-of-two"])  # uint8
    assert not entry.covers_case(cases["quantize/int4"])
    assert not entry.covers_case(cases["quantize/seven-bits"])  # float32


def test_one_door_is_covered_by_name(tmp_path):
    entry = read_entry(write(tmp_path, doors='["real"]'))
    assert entry.covers_door("real")
    assert not entry.covers_door("plain")


def test_the_committed_ledger_is_sorted_and_readable():
    names = [entry.name for entry in load_ledger()]
    assert names == [path.stem for path in sorted(LEDGER.glob("*.toml"))]
