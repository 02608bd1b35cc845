"""headroom-scaler replay and forecast, on files of a real collector."""

import glob
import json
import os
import re

from headroom_test import METRICS_HEADER, SCALER, HeadroomTest, main, run, wait_until, zstd_compress

NODES = ("web-a", "web-b", "web-c", "web-d")
SETTINGS = ("--tick", "500ms", "--lead-time", "3s", "--stabilization", "3s", "--max", "20")
HEADER = METRICS_HEADER + "\n"
REST = "," * METRICS_HEADER.split(",uptime,")[1].count(",")  # nothing in the columns behind uptime


def row(node="web-a", cpu="50.00", at=0.0, seq=1, group="web", instance=1, memory="25.00"):
    return (f"{node},{cpu},{memory},,,{1767225605 + at:.3f},{group},i{instance:016x},{seq},{1000 + at:.3f},"
            f"{REST}\n")


def steady(node, seconds=120, cpu=lambda at: 50.0, instance=1, **rest):
    """One row per second."""
    return "".join(row(node, f"{cpu(at):.2f}", at, at + 1, instance=instance, **rest) for at in range(seconds))


# (rows after the header, the line that is wrong, texts that the message must contain)
BAD_ROWS = [
    (row() + row(seq=2, at=1)[:34] + "\n", 3, ["the line ends before the column group"]),
    (row() + row(seq=2, at=1)[:34], 3, ["the line ends before the column", "--skip-bad"]),
    (row(seq=2) + row(seq=1, at=1), 3, ["seq decreases from 2 to 1"]),
    (row(cpu="nan"), 2, ['cpu "nan"']),
    (row(cpu="100.01"), 2, ['cpu "100.01"', "0 to 100"]),
    (row(cpu="0.5x"), 2, ['cpu "0.5x"', "two decimals"]),
    (row(cpu='"50.00'), 2, ["a quote is not closed"]),
    (row(group="a b"), 2, ['group "a b"']),
    (row() + "\n", 3, ["node_id"]),
    (row() + row(seq=2).replace("25.00", "25\0.00"), 3, ["zero byte"]),
]

BAD_FLAGS = [
    ("replay", ["--cpu-high", "150%"], ["--cpu-high", "150%"]),
    ("replay", ["--min", "9", "--max", "8"], ["minimum 9", "maximum 8"]),
    ("replay", ["--config", "/nonexistent/c.conf"], ["/nonexistent/c.conf", "No such file"]),
    ("replay", ["--group", "a b"], ["a b", "not a name"]),
    ("replay", ["--group", "web="], ["--group", "pattern"]),
    ("replay", ["--group", "db=db-*"], ["no row matches node db-*"]),
    ("replay", ["--decisions", "/nonexistent/d.csv"], ["/nonexistent/d.csv", "No such file"]),
    ("replay", ["--tick", "1h"], ["no tick lies between"]),
    ("replay", ["--tick", "1s", "--lead-time", "2h"], ["lead time", "--tick"]),
    ("replay", ["--listen", "127.0.0.1:0"], ["--listen", "unknown flag"]),
    ("forecast", ["--horizon", "60"], ["--horizon", "60s"]),
    ("forecast", ["--horizon", "2d"], ["--horizon", "100ms to 1d"]),
    ("forecast", ["--horizon", "3m"], ["cover only 119 s", "--horizon can be at most 119s"]),
    ("forecast", ["--node", "web-a", "--horizon", "1d"], ["cover only 119 s", "--horizon can be at most 119s"]),
    ("forecast", ["--node", "web-z"], ["no row matches node web-z"]),
    ("forecast", ["--node", "web-a", "--group", "web"], ["--node and --group"]),
]


class Recorded(HeadroomTest):
    def records(self, command, *flags):
        ended = run(SCALER, command, "--json", *flags)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        return [json.loads(line) for line in ended.stdout.splitlines()]

    def assert_refused(self, arguments, texts):
        ended = run(SCALER, *arguments)
        self.assertIn(ended.returncode, (1, 2))
        self.assertEqual((ended.stdout, len(ended.stderr.splitlines())), ("", 1), ended.stderr)
        for text in texts:
            self.assertIn(text, ended.stderr)


class OnFiles(Recorded):
    def test_bad_rows(self):
        for text, line, texts in BAD_ROWS:
            for command in "replay", "forecast":
                with self.subTest(command=command, text=text):
                    path = self.write("metrics.csv", HEADER + text)
                    self.assert_refused([command, path], [f"{path}:{line}:", *texts])

    def test_bad_headers(self):
        for text, texts in (("", ["is empty"]), (row(), [":1:", "node_id"]), (HEADER, ["contains no rows"]),
                            ("node_id,cpu,memory,disk_read,disk_write,timestamp\n", [":1:", "no column group"])):
            with self.subTest(text):
                path = self.write("metrics.csv", text)
                self.assert_refused(["replay", path], [path, *texts])

    def test_what_spreadsheets_write(self):
        """The same rows, with the line ends, quotes, separators and numbers that spreadsheets write, are the same."""
        rows = HEADER + steady("web-a", cpu=lambda at: 50 + at / 4)
        signs = [sign + "," for sign in ("75.00", "50.50", "50.00")]
        short = re.sub(r"(\.\d*?)0+,", lambda found: (found[1] + ",").replace(".,", ","), rows)
        self.assertTrue(all(sign in rows and sign not in short for sign in signs))
        expected = self.records("replay", "--all", self.write("metrics.csv", rows))
        for name, text in {"crlf": rows.replace("\n", "\r\n"), "mark": "\ufeff" + rows, "no-end": rows[:-1],
                           "quoted": re.sub(r"([^,\n]+)", r'"\1"', rows), "short": short,
                           "semicolons": rows.replace(",", ";").replace(".", ","),
                           "tabs": "\ufeff" + short.replace(",", "\t").replace("\n", "\r\n")[:-2]}.items():
            with self.subTest(name):
                self.assertEqual(self.records("replay", "--all", self.write(name + ".csv", text)), expected)

    def test_a_switch_needs_no_value(self):
        path = self.write("m.csv", HEADER + steady("web-a"))
        ended = run(SCALER, "replay", "--cpu-forecast", path)
        self.assertEqual(ended.returncode, 0, ended.stderr)

    def test_bad_flags(self):
        path = self.write("metrics.csv", HEADER + steady("web-a"))
        for command, flags, texts in BAD_FLAGS:
            with self.subTest(" ".join(flags)):
                self.assert_refused([command, path, *flags], texts)
        self.assert_refused(["replay"], ["a metrics.csv is missing"])

    def test_help(self):
        for command, texts in (("replay", ["--decisions", "--cpu-high", "--tick", "--config"]),
                               ("forecast", ["--node", "--horizon", "--json"])):
            ended = run(SCALER, command, "--help")
            self.assertEqual((ended.returncode, ended.stderr), (0, ""))
            for text in texts:
                self.assertIn(text, ended.stdout)

    def test_skips_bad_rows_and_says_so(self):
        path = self.write("metrics.csv", HEADER + steady("web-a") + row(cpu="nan") + row(seq=1))
        ended = run(SCALER, "forecast", "--json", "--skip-bad", path)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertIn('2 bad lines skipped; line 122: cpu "nan"', ended.stderr)

    def test_a_rising_line_is_followed(self):
        """Six percentage points per minute, for a node and a group. 80 % is 200 s away."""
        path = self.write("metrics.csv", HEADER + steady("web-a", 401, lambda at: 20 + at / 10))
        for flags in ["--node", "web-a"], ["--group", "web"]:
            cpu, memory = self.records("forecast", path, *flags, "--tick", "5s", "--horizon", "60s")
            self.assertEqual((cpu["resource"], memory["resource"]), ("cpu", "memory"))
            self.assertEqual(cpu[flags[0][2:]], flags[1])
            self.assertEqual((cpu["horizon_s"], cpu["confidence"]), (60, 0.9))
            self.assertAlmostEqual(cpu["now_percent"], 60, delta=0.5)
            self.assertAlmostEqual(cpu["expected_percent"], 66, delta=1)
            self.assertLessEqual(cpu["low_percent"], cpu["expected_percent"])
            self.assertGreaterEqual(cpu["high_percent"], cpu["expected_percent"])
            self.assertAlmostEqual(memory["expected_percent"], 25, delta=1)
            if flags[0] == "--node":
                self.assertAlmostEqual(cpu["until_limit_s"], 200, delta=5)
                self.assertIsNone(memory["until_limit_s"])

    def test_short_files_do_for_the_default_horizon(self):
        path = self.write("metrics.csv", HEADER + steady("web-a", 20))
        self.assertEqual({r["horizon_s"] for r in self.records("forecast", path)}, {60})
        ended = run(SCALER, "forecast", "--horizon", "61s", path)
        self.assertEqual(ended.returncode, 2)
        self.assertIn("cover only 19 s: --horizon can be at most 1m", ended.stderr)

    def test_a_leak_is_told(self):
        path = self.write("metrics.csv", HEADER + "".join(
            row(at=at, seq=at + 1, memory=f"{30 + at / 10:.2f}") for at in range(600)))
        ended = run(SCALER, "forecast", "--node", "web-a", path)
        self.assertRegex(ended.stdout, r"memory .* web-a: memory 90% now, full in about 90 s|full in about 2 min")

    def test_groups_are_forecast_as_wholes(self):
        path = self.write("metrics.csv", HEADER + steady("web-a", cpu=lambda at: 20) +
                          steady("web-b", cpu=lambda at: 60, instance=2) +
                          steady("db-a", cpu=lambda at: 90, instance=3, group="db"))
        now = {r["group"]: r["now_percent"] for r in self.records("forecast", path) if r["resource"] == "cpu"}
        self.assertEqual(now, {"web": 40, "db": 90})
        now = {r["group"]: r["now_percent"] for r in self.records("forecast", path, "--group", "x=*-a")
               if r["resource"] == "cpu"}
        self.assertEqual(now, {"x": 55})
        ended = run(SCALER, "forecast", "--json", path, "--group", "everything")
        self.assertIn("no row names group everything: it consists of all nodes", ended.stderr)
        self.assertAlmostEqual(json.loads(ended.stdout.splitlines()[0])["now_percent"], 170 / 3, places=6)

    def test_several_files(self):
        rows = (HEADER + steady("web-a", 240)).splitlines(keepends=True)
        whole = self.write("whole.csv", "".join(rows))
        old = self.write("old.csv", "".join(rows[:100]))
        new = self.write("new.csv", rows[0] + "".join(rows[100:]))
        self.assertEqual(self.records("replay", old, new), self.records("replay", whole))
        self.assert_refused(["replay", new, old], ["old.csv:2:", "out of order"])

    def test_a_folder_stands_for_its_segments(self):
        """Compressed ones too, in order of their numbers, and the live file last."""
        rows = (HEADER + steady("web-a", 300)).splitlines(keepends=True)
        expected = self.records("replay", self.write("whole.csv", "".join(rows)))
        folder = self.path("data")
        os.mkdir(folder)
        ended = run(SCALER, "replay", folder)
        self.assertIn("contains no metrics.csv", ended.stderr)
        for name, part in (("metrics-00000009.csv.zst", rows[:100]), ("metrics-00000010.csv", rows[:1] + rows[100:200]),
                           ("metrics.csv", rows[:1] + rows[200:])):
            data = "".join(part).encode()
            with open(os.path.join(folder, name), "wb") as file:
                file.write(zstd_compress(data) if name.endswith(".zst") else data)
        self.assertEqual(self.records("replay", folder), expected)
        self.assertEqual(self.records("replay", *sorted(glob.glob(folder + "/*"))), expected)
        with open(os.path.join(folder, "metrics-00000009.csv.zst"), "r+b") as file:
            file.write(b"damage")
        self.assert_refused(["replay", folder], ["metrics-00000009.csv.zst:1:"])
        self.assert_refused(["replay", folder + "/metrics-00000011.csv.zst"], ["can't be read: No such file"])

    def test_what_a_replayed_fleet_would_have_carried(self):
        """Two nodes at 95 %, from the first second to the last, without any scale-out: the replayed fleet is larger
        once a lead time is over."""
        rows = HEADER + steady("web-a", 601, lambda at: 95) + steady("web-b", 601, lambda at: 95, instance=2)
        path = self.write("metrics.csv", rows)
        records = self.records("replay", path, "--tick", "10s", "--lead-time", "60s")
        totals = records[-1]
        self.assertEqual((totals["record"], totals["group"]), ("totals", "web"))
        self.assertEqual(totals["recorded_above_high_share"], 1)
        self.assertAlmostEqual(totals["above_high_share"], 6 / totals["ticks"], delta=1.5 / totals["ticks"])
        self.assertGreater(totals["node_hours"], totals["recorded_node_hours"])
        self.assertAlmostEqual(totals["recorded_node_hours"], 2 * totals["hours"], places=9)
        self.assertIsNone(totals["recorded_actions"])
        self.assertGreaterEqual(totals["actions"], 1)
        first = next(r for r in records if r.get("action") == "up")
        self.assertEqual(first["current"], 2)
        self.assertGreaterEqual(first["desired"], 3)

    def falling(self, *levels):
        """Four nodes that are equally busy, 10 minutes at each level."""
        return self.write("metrics.csv", HEADER + "".join(
            steady(f"web-{node}", 600 * len(levels), lambda at: levels[at // 600], instance=node + 1)
            for node in range(4)))

    def test_whether_full_mode_would_have_been_safe(self):
        """At 20 %, one of the four nodes would do; at 70 % later, all are needed."""
        flags = ["--tick", "15s", "--lead-time", "60s", "--stabilization", "2m"]
        path = self.falling(20, 20)
        totals = self.records("replay", path, *flags)[-1]
        self.assertGreaterEqual(totals["scale_ins"], 1)
        self.assertEqual(totals["scale_ins_above"], 0)
        self.assertRegex(run(SCALER, "replay", path, *flags).stdout,
                         r"Mode full would have been safe: 0 of [1-9] scale-ins .* within 10 min\.\n")

        path = self.falling(20, 70)
        records = self.records("replay", path, *flags)
        above = [r for r in records if r["record"] == "scale-in-above"]
        self.assertEqual(records[-1]["scale_ins_above"], len(above))
        self.assertGreaterEqual(len(above), 1)
        for record in above:
            self.assertLess(record["to"], record["from"])
            self.assertGreater(record["utilisation"], record["high"])
            self.assertLess(record["utilisation_without"], record["utilisation"])
            self.assertLessEqual(record["after_s"], 600)
        self.assertRegex(run(SCALER, "replay", path, *flags).stdout,
                         r"Mode full would not have been safe: [1-9] of [1-9] scale-ins .*:\n    2026-\S+  [34] -> [123]: cpu [0-9]+ % "
                         r"\S+ \S+ later \([0-9]+ % with [34] nodes\)\n")

        self.assertIn("nothing would have been removed", run(SCALER, "replay", self.falling(70), "--cpu-forecast=off").stdout)

    def test_settings_of_the_configuration_file(self):
        path = self.write("metrics.csv", HEADER + steady("web-a", 600, lambda at: 60))
        config = self.write("c.conf", "[collector]\ntick = 10s\ntoken-file = /nonexistent/secret\n"
                                      "[group web]\ncpu-target = 40%\ncpu-high = 50%\n")

        def ups(*flags):
            return sum(r.get("action") == "up" for r in self.records("replay", "--all", path, *flags))

        self.assertEqual(ups("--tick", "10s", "--cpu-high", "90%"), 0)
        self.assertGreater(ups("--config", config), 50)

    def test_signals_are_those_of_the_recorded_decisions(self):
        """The cpu needs two nodes; the jobs need eight from the middle on, for 5 a node at a target of 70 %, and as much as
        a quarter more by a forecast that does not know its errors yet."""
        path = self.write("metrics.csv", HEADER + steady("web-a", cpu=lambda at: 20.0) +
                          steady("web-b", cpu=lambda at: 20.0, instance=2))
        rows = [f'{1767225605 + at}.000,web,hold,2,"{signals}","web: hold 2"'
                for at, signals in ((0, "jobs=missing"), (60, "jobs=28 age=0.500"))]
        self.write("decisions.csv", "\n".join(["timestamp,group,action,desired,signals,why", *rows]) + "\n")
        config = self.write("headroom.conf", "[signal jobs]\ngroup = web\nprogram = /nowhere/jobs\nper-node = 5\n")
        records = self.records("replay", path, "--config", config, "--tick", "5s")
        replayed = [r for r in records if r["record"] == "replayed"]
        ups = [r for r in replayed if r["action"] == "up"]
        self.assertEqual([(r["resource"], r["time"] >= "2026-01-01T00:01:05Z") for r in ups[:1]], [("jobs", True)])
        self.assertIn(ups[0]["raw"], range(8, 11))
        self.assertIn("jobs is missing", replayed[0]["why"])

    def test_bad_decisions(self):
        path = self.write("metrics.csv", HEADER + steady("web-a"))
        header = "timestamp,group,action,desired,why\n"
        for text, texts in (("a,b\n", [":1:", "no column timestamp"]),
                            (header + "x,web,up,2,\"a\"\n", [":2:", "timestamp"]),
                            (header + "1.0,web,up,-2,\"a\"\n", [":2:", "desired"]),
                            (header + "1.0,web,up,2,\"a\n", [":2:", "quote"]),
                            (header + "1.0,web,up,2\n", [":2:", "4 columns where the header has 5"])):
            with self.subTest(text):
                decisions = self.write("decisions.csv", text)
                self.assert_refused(["replay", path], [decisions, *texts])


class OnRealOutput(Recorded):
    def test_a_replay_decides_as_the_collector_did(self):
        collector = self.start_collector(*SETTINGS)
        fleet, agents = self.start_fleet(NODES, collector, 0.60, "--group", "web")
        for node in NODES:
            collector.wait_samples(node, 3)
        fleet.move(0.95, 0.05)
        wait_until(lambda: any(r["rule"] == "reactive" for r in collector.decisions()), collector.log)
        wait_until(lambda: fleet.level > 0.94, "ticks that see it, whenever they are")
        fleet.jump(0.15)
        collector.wait_said("web", r"scale down")
        collector.wait_samples("web-a", len(collector.samples()) // len(NODES) + 15)  # for a few ticks
        for agent in agents:
            self.assertEqual(agent.terminate(), 0)
        self.assertEqual(collector.terminate(), 0)

        recorded = collector.decisions()
        records = self.records("replay", *SETTINGS, os.path.join(collector.data, "metrics.csv"))
        totals = records.pop()
        self.assertEqual([r["why"] for r in records if r["record"] == "recorded"],
                         [r["why"] for r in recorded][:sum(r["record"] == "recorded" for r in records)])
        replayed = [r for r in records if r["record"] == "replayed"]
        for action in "up", "down":
            self.assertIn(action, [r["action"] for r in recorded])
            self.assertIn(action, [r["action"] for r in replayed])
        self.assertGreater(totals["recorded_actions"], 0)
        self.assertGreater(totals["actions"], 0)
        for record in replayed:
            self.assertTrue(record["why"].startswith("web: "), record)

        for node in self.records("forecast", "--node", "web-a", "--tick", "500ms",
                                 os.path.join(collector.data, "metrics.csv")):
            self.assertEqual(node["node"], "web-a")


if __name__ == "__main__":
    main()
