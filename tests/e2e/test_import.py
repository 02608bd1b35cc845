"""headroom-scaler import: recorded metrics become the history of a group's forecasts."""

import os
import time
import unittest

from headroom_test import SCALER, HeadroomTest, main, run, wait_until
from test_replay import HEADER, steady

SETTINGS = ("--tick", "1s", "--lead-time", "5s", "--max", "20")
SECONDS = 600
RECORDED = 1767225605  # the time of test_replay's first row


class Import(HeadroomTest):
    def recorded(self, ahead=0):
        """Ten minutes of two nodes of the group old, which end now, or that many seconds later."""
        rows = "".join(steady(node, SECONDS, lambda at: 40.0 + at % 7, group="old") for node in ("old-1", "old-2"))
        begin = int(time.time()) - SECONDS + ahead
        for at in range(SECONDS):
            rows = rows.replace(f",{RECORDED + at}.000,", f",{begin + at}.000,")
        return self.write("metrics.csv", HEADER + rows)

    def import_into(self, data, *flags, status=0):
        ended = run(SCALER, "import", "--data", data, *SETTINGS, *flags, self.recorded())
        self.assertEqual(ended.returncode, status, ended.stderr)
        return ended

    def first_forecast(self, collector, group):
        return wait_until(lambda: next((row for row in collector.decisions()
                                        if row["group"] == group and row["forecaster"]), None),
                          lambda: f"a forecast of {group}:\n{collector.log()}")

    def test_a_new_group_begins_with_what_was_recorded(self):
        data = self.path("data")
        os.mkdir(data)
        self.assertIn("new: 599 s imported, a new group", self.import_into(data, "--cores", "2", "--group",
                                                                           "new=old-*").stdout)
        collector = self.start_collector(*SETTINGS)
        collector.wait_log("read back the scaler's state of 1 groups")
        self.start_fleet(("new-1", "new-2"), collector, 0.4, "--group", "new")
        self.start_fleet(("other-1",), collector, 0.4, "--group", "other")
        self.assertNotEqual(self.first_forecast(collector, "new")["coverage"], "")
        self.assertEqual(self.first_forecast(collector, "other")["coverage"], "")
        wait_until(lambda: "group other" in collector.saved_state(), "the state is saved")
        refused = self.import_into(data, "--cores", "2", "--group", "new=old-*", status=1)
        self.assertIn("a collector runs there", refused.stderr)
        self.assert_stops(collector)

        ended = self.import_into(data, "--cores", "2", "--group", "other=old-1", "--group", "third=old-2")
        self.assertIn("other: 599 s imported, in place of what was known\n", ended.stdout)
        self.assertIn("third: 599 s imported, a new group\n", ended.stdout)
        for _ in range(2):  # the third waits for its first node
            collector = self.start_collector(*SETTINGS)
            collector.wait_log("read back the scaler's state of 3 groups")
            wait_until(lambda: any(row["group"] == "third" for row in collector.decisions()), "a decision of third")
            self.assert_stops(collector)

    def test_what_is_needed(self):
        data = self.path("data")
        self.assertIn("--cores N", self.import_into(data, status=2).stderr)
        for cores in ("0", "0.0009", "65537", "nan"):
            self.assertIn("is not a number of 0.001 to 65536",
                          self.import_into(data, "--cores", cores, status=2).stderr)
        self.assertIn("can't be opened", self.import_into(data, "--cores", "1", status=1).stderr)
        os.mkdir(data)
        self.assertIn("no row names group odl; --group odl=GLOB",
                      self.import_into(data, "--cores", "1", "--group", "odl", status=1).stderr)
        self.write("data/scaler.state", "headroom-scaler-state 4\n")
        self.assertIn("damaged", self.import_into(data, "--cores", "1", status=1).stderr)

    def test_records_of_the_future_are_refused(self):
        data = self.path("data")
        os.mkdir(data)
        ended = run(SCALER, "import", "--data", data, "--cores", "1", *SETTINGS, self.recorded(ahead=7200))
        self.assertEqual(ended.returncode, 1)
        self.assertRegex(ended.stderr, r"the last sample is .* in the future: a clock is wrong")
        self.assertEqual(os.listdir(data), [])

    @unittest.skipIf(os.getuid() != 0, "needs root")
    def test_root_writes_for_the_user_of_the_collector(self):
        data = self.path("data")
        os.mkdir(data)
        os.chown(data, 12345, 23456)
        self.import_into(data, "--cores", "1")
        saved = os.stat(os.path.join(data, "scaler.state"))
        self.assertEqual((saved.st_uid, saved.st_gid), (12345, 23456))


if __name__ == "__main__":
    main()
