"""Problems as the collector lists them, and programs that hear of them: those of packaging/alerts, with a web server and a
mail server."""

import json
import os
import shutil
import signal
import socketserver
import subprocess
import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from headroom_test import SOURCE, main, wait_until
from http_case import HttpTest
from http_client import get

EXAMPLES = os.path.join(SOURCE, "packaging", "alerts")
DAY_MS = 86_400_000
MESSAGE = {"collector": "mon-1", "version": "0.1.0", "time_ms": 1796040000000, "alerts": [
    {"event": "begins", "name": "nodes-missing", "severity": "warning", "group": "web", "node": None,
     "since_ms": 1796039700000, "text": 'web: 3 of 21 "nodes" are missing: web-7 and 2 more', "link": "#/group/web"},
    {"event": "begins", "name": "limited", "severity": "warning", "group": "db", "node": None,
     "since_ms": 1796039700000, "text": "db: the load needs 9 nodes, and max is 7", "link": "#/group/db"},
    {"event": "ends", "name": "store-held", "severity": "critical", "group": None, "node": None,
     "since_ms": 1796039700000, "text": "the disk can't be written; agents retain their samples", "link": "#/"}]}


def events(message):
    """[(event, name, group)] of a message, sorted."""
    return sorted((alert["event"], alert["name"], alert["group"]) for alert in message["alerts"])


class AlertTest(HttpTest):
    FLAGS = ("--alert-interval", "0", "--alert-repeat", "0")

    def write_program(self, script):
        """A program that is replaced at once, so that no run sees half of it."""
        path = self.write("program.new", f"#!/bin/sh\ncd {self.path('.')}\n{script}\n")
        os.chmod(path, 0o755)
        os.rename(path, self.path("program"))
        return self.path("program")

    def write_storing_program(self):
        """It stores each message as a file of its own, in their order."""
        os.makedirs(self.path("messages"), exist_ok=True)
        return self.write_program("n=$(ls messages | wc -l); cat > message.new; mv message.new messages/$((n + 1000))")

    def messages(self):
        folder = self.path("messages")
        found = []
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                found.append(json.load(file))
        return found

    def wait_message(self, count):
        wait_until(lambda: len(self.messages()) >= count, self.collector.log)
        return self.messages()[count - 1]

    def problems(self):
        return json.loads(get(self.port, "/api/v1/problems").text())

    def problems_over_the_limit(self):
        problems = self.problems()
        return problems if problems["more"] > 0 else None

    def wait_problem(self, name, group=None):
        def found():
            return next((each for each in self.problems()["problems"] if (each["name"], each["group"]) == (name, group)),
                        None)

        return wait_until(found, lambda: f"{name}: {self.problems()}\n{self.collector.log()}")

    def write_pins(self, groups):
        """The file of a collector that was ended, with pins that were given two days ago."""
        now_ms = int(time.time() * 1000)
        pin = {"kind": "pin", "nodes": 3, "forced": False, "set_ms": now_ms - 2 * DAY_MS, "until_ms": now_ms + DAY_MS,
               "uid": 0, "user": "", "reason": "a test"}
        os.makedirs(self.path("data"), exist_ok=True)
        self.write("data/overrides", "\n".join(['{"overrides":1}'] + [json.dumps({**pin, "group": group})
                                                                     for group in groups]) + "\n")


class Programs(AlertTest):
    def test_what_begins_together_is_one_message_and_so_is_its_end(self):
        groups = [f"g{i}" for i in range(200)]
        self.write_pins(groups)
        config = self.write("c.conf", "".join(f"[group {group}]\nmax = 9\n" for group in groups))
        flags = ("--config", config, "--on-alert", self.write_storing_program(), *self.FLAGS)
        self.collector = self.start(*flags)
        message = self.wait_message(1)
        self.assertEqual(events(message), sorted(("begins", "pinned", group) for group in groups))
        self.assertEqual(message["collector"], os.uname().nodename)
        listed = wait_until(self.problems_over_the_limit, self.collector.log)  # that no node reports, and so on
        self.assertEqual(len(listed["problems"]), 256)
        self.assertEqual([each for each in listed["problems"] if each["severity"] == "info"], [])

        self.headroom("resume", "g7")
        self.assertEqual(events(self.wait_message(2)), [("ends", "pinned", "g7")])
        self.assert_stops(self.collector)
        self.collector = self.start(*flags)  # which says nothing again
        wait_until(self.problems_over_the_limit, self.collector.log)
        self.headroom("resume", "g8")
        self.assertEqual(events(self.wait_message(3)), [("ends", "pinned", "g8")])
        wait_until(lambda: '\nheadroom_alert_runs_total{outcome="accepted"} 1\n' in get(self.port, "/metrics").text(),
                   lambda: get(self.port, "/metrics").text())
        self.assert_stops(self.collector)

    def test_what_lasts_is_repeated(self):
        self.write_pins(["web"])
        self.collector = self.start("--on-alert", self.write_storing_program(), "--alert-repeat", "1s", "--alert-interval",
                                    "0")
        self.assertEqual(events(self.wait_message(1)), [("begins", "pinned", "web")])
        self.assertEqual(events(self.wait_message(2)), [("continues", "pinned", "web")])
        problem = self.wait_problem("pinned", "web")
        self.assertTrue(problem["firing"])
        self.assertIn("web: pinned to 3 nodes until", problem["text"])

    def test_a_program_that_fails_is_itself_a_problem(self):
        self.write_pins(["web"])
        self.collector = self.start("--on-alert", self.write_program("echo 'no way' >&2; exit 3"), *self.FLAGS)
        problem = self.wait_problem("alert-program-failing")
        self.assertIn("the program of on-alert has failed", problem["text"])
        self.assertIn("exit status 3", problem["text"])
        self.collector.wait_log("alert program: no way")
        self.assertIn("\nheadroom_alert_program_failing 1\n", get(self.port, "/metrics").text())
        self.write_storing_program()
        self.assertEqual(events(self.wait_message(1)), [("begins", "pinned", "web")])
        wait_until(lambda: not [each for each in self.problems()["problems"] if each["name"] == "alert-program-failing"],
                   self.collector.log)

    def test_the_end_of_the_collector_ends_a_program_that_hangs(self):
        self.write_pins(["web"])
        self.collector = self.start("--on-alert", self.write_program("echo $$ > pid.new; mv pid.new pid; exec sleep 600"),
                                    *self.FLAGS)
        wait_until(lambda: os.path.exists(self.path("pid")), self.collector.log)
        self.assert_stops(self.collector)
        with open(self.path("pid"), encoding="ascii") as file:
            self.assertFalse(os.path.exists(f"/proc/{file.read().strip()}"))


class Problems(AlertTest):
    def test_the_list_follows_the_fleet(self):
        self.collector = self.start("--gone-after", "10m", "--max", "9")
        self.assertEqual(self.problems()["problems"], [])
        _, agents = self.start_fleet(["web-1", "web-2"], self.collector, 0.3, "--group", "web")
        for node in ("web-1", "web-2"):
            self.collector.wait_samples(node, 1)
            self.collector.wait_not_visitor(node)
        agents[0].kill()
        problem = self.wait_problem("nodes-missing", "web")
        self.assertEqual(problem["node"], "web-1")
        self.assertEqual(problem["link"], "#/node/web-1")
        self.assertEqual(problem["text"], "web: 1 of 2 nodes is missing: web-1")
        self.assertFalse(problem["firing"])
        self.start_agent("web-1", [self.collector], "--root", self.path("root-web-1"), "--group", "web")
        wait_until(lambda: not [each for each in self.problems()["problems"] if each["name"] == "nodes-missing"],
                   self.collector.log)

    def test_a_stall_of_the_collector_is_not_silence_of_the_nodes(self):
        self.collector = self.start("--gone-after", "10m", "--max", "9")
        self.start_fleet(["web-1", "web-2"], self.collector, 0.3, "--group", "web")
        for node in ("web-1", "web-2"):
            self.collector.wait_samples(node, 1)
            self.collector.wait_not_visitor(node)
        self.collector.signal(signal.SIGSTOP)
        time.sleep(8)
        self.collector.signal(signal.SIGCONT)
        end = time.monotonic() + 4
        while time.monotonic() < end:
            self.assertNotIn("nodes-missing", [each["name"] for each in self.problems()["problems"]])
            time.sleep(0.1)


class WebServer(BaseHTTPRequestHandler):
    def do_POST(self):  # the name is http.server's
        self.server.bodies.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_):
        pass


class MailServer(socketserver.StreamRequestHandler):
    def reply(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.reply("220 stub")
        while line := self.rfile.readline().decode().strip():
            if line == "DATA":
                self.reply("354 go on")
                lines = iter(self.rfile.readline, b".\r\n")
                self.server.mails.append("".join(each.decode() for each in lines))
            elif line.startswith("RCPT"):
                self.server.recipients.append(line)
            self.reply("221 bye" if line == "QUIT" else "250 ok")


@unittest.skipIf(shutil.which("jq") is None or shutil.which("curl") is None, "jq or curl is not installed")
class Examples(AlertTest):
    def serve(self, server):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server

    def start_web(self):
        server = self.serve(ThreadingHTTPServer(("127.0.0.1", 0), WebServer))
        server.bodies, server.status = [], 204
        return server, f"http://127.0.0.1:{server.server_address[1]}/hook?key=secret"

    def run_example(self, name, message=None, **variables):
        return subprocess.run([os.path.join(EXAMPLES, name), "alert"], input=json.dumps(message or MESSAGE), text=True,
                              capture_output=True, timeout=60, check=False, env={"PATH": os.environ["PATH"], **variables})

    def test_a_collector_calls_the_webhook(self):
        server, url = self.start_web()
        self.write_pins(["web"])
        self.collector = self.start_collector("--on-alert", os.path.join(EXAMPLES, "webhook"), *self.FLAGS,
                                              variables={"HEADROOM_WEBHOOK_URL": url})
        wait_until(lambda: server.bodies, self.collector.log)
        path, body = server.bodies[0]
        self.assertEqual(path, "/hook?key=secret")
        self.assertEqual(events(json.loads(body)), [("begins", "pinned", "web")])
        self.collector.wait_log(r"alert program: 1 alert accepted after")

    def test_the_webhook_posts_text(self):
        server, url = self.start_web()
        credentials = os.path.dirname(self.write("webhook-url", url + "\n"))
        done = self.run_example("webhook", CREDENTIALS_DIRECTORY=credentials, HEADROOM_WEBHOOK_FORM="text")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(json.loads(server.bodies[0][1]),
                         {"text": "\n".join(f"{each['event']}: {each['severity']}: {each['text']}"
                                            for each in MESSAGE["alerts"])})

    def test_a_webhook_that_is_refused_has_failed(self):
        server, url = self.start_web()
        server.status = 500
        done = self.run_example("webhook", HEADROOM_WEBHOOK_URL=url)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("500", done.stderr)
        self.assertNotIn("secret", done.stderr)
        self.assertIn("set HEADROOM_WEBHOOK_URL", self.run_example("webhook").stderr)

    def test_the_webhook_takes_many_alerts(self):
        server, url = self.start_web()
        many = {**MESSAGE, "alerts": [{**MESSAGE["alerts"][0], "text": "x" * 1000}] * 512}
        for form in ("json", "text"):
            done = self.run_example("webhook", many, HEADROOM_WEBHOOK_URL=url, HEADROOM_WEBHOOK_FORM=form)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(json.loads(server.bodies[0][1]), many)
        self.assertGreater(len(server.bodies[1][1]), 512_000)

    def test_mail(self):
        server = self.serve(socketserver.ThreadingTCPServer(("127.0.0.1", 0), MailServer))
        server.mails, server.recipients = [], []
        variables = {"HEADROOM_MAIL_SERVER": f"smtp://127.0.0.1:{server.server_address[1]}",
                     "HEADROOM_MAIL_TO": "ops@example.org"}
        done = self.run_example("mail", **variables)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        head, body = server.mails[0].split("\r\n\r\n", 1)
        self.assertIn("Subject: [headroom mon-1] 2 problems, the first is: web: 3 of 21", head)
        self.assertIn("begins: warning, nodes-missing, since 2026-11-30", body)
        for alert in MESSAGE["alerts"]:
            self.assertIn(alert["text"], body)
        self.assertEqual(server.recipients, ["RCPT TO:<ops@example.org>"])
        done = self.run_example("mail", {**MESSAGE, "alerts": MESSAGE["alerts"][2:]}, **variables)
        self.assertIn("Subject: [headroom mon-1] 1 ended", server.mails[1])
        self.assertNotEqual(self.run_example("mail", HEADROOM_MAIL_SERVER="smtp://127.0.0.1:1").returncode, 0)

    def test_start_unit(self):
        """With a systemctl that writes down how it was called: no service manager may be there."""
        stub = self.write("systemctl", f"#!/bin/sh\necho \"$@\" >> {self.path('calls')}\n")
        os.chmod(stub, 0o755)
        done = self.run_example("start-unit", PATH=f"{os.path.dirname(stub)}:{os.environ['PATH']}")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        with open(self.path("calls"), encoding="utf-8") as file:
            self.assertEqual(file.read().splitlines(), ["--no-block start headroom-alert@limited.service",
                                                        "--no-block start headroom-alert@nodes-missing.service"])


if __name__ == "__main__":
    main()
