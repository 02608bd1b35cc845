#!/usr/bin/python3
"""headroom-scaler simulate against an independent simulator of the same replay, fleet, score and policies.

    simulate_reference.py PROGRAM FOLDER --numbers FILE   compare with stored numbers (used by CTest)
    simulate_reference.py PROGRAM FOLDER --oracle FILE    compare with the simulator, a Python module, on all traces of
                                                          FOLDER/manifest.json; needs numpy, and is slow without numba
    simulate_reference.py FOLDER --oracle FILE --write NUMBERS   store the numbers

The two must agree to 1e-9, relative where a figure is above 1.
"""
import argparse
import importlib
import json
import math
import os
import subprocess
import sys

TOLERANCE = 1e-9
POLICIES = {"static": "P0", "threshold": "P1", "hpa": "P2", "phpa": "P3"}
DELAYS = (60, 120, 300)
FIGURES = ("violation_share", "unserved_share", "cost_ratio", "actions_per_hour", "mean_utilisation", "node_hours",
           "max_nodes", "steps")
# What else must agree, on the first two traces: flags of the program, arguments of the oracle, its first steps.
VARIANTS = (
    (["--interp", "hold"], {"interp": "hold"}, None),
    (["--noise", "0"], {"noise": 0.0}, None),
    (["--noise", "0.2", "--seed", "7"], {"noise": 0.2, "seed": 7}, None),
    (["--speed", "12.5"], {"speed": 12.5}, None),
    (["--nodes", "2"], {"nodes": 2.0}, None),
    (["--first", "1h"], {}, 240),
    (["--first", "1s"], {}, 1),
)


def cases(files):
    for file in files:
        for delay in DELAYS:
            yield file, delay, [], {}, None
    for file in files[:2]:
        for flags, arguments, first in VARIANTS:
            yield file, 120, flags, arguments, first


def from_oracle(path, folder, files):
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    oracle = importlib.import_module(os.path.splitext(os.path.basename(path))[0])
    for file, delay, flags, arguments, first in cases(files):
        demand, _ = oracle.load_trace(os.path.join(folder, file), **arguments)
        for policy, name in POLICIES.items():
            figures = oracle.run(demand[:first], name, delay)
            yield {"file": file, "delay_s": delay, "flags": flags, "policy": policy,
                   "figures": {figure: figures[figure] for figure in FIGURES}}


def run(program, folder, file, delay, flags):
    command = [program, "simulate", "--json", "--startup-delay", "%ds" % delay, *flags]
    for policy in POLICIES:
        command += ["--policy", policy]
    done = subprocess.run([*command, os.path.join(folder, file)], stdout=subprocess.PIPE, text=True, check=True)
    return {result["policy"]: result for result in map(json.loads, done.stdout.splitlines())}


def differences(program, folder, references):
    """Yields (what, ours, theirs, error relative to the larger of 1 and theirs)."""
    results = {}
    for reference in references:
        key = (reference["file"], reference["delay_s"], tuple(reference["flags"]))
        if key not in results:
            results[key] = run(program, folder, *key)
        ours = results[key][reference["policy"]]
        for figure, theirs in reference["figures"].items():
            error = abs(ours[figure] - theirs) / max(1.0, abs(theirs))
            yield " ".join(map(str, (*key, reference["policy"], figure))), ours[figure], theirs, error


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", nargs="?")
    parser.add_argument("folder")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--oracle", metavar="FILE")
    source.add_argument("--numbers", metavar="FILE")
    parser.add_argument("--write", metavar="FILE")
    flags = parser.parse_args()

    with open(os.path.join(flags.folder, "manifest.json")) as manifest:
        files = [trace["file"] for trace in json.load(manifest)["traces"]]
    if flags.numbers:
        with open(flags.numbers) as numbers:
            references = json.load(numbers)
    else:
        references = from_oracle(flags.oracle, flags.folder, files)
    if flags.write:
        with open(flags.write, "w") as numbers:
            numbers.write("[\n" + ",\n".join(json.dumps(reference) for reference in references) + "\n]\n")
        return

    compared, worst, wrong = 0, 0.0, 0
    for what, ours, theirs, error in differences(flags.program, flags.folder, references):
        compared += 1
        worst = max(worst, error)
        if not error <= TOLERANCE or not math.isfinite(ours):
            wrong += 1
            print("%s: %r, and the reference says %r" % (what, ours, theirs))
    print("%d figures compared; the largest difference is %.3g" % (compared, worst))
    sys.exit(0 if compared > 0 and wrong == 0 else 1)


if __name__ == "__main__":
    main()
