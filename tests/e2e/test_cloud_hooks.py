"""The hooks for clouds in packaging/hooks, each with a stub of its cloud's command-line tool, which fails in the ways
that are known: refused for the rate, an expired token, a quota, a list that lags behind, a part that can't be done. What
counts is which servers exist in truth afterwards, not what a list shows."""

import json
import os
import re
import signal
import unittest

import hook_kit
from cloud_case import Aws, Azure, CloudTest, Google, Hetzner, Openstack
from headroom_test import SOURCE, main, wait_until

LATE = 1000.0  # seconds by which a list is late: longer than a test


class Contract(CloudTest):
    """What all five have in common."""

    def names(self, *numbers):
        return sorted(map(self.node, numbers))

    def assert_exist(self, *numbers):
        self.assertEqual(sorted(self.cloud.names()), self.names(*numbers))

    # ---- the contract ----

    def test_contract_and_wrong_calls(self):
        self.assertEqual(self.run_hook("contract"), (0, "2\n", ""))
        for words in ((), ("scale",), ("scale", "web", 2, 3), ("contract", "web"), ("count",), ("count", "web", 1),
                      ("scale-out", "web"), ("scale-out", "web", "3", "web-1"), ("scale-out", "web", "-1"),
                      ("scale-out", "web", "3x"), ("scale-out", "web", "99999999"), ("scale-out", "-e", "3"),
                      ("scale-out", "../map", "3"), ("scale-in", "web", "0"), ("scale-in", "web", "", "web-1")):
            with self.subTest(words):
                self.order(*words, status=2)
        self.assertEqual(self.cloud.commands(), [])

    def test_groups_that_the_map_lacks_have_no_effect(self):
        for group in ("api", "webs", "#", "GROUP"):
            with self.subTest(group):
                self.assertIn(self.run_hook("scale-out", group, 3)[0], (1, 2))
                self.assertIn(self.run_hook("count", group)[0], (64, 2))
        self.assertEqual(self.run_hook("count", "api"), (64, "", ""))
        self.assertIn("has no group api", self.order("scale-out", "api", 3, status=1))
        self.assertEqual(self.cloud.commands(), [])
        os.remove(self.path("map"))
        self.assertIn("map can't be read", self.order("count", "web", status=1))

    def test_a_note_of_the_last_order_that_is_damaged_stops_nothing(self):
        for number, text in enumerate(("", "\0\0\0", "1795910691080", "1 x\n"), 1):
            self.order("scale-out", "web", 2, HEADROOM_ORDER=f"7.{number}")
            self.write(f"state/{self.adapter}.web.order", text)
            done = self.run_hook("scale-out", "web", 2 + number, HEADROOM_ORDER=f"7.{number}")
            self.assertEqual(done[0], 0, done)
            self.assertIn("web.order is damaged, and is replaced", done[2])
            self.order("scale-out", "web", 2, status=1, HEADROOM_ORDER="6.9")
        self.assert_exist(*range(1, 7))

    def test_a_map_with_the_line_ends_of_windows(self):
        with open(self.path("map"), "w", encoding="ascii", newline="") as file:
            file.write(f"# GROUP ARGUMENT...\r\n\r\nweb {self.arguments}\r\n")
        self.order("scale-out", "web", 3)
        self.assert_exist(1, 2, 3)

    def test_scale_out_brings_the_group_to_a_number_and_never_below(self):
        self.have(2)
        for _ in range(2):
            self.order("scale-out", "web", 4)
            self.assertEqual(sorted(self.count()), self.names(1, 2, 3, 4))
        self.order("scale-out", "web", 1)
        self.order("scale-out", "web", 0)
        self.assert_exist(1, 2, 3, 4)

    def test_scale_in_removes_the_named_nodes_and_no_others(self):
        self.have(5)
        self.order("scale-in", "web", 3, "stranger", "web-77", self.node(2), self.node(2), self.node(4))
        self.assert_exist(1, 3, 5)
        self.assertEqual(sorted(self.count()), self.names(1, 3, 5))
        self.assertEqual(self.run_hook("scale-in", "web", 2, self.node(2), self.node(4)),
                         (0, "none of these nodes exists\n", ""))
        self.order("scale-in", "web", 2, self.node(1), self.node(3), self.node(5))  # no more than down to 2
        self.assert_exist(3, 5)
        self.order("scale-in", "web", 2, self.node(3), status=65)
        self.order("scale-in", "web", 9, self.node(3), status=65)
        self.assert_exist(3, 5)
        self.order("scale-in", "web", 0, self.node(3), self.node(5))
        self.assert_exist()
        self.assertEqual(self.count(), [])
        self.order("scale-in", "web", 0, self.node(3), status=65)

    def test_nodes_are_removed_by_name_only(self):
        self.assertIn("victims = any", self.order("scale-in", "web", 1, status=2))
        self.assert_exist(1, 2)

    def test_a_dry_run_changes_nothing(self):
        self.have(3)
        for words, how in ((("--dry-run",), {}), ((), {"HEADROOM_HOOK_DRY_RUN": "1"})):
            status, output, errors = self.run_hook(*words, "scale-out", "web", 5, **how)
            self.assertEqual((status, errors), (0, ""))
            self.assertRegex(output, f"^would run: {self.tool} ")
            status, output, errors = self.run_hook(*words, "scale-in", "web", 1, self.node(1), self.node(2), **how)
            self.assertEqual((status, errors), (0, ""))
            self.assertRegex(output, f"^would run: {self.tool} ")
        self.assertEqual(self.cloud.commands(), [])
        self.assertFalse(os.path.exists(self.path("state")))
        self.assert_exist(1, 2, 3)

    def test_secrets_that_a_tool_prints_are_not_logged(self):
        self.assertEqual(self.run_hook("scale-out", "web", 3), (0, "", ""))

    def test_the_shell_of_busybox_runs_them(self):
        shell = ("busybox", "sh")
        self.order("scale-out", "web", 4, shell=shell)
        self.order("scale-in", "web", 3, self.node(2), shell=shell)
        self.assert_exist(1, 3, 4)

    def test_the_hook_kit_finds_nothing_wrong(self):
        self.have(0)
        results = hook_kit.check(self, self.program, "--group=web", "--yes", "--queue",
                                 environment={**os.environ, **self.variables(), "HEADROOM_HOOK_SETTLE_S": "2"})
        self.assertEqual(results.untested, {})
        self.assert_exist()

    # ---- what goes wrong ----

    def test_what_the_cloud_refuses_for_its_rate_is_done_by_the_next_run(self):
        self.have(3)
        for words, after in ((("scale-out", "web", 5), (1, 2, 3, 4, 5)),
                             (("scale-in", "web", 4, self.node(1)), (2, 3, 4, 5))):
            self.cloud.ask_faults(throttle=1)
            self.assertRegex(self.order(*words, status=1), "(?i)rate|throttl|quota|too many requests")
            self.order(*words)
            self.assert_exist(*after)
        self.cloud.ask_faults(throttle=1)
        self.order("count", "web", status=1)

    def test_an_expired_token_fails_everything(self):
        self.cloud.ask_faults(expired=True)
        for words in (("scale-out", "web", 5), ("scale-in", "web", 1, self.node(1)), ("count", "web")):
            self.assertRegex(self.order(*words, status=1), "(?i)expired|refreshing|auth")
        self.assertEqual(self.cloud.commands(), [])
        self.cloud.ask_faults()
        self.order("scale-out", "web", 3)
        self.assert_exist(1, 2, 3)

    def test_new_nodes_that_the_list_lacks_are_not_created_again(self):
        self.have(3)
        self.cloud.ask_faults(lag_s=LATE)
        for _ in range(3):
            self.order("scale-out", "web", 5)
            self.assertEqual(len(self.cloud.names()), 5)
        self.order("scale-out", "web", 6)
        self.assertEqual(len(self.cloud.names()), 6)

    def test_removed_nodes_that_the_list_still_has_do_not_count(self):
        self.have(5)
        self.cloud.ask_faults(lag_s=LATE)
        self.order("scale-in", "web", 3, self.node(1), self.node(2))
        for _ in range(2):
            self.order("scale-in", "web", 3, self.node(1), self.node(2), self.node(3), status=65)
        self.assert_exist(3, 4, 5)
        self.order("scale-out", "web", 4)
        self.assertEqual(len(self.cloud.names()), 4)

    def test_a_removal_that_fails_takes_nothing_else(self):
        self.have(5)
        self.cloud.ask_faults(broken=["2"])
        self.order("scale-in", "web", 2, self.node(1), self.node(2), self.node(3), status=1)
        self.assertLessEqual({self.node(2), self.node(4), self.node(5)}, set(self.cloud.names()))
        self.cloud.ask_faults()
        self.order("scale-in", "web", 2, self.node(1), self.node(2), self.node(3))
        self.assert_exist(4, 5)

    # ---- runs that meet ----

    def kill_when(self, condition, *words, **how):
        """Kills a run, with the tool that it has called."""
        process = self.begin_hook(*words, **how)
        wait_until(condition, lambda: f"the tool, called by a run that may have ended: {process.poll()}")
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()

    def test_after_a_kill_before_the_tool_has_done_anything_it_is_done(self):
        self.cloud.ask_faults(slow_s=60)
        self.kill_when(self.cloud.commands, "scale-out", "web", 3)
        self.assert_exist(1, 2)
        self.cloud.ask_faults()
        self.order("scale-out", "web", 3, HEADROOM_HOOK_SETTLE_S="3")
        self.assert_exist(1, 2, 3)

    def test_after_a_kill_when_the_tool_has_done_it_nothing_is_done_twice(self):
        self.cloud.ask_faults(linger_s=60, lag_s=LATE)
        self.kill_when(lambda: len(self.cloud.names()) == 3, "scale-out", "web", 3)
        self.cloud.ask_faults(lag_s=3)
        self.order("scale-out", "web", 3)
        self.assert_exist(1, 2, 3)

    def test_after_a_kill_of_a_removal_only_named_nodes_have_gone(self):
        self.have(5)
        self.cloud.ask_faults(linger_s=60)
        self.kill_when(lambda: len(self.cloud.names()) < 5, "scale-in", "web", 2,
                       self.node(1), self.node(2), self.node(3))
        left = self.cloud.names()
        self.assertLessEqual({self.node(4), self.node(5)}, set(left))
        self.assertLess(len(left), 5)
        self.cloud.ask_faults()
        self.order("scale-out", "web", len(left), HEADROOM_HOOK_SETTLE_S="3")
        self.assertEqual(self.cloud.names(), left)

    def test_a_run_waits_for_another_one_of_its_group(self):
        """Otherwise the slow one would bring the number that the cloud keeps from 5 back to 4."""
        self.cloud.ask_faults(slow_s=2, lag_s=LATE)
        slow = self.begin_hook("scale-out", "web", 4)
        wait_until(self.cloud.commands, "the first command")
        self.cloud.ask_faults(lag_s=LATE)
        self.order("scale-out", "web", 5)
        self.assertEqual(slow.communicate(), ("", ""))
        self.assertEqual(slow.returncode, 0)
        self.assert_exist(1, 2, 3, 4, 5)

    def test_without_flock_nothing_is_ordered(self):
        self.write("bin/flock", "#!/bin/sh\nexit 127\n")
        os.chmod(self.path("bin/flock"), 0o755)
        self.assertIn("can't be locked", self.order("scale-out", "web", 3, status=1))
        self.assertEqual(self.cloud.commands(), [])

    def test_an_order_that_is_older_than_the_last_one_is_refused(self):
        self.order("scale-out", "web", 3, HEADROOM_ORDER="1795910691080.12")
        for order_id in ("1795910691080.11", "1795910691079.99"):
            self.assertIn("older than 1795910691080.12", self.order("scale-in", "web", 1, self.node(1), status=1,
                                                                  HEADROOM_ORDER=order_id))
        self.assert_exist(1, 2, 3)
        self.order("scale-in", "web", 2, self.node(1), HEADROOM_ORDER="1795910691080.12")
        self.order("scale-in", "web", 1, self.node(2), HEADROOM_ORDER="1795910691081.1")
        self.order("scale-out", "web", 1)
        for order_id in ("newest", "9" * 20 + ".1"):
            self.order("scale-out", "web", 1, status=2, HEADROOM_ORDER=order_id)
        self.assert_exist(3)


class AwsAsg(Aws, Contract):
    def test_the_maximum_of_the_group_limits_what_can_be_had(self):
        self.have(2, largest=4)
        self.assertIn("6 nodes are needed, but the maximum of the group is 4",
                      self.order("scale-out", "web", 6, status=1))
        self.assert_exist(1, 2, 3, 4)
        self.order("scale-out", "web", 6, status=1)
        self.order("scale-out", "web", 4)
        self.assert_exist(1, 2, 3, 4)

    def test_a_group_of_which_the_cloud_knows_nothing(self):
        self.write("map", "web missing --region eu-central-1\napi\n")
        self.assertIn("does not know missing", self.order("scale-out", "web", 3, status=1))
        self.assertIn("does not name an Auto Scaling group for group api", self.order("count", "api", status=1))

    def test_a_number_that_a_shell_cannot_compare_is_no_number(self):
        os.remove(self.path("bin/aws"))
        os.chmod(self.write("bin/aws", "#!/bin/sh\necho size 99999999999999999999 50\n"), 0o755)
        for words in (("scale-out", "web", 3), ("scale-in", "web", 1, self.node(1)), ("count", "web")):
            self.assertIn("how many instances it is to have", self.order(*words, status=1))

    def test_instances_that_a_quota_delays_are_started_once(self):
        """The number is accepted, and the instances follow when they can."""
        self.cloud.ask_faults(quota=3)
        for _ in range(2):
            self.order("scale-out", "web", 5)
            self.assertEqual(self.count(), self.names(1, 2, 3))
        self.cloud.ask_faults()
        self.assertEqual(self.count(), self.names(1, 2, 3, 4, 5))
        self.order("scale-out", "web", 5)
        self.assert_exist(1, 2, 3, 4, 5)


class GoogleMig(Google, Contract):
    test_instances_that_a_quota_delays_are_started_once = AwsAsg.test_instances_that_a_quota_delays_are_started_once

    def test_many_instances_are_removed_by_several_commands(self):
        self.have(1010)
        self.order("scale-in", "web", 10, *map(self.node, range(1, 1001)))
        self.assertEqual(len(self.cloud.names()), 10)
        self.assertEqual([words[3] for words in self.cloud.commands()], ["delete-instances"] * 2)


class AzureVmss(Azure, Contract):
    def test_a_quota_refuses_the_whole_order(self):
        self.cloud.ask_faults(quota=3)
        self.assertIn("exceeding approved quota", self.order("scale-out", "web", 5, status=1))
        self.assert_exist(1, 2)
        self.order("scale-out", "web", 3)
        self.cloud.ask_faults()
        self.order("scale-out", "web", 5)
        self.assert_exist(1, 2, 3, 4, 5)


class Servers(Contract):
    """What the hooks have in common that give names."""

    def test_a_quota_leaves_what_could_be_created(self):
        self.cloud.ask_faults(quota=4)
        self.assertRegex(self.order("scale-out", "web", 7, status=1), "can't create( web-[3-7]){3}")
        self.assertEqual(len(self.cloud.names()), 4)
        self.order("scale-out", "web", 7, status=1)
        self.assertEqual(len(self.cloud.names()), 4)
        self.assertEqual(len(self.count()), 4)
        self.cloud.ask_faults()
        self.order("scale-out", "web", 7)
        self.assertEqual(len(set(self.cloud.names())), 7)
        self.assertEqual(len(self.cloud.names()), 7)

    def test_many_servers_are_created_in_batches_that_end_with_a_failure(self):
        self.order("scale-out", "web", 20)
        self.assert_exist(*range(1, 21))
        self.cloud.ask_faults(quota=24)
        self.order("scale-out", "web", 60, status=1)
        self.assertEqual(len(self.cloud.names()), 24)
        self.assertEqual(len(self.cloud.commands()), 18 + 8)

    def test_names_that_are_free_again_are_given_again(self):
        self.have(4)
        self.order("scale-in", "web", 2, "web-2", "web-3")
        self.order("scale-out", "web", 3)
        self.assert_exist(1, 4, 5)  # not while a list might still show the old ones
        self.order("scale-out", "web", 5, HEADROOM_HOOK_SETTLE_S="0")
        self.assert_exist(1, 2, 3, 4, 5)

    def test_other_servers_are_left_alone(self):
        others = ["web", "web-", "web-01", "web-1x", "web-eu-1", "api-1", "webs-1", "xweb-1"]
        self.cloud.begin(["web-1", *others, "web-2"], "web")
        self.assertEqual(self.count(), ["web-1", "web-2"])
        self.order("scale-in", "web", 0, *others[:6], "web-2")
        self.assertEqual(self.cloud.names(), ["web-1", *others])

    def test_a_group_whose_name_is_a_pattern(self):
        self.write("map", f"w.b-1_x {self.arguments}\n")
        self.cloud.begin(["web-1_x-1"], "w.b-1_x")
        for _ in range(2):
            self.order("scale-out", "w.b-1_x", 2)
            self.assertEqual(sorted(self.cloud.names()), ["w.b-1_x-1", "w.b-1_x-2", "web-1_x-1"])
        self.order("scale-in", "w.b-1_x", 1, "web-1_x-1", "w.b-1_x-1")
        self.assertEqual(self.cloud.names(), ["web-1_x-1", "w.b-1_x-2"])


class OpenstackServers(Openstack, Servers):
    def test_a_name_that_two_servers_have_is_left_alone(self):
        self.cloud.begin(["web-1", "web-2", "web-2"])
        self.assertEqual(self.run_hook("scale-in", "web", 1, "web-2"), (0, "none of these nodes exists\n", ""))
        self.assertEqual(len(self.cloud.names()), 3)

    def test_servers_in_error_count_and_are_reported(self):
        with self.cloud.changed() as state:
            state["servers"][1]["status"] = "ERROR"
        status, output, errors = self.run_hook("scale-out", "web", 2)
        self.assertEqual((status, output), (0, ""))
        self.assertIn("server web-2 is in error", errors)
        self.assert_exist(1, 2)


class HetznerServers(Hetzner, Servers):
    def test_a_server_that_exists_already_is_not_a_failure(self):
        """Without notes, as on another machine, and before the list shows the server."""
        self.cloud.ask_faults(lag_s=LATE)
        self.order("scale-out", "web", 4)
        status, _, errors = self.run_hook("scale-out", "web", 4, HEADROOM_HOOK_STATE=self.path("other"))
        self.assertEqual(status, 0)
        self.assertIn("name is already used", errors)
        self.assert_exist(1, 2, 3, 4)

    def test_a_server_of_somebody_else_blocks_its_name(self):
        with self.cloud.changed() as state:
            self.cloud.create(state, "web-3", "somebody's")
        self.assertEqual(self.count(), ["web-1", "web-2"])
        self.order("scale-out", "web", 4)
        self.assert_exist(1, 2, 3, 4, 5)
        self.order("scale-in", "web", 3, "web-3")
        self.assert_exist(1, 2, 3, 4, 5)

    def test_a_server_of_somebody_else_that_the_list_lacks(self):
        with self.cloud.changed() as state:
            self.cloud.create(state, "web-3", "somebody's")
        self.cloud.ask_faults(lag_s=LATE)
        self.assertIn("can't create web-3", self.order("scale-out", "web", 3, status=1))
        self.order("scale-out", "web", 3)
        self.assert_exist(1, 2, 3, 4)


class Document(unittest.TestCase):
    """docs/clouds.md, against the hooks."""

    HOOKS = ("aws-asg", "google-mig", "azure-vmss", "openstack-servers", "hetzner-servers")

    def setUp(self):
        self.text = self.read("docs", "clouds.md")

    def read(self, *names):
        with open(os.path.join(SOURCE, *names), encoding="utf-8") as file:
            return file.read()

    def test_the_policy_for_aws_allows_what_the_hook_calls_and_no_more(self):
        policy = re.search(r"^    \{\n(?:    .*\n)*    \}\n", self.text, re.M).group()
        allowed = {action for statement in json.loads(policy)["Statement"]
                   for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])}
        called = re.findall(r"aws autoscaling ([a-z-]+)", self.read("packaging", "hooks", "aws-asg"))
        self.assertEqual(allowed, {"autoscaling:" + name.title().replace("-", "") for name in called})

    def test_each_hook_has_a_map_and_each_variable_a_line(self):
        for hook in self.HOOKS:
            self.assertIn(f"`/etc/headroom/hooks/{hook}.conf`", self.text)
        texts = [self.read("packaging", "hooks", "cloud", name) for name in ("contract.sh", "capacity.sh", "servers.sh")]
        used = set(re.findall(r"HEADROOM_HOOK_[A-Z_]+", "".join(texts)))
        self.assertEqual(used, set(re.findall(r"^\| `(HEADROOM_HOOK_[A-Z_]+)`", self.text, re.M)))


del Contract, Servers

if __name__ == "__main__":
    main()
