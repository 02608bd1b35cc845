"""Runs headroom-hook-test, and reads what it prints. A test of a shipped hook, with a stub of the hook's tool, is

    hook_kit.check(self, HOOK, "--victims=any", environment={**os.environ, "PATH": ...})
"""

import os
import subprocess

from headroom_test import HOOK_TEST

LIMIT_S = 300


class Results:
    """passed, failed, untested: {check: why, or ""}; output: all that was printed."""

    def __init__(self, output, log, status):
        self.output, self.log, self.status = output, log, status
        self.passed, self.failed, self.untested = {}, {}, {}
        for line in output.splitlines():
            found = {"ok": self.passed, "WRONG": self.failed, "untested": self.untested}.get(line.split(" ")[0])
            if found is not None:
                check, _, why = line[10:].partition(": ")
                found[check] = why

    def __str__(self):
        return f"exit status {self.status}\n{self.output}{self.log}"


def run(program, *flags, environment=None):
    """Changes show at once in stubs, so not much is waited for; later flags count."""
    result = subprocess.run([HOOK_TEST, "--settle=4s", *flags, program], stdin=subprocess.DEVNULL, text=True,
                            capture_output=True, env=environment or os.environ, timeout=LIMIT_S, check=False)
    return Results(result.stdout, result.stderr, result.returncode)


def check(test, program, *flags, environment=None):
    """Fails the test case unless the hook passes all checks but that of a queue."""
    results = run(program, *flags, environment=environment)
    test.assertEqual((results.status, results.failed), (0, {}), str(results))
    test.assertLessEqual(set(results.untested), {"an order that is older than the last one is refused"}, str(results))
    return results
