"""A worker that is no adapter, as one in another language would be: it breaks the protocol.

python foreign.py FAULT
"""

import json
import os
import sys
import time

HELLO = {
    "protocol": 1,
    "system": "foreign",
    "version": "1",
    "backend": None,
    "backends": {},
    "operations": {"echo": []},
    "instruction_set": "none",
    "python": None,
    "adapter": "0" * 64,
}
VALUE = {"value": {"dtype": "int8", "shape": [1], "hex": "05"}}
fault = sys.argv[1]


def say(text):
    sys.stdout.write(text)
    sys.stdout.flush()


def answer(number, **changes):
    return json.dumps({"id": number, "outcome": "value", "value": VALUE} | changes) + "\n"


def array(**changes):
    return {"value": {"value": VALUE["value"] | changes}}


def write_forever(text):
    while True:
        say(text)


FAULTS = {
    "half_line": lambda n: (say(answer(n)[:20]), os._exit(0)),
    "wrong_id": lambda n: say(answer(n + 1)),
    "text_id": lambda n: say(answer(str(n))),
    "two_lines": lambda n: say(answer(n) + answer(n)),
    "endless_line": lambda n: write_forever("x" * 65536),
    "endless_lines": lambda n: write_forever("nonsense\n" * 1000),
    "not_json": lambda n: say("nonsense\n"),
    "not_utf8": lambda n: (sys.stdout.buffer.write(b"\xff\n"), sys.stdout.flush()),
    "nan": lambda n: say(answer(n, value=float("nan"))),
    "deep": lambda n: say("[" * 100_000 + "\n"),
    "outcome": lambda n: say(answer(n, outcome="crash")),
    "no_reason": lambda n: say(answer(n, outcome="refused")),
    "two_line_reason": lambda n: say(answer(n, outcome="refused", reason="\ud800one\ntwo")),
    "undecodable": lambda n: say(answer(n, **array(hex="0"))),
    "huge_shape": lambda n: say(answer(n, **array(shape=[2**40]))),
    "runs": lambda n: say(answer(n, value={"value": {"dtype": "int8", "shape": [1], "runs": []}})),
    "no_arrays": lambda n: say(answer(n, value={})),
    "closed": lambda n: (os.close(1), time.sleep(600)),
    "drip": lambda n: [(say(" "), time.sleep(0.1)) for _ in range(6000)],
    "none": lambda n: say(answer(n)),
}

if fault == "mute_hello":
    time.sleep(600)
elif fault == "bad_hello":
    say('{"hello": {"protocol": 1}}\n')
elif fault == "old_protocol":
    say(json.dumps({"hello": HELLO | {"protocol": 0}}) + "\n")
elif fault == "dead_hello":
    sys.exit("no licence")
else:
    say(json.dumps({"hello": HELLO}) + "\n")
if fault == "deaf":
    time.sleep(600)
if fault == "hasty":
    say(answer(1))
    time.sleep(600)
for line in sys.stdin:
    question = json.loads(line)
    # So that the same worker shows that its successor answers.
    FAULTS["none" if question["operation"] == "echo" else fault](question["id"])
