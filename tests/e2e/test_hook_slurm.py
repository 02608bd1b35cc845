"""The programs for Slurm in packaging/hooks, with a Slurm of shell scripts: the states of nodes and jobs that are hard to
reach with a real one, and a collector that is killed in the middle of an order. test_slurm.py has the real one."""

import os
import unittest

import hook_kit
from headroom_test import HeadroomTest, main, wait_until
from slurm_stub import HOOKS, IDLE, OFF, SlurmStub


class SlurmNodes(unittest.TestCase):
    def setUp(self):
        self.slurm = SlurmStub(self)

    def kinds(self, *partitions):
        result = self.slurm.run("slurm-nodes", ",".join(partitions or ("batch",)))
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return {words[0]: words[1] for words in map(str.split, result.stdout.splitlines())}

    def test_each_state_has_its_kind(self):
        for kind, states in (
                ("idle", ("idle", "idle+cloud", "idle+dynamic_norm")),
                ("busy", ("allocated+cloud", "mixed", "allocated+cloud+completing", "idle+completing", "idle+planned",
                          "mixed+cloud+drain", "allocated+power_down")),
                ("starting", ("idle+cloud+power_up+powered_down", "allocated+cloud+not_responding+powering_up",
                              "idle+powering_up")),
                ("off", ("idle+powered_down", "idle+cloud+powered_down")),
                ("apart", ("down+cloud", "down+cloud+powered_down", "idle+cloud+drain", "idle+cloud+drain+powered_down",
                           "idle+cloud+reserved", "idle+cloud+powered_down+reserved", "mixed+reserved",
                           "idle+maintenance+powered_down+reserved", "idle+cloud+power_down",
                           "idle+cloud+powering_down", "idle+not_responding", "error", "unknown", "future",
                           "idle+invalid_reg", "idle+reboot_requested", "idle+a_flag_of_later_versions"))):
            for state in states:
                with self.subTest(state):
                    self.slurm.nodes(c1=state)
                    self.assertEqual(self.kinds(), {"c1": kind})

    def test_a_node_in_two_partitions_counts_once(self):
        self.slurm.nodes(c1=IDLE, c2=OFF)
        self.slurm.nodes("night", c2=OFF, c3=OFF)
        result = self.slurm.run("slurm-nodes", "batch,night")
        self.assertEqual(result.stdout, "c1 idle idle 4\nc2 off idle 4\nc3 off idle 4\n")

    def test_what_is_no_list_of_partitions_is_refused(self):
        for words in ((), ("batch", "x"), ("batch", "0"), ("batch", "1", "1"), ("",), ("-h",), ("a b",), ("$(id)",), ("a;b",)):
            result = self.slurm.run("slurm-nodes", *words)
            self.assertEqual((result.returncode, result.stdout), (2, ""), words)


class SlurmDemand(unittest.TestCase):
    def setUp(self):
        self.slurm = SlurmStub(self)
        self.slurm.nodes(c1="allocated+cloud", c2="mixed+cloud", c3=IDLE, c4=OFF)

    def line(self, *words, **variables):
        result = self.slurm.run("slurm-demand", *(words or ("batch",)), **variables)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(result.stdout.count("\n"), 1, result.stdout)
        return result.stdout.rstrip("\n")

    def test_jobs_that_run_start_or_wait_for_nodes_count(self):
        self.slurm.jobs("R|4|1|OK|(null)|None", "CF|2|1|OK|(null)|None", "PD|8|2|OK|(null)|Resources",
                        "PD|1|1|OK|(null)|Priority", "PD|1|1|OK|N/A|None")
        self.assertEqual(self.line(), "signal batch 16 0 nodes 3 floor 3")

    def test_jobs_that_wait_for_something_else_do_not(self):
        self.slurm.jobs("R|6|2|OK|(null)|None", *(f"PD|4|1|OK|(null)|{reason}" for reason in (
            "JobHeldUser", "JobHeldAdmin", "Dependency", "DependencyNeverSatisfied", "BeginTime", "Licenses",
            "AssocGrpCpuLimit", "QOSMaxJobsPerUserLimit", "PartitionTimeLimit", "JobArrayTaskLimit",
            "Nodes required for job are DOWN, DRAINED or reserved for jobs in higher priority partitions")))
        self.assertEqual(self.line(), "signal batch 6 0 nodes 3 floor 2")

    def test_arrays_that_slurm_has_not_looked_at_yet(self):
        """Until then, their reason is None, even if they are held, or begin later."""
        self.slurm.jobs("PD|4|1|OK|(null)|None|N/A", "PD|4|1|OK|(null)|None|2222-01-31T00:00:00",
                        "PD|1|1|OK|(null)|None|2026-01-31T00:00:00")
        self.assertEqual(self.line(), "signal batch 1 0 nodes 3 floor 2")

    def test_jobs_of_reservations_run_on_reserved_nodes(self):
        self.slurm.jobs("R|4|1|OK|night|None", "PD|4|4|OK|night|Resources")
        self.assertEqual(self.line(), "signal batch 0 0 nodes 3 floor 2")

    def test_the_floor_has_room_for_the_largest_job_that_waits(self):
        self.slurm.jobs("R|4|1|OK|(null)|None", "PD|3|3|OK|(null)|Resources", "PD|1|1|OK|(null)|Priority",
                        "PD|9|9|OK|(null)|Dependency")
        self.assertEqual(self.line(), "signal batch 8 0 nodes 3 floor 4")

    def test_whole_nodes_are_all_their_cores(self):
        self.slurm.jobs("PD|2|2|NO|(null)|Resources", "R|4|1|NO|(null)|None")
        self.assertEqual(self.line(), "signal batch 12 0 nodes 3 floor 3")

    def test_warnings_are_no_nodes_and_no_jobs(self):
        for name in ("sinfo", "squeue"):
            path = self.slurm.path(f"bin/{name}")
            os.rename(path, path + ".real")
            self.slurm.write(f"bin/{name}", f"#!/bin/sh\necho '{name}: warning: 7 {name} R 4 is as old' >&2\n"
                                            f'{path}.real "$@"\necho R 5 5 >&2\n')
            os.chmod(path, 0o755)
        self.slurm.jobs("R|4|1|OK|(null)|None")
        self.assertEqual(self.line(), "signal batch 4 0 nodes 3 floor 2")

    def test_nothing_to_do(self):
        self.slurm.nodes(c1=OFF, c2=OFF)
        self.assertEqual(self.line("batch", "--signal", "cores"), "signal cores 0 0 nodes 0 floor 0")

    def test_the_signal_of_a_list_has_the_name_of_the_first(self):
        self.slurm.nodes("night", c4=OFF, c5=IDLE)
        self.assertEqual(self.line("batch,night"), "signal batch 0 0 nodes 4 floor 2")

    def test_a_controller_that_is_away_is_no_zero(self):
        self.slurm.write("away", "")
        self.assertEqual(self.line(), "missing batch sinfo: error: Unable to contact slurm controller (connect failure)")
        os.remove(self.slurm.path("away"))
        self.slurm.write("bin/squeue", "#!/bin/sh\ncat $SLURM_STUB/jobs\necho squeue: error: lost >&2\nexit 1\n")
        self.assertEqual(self.line(), "missing batch squeue: error: lost")

    def test_a_controller_that_hangs_is_no_zero(self):
        self.slurm.write("bin/squeue", "#!/bin/sh\nexec sleep 30\n")
        self.assertEqual(self.line(), "missing batch slurm-demand: squeue has not answered within 4 s")
        self.slurm.write("bin/sinfo", "#!/bin/sh\nexec sleep 30\n")
        self.assertEqual(self.line(), "missing batch slurm-nodes: sinfo has not answered within 4 s")

    def test_a_partition_that_is_not_there_is_no_zero(self):
        self.assertEqual(self.line("nosuch"), "missing nosuch Slurm knows no nodes of this partition")

    def test_wrong_arguments_are_refused(self):
        for words in ((), ("batch", "--loop"), ("batch", "--loop", "6s"), ("batch", "--loop", "0"), ("batch", "x", "y"),
                      ("batch", "--signal", ""), ("batch", "--signal", "a b")):
            result = self.slurm.run("slurm-demand", *words)
            self.assertEqual((result.returncode, result.stdout), (2, ""), words)


class SlurmScale(unittest.TestCase):
    def setUp(self):
        self.slurm = SlurmStub(self)
        self.slurm.nodes(c1="allocated+cloud", c2=IDLE, c3=IDLE, c4="idle+cloud+powering_up", c5=OFF, c6=OFF,
                         c7="idle+cloud+drain+powered_down", c8="idle+cloud+reserved", c9="idle+cloud+drain")

    def order(self, *words, status=0, **variables):
        """The commands to Slurm, without the first word."""
        before = len(self.slurm.calls())
        result = self.slurm.run("slurm-scale", *words, **variables)
        self.assertEqual(result.returncode, status, result.stderr)
        return [call.removeprefix("update ") for call in self.slurm.calls()[before:]]

    def test_it_keeps_contract_2(self):
        result = self.slurm.run("slurm-scale", "contract")
        self.assertEqual((result.returncode, result.stdout), (0, "2\n"))

    def test_count_names_what_is_up_or_starts(self):
        self.assertEqual(self.slurm.run("slurm-scale", "count", "batch").stdout, "4\nc1\nc2\nc3\nc4\n")
        self.slurm.nodes("empty", d1=OFF)
        self.assertEqual(self.slurm.run("slurm-scale", "count", "empty").stdout, "0\n")

    def test_scale_out_powers_up_what_lacks(self):
        self.assertEqual(self.order("scale-out", "batch", 5), ["nodename=c5 state=power_up"])
        self.assertEqual(self.order("scale-out", "batch", 5), [])
        self.assertEqual(self.order("scale-out", "batch", 1), [])

    def test_scale_out_leaves_drained_and_reserved_nodes_alone(self):
        self.assertEqual(self.order("scale-out", "batch", 7, status=1), ["nodename=c5,c6 state=power_up"])
        self.assertEqual(self.order("scale-out", "batch", 7, status=1), [])

    def test_scale_in_powers_down_named_nodes_that_are_idle(self):
        self.assertEqual(self.order("scale-in", "batch", 1, "c1", "c3", "c4", "c9", "c5", "nosuch", "c.", "-e", "c3"),
                         ["nodename=c3 state=power_down"])
        self.assertEqual(self.order("scale-in", "batch", 1, "c3", "nosuch"), [])

    def test_scale_in_of_busy_nodes_is_a_failure(self):
        self.assertEqual(self.order("scale-in", "batch", 1, "c1", status=1), [])

    def test_scale_in_leaves_as_many_as_the_order_says(self):
        self.assertEqual(self.order("scale-in", "batch", 4, "c2", "c3", status=65), [])
        self.assertEqual(self.order("scale-in", "batch", 3, "c2", "c3"), ["nodename=c2 state=power_down"])
        self.assertEqual(self.order("scale-in", "batch", 3, "c3", status=65), [])

    def test_without_names_the_last_idle_ones_go(self):
        self.assertEqual(self.order("scale-in", "batch", 3), ["nodename=c3 state=power_down"])
        self.assertEqual(self.order("scale-in", "batch", 0), ["nodename=c2 state=power_down"])
        self.assertEqual(self.order("scale-in", "batch", 0, status=1), [])
        self.assertEqual(self.order("scale-in", "batch", 3, status=65), [])

    def test_many_names(self):
        names = {f"n{number}": IDLE for number in range(200)}
        self.slurm.nodes("large", **names)
        self.order("scale-in", "large", 1, *names)
        self.assertEqual(len(self.slurm.read("suspended")), 199)

    def test_a_group_may_have_other_partitions(self):
        self.slurm.nodes("night", c5=OFF)
        self.assertEqual(self.order("scale-out", "pool", 9, status=1, HEADROOM_SLURM_PARTITIONS="night"),
                         ["nodename=c5 state=power_up"])

    def test_what_slurm_fails_at_is_a_failure(self):
        self.slurm.write("away", "")
        for words in (("scale-out", "batch", 9), ("scale-in", "batch", 0), ("count", "batch")):
            result = self.slurm.run("slurm-scale", *words)
            self.assertNotIn(result.returncode, (0, 64, 65), words)
            self.assertIn("Unable to contact slurm controller", result.stderr)
        os.remove(self.slurm.path("away"))
        self.assertNotIn(self.slurm.run("slurm-scale", "scale-out", "nosuch", 1).returncode, (0, 64, 65))

    def test_wrong_arguments_are_refused(self):
        for words in ((), ("scale", "batch", 1, 2), ("scale-out", "batch"), ("scale-out", "batch", "x"),
                      ("scale-out", "batch", ""), ("scale-out", "batch", 1, 2), ("scale-out", "ba ch", 1),
                      ("scale-out", "*", 1), ("scale-out", "", 1), ("scale-in", "batch"), ("count",),
                      ("count", "batch", 1), ("count", "-h"), ("count", ".batch")):
            result = self.slurm.run("slurm-scale", *words)
            self.assertEqual(result.returncode, 2, words)
            self.assertTrue(result.stderr.startswith("slurm-scale: "), result.stderr)
        self.assertEqual(self.slurm.calls(), [])


class Kit(unittest.TestCase):
    """headroom-hook-test finds nothing wrong."""

    def check(self, *flags):
        slurm = SlurmStub(self)
        slurm.write("fast", "")
        slurm.nodes("hook-test", **{f"c{number}": OFF for number in range(1, 6)})
        hook_kit.check(self, f"{HOOKS}/slurm-scale", *flags, environment={**os.environ, **slurm.variables})

    def test_named_nodes(self):
        self.check()

    def test_any_nodes(self):
        self.check("--victims=any")


class KilledCollector(HeadroomTest):
    def setUp(self):
        super().setUp()
        self.slurm = SlurmStub(self)

    def kill_in_the_middle(self, stabilization):
        """A collector is killed while scontrol runs, and the next one begins before scontrol has done its work."""
        slurm = self.slurm
        slurm.write("hang", "")
        config = self.write("c.conf", f"[collector]\non-scale = {HOOKS}/slurm-scale\n[group batch]\nmax = 5\n"
                            "victims = any\n"
                            "[signal batch]\ngroup = batch\nkind = load\nper-node = 4\nhigh = 100%\ntarget = 100%\n"
                            f"forecast = off\nprogram = {HOOKS}/slurm-demand batch --loop 0.5s\nmissing-after = 20s\n")
        flags = ("--config", config, "--tick", "500ms", "--lead-time", "2s", "--stabilization", stabilization)
        collector = self.start_collector(*flags, variables=slurm.variables)
        wait_until(slurm.calls, collector.log)
        collector.kill()
        collector = self.start_collector(*flags, variables=slurm.variables)
        wait_until(lambda: len(slurm.calls()) >= 2, collector.log)
        os.remove(slurm.path("hang"))
        wait_until(lambda: "accepted" in [row["order"] for row in collector.decisions()], collector.log)
        return collector

    def test_each_node_is_powered_up_once(self):
        self.slurm.nodes(c1=IDLE, c2=OFF, c3=OFF, c4=OFF, c5=OFF)
        self.slurm.jobs("R|4|1|OK|(null)|None", "PD|4|1|OK|(null)|Resources", "PD|4|1|OK|(null)|Resources")
        self.assert_stops(self.kill_in_the_middle("10m"))
        self.assertEqual(self.slurm.read("resumed"), ["c2", "c3"])
        self.assertEqual(self.slurm.read("suspended"), [])

    def test_no_busy_node_is_powered_down(self):
        """A scale-in is decided anew after the kill."""
        self.slurm.write("fast", "")
        self.slurm.nodes(c1="allocated+cloud", c2=IDLE, c3="mixed+cloud", c4=IDLE, c5=IDLE)
        self.slurm.jobs("R|4|1|OK|(null)|None", "R|1|1|OK|(null)|None")
        collector = self.kill_in_the_middle("2s")
        wait_until(lambda: len(self.slurm.read("suspended")) == 3, collector.log)
        collector.wait_said("batch", r"hold 2 \(batch asks for at least 2 nodes")
        self.assert_stops(collector)
        self.assertEqual(sorted(self.slurm.read("suspended")), ["c2", "c4", "c5"])
        self.assertEqual(self.slurm.read("resumed"), [])


if __name__ == "__main__":
    main()
