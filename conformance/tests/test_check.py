"""The door `check`: what it prints, and the exit status that a gate relies on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cases.case import all_cases
from conformance import check
from conformance.__main__ import RUN, how_to_get, main
from conformance.ask import Worker
from conformance.check import CHANGED, CLEAN, USAGE
from conformance.observation import read

PLANTED = Path(__file__).parent / "planted"
FAITHFUL, HALF_AWAY = str(PLANTED / "faithful.py"), str(PLANTED / "half_away.py")
TIES = "quantize/ties-at-every-code"
ENTRY = """
story = "Rounds half away from zero."
operation = "quantize"
system = "planted"
versions = ["1.0"]
backends = ["*"]
profile = { rounding = "half_away" }
witness = "quantize/ties-at-every-code"
verdict = "by-design"
says = "it rounds to the nearest even"
where = "here"
checked = ["one", "two"]
upstream = "none filed"
"""

ROOT = Path(__file__).parent.parent.parent


FEW = [
    TIES,
    "quantize/tie-with-odd-zero-point",
    "quantize/just-below-one-half",
    "quantize/nan",
    "quantize/empty",
    "quantize/infinities",
    "quantize/scale-zero",
    "quantize/empty-range",
    "dequantize/at-the-zero-point",
    "dequantize/int32",
    "fake_quantize/signed-zeros",
]


@pytest.fixture(scope="session")
def observed(tmp_path_factory):
    """Two whole observations, of few cases: one faithful, one that rounds half away from zero."""
    found, few = {}, {name: all_cases()[name] for name in FEW}
    for name in ("faithful", "half_away"):
        folder = tmp_path_factory.mktemp(name)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(check, "all_cases", lambda: few)
            status = main(["check", "--adapter", str(PLANTED / f"{name}.py"), "--out", str(folder)])
        [path] = folder.rglob("*.jsonl")
        found[name] = (status, path)
    return found


def run(capsys, *arguments):
    status = main(["check", *map(str, arguments)])
    return status, *capsys.readouterr()


def ask_ties(capsys, adapter, *arguments):
    return run(capsys, "--adapter", adapter, "--case", TIES, *arguments)


def error_of(capsys, *arguments):
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (USAGE, "")
    assert err.startswith("error: ")
    return err.removeprefix("error: ").strip()


def test_a_whole_run_writes_what_it_observed(observed):
    status, path = observed["faithful"]
    assert status == CLEAN
    observation = read(path)
    assert (observation.header.system, observation.header.version) == ("planted", "1.0")
    assert path.parts[-3:-1] == ("planted", "1.0")
    assert observed["half_away"][0] == CHANGED


def test_the_faithful_adapter_is_clean(capsys):
    status, out, _ = ask_ties(capsys, FAITHFUL)
    assert status == CLEAN
    assert out.splitlines() == [
        "planted 1.0 only quantize: agrees",
        "no observation of this system is committed: judged by the definition and the ledger alone",
    ]


def test_a_divergence_is_red_and_named(capsys, observed):
    status, out, _ = run(capsys, "--answers", observed["half_away"][1], "--against", observed["half_away"][1])
    assert status == CHANGED
    first, second, third, *rest = out.splitlines()
    assert first.startswith("planted 1.0 only quantize: RED: ")
    assert first.endswith(" answers that neither the definition nor the ledger predicts")
    assert second.startswith("  doors plain, ")
    assert third == "    quantize: rounding: half_even -> half_away"
    assert rest[0] == (
        "    quantize/just-below-one-half through plain: 0.5 (0x3f000000): expected 0, got 1 (2 of 6)"
    )
    assert any(line.startswith("    … and ") for line in rest)


def test_a_ledger_of_ones_own_explains(capsys, tmp_path):
    (tmp_path / "half-away.toml").write_text(ENTRY)
    status, out, _ = ask_ties(capsys, HALF_AWAY, "--ledger", tmp_path)
    assert status == CLEAN
    assert out.splitlines()[0].endswith(" known divergences (half-away)")


def test_a_ledger_that_no_longer_holds_is_red(capsys, tmp_path):
    (tmp_path / "half-away.toml").write_text(ENTRY)
    assert ask_ties(capsys, FAITHFUL, "--ledger", tmp_path)[0] == CHANGED


def test_answers_from_a_file_are_judged_without_a_worker(capsys, observed):
    for name, wanted in (("faithful", CLEAN), ("half_away", CHANGED)):
        status, out, _ = run(capsys, "--answers", observed[name][1])
        assert status == wanted
        assert "planted 1.0 only dequantize: agrees" in out


def test_against_an_equal_observation_nothing_changed(capsys, observed):
    path = observed["faithful"][1]
    status, out, _ = run(capsys, "--answers", path, "--against", path)
    assert status == CLEAN
    count = len(read(path).questions)
    assert out.splitlines()[-1] == f"planted only 1.0: {count} answers as in 1.0, 0 changed, 0 new"


def test_against_another_observation_the_change_is_said_in_words(capsys, observed):
    status, out, _ = run(capsys, "--answers", observed["half_away"][1], "--against", observed["faithful"][1])
    assert status == CHANGED
    assert "  quantize: rounding: half_even -> half_away" in out.splitlines()
    assert "no longer asked (first: " in out


def at_version(path, version, folder):
    """Return a copy of an observation, of another version."""
    header, *lines = path.read_text().splitlines()
    changed = {**json.loads(header), "version": version}
    copy = folder / f"{version}.jsonl"
    copy.write_text("\n".join([json.dumps(changed), *lines]) + "\n")
    return copy


def test_an_unseen_version_is_red_for_what_changed_only(capsys, observed, tmp_path):
    """Version 1.1 diverges as 1.0 did: nothing new for who goes from one to the other."""
    before = observed["half_away"][1]
    after = at_version(before, "1.1", tmp_path)
    assert run(capsys, "--answers", after, "--against", before)[0] == CLEAN
    assert run(capsys, "--answers", after, "--against", observed["faithful"][1])[0] == CHANGED


def test_a_part_does_not_miss_the_rest(capsys, observed):
    status, out, _ = ask_ties(capsys, FAITHFUL, "--against", observed["faithful"][1])
    assert status == CLEAN
    assert "no longer asked" not in out


def test_a_part_is_written_where_asked(capsys, tmp_path):
    before = sorted(RUN.rglob("*"))
    assert ask_ties(capsys, FAITHFUL)[0] == CLEAN
    assert sorted(RUN.rglob("*")) == before
    assert ask_ties(capsys, FAITHFUL, "--out", tmp_path)[0] == CLEAN
    [written] = tmp_path.rglob("*.jsonl")
    assert {q.case.id for q in read(written).questions} == {TIES}


def test_json_is_json(capsys, observed):
    status, out, _ = run(
        capsys,
        "--answers",
        observed["half_away"][1],
        "--against",
        observed["faithful"][1],
        "--json",
    )
    [checked] = json.loads(out)["checked"]
    assert status == checked["status"] == CHANGED
    assert (checked["system"], checked["version"], checked["backend"]) == ("planted", "1.0", "only")
    rows = {row["operation"]: row for row in checked["rows"]}
    assert (rows["quantize"]["status"], rows["dequantize"]["status"]) == ("diverge", "agree")
    assert not rows["quantize"]["explained"]
    assert rows["quantize"]["divergences"][0]["known"] is False
    assert checked["comparison"]["words"] == ["quantize: rounding: half_even -> half_away"]
    assert set(checked["comparison"]) == {
        "with",
        "same",
        "changed",
        "lost",
        "new",
        "missing",
        "words",
    }


# Wrong usage and unreadable input ---------------------------------------------------------


def test_an_unknown_case_is_wrong_usage(capsys):
    assert error_of(capsys, "--adapter", FAITHFUL, "--case", "quantize/none") == (
        "a case must exist, got quantize/none"
    )
    found = error_of(capsys, "--adapter", FAITHFUL, "--op", "none")
    assert found.startswith("an operation must be one of approx_sign, ") and found.endswith(", got none")


def test_a_file_that_does_not_exist_is_wrong_usage(capsys):
    found = error_of(capsys, "--adapter", "none.py", "--case", TIES)
    assert found.startswith("an adapter's file must exist, got ")


def test_an_unknown_backend_is_wrong_usage(capsys):
    found = error_of(capsys, "--adapter", FAITHFUL, "--backend", "none", "--case", TIES)
    assert found == "backend must be one of only, got none"


def test_system_and_adapter_exclude_each_other(capsys):
    found = error_of(capsys, "--adapter", FAITHFUL, "--system", "torch")
    assert found == "give --system or --adapter, got both"


def test_a_module_that_is_missing_is_wrong_usage(capsys):
    error_of(capsys, "--adapter", PLANTED / "needs_a_module.py", "--case", TIES)


def test_a_broken_ledger_is_unreadable_input(capsys, tmp_path):
    (tmp_path / "broken.toml").write_text("operation = ")
    found = error_of(capsys, "--adapter", FAITHFUL, "--case", TIES, "--ledger", tmp_path)
    assert found.startswith("broken.toml: an entry must be TOML, got ")
    found = error_of(capsys, "--adapter", FAITHFUL, "--case", TIES, "--ledger", tmp_path / "none")
    assert found.startswith("a ledger must be a folder of .toml files, got ")


@pytest.mark.parametrize("option", ["--answers", "--against"])
def test_a_broken_observation_is_unreadable_input(capsys, tmp_path, observed, option):
    path = tmp_path / "short.jsonl"
    case = [] if option == "--answers" else ["--case", TIES]
    lines = observed["faithful"][1].read_text().splitlines()
    path.write_text("\n".join(lines[:5]))
    found = error_of(capsys, "--adapter", FAITHFUL, *case, option, path)
    assert found == f"{path}: an observation must end with its count 3: cut short"
    found = error_of(capsys, "--adapter", FAITHFUL, *case, option, tmp_path / "none")
    assert found.startswith(f"{tmp_path / 'none'}: an observation must be JSON Lines, got ")


def test_answers_are_judged_whole_and_against_is_of_the_same_system(capsys, observed):
    path = observed["faithful"][1]
    assert "--answers is judged whole" in error_of(capsys, "--answers", path, "--case", TIES)
    torch = next((ROOT / "reports" / "observations" / "torch" / "2.13.0").rglob("eager.*.jsonl"))
    found = error_of(capsys, "--answers", path, "--against", torch)
    assert found == "--against must hold planted only, got torch eager"


@pytest.mark.parametrize("arguments", [[], ["none"], ["check", "--none"], ["check", "--timeout", "x"]])
def test_the_parser_refuses(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == USAGE
    assert capsys.readouterr().err.startswith("usage: ")


def test_help_is_clean(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["check", "--help"])
    assert caught.value.code == CLEAN
    assert "--against" in capsys.readouterr().out


# The harness, and what a system does ------------------------------------------------------


def test_a_broken_adapter_is_wrong_usage(capsys):
    status, out, err = run(capsys, "--adapter", PLANTED / "broken.py", "--case", TIES)
    assert (status, out) == (USAGE, "")
    assert err.startswith("error: the adapter must start, got ")


def test_an_interpreter_that_is_none_is_wrong_usage(capsys):
    status, out, err = run(capsys, "--adapter", FAITHFUL, "--python", "/no/such/python", "--case", TIES)
    assert (status, out) == (USAGE, "")
    assert err.startswith("error: the worker's interpreter must start, got ")


NOTHING = "error: at least one case must be one that the adapter has, got none: nothing was observed"


def test_an_adapter_without_the_operation_observes_nothing(capsys):
    status, _, err = run(capsys, "--adapter", PLANTED / "honest.py", "--case", TIES)
    assert (status, err.splitlines()[-1]) == (USAGE, NOTHING)


def test_a_misspelt_operation_is_not_dropped_in_silence(capsys, tmp_path):
    adapter = tmp_path / "misspelt.py"
    adapter.write_text("def version():\n    return '1'\ndef quantise(x):\n    return x\n", "utf-8")
    status, _, err = run(capsys, "--adapter", adapter, "--case", TIES)
    assert (status, err.splitlines()[0]) == (
        USAGE, "warning: an adapter's function must be an operation, got quantise (near: quantize)"
    )  # fmt: skip


def test_a_missing_framework_is_installed_by_its_environment():
    assert how_to_get("qkeras").startswith("tox -e tf ")


# The other doors --------------------------------------------------------------------------


def test_identify_names_the_profile(capsys, observed):
    assert main(["identify", "--answers", str(observed["half_away"][1])]) == CLEAN
    assert "planted 1.0 only quantize plain: rounding = half_away" in capsys.readouterr().out
    assert main(["identify", "--answers", str(observed["half_away"][1]), "--json"]) == CLEAN
    found = json.loads(capsys.readouterr().out)["identified"]
    assert {"rounding = half_away", "the definition"} == {f["says"] for f in found}


def test_a_strangers_answers_are_kept_only_where_it_says(tmp_path, monkeypatch):
    monkeypatch.setenv("PLANTED_STARTS", str(tmp_path / "starts"))
    before = sorted(RUN.rglob("*"))
    asked = ["check", "--adapter", str(PLANTED / "counting.py")]
    assert main(asked) == CLEAN
    assert sorted(RUN.rglob("*")) == before
    assert main([*asked, "--out", str(tmp_path)]) == CLEAN
    assert len(list(tmp_path.rglob("*.jsonl"))) == 1


def test_systems_lists_an_adapter(capsys):
    assert main(["systems", "--adapter", FAITHFUL]) == CLEAN
    assert capsys.readouterr().out == f"{FAITHFUL}: backends only\n"
    assert main(["systems", "--adapter", FAITHFUL, "--json"]) == CLEAN
    [found] = json.loads(capsys.readouterr().out)["systems"]
    assert (found["available"], found["backends"]) == (True, ["only"])


def test_a_backend_is_asked_for_what_it_offers() -> None:
    found = {t.backend: t.operations for t in check.targets(str(PLANTED / "offering.py"), None)}
    assert found == {"whole": {"quantize", "dequantize"}, "part": {"dequantize"}}
    with Worker(str(PLANTED / "offering.py"), "part") as worker:
        assert set(worker.hello["operations"]) == {"dequantize"}
