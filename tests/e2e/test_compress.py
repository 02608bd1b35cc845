"""Finished files are compressed, and read as before."""

import glob
import os
import random
import time

import past_week
from headroom_test import METRICS_COLUMNS, main, read_samples, read_text, wait_until
from http_case import HttpTest
from http_client import get

DAY_MS = 86400000
KILLS = 3
DAYS = 3  # a segment of metrics.csv, and one of decisions.csv


class Compress(HttpTest):
    def setUp(self):
        super().setUp()
        self.assert_stops(self.start("--tick", "1h"))  # it writes the header of decisions.csv
        self.data = self.path("data")
        self.end = past_week.now()
        past_week.write_decisions(self.data, past_week.header_of(os.path.join(self.data, "decisions.csv")), self.end, days=DAYS)

    def write_metrics(self, interval_s):
        past_week.write_metrics(self.data, METRICS_COLUMNS, self.end, ("web-1", "web-2"), days=DAYS, interval_s=interval_s)

    def age_segments(self):
        """As if they had been written when their rows were."""
        for path in self.plain():
            os.utime(path, (self.end - 7200, self.end - 7200))

    def plain(self):
        return sorted(glob.glob(os.path.join(self.data, "*-0*.csv")))

    def compressed(self):
        return sorted(glob.glob(os.path.join(self.data, "*.zst")))

    def texts(self):
        return {os.path.basename(path).removesuffix(".zst"): read_text(path)
                for path in self.compressed() + self.plain()}

    def answers(self):
        end_ms = int(self.end * 1000)
        span = f"from={end_ms - DAYS * DAY_MS}&to={end_ms}"
        found = []
        for path in (f"history?group=web&{span}", f"history?node=web-2&{span}", f"decisions?group=web&{span}"):
            reply = get(self.port, f"/api/v1/{path}")
            self.assertEqual(reply.status, 200, reply.text())
            answer = reply.json()
            self.assertTrue(answer.get("complete", True), path)
            found.append({key: value for key, value in answer.items() if key not in ("now_ms", "took_ms")})
        return found

    def wait_compressed(self, collector):
        wait_until(lambda: not self.plain(), lambda: f"{self.plain()}\n{collector.log()}")

    def test_all_is_read_as_before(self):
        self.write_metrics(60)
        self.age_segments()
        texts, times = self.texts(), {os.path.basename(path): os.stat(path).st_mtime for path in self.plain()}
        size = sum(len(text) for text in texts.values())
        self.assertEqual(sorted(texts), ["decisions-00000001.csv", "metrics-00000001.csv"])
        collector = self.start("--tick", "1h", "--compress-after", "0")
        answers = self.answers()
        self.assert_stops(collector)
        samples = read_samples(self.data)

        collector = self.start("--tick", "1h")
        self.wait_compressed(collector)
        self.assertEqual(self.texts(), texts)
        self.assertEqual({os.path.basename(path).removesuffix(".zst"): os.stat(path).st_mtime
                          for path in self.compressed()}, times)
        self.assertLess(sum(os.path.getsize(path) for path in self.compressed()), size / 4)
        self.assertEqual(read_samples(self.data), samples)
        self.assertEqual(self.answers(), answers)
        self.assert_stops(collector)

        for path in glob.glob(os.path.join(self.data, "metrics.index")):
            os.remove(path)
        collector = self.start("--tick", "1h")  # it reads them all
        self.assertIn(f"read back {len(samples)} samples", collector.log())
        self.assertEqual(self.answers(), answers)

    def test_kills_lose_nothing(self):
        self.write_metrics(4)
        self.age_segments()
        texts = self.texts()
        for _ in range(KILLS):
            collector = self.start("--tick", "1h")
            wait_until(lambda: os.listdir(self.data), "")
            time.sleep(random.uniform(0.8, 2.5))
            collector.kill()
            self.assertEqual({name: text for name, text in self.texts().items() if not name.endswith(".new")}, texts)
        collector = self.start("--tick", "1h")
        self.wait_compressed(collector)
        self.assertEqual(self.texts(), texts)
        self.assertFalse(glob.glob(os.path.join(self.data, "*.new")))

    def test_damaged_file_costs_its_rows_only(self):
        self.write_metrics(10)
        self.age_segments()
        rows = len(read_samples(self.data))
        collector = self.start("--tick", "1h")
        self.wait_compressed(collector)
        self.assert_stops(collector)
        path = os.path.join(self.data, "metrics-00000001.csv.zst")
        with open(path, "r+b") as file:
            file.seek(os.path.getsize(path) // 2)
            file.write(b"damaged")
        for found in glob.glob(os.path.join(self.data, "metrics.index")):
            os.remove(found)
        collector = self.start("--tick", "1h")
        read = int(collector.wait_log(r"read back (\d+) samples").group(1))
        self.assertGreater(read, rows // 2)
        self.assertLess(read, rows)
        self.assertRegex(collector.log(), r"skipped [1-9]\d* damaged rows in older segments")


if __name__ == "__main__":
    main()
