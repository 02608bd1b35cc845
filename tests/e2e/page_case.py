"""Shared by the tests of the page: a collector, a browser, and many nodes. The tests leave screenshots in the build
directory."""

import os
import threading
import time

from browser import Browser
from headroom_test import HeadroomTest, wait_until
from http_client import post_samples

SHOTS = os.environ.get("HEADROOM_SHOTS", "shots")


class Posts(threading.Thread):
    """Many nodes, posted like those of the Python system's agents. `silent`: nodes that have stopped,
    `full`: nodes without free memory."""

    def __init__(self, port, count):
        super().__init__(daemon=True)
        self.port = port
        self.count = count
        self.silent = set()
        self.full = set()
        self.ended = threading.Event()

    def post(self):
        now = time.time()
        samples = [{"node_id": f"vm-{i}", "cpu": i * 37 % 100, "memory": 99 if i in self.full else i * 7 % 90,
                    "disk_read": 1000 * i, "disk_write": 0, "timestamp": now} for i in range(self.count) if i not in self.silent]
        for first in range(0, len(samples), 100):
            post_samples(self.port, samples[first : first + 100])

    def run(self):
        while not self.ended.wait(1.0):
            self.post()

    def end(self):
        self.ended.set()
        self.join()


class PageCase(HeadroomTest):
    COLLECTOR_FLAGS = ("--flush", "100ms", "--ack-interval", "1s", "--tick", "500ms", "--lead-time", "10s",
                       "--stabilization", "20s", "--http", "127.0.0.1:0", "--http-ingest")

    @classmethod
    def setUpClass(cls):
        cls.browser = cls.make_browser()
        cls.addClassCleanup(cls.browser.close)

    @classmethod
    def make_browser(cls):
        return Browser(SHOTS)

    def setUp(self):
        super().setUp()
        self.browser.do("fresh")

    def start(self, *flags, **how):
        collector = self.start_collector(*flags, **how)
        self.http_port = int(collector.wait_log(r"http on 127\.0\.0\.1:(\d+)").group(1))
        self.url = f"http://127.0.0.1:{self.http_port}/"
        return collector

    def start_posts(self, count):
        posts = Posts(self.http_port, count)
        posts.post()
        posts.start()
        self.addCleanup(posts.end)
        return posts

    def start_groups(self, collector, groups):
        """Light nodes. `groups`: the number of nodes of each."""
        from page_fleet import PageFleet  # needs protobuf
        fleet = PageFleet(collector.port(), groups)
        fleet.start()
        self.addCleanup(fleet.end)
        return fleet

    def open_group(self):
        """A group whose chart has a forecast."""
        collector = self.start()
        fleet, agents = self.start_fleet([f"web-{i}" for i in range(4)], collector, 0.3, "--group", "web")
        self.goto("#/group/web")
        wait_until(lambda: self.cone() > 200, "the forecast's interval in the chart")
        return collector

    def goto(self, path=""):
        self.browser.open(self.url + path)

    def module(self, name, code):
        """Runs code with a module of the page as `m`, and returns its result."""
        return self.browser.run(f"import('/{name}.js').then((m) => {{ {code} }})")

    def assert_no_errors(self):
        self.assertEqual(self.browser.do("errors"), [])

    def shown(self, selector):
        """The texts of the elements that are shown."""
        return self.browser.run(f"""[...document.querySelectorAll({selector!r})]
            .filter((element) => element.offsetWidth > 0).map((element) => element.innerText)""")

    def assert_fits(self):
        """Checks that nothing overflows on the right once the charts have been drawn for the width."""
        self.browser.wait("document.documentElement.scrollWidth <= innerWidth")

    def cells(self):
        """The number of coloured pixels in the grid."""
        return self.browser.run("""(() => { const c = document.querySelector('#grid');
            const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let n = 0;
            for (let i = 3; i < d.length; i += 4) n += d[i] > 0; return n; })()""")

    def pixels(self, colour, begin=0.0, end=1.0, chart="#group-chart"):
        """The number of pixels in a chart with a colour of the page, between two shares of its width."""
        return self.module("base", """const c = document.querySelector('%s canvas');
            const [r, g, b] = [1, 3, 5].map((i) => parseInt(m.colours['%s'].slice(i, i + 2), 16));
            const [x, y] = [Math.round(c.width * %f), Math.round(c.width * %f)];
            const d = c.getContext('2d').getImageData(x, 0, y - x, c.height).data; let n = 0;
            for (let i = 0; i < d.length; i += 4)
              n += d[i + 3] > 200 && Math.abs(d[i] - r) + Math.abs(d[i + 1] - g) + Math.abs(d[i + 2] - b) < 40;
            return n;""" % (chart, colour, begin, end))

    def cone(self):
        """The number of pixels in the chart filled like the forecast's interval: translucent blue."""
        return self.browser.run("""(() => { const c = document.querySelector('#group-chart canvas');
            if (!c) return 0;
            const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let n = 0;
            for (let i = 0; i < d.length; i += 4) n += d[i + 3] > 25 && d[i + 3] < 90 && d[i + 2] > d[i] + 60;
            return n; })()""")
