"""packaging/hooks/systemd-instances, with a fake systemctl that stores its units in a directory."""

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

    def hook(self, *arguments, **variables):
        environment = {**os.environ, "PATH": f"{self.path('bin')}:{os.environ['PATH']}", "UNITS": self.path("units"),
                       **variables}
        return subprocess.run([HOOK, *map(str, arguments)], input="{}", text=True, capture_output=True,
                              env=environment, timeout=30, check=False)

    def order(self, *arguments, status=0):
        """Returns the instances that run afterwards."""
        result = self.hook(*arguments)
        self.assertEqual(result.returncode, status, result.stderr)
        return sorted(name.removeprefix("headroom-worker@").removesuffix(".service")
                      for name in os.listdir(self.path("units")))

    def calls(self):
        try:
            with open(self.path("calls"), encoding="ascii") as file:
                return [line for line in file.read().splitlines() if not line.startswith("list-units")]
        except FileNotFoundError:
            return []

    def test_it_keeps_contract_2(self):
        result = self.hook("contract")
        self.assertEqual((result.returncode, result.stdout), (0, "2\n"))
        self.assertEqual(self.hook("contract", HEADROOM_UNIT="worker.service").returncode, 2)

    def test_scale_out_starts_the_lowest_free_numbers(self):
        self.assertEqual(self.order("scale-out", "web", 2), ["web-1", "web-2"])
        self.have("web-4")
        self.assertEqual(self.order("scale-out", "web", 5), ["web-1", "web-2", "web-3", "web-4", "web-5"])
        self.assertEqual(self.calls()[1],
                         "--no-ask-password start headroom-worker@web-3.service headroom-worker@web-5.service")

    def test_scale_out_never_stops_an_instance(self):
        self.have("web-1", "web-2", "web-3", "web-4")
        for to in (0, 1, 3, 4):
            self.assertEqual(self.order("scale-out", "web", to), ["web-1", "web-2", "web-3", "web-4"])
        self.assertEqual(self.calls(), [])

    def test_scale_in_stops_the_named_instances_and_no_others(self):
        self.have("web-1", "web-2", "web-3", "web-9", "web-10")
        self.assertEqual(self.order("scale-in", "web", 3, "web-9", "web-2"), ["web-1", "web-10", "web-3"])
        self.assertEqual(self.calls(),
                         ["--no-ask-password stop headroom-worker@web-9.service headroom-worker@web-2.service"])

    def test_scale_in_leaves_as_many_as_it_is_told(self):
        self.have("web-1", "web-2", "web-3")
        self.assertEqual(self.order("scale-in", "web", 2, "web-3", "web-2", "web-1"), ["web-1", "web-2"])
        self.assertEqual(self.order("scale-in", "web", 2, "web-1", status=65), ["web-1", "web-2"])
        self.assertEqual(self.order("scale-in", "web", 5, "web-1", status=65), ["web-1", "web-2"])

    def test_names_that_do_not_run_are_passed_over(self):
        self.have("web-1", "web-2", "web-3")
        self.assertEqual(self.order("scale-in", "web", 1, "web-7", "db-1", "web-x", "web-03", "web-*", "web-3", "web-3"),
                         ["web-1", "web-2"])
        self.assertEqual(self.order("scale-in", "web", 1, "web-7"), ["web-1", "web-2"])

    def test_a_second_run_changes_nothing(self):
        self.have("web-1", "web-2", "web-3")
        self.order("scale-in", "web", 2, "web-1")
        before = self.calls()
        self.assertEqual(self.order("scale-in", "web", 2, "web-1", status=65), ["web-2", "web-3"])
        self.assertEqual(self.order("scale-out", "web", 2), ["web-2", "web-3"])
        self.assertEqual(self.calls(), before)

    def test_more_nodes_than_ten_are_named(self):
        self.have(*[f"web-{number}" for number in range(1, 13)])
        self.assertEqual(self.order("scale-in", "web", 1, *[f"web-{number}" for number in range(2, 13)]), ["web-1"])

    def test_count_names_what_runs(self):
        result = self.hook("count", "web")
        self.assertEqual((result.returncode, result.stdout), (0, "0\n"))
        self.have("web-1", "web-12", "web-eu-3")
        self.have("web-2", state="failed")
        self.assertEqual(sorted(self.hook("count", "web").stdout.split()), ["2", "web-1", "web-12"])

    def test_what_has_failed_or_ends_does_not_count(self):
        self.have("web-1", state="failed")
        self.have("web-2", state="deactivating")
        self.have("web-3", state="activating")
        self.order("scale-out", "web", 3)  # web-2 still ends
        self.assertEqual(self.calls(),
                         ["--no-ask-password start headroom-worker@web-1.service headroom-worker@web-4.service"])

    def test_other_groups_and_names_are_left_alone(self):
        self.have("web-eu-1", "db-1", "web-one", "web-01", "web-1")
        self.assertEqual(self.order("scale-in", "web", 0, "web-eu-1", "db-1", "web-one", "web-01", "web-1"),
                         ["db-1", "web-01", "web-eu-1", "web-one"])

    def test_the_template_may_be_another(self):
        self.hook("scale-out", "web", 1, HEADROOM_UNIT="crew@.service")
        self.assertEqual(os.listdir(self.path("units")), ["crew@web-1.service"])

    def test_what_systemctl_fails_at_is_a_failure(self):
        self.have("web-1", "web-2")
        with open(self.path("broken"), "w", encoding="ascii"):
            pass
        for arguments in (("scale-out", "web", 3), ("scale-in", "web", 1, "web-1"), ("count", "web")):
            result = self.hook(*arguments)
            self.assertNotIn(result.returncode, (0, 64, 65), arguments)
            self.assertIn("Failed to connect to bus", result.stderr)

    def test_wrong_arguments_are_refused(self):
        for arguments in ((), ("scale", "web", 1, 2), ("scale-out", "web"), ("scale-out", "web", "x"),
                          ("scale-out", "web", ""), ("scale-out", "web", 1, 2), ("scale-out", "we b", 1),
                          ("scale-out", "*", 1), ("scale-out", "", 1), ("scale-in", "web", 1), ("count",),
                          ("count", "web", 1), ("count", "-web")):
            result = self.hook(*arguments)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertTrue(result.stderr.startswith("systemd-instances: "), result.stderr)
        self.assertEqual(self.calls(), [])


if __name__ == "__main__":
    unittest.main()
