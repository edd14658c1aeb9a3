"""The calculator: numbers as people type them, and a rule for what is none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from oracle.__main__ import main


def calculate(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert main([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_value_code_and_scale(capsys: pytest.CaptureFixture[str]) -> None:
    found = calculate(capsys, "quantize", "0.35", "--scale", "0.1", "--zero-point", "3")
    assert (found["code"], found["zero_point"], found["profile"]) == (7, 3, "the definition")
    assert found["scale"] == 0.10000000149011612
    assert found["value"] == 0.4000000059604645


def test_another_arithmetic_gives_another_code(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["quantize", "0x3e8c41db", "--scale", "0.00214854861", "--qmin", "0", "--qmax", "255"]
    assert calculate(capsys, *words)["code"] == 127
    assert calculate(capsys, *words, "--profile", "scaling=reciprocal")["code"] == 128


def test_each_step_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    steps = calculate(capsys, "fake_quantize", "0.35", "--scale", "0.1", "--explain")["steps"]
    assert steps[1] == "scale: / 0.10000000149011612 -> 3.5"
    assert steps[-1] == "convert: to float32 -> 0.4"


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_what_json_cannot_hold_is_text(capsys: pytest.CaptureFixture[str], value: str) -> None:
    assert main(["quantize", "--scale", "0.1", "--json", "--", value]) == 0
    assert json.loads(capsys.readouterr().out)["code"] == {"nan": -128, "inf": 127, "-inf": -128}[value]


def test_a_decimal_is_rounded_once(capsys: pytest.CaptureFixture[str]) -> None:
    # Just above a float32 tie, by less than float64 can tell: through float64 it would be the tie.
    found = calculate(capsys, "dequantize", "1", "--scale", "1.0000000596046447753906250001")
    assert found["scale"] == 1.0000001192092896


def test_scale_and_zero_point_of_a_range(capsys: pytest.CaptureFixture[str]) -> None:
    found = calculate(capsys, "choose_qparams", "-1.0", "2.0", "--qmin", "0", "--qmax", "255")
    assert found["zero_point"] == 85
    assert found["scale"] == 0.0117647061124444


LEARNABLE = "learnable_fake_quantize 0.3 0.4 --scale 0.1 --qmin 0 --qmax 255"
LEARNED = "learnable_fake_quantize_gradient 3 4 --dy 1 1 --grad-factor 1 --scale 0.1 --qmin 0 --qmax 255"
GRIDS = "--input-scale 0.5 --input-zero-point 0 --output-scale 1 --output-zero-point 0 --qmin -128 --qmax 127"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("quantize abc --scale 1", "a value must be a number, got abc"),
        ("quantize 0xzz --scale 1", "bits must be hex digits, got 0xzz"),
        ("quantize 0x100000000 --scale 1", "bits must fit float32, got 0x100000000"),
        ("quantize 1 --scale 0", "scale must be finite and > 0, got 0.0"),
        ("quantize 1 --scale 1 --zero-point 200", "zero_point must lie in [-128, 127], got 200"),
        ("dequantize 1.5 --scale 1", "a code must be an integer, got 1.5"),
        ("quantize 1 --scale 1 --profile rounding", "a choice must be AXIS=CHOICE, got rounding"),
        ("quantize 1 --scale 1 --profile zero=kept", "an axis of quantize must be one of validation"),
        ("choose_qparams 0 0", "x must be finite, not empty and not all zero"),
        (f"{LEARNABLE} --zero-point 0 1", "zero_point must be one number, got shape (2,)"),
        (f"{LEARNABLE} --zero-point 1e30", "zero_point must lie in [0, 255], got 1"),
        (f"{LEARNABLE} --zero-point 255.5", "zero_point must lie in [0, 255], got 255.5"),
        (f"{LEARNABLE} --zero-point -0.5", "zero_point must lie in [0, 255], got -0.5"),
        (f"{LEARNED} --zero-point 0 1", "zero_point must be one number, got shape (2,)"),
        (
            "binary_network 1 --weight 1 --second 1",
            "an image must have 4 axes, got words: call oracle.binary_network.binary_network",
        ),
        (
            "packed_outputs 1 --weight 1",
            "an image must have 4 axes, got words: call oracle.packed_outputs.packed",
        ),
        (
            "binary_conv2d_bits 1",
            "an image must have 4 axes, got words: call oracle.binary_conv2d_packed.binary_conv2d_bits",
        ),
        ("binary_max_pool", "an image must have 4 axes, got words: call oracle.binary_max_pool."),
        ("pack_codes 1 -2 200 --bits 4", "code must be of one of uint8, int8, got -2 to 200"),
        ("pack_codes 300 --bits 4", "code must be an integer of uint8 or int8, got 300"),
        ("unpack_codes -1 --bits 4 --count 2 --is-signed", "code must be an integer of uint8, got -1"),
        (f"rescale 40000 {GRIDS}", "code must be an integer of uint8 or int8 or int16, got 40000"),
        (f"rescale 3 {GRIDS} --input-zero-point 40000", "input_zero_point must be of uint8, got 40000"),
    ],
)
def test_refused(capsys: pytest.CaptureFixture[str], words: str, says: str) -> None:
    assert main(words.split()) == 2
    assert says in capsys.readouterr().err


def test_the_first_thread_is_answered(capsys: pytest.CaptureFixture[str]) -> None:
    found = calculate(capsys, "quantized_bits", "0.3", "--bits", "8", "--integer", "0")
    assert (found["code"], found["scale"], found["value"]) == (38, 2.0**-7, 0.296875)
    assert "integer = 0 left of the binary point, 7 right of it" in found["notes"][0]
    assert "alpha = None is 1 where" in found["notes"][3]
    assert "steps" not in found


def test_options_are_the_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["quantized_bits", "0.3", "-5", "--bits", "4", "--alpha", "2.0", "--symmetric", "--no-use-ste"]
    found = calculate(capsys, *words, "--explain")
    assert (found["code"], found["scale"], found["value"]) == ([1, -7], 0.25, [0.25, -1.75])
    assert found["steps"][1] == "scale: / 0.25 -> 1.2, -20.0"
    found = calculate(capsys, *words, "--profile", "alpha=multiplies")
    assert found["value"] == [0.5, -1.75]


def test_a_determined_alpha(capsys: pytest.CaptureFixture[str]) -> None:
    found = calculate(capsys, "quantized_bits", "0.75", "-1.69", "--bits", "2", "--alpha", "auto_po2")
    assert (found["alpha"], found["value"]) == (2.0, [1.0, -1.0])


def test_several_vectors(capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "quantized_bits_gradient",
        "0.3",
        "5",
        "--dy",
        "1",
        "2",
        "--qnoise-factor",
        "0.25",
        "--no-use-ste",
    ]
    assert calculate(capsys, *words)["x"] == [0.75, 1.5]


def test_what_is_open_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert "NaN" in calculate(capsys, "quantized_bits", "nan")["open"]


def test_powers_of_two_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["quantized_bits", "0.3"]) == 0
    assert "scale       0.0078125 = 2^-7" in capsys.readouterr().out
    assert main(["quantized_bits", "0.3", "--bits", "0"]) == 2
    assert "bits must be >= 1, got 0" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        "lsq 0.3 --step 0.1 --qmin -128 --qmax 127",
        "lsq_gradient 0.3 --dy 1 --step 0.1 --qmin -128 --qmax 127",
        "fake_quantize_levels 0.3 --input-low -1 --input-high 1 --output-low -1 --output-high 1 --levels 256",
        "learnable_fake_quantize 0.3 --scale 0.1 --zero-point 0 --qmin -128 --qmax 127",
        "fake_quantize_gradient 0.3 --dy 1 --scale 0.1 --zero-point 0 --qmin -128 --qmax 127",
        "quantize_float8 0.3 --scale 1 --type float8e4m3fn",
        "ternary_gradient 0.3 --dy 1",
        "quantize_and_dequantize 0.3 --low -1 --high 1 --signed --bits 8 --range-given --rounding half_even"
        " --no-narrow-range",
    ],
)
def test_one_number_is_float32_where_the_function_needs_it(
    capsys: pytest.CaptureFixture[str], words: str
) -> None:
    assert calculate(capsys, *words.split())["profile"] == "the definition"


@pytest.mark.parametrize("value", ["-1e5", "-inf", "-1e-3", "-.5", "-3"])
def test_a_negative_number_is_no_option(capsys: pytest.CaptureFixture[str], value: str) -> None:
    assert calculate(capsys, "quantized_bits", value, "--bits", "8")["code"] <= 0


def test_what_overflows_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["quantized_bits", "0.3", "--bits", "2000"]) == 2
    assert "refused: " in capsys.readouterr().err


ONE_SIXTH = ["--input-scale", "0.5", "--weight-scale", "1", "--output-scale", "3", "--output-zero-point", "0",
             "--qmin", "-128", "--qmax", "127"]  # fmt: skip


def test_accumulators_are_integers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["requantize", "3", "9", "-2147483648", *ONE_SIXTH, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["value"] == [0, 2, -128]
    assert (told["q"], told["shift"]) == (1431655765, -2)


@pytest.mark.parametrize("text", ["3.5", "2147483648", "three"])
def test_what_is_no_accumulator(capsys: pytest.CaptureFixture[str], text: str) -> None:
    assert main(["requantize", text, *ONE_SIXTH]) == 2
    assert f"accumulator must be an integer of int32, got {text}" in capsys.readouterr().err


HUGE = ["requantize", "1", "--input-scale", "1e30", "--weight-scale", "1e30", "--output-scale", "1",
        "--output-zero-point", "0", "--qmin", "-128", "--qmax", "127"]  # fmt: skip


def test_no_integer_stands_for_an_infinite_multiplier(capsys: pytest.CaptureFixture[str]) -> None:
    dequantized = ["--profile", "multiplier=float32", "scaling=dequantized"]
    told = calculate(capsys, *HUGE, "--explain", *dequantized)
    assert (told["value"], told["multiplier"], told.keys() & {"q", "shift"}) == (127, "inf", set())
    assert main([*HUGE, "--explain", "--profile", "multiplier=float32"]) == 2
    assert "the multiplier of an integer must be finite, got inf" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "name", "wanted"),
    [
        (f"rescale 5 {GRIDS}", "value", 2),
        (f"rescale 3 -3 300 {GRIDS}", "value", [2, -2, 127]),
        (f"rescale 5 {GRIDS} --input-zero-point -3", "value", 4),
        (f"rescale 255 {GRIDS} --input-zero-point 250", "value", 2),
        ("unpack_codes 33 --count 2 --bits 4 --is-signed", "codes", [1, 2]),
        ("unpack_codes 31 --count 2 --bits 4 --is-signed", "codes", [-1, 1]),
        ("pack_codes 1 2 --bits 4", "bytes", 33),
        ("pack_codes -1 1 --bits 4", "bytes", 31),
        ("pack_codes 15 --bits 4", "bytes", 15),
        ("unpack_bits 1 --channels 2", "signs", [-1.0, 1.0]),
        ("dequantize_float8 33 --scale 1 --type float8e4m3fn", "value", 0.140625),
        ("dequantize_range 2147483647 --low 0 --high 1 --type qint32 --mode SCALED", "value", 1.0),
    ],
)
def test_codes_are_integers(capsys: pytest.CaptureFixture[str], words: str, name: str, wanted: Any) -> None:
    assert calculate(capsys, *words.split())[name] == wanted


def test_one_accumulator_has_one_bias(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["requantize_float_bias", "5", "--bias", "0.5", *ONE_SIXTH]
    assert calculate(capsys, *words)["value"] == 1  # (5 * 0.5 * 1 + 0.5) / 3
