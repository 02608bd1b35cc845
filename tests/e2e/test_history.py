"""History over HTTP: answers about days, from the CSV files of the data directory."""

import http.client
import os
import socket
import time

import past_week
from headroom_test import METRICS_COLUMNS, main, wait_until
from http_case import HttpTest
from http_client import get

MINUTE_MS = 60000
HOUR_MS = 3600000
DAY_MS = 86400000


class History(HttpTest):
    def setUp(self):
        super().setUp()
        collector = self.start("--tick", "1h")  # it writes the header of decisions.csv
        self.assert_stops(collector)
        self.data = self.path("data")
        self.header = past_week.header_of(os.path.join(self.data, "decisions.csv"))
        self.end = past_week.now()
        self.end_ms = int(self.end * 1000)

    def start_with_a_week(self, *flags, scaled_at=None, groups=("web",)):
        past_week.write_decisions(self.data, self.header, self.end, groups=groups, scaled_at=scaled_at)
        past_week.write_metrics(self.data, METRICS_COLUMNS, self.end, ("web-1", "web-2"))
        return self.start("--tick", "1h", *flags)

    def ask(self, path, status=200):
        reply = get(self.port, f"/api/v1/{path}")
        self.assertEqual(reply.status, status, reply.text())
        return reply.json()

    def column(self, answer, name):
        at = answer["columns"].index(name)
        return [row[at] for row in answer["rows"]]

    def test_a_week_of_a_group(self):
        self.start_with_a_week(groups=("db", "web"))
        answer = self.ask(f"history?group=web&from={self.end_ms - 7 * DAY_MS}&to={self.end_ms}&metric=demand,desired")
        self.assertEqual(answer["step_ms"], 10 * MINUTE_MS)
        self.assertTrue(answer["complete"])
        self.assertEqual(answer["columns"], ["time_ms", "demand", "demand_min", "demand_max", "desired", "desired_min",
                                             "desired_max"])
        self.assertGreaterEqual(len(answer["rows"]), 1007)
        self.assertLessEqual(len(answer["rows"]), 1009)
        for time_ms, mean, low, high in [row[:4] for row in answer["rows"][1:-1]]:
            expected = [past_week.demand_at(at) for at in range(int(self.end - 7 * 86400), int(self.end), 300)
                        if time_ms <= at * 1000 < time_ms + answer["step_ms"]] if time_ms % DAY_MS < HOUR_MS else None
            if expected:
                self.assertAlmostEqual(mean, sum(expected) / len(expected), places=3)
                self.assertAlmostEqual(low, min(expected), places=3)
                self.assertAlmostEqual(high, max(expected), places=3)
        self.assertEqual(set(self.column(answer, "desired")), {10})

    def test_a_day_of_a_node(self):
        self.start_with_a_week()
        begin = self.end_ms - 5 * DAY_MS
        answer = self.ask(f"history?node=web-2&from={begin}&to={begin + DAY_MS}"
                          "&metric=cpu_percent,disk_read_bytes_per_second")
        self.assertEqual(len(answer["rows"]), 144)
        self.assertTrue(all(begin - answer["step_ms"] < row[0] < begin + DAY_MS for row in answer["rows"]))
        self.assertEqual(set(self.column(answer, "cpu_percent")), {40, 60})
        self.assertEqual(set(self.column(answer, "disk_read_bytes_per_second_max")), {1000})
        whole = self.ask(f"history?node=web-2&from={self.end_ms - 7 * DAY_MS}&to={self.end_ms}")
        self.assertIn("net_rx_bytes_per_second", whole["columns"])
        self.assertEqual(set(self.column(whole, "swap_percent")), {None})
        self.assertEqual(self.ask("history?node=nobody")["rows"], [])

    def test_why_it_scaled_days_ago(self):
        at = self.end - 4 * 86400 + 130
        self.start_with_a_week(scaled_at=at)
        at_ms = int(at * 1000)
        answer = self.ask(f"decisions?group=web&from={at_ms - 100}&to={at_ms + 10 * MINUTE_MS}")
        self.assertEqual([decision["action"] for decision in answer["decisions"][:3]], ["up", "up", "hold"])
        scaled = answer["decisions"][0]
        self.assertEqual((scaled["time_ms"], scaled["current"], scaled["desired"]), (at_ms, 10, 14))
        self.assertEqual((scaled["rule"], scaled["order"], scaled["why"]), ("forecast", "intent", past_week.WHY))
        self.assertEqual((scaled["row"]["cpu_demand"], scaled["row"]["cpu"]), (57.5, 71.88))
        self.assertEqual(answer["decisions"][1]["order"], "accepted")
        self.assertFalse(answer["more"])
        answer = self.ask(f"decisions?to={at_ms}&from=0&limit=3")
        self.assertTrue(answer["more"])
        self.assertEqual(len(answer["decisions"]), 3)
        self.assertLess(answer["decisions"][-1]["time_ms"], at_ms)
        self.assertGreater(answer["decisions"][0]["time_ms"], at_ms - 20 * MINUTE_MS)
        self.assertEqual(self.ask(f"decisions?group=db&from={at_ms - 100}")["decisions"], [])

    def test_decisions_outlive_a_restart(self):
        collector = self.start_web()
        wait_until(lambda: [each for each in self.ask("decisions?from=0&group=web")["decisions"]
                            if each["action"] == "up"], "a decision in the file")
        self.assert_stops(collector)
        self.start("--tick", "1h")
        self.assertEqual([each for each in self.ask("decisions")["decisions"] if each["action"] == "up"], [])
        before = [each for each in self.ask("decisions?from=0&group=web")["decisions"] if each["action"] == "up"]
        self.assertIn("scale up", before[0]["why"])
        self.assertGreater(len(self.ask("history?group=web&metric=demand")["rows"]), 0)

    def test_what_can_not_be_answered(self):
        self.start()
        for path, words in (("history", "group=NAME or node=NAME"), ("history?group=a&node=b", "group=NAME or node=NAME"),
                            ("history?group=web&from=yesterday", "from: write a Unix time"),
                            ("history?group=web&from=9&to=3", "from must be before to"),
                            ("history?group=web&metric=load", "metric: write demand"),
                            ("history?group=web&limit=3", "takes no parameter"),
                            ("decisions?from=1&limit=9999", "write 1 to 1000")):
            self.assertIn(words, self.ask(path, 400)["error"])


class Limits(HttpTest):
    """With a file that takes longer to read than the time limit."""

    def setUp(self):
        super().setUp()
        self.collector = self.start("--tick", "1h")
        with open(self.path("data/metrics-00000001.csv"), "wb") as file:
            file.truncate(1 << 40)  # it has no blocks

    def begin(self):
        """A request on a connection of its own."""
        client = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        self.addCleanup(client.close)
        client.sendall(b"GET /api/v1/history?node=n-1&metric=cpu_percent HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return client

    def status(self, client):
        response = http.client.HTTPResponse(client)
        response.begin()
        return response.status, response.getheader("Retry-After"), response.read()

    def test_the_time_limit_is_stated_and_the_server_answers_others_meanwhile(self):
        client = self.begin()
        self.assertEqual(get(self.port, "/healthz").status, 200)
        status, _, body = self.status(client)
        self.assertEqual(status, 200)
        self.assertIn(b'"complete":false', body)

    def test_too_many_are_refused_and_those_that_leave_give_up_their_places(self):
        clients = []

        def refused():
            clients.append(self.begin())
            clients[-1].settimeout(0.5)
            try:
                return self.status(clients[-1])
            except TimeoutError:
                return None
        status, retry, body = wait_until(refused, "a request that is refused")
        self.assertEqual((status, retry), (503, "1"))
        self.assertIn(b"waiting", body)
        self.assertGreaterEqual(len(clients), 3)
        for client in clients:
            client.close()
        begun = time.monotonic()
        wait_until(lambda: get(self.port, "/api/v1/decisions?from=0").status == 200, "a free place")
        self.assertLess(time.monotonic() - begun, 10, "as long as the scans of those that have left would take")

    def test_a_stop_waits_for_no_scan(self):
        for _ in range(3):
            self.begin()
        wait_until(lambda: get(self.port, "/healthz").status == 200, "the server")
        self.assert_stops(self.collector)


if __name__ == "__main__":
    main()
