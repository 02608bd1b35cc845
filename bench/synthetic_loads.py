#!/usr/bin/env python3
"""Compares the scaler with the Kubernetes HPA on loads that are formulas: without noise, with nothing but noise, and
with edges.

    bench/synthetic_loads.py [--delay 120s]... [--prices 0.5,1,2,4,8,12,24,48,96] [--only NAME]...

Each load lasts three days; tests/e2e/test_synthetic_loads.py expects what can be expected of most of them. "at price
12" is what the default does. "at the HPA's cost" is the least violation of any price that costs no more than the HPA,
or "-" if none is as cheap. "most" is the largest number of nodes ever, as a multiple of what the highest demand needs
at 90 %."""

import argparse
import json
import math
import os
import pathlib
import random
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
STEP = 15
MINUTE, HOUR, DAY = 60, 3600, 86400
DAYS = 3
QUANTILE = 28  # nodes: what simulate makes of the 99 % quantile
SEED = 1


def noise(share):
    """A factor for each step, 1 on average."""
    generator = random.Random(SEED)
    return [max(0.0, 1.0 + share * generator.gauss(0, 1)) for _ in range(DAYS * DAY // STEP + 1)]


def day(t):
    """From 0.1 at midnight to 1 at noon."""
    return 0.55 - 0.45 * math.cos(2 * math.pi * t / DAY)


def on_off(period):
    return lambda t: 1.0 if t % period < period / 2 else 0.1


def saw(period):
    return lambda t: 0.3 + 0.7 * (t % period) / period


def sine(period):
    return lambda t: 0.6 + 0.4 * math.sin(2 * math.pi * t / period)


def flash_crowd(t):
    """On the second day at 10 o'clock: as much again within two minutes, gone after half an hour or so."""
    since = t - DAY - 10 * HOUR
    return day(t) + (min(since / (2 * MINUTE), 1) * math.exp(-since / (30 * MINUTE)) if since > 0 else 0)


def opening_hours(t):
    """From 9 o'clock on, within ten minutes, until 17 o'clock, within half an hour."""
    of_day = t % DAY
    return 0.3 + 0.7 * max(0, min((of_day - 9 * HOUR) / (10 * MINUTE), 1, (17.5 * HOUR - of_day) / (30 * MINUTE)))


def walk():
    generator, level, levels = random.Random(SEED), 1.0, []
    for _ in range(DAYS * DAY // STEP + 1):
        level = min(max(level * math.exp(0.003 * generator.gauss(0, 1)), 0.3), 3.0)
        levels.append(level)
    return levels


# name: demand at a time in seconds, and its noise
LOADS = {
    "flat": (lambda t: 1.0, 0),
    "flat_noise_5": (lambda t: 1.0, 0.05),
    "flat_noise_20": (lambda t: 1.0, 0.20),
    "flat_noise_50": (lambda t: 1.0, 0.50),
    "day": (day, 0),
    "day_noise_5": (day, 0.05),
    "day_flash_crowd": (flash_crowd, 0),
    "opening_hours": (opening_hours, 0),
    "ramp": (lambda t: 0.2 + 0.8 * t / (DAYS * DAY), 0),
    "growth": (lambda t: 0.1 * 2 ** (t / DAY), 0),
    "walk": (walk(), 0),
    "step_up": (lambda t: 0.1 if t < 1.5 * DAY else 1.0, 0),
    "step_down_and_up": (lambda t: 0.1 if DAY < t < 2 * DAY else 1.0, 0),
    "on_off_10m": (on_off(10 * MINUTE), 0),
    "on_off_1h": (on_off(HOUR), 0),
    "on_off_4h": (on_off(4 * HOUR), 0),
    "hourly_burst": (lambda t: 1.0 if t % HOUR < 10 * MINUTE else 0.3, 0),
    "minute_spikes": (lambda t: 1.0 if t % (72 * MINUTE) < MINUTE else 0.5, 0),
    "saw_30m": (saw(30 * MINUTE), 0),
    "saw_2h": (saw(2 * HOUR), 0),
    "sine_10m": (sine(10 * MINUTE), 0),
    "sine_30m": (sine(30 * MINUTE), 0),
}


def write(folder, name):
    """The path of the load's file, and the nodes that its highest demand needs."""
    demand, share = LOADS[name]
    values = [(demand[k] if isinstance(demand, list) else demand(k * STEP)) * factor
              for k, factor in enumerate(noise(share))]
    path = os.path.join(folder, name + ".csv")
    with open(path, "w", encoding="ascii") as file:
        file.write("timestamp_s,demand\n")
        file.writelines(f"{k * STEP},{value:.9g}\n" for k, value in enumerate(values))
    return path, max(values) / sorted(values)[int(0.99 * (len(values) - 1))] * QUANTILE / 0.9


def simulate(program, path, policy, delay, price=12):
    command = [program, "simulate", "--json", "--policy", policy, "--startup-delay", delay, "--cpu-high", "90",
               "--price", str(price), path]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def compare(program, path, delay, prices):
    """The HPA, ours at price 12, and the least violation at no more than the HPA's cost or None."""
    hpa = simulate(program, path, "hpa", delay)
    ours = {price: simulate(program, path, "headroom", delay, price) for price in prices}
    cheap = [r["violation_share"] for r in ours.values() if r["cost_ratio"] <= hpa["cost_ratio"]]
    return hpa, ours[12.0], min(cheap) if cheap else None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--delay", action="append")
    parser.add_argument("--only", action="append")
    parser.add_argument("--prices", default="0.5,1,2,4,8,12,24,48,96",
                        type=lambda text: [float(price) for price in text.split(",")])
    parser.add_argument("--program", default=str(ROOT / "build/release/src/offline/headroom-scaler"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for delay in arguments.delay or ["120s", "300s"]:
            print(f"\nstart-up delay {delay}\n{'load':18} {'HPA: above 90 %, cost, actions/h':34} "
                  f"{'at price 12: the same, coverage, most':46} at the HPA's cost")
            for name in arguments.only or LOADS:
                path, needed = write(folder, name)
                hpa, ours, least = compare(arguments.program, path, delay, sorted({12.0, *arguments.prices}))
                row = [f"{100 * r['violation_share']:6.2f} %  {r['cost_ratio']:.3f}  {r['actions_per_hour']:5.1f}"
                       for r in (hpa, ours)]
                worse = least is None or least > hpa["violation_share"] + 0.001
                print(f"{name:18} {row[0]:34} {row[1]}  {100 * ours['coverage']:5.1f} %  "
                      f"{ours['max_nodes'] / needed:.2f}{'':10}"
                      f"{'-' if least is None else f'{100 * least:6.2f} %'}{' worse' if worse else ''}")


if __name__ == "__main__":
    main()
