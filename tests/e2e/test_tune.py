"""headroom-scaler tune: its table, its files, and what it recommends."""

import json
import os
import random
import re
import xml.etree.ElementTree

from headroom_test import DATA, METRICS_HEADER, SCALER, HeadroomTest, main, run

TRACE = os.path.join(DATA, "traces", "nab_elb_requests_8c0756.csv")
DAY_S = 86400
START_S = 1767225600


class Tune(HeadroomTest):
    def tune(self, *flags):
        ended = run(SCALER, "tune", *flags)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        return ended.stdout

    def recording(self, name, days, cpu, group="web"):
        """Two nodes with a sample each minute, and their cpu by the second."""
        generator = random.Random(1)
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(METRICS_HEADER + "\n")
            for at in range(0, int(days * DAY_S), 60):
                for node in range(2):
                    value = cpu(at) + generator.uniform(-2, 2)
                    file.write(f"{group}-{node},{value:.2f},,,,{START_S + at}.000,{group},i{node + 1:016x},{at // 60 + 1},"
                               f"{at + 100}.000" + "," * 15 + "\n")

    def test_a_trace(self):
        result = json.loads(self.tune(TRACE, "--first", "4d", "--json"))
        self.assertEqual((result["load"], result["steps"]), (os.path.basename(TRACE), 4 * DAY_S / 15))
        self.assertEqual(result["tuning_steps"], result["steps"] / 2)
        self.assertGreater(len(result["candidates"]), 35)
        present = result["candidates"][0]
        self.assertEqual([present[name] for name in ("price", "cpu_high", "stabilization_s", "lead_time_s")],
                         [12, 0.8, 300, 120])
        self.assertTrue(all(c["check"] for c in result["candidates"] if c["shown"]))
        chosen = result["candidates"][result["chosen"]]
        if result["verdict"] == "none":
            self.assertEqual(result["chosen"], 0)
        else:
            self.assertLess(chosen["tuning"]["cost"], present["tuning"]["cost"])
            self.assertEqual(result["verdict"] == "better", "these settings have" in result["text"])

    def test_recorded_metrics(self):
        """At this price a load without surprises pays for a reserve that it does not need."""
        self.recording("metrics.csv", 4.1, lambda at: 50)
        picture = self.path("tune.svg")
        text = self.tune("--group", "web", "--stabilization", "10m", "--price", "40", "--svg", picture, self.folder)
        self.assertRegex(text, r"^web: 4.1 days, recorded with 2.00 nodes on average, above 80 % for 0.00 % of the time\n")
        rows = [line.split() for line in text.splitlines() if re.match(r" +[0-9.]+ +[0-9.]+% ", line)]
        self.assertGreaterEqual(len(rows), 2)
        nodes = [float(row[4]) for row in rows]
        self.assertEqual(nodes, sorted(nodes))
        self.assertTrue(all(1 <= count < 5 for count in nodes), nodes)
        self.assertEqual([row[:4] for row in rows if row[-1] == "present"], [["40", "80%", "10m", "2m"]])
        drawing = xml.etree.ElementTree.parse(picture).getroot()
        titles = list(drawing.iter("{http://www.w3.org/2000/svg}title"))
        self.assertEqual(len(titles), 2 * len(rows))
        recommended = [row for row in rows if row[-1] == "recommended"]
        self.assertEqual("Recommended:\n" in text, len(recommended) == 1)
        self.assertEqual("keep the present ones" in text, not recommended)

    def test_too_little_history(self):
        self.recording("metrics.csv", 1.5, lambda at: 50)
        picture = self.path("tune.svg")
        text = self.tune("--svg", picture, self.path("metrics.csv"))
        self.assertIn("web: 1.5 days are too little history: the search needs 4 days", text)
        self.assertIn("Keep the present settings.", text)
        self.assertFalse(os.path.exists(picture))
        result = json.loads(self.tune("--json", self.path("metrics.csv")))
        self.assertEqual(result["verdict"], "too-short")

    def test_several_groups(self):
        self.recording("a.csv", 0.5, lambda at: 50)
        self.recording("b.csv", 0.5, lambda at: 50, group="db")
        flags = [self.path("a.csv"), self.path("b.csv")]
        self.assertEqual(re.findall(r"^(\w+): ", self.tune(*flags), re.MULTILINE), ["web", "db"])
        self.assertEqual(re.findall(r"^(\w+): ", self.tune(*flags, "--group", "db"), re.MULTILINE), ["db"])
        ended = run(SCALER, "tune", *flags, "--svg", self.path("tune.svg"))
        self.assertEqual(ended.returncode, 1)
        self.assertIn("--svg needs exactly one trace or group; 2 are given", ended.stderr)

    def test_bad_flags(self):
        for flags, status, text in (([], 2, "a load is missing"),
                                    ([TRACE, "--policy", "hpa"], 2, "--policy"),
                                    ([TRACE, "--price", "-1"], 2, "--price"),
                                    ([TRACE, "--svg", TRACE], 2, "is the load"),
                                    ([self.folder], 2, "contains no metrics.csv"),
                                    ([TRACE, "--group", "web"], 1, "no row names group web"),
                                    ([self.path("none.csv")], 1, "No such file")):
            with self.subTest(flags):
                ended = run(SCALER, "tune", *flags)
                self.assertEqual((ended.returncode, ended.stdout), (status, ""))
                self.assertIn(text, ended.stderr)


if __name__ == "__main__":
    main()
