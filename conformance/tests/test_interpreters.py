"""Versions: which environment pins what, what plain tox asks, and what an override installs."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from conformance import interpreters, override
from conformance.interpreters import (
    PINS,
    environment_like,
    environment_of,
    environments,
    find_interpreter,
    is_beside,
    pinned,
)
from conformance.ledger import is_of
from conformance.observation import OBSERVATIONS, read_all

NAMES = {environment.name: environment for environment in environments()}


@pytest.mark.parametrize("name", NAMES)
def test_every_system_of_an_environment_is_pinned(name):
    environment = NAMES[name]
    assert all(environment.version(system) for system in environment.systems)


def test_what_is_observed_is_what_an_environment_pins():
    for header in {o.header for o in read_all(OBSERVATIONS)}:
        assert any(e.version(header.system) == header.version for e in environments()), header


@pytest.mark.parametrize(
    ("system", "version", "name"),
    [
        ("torch", "2.13.0", "torch"),
        ("torch", "1.12.1", "torch112"),
        ("qkeras", "0.9.0", "tf"),
        ("qkeras", "0.9.0+tf2.8.4", "tf28"),
        ("larq", "0.13.3", "tf215"),
        ("nni", "2.10.1", "nni210"),
    ],
)
def test_the_environment_of_a_version(system, version, name):
    assert environment_of(system, [version]).name == name


@pytest.mark.parametrize(
    ("system", "version", "beside"),
    [
        ("torch", "1.12.1", True),
        ("torch", "2.13.0", False),
        ("torch", "2.9.1", False),  # nobody pins it: it cannot be committed unnoticed
        ("qkeras", "0.9.0+tf2.15.1", True),
        ("qkeras", "0.9.0+tf2.21.0", False),
        ("nni", "2.10.1", False),
        ("my-exporter", "1.0", False),
    ],
)
def test_what_only_the_label_versions_asks(system, version, beside):
    assert is_beside(system, version) is beside


def test_a_version_without_its_host_is_on_every_host():
    assert is_of("0.9.0+tf2.15.1", "0.9.0") and is_of("0.9.0+tf2.15.1", "0.9.0+tf2.15.1")
    assert not is_of("0.9.0+tf2.15.1", "0.9.0+tf2.15") and not is_of("0.9.01", "0.9.0")


def test_the_label_names_every_environment_of_what_is_committed():
    text = (PINS.parent.parent / "tox.ini").read_text(encoding="utf-8")
    label = next(line for line in text.splitlines() if line.strip().startswith("versions = "))
    labelled = {name.strip() for name in label.partition("=")[2].split(",")}
    for header in {o.header for o in read_all(OBSERVATIONS)}:
        assert any(NAMES[n].version(header.system) == header.version for n in labelled & set(NAMES)), header


@pytest.mark.parametrize(
    ("system", "own", "name"),
    [
        ("tfmot", "2.8.4", "tf28"),
        ("tfmot", "2.7.0", "tf28"),
        ("qkeras", "2.9.1", "tf215"),  # Keras 2 is inside it still
        ("qkeras", "2.16.1", "tf218"),
        ("larq-compute-engine", "2.19.0", "tf"),
        ("larq", "3.0.0", "tf"),
        ("larq", None, "tf"),
        ("torch", "1.11.0", "torch112"),
        ("torch", "1.12.1+cu113", "torch112"),
        ("tfmot", "2.15.1.post1", "tf215"),
        ("tfmot", "2.22.0-dev20260101", "tf"),
        ("torch", "2.4.1", "torch"),
        ("openvino", "2025.1", "onnx"),
    ],
)
def test_the_environment_that_an_interpreter_is_like(monkeypatch, system, own, name):
    monkeypatch.setattr(interpreters, "installed", lambda python, distribution: own)
    assert environment_like(system, "python").name == name


def test_what_an_interpreter_has():
    assert interpreters.installed(sys.executable, "numpy") == np.__version__
    assert interpreters.installed(sys.executable, "no-such-distribution") is None
    assert interpreters.installed("/no/such/python", "numpy") is None


def test_names_of_distributions_are_normalized(tmp_path, monkeypatch):
    folder = tmp_path / "Some_CPU.thing-2.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: Some_CPU.thing\nVersion: 2.0\n", encoding="utf-8"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert interpreters.installed(sys.executable, "some-cpu-thing") == "2.0"


def installed(monkeypatch, versions):
    monkeypatch.setattr(override.metadata, "version", lambda name: versions[name])
    return override.command_for(NAMES["onnx"])


def test_an_override_installs_what_is_named(monkeypatch):
    monkeypatch.setenv("ONNXRUNTIME", "1.20.1")
    assert installed(monkeypatch, {}) == ["onnxruntime==1.20.1"]


def test_without_an_override_what_is_pinned_comes_back(monkeypatch):
    monkeypatch.delenv("ONNXRUNTIME", raising=False)
    there = dict(pinned("onnx"))
    assert installed(monkeypatch, there) == []
    back = installed(monkeypatch, there | {"onnxruntime": "1.20.1"})
    assert back[:2] == ["--no-deps", "-r"] and back[2].endswith("onnx.txt")
    assert installed(monkeypatch, there | {"onnx": f"{there['onnx']}+local"}) == []


@pytest.mark.parametrize(
    ("named", "path"),
    [
        ({"torch": "new", "torch112": "old", "": "any"}, "old"),
        ({"torch": "new", "": "any"}, "new"),
        ({"": "any"}, "any"),
    ],
)
def test_an_environments_own_interpreter_comes_before_the_systems(named, path):
    found, _ = find_interpreter("torch", ["1.12.1"], named)
    assert found is not None
    assert found.path == path


def test_a_system_without_an_environment_has_the_interpreter_that_names_it():
    found, _ = find_interpreter("nobody", [], {"nobody": "own", "": "any"})
    assert found is not None
    assert found.path == "own"
