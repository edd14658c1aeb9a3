"""Scripts that stand alone: short, right, and honest about whether the divergence lives."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cases.case import all_cases
from conformance.answer import Answer
from conformance.claims import MAX_LINES, ClaimError, load_claims, read_claim
from conformance.interpreters import Interpreter, environment_of, environments, find_interpreter, read_named
from conformance.judge import is_same, pick, pick_at, readable
from conformance.ledger import Entry, load_ledger
from conformance.reproduction import runs
from conformance.reproduction import script as scripts
from conformance.reproduction.archive import Archive
from conformance.reproduction.hold import Held, holds_entry, report_all
from conformance.reproduction.literals import write_array
from conformance.reproduction.runs import Job, Outcome, batches, run_all, run_alone, run_batch, start_of
from conformance.reproduction.script import shown, write_script
from conformance.reproduction.trim import WIDTH
from conformance.reproduction.witness import Witness, find_witness, moved_by
from conformance.row import Question, Row, effective
from conformance.story import Side, difference_of, shown_of, sides
from oracle.bfloat16 import Bfloat16
from oracle.definition import DEFINITIONS, compute
from oracle.formats import carried

from conformance.__main__ import main  # isort: skip

PLANTED = Path(__file__).parent / "planted"
NOBODY = Side((), (), ())
HERE = Interpreter(sys.executable)
OURS = {"oracle", "cases", "conformance", "reports"}


@pytest.fixture(scope="module")
def archive() -> Archive:
    return Archive()


# Every entry of the ledger -----------------------------------------------------------------


@pytest.mark.parametrize("name", [entry.name for entry in load_ledger()])
def test_every_entry_has_a_short_script_that_stands_alone(archive: Archive, name: str) -> None:
    entry = archive.find(name)
    told = archive.tell(entry)
    lines = told.script.splitlines()
    most = scripts.most_lines(told.script)
    assert len(lines) <= most, f"at most {most} lines, got {len(lines)}"
    assert max(map(len, lines)) <= WIDTH, max(lines, key=len)
    assert lines[0].startswith("# ") and lines[1].startswith("# ")
    tree = ast.parse(told.script)
    imported = {a.name.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    imported |= {(n.module or "").split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert not imported & OURS
    assert f" {told.witness.row.version}" in lines[0], "a script says of which version it is"
    assert (
        scripts.MISSING not in told.script
        or not entry.profile
        or told.witness.output in moved_by(told.witness)
    )
    expected_is_the_oracles(told.witness, tree)


def expected_is_the_oracles(witness: Witness, tree: ast.Module) -> None:
    """The script's literal has the bits that the oracle gives now for the script's arguments."""
    values = run_literals(tree)
    if witness.expected.value is None:
        assert str(values["expected"]).startswith("refused: ")
        return
    wanted = witness.expected.value[witness.output]
    if witness.against == "the definition":
        definition = DEFINITIONS[witness.case.operation]
        computed = compute(witness.case.operation, witness.case.arguments, definition.profile)[witness.output]
        assert is_same(Answer("value", {"value": computed}), Answer("value", {"value": wanted}))
    literal = Bfloat16(values["expected"]) if isinstance(wanted, Bfloat16) else values["expected"]
    assert is_same(Answer("value", {"value": literal}), Answer("value", {"value": wanted}))
    vector = witness.case.arguments[witness.case.vector]
    if witness.case.vector in values:
        given = values[witness.case.vector]
        assert np.array_equal(
            np.asarray(carried(given)).view(np.uint8), np.asarray(carried(vector)).view(np.uint8)
        )


def run_literals(tree: ast.Module) -> dict:
    """Return what the script's lines of numpy alone assign."""
    values = {"np": np, "Bfloat16": Bfloat16}
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            names = {n.id for n in ast.walk(statement.value) if isinstance(n, ast.Name)}
            if names <= {"np", "Bfloat16", "bytes"} and statement.targets[0].id not in values:
                values[statement.targets[0].id] = eval(ast.unparse(statement.value), dict(values))
    return values


# Who else gives what is shown ----------------------------------------------------------------


def test_who_gives_a_shown_element_is_on_its_side(archive: Archive) -> None:
    """The page shows one element, and the script some: both sort the others by those, bit for bit."""
    wrong, shown = [], 0
    for entry in archive.ledger:
        witness = find_witness(entry, archive.rows, archive.ledger)
        found = difference_of(witness.question, entry)
        element = shown_of(entry, witness.question.case, found)
        if element is not None:
            texts = {"definition": found.expected, "same": found.actual}
            others = sides(entry, witness.question, archive.rows, element)
            wrong += misplaced(archive, entry, others, found.output, [found.index], texts)
        if witness.shown is not None:
            places = list(witness.shown.places)
            vector = witness.question.case.arguments[witness.case.vector]
            few = witness.case.arguments[witness.case.vector]
            assert carried(pick(few, 1)).tobytes() == carried(pick_at(vector, places)).tobytes()
            given = {"definition": witness.expected.value, "same": witness.actual.value}
            texts = {side: words(v[witness.output], range(len(places))) for side, v in given.items() if v}
            others = sides(entry, witness.question, archive.rows, witness.shown)
            wrong += misplaced(archive, entry, others, witness.output, places, texts)
        shown += element is not None and witness.shown is not None
    assert not wrong, "\n".join(wrong)
    assert shown > 100, "most entries of elementwise operations show one element"


def misplaced(archive: Archive, entry: Entry, others: Side, output: str, places: list[int],
              texts: dict[str, str]) -> list[str]:  # fmt: skip
    """Return the backends that give what is shown of a side, and are not on it."""
    wrong = []
    for row in archive.rows:
        if row.operation != entry.operation:
            continue
        if entry.covers(row.system, row.version, row.backend, row.operation):
            continue
        names = {f"{row.system} {row.backend}", f"{row.system} {row.version} {row.backend}"}
        for q in (q for q in row.questions if (q.case.id, q.door) == (entry.witness, "plain")):
            value = (q.answer.value or {}).get(output)
            if value is None or carried(value).size <= max(places):
                continue
            gives = words(value, places)
            wrong += [
                f"{entry.name}: {row.name} gives {gives}, must be on the side {side}, got {others}"
                for side, text in texts.items() if text == gives and not names & set(getattr(others, side))
            ]  # fmt: skip
    return wrong


def words(value: object, places: Iterable[int]) -> str:
    return ", ".join(readable(value, i) for i in places)


def test_the_definition_is_not_alone_where_another_gives_its_element(archive: Archive) -> None:
    told = archive.tell(archive.find("onnxruntime-quantize-float16"))
    assert told.others.definition == ("onnx reference", "torchao eager")
    same = {"executorch portable", "openvino dynamic", "openvino static", "torch decomposed"}
    assert set(told.others.same) == same
    assert "the definition, onnx reference" in told.script and "another answer" not in told.script


def test_sides_name_the_version_where_versions_differ() -> None:
    witness = witness_of_planted("plain")
    expected, actual = witness.question.answer, Answer("value", {"value": np.int8([0])})
    rows = [
        Row("other", version, "plain", "quantize", (Question(witness.question.case, "plain", answer),))
        for version, answer in [("1", expected), ("2", actual), ("3", actual)]
    ]
    found = sides(witness.entry, witness.question, rows, None)
    assert found == Side((), ("other 1 plain",), ("other 2 plain", "other 3 plain"))
    assert found.nobody == "nobody else"
    one = sides(witness.entry, witness.question, rows[1:], None)
    assert one.other == ("other plain",)
    assert sides(witness.entry, witness.question, [], None).nobody == "nobody else was asked"


# A planted framework, end to end -----------------------------------------------------------


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> Witness:
    """The witness of a framework that rounds half up: one tie is enough."""
    monkeypatch.setattr(scripts, "find_adapter", lambda _: PLANTED / "planted_adapter.py")
    return witness_of_planted("plain")


def witness_of_planted(door: str, backend: str = "plain") -> Witness:
    case = all_cases()["quantize/ties-at-every-code"]
    entry = next(e for e in load_ledger() if e.name == "torch-quantize-reciprocal")
    planted = {"system": "planted", "versions": ("1.0",), "backends": (backend,), "doors": (door,)}
    more = {"profile": {"rounding": "half_up"}, "witness": case.id}
    entry = type(entry)(**{**vars(entry), **planted, **more})
    profile = effective(DEFINITIONS["quantize"].profile, case, (entry,))
    codes = compute("quantize", case.arguments, profile)["value"].astype(np.int8)
    answer = Answer("value", {"value": codes})
    row = Row("planted", "1.0", backend, "quantize", (Question(case, door, answer),))
    return find_witness(entry, [row], [entry])


def run_planted(text: str, **variables: str) -> subprocess.CompletedProcess:
    environment = {"PYTHONPATH": str(PLANTED), **variables}
    return subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, env=environment)


def test_a_script_shows_the_divergence_while_it_lives(planted: Witness) -> None:
    text = write_script(planted, NOBODY)
    done = run_planted(text)
    assert (done.returncode, done.stderr) == (1, "")
    assert f"actual   {shown(planted.actual, 'value')} = 0x" in done.stdout
    assert carried(planted.case.arguments["x"]).size == 1


def test_a_script_is_clean_once_the_divergence_has_gone(planted: Witness) -> None:
    done = run_planted(write_script(planted, NOBODY), MENDED="1")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(("raised", "status"), [("", 1), ("ValueError('no')", 0), ("RuntimeError", 0),
                                                ("AttributeError('codes')", 1), ("ImportError", 1),
                                                ("NameError", 1), ("ModuleNotFoundError", 1)])  # fmt: skip
def test_a_refusal_is_an_error_about_the_arguments(planted: Witness, raised: str, status: int) -> None:
    refused = Answer("refused", reason="ValueError: scale must be > 0")
    text = write_script(replace(planted, expected=refused, output="value"), NOBODY)
    done = run_planted(text, RAISED=raised)
    assert (done.returncode, done.stderr) == (status, "")


def test_an_exception_without_a_text_is_told_by_its_name(planted: Witness) -> None:
    holds = holds_entry(replace(planted, actual=Answer("error", reason="AssertionError")))
    assert holds(Outcome(1, "actual   AssertionError: | planted 1.0\n")) == ""
    assert "must give AssertionError, got KeyError" in holds(Outcome(1, "actual   KeyError: | planted 1.0\n"))


def test_everything_else_is_cut_away(planted: Witness) -> None:
    text = write_script(planted, NOBODY)
    for word in (
        "Unsupported",
        "def ",
        "class ",
        "lru_cache",
        "_TYPES",
        "conformance",
        "print('asked')",
        '"""',
    ):
        assert word not in text
    assert "framework.Quantizer(np.float32(" in text


def test_a_door_and_a_backend_are_cut_in(planted: Witness) -> None:
    witness = witness_of_planted("flat", "loud")
    text = write_script(witness, NOBODY)
    assert 'os.environ.update({"PLANTED": "loud"})' in text
    assert text.index("os.environ") < text.index("planted_framework")
    assert ".reshape(-1)" in text and "print('asked')" in text and "door flat" in text
    assert run_planted(text).returncode == 1


@pytest.mark.parametrize("door", ["twice", "strided", "lengths-7"])
def test_generic_doors_have_their_lines(planted: Witness, door: str) -> None:
    text = write_script(witness_of_planted(door), NOBODY)
    assert run_planted(text).returncode == 1
    assert run_planted(text, MENDED="1").returncode == 0


@pytest.mark.parametrize(
    "value",
    [
        np.float32([0.1, -0.0, np.inf]),
        np.float16(0.1),
        np.float64([[0.1, 0.2]]),
        np.int8([-1, 2]),
        np.arange(-128, 128).astype(np.int8),
        np.linspace(0, 1, 40, dtype=np.float32),
        np.float32([]),
        Bfloat16(np.float32([1.5])),
        Bfloat16(np.array(1.5, np.float32)),
        np.array([True, False]),
        np.repeat(np.float32([0.1]), 50).reshape(5, 10),
    ],
    ids=str,
)
def test_a_literal_is_the_array_bit_for_bit(value: object) -> None:
    again = eval(write_array(value), {"np": np, "Bfloat16": Bfloat16})
    assert type(again) is type(value)
    assert carried(again).dtype == carried(value).dtype and carried(again).shape == carried(value).shape
    assert np.asarray(carried(again)).tobytes() == np.asarray(carried(value)).tobytes()


# Running -------------------------------------------------------------------------------------


def job(name: str, text: str) -> Job:
    return Job(name, text, HERE, lambda o: "" if o.status == 1 else f"got {o.status} {o.output!r}")


def test_scripts_share_what_they_import_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "is_slow", lambda _: True)
    texts = {
        "first": "import os, json; json.kept = 1; open('kept', 'w').close(); raise SystemExit(1)",
        "second": "import os, json; raise SystemExit(hasattr(json, 'kept') or len(os.listdir()))",
        "dies": "import os; os.kill(os.getpid(), 9)",
        "raises": "raise ValueError('no')",
        "clean": "print('gone')",
        "loud": "import os; os.write(1, b'noise'); print('more'); raise SystemExit(3)",
        "a file": "import inspect, sys\ndef f(): pass\nsys.exit('def f' in inspect.getsource(f))",
        "reads": "import sys; raise SystemExit(sys.stdin.read() == '' and sys.argv[0] == __file__)",
        "slow": "import time; time.sleep(60)",
        "last": "import json; raise SystemExit(hasattr(json, 'kept'))",
    }
    batch = [job(name, text) for name, text in texts.items()]
    found = {job.name: (outcome.status, outcome.output) for job, outcome in run_batch(batch, 2.0)}
    assert found == {
        "first": (1, ""),
        "second": (1, ""),
        "dies": (-9, ""),
        "raises": (1, ""),
        "clean": (0, "gone\n"),
        "loud": (3, "noisemore\n"),
        "a file": (1, ""),
        "reads": (1, ""),
        "slow": (None, ""),
        "last": (0, ""),
    }
    wrong = run_all(batch[2:5], 20.0, lambda *_: None)
    assert wrong == {"dies": "got -9 ''", "raises": "", "clean": "got 0 'gone\\n'"}


def test_a_batch_starts_as_each_of_its_scripts_starts() -> None:
    texts = {
        "plain": "import torch, numpy",
        "named": "import os\nfrom torch import nn\nos.environ['AFTER'] = '1'",
        "later": "import json\ndef f():\n    import onnx\nimport torch",
        "with": "import os\nos.environ.update(BEFORE='1')\nimport torch",
        "more": "import torch.nn",
    }
    jobs = [job(name, text) for name, text in texts.items()]
    assert [[j.name for j in batch] for batch in batches(jobs)] == [
        ["plain", "named", "later"],
        ["with"],
        ["more"],
    ]
    assert ("BEFORE", "1") in start_of(jobs[3]).environment and start_of(jobs[4]).imports == ("torch.nn",)


def test_a_script_that_does_not_end_is_stopped() -> None:
    slow = job("slow", "import time; time.sleep(60)")
    assert run_alone(slow, 0.3).status is None
    assert run_all([slow], 0.3, lambda *_: None)["slow"]


def test_nothing_run_is_no_success(capsys: pytest.CaptureFixture[str]) -> None:
    missing = Held("b", "torch", missing="tox -e torch installs torch")
    assert report_all([missing]) == 1
    assert report_all([Held("a", "onnx"), missing]) == 0
    assert "not run: tox -e torch installs torch" in capsys.readouterr().out
    assert report_all([Held("a", "onnx"), Held("c", "tf", "it must say 1, got 2"), missing]) == 1
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["environment", "as", "stated", "wrong", "not", "run"],
        ["-----------", "---------", "-----", "-------"],
        ["onnx", "1", "0", "0"],
        ["tf", "0", "1", "0"],
        ["torch", "0", "0", "1"],
        ["all", "1", "1", "1"],
        ["not", "run:", "tox", "-e", "torch", "installs", "torch"],
        [],
        ["environment", "script", "what", "is", "wrong"],
        ["-----------", "------", "-------------"],
        ["tf", "c", "it", "must", "say", "1,", "got", "2"],
        [],
        ["repeat:", "python", "-m", "conformance", "reproduce", "c", "--run"],
    ]


# Interpreters --------------------------------------------------------------------------------


def test_every_observed_system_has_an_environment(archive: Archive) -> None:
    for header in {o.header for o in archive.observations}:
        assert environment_of(header.system, [header.version]) is not None, header


def test_a_named_interpreter_wins_and_a_missing_one_says_how_to_get_it(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("TOX_WORK_DIR", str(tmp_path))
    named = read_named([f"torch={sys.executable}"])
    found, _ = find_interpreter("torch", ["2.13.0"], named)
    assert found is not None and found.path == sys.executable
    assert find_interpreter("onnx", [], named) == (
        None, "tox -e onnx installs onnx, or --python onnx=PATH names it")  # fmt: skip
    python = tmp_path / "onnx" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    found, _ = find_interpreter("onnx", [], {})
    assert found is not None and found.path == str(python)
    with pytest.raises(ValueError, match="--python must name an interpreter, got /no/such"):
        read_named(["torch=/no/such"])


def test_environments_are_those_of_tox() -> None:
    found = {e.name: dict(e.variables) for e in environments()}
    assert {"torch", "onnx", "tf", "nni", "nni210"} <= found.keys()
    assert found["torch"]["ATEN_CPU_CAPABILITY"] and found["tf"]["TF_USE_LEGACY_KERAS"] == "1"
    assert not any("{" in value for variables in found.values() for value in variables.values())


# The door ------------------------------------------------------------------------------------


def test_an_unknown_id_names_those_that_are_near(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reproduce", "torch-quantize-recprocal"]) == 2
    err = capsys.readouterr().err
    assert err.startswith(
        "error: an id must be one of --list, got torch-quantize-recprocal; near: torch-quantize-"
    )


@pytest.mark.parametrize("arguments", [[], ["--list", "--all"], ["x", "--list"]])
def test_wrong_usage(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert main(["reproduce", *arguments]) == 2
    assert "give one of an id, --list, --all" in capsys.readouterr().err


def test_the_upstream_text_has_what_a_maintainer_needs(capsys, tmp_path, archive) -> None:
    name = "torch-quantize-reciprocal"
    assert main(["reproduce", name, "--out", str(tmp_path)]) == 0
    text = (tmp_path / f"{name}.md").read_text()
    script = (tmp_path / f"{name}.py").read_text()
    assert script in text
    parts = ["torch 2.13.0", "x86_64", "| scaling | divide: ", "(0x3e8c41db)", "float32 inputs"]
    parts += ["FBGEMM include/fbgemm/QuantUtils.h", "it rounds to the nearest even", "onnxruntime"]
    for part in parts:
        assert part in text, part
    capsys.readouterr()
    assert main(["reproduce", name, "--script"]) == 0
    assert capsys.readouterr().out == script
    assert main(["reproduce", "--list"]) == 0
    assert f"\n{name} " in capsys.readouterr().out


# Claims --------------------------------------------------------------------------------------

CLAIM = '''
id = "Q3"
claim = "The scale is 1."
thread = "QKeras (seeds/000)"
answer = "conditional"
condition = "Only with alpha=1."
systems = ["qkeras"]
versions = ["0.9.0"]
says = "a line"
where = "a file"
script = """
print(1)
assert 1 == 1
"""
prints = """
1
"""
'''


def written(tmp_path: Path, text: str, name: str = "Q3") -> Path:
    path = tmp_path / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_claim_is_read(tmp_path: Path) -> None:
    claim = read_claim(written(tmp_path, CLAIM))
    assert (claim.id, claim.systems, claim.prints) == ("Q3", ("qkeras",), "1\n")
    thread = CLAIM.replace('"Q3"', '"a/b#60"').replace("QKeras (seeds/000)", "a/b#60")
    assert read_claim(written(tmp_path, thread, "a-b-60")).is_thread


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'answer = "conditional"',
            'answer = "maybe"',
            "answer must be one of true, false, conditional, got maybe",
        ),
        (
            'answer = "conditional"',
            'answer = "fixed"',
            "answer must be one of true, false, conditional, got fixed",
        ),
        ('says = "a line"', "", "a claim must have .*, got no says"),
        ('says = "a line"', 'says = ""', "says must be a text, got ''"),
        ('says = "a line"', 'says = "a line"\nmore = 1', "a field must be one of .*, got more"),
        ('systems = ["qkeras"]', "systems = []", "systems must be a list of texts, at least one, got \\[\\]"),
        ('id = "Q3"', 'id = "Q4"', "the file of Q4 must be Q4.toml, got Q3.toml"),
        ("print(1)", "print(1", "a script must be Python, got "),
        ("print(1)", "import oracle", "a script must stand alone, got import oracle"),
        ("assert 1 == 1", "", "a script must hold its answer by an assert, got none"),
        ("print(1)", "print(1)\n" * 29 + "print(1)", f"a script must have at most {MAX_LINES} lines, got 31"),
    ],
)
def test_a_broken_claim_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(ClaimError, match=f"Q3.toml: {message}"):
        read_claim(written(tmp_path, CLAIM.replace(old, new)))


def test_every_committed_claim_is_one() -> None:
    for claim in load_claims():
        assert re.fullmatch(r"[A-Z]\d+('|-prime)?|[\w.-]+/[\w.-]+#\d+", claim.id)
