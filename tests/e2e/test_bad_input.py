"""Operator errors are rejected with one message that names the error and the allowed values."""

import os
import shutil
import signal
import socket

from headroom_test import AGENT, COLLECTOR, FakeNode, HeadroomTest, free_port, main, run, wait_until
from http_client import get

# (flags, texts that the message must contain)
BAD_COLLECTOR_FLAGS = [
    (["--nonsense"], ["--nonsense", "unknown flag"]),
    (["--cpu-hihg", "70%"], ["--cpu-hihg", "did you mean --cpu-high?"]),
    (["--tick"], ["--tick", "needs a value"]),
    (["--check-config=yes"], ["--check-config", "takes no value"]),
    (["stray"], ["stray", "unexpected argument"]),
    (["--listen", "localhost"], ["--listen", "localhost", "HOST:PORT"]),
    (["--listen", "127.0.0.1:65536"], ["--listen", "127.0.0.1:65536", "0 to 65535"]),
    (["--listen", "300.1.1.1:7420"], ["--listen", "300.1.1.1:7420", "HOST:PORT"]),
    (["--data", ""], ["--data", "path"]),
    (["--history", "1s"], ["--history", "1s", "10s to 1d"]),
    (["--flush", "1ms"], ["--flush", "1ms", "10ms to 1m"]),
    (["--retain", "yes"], ["--retain", "yes", "0 to 3650d"]),
    (["--rotate-size", "1K"], ["--rotate-size", "1K", "4K to 1024G"]),
    (["--rotate-age", "0"], ["--rotate-age", "0", "1s to 365d"]),
    (["--gone-after", "10"], ["--gone-after", "10", "1s to 30d"]),
    (["--tick", "99ms"], ["--tick", "99ms", "100ms to 1h"]),
    (["--tick", "5 s"], ["--tick", "5 s", "100ms to 1h"]),
    (["--ack-interval", "2m"], ["--ack-interval", "2m", "1s to 1m"]),
    (["--max-agents", "0"], ["--max-agents", "0", "1 to 100000"]),
    (["--max-agents", "-1"], ["--max-agents", "-1", "1 to 100000"]),
    (["--min", "1.5"], ["--min", "1.5", "0 to 100000"]),
    (["--min", "0"], ["min = 0 needs a signal"]),
    (["--max", "many"], ["--max", "many", "1 to 100000"]),
    (["--min", "5", "--max", "4"], ["minimum 5", "maximum 4", "minimum <= maximum"]),
    (["--lead-time", "2d"], ["--lead-time", "2d", "0 to 1d"]),
    (["--stabilization", "-1s"], ["--stabilization", "-1s", "0 to 1d"]),
    (["--token-file", "/nonexistent/token"], ["--token-file", "/nonexistent/token", "No such file"]),
    (["--config", "/nonexistent/headroom.conf"], ["/nonexistent/headroom.conf", "No such file"]),
]
for resource in ("cpu", "memory", "disk"):
    BAD_COLLECTOR_FLAGS += [
        ([f"--{resource}-high", "101%"], [f"--{resource}-high", "101%", "0% to 100%"]),
        ([f"--{resource}-low", "x"], [f"--{resource}-low", "x", "0% to 100%"]),
        ([f"--{resource}-target", "nan"], [f"--{resource}-target", "nan", "0% to 100%"]),
        ([f"--{resource}-target", "90%"], [resource, "target 90%", "high 80%", "low <= target <= high"]),
        ([f"--{resource}-low", "75%"], [resource, "low 75%", "target 70%", "low <= target <= high"]),
        ([f"--{resource}-high=60%", f"--{resource}-target=70%"],
         [resource, "high 60%", "target 70%", "low <= target <= high"]),
    ]

BAD_AGENT_FLAGS = [
    (["--nonsense"], ["--nonsense", "unknown flag"]),
    (["--intervall", "1s"], ["--intervall", "did you mean --interval?"]),
    (["stray"], ["stray", "unexpected argument"]),
    (["--once=yes"], ["--once", "takes no value"]),
    (["--collector", "localhost"], ["--collector", "localhost", "HOST:PORT"]),
    (["--collector", "127.0.0.1:0"], ["--collector", "127.0.0.1:0", "1 to 65535"]),
    (["--collector", "[::1:7420"], ["--collector", "[::1:7420", "HOST:PORT"]),
    (["--collector", "127.0.0.1:7420"] * 9, ["--collector", "at most 8 times"]),
    (["--node-id", "-x"], ["--node-id", "-x", "letters, digits"]),
    (["--node-id", "a b"], ["--node-id", "a b", "letters, digits"]),
    (["--node-id", "n" * 129], ["--node-id", "up to 128"]),
    (["--node-id", "knoten-ä"], ["--node-id", "letters, digits"]),
    (["--node-id", ""], ["--node-id", "letters, digits"]),
    (["--group", "a,b"], ["--group", "a,b", "letters, digits"]),
    (["--interval", "49ms"], ["--interval", "49ms", "50ms to 1h"]),
    (["--interval", "61m"], ["--interval", "61m", "50ms to 1h"]),
    (["--interval", "1"], ["--interval", "1", "50ms to 1h"]),
    (["--interval", "fast"], ["--interval", "fast", "50ms to 1h"]),
    (["--outbox", "15"], ["--outbox", "15", "16 to 10000000"]),
    (["--outbox", "all"], ["--outbox", "all", "16 to 10000000"]),
    (["--token-file", "/nonexistent/token"], ["--token-file", "/nonexistent/token", "No such file"]),
    (["--root", "/nonexistent"], ["/nonexistent/proc", "is --root right"]),
]

# (text of the file, its line or None, texts that the message must contain)
BAD_CONFIGS = [
    ("[foo]\n", 1, ["foo", "[schedule NAME]"]),
    ("tick = 1s\n", 1, ["tick", "[collector] or [group NAME]"]),
    ("[collector\n", 1, ["]"]),
    ("# a comment\n[collector]\njunk\n", 3, ["NAME = VALUE"]),
    ("[collector]\ntik = 1s\n", 2, ["tik", "did you mean tick?"]),
    ("[collector]\nconfig = x\n", 2, ["config"]),
    ("[collector]\n\ncpu-high = 120%\n", 3, ["cpu-high", "120%", "0% to 100%"]),
    ("[collector]\ntick = soon\n", 2, ["tick", "soon", "100ms to 1h"]),
    ("[collector]\ntick = 1s\ntick = 2s\n", 3, ["tick", "already set in line 2"]),
    ("[collector]\ntoken-file = /nonexistent/token\n", 2, ["token-file", "/nonexistent/token", "No such file"]),
    ("[group a]\nmin = 2\n[group b]\n[group a]\n", 4, ["[group a]", "already begins in line 1"]),
    ("[group a]\nlisten = 127.0.0.1:0\n", 2, ["listen", "[collector]"]),
    ("[group a b]\n", 1, ["a b", "letters, digits"]),
    ("[group ]\n", 1, ["letters, digits"]),
    ("[collector]\n[group a]\ncpu-high = 50%\ncpu-target = 60%\n", 2,
     ["[group a]", "high 50%", "low <= target <= high"]),
    ("[collector]\ncpu-high = 50%\ncpu-target = 60%\n", None, ["[collector]", "high 50%", "low <= target <= high"]),
    ("[collector]\nmin = 9\nmax = 8\n", None, ["minimum 9", "maximum 8"]),
]


class Refusals(HeadroomTest):
    def assert_refused(self, program, flags, texts):
        """Exits at once, with one message that contains all the texts and nothing on standard output."""
        ended = run(program, *flags)
        self.assertNotEqual(ended.returncode, 0)
        self.assertGreater(ended.returncode, 0, "not ended by a signal")
        self.assertEqual(ended.stdout, "")
        lines = ended.stderr.splitlines()
        self.assertEqual(len(lines), 1, ended.stderr)
        for text in texts:
            self.assertIn(text, lines[0])

    def refuse_data(self, path, texts):
        self.assert_refused(COLLECTOR, ["--listen", "127.0.0.1:0", "--http", "off", "--data", path], ["--data", path, *texts])

    def test_bad_flags_of_the_collector(self):
        for flags, texts in BAD_COLLECTOR_FLAGS:
            with self.subTest(" ".join(flags)):
                self.assert_refused(COLLECTOR, ["--listen", "127.0.0.1:0", "--data", self.path("data"), *flags], texts)
                self.assertFalse(os.path.exists(self.path("data")), "nothing has been started")

    def test_bad_flags_of_the_agent(self):
        for flags, texts in BAD_AGENT_FLAGS:
            with self.subTest(" ".join(flags)):
                self.assert_refused(AGENT, flags, texts)

    def test_bad_configuration_files(self):
        for text, line, texts in BAD_CONFIGS:
            with self.subTest(text):
                path = self.write("bad.conf", text)
                where = path if line is None else f"{path}:{line}:"
                self.assert_refused(COLLECTOR, ["--config", path, "--check-config"], [where, *texts])
                self.assert_refused(COLLECTOR, ["--config", path, "--data", self.path("data")], [where, *texts])

    def test_an_empty_token_file(self):
        path = self.write("token", "\n")
        self.assert_refused(COLLECTOR, ["--token-file", path], ["--token-file", path, "empty"])
        self.assert_refused(AGENT, ["--token-file", path], ["--token-file", path, "empty"])

    def test_a_port_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            address = "127.0.0.1:%d" % other.getsockname()[1]
            self.assert_refused(COLLECTOR, ["--listen", address, "--http", "off", "--data", self.path("data")],
                                ["--listen", address, "in use", "another port"])

    def test_an_address_that_is_not_ours(self):
        self.assert_refused(COLLECTOR, ["--listen", "192.0.2.1:7420", "--http", "off", "--data", self.path("data")],
                            ["--listen", "192.0.2.1:7420"])

    def test_a_data_directory_that_can_not_be_written(self):
        self.refuse_data(self.write("file", ""), ["Not a directory"])
        self.refuse_data(self.path("file/data"), ["Not a directory"])
        self.refuse_data(self.path("missing/data"), ["No such file or directory", "parent must exist"])
        self.refuse_data("/proc/headroom", ["parent must exist and be writable"])
        self.refuse_data("/proc/self/fd", ["must be writable"])

    def test_two_collectors_on_one_data_directory(self):
        first = self.start_collector()
        first.port()
        self.refuse_data(first.data, ["in use by another collector"])
        self.assertTrue(first.running())


class CheckConfig(HeadroomTest):
    def check(self, *flags):
        ended = run(COLLECTOR, *flags, "--check-config")
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        return ended.stdout

    def section(self, text, name):
        """The settings of a section."""
        lines = text.split(f"[{name}]\n")[1].split("\n[")[0].splitlines()
        return dict(line.split(" = ") for line in lines if " = " in line)

    def test_it_prints_what_is_in_force(self):
        path = self.write("good.conf", "[collector]\ncpu-high = 75%\ncpu-target = 60%\nmin = 2\ntick = 5s\n"
                                       "[group web]\ncpu-high = 90%\n[group db]\nmax = 3\n")
        text = self.check("--config", path, "--cpu-target", "65%", "--data", self.path("data"))
        collector, web, db = (self.section(text, name) for name in ("collector", "group web", "group db"))
        self.assertEqual((collector["tick"], collector["flush"], collector["data"]), ("5s", "1s", self.path("data")))
        self.assertEqual([s["cpu-high"] for s in (collector, web, db)], ["75%", "90%", "75%"])
        self.assertEqual([s["cpu-target"] for s in (collector, web, db)], ["65%", "65%", "65%"])
        self.assertEqual([s["max"] for s in (collector, web, db)], ["unset", "unset", "3"])
        self.assertEqual([s["min"] for s in (collector, web, db)], ["2", "2", "2"])
        self.assertNotIn("tick", web)
        self.assertFalse(os.path.exists(self.path("data")))

    def test_what_it_prints_can_be_read_again(self):
        text = self.check("--cpu-high", "81.5%", "--history", "90s", "--rotate-size", "3M")
        self.assertEqual(self.check("--config", self.write("printed.conf", text)), text)

    def test_the_file_in_the_tree_holds_the_defaults(self):
        example = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))),
                               "packaging", "headroom.conf")
        self.assertEqual(self.check("--config", example), self.check())


class Reload(HeadroomTest):
    """SIGHUP. One node at 45 % cpu; its decisions show which settings are in force."""

    def start_at_45_percent(self, config, *flags):
        path = self.write("headroom.conf", config)
        collector = self.start_collector("--config", path, *flags)
        self.start_fleet(["alpha"], collector, 0.45, "--group", "web")
        collector.wait_samples("alpha", 3)
        return collector

    COLLECTOR_FLAGS = ("--flush", "100ms", "--ack-interval", "1s")

    def reload(self, collector, config, answer, count=1):
        self.write("headroom.conf", config)
        collector.signal(signal.SIGHUP)
        return collector.wait_log(answer, count)

    def test_a_good_file_changes_tick_and_thresholds(self):
        collector = self.start_at_45_percent("[collector]\ntick = 1h\n")
        self.reload(collector, "[collector]\ntick = 200ms\n", "configuration reloaded")
        collector.wait_said("web", r"hold 1 \(")
        self.reload(collector, "[collector]\ntick = 200ms\ncpu-high = 40%\ncpu-target = 30%\n",
                    "configuration reloaded", count=2)
        collector.wait_said("web", r"scale up 1 -> 2 \(cpu \d+% now, .*high 40%")

    def test_a_good_file_changes_one_group(self):
        collector = self.start_at_45_percent("[collector]\ntick = 200ms\n")
        collector.wait_said("web", r"hold 1 \(")
        self.reload(collector, "[collector]\ntick = 200ms\n[group web]\nmin = 3\n", "configuration reloaded")
        collector.wait_said("web", r"scale up 1 -> 3 \(.*the minimum")

    def test_a_bad_file_changes_nothing(self):
        collector = self.start_at_45_percent("[collector]\ntick = 200ms\n")
        said = collector.wait_said("web", r"hold 1 \((?!.*roll call)")  # its end would be a sentence too
        for count, (text, line, texts) in enumerate(BAD_CONFIGS, start=1):
            match = self.reload(collector, text, r"reload failed, the old configuration stays in effect: .*", count)
            where = self.path("headroom.conf") + (":" if line is None else f":{line}:")
            for part in (where, *texts):
                self.assertIn(part, match.group())
        # A partly valid file is rejected as a whole: the first line alone would ask for more nodes.
        self.reload(collector, "[collector]\nmin = 5\njunk\n", "stays in effect: ", count=len(BAD_CONFIGS) + 1)
        stored = len(collector.samples())
        collector.wait_samples("alpha", stored + 10)
        self.assertEqual(collector.said("web")[said:], [])
        self.reload(collector, "[collector]\ntick = 200ms\nmin = 5\n", "configuration reloaded")
        collector.wait_said("web", r"scale up 1 -> 5 ")

    def test_a_file_that_is_gone_changes_nothing(self):
        collector = self.start_at_45_percent("[collector]\ntick = 200ms\n")
        os.remove(self.path("headroom.conf"))
        collector.signal(signal.SIGHUP)
        collector.wait_log(r"stays in effect: .*headroom\.conf: .*No such file")
        stored = len(collector.samples())
        collector.wait_samples("alpha", stored + 3)

    def test_what_needs_a_restart_is_said(self):
        collector = self.start_at_45_percent("[collector]\ntick = 1h\n")
        for count in (1, 2):
            self.reload(collector, "[collector]\ntick = 1h\nhistory = 20m\nhttp-connections = 8\n",
                        "take effect at the next start: history, http-connections", count)


    def test_a_file_that_is_not_in_force_is_said(self):
        good = "[collector]\ntick = 1h\n"
        path = self.write("headroom.conf", good)
        collector = self.start_collector("--config", path, "--http", "127.0.0.1:0")
        port = int(collector.wait_log(r"http on 127\.0\.0\.1:(\d+)").group(1))

        def assert_in_force(why):
            wait_until(lambda: f"\nheadroom_config_in_force {int(why is None)}\n" in get(port, "/metrics").text(),
                       "the metric")
            config = get(port, "/api/v1/fleet").json()["config"]
            self.assertEqual(config["in_force"], why is None)
            if why is None:
                self.assertIsNone(config["why"])
            else:
                self.assertIn(why, config["why"])
        assert_in_force(None)
        self.write("headroom.conf", good + "min = 2\n")
        collector.wait_log(r"the configuration file is not in force: .*headroom\.conf was changed")
        assert_in_force("headroom.conf was changed after it was read")
        self.write("headroom.conf", good)
        collector.wait_log("the configuration file is in force again")
        assert_in_force(None)
        self.reload(collector, "[collector]\njunk\n", "reload failed")
        assert_in_force("the last reload failed: ")
        self.reload(collector, good + "history = 20m\n", "configuration reloaded")
        assert_in_force("take effect at the next start: history")
        self.reload(collector, good, "configuration reloaded", count=2)
        assert_in_force(None)


class Strangers(HeadroomTest):
    """Rejected agents, and others that continue."""

    def assert_goes_on(self, collector, agent):
        stored = sum(row["node_id"] == agent.node for row in collector.samples())
        collector.wait_samples(agent.node, stored + 5)
        self.assert_stops(agent)
        self.assertEqual(agent.connections(), 1, agent.log())
        self.assert_all_stored([agent], collector.samples())

    def test_a_twin(self):
        collector = self.start_collector()
        agent = self.start_agent("alpha", [collector])
        collector.wait_samples("alpha", 3)
        twin = self.start_agent("alpha", [collector])
        twin.wait_log(r"rejected by .*: another live agent reports for node alpha", count=2)
        collector.wait_log(r"rejected a connection from 127\.0\.0\.1: another live agent reports for node alpha")
        stored = len(collector.samples())
        collector.wait_samples("alpha", stored + 5)
        self.assertEqual((agent.connections(), twin.connections()), (1, 0))
        self.assertEqual(len({row["instance"] for row in collector.samples()}), 1)
        twin.kill()
        self.assert_goes_on(collector, agent)

    def start_on_machine(self, machine, collector):
        """Starts the agent alpha with a spool on another machine, which has a boot id of its own."""
        node = FakeNode(self.path(f"root-{machine}"))
        self.addCleanup(node.close)
        folder = os.path.join(node.root, "proc/sys/kernel/random")
        os.makedirs(folder)
        with open(os.path.join(folder, "boot_id"), "w", encoding="ascii") as file:
            file.write(f"{machine * 8}-0000-4000-8000-{machine * 12}\n")
        os.makedirs(self.path(f"spool-{machine}"), exist_ok=True)
        return self.start_agent("alpha", [collector], "--root", node.root, "--spool", self.path(f"spool-{machine}"))

    def test_a_copied_spool(self):
        """It holds samples that were not acknowledged, so the copy begins with the instance of the original."""
        collector = self.start_collector(port=free_port())
        port = collector.port()
        agent = self.start_on_machine("a", collector)
        collector.wait_samples("alpha", 3)
        collector.kill()
        agent.wait_log(r"connection refused", timeout=60)
        os.mkdir(self.path("spool-b"))
        shutil.copy(self.path("spool-a/alpha.spool"), self.path("spool-b"))
        collector = self.start_collector(port=port)
        collector.wait_log(r"listening on ")
        stored = len(collector.samples())
        collector.wait_samples("alpha", stored + 3)
        connections = agent.connections()
        copy = self.start_on_machine("b", collector)
        copy.wait_log(r"rejected by .*: this agent has a copy of the spool of another live machine; .*remove", count=2)
        stored = len(collector.samples())
        collector.wait_samples("alpha", stored + 5)
        self.assertEqual((agent.connections(), copy.connections()), (connections, 0), agent.log() + copy.log())
        self.assertEqual(len({row["instance"] for row in collector.samples()}), 1)
        copy.kill()
        self.assert_stops(agent)
        self.assert_stops(collector)


if __name__ == "__main__":
    main()
