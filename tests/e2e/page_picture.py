"""Makes the picture of the README, docs/images/page.png, from a live fleet. By hand, since it takes half an hour:

    HEADROOM_BROWSER_MODULES=build/browser /usr/bin/python3 tests/e2e/page_picture.py
"""

import os
import time

import headroom_test
from page_case import PageCase

PICTURE = os.path.join(headroom_test.SOURCE, "docs", "images", "page.png")
RUNS_S = int(os.environ.get("HEADROOM_PICTURE_S", "1860"))
SIZE = (1200, 800)
BYTES_MAX = 150000


class Picture(PageCase):
    COLLECTOR_FLAGS = ("--flush", "1s", "--http", "127.0.0.1:0", "--max", "8")

    def test_picture(self):
        collector = self.start()
        fleet = self.start_groups(collector, {"api": 6, "cache": 3, "db": 3, "search": 8, "web": 7})
        for group, cpu, memory, swing, period_s in (
                ("api", 0.62, 0.41, 0.08, 700), ("cache", 0.12, 0.71, 0.03, 300), ("db", 0.33, 0.58, 0.06, 900),
                ("search", 0.7, 0.35, 0.2, 2400), ("web", 0.52, 0.44, 0.16, 1500)):
            fleet.set_load(group, cpu, memory)
            for i, node in enumerate(fleet.group(group)):
                node.swing, node.period_s, node.phase = swing, period_s, 0.2 * i
        time.sleep(0.9 * RUNS_S)
        fleet.silent = {"web-5"}
        time.sleep(0.1 * RUNS_S)
        self.browser.view(*SIZE)
        self.goto()
        self.browser.wait("document.querySelectorAll('.spark .line[d^=M]').length === 5")
        self.browser.wait_text("#groups", "1 missing")
        time.sleep(2)
        os.makedirs(os.path.dirname(PICTURE), exist_ok=True)
        self.browser.do("shot", PICTURE, visible=True)
        self.assertLess(os.path.getsize(PICTURE), BYTES_MAX)


if __name__ == "__main__":
    headroom_test.main()
