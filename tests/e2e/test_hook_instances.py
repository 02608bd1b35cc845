"""packaging/hooks/systemd-instances, with a fake systemctl that stores its units in a directory."""

import json
import os
import subprocess
import tempfile
import unittest

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HOOK = os.path.join(SOURCE, "packaging", "hooks", "systemd-instances")

# A unit is a file that contains its state. Listing accepts states and a pattern, as systemctl does.
SYSTEMCTL = """#!/bin/sh
cd "$UNITS"
[ ! -e ../broken ] || { echo "Failed to connect to bus" >&2; exit 1; }
echo "$*" >> ../calls
case "$*" in
list-units*)
    states=",$(echo "$*" | sed -n 's/.*--state=\\([^ ]*\\).*/\\1/p'),"
    for last; do :; done
    for unit in $last; do
        [ -e "$unit" ] || continue
        case $states in *,"$(cat "$unit")",*) echo "$unit loaded $(cat "$unit") running Headroom node" ;; esac
    done
    ;;
"--no-ask-password start "*) shift 2; for unit; do echo active > "$unit"; done ;;
"--no-ask-password stop "*) shift 2; for unit; do rm "$unit"; done ;;
*) echo "unknown: $*" >&2; exit 1 ;;
esac
"""


class SystemdInstances(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="headroom-hook.")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        os.mkdir(self.path("units"))
        os.mkdir(self.path("bin"))
        with open(self.path("bin", "systemctl"), "w", encoding="ascii") as file:
            file.write(SYSTEMCTL)
        os.chmod(self.path("bin", "systemctl"), 0o755)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def have(self, *names, state="active"):
        for name in names:
            with open(self.path("units", f"headroom-worker@{name}.service"), "w", encoding="ascii") as file:
                file.write(state + "\n")

    def hook(self, *arguments, victims=(), record=None, **variables):
        if record is None:
            record = json.dumps({"group": arguments[1], "victims": victims, "why": 'a "reason"'}, separators=(",", ":"))
        environment = {**os.environ, "PATH": f"{self.path('bin')}:{os.environ['PATH']}", "UNITS": self.path("units"),
                       **variables}
        return subprocess.run([HOOK, *map(str, arguments)], input=record, text=True, capture_output=True,
                              env=environment, timeout=30, check=False)

    def scale(self, group, desired, **options):
        result = self.hook("scale", group, 0, desired, **options)
        self.assertEqual(result.returncode, 0, result.stderr)
        return sorted(name.removeprefix("headroom-worker@").removesuffix(".service")
                      for name in os.listdir(self.path("units")))

    def calls(self):
        with open(self.path("calls"), encoding="ascii") as file:
            return [line for line in file.read().splitlines() if not line.startswith("list-units")]

    def test_lowest_free_numbers_are_started(self):
        self.assertEqual(self.scale("web", 2), ["web-1", "web-2"])
        self.have("web-4")
        self.assertEqual(self.scale("web", 5), ["web-1", "web-2", "web-3", "web-4", "web-5"])
        self.assertEqual(self.calls()[1],
                         "--no-ask-password start headroom-worker@web-3.service headroom-worker@web-5.service")

    def test_victims_are_stopped_first_and_then_the_highest_numbers(self):
        self.have("web-1", "web-2", "web-3", "web-9", "web-10")
        self.assertEqual(self.scale("web", 4, victims=["web-2"]), ["web-1", "web-10", "web-3", "web-9"])
        self.assertEqual(self.scale("web", 2, victims=["web-1"]), ["web-3", "web-9"])
        self.assertEqual(self.scale("web", 1, victims=["web-3", "web-9"]), ["web-9"])

    def test_victims_that_do_not_run_are_passed_over(self):
        self.have("web-1", "web-2", "web-3")
        self.assertEqual(self.scale("web", 1, victims=["web-7", "db-1", "web-x", "web-3", "web-3"]), ["web-1"])

    def test_a_second_run_changes_nothing(self):
        self.have("web-1", "web-2", "web-3")
        self.scale("web", 2, victims=["web-1"])
        before = self.calls()
        self.assertEqual(self.scale("web", 2, victims=["web-1"]), ["web-2", "web-3"])
        self.assertEqual(self.calls(), before)

    def test_to_none_and_from_none(self):
        self.have("web-1", "web-2")
        self.assertEqual(self.scale("web", 0), [])
        self.assertEqual(self.scale("web", 0), [])
        self.assertEqual(self.scale("web", 1), ["web-1"])

    def test_what_has_failed_or_ends_does_not_count(self):
        self.have("web-1", state="failed")
        self.have("web-2", state="deactivating")
        self.have("web-3", state="activating")
        self.scale("web", 2)
        self.assertEqual(self.calls(), ["--no-ask-password start headroom-worker@web-1.service"])

    def test_other_groups_and_names_are_left_alone(self):
        self.have("web-eu-1", "db-1", "web-one", "web-01", "web-1")
        self.assertEqual(self.scale("web", 0), ["db-1", "web-01", "web-eu-1", "web-one"])
        self.assertEqual(self.scale("web-eu", 0), ["db-1", "web-01", "web-one"])

    def test_the_template_may_be_another(self):
        self.hook("scale", "web", 0, 1, HEADROOM_UNIT="crew@.service")
        self.assertEqual(os.listdir(self.path("units")), ["crew@web-1.service"])

    def test_a_record_without_victims_does(self):
        self.have("web-1", "web-2")
        for record in ("", "{}", '{"victims":[]}\n'):
            self.assertEqual(self.scale("web", 2, record=record), ["web-1", "web-2"])
        self.assertEqual(self.scale("web", 1, record=""), ["web-1"])

    def test_what_systemctl_fails_at_is_a_failure(self):
        self.have("web-1", "web-2")
        with open(self.path("broken"), "w", encoding="ascii"):
            pass
        result = self.hook("scale", "web", 2, 1)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("Failed to connect to bus", result.stderr)

    def test_wrong_arguments_are_refused(self):
        for arguments in ((), ("scale", "web", 1), ("grow", "web", 1, 2), ("scale", "web", 1, "x"),
                          ("scale", "web", 1, ""), ("scale", "we b", 1, 2), ("scale", "*", 1, 2), ("scale", "", 1, 2)):
            result = self.hook(*arguments, record="{}")
            self.assertEqual(result.returncode, 2, arguments)
            self.assertTrue(result.stderr.startswith("systemd-instances: "), result.stderr)
        self.assertEqual(self.hook("scale", "web", 1, 2, HEADROOM_UNIT="worker.service").returncode, 2)


if __name__ == "__main__":
    unittest.main()
