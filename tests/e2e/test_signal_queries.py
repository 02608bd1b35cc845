"""headroom-bridge query asks an engine, and whatever the engine does, each signal gets its line."""

import json
import os
import signal
import subprocess
import threading
import time
import unittest

from engines import PROMETHEUS, VICTORIA, Victoria, request
from headroom_test import WAIT_S, HeadroomTest, free_port, main, run, wait_until
from signal_case import BRIDGE, Exporter, Querier, QueryStub, ScrapingPrometheus, section, success


def slow_bytes(handler):
    """One byte each 100 ms, for longer than the timeout."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    try:
        for _ in range(100):
            handler.wfile.write(b" ")
            time.sleep(0.1)
    except OSError:
        pass


def half_a_body(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + success(1)[:40])


def no_answer(handler):
    time.sleep(10)


def error(status, text):
    return status, {}, json.dumps({"status": "error", "errorType": "bad_data", "error": text}).encode()


TROUBLE = {
    "status_500": (lambda _: (500, {}, b"internal error\n"), "the engine answers with status 500: internal error"),
    "status_302": (lambda _: (302, {"Location": "http://elsewhere/"}, b""),
                   "the engine answers with status 302, a redirect to http://elsewhere/; set url to where the engine is"),
    "status_401": (lambda _: (401, {}, b"no token"), "the engine answers with status 401: no token"),
    "syntax": (lambda _: error(400, 'parse error: unexpected "x"'),
               'the engine answers with status 400: parse error: unexpected "x"'),
    "half": (half_a_body, "no answer from "),
    "one_mib": (lambda _: (200, {}, b" " * (1 << 20)), "the engine's answer is longer than 64 KiB"),
    "slow_bytes": (slow_bytes, " has not answered within 1000 ms"),
    "silent": (no_answer, " has not answered within 1000 ms"),
    "nan": (lambda _: (200, {}, success("NaN")), "the query returned NaN; a signal is a number from 0"),
    "infinite": (lambda _: (200, {}, success("+Inf")), "the query returned +Inf; a signal is a number from 0"),
    "negative": (lambda _: (200, {}, success(-1)), "the query returned -1; a signal is a number from 0"),
    "two": (lambda _: (200, {}, success(1, 2)), "the query returned 2 series; wrap it in sum()"),
    "empty": (lambda _: (200, {}, success()), "the query returned no series"),
    "login": (lambda _: (200, {}, b"<html>log in"), "the engine's answer is not that of Prometheus's API: <html>log in"),
}


class Stubs(HeadroomTest):
    def test_trouble_has_its_sentence_and_delays_nobody(self):
        stub = QueryStub(self, {"good": lambda _: (200, {}, success(42)), **{name: how for name, (how, _) in
                                                                             TROUBLE.items()}})
        config = self.write("c.conf", f"[collector]\nquery-url = {stub.url}\nquery-timeout = 1s\ntick = 1s\n"
                            + section("good", query="good") + section("also-good", query="good", group="db")
                            + section("zero", query="empty", empty=0, group="db")
                            + section("gone", query="good", url=f"http://127.0.0.1:{free_port()}", group="db")
                            + "".join(section(name.replace("_", "-"), query=name, group=name) for name in TROUBLE))
        querier = Querier(self, config)
        for name, (_, sentence) in TROUBLE.items():
            signal_name = name.replace("_", "-")
            line = querier.wait_line(signal_name)
            self.assertTrue(line.startswith(f"missing {signal_name} "), line)
            self.assertIn(sentence, line)
        self.assertEqual(querier.wait_line("zero"), "signal zero 0 0")
        self.assertIn("Couldn't connect", querier.wait_line("gone"))
        querier.wait_line("good", after=4)
        self.assertEqual({line.split(" ", 3)[2] for line in querier.lines_of("good")}, {"42"})
        self.assertLessEqual(abs(len(querier.lines_of("good")) - len(querier.lines_of("also-good"))), 1)
        # The same question is asked once, with all parameters, where the API is.
        with stub.lock:
            asked = sum(form["query"] == "good" for form in stub.forms)
        self.assertLessEqual(abs(asked - len(querier.lines_of("good"))), 2)
        self.assertEqual({path for path, _ in stub.headers}, {"/api/v1/query"})
        self.assertEqual({key: value for key, value in stub.forms[0].items() if key != "query"},
                         {"timeout": "1000ms", "lookback_delta": "3000ms", "max_lookback": "3000ms", "step": "3000ms",
                          "nocache": "1", "deny_partial_response": "1", "partial_response": "false"})
        self.assert_stops(querier)

    def test_the_age_is_that_of_the_engines_clock(self):
        """An answer from a cache is old, whatever clock the engine has."""
        date = {"Date": "Sun, 29 Nov 2020 09:00:10 GMT"}
        ten_past = 1606640410

        def dated(at):
            def answer(handler):
                body = success(7, at=at)
                handler.wfile.write(f"HTTP/1.1 200 OK\r\nDate: {date['Date']}\r\nConnection: close\r\n"
                                    f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
            return answer

        stub = QueryStub(self, {"fresh": dated(ten_past + 0.4), "old": dated(ten_past - 8), "ancient": dated(1)})
        config = self.write("c.conf", f"[collector]\nquery-url = {stub.url}\ntick = 1s\n"
                            + section("fresh", query="fresh") + section("old", query="old")
                            + section("ancient", query="ancient"))
        querier = Querier(self, config)
        self.assertEqual(querier.wait_line("fresh"), "signal fresh 7 0")
        self.assertEqual(querier.wait_line("old"), "signal old 7 8000")
        self.assertEqual(querier.wait_line("ancient"), f"signal ancient 7 {2**32 - 1}")

    def test_tokens_are_read_for_each_query(self):
        stub = QueryStub(self, {"good": lambda _: (200, {}, success(42))})
        token = self.write("token", "first\n")
        config = self.write("c.conf", f"[collector]\nquery-url = {stub.url}\nquery-token-file = {token}\ntick = 1s\n"
                            + section("good", query="good"))
        querier = Querier(self, config)

        def has_sent(text):
            with stub.lock:
                return any(headers.get("Authorization") == text for _, headers in stub.headers)

        wait_until(lambda: has_sent("Bearer first"), "the first token")
        self.write("token", "\nsecond\n")
        wait_until(lambda: has_sent("Bearer second"), "the second token")
        self.write("token", "")
        self.assertIn(f"can't read the token in {token}", querier.wait_line("good", lambda line: "missing" in line))
        os.remove(token)
        os.mkfifo(token)
        self.assertIn(f"can't read the token in {token}: it is a pipe",
                      querier.wait_line("good", lambda line: "it is a pipe" in line))
        self.assert_stops(querier)

    def test_it_ends_when_nobody_reads(self):
        config = self.write("c.conf", f"[collector]\nquery-url = http://127.0.0.1:{free_port()}\ntick = 1h\n"
                            + section("x", query="sum(x)"))
        with subprocess.Popen([BRIDGE, "query", "--config", config], stdout=subprocess.PIPE) as querier:
            querier.stdout.close()
            self.assertEqual(querier.wait(WAIT_S), 0)

    def test_a_configuration_without_queries_is_an_error(self):
        config = self.write("c.conf", "[collector]\ntick = 1s\n")
        done = run(BRIDGE, "query", "--config", config)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("no signal has a query", done.stderr)
        done = run(BRIDGE, "query", "--config", self.path("none"))
        self.assertEqual(done.returncode, 2)
        self.assertIn("can't read", done.stderr)
        self.assertIn("shortly before each tick", run(BRIDGE, "query", "--help").stdout)


class Engines:
    """What both engines do while samples come and stop."""

    def check(self, engine, query, stop):
        config = self.write("c.conf", f"[collector]\nquery-url = {engine.url}\nquery-timeout = 1s\ntick = 1s\n"
                            + section("load", query=query, missing_after="6s")
                            + section("idle", query="(vector(0) / vector(0) >= 0) or vector(0)")
                            + section("none", query="sum(nothing)") + section("bad", query="sum(", group="db"))
        querier = Querier(self, config)
        value = lambda line: line.startswith("signal load ") and float(line.split()[2]) > 0
        querier.wait_line("load", value)
        self.assertEqual(querier.wait_line("none"), "missing none the query returned no series")
        self.assertRegex(querier.wait_line("idle"), r"^signal idle 0 \d+$")  # as docs/signals.md writes it for NaN
        self.assertRegex(querier.wait_line("bad"), "^missing bad the engine answers with status 4(00|22): ")
        seen = len(querier.lines_of("load"))
        self.assertLess(int(querier.wait_line("load", value, after=seen).split()[3]), 5000)
        # Killed: missing; started again: there again.
        engine.kill()
        querier.wait_line("load", lambda line: "Couldn't connect" in line or "no answer" in line)
        engine.start()
        seen = len(querier.lines_of("load"))
        querier.wait_line("load", value, after=seen)
        # Stopped: missing within the timeout; continued: there again.
        engine.program.signal(signal.SIGSTOP)
        seen = len(querier.lines_of("load"))
        querier.wait_line("load", lambda line: "has not answered within 1000 ms" in line, after=seen)
        engine.program.signal(signal.SIGCONT)
        seen = len(querier.lines_of("load"))
        querier.wait_line("load", value, after=seen)
        stop(querier)
        self.assert_stops(querier)


@unittest.skipIf(PROMETHEUS is None, "prometheus is not installed")
class Prometheuses(HeadroomTest, Engines):
    def test_prometheus(self):
        exporter = Exporter(self, demo=42)
        engine = ScrapingPrometheus(self, exporter)
        engine.start()

        def vanish(querier):
            """A metric that the exporter no longer has is gone at once: Prometheus marks it as stale."""
            exporter.values = {"other": 1}
            querier.wait_line("load", lambda line: line == "missing load the query returned no series")

        self.check(engine, "sum(demo)", vanish)


@unittest.skipIf(VICTORIA is None, "victoria-metrics is not installed")
class Victorias(HeadroomTest, Engines):
    def test_victoria(self):
        engine = Victoria(self)
        engine.start()
        stopped = []

        def feed():
            while not stopped:
                try:
                    request(f"{engine.url}/api/v1/import/prometheus", f"demo {1000 * (time.time() % 1000):.0f}\n".encode(), 2)
                except OSError:
                    pass
                time.sleep(0.3)

        thread = threading.Thread(target=feed, daemon=True)
        thread.start()
        self.addCleanup(stopped.append, True)

        def cease(querier):
            """The lookback is missing-after. By default VictoriaMetrics would show what was there 30 s ago."""
            line = querier.wait_line("load", after=len(querier.lines_of("load")))
            behind = (1000 * (time.time() % 1000) - float(line.split()[2])) % 1e6
            self.assertLess(behind, 15000, line)
            stopped.append(True)
            thread.join()
            querier.wait_line("load", lambda text: text == "missing load the query returned no series")

        self.check(engine, "sum(demo)", cease)


if __name__ == "__main__":
    main()
