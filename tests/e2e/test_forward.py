"""What headroom-bridge forward sends to an engine, and what it does with the engine's answers."""

import glob
import os
import re
import signal
import unittest

from engines import PROMETHEUS, VICTORIA, Prometheus, StubEngine, Victoria
from forward_case import ForwardTest, rows_of
from headroom_test import BRIDGE, main, read_csv, read_csv_columns, run, wait_until
from http_client import get


@unittest.skipIf(VICTORIA is None, "victoria-metrics is not installed")
class Victorias(ForwardTest):
    def setUp(self):
        super().setUp()
        self.engine = Victoria(self)
        self.engine.start()

    def test_an_engine_that_hangs_delays_nothing_else(self):
        collector = self.start_collector()
        forwarder = self.forward(self.engine.write_url)
        loadgen = self.load(collector, "--nodes", "20", "--interval", "200ms", "--for", "6s")
        self.wait_state(forwarder, lambda state: state["unsettled"] > 100)
        self.engine.program.signal(signal.SIGSTOP)
        before = forwarder.state()["time_ms"]
        self.wait_state(forwarder, lambda state: state["time_ms"] > before + 3000 and state["behind_ms"] > 1000)
        self.engine.program.signal(signal.SIGCONT)
        loadgen.wait()
        self.wait_whole(self.engine)
        self.assert_stops(forwarder)

    def test_decisions_become_series_of_their_group(self):
        collector = self.start_collector("--tick", "1s")
        forwarder = self.forward(self.engine.write_url)
        self.load(collector, "--nodes", "5", "--interval", "200ms", "--for", "3s").wait()
        columns = ("group", "timestamp", "desired", "live", "cpu_demand")

        def decision():
            return next(read_csv_columns(self.path("data"), "decisions", columns), None)

        group, timestamp, desired, live, demand = wait_until(decision, "a decision")
        time_ms = round(float(timestamp) * 1000)
        expected = {("headroom_group_desired_nodes", None): desired, ("headroom_group_nodes", "live"): live,
                    ("headroom_group_demand", "cpu"): demand}
        for (name, label), value in expected.items():
            def arrived():
                return [dict(zip(series["timestamps"], series["values"]))[time_ms] for series in self.engine.export(name)
                        if series["metric"]["group"] == group and time_ms in series["timestamps"]
                        and label in (None, series["metric"].get("state"), series["metric"].get("resource"))]

            self.assertEqual(wait_until(arrived, f"{name} at {time_ms}"), [float(value)])
        self.assert_stops(forwarder)

    def test_two_engines_and_labels(self):
        collector = self.start_collector()
        first = self.forward(self.engine.write_url, "--labels", "datacenter=fra", "--metrics", "cpu,disk_read,load1",
                             name="first")
        self.load(collector, "--nodes", "5", "--for", "3s").wait()
        self.wait_whole(self.engine)
        engine = self.engine
        self.engine = Victoria(self, "second")
        self.engine.start()
        second = self.forward(self.engine.write_url, name="second")
        self.wait_whole(self.engine)
        self.assertEqual(engine.labels("headroom_node_cpu_ratio", "datacenter"), {"fra"})
        self.assertEqual(engine.samples("headroom_node_memory_ratio"), ({}, 0))
        self.assertGreater(self.engine.samples("headroom_node_memory_ratio")[1], 0)
        taken = run(BRIDGE, "forward", "--to", engine.write_url, "--name", "first", "--data", self.path("data"),
                    "--state", self.path("state"))
        self.assertEqual(taken.returncode, 1)
        self.assertIn('another process already forwards as "first"', taken.stderr)
        self.assert_stops(first)
        self.assert_stops(second)


@unittest.skipIf(PROMETHEUS is None, "prometheus is not installed")
class Prometheuses(ForwardTest):
    def test_a_poison_row_costs_itself(self):
        """Prometheus rolls a whole request back for one sample that is too old, and answers with 400 or 500."""
        engine = Prometheus(self)
        engine.start()
        collector = self.start_collector()
        self.load(collector, "--nodes", "5", "--interval", "200ms", "--for", "3s").wait()
        self.assert_stops(collector)
        path = self.path("data/metrics.csv")
        with open(path, encoding="ascii") as file:
            lines = file.read().splitlines()
        old = lines[5].split(",")
        old[5] = f"{float(old[5]) - 86400:.3f}"
        lines.insert(20, ",".join(old))
        with open(path, "w", encoding="ascii") as file:
            file.write("\n".join(lines) + "\n")
        forwarder = self.forward(engine.write_url)
        state = self.wait_state(forwarder, lambda state: state["refused"] == 1 and state["waiting"] == 0)
        self.assert_account(state, refused=1, rows_read=sum(self.stored()))
        refused = read_csv(self.path("state/forward-vm.refused.csv"))
        self.assertEqual([(row["node_id"], row["timestamp"]) for row in refused], [(old[0], old[5])], refused)
        self.assertEqual(engine.samples("headroom_node_cpu_ratio")[1], len(lines) - 2)
        self.assert_stops(forwarder)
        self.assertIn("the engine refuses 1 rows", forwarder.log())


    def test_without_a_window_the_log_says_what_is_missing(self):
        """Such a Prometheus refuses rows that are sent again."""
        engine = Prometheus(self, window="0s")
        engine.start()
        collector = self.start_collector()
        self.load(collector, "--nodes", "1", "--interval", "200ms", "--for", "3s").wait()
        self.assert_stops(collector)
        first = self.forward(engine.write_url)
        self.wait_state(first, lambda state: state["unsettled"] == sum(self.stored()))
        self.assert_stops(first)
        os.remove(self.path("state/forward-vm.cursor"))
        again = self.forward(engine.write_url)
        again.wait_log("out of order sample.*; set storage.tsdb.out_of_order_time_window in the configuration of Prometheus")
        state = self.wait_state(again, lambda state: state["rows_read"] > 0 and state["waiting"] == 0)
        self.assert_account(state)
        self.assert_stops(again)


class Stubs(ForwardTest):
    """Engines that answer in ways that real ones do only in trouble."""

    def setUp(self):
        super().setUp()
        self.collector = self.start_collector("--http", "127.0.0.1:0", "--forward-dir", self.path("reports"))
        self.load(self.collector, "--nodes", "5", "--interval", "60ms", "--for", "1s").wait()
        self.stub = StubEngine(self)

    def wait_all(self, forwarder):
        return self.wait_state(forwarder, lambda state: state["unsettled"] + state["settled"] == sum(self.stored()))

    def test_an_idle_connection_is_kept(self):
        """A new one would mean that rows are sent again."""
        forwarder = self.forward(self.stub.url, "--settle", "8s")
        state = self.wait_state(forwarder, lambda state: state["settled"] >= sum(self.stored()) > 0)
        self.assertEqual(state["rewinds"], 0, state)
        self.assertEqual(self.stub.connections, 1)
        self.assert_stops(forwarder)

    def test_an_engine_that_closes_each_connection(self):
        """It has announced that, so it was not restarted, and nothing is sent again."""
        stub = StubEngine(self, version="HTTP/1.0")
        forwarder = self.forward(stub.url, "--settle", "1s", "--batch", "100ms")
        self.load(self.collector, "--nodes", "5", "--interval", "200ms", "--for", "8s").wait()
        state = self.wait_state(forwarder, lambda state: state["settled"] >= sum(self.stored()) > 0)
        self.assertEqual(state["rewinds"], 0, state)
        self.assertEqual(stub.connections, len(stub.times))
        self.assertGreater(stub.connections, 2)
        self.assert_stops(forwarder)
        self.assertEqual(len(re.findall("closes the connection after each answer", forwarder.log())), 1)

    def test_busy_with_retry_after(self):
        self.stub.answers = [(429, {"Retry-After": "2"}, b"slow down")] * 2
        forwarder = self.forward(self.stub.url)
        self.wait_all(forwarder)
        self.assertGreaterEqual(self.stub.times[1] - self.stub.times[0], 2.0)
        self.assertGreaterEqual(self.stub.times[2] - self.stub.times[1], 2.0)
        self.assert_stops(forwarder)
        self.assertRegex(forwarder.log(), "the engine answers with status 429: slow down")

    def test_too_large_is_halved(self):
        self.stub.refuse = lambda body: (413, {}, b"too large") if len(body) > 1500 else None
        forwarder = self.forward(self.stub.url)
        self.assert_account(self.wait_all(forwarder), refused=0)
        self.assert_stops(forwarder)

    def test_a_failing_engine_costs_no_row(self):
        self.stub.answers = [(500, {}, b"disk full")] * 12
        forwarder = self.forward(self.stub.url)
        self.assert_account(self.wait_all(forwarder), refused=0)
        self.assert_stops(forwarder)

    def test_wrong_credentials_wait_for_a_person(self):
        self.stub.answers = [(401, {}, b"who are you?")]
        forwarder = self.forward(self.stub.url, "--token-file", self.write("token", "secret\n"), "--header-file",
                                 self.write("headers", "X-Scope-OrgID: fleet\n"))
        state = self.wait_state(forwarder, lambda state: state["problem"] != "")
        self.assertEqual(state["problem"], "the engine answers with status 401: who are you?")
        self.assert_account(state, settled=0, unsettled=0)
        self.assertGreaterEqual(state["waiting"], self.stored()[0])
        self.assertEqual(self.stub.headers[0]["Authorization"], "Bearer secret")
        self.assertEqual(self.stub.headers[0]["X-Scope-OrgID"], "fleet")
        self.assertEqual(self.stub.headers[0]["Content-Encoding"], "snappy")
        self.assert_stops(forwarder)

    def test_a_web_page_is_no_acknowledgement(self):
        self.stub.answers = [(200, {}, b"<!DOCTYPE html><title>Log in</title>")]
        forwarder = self.forward(self.stub.url)
        state = self.wait_state(forwarder, lambda state: state["problem"] != "")
        self.assertEqual(state["problem"], "the engine answers with status 200: <!DOCTYPE html><title>Log in</title>")
        self.assert_account(state, settled=0, unsettled=0)
        self.assert_stops(forwarder)

    def test_a_token_that_is_replaced(self):
        forwarder = self.forward(self.stub.url, "--token-file", self.write("token", "first\n"))
        self.wait_all(forwarder)
        self.write("token", "second\n")
        wait_until(lambda: self.stub.headers[-1]["Authorization"] == "Bearer second", "a request with the new token")
        self.assertEqual(self.stub.connections, 1)
        os.remove(self.path("token"))
        count = len(self.stub.headers)
        wait_until(lambda: len(self.stub.headers) > count, "a request without the file")
        self.assertEqual(self.stub.headers[-1]["Authorization"], "Bearer second")
        self.assert_stops(forwarder)

    def test_the_collector_shows_its_forwarders(self):
        self.stub.refuse = lambda body: (503, {"Retry-After": "1"}, b"full")
        forwarder = self.forward(self.stub.url)
        port = int(self.collector.wait_log(r"http on 127\.0\.0\.1:(\d+)").group(1))

        def shown():
            return next(iter(get(port, "/api/v1/fleet").json()["forwarders"]), None)

        found = wait_until(lambda: (found := shown()) and found["problem"] and found, "a problem on the page")
        self.assertEqual(found["name"], "vm")
        self.assertEqual(found["problem"], "the engine answers with status 503: full")
        self.stub.refuse = lambda body: None
        found = wait_until(lambda: (found := shown())["rows"]["unsettled"] > 0 and not found["problem"] and found,
                           "rows in the engine")
        metrics = get(port, "/metrics").body.decode()
        self.assertRegex(metrics, r'\nheadroom_forward_behind_seconds\{name="vm"\} [0-9.]+\n')
        self.assertRegex(metrics, r'\nheadroom_forward_rows_pending\{name="vm",state="unsettled"\} [1-9][0-9]*\n')
        self.assert_stops(forwarder)

    def test_half_an_answer(self):
        self.stub.answers = [(None, {}, b"HTTP/1.1 20")] * 2
        forwarder = self.forward(self.stub.url)
        self.wait_all(forwarder)
        self.assert_stops(forwarder)
        self.assertRegex(forwarder.log(), "no answer from the engine: ")

    def test_a_wrong_authority(self):
        with_tls = StubEngine(self, tls=True)
        forwarder = self.forward(with_tls.url)
        forwarder.wait_log("no answer from the engine: .*certificate")
        forwarder.terminate()
        trusting = self.forward(with_tls.url, "--ca-file", with_tls.certificate)
        self.wait_all(trusting)
        self.assert_stops(trusting)

    def test_a_client_certificate_and_a_password(self):
        with_tls = StubEngine(self, tls=True, asks_client=True)
        without = self.forward(with_tls.url, "--ca-file", with_tls.certificate)
        without.wait_log("no answer from the engine: ")
        without.terminate()
        forwarder = self.forward(with_tls.url, "--ca-file", with_tls.certificate, "--cert-file", with_tls.certificate,
                                 "--key-file", self.path("stub.key"), "--basic-file", self.write("basic", "me:secret\n"))
        self.wait_all(forwarder)
        self.assertEqual(with_tls.headers[0]["Authorization"], "Basic bWU6c2VjcmV0")
        self.assert_stops(forwarder)

    def test_filtered_and_damaged_rows(self):
        self.assert_stops(self.collector)
        rows, decisions = self.stored()
        with open(self.path("data/metrics.csv"), "a", encoding="ascii") as file:
            file.write("no row\n")
        forwarder = self.forward(self.stub.url, "--metrics", "app_load")
        state = self.wait_state(forwarder, lambda state: state["filtered"] == rows and state["waiting"] == 0)
        self.assert_account(state, damaged=1, rows_read=rows + decisions)
        self.assert_stops(forwarder)

    def test_rows_that_were_deleted_unsent_are_reported(self):
        """The forwarder is down for so long that the collector deletes what it has not sent."""
        forwarder = self.forward(self.stub.url, "--settle", "0s")
        self.wait_all(forwarder)
        last_ms = max(time_ms for _, time_ms in rows_of(self.path("data")))
        self.wait_state(forwarder, lambda state: state["settled"] > 0 and state["unsettled"] == 0)
        self.assert_stops(forwarder)
        self.assert_stops(self.collector)
        self.collector = self.start_collector("--rotate-size", "4096")
        self.load(self.collector, "--nodes", "5", "--prefix", "later", "--interval", "100ms", "--for", "3s").wait()
        segments = sorted(glob.glob(self.path("data/metrics-*.csv")))
        self.assertGreater(len(segments), 2)
        for path in segments[:-1]:
            os.remove(path)
        forwarder = self.forward(self.stub.url)
        state = self.wait_state(forwarder, lambda state: state["lost_to_retention"]["files"] > 0)
        lost = state["lost_to_retention"]
        with open(segments[-1], encoding="ascii") as file:
            first_ms = round(float(file.read().splitlines()[1].split(",")[5]) * 1000)
        self.assertEqual(lost, {"files": len(segments) - 1, "from_ms": last_ms, "to_ms": first_ms})
        forwarder.wait_log("before they were sent: the rows from 20.* to 20.* are not in the engine")
        self.assert_stops(forwarder)

    def test_a_full_disk_for_the_cursor(self):
        os.makedirs(self.path("state"))
        forwarder = self.forward(self.stub.url, "--settle", "0s")
        self.wait_all(forwarder)
        wait_until(lambda: os.path.exists(self.path("state/forward-vm.cursor")), "a cursor")
        os.mkdir(self.path("state/forward-vm.cursor.new"))
        self.load(self.collector, "--nodes", "2", "--prefix", "more", "--interval", "100ms", "--for", "4s").wait()
        forwarder.wait_log("the cursor can't be written: ")
        self.wait_state(forwarder, lambda state: "the cursor can't be written: " in state["problem"])
        self.wait_all(forwarder)
        os.rmdir(self.path("state/forward-vm.cursor.new"))
        forwarder.wait_log("the cursor is written again")
        self.assertEqual(forwarder.log().count("the cursor can't be written: "), 1, forwarder.log())
        self.assertNotIn("the engine accepts rows", forwarder.log())
        self.assert_stops(forwarder)


if __name__ == "__main__":
    main()
