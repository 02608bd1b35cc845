"""The load generator with a real collector: all samples that it reports as stored are stored, even though connections
break and the collector is restarted; and it prints its figures."""

import json
import os
import re
import shutil
import signal
import subprocess
import unittest
import urllib.request
from collections import Counter

from authority import Authority
from http_client import batches_by_form
from headroom_test import COLLECTOR, WAIT_S, HeadroomTest, free_port, main, read_csv_columns, wait_until

BUILD = os.path.dirname(os.path.dirname(os.path.dirname(COLLECTOR)))
LOADGEN = os.environ.get("HEADROOM_LOADGEN", os.path.join(BUILD, "bench", "headroom-loadgen"))


class Loadgen(HeadroomTest):
    def start_loadgen(self, address, *flags):
        loadgen = subprocess.Popen([LOADGEN, "--collector", address, *flags], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(loadgen.wait)
        self.addCleanup(loadgen.kill)
        return loadgen

    def report(self, loadgen):
        out, log = loadgen.communicate(timeout=2 * WAIT_S)
        self.assertEqual(loadgen.returncode, 0, log)
        return json.loads(out)

    def test_all_nodes_stream_and_what_is_reported_is_stored(self):
        collector = self.start_collector("--http", "127.0.0.1:0")
        port = int(collector.wait_log(r"http on 127\.0\.0\.1:(\d+)").group(1))
        result = self.report(self.start_loadgen(
            collector.address(), "--pid", str(collector.process.pid), "--nodes", "60", "--groups", "3", "--interval",
            "200ms", "--settle", "300ms", "--for", "2s", "--churn", "20", "--prefix", "sim"))
        rows = collector.samples()
        counts = self.assert_whole(rows)
        self.assertEqual({node for node, _ in counts}, {f"sim-{i:05}" for i in range(60)})
        self.assertEqual({row["group"] for row in rows}, {"sim-0", "sim-1", "sim-2"})
        self.assertEqual((result["stored"], result["produced"], result["lost"]), (len(rows), len(rows), 0))
        self.assertGreater(result["connections"], 60)
        self.assertGreater(result["acknowledged"], 0)
        self.assertGreater(result["produced"], 60 * 2300 // 200 - 60)
        self.assertGreater(result["cpu_seconds"]["loop"], 0.0)
        self.assertGreater(result["resident_kib"]["connected"], 1000)
        forms = batches_by_form(port)
        self.assertGreater(forms["scanned"], 60)
        self.assertEqual(forms["decoded"], 0, "the load generator's batches are headroom-agent's")
        self.assert_stops(collector)
        self.assertRegex(collector.log(), rf"\b{len(rows)} samples produced, \d+ sent, {len(rows)} acknowledged")

    @unittest.skipUnless(shutil.which("openssl"), "there is no openssl")
    def test_nodes_return_by_their_tickets_or_their_certificate(self):
        ca = Authority(self.path("ca"))
        own, node = ca.sign("collector", "IP:127.0.0.1", use="serverAuth"), ca.sign("node", "DNS:node")
        for flags, proof in (((), "ticket"), (("--no-tickets",), "certificate")):
            collector = self.start_collector("--http", "127.0.0.1:0", "--cert-file", own[0], "--key-file", own[1],
                                             "--ca-file", ca.certificate, "--node-name", "any")
            port = int(collector.wait_log(r"http on 127\.0\.0\.1:(\d+)").group(1))
            result = self.report(self.start_loadgen(
                collector.address(), "--ca-file", ca.certificate, "--cert-file", node[0], "--key-file", node[1], "--nodes",
                "10", "--churn", "20", "--for", "2s", "--prefix", proof, *flags))
            self.assertEqual(result["lost"], 0)
            metrics = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=WAIT_S).read().decode()
            counts = {by: int(n) for by, n in re.findall(r'headroom_tls_agents_total\{by="(\w+)"\} (\d+)', metrics)}
            self.assertEqual(counts["key"], 0)
            self.assertGreater(counts[proof], 10, counts)
            if proof == "certificate":
                self.assertEqual(counts["ticket"], 0)
            self.assert_stops(collector)

    def test_over_a_restart_nothing_is_lost_and_the_outage_is_told(self):
        port = free_port()
        collector = self.start_collector(port=port)
        loadgen = self.start_loadgen(collector.address(), "--nodes", "20", "--backlog", "500", "--batch", "50",
                                     "--for", "10m", "--pid", str(collector.process.pid))
        collector.wait_samples("load-00003", 200)
        self.assert_stops(collector)
        before = Counter(row["node_id"] for row in collector.samples())
        collector = self.start_collector(port=port)

        def all_stream():
            now = Counter(row["node_id"] for row in collector.samples())
            return all(now[f"load-{i:05}"] > before[f"load-{i:05}"] for i in range(20))

        wait_until(all_stream, collector.log)
        loadgen.send_signal(signal.SIGTERM)
        result = self.report(loadgen)
        rows = collector.samples()
        self.assertEqual(sum(self.assert_whole(rows).values()), result["stored"])
        self.assertEqual(result["lost"], 0)
        self.assertGreater(result["outage_ms"], 0)
        self.assertTrue(result["collector_ended"])
        self.assertLess(result["cpu_seconds"]["loop"], result["seconds"])
        self.assertLess(result["collector_seconds"], result["seconds"])

    def test_nodes_obey_report_ms(self):
        collector = self.start_collector("--report", "1s", "--tick", "15s")
        result = self.report(self.start_loadgen(collector.address(), "--nodes", "40", "--interval", "100ms", "--settle", "4s",
                                                "--for", "3s"))
        samples = len(collector.samples())
        self.assertEqual((samples, result["lost"]), (result["stored"], 0))
        self.assertGreater(result["acknowledged"] / result["frames_sent"], 4, "about 10 samples in a report")

    def test_with_batch_nodes_are_agents_that_do_not_know_report_ms(self):
        collector = self.start_collector("--report", "2s", "--tick", "15s")
        result = self.report(self.start_loadgen(collector.address(), "--nodes", "5", "--interval", "100ms", "--batch", "1",
                                                "--for", "1s"))
        self.assertGreaterEqual(result["frames_sent"], result["acknowledged"])

    def test_flat_out_what_is_reported_is_stored(self):
        collector = self.start_collector()
        result = self.report(self.start_loadgen(collector.address(), "--nodes", "3", "--flat-out", "--batch", "32",
                                                "--for", "300ms"))
        stored = sum(1 for _ in read_csv_columns(collector.data, "metrics", ("seq",)))
        self.assertEqual((stored, result["produced"], result["lost"]), (result["stored"], result["stored"], 0))
        self.assertGreater(result["per_second"], 100)

    def test_where_no_collector_is_that_is_said(self):
        loadgen = self.start_loadgen(f"127.0.0.1:{free_port()}", "--nodes", "2", "--for", "100ms")
        self.assertIn("refused", loadgen.stderr.readline())
        loadgen.send_signal(signal.SIGTERM)
        out, _ = loadgen.communicate(timeout=WAIT_S)
        self.assertEqual(loadgen.returncode, 1)
        self.assertEqual(json.loads(out)["streaming"], 0)


if __name__ == "__main__":
    main()
