"""The program headroom: what it says, its exit statuses, and what the collector does with its commands."""

import json
import os
import re
import signal
import socket
import time

from headroom_test import HeadroomTest, main, wait_until
from http_client import request

CONFIG = """
[collector]
tick = 500ms
http = 127.0.0.1:0
[group web]
min = 2
max = 10
"""


class Commands(HeadroomTest):
    COLLECTOR_FLAGS = ("--flush", "100ms", "--ack-interval", "1s")

    def start(self, config=CONFIG, **how):
        self.collector = self.start_collector("--config", self.write("headroom.conf", config), "--http",
                                              "127.0.0.1:0", **how)
        self.collector.port()
        return self.collector

    def wait_status(self, group, condition, what):
        return wait_until(lambda: condition(self.status()[group]) and self.status()[group],
                          lambda: f"{what}: {self.status()}")

    def http_group(self, name):
        port = int(self.collector.wait_log(r"http on 127\.0\.0\.1:(\d+)").group(1))
        return request(port, "GET", f"/api/v1/groups/{name}").json()

    def test_a_pin_is_shown_everywhere_survives_a_kill_and_ends_when_it_should(self):
        self.start()
        self.start_agent("n1", [self.collector], "--group", "web")
        self.wait_status("web", lambda web: web.get("decided_ms"), "a decision")
        said = self.headroom("pin", "web=6", "--for", "2h", "--reason", "sale ü", variables={"SUDO_USER": "alice"})
        self.assertRegex(said, r"^web: pinned to 6 nodes until 20\d\d-\d\d-\d\d \d\d:\d\d UTC by \S+ \(uid \d+\): sale ü")
        self.collector.wait_said("web", "pinned to 6 nodes until .*: sale ü")
        web = self.wait_status("web", lambda web: "pinned to 6 nodes" in web["conditions"]["limited"]["why"],
                               "the pin in a condition")
        self.assertTrue(web["conditions"]["limited"]["status"])
        self.assertEqual(web["overrides"][0]["uid"], os.getuid())
        self.assertEqual(self.http_group("web")["overrides"], web["overrides"])
        self.assertRegex(self.headroom_reads("status"), r"\nweb .* by hand: pin  ")
        self.assertIn("\n  by hand: pinned to 6 nodes until", self.headroom_reads("status", "web"))

        self.collector.kill()
        self.start(port=self.collector.port())
        self.collector.wait_said("web", "still pinned to 6 nodes")
        self.assertEqual(self.status()["web"]["overrides"], web["overrides"])
        self.headroom("pin", "web=3", "--for", "5s")
        self.collector.wait_said("web", "no longer pinned to 3 nodes .*; its time is over")
        self.assertEqual(self.status()["web"]["overrides"], [])

    def test_a_pause_and_its_end(self):
        self.start()
        said = self.headroom("pause", "web", "--until", "18:00", "--reason", "migration")
        self.assertRegex(said, "all orders paused, min included until .*: migration; nothing carries out orders")
        self.assertRegex(self.headroom("pause", "web", "--scale-in", "--for", "7d"), "scale-in paused until")
        self.headroom("pin", "web=5", "--for", "30m")
        self.assertRegex(self.headroom("resume", "web"), "web: 2 overrides ended")
        self.assertRegex(self.headroom("resume", "web"), "nothing was pinned, paused or activated")

    def test_what_is_refused_and_how(self):
        self.start()
        rows = (("pin web=20 --for 2h", 1, "more than the max of group web, which is 10; pin fewer, or use --force"),
                ("pin web=1 --for 2h", 1, "fewer than the min"),
                ("pin web=5 --for 8d", 1, "7 days"),
                ("pin web=5 --until 2020-01-01T00:00", 1, "in the past"),
                ("pin weeb=5 --for 2h", 1, "there is no group weeb"),
                ("forget weeb n7", 1, "there is no group weeb"),
                ("forget web n7", 1, "group web has no node n7"),
                ("pin web=5", 2, "say when it ends"),
                ("pause web", 2, "say when it ends"),
                ("pin web=5 --for 2h --until 18:00", 2, "can't be used together"),
                ("pin web --for 2h", 2, "write GROUP=NODES"),
                ("pin web=0 --for 2h", 2, "write GROUP=NODES"),
                ("pin web=5 db=5 --for 2h", 2, "one group at a time"),
                ("pause web --for soon", 2, "--for must be a time such as 30m"),
                ("pause web --until noon", 2, "--until must be a local time"),
                ("resume", 2, "the group is missing"),
                ("forget web", 2, "or use --missing"),
                ("forget web n1 --missing", 2, "or use --missing"))
        for words, status, error in rows:
            with self.subTest(words):
                self.assertIn(error, self.headroom(*words.split(), status=status))
        self.headroom("pin", "web=20", "--for", "2h", "--force")
        self.assertIn("200 bytes", self.headroom("pause", "web", "--for", "2h", "--reason", "r" * 201, status=1))

    def test_without_a_collector_it_says_what_to_do(self):
        resume = ("resume", "web")
        self.assertIn("is the collector running?", self.headroom(*resume, status=3, socket_path="/nonexistent"))
        self.start()
        self.collector.kill()
        self.assertIn("the collector is not running", self.headroom(*resume, status=3))
        self.start(port=self.collector.port())  # takes the place of the socket that is left over
        self.headroom(*resume)
        self.assert_stops(self.collector)
        self.assertFalse(os.path.exists(self.path("data/admin.sock")))

    def test_missing_nodes_are_forgotten(self):
        self.start()
        agents = [self.start_agent(name, [self.collector], "--group", "web") for name in ("n1", "n2")]
        self.wait_status("web", lambda web: web["nodes"]["live"] == 2, "two nodes")
        self.assertIn("node n1 reports, so it exists", self.headroom("forget", "web", "n1", status=1))
        self.wait_status("web", lambda web: web["conditions"]["data-complete"]["status"], "the end of the roll call")
        agents[1].kill()
        self.wait_status("web", lambda web: web["nodes"]["missing"] == 1, "a missing node")
        self.wait_status("web", lambda web: "1 node is missing" in web["conditions"]["data-complete"]["why"],
                         "a condition")
        self.collector.wait_log("web: data-complete is false: 1 node is missing")
        self.assertIn("web: forgot 1 node: n2", self.headroom("forget", "web", "--missing"))
        self.wait_status("web", lambda web: web["nodes"]["missing"] == 0, "no missing node")

    def test_a_schedule_is_in_force_and_shown(self):
        self.start(CONFIG + "[schedule always]\ngroup = web\nmin = 4\nmax = 7\nzone = UTC\n")
        self.start_agent("n1", [self.collector], "--group", "web")
        web = self.wait_status("web", lambda web: web.get("min") == 4, "the schedule's min")
        self.assertEqual((web["max"], web["schedules"]), (7, ["always"]))
        self.assertEqual(self.http_group("web")["schedules"], ["always"])
        self.assertIn("schedule in force: always", self.headroom_reads("status", "web"))
        self.collector.wait_said("web", r"scale up .*the minimum")

    def test_a_configuration_that_is_not_in_force(self):
        self.start()
        in_force = lambda: json.loads(self.headroom_reads("status", "--json"))["fleet"]["config"]
        self.assertTrue(in_force()["in_force"])
        self.write("headroom.conf", "[schedule always]\nmin = 4\n")
        self.collector.signal(signal.SIGHUP)
        wait_until(lambda: not in_force()["in_force"], self.collector.log)
        self.assertIn("[schedule always]: group is missing", in_force()["why"])
        wait_until(lambda: re.search("warning .* config-in-force .*group is missing", self.headroom_reads("status")),
                   lambda: self.headroom_reads("status"))
        self.write("headroom.conf", CONFIG)
        self.collector.signal(signal.SIGHUP)
        wait_until(lambda: in_force()["in_force"], self.collector.log)

    def test_a_peer_that_lies_or_sleeps_costs_only_itself(self):
        self.start()
        idle = []
        for _ in range(8):
            idle.append(socket.socket(socket.AF_UNIX))
            idle[-1].connect(self.path("data/admin.sock"))
        self.addCleanup(lambda: [peer.close() for peer in idle])
        self.assertIn("has not answered", self.headroom("resume", "web", status=3))  # so many are one user's
        begun = time.monotonic()
        self.assertEqual(idle[0].recv(1), b"")  # the collector has waited long enough
        self.assertLess(time.monotonic() - begun, 30)
        self.headroom("resume", "web")
        liar = socket.socket(socket.AF_UNIX)
        self.addCleanup(liar.close)
        liar.connect(self.path("data/admin.sock"))
        liar.sendall(b'{"command":"pin","group":"web","nodes":5,"until_ms":' +
                     str(int(time.time() + 60) * 1000).encode() + b',"user":"root","uid":0}\n')
        self.assertIn(b'"ok":true', liar.recv(4096))
        self.headroom("resume", "web")


if __name__ == "__main__":
    main()
