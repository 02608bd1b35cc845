"""Latency of the collector's event loop, from its /metrics."""

import re
import subprocess
import sys

BUSY_SHARE = 0.1
# Prints the share of two seconds in which a process that is always ready to run did not.
SPIN = """import time
begin = before = time.monotonic()
lost = 0.0
while before < begin + 2.0:
    now = time.monotonic()
    lost += now - before if now - before > 0.002 else 0.0
    before = now
print(lost / 2.0)"""

BUCKET = re.compile(r'headroom_loop_turn_seconds_bucket\{le="([^"]+)"\} (\d+)')


def loop_turns(text):
    """{seconds: number of loop turns that took at most this long}."""
    return {float(bound): int(count) for bound, count in BUCKET.findall(text)}


def late_share(before, after, limit_s):
    """The share of moments between two (loop_turns(), time in s) at which an arriving event waits longer than that for
    the loop. Each turn counts with the upper bound of its bucket, so the result is an upper bound."""
    counts = {bound: count - before[0][bound] for bound, count in after[0].items()}
    late_s, lower = 0.0, 0
    for bound, count in sorted(counts.items()):
        late_s += (count - lower) * max(0.0, min(bound, 10.0) - limit_s)
        lower = count
    return late_s / (after[1] - before[1])


def is_machine_busy():
    """Whether other programs take so much of the machine that a latency says nothing about the collector."""
    spun = subprocess.run([sys.executable, "-c", SPIN], stdout=subprocess.PIPE, text=True, timeout=60, check=True)
    print(f"a process that spins does not run in {float(spun.stdout):.0%} of the time", flush=True)
    return float(spun.stdout) > BUSY_SHARE
