"""headroom-scaler simulate: its output, its files, and the input that it rejects."""

import csv
import json
import os
import pty
import subprocess
import xml.etree.ElementTree

from headroom_test import DATA, METRICS_HEADER, SCALER, HeadroomTest, main, run

TRACES = os.path.join(DATA, "traces")
MISCONFIG = os.path.join(TRACES, "nab_asg_misconfig.csv")
POLICIES = ["headroom", "signal", "reactive", "hpa", "phpa", "aws-tracking", "aws-predictive", "autopilot", "keda-cron",
            "threshold", "static"]
FLAT = "timestamp_s,demand\n0,10\n3600,10\n"
FIGURES = ["violation_share", "unserved_share", "cost_ratio", "actions_per_hour"]

# (flags after a good trace, texts that the message must contain); {} is the folder of flat.csv, the trace
BAD_FLAGS = [
    (["--policy", "hqa"], ["--policy", "hqa", "did you mean hpa?"]),
    (["--policy", "everything-else"], ["--policy", "everything-else", "--help"]),
    (["--policy", "hpa", "--policy", "hpa"], ["--policy", "hpa", "given twice"]),
    (["--startup-delay", "0"], ["--startup-delay", "above 0"]),
    (["--startup-delay", "2d"], ["--startup-delay", "2d", "up to 1d"]),
    (["--startup-delay", "120"], ["--startup-delay", "120", "120s"]),
    (["--speed", "0"], ["--speed", "above 0"]),
    (["--speed", "nan"], ["--speed", "nan"]),
    (["--noise", "-1"], ["--noise", "at least 0"]),
    (["--noise", "3%"], ["--noise", "3%"]),
    (["--seed", "-1"], ["--seed", "-1"]),
    (["--nodes", "0"], ["--nodes", "above 0"]),
    (["--interp", "cubic"], ["--interp", "cubic", "linear", "hold"]),
    (["--first", "0"], ["--first", "above 0"]),
    (["--from", "0"], ["--from", "above 0"]),
    (["--from", "2h"], ["flat.csv", "ends before --from"]),
    (["--policy", "clairvoyant", "--steps", "{}/out"], ["clairvoyant", "--steps"]),
    (["--policy", "clairvoyant", "--svg", "{}/out"], ["clairvoyant", "--svg"]),
    (["--hpa-target", "0"], ["--hpa-target", "above 0"]),
    (["--hpa-tolerance", "200%"], ["--hpa-tolerance", "up to 100%"]),
    (["--hpa-window", "2h"], ["--hpa-window", "up to 1h"]),
    (["--age", "16s"], ["--age", "from 0 to 15s"]),
    (["--signal-age", "30"], ["--signal-age", "30s"]),
    (["--signal-age", "11m"], ["--signal-age", "from 0 to 10m"]),
    (["--min", "300"], ["minimum 300", "maximum 200"]),
    (["--cpu-high", "150%"], ["--cpu-high", "150%"]),
    (["--listen", "127.0.0.1:0"], ["--listen", "unknown flag"]),
    (["--mode", "observe"], ["--mode", "unknown flag"]),
    (["--steps", "/nonexistent/steps"], ["/nonexistent/steps", "No such file"]),
    (["--svg", "/nonexistent/svg"], ["/nonexistent/svg", "No such file"]),
    (["/nonexistent/trace.csv"], ["/nonexistent/trace.csv", "No such file"]),
    (["--steps", "{}/flat.csv"], ["--steps", "flat.csv is the load"]),
    (["--svg", "{}/./flat.csv"], ["--svg", "flat.csv is the load"]),
    (["--svg", "{}/manifest.json"], ["--svg", "manifest.json is the manifest"]),
    (["--steps", "{}/out", "--svg", "{}/./out"], ["--steps and --svg", "/out"]),
    ([MISCONFIG, "--svg", "x.svg"], ["--svg", "one trace"]),
    ([MISCONFIG, "--steps", "x.csv"], ["--steps", "one trace"]),
]

# (the trace, the line that is wrong, texts that the message must contain)
BAD_TRACES = [
    ("", None, ["is empty", "header"]),
    ("0,1\n15,1\n", 1, ["timestamp_s"]),
    ("timestamp_s,load\n0,1\n", 1, ["demand"]),
    ("timestamp_s,demand\n", None, ["no line contains a sample"]),
    ("timestamp_s,demand\n0,1\n15\n", 3, ["1 columns", "2"]),
    ("timestamp_s,demand\n0,1\n15,\n", 3, ["demand"]),
    ("timestamp_s,demand\n0,1\n\n30,1\n", 3, ["timestamp_s"]),
    ("timestamp_s,demand\n0,nan\n", 2, ["nan"]),
    ("timestamp_s,demand\n0,1\n15,1\n14,1\n", 4, ["decreases from 15 to 14"]),
    ("timestamp_s,demand\n0,1\n15,1\0\n", 3, ["zero byte"]),
    ('timestamp_s,demand\n0,"1\n15,1\n', 2, ["a quote is not closed"]),
    ("timestamp_s,demand\n0,1\n15", 3, ["1 columns", "2", "--skip-bad"]),
    ("timestamp_s,demand\n0,0\n9000,0\n", None, ["demand is 0"]),
    ("timestamp_s,demand\n0,1\n1767225600000,1\n", None, ["seconds from the start"]),
]


class Simulate(HeadroomTest):
    def simulate(self, *flags):
        ended = run(SCALER, "simulate", *flags)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        return ended

    def results(self, *flags):
        return [json.loads(line) for line in self.simulate("--json", *flags).stdout.splitlines()]

    def assert_refused(self, arguments, texts, status=None):
        ended = run(SCALER, *arguments)
        self.assertEqual(ended.stdout, "")
        self.assertEqual(len(ended.stderr.splitlines()), 1, ended.stderr)
        self.assertIn(ended.returncode, (1, 2) if status is None else (status,))
        for text in texts:
            self.assertIn(text, ended.stderr)

    def test_bad_flags(self):
        for flags, texts in BAD_FLAGS:
            with self.subTest(" ".join(flags)):
                flags = [flag.replace("{}", self.folder) for flag in flags]
                self.assert_refused(["simulate", self.write("flat.csv", FLAT), *flags], texts)
                self.assertEqual(os.listdir(self.folder), ["flat.csv"])

    def test_what_is_read_is_not_written(self):
        """By any name of the file; and nothing is written before the check."""
        trace = self.write("flat.csv", FLAT)
        manifest = self.write("manifest.json", "{}")
        os.symlink(trace, self.path("link"))
        os.link(manifest, self.path("other"))
        self.write("out", "kept")
        os.link(self.path("out"), self.path("same"))
        for flags in (["--steps", trace], ["--svg", trace], ["--steps", self.path("link")],
                      ["--svg", self.path("link")], ["--steps", manifest], ["--svg", self.path("other")],
                      ["--steps", self.path("out"), "--svg", trace], ["--steps", self.path("out"), "--svg", manifest],
                      ["--steps", self.path("out"), "--svg", self.path("same")]):
            with self.subTest(" ".join(flags)):
                self.assert_refused(["simulate", trace, *flags], [flags[-2]], 2)
                for path, text in (trace, FLAT), (manifest, "{}"), (self.path("out"), "kept"):
                    with open(path, encoding="utf-8") as file:
                        self.assertEqual(file.read(), text)
        self.simulate(trace, "--policy", "hpa", "--steps", self.path("out"), "--svg", self.path("new"))
        self.simulate(trace, "--policy", "hpa", "--steps", "/dev/null", "--svg", "/dev/null")

    def test_bad_commands(self):
        self.assert_refused([], ["a command is missing"], 2)
        self.assert_refused(["simulat"], ["did you mean simulate?"], 2)
        self.assert_refused(["--nonsense"], ["--nonsense"], 2)
        self.assert_refused(["simulate"], ["a load is missing"], 2)

    def test_bad_traces(self):
        for text, line, texts in BAD_TRACES:
            with self.subTest(text):
                path = self.write("bad.csv", text)
                self.assert_refused(["simulate", path], [path if line is None else f"{path}:{line}:", *texts], 1)

    def test_what_spreadsheets_write(self):
        expected = self.results(self.write("flat.csv", "timestamp_s,demand\n0,10.5\n1800.5,20.25\n3600,10\n"))
        for text in ("timestamp_s,demand\r\n0,10.5\r\n1800.5,20.25\r\n3600,10",
                     "\ufefftimestamp_s;demand\r\n0;10,5\r\n1800,5;20,25\r\n3600;10\r\n",
                     '"timestamp_s"\t"demand"\n"0"\t"10.5"\n"1800.5"\t"20.25"\n3600\t10\n'):
            with self.subTest(text):
                self.assertEqual(self.results(self.write("flat.csv", text)), expected)

    def test_skips_bad_lines_and_says_so(self):
        path = self.write("flat.csv", FLAT + "3599,10\nx,1\n3600,10\n")
        self.assert_refused(["simulate", path], [f"{path}:4:", "decreases"], 1)
        ended = self.simulate("--json", "--skip-bad", "--policy", "hpa", path)
        self.assertIn("2 bad lines skipped; line 4: timestamp_s decreases", ended.stderr)
        self.assertEqual(json.loads(ended.stdout)["steps"], 241)

    def test_help(self):
        for arguments, texts in (["--help"], ["simulate LOAD"]), (["simulate", "--help"], ["--svg", "--cpu-high"]):
            ended = run(SCALER, *arguments)
            self.assertEqual((ended.returncode, ended.stderr), (0, ""))
            for text in texts:
                self.assertIn(text, ended.stdout)
        self.assertNotIn("--listen", ended.stdout)

    def test_a_flat_load(self):
        """28 nodes' worth of work need 40 nodes at 70 %: no policy needs to act."""
        path = self.write("flat.csv", FLAT)
        for result in self.results(path, "--cpu-high", "90%", *sum((["--policy", p] for p in POLICIES), [])):
            with self.subTest(result["policy"]):
                self.assertEqual(result["violation_share"], 0)
                self.assertEqual(result["unserved_share"], 0)
                if result["policy"] not in ("headroom", "signal", "autopilot"):
                    self.assertEqual(result["cost_ratio"], 1)
                    self.assertEqual(result["actions_per_hour"], 0)
                    self.assertAlmostEqual(result["node_hours"], 40 * 241 / 240, places=12)

    def test_one_object_for_each_trace_and_policy(self):
        other = os.path.join(TRACES, "nab_ec2_cpu_825cc2.csv")
        results = self.results(MISCONFIG, other, "--policy", "hpa", "--policy", "static")
        self.assertEqual([(r["trace"], r["policy"]) for r in results],
                         [(os.path.basename(t), p) for t in (MISCONFIG, other) for p in ("hpa", "static")])
        for result in results:
            for figure in FIGURES:
                self.assertIsInstance(result[figure], (int, float))

    def test_the_scaler_says_whether_its_forecasts_kept_what_they_said(self):
        ours, theirs = self.results(MISCONFIG, "--policy", "headroom", "--policy", "hpa", "--first", "2d")
        self.assertTrue(0.8 < ours["coverage"] < 1, ours)
        self.assertTrue(0.5 < ours["price_promised"] / ours["price_paid"] < 2, ours)
        for figure in ("coverage", "price_promised", "price_paid"):
            self.assertIsNone(theirs[figure])

    def test_begins_later(self):
        """As a trace of which the beginning is missing, apart from the load to which 40 nodes are scaled."""
        path = self.write("rise.csv", "timestamp_s,demand\n0,10\n3600,10\n3615,20\n7200,20\n")
        whole, late, hour = (self.results(path, "--policy", "static", *flags)[0] for flags in
                             ([], ["--from", "1h"], ["--from", "30m", "--first", "30m"]))
        self.assertEqual((whole["steps"], late["steps"], hour["steps"]), (481, 241, 120))
        self.assertEqual((late["max_nodes"], hour["max_nodes"]), (40, 20))

    def test_a_signal_has_an_age(self):
        fresh, = self.results(MISCONFIG, "--cpu-high", "90%", "--signal-age", "0s")
        old, = self.results(MISCONFIG, "--cpu-high", "90%", "--signal-age", "1m")
        same, = self.results(MISCONFIG, "--cpu-high", "90%", "--policy", "signal")
        self.assertEqual(fresh["policy"], "signal")
        self.assertEqual(fresh, same)
        self.assertNotEqual([fresh[name] for name in FIGURES], [old[name] for name in FIGURES])

    def test_no_policy_is_cheaper_than_the_clairvoyant(self):
        flags = [MISCONFIG, "--first", "2d", "--price", "12"]
        *policies, best = self.results(*flags, *sum((["--policy", p] for p in POLICIES + ["clairvoyant"]), []))
        price = 12 * best["optimum_node_hours"]
        for result in policies:
            self.assertLess(best["node_hours"] + price * best["violation_share"],
                            result["node_hours"] + price * result["violation_share"])
        for figure in ("coverage", "price_promised", "price_paid"):
            self.assertIsNone(best[figure])

    def test_the_table_has_the_means(self):
        other = os.path.join(TRACES, "nab_ec2_cpu_825cc2.csv")
        flags = [MISCONFIG, other, "--policy", "hpa", "--policy", "threshold"]
        rows = [line.split() for line in self.simulate(*flags).stdout.splitlines()]
        self.assertEqual([row[0] for row in rows],
                         ["trace", "nab_asg_misconfig.csv", "threshold", "nab_ec2_cpu_825cc2.csv", "threshold", "mean",
                          "threshold"])
        mean = sum(r["cost_ratio"] for r in self.results(*flags) if r["policy"] == "hpa") / 2
        self.assertIn("%.3f" % mean, rows[5])
        self.assertEqual(len(self.simulate(MISCONFIG).stdout.splitlines()), 2, "one trace is its own mean")

    def test_the_manifest_gives_speed_and_noise(self):
        """A trace with the same content that the manifest does not name is replayed as it is."""
        with open(MISCONFIG, encoding="utf-8") as trace:
            copy = self.write("nab_asg_misconfig.csv", trace.read())
        hpa = ["--policy", "hpa"]
        self.assertNotEqual(self.results(MISCONFIG, *hpa), self.results(copy, *hpa))
        self.assertEqual(self.results(MISCONFIG, *hpa), self.results(copy, "--noise", "0.05", *hpa))
        self.assertEqual(self.results(MISCONFIG, "--noise", "0", *hpa), self.results(copy, *hpa))
        self.write("manifest.json", json.dumps({"traces": [{"file": os.path.basename(copy), "replay_speed": 10}]}))
        self.assertEqual(self.results(copy, *hpa)[0]["steps"], self.results(copy, "--speed", "10", *hpa)[0]["steps"])
        self.write("manifest.json", '{"traces": [\n{"file": ]}')
        self.assert_refused(["simulate", copy], ["manifest.json:2:"], 1)
        self.write("manifest.json", json.dumps({"traces": [{"file": os.path.basename(copy), "replay_speed": "x"}]}))
        self.assert_refused(["simulate", copy], ["manifest.json", "replay_speed"], 1)

    def recording(self, seconds=7200, nodes=10, start=1767225600, group="web", **rest):
        """Nodes that are equally busy, all at 50 % for an hour, then at 75 %, with a sample each 15 s."""
        folder = self.path("data")
        os.makedirs(folder, exist_ok=True)
        rows = "".join(
            f"{group}-{node},{50 if at < 3600 else 75}.00,,,,{start + at + 7}.000,{group},i{node + 1:016x},"
            f"{at // 15 + 1},{at + 100}.000" + "," * 15 + "\n" for at in range(0, seconds, 15) for node in range(nodes))
        with open(os.path.join(folder, "metrics.csv"), "a", encoding="utf-8") as file:
            if file.tell() == 0:
                file.write(METRICS_HEADER + "\n")
            file.write(rows)
        return folder

    def test_recorded_metrics_are_loads(self):
        """Each group is one; its demand is that of the nodes, without a scale."""
        folder = self.recording()
        path = self.path("steps.csv")
        result, = self.results(folder, "--policy", "static", "--steps", path)
        self.assertEqual((result["trace"], result["max_nodes"]), ("web", 11))  # 7.5 at 70 %
        with open(path, encoding="utf-8", newline="") as file:
            demand = [float(row["demand"]) for row in csv.DictReader(file)]
        self.assertEqual({*demand[:200]} | {*demand[-200:]}, {5, 7.5})
        self.recording(group="db", nodes=2)
        both = self.results(folder, "--policy", "static")
        self.assertEqual([(r["trace"], r["max_nodes"]) for r in both], [("web", 11), ("db", 3)])
        some, = self.results(folder, "--policy", "static", "--group", "all=*-[01]", "--nodes", "400")
        self.assertEqual((some["trace"], some["max_nodes"]), ("all", 400))
        for flags, texts in ((["--group", "wob"], ["no row names group wob"]),
                             (["--svg", self.path("x")], ["--svg", "exactly one", "2 are given"]),
                             (["--steps", self.path("x")], ["--steps", "exactly one", "2 are given"]),
                             (["--svg", folder + "/metrics.csv"], ["--svg", "is the load"])):
            self.assert_refused(["simulate", folder, *flags], texts)
        self.assertFalse(os.path.exists(self.path("x")))

    def test_what_a_recording_does_not_show(self):
        rows = [f"a,{cpu}.00,,,,{1767225600 + at}.000,web,i0000000000000001,{at // 15 + 1},{at + 100}.000" + "," * 15
                for at in range(0, 7200, 15) for cpu in (100 if at > 6000 else 30,) if not 1000 < at < 2000]
        path = self.write("metrics.csv", "\n".join([METRICS_HEADER, *rows]))
        said = self.simulate(path, "--policy", "static").stderr
        self.assertRegex(said, r"web: all nodes were busy for 1[0-9] % of the time")
        self.assertRegex(said, r"web: no node reported for 1[0-9] % of the time; its demand is interpolated")

    def test_more_nodes_have_a_higher_maximum(self):
        path = self.write("flat.csv", FLAT)
        self.assertEqual(self.results(path, "--policy", "static", "--nodes", "2000")[0]["max_nodes"], 2000)
        self.assertEqual(self.results(path, "--policy", "static", "--max", "30")[0]["max_nodes"], 30)

    def test_demand_that_no_policy_can_meet(self):
        """Demand for 28 nodes in the second half, and for 14 before."""
        path = self.write("steps.csv", "timestamp_s,demand\n0,5\n1800,5\n1801,10\n3600,10\n")
        flags = path, "--policy", "hpa", "--policy", "static", "--interp", "hold"
        self.assertEqual(self.simulate(*flags, "--max", "32").stderr, "")
        said = self.simulate(*flags, "--max", "31").stderr
        self.assertEqual(said, "headroom-scaler: steps.csv: even all 31 nodes of --max would be above 90 % for 49.8 % "
                               "of the time, with any policy\n")
        self.assertIn("30 nodes of --max", self.simulate(*flags, "--nodes", "4000", "--max", "30").stderr)

    def test_settings_reach_the_scaler(self):
        def cost(*flags):
            return self.results(MISCONFIG, "--first", "2d", *flags)[0]["cost_ratio"]

        self.assertGreater(cost("--cpu-high", "70%"), cost("--cpu-high", "90%"))
        self.assertGreater(cost("--stabilization", "30m"), cost("--stabilization", "1m"))
        self.assertEqual(cost("--min", "150"), 1, "the same bound for the optimum")

    def test_steps(self):
        path = self.path("steps.csv")
        result = self.results(MISCONFIG, "--policy", "hpa", "--first", "1d", "--steps", path)[0]
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(len(rows), result["steps"])
        self.assertEqual(len(rows), 5760)
        above = sum(float(row["demand"]) / int(row["ready"]) > 0.9 for row in rows)
        self.assertAlmostEqual(above / len(rows), result["violation_share"], places=12)
        self.assertAlmostEqual(sum(int(row["ready"]) + int(row["pending"]) for row in rows) / 240,
                               result["node_hours"], places=9)
        for row, following in zip(rows, rows[1:]):
            self.assertEqual(int(following["t_s"]) - int(row["t_s"]), 15)
            self.assertEqual(int(following["ready"]) + int(following["pending"]), int(row["desired"]))

    def test_svg(self):
        path = self.path("picture.svg")
        self.simulate(MISCONFIG, "--policy", "hpa", "--policy", "threshold", "--svg", path)
        root = xml.etree.ElementTree.parse(path).getroot()
        self.assertEqual(root.tag, "{http://www.w3.org/2000/svg}svg")
        texts = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
        for text in "hpa", "threshold", "nab_asg_misconfig.csv", "nodes", "a node takes 2 min to start", "2 d":
            self.assertIn(text, texts)

    def test_progress_is_for_terminals(self):
        self.assertEqual(self.simulate(MISCONFIG, "--policy", "hpa").stderr, "")
        ours, theirs = pty.openpty()
        with subprocess.Popen([SCALER, "simulate", MISCONFIG, "--policy", "hpa"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=theirs) as process:
            os.close(theirs)
            shown = b""
            try:
                while part := os.read(ours, 4096):
                    shown += part
            except OSError:
                pass  # the other end is closed
        os.close(ours)
        self.assertEqual(process.returncode, 0)
        self.assertIn(b"nab_asg_misconfig.csv, hpa: 50 %", shown)
        self.assertTrue(shown.endswith(b"\r\x1b[K"), shown[-40:])

    def test_full_disk(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            ended = run(SCALER, "simulate", MISCONFIG, "--first", "1h", stdout=full)
        self.assertEqual(ended.returncode, 1)
        self.assertIn("can't write", ended.stderr)
        for flag in "--steps", "--svg":
            ended = run(SCALER, "simulate", MISCONFIG, flag, "/dev/full")
            self.assertEqual((ended.returncode, ended.stdout), (1, ""))
            self.assertIn("/dev/full: can't be written", ended.stderr)


if __name__ == "__main__":
    main()
