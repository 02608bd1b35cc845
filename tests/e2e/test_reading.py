"""The commands of headroom that read: of a real collector, of servers that lie, and on terminals."""

import gzip
import http.server
import json
import os
import re
import shutil
import subprocess
import threading
import time
import unittest

from headroom_test import COLLECTOR, HEADROOM, HeadroomTest, main, wait_until
from https_case import TOKEN, HttpsTest
from terminal import Terminal

LOADGEN = os.environ.get("HEADROOM_LOADGEN", os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(COLLECTOR))),
                                                          "bench", "headroom-loadgen"))
CONFIG = """
[collector]
tick = 500ms
http = 127.0.0.1:0
[group web]
min = 1
max = 10
[group db]
max = 4
"""


class Reading(HeadroomTest):
    COLLECTOR_FLAGS = ("--flush", "100ms", "--ack-interval", "1s")

    def start(self, **how):
        self.collector = self.start_collector("--config", self.write("headroom.conf", CONFIG), "--http",
                                              "127.0.0.1:0", **how)
        self.collector.port()

    def start_web(self):
        """A group of two nodes in which all is well."""
        self.start()
        _, agents = self.start_fleet(["web-1", "web-2"], self.collector, 0.4, "--group", "web")
        for node in ("web-1", "web-2"):
            self.collector.wait_not_visitor(node)
        self.wait_shown(r"(?s)No problems\..* data-complete +true ", "status", "web")
        return agents

    def wait_shown(self, pattern, *words):
        wait_until(lambda: re.search(pattern, self.headroom_reads(*words)),
                   lambda: f"{pattern}: {self.headroom_reads(*words)}")

    def test_status_shows_what_is_wrong_and_says_so_by_its_exit_status(self):
        agents = self.start_web()
        shown = self.headroom_reads("status", "web", statuses=(0,))
        self.assertRegex(shown, r"(?m)^web +2 +0 +\d+ +1 +10 +\d+% ")
        self.assertRegex(shown, r"(?m)^  data-complete +true ")
        self.assertNotIn("\x1b", shown)
        agents[1].kill()
        self.wait_shown(r"warning .* nodes-missing +web: 1 of 2 nodes is missing", "status")
        self.headroom_reads("status", statuses=(1,))
        document = json.loads(self.headroom_reads("status", "web", "--json", statuses=(1,)))
        self.assertIn("nodes-missing", [problem["name"] for problem in document["problems"]])
        self.assertEqual({group["name"] for group in document["groups"]}, {"web", "db"})
        url = self.collector.url()
        self.assert_stops(self.collector)
        self.assertEqual(self.headroom_reads("status", url=url, statuses=(2,)),
                         f"headroom status: no answer from {url}: Connection refused; is headroom-collector running there?\n")

    def test_nodes_are_listed_chosen_and_sorted(self):
        agents = self.start_web()
        agents[0].kill()
        self.wait_shown("web-1 +web +missing", "nodes", "--state", "missing")
        self.assertRegex(self.headroom_reads("nodes", "--group", "web", "--sort", "state"),
                         r"^NODE .* CPU .*\nweb-2 +web +live .*\nweb-1 +web +missing")
        self.assertRegex(self.headroom_reads("nodes", "--sort", "age"), r"\nweb-1 .*\nweb-2 ")
        document = json.loads(self.headroom_reads("nodes", "--json", "--sort", "swap"))
        self.assertEqual(document["columns"][-1], "swap_percent")
        self.assertEqual(len(document["nodes"]), 2)
        self.assertEqual(self.headroom_reads("nodes", "--group", "web", "--state", "gone"), "No nodes.\n")

    def test_a_decision_of_the_past_is_explained_after_a_restart(self):
        self.start_web()
        self.wait_shown(r"Decision +hold ", "why", "web")
        before = json.loads(self.headroom_reads("why", "web", "--json"))
        at_s = before["time_ms"] // 1000 + 1  # the command line has whole seconds
        wait_until(lambda: time.time() >= at_s + 1, "a later second")
        self.headroom("pin", "web=5", "--for", "1h", "--reason", "sale")
        self.wait_shown(r"By hand +pinned to 5 nodes until .*: sale\n", "why", "web")
        pinned = self.headroom_reads("why", "web", statuses=(0,))
        self.assertRegex(pinned, r"Why not more\? +A person has pinned the group to 5 nodes\.\n")
        self.assertRegex(pinned, r"Decision +add nodes, \d -> 5; not carried out: the mode is observe\n")
        wait_until(lambda: [row for row in self.collector.decisions() if row["pin"] == "5"], self.collector.log)
        self.assert_stops(self.collector)
        self.start(port=self.collector.port())
        at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at_s))
        past = json.loads(self.headroom_reads("why", "web", "--at", at, "--json"))
        self.assertLessEqual(past["time_ms"], at_s * 1000)
        self.assertNotIn("pin", past["row"])
        shown = self.headroom_reads("why", "web", "--at", at, statuses=(0,))
        self.assertRegex(shown, r"By hand +nothing is pinned or paused\n")
        zone = time.strftime("%Z", time.localtime())
        self.assertRegex(shown, rf"Decided +\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d {zone}, ")
        self.assertIn("was recorded in the 24 hours before", self.headroom_reads("why", "web", "--at", "30h"))

    def test_a_group_is_described_and_an_unknown_one_is_not(self):
        self.start_web()
        self.wait_shown("Desired +[0-9]", "describe", "web")
        shown = self.headroom_reads("describe", "web", statuses=(0,))
        for part in (r"Nodes +2 live", r"Bounds +min 1, max 10\n", r"(?m)^cpu +\d+% ", r"(?m)^  limited +false ",
                     "Latest decisions to add or remove nodes\n"):
            self.assertRegex(shown, part)
        document = self.headroom_reads("describe", "web", "--json")
        self.assertEqual(set(json.loads(document)), {"group", "problems", "decisions"})
        self.assertIn('"target":0.7,', document)
        for words in (("describe", "weeb"), ("why", "weeb"), ("status", "weeb"), ("nodes", "--group", "weeb")):
            self.assertIn("there is no group weeb", self.headroom_reads(*words, statuses=(1,)))

    def test_decisions_are_followed_over_a_restart(self):
        self.start_web()
        out = open(self.path("followed"), "wb")
        self.addCleanup(out.close)
        program = subprocess.Popen([HEADROOM, "decisions", "--group", "web", "--follow", "--since", "1s", "--collector",
                                    self.collector.url()], stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        self.addCleanup(program.wait)
        self.addCleanup(program.kill)

        def followed():
            with open(self.path("followed"), encoding="utf-8") as file:
                return file.read()

        wait_until(lambda: followed().startswith("No decisions"), followed)
        self.headroom("pin", "web=5", "--for", "1h")
        wait_until(lambda: re.search(r"up \d -> 5 .*pinned to 5", followed()), followed)
        self.assertEqual(len(re.findall(r"(?m)^\S+ \S+ \S+ +up \d -> 5 ", followed())), 1)
        self.assertRegex(self.headroom_reads("decisions", "--group", "web"), r"(?m)^TIME .*\n(.*\n)*.* up \d -> 5 ")
        lines = self.headroom_reads("decisions", "--json", "--all").splitlines()
        self.assertIn("hold", {json.loads(line)["action"] for line in lines})
        http = self.collector.url().removeprefix("http://")
        self.assert_stops(self.collector)
        wait_until(lambda: "trying again" in followed(), followed)
        self.collector = self.start_collector("--config", self.path("headroom.conf"), "--http", http,
                                              port=self.collector.port())
        self.collector.port()
        self.headroom("pin", "web=6", "--for", "1h")
        wait_until(lambda: re.search(r"up \d -> 6 ", followed()), followed)

    def test_output_that_can_not_be_written_is_an_error(self):
        self.start_web()
        for words in (["status"], ["status", "--json"], ["nodes"], ["decisions"], ["describe", "web"], ["why", "web"]):
            with open("/dev/full", "w", encoding="ascii") as full:
                done = subprocess.run([HEADROOM, *words, "--collector", self.collector.url()], stdout=full,
                                      stderr=subprocess.PIPE, text=True, timeout=60, check=False)
            self.assertEqual((done.returncode, done.stderr),
                             (2, f"headroom {words[0]}: can't write to the standard output: No space left on device\n"))

    def test_what_is_not_valid_is_refused_with_the_reason(self):
        self.start()
        for words, error in (("why", "the group is missing"), ("why web db", "one group at a time"),
                             ("why web --at noon", "--at must be a local time"),
                             ("why web --at 2199-01-01", "is in the future"),
                             ("nodes --sort size", "the metrics are cpu, memory,"),
                             ("nodes --state ill", "--state must be new, live,"),
                             ("decisions --since never", "--since must be a local time"),
                             ("status --collector c:7421", "must be a URL such as"),
                             ("status --token-file /none", "--token-file: can't read /none")):
            with self.subTest(words):
                self.assertIn(error, self.headroom_reads(*words.split(), statuses=(2,)))


class Secured(HttpsTest):
    def test_https_with_a_token_by_flags_or_the_environment(self):
        self.start_limited()
        url = f"https://localhost:{self.port}"
        flags = ("--ca-file", self.authority.certificate)
        self.assertIn("--ca-file names the CAs of its certificate",
                      self.headroom_reads("status", url=url, statuses=(2,)))
        self.assertIn("see --token-file", self.headroom_reads("status", *flags, url=url, statuses=(2,)))
        self.headroom_reads("status", *flags, "--token-file", self.path("token"), url=url)
        self.headroom_reads("status", url=url, variables={"HEADROOM_CA_FILE": self.authority.certificate,
                                                          "HEADROOM_TOKEN_FILE": self.path("token")})
        wrong = self.write("wrong", "wrong-wrong-wrong\n")
        shown = self.headroom_reads("status", *flags, "--token-file", wrong, url=url, statuses=(2,))
        self.assertIn("the collector refuses the request", shown)
        self.assertNotIn(TOKEN, shown)
        two = self.write("two", f"{TOKEN}\nX-Other: header\n")
        self.assertIn("a token is one line", self.headroom_reads("status", *flags, "--token-file", two, url=url,
                                                                 statuses=(2,)))
        self.headroom_reads("status", *flags, url=f"http://localhost:{self.port}", statuses=(2,))


class Liar(http.server.BaseHTTPRequestHandler):
    """Answers each path with what `answers` has for it."""

    answers = {}
    asked = []

    def do_GET(self):
        Liar.asked.append(self.path)
        status, headers, body = self.answers.get(self.path, (404, {}, b'{"error":"no"}'))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            for piece in [body] if isinstance(body, bytes) else body:
                self.wfile.write(piece)
        except OSError:
            pass  # the client has had enough

    def log_message(self, *_):
        pass


class Lies(HeadroomTest):
    def setUp(self):
        super().setUp()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def read(self, answer, *words, **how):
        Liar.asked = []
        Liar.answers = {"/api/v1/problems": answer}
        return self.headroom_reads("status", *words, url=self.url, **how)

    def test_an_answer_without_end_is_cut_off(self):
        endless = (b" " * 65536 for _ in range(10**6))
        self.assertIn("answers with more than 16 MiB", self.read((200, {}, endless), statuses=(2,)))

    def test_nothing_but_a_document_is_accepted(self):
        for answer in ((200, {}, b"<html>"), (200, {}, b""), (200, {}, b'{"problems":7}'), (500, {}, b"oops"),
                       (200, {"Content-Encoding": "gzip"}, gzip.compress(b'{"problems":[]}'))):
            with self.subTest(answer):
                self.assertIn("does --collector name", self.read(answer, statuses=(2,)))

    def test_redirections_are_not_followed(self):
        self.read((302, {"Location": f"{self.url}/elsewhere"}, b"{}"), statuses=(2,))
        self.assertEqual(Liar.asked, ["/api/v1/problems"])

    def test_a_proxy_of_the_environment_gets_nothing(self):
        shown = self.read((200, {}, b'{"problems":[]}'), statuses=(2,),
                          variables={"http_proxy": "http://127.0.0.1:1", "ALL_PROXY": "http://127.0.0.1:1"})
        self.assertEqual(Liar.asked, ["/api/v1/problems", "/api/v1/groups"])
        self.assertEqual(shown, "headroom status: no\n")

    def test_nothing_can_be_done_to_the_terminal(self):
        sentence = '"\\u001b]0;title\\u0007\\u009b2J"'.encode()
        problem = b'{"severity":%s,"name":%s,"group":%s,"text":%s}' % ((sentence,) * 4)
        Liar.answers = {"/api/v1/problems": (200, {}, b'{"problems":[%s]}' % problem),
                        "/api/v1/groups": (200, {}, b'{"groups":[{"name":%s,"why":%s}]}' % ((sentence,) * 2)),
                        "/api/v1/fleet": (200, {}, b'{"version":%s,"nodes":{}}' % sentence)}
        for words in (("status",), ("status", "--json")):
            self.assertNotRegex(self.headroom_reads(*words, url=self.url), "[\x00-\x09\x0b-\x1f\x7f-\x9f]")


@unittest.skipUnless(shutil.which("tmux"), "there is no tmux")
class Terminals(HeadroomTest):
    COLLECTOR_FLAGS = ("--flush", "100ms", "--ack-interval", "1s", "--tick", "500ms", "--http", "127.0.0.1:0")

    def start_nodes(self, nodes, groups):
        self.collector = self.start_collector("--max", "100")
        loadgen = subprocess.Popen([LOADGEN, "--collector", self.collector.address(), "--nodes", str(nodes), "--groups",
                                    str(groups), "--interval", "5s", "--for", "1h", "--prefix", "n"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(loadgen.wait)
        self.addCleanup(loadgen.kill)
        wait_until(lambda: sum(group["nodes"]["live"] for group in self.status().values()) == nodes and
                   all("decided_ms" in group for group in self.status().values()), self.collector.log, 180)

    def show(self, *words, columns=80, rows=24, variables=None):
        """The screen, and with its attributes, after the command has ended."""
        terminal = Terminal([HEADROOM, *words, "--collector", self.collector.url()], columns, rows, variables)
        self.addCleanup(terminal.close)
        terminal.wait_text("exit status")
        return terminal.lines(), terminal.screen(escapes=True)

    def assert_one_screen(self, lines, columns):
        """The first line is still there, and none is broken."""
        self.assertRegex(lines[0], r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+  headroom-collector ")
        self.assertLessEqual(max(map(len, lines)), columns)

    def test_three_nodes(self):
        self.start_nodes(3, 1)
        lines, coloured = self.show("status")
        self.assert_one_screen(lines, 80)
        self.assertRegex("\n".join(lines), r"\nGROUP +LIVE +.*\nn-0 +3 ")
        self.assertIn("\x1b[", coloured)
        _, plain = self.show("status", variables={"NO_COLOR": "1"})
        self.assertNotIn("\x1b[", plain)
        lines, _ = self.show("status", columns=200, rows=50)
        self.assert_one_screen(lines, 200)
        self.assertRegex("\n".join(lines), r"\nGROUP .* MISSING .* WHY\n")
        lines, _ = self.show("why", "n-0", rows=50)
        self.assertRegex("\n".join(lines), r"(?s)^Group +n-0\nDecided .*\nWhy not fewer\? ")
        url = self.collector.url()
        self.assert_stops(self.collector)
        terminal = Terminal([HEADROOM, "status", "--collector", url])
        self.addCleanup(terminal.close)
        terminal.wait_text("exit status 2")
        self.assertRegex(" ".join(terminal.lines()), "no answer from .*Connection refused")

    def test_five_thousand_nodes_in_two_hundred_groups(self):
        self.start_nodes(5000, 200)
        for columns, rows in ((80, 24), (200, 50)):
            with self.subTest((columns, rows)):
                lines, _ = self.show("status", columns=columns, rows=rows)
                self.assert_one_screen(lines, columns)
                self.assertRegex("\n".join(lines), r"\n\S+ +5000 nodes: |  5000 nodes: ")
                self.assertRegex("\n".join(lines), r"\nand \d+ more groups: headroom top, or headroom status \| less\n")
        shown = self.headroom_reads("status")
        self.assertEqual(len(re.findall(r"(?m)^n-\d+ ", shown)), 200)
        self.assertEqual(len(self.headroom_reads("nodes").splitlines()), 5001)


if __name__ == "__main__":
    main()
