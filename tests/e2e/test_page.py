"""The page in a real browser, before a real collector with real agents. Screenshots are left in the build folder."""

import os
import threading
import time
import unittest

import headroom_test
from browser import Browser
from headroom_test import HeadroomTest
from http_client import post_samples

SHOTS = os.environ.get("HEADROOM_SHOTS", "shots")


class Posts(threading.Thread):
    """Many nodes at once: posted, as the Python system's agents do. `silent`: those that have stopped."""

    def __init__(self, port, count):
        super().__init__(daemon=True)
        self.port = port
        self.count = count
        self.silent = set()
        self.ended = threading.Event()

    def post(self):
        now = time.time()
        samples = [{"node_id": f"vm-{i}", "cpu": i * 37 % 100, "memory": i * 7 % 90, "disk_read": 1000 * i,
                    "disk_write": 0, "timestamp": now} for i in range(self.count) if i not in self.silent]
        for first in range(0, len(samples), 100):
            post_samples(self.port, samples[first : first + 100])

    def run(self):
        while not self.ended.wait(1.0):
            self.post()

    def end(self):
        self.ended.set()
        self.join()


class Page(HeadroomTest):
    COLLECTOR_FLAGS = ("--flush", "100ms", "--ack-interval", "1s", "--tick", "500ms", "--lead-time", "10s",
                       "--stabilization", "20s", "--http", "127.0.0.1:0", "--http-ingest")

    @classmethod
    def setUpClass(cls):
        cls.browser = Browser(SHOTS)
        cls.addClassCleanup(cls.browser.close)

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

    def goto(self, path=""):
        self.browser.open(self.url + path)

    def assert_no_errors(self):
        self.assertEqual(self.browser.do("errors"), [])

    def assert_fits(self):
        """Nothing sticks out to the right, once the charts have been drawn for the width."""
        self.browser.wait("document.documentElement.scrollWidth <= innerWidth")

    def cells(self):
        """How many pixels of the grid have colour."""
        return self.browser.run("""(() => { const c = document.querySelector('#grid');
            const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let n = 0;
            for (let i = 3; i < d.length; i += 4) n += d[i] > 0; return n; })()""")

    def cone(self):
        """How many pixels of the chart are filled as the forecast's interval is, and nothing else: see-through blue."""
        return self.browser.run("""(() => { const c = document.querySelector('#group-chart canvas');
            const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let n = 0;
            for (let i = 0; i < d.length; i += 4) n += d[i + 3] > 25 && d[i + 3] < 90 && d[i + 2] > d[i] + 60;
            return n; })()""")

    def test_an_empty_fleet_says_what_to_do(self):
        self.start()
        self.goto()
        self.browser.wait_text("#groups-empty", "No node has reported yet")
        self.browser.wait_text("#link", "live")
        self.assertIn("headroom-agent --collector", self.browser.text("#groups-empty"))
        self.browser.shot("empty")
        self.assert_no_errors()

    def test_groups_a_group_and_a_node(self):
        collector = self.start()
        fleet, agents = self.start_fleet([f"web-{i}" for i in range(4)], collector, 0.3, "--group", "web")
        self.start_fleet(["db-1"], collector, 0.2, "--group", "db")
        collector.wait_said("web", "hold")
        self.goto()
        self.browser.wait_text("#groups", "web")
        self.browser.wait_text("#grid-title", "5 nodes")
        self.assertIn("db", self.browser.text("#groups"))
        fleet.move(0.95, 0.1)
        self.browser.wait_text("#groups", "▲", 40)
        self.browser.shot("groups-light")
        self.browser.view(1280, 800, dark=True)
        self.browser.shot("groups-dark")
        self.assertGreater(self.cells(), 1000)

        self.browser.do("click", "#groups a[href='#/group/web']")
        self.browser.wait_text("#group-verdict", "▲")
        self.browser.wait("document.querySelector('#group-chart canvas') !== null")
        self.browser.wait_text("#decisions", "scale up")
        self.browser.wait("document.querySelector('#group-facts').innerText.includes('cores')")
        self.assertNotIn("db-1", self.browser.text("#view-group"))
        headroom_test.wait_until(lambda: self.cone() > 200, "the forecast's interval in the chart")
        self.browser.shot("group-dark")
        self.browser.view(1280, 800)
        self.browser.shot("group-light")

        self.browser.run("document.querySelector('#grid').focus()")
        self.browser.do("press", "ArrowRight")
        self.browser.wait_text("#grid-tip", "web-0")
        self.browser.do("press", "ArrowRight")
        self.browser.do("press", "Enter")
        self.browser.wait_text("#node-name", "web-1")
        self.browser.wait_text("#node-state", "live")
        self.browser.wait("document.querySelectorAll('#node-metrics canvas').length >= 2")
        self.browser.wait_text("#node-unmeasured", "Disk busy")
        self.browser.shot("node-light")
        self.browser.view(1280, 800, dark=True)
        self.browser.shot("node-dark")

        self.browser.view(390, 844)
        self.assert_fits()
        self.browser.shot("node-phone")
        self.browser.do("press", "Escape")
        self.browser.wait_text("#group-name", "web")
        self.browser.wait("document.querySelector('#group-chart canvas') !== null")
        self.assert_fits()
        self.browser.shot("group-phone")
        self.browser.do("press", "Escape")
        self.browser.wait_text("#groups", "db")
        self.assert_fits()
        self.browser.shot("groups-phone")
        self.browser.do("press", "/")
        self.browser.do("type", "db-1")
        self.browser.do("press", "Enter")
        self.browser.wait_text("#node-name", "db-1")
        self.goto("#/node/nobody")
        self.browser.wait_text("#view-missing", "No node nobody")
        self.assertEqual([error for error in self.browser.do("errors") if "404" not in error], [])

    def test_silence_and_a_collector_that_goes_and_comes_back(self):
        collector = self.start("--gone-after", "2s")
        agents = [self.start_agent(f"n-{i}", [collector], "--group", "web") for i in range(5)]
        collector.wait_said("web", ".")
        self.goto()
        self.browser.wait_text("#fleet-live", "5")
        agents[1].kill()
        self.browser.wait_text("#groups", "1 gone", 40)
        agents[0].signal(headroom_test.signal.SIGSTOP)
        self.browser.wait_text("#groups", "1 stale")
        self.browser.shot("stale-and-gone")
        self.browser.do("click", "#groups a")
        self.browser.wait_text("#group-name", "web")
        self.browser.wait_text("#group-facts", "gone")
        self.goto("#/")
        self.browser.do("errors")

        self.assert_stops(collector)
        self.browser.wait_text("#banner", "can't be reached")
        self.assertEqual(self.browser.text("#link"), "not reachable")
        self.browser.shot("unreachable")
        self.start("--http", f"127.0.0.1:{self.http_port}")
        self.browser.wait_text("#link", "live")
        self.browser.wait("!document.body.classList.contains('lost')")
        self.browser.wait_text("#groups", "web")

    def test_a_token_is_asked_for(self):
        self.start("--http-token-file", self.write("token", "s3cret\n"))
        self.goto()
        self.browser.wait("document.querySelector('#token-dialog').open")
        self.browser.shot("token")
        self.browser.do("type", "wrong")
        self.browser.do("press", "Enter")
        self.browser.wait_text("#token-text", "not the right one")
        self.browser.do("type", "s3cret")
        self.browser.do("press", "Enter")
        self.browser.wait_text("#groups-empty", "No node has reported yet")
        self.browser.wait("!document.querySelector('#token-dialog').open")

    def test_one_node_fifty_and_five_thousand(self):
        self.start()
        posts = self.start_posts(1)
        self.goto()
        self.browser.wait_text("#grid-title", "1 node")
        self.browser.shot("grid-1")
        posts.count = 50
        self.browser.wait_text("#grid-title", "50 nodes")
        for width, height in ((820, 1180), (390, 844)):
            self.browser.view(width, height)
            time.sleep(1.2)
            self.assert_fits()
        self.browser.shot("grid-50-phone")
        self.browser.view(1280, 800)
        posts.count = 5000
        self.browser.wait_text("#grid-title", "5,000 nodes")
        posts.silent = set(range(10, 40))  # they have shown how often they report
        self.browser.wait("Number(document.querySelector('#fleet-stale').innerText) >= 30", 40)
        self.browser.do("hover", [640, 500])
        self.browser.wait_text("#grid-tip", "vm-")
        self.browser.shot("grid-5000")
        self.browser.view(1280, 800, dark=True)
        time.sleep(1.2)
        self.browser.shot("grid-5000-dark")
        self.assert_no_errors()
        heights = {self.browser.run("document.querySelector('#grid').offsetHeight") for _ in range(5)}
        self.assertEqual(len(heights), 1, "the page jumps")


if __name__ == "__main__":
    headroom_test.main()
