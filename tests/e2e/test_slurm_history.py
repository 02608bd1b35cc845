"""packaging/hooks/slurm-history: what it makes of jobs, by hand and for the made-up months of docs/slurm.md."""

import os
import re
import subprocess

from headroom_test import SCALER, SOURCE, HeadroomTest, main

HISTORY = os.path.join(SOURCE, "packaging", "hooks", "slurm-history")
MONTH = os.path.join(SOURCE, "tests", "e2e", "slurm_month.py")
PAGE = os.path.join(SOURCE, "docs", "slurm.md")
HEADER = "JobID|Eligible|Start|End|AllocCPUS|State\n"


def history(*words, jobs, status=0):
    done = subprocess.run([HISTORY, *words], input=jobs, text=True, capture_output=True, timeout=300, check=False)
    if done.returncode != status:
        raise AssertionError((words, done.returncode, done.stderr))
    return done.stdout if status == 0 else done.stderr


def figures(text):
    """{first words of a line: [core-hours waited, share of late jobs, node-hours]}, and the wait avoided"""
    rows = {match[1]: [float(number) for number in match[2].replace("%", "").split()]
            for match in re.finditer(r"^ *(\S.*?) {2,}([\d. %]+)$", text, re.M)}
    return rows, int(re.search(r"queue wait avoided: (-?\d+) %", text).group(1))


class ByHand(HeadroomTest):
    def test_demand_is_as_if_each_job_had_begun_at_once(self):
        text = history("demand", jobs=HEADER + "7|1000|1500|1530|4|COMPLETED\n8|1015|1015|1045|2|FAILED\n"
                                              "9|1020|1020|1050|3|COMPLETED\n")
        self.assertEqual(text, "timestamp_s,demand\n0,4.000\n15,8.000\n30,5.000\n45,1.000\n60,0.000\n")

    def test_jobs_without_a_start_or_an_end_have_no_demand(self):
        jobs = (HEADER + "1|1000|Unknown|Unknown|4|PENDING\n2|1000|None|1100|4|CANCELLED by 0\n"
                "3|1000|1000|Unknown|4|RUNNING\n4|Unknown|1000|1001|4|CANCELLED\n5|1000|1000|1000|4|FAILED\n")
        self.assertEqual(history("demand", jobs=jobs), "")
        self.assertEqual(history("demand", jobs=jobs + "6|1000|1001|1016|2|COMPLETED\n"),
                         "timestamp_s,demand\n0,2.000\n15,0.000\n30,0.000\n")

    def test_what_is_not_understood_is_refused(self):
        self.assertIn("the columns Eligible, Start, End and AllocCPUS are needed",
                      history("demand", jobs="JobID|Start|End\n", status=1))
        self.assertIn("line 2: times must be in seconds: set SLURM_TIME_FORMAT=%s",
                      history("demand", jobs=HEADER + "1|2026-11-29T10:00:00|1|2|4|COMPLETED\n", status=1))
        steps = self.write("steps.csv", "policy,k,t_s,demand,ready\n")
        for words in ((), ("waits",), ("waits", steps), ("waits", "--cores", "x", "--max", "1", steps),
                      ("waits", "--cores", "1", "--max", "1"), ("demand", "x"), ("sum",),
                      ("waits", "--cores", "1", "--max", "1", self.path("nosuch"))):
            history(*words, jobs=HEADER, status=2)

    def test_nodes_that_are_up_spare_the_wait(self):
        """A job of one core for an hour waits for an hour until a node is up."""
        jobs = HEADER + "1|1000|4600|8200|1|COMPLETED\n"
        words = ("waits", "--cores", "1", "--max", "1", "--boot", "3600", "--idle", "1800")
        steps = "policy,k,t_s,demand,ready,pending\n"
        rows, avoided = figures(history(*words, self.write("none.csv", steps), jobs=jobs))
        self.assertEqual(rows["Slurm alone, idle for 1800 s"][:2], [1.0, 100.0])
        self.assertEqual(rows["with the nodes of the steps"][:2], [1.0, 100.0])
        self.assertEqual(avoided, 0)
        ready = self.write("one.csv", steps + "".join(f"signal,{k},{k * 15},1,1,0\n" for k in range(241)))
        rows, avoided = figures(history(*words, ready, jobs=jobs))
        self.assertEqual(rows["with the nodes of the steps"], [0.0, 0.0, 1.0])
        self.assertEqual(avoided, 100)


class Months(HeadroomTest):
    """The example of the page, with the commands that it shows."""

    def month(self, name, nodes, price):
        jobs = subprocess.run(["python3", "-B", MONTH, name], stdout=subprocess.PIPE, text=True, check=True).stdout
        trace = self.write("demand.csv", history("demand", jobs=jobs))
        subprocess.run([SCALER, "simulate", "--policy", "signal", "--nodes", str(nodes), "--max", "20", "--interp", "hold",
                        "--startup-delay", "120s", "--cpu-high", "100%", "--cpu-target", "100%", "--price", str(price),
                        "--steps", self.path("steps.csv"), trace], stdout=subprocess.DEVNULL, check=True)
        text = history("waits", "--cores", "16", "--max", "20", "--boot", "120", "--idle", "300", self.path("steps.csv"),
                       jobs=jobs)
        self.assert_on_page(text)
        return figures(text)

    def assert_on_page(self, text):
        """Each row is on the page, with figures that differ by 2 % at most."""
        with open(PAGE, encoding="utf-8") as page:
            shown = page.read()
        for name, row in figures(text)[0].items():
            rows = [[float(number) for number in match.replace("%", "").split()]
                    for match in re.findall(rf"^ +{re.escape(name)} {{2,}}([\d. %]+)$", shown, re.M)]
            self.assertTrue(any(all(abs(a - b) <= 0.1 + 0.02 * b for a, b in zip(row, other)) for other in rows),
                            (name, row, rows))

    def test_pipelines_are_anticipated(self):
        rows, avoided = self.month("pipelines", 17, 24)
        self.assertGreaterEqual(avoided, 90)
        alone, warm, as_dear = rows.values()
        self.assertLess(warm[0], as_dear[0] / 10)
        self.assertAlmostEqual(warm[2], as_dear[2], delta=0.02 * warm[2])
        self.assertGreater(warm[2], alone[2])

    def test_bursts_without_a_rule_are_not(self):
        rows, avoided = self.month("people", 10, 24)
        self.assertLess(avoided, 50)
        self.assertGreater(rows["with the nodes of the steps"][0], list(rows.values())[2][0])


if __name__ == "__main__":
    main()
