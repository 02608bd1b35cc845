"""headroom-hook-test: a hook that keeps its contract passes, each fault that is planted in it is found, and the hooks in
packaging/hooks pass with stubs of their tools."""

import os
import signal
import subprocess
import unittest

import hook_kit
from headroom_test import HOOK_TEST, HeadroomTest, wait_until
from test_hook_instances import HOOK, KUBECTL_SCALE, SYSTEMCTL

# Its nodes are files in a folder of their group.
GOOD = """#!/bin/sh
set -eu
cd "$(dirname "$0")"
[ "$1" != contract ] || { echo 2; exit; }
mkdir -p "nodes/$2"
cd "nodes/$2"
have=$(ls | grep -c .) || true
case $1 in
count)
    echo "$have"
    ls ;;
scale-out)
    number=1
    while [ "$have" -lt "$3" ]; do
        if [ ! -e "$2-$number" ]; then
            : > "$2-$number"
            have=$((have + 1))
        fi
        number=$((number + 1))
    done ;;
scale-in)
    group=$2 to=$3
    [ "$have" -gt "$to" ] || exit 65
    shift 3
    for node; do
        if [ "$have" -gt "$to" ] && [ -e "$node" ]; then
            rm "$node"
            have=$((have - 1))
        fi
    done ;;
*) exit 2 ;;
esac
"""

GOOD_COUNT = """    echo "$have"
    ls ;;
"""
GOOD_COUNT_THAT_LETS_APPEAR = """    echo "$have"
    ls
    if [ -s ../waiting ]; then
        sed -i 1d ../waiting
        : > "$2-$(date +%s%N)"
    fi ;;
"""

CONTRACT = "contract prints 2"
UNKNOWN = "an operation that the contract does not have is refused"
COUNT = "count prints how many nodes exist"
REPEATED_OUT = "scale-out that is repeated at once adds no more nodes"
DIFFERENCE = "scale-out adds the difference; its record has a member of a later version"
LOWER_OUT = "scale-out to fewer nodes than exist changes nothing"
STRANGE = "scale-in takes no other name for that of a node"
MANY = "scale-in takes as many and as long names as the collector may give"
TOO_FEW = "scale-in to as many nodes as exist exits with 65"
NAMED_ONLY = "scale-in removes the named node and no other"
GAP = "scale-out adds a node in place of a removed one"
STOP = "scale-in of two nodes removes one if the other must be left"
REPEATED_IN = "the same scale-in exits with 65 when it is repeated"
KILLED = "scale-out that was killed adds what is missing, and no more, when it is repeated"
OLD = "an order that is older than the last one is refused"
ALL_NAMED = "scale-in removes all named nodes"
TIME = "all runs end within their time limit"
OUTPUT = "no run prints more than the collector logs"
LEFTOVERS = "no run leaves processes behind, which would end with the collector's unit"


class Kit(HeadroomTest):
    def write(self, name, text):
        with open(self.path(name), "w", encoding="ascii") as file:
            file.write(text)
        os.chmod(self.path(name), 0o755)
        return self.path(name)

    def nodes(self, group="hook-test"):
        try:
            return sorted(os.listdir(self.path(f"nodes/{group}")))
        except FileNotFoundError:
            return []

    def have(self, group, *names):
        os.makedirs(self.path(f"nodes/{group}"), exist_ok=True)
        for name in names:
            self.write(f"nodes/{group}/{name}", "")


class Planted(Kit):
    """Each test plants one fault in the good hook."""

    def plant(self, good, bad, *more):
        """Replaces one part of it by another; more: pairs of the same kind."""
        text = GOOD
        for part, other in ((good, bad), *more):
            self.assertEqual(text.count(part), 1, part)
            text = text.replace(part, other)
        return self.write("hook", text)

    def found(self, hook, expected, *flags, perhaps=frozenset()):
        """expected: {check: a pattern of why it fails}; perhaps: checks that may fail or not"""
        results = hook_kit.run(hook, *flags)
        self.assertEqual(results.status, 1, str(results))
        self.assertEqual(set(results.failed) - perhaps, set(expected), str(results))
        for check, why in expected.items():
            self.assertRegex(results.failed[check], why)
        return results

    def test_another_contract(self):
        results = self.found(self.plant("echo 2", "echo 1"), {CONTRACT: 'must print 2, but it printed "1"'})
        self.assertEqual(set(results.passed), {TIME, OUTPUT, LEFTOVERS})
        self.assertEqual(self.nodes(), [])  # nothing was ordered

    def test_a_need_for_home(self):
        self.found(self.plant("set -eu", "set -eu\n: \"$HOME\""), {CONTRACT: "its exit status was 2"})

    def test_an_unknown_operation_that_is_accepted(self):
        self.found(self.plant("exit 2", "exit 0"), {UNKNOWN: "accepted after"})

    def test_an_unknown_operation_with_the_status_of_another_answer(self):
        self.found(self.plant("exit 2", "exit 64"), {UNKNOWN: "exit status 64 after"})

    def test_a_count_that_does_not_agree_with_its_names(self):
        self.have("hook-test", "a", "b")
        results = self.found(self.plant("    ls ;;", "    ls | head -n 1 ;;"),
                             {COUNT: "the number 2, and then 1 names"}, "--yes")
        self.assertNotIn(REPEATED_OUT, results.passed)
        self.assertEqual(self.nodes(), ["a", "b"])

    def test_scale_out_that_takes_to_for_the_difference(self):
        """It would add more and more nodes: the test ends when there are more than it may add, and removes them."""
        results = self.found(self.plant("    number=1\n", '    set -- "$1" "$2" $((have + $3))\n    number=1\n'),
                             {REPEATED_OUT: "2 nodes exist, and 1 should", DIFFERENCE: "5 nodes exist, and 3 should"})
        self.assertEqual(results.untested, {"the rest": "there were more nodes than the test may add"})
        self.assertEqual(self.nodes(), [])

    def test_scale_out_that_adds_to_what_exists(self):
        hook = self.plant('"$have" -lt "$3" ]; do\n', '"$have" -lt "$3" ] || [ "$have" = 1 ]; do\n')
        results = self.found(hook, {REPEATED_OUT: "2 nodes exist, and 1 should"})
        self.assertIn("after: scale-out hook-test 1", results.output)

    def test_scale_out_whose_nodes_show_later(self):
        """The repeated order does not see the node of the first one. Each count lets one node appear."""
        hook = self.plant("""    number=1
    while [ "$have" -lt "$3" ]; do
        if [ ! -e "$2-$number" ]; then
            : > "$2-$number"
""", """    number=1
    while [ "$have" -lt "$3" ]; do
        if [ ! -e "$2-$number" ]; then
            echo x >> ../waiting
""", (GOOD_COUNT, GOOD_COUNT_THAT_LETS_APPEAR))
        results = hook_kit.run(hook)
        self.assertRegex(results.failed[REPEATED_OUT], "2 nodes exist, and 1 should")

    def test_scale_out_that_lowers(self):
        self.found(self.plant("    number=1\n", """    number=1
    for node in *; do
        [ "$have" -le "$3" ] || { rm "$node"; have=$((have - 1)); }
    done
"""), {LOWER_OUT: "it removed hook-test-1, which was not to be removed"})

    def test_scale_out_that_takes_the_number_for_a_name(self):
        """The next node is named by the count, which a removal has made the name of another. When it is killed decides
        whether that happens once more."""
        hook = self.plant("    number=1\n", "    number=$((have + 1))\n    [ ! -e \"$2-$number\" ] || exit 1\n")
        self.found(hook, {GAP: "exit status 1 after .*; exit status 0 is right"}, perhaps={KILLED})

    def test_a_lock_that_outlives_a_killed_run(self):
        self.found(self.plant("    number=1\n", "    number=1\n    mkdir ../../lock 2> /dev/null || exit 0\n    sleep 1\n",
                              ("    done ;;\nscale-in)", "    done\n    rmdir ../../lock ;;\nscale-in)")),
                   {KILLED: "2 nodes exist, and 3 should"}, "--settle=1s")

    def test_scale_in_by_patterns(self):
        self.found(self.plant("    for node; do", "    for node in $(for name; do ls | grep -x -e \"$name\" || :; done); do"),
                   {STRANGE: "it removed hook-test-1, which was not to be removed"})

    def test_scale_in_that_fails_for_a_node_that_is_not_there(self):
        self.found(self.plant('[ "$have" -gt "$to" ] && [ -e "$node" ]', '[ "$have" -gt "$to" ]'),
                   {STRANGE: "exit status 1 after", MANY: "exit status 1 after"})

    def test_scale_in_of_others(self):
        self.found(self.plant("    for node; do", "    set -- $(ls)\n    for node; do"),
                   {STRANGE: "it removed hook-test-1, which was not to be removed"})

    def test_scale_in_below_to(self):
        self.found(self.plant('if [ "$have" -gt "$to" ] && [ -e', 'if [ -e'), {STOP: "1 node exists, and 2 should"})

    def test_scale_in_that_does_not_say_65(self):
        self.found(self.plant("exit 65", "exit 0"), {TOO_FEW: "accepted after .*; exit status 65 is right",
                                                      REPEATED_IN: "accepted after .*; exit status 65 is right"})

    def test_scale_in_without_effect(self):
        results = self.found(self.plant('            rm "$node"\n', ""),
                             {NAMED_ONLY: "3 nodes exist, and 2 should", STOP: ".*", ALL_NAMED: ".*",
                              "scale-in removes the nodes that the test has added": ".*"}, "--settle=1s")
        self.assertIn("nodes that the test has added may still be there, 3 by the last count; remove them yourself: "
                      "hook-test-1 hook-test-2 hook-test-3\n", results.output)

    def test_a_queue_that_forgets_its_last_order(self):
        self.found(self.write("hook", GOOD), {OLD: "accepted after .*; another exit status is right"}, "--queue")

    def test_a_hang(self):
        self.found(self.plant("    shift 3\n", '    shift 3\n    [ "$#" != 1024 ] || sleep 600\n'),
                   {MANY: "not finished within its time limit", TIME: "until its time limit of 4.0 s"},
                   "--hook-timeout=4s")

    def test_much_output(self):
        self.found(self.plant("    number=1\n", "    number=1\n    seq 2000\n"), {OUTPUT: "would not log [0-9]+ of its lines"})

    def test_long_lines(self):
        self.found(self.plant("    number=1\n", "    number=1\n    printf '%0500d\\n' 7\n"),
                   {OUTPUT: "would cut 1 of its lines"})

    def test_processes_that_are_left(self):
        self.addCleanup(self.kill_left)
        self.found(self.plant("    number=1\n", "    number=1\n    setsid sleep 600 > /dev/null 2>&1 &\n    echo $! >> ../../pids\n"),
                             {LEFTOVERS: r"it left sleep \(process \d+\) running"})

    def kill_left(self):
        with open(self.path("pids"), encoding="ascii") as file:
            for pid in file.read().split():
                os.kill(int(pid), signal.SIGKILL)


class Good(Kit):
    def setUp(self):
        super().setUp()
        self.hook = self.write("hook", GOOD)

    def test_it_passes(self):
        results = hook_kit.check(self, self.hook)
        self.assertEqual(results.untested, {OLD: "only a hook with a queue must do this (--queue)"})
        self.assertEqual(results.output.splitlines()[-1], f"{len(results.passed)} checks passed, 0 failed, 1 untested")
        self.assertEqual(self.nodes(), [])

    def test_more_nodes_and_another_group(self):
        self.have("web", "web-2", "web-old")
        hook_kit.check(self, self.hook, "--group=web", "--yes", "--max=12")
        self.assertEqual(self.nodes("web"), ["web-2", "web-old"])

    def test_a_queue_that_keeps_the_order(self):
        hook = self.write("hook", GOOD.replace("have=$(ls", """case $1 in scale-*)
    last=$(cat ../last 2> /dev/null || echo 0)
    [ "${HEADROOM_ORDER#*.}" -gt "$last" ] || exit 3
    echo "${HEADROOM_ORDER#*.}" > ../last.new
    mv ../last.new ../last ;;
esac
have=$(ls"""))
        self.assertEqual(hook_kit.check(self, hook, "--queue").untested, {})

    def test_nodes_that_were_there_are_not_at_risk(self):
        self.have("hook-test", "a", "b")
        results = hook_kit.run(self.hook)
        self.assertEqual((results.status, results.failed), (1, {}))
        self.assertIn("has nodes already, 2 by count", results.untested["scale-out and scale-in"])
        self.assertEqual(self.nodes(), ["a", "b"])

    def test_another_group_needs_yes(self):
        results = hook_kit.run(self.hook, "--group=web")
        self.assertEqual((results.status, results.output), (2, ""))
        self.assertIn("--yes allows that", results.log)

    def test_what_is_no_program(self):
        results = hook_kit.run(self.path("none"))
        self.assertEqual((results.status, results.output), (2, ""))
        self.assertIn("No such file or directory", results.log)

    def test_a_hook_that_can_not_count(self):
        hook = self.write("hook", GOOD.replace(GOOD_COUNT, "    exit 64 ;;\n"))
        results = hook_kit.run(hook)
        self.assertEqual((results.status, results.failed), (1, {}))
        self.assertIn("can't say", results.untested[COUNT])
        results = hook_kit.run(hook, "--victims=any")
        self.assertEqual((results.status, set(results.failed)), (1, {COUNT}))

    def test_a_hook_that_does_not_name_nodes(self):
        hook = self.write("hook", GOOD.replace(GOOD_COUNT, '    echo "$have" ;;\n'))
        results = hook_kit.run(hook)
        self.assertEqual((results.status, results.failed), (1, {}))
        self.assertIn("does not print the names", results.untested["scale-in of named nodes"])
        self.assertIn("nodes that the test has added may still be there, 1 by the last count; remove them yourself\n",
                      results.output)

    def test_no_sandbox_without_root_or_systemd(self):
        if os.geteuid() == 0 and os.path.exists("/run/systemd/system"):
            self.skipTest("here is a sandbox")
        results = hook_kit.run(self.hook, "--sandbox")
        self.assertEqual((results.status, results.failed), (0, {}))
        self.assertIn("it needs root", results.untested["the sandbox of headroom-collector.service"])

    def test_an_interruption_removes_the_nodes(self):
        hook = self.write("hook", GOOD.replace("scale-in)", "scale-in)\n    [ -e ../../go ] || : > ../../waits\n"
                                               "    while [ ! -e ../../go ]; do sleep 0.1; done"))
        kit = subprocess.Popen([HOOK_TEST, hook], stdout=subprocess.PIPE, text=True)
        self.addCleanup(kit.kill)
        wait_until(lambda: os.path.exists(self.path("waits")), "the first scale-in")
        self.assertEqual(len(self.nodes()), 3)
        kit.send_signal(signal.SIGINT)
        self.write("go", "")
        output, _ = kit.communicate(timeout=hook_kit.LIMIT_S)
        self.assertEqual(kit.returncode, 1, output)
        self.assertIn("the test was interrupted", output)
        self.assertEqual(self.nodes(), [])


# It knows one Deployment, whose pods are there at once.
KUBECTL = """#!/bin/sh
cd "$FOLDER"
case "$*" in
*jsonpath=*) cat replicas ;;
*--replicas*) for last; do :; done; echo "$last" > replicas.new; mv replicas.new replicas ;;
esac
"""


class Shipped(Kit):
    """The hooks in packaging/hooks."""

    def environment(self, tool, text, **variables):
        os.mkdir(self.path("bin"))
        self.write(f"bin/{tool}", text)
        return {**os.environ, "PATH": f"{self.path('bin')}:{os.environ['PATH']}", **variables}

    def test_systemd_instances(self):
        os.mkdir(self.path("units"))
        hook_kit.check(self, HOOK, environment=self.environment("systemctl", SYSTEMCTL, UNITS=self.path("units")))

    def test_kubectl_scale(self):
        self.write("replicas", "0\n")
        environment = self.environment("kubectl", KUBECTL, FOLDER=self.path(""))
        hook_kit.check(self, KUBECTL_SCALE, "--victims=any", environment=environment)


if __name__ == "__main__":
    unittest.main()
