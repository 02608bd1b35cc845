"""Many nodes on the page, and the texts about them."""

import os
import subprocess
import time

import headroom_test
from page_case import PageCase

LOADGEN = os.environ.get("HEADROOM_LOADGEN", os.path.join(headroom_test.SOURCE, "build", "dev", "bench",
                                                          "headroom-loadgen"))


class PageGrid(PageCase):
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
        self.browser.wait("Number(document.querySelector('#fleet-missing').innerText) >= 30", 40)
        self.browser.do("hover", [640, 500])
        self.browser.wait_text("#grid-tip", "vm-")
        self.browser.wait_text("#account-posted", "posted over HTTP")
        self.assertTrue(self.browser.run("document.querySelector('#account').hidden"))
        self.browser.shot("grid-5000")
        self.browser.view(1280, 800, dark=True)
        time.sleep(1.2)
        self.browser.shot("grid-5000-dark")
        self.assert_no_errors()
        heights = {self.browser.run("document.querySelector('#grid').offsetHeight") for _ in range(5)}
        self.assertEqual(len(heights), 1, "the page jumps")


    def test_an_application_and_a_file_system_have_columns_where_there_are_any(self):
        collector = self.start()
        self.start_posts(2)
        self.goto()
        self.browser.wait_text("#grid-title", "2 nodes")
        self.assertEqual(self.shown(".groups td.app, .groups td.fs"), [])
        app = self.path("load")
        self.start_agent("web-1", [collector], "--group", "web", "--app-file", app)

        def columns():
            with open(app + ".new", "w", encoding="ascii") as file:
                file.write("30 100\n")
            os.replace(app + ".new", app)
            self.browser.view(1280, 800)
            of_app, of_fs = (self.shown(f".groups td.{name} b") for name in ("app", "fs"))
            return of_app and of_app[-1].startswith("30") and of_fs and of_fs[-1].endswith("%")

        headroom_test.wait_until(columns, "the columns")
        self.assertEqual((self.shown(".groups td.app b")[0], self.shown(".groups td.fs b")[0]), ("–", "–"))
        for width, height in ((1280, 800), (820, 1180), (390, 844)):
            self.browser.view(width, height)
            self.assert_fits()
            self.browser.shot(f"groups-app-fs-{width}")
        self.assertEqual(self.module("base", "return m.aboveText(['cpu', 'fs'])"),
                         "cpu above high, file system full, or soon")
        self.assert_no_errors()

    def test_a_node_above_high_is_coloured(self):
        self.start()
        posts = self.start_posts(3)
        self.goto()
        self.browser.wait_text("#grid-title", "3 nodes")
        self.assertEqual(self.pixels("hot", chart=".grid-box"), 0)
        posts.full = {1}  # the page shows its cpu
        headroom_test.wait_until(lambda: self.pixels("hot", chart=".grid-box") > 100, "a frame around the cell")
        self.goto("#/node/vm-1")
        self.browser.wait_text("#node-state", "live, memory above high")
        self.browser.wait("document.querySelector('#node-state.hot') !== null")
        self.assertEqual(self.browser.run("""[...document.querySelectorAll('#node-metrics b.hot')]
            .map((number) => number.parentElement.querySelector('h2').innerText)"""), ["Memory"])
        self.browser.shot("node-hot")
        posts.full = set()
        self.browser.wait("document.querySelector('#node-state.live') !== null")
        self.assert_no_errors()

    def test_it_is_said_that_most_are_silent(self):
        self.start()
        posts = self.start_posts(5)
        self.goto()
        self.browser.wait_text("#fleet-live", "5")
        time.sleep(2)  # they have shown how often they report
        self.assertTrue(self.browser.run("document.querySelector('#banner').hidden"))
        posts.silent = {0, 1, 2}
        self.browser.wait(r"/^Most nodes have been silent since \d+ \w+ \d+, \d\d:\d\d:\d\d \S+: 3 of 5/"
                          ".test(document.querySelector('#banner').innerText)", 30)
        self.browser.shot("most-silent")
        self.goto("#/group/default")
        self.browser.wait("document.querySelector('#group-facts .missing') !== null")
        self.assertEqual(self.browser.run("""[...document.querySelectorAll('#group-facts .missing')]
            .map((fact) => fact.previousSibling.innerText)"""), ["missing"])
        self.goto("#/node/vm-0")
        self.browser.wait_text("#node-state", "silent for")
        self.browser.wait("document.querySelectorAll('#node-facts .missing').length === 1")
        self.browser.wait("document.querySelectorAll('#node-metrics canvas').length >= 2")
        self.browser.shot("node-missing")
        posts.silent = {0}
        self.browser.wait("document.querySelector('#banner').hidden")

    def start_load(self, collector, *flags):
        load = subprocess.Popen([LOADGEN, "--collector", collector.address(), *flags], stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)
        self.addCleanup(load.wait)
        self.addCleanup(load.terminate)
        return load

    def node_at(self, point):
        """The page's text for the cell at a position, and where the cell is drawn."""
        self.browser.do("hover", point)
        return self.browser.run("document.querySelector('#grid-tip').innerText.split('\\n')[0]")

    def ring(self):
        return self.browser.run("""(() => { const b = document.querySelector('#grid-ring').getBoundingClientRect();
            return [b.left + b.width / 2 + scrollX, b.top + b.height / 2 + scrollY]; })()""")

    def press(self, key):
        """The position of the cursor afterwards, on the page."""
        self.browser.do("press", key)
        return self.ring()

    def lay_out(self, code):
        """Runs code with layout.js, and `fleet(groups, nodes)`, which creates that many nodes in that many groups."""
        return self.module("layout", """const fleet = (groups, nodes) => Array.from({ length: nodes }, (_, i) =>
            ({ id: `n-${i}`, group: `load-${Math.floor(i * groups / nodes)}` })); """ + code)

    def test_groups_stand_side_by_side(self):
        self.start()
        self.goto()
        for nodes, width, most in ((20000, 1206, 1.2), (5000, 1206, 1.2), (20000, 340, 1.2), (300, 1206, 4.0)):
            many, alone = self.lay_out(f"""return [22, 1].map((groups) =>
                m.layOut(fleet(groups, {nodes}), {width}, 600).height);""")
            self.assertLess(many, most * alone, f"{nodes} nodes at a width of {width}")
        self.assertEqual(self.lay_out("""let wrong = 0;
            for (const [groups, nodes, width] of [[1, 7, 900], [4, 30, 900], [22, 20000, 1206], [22, 5000, 340],
                                                  [60, 900, 700]]) {
              const layout = m.layOut(fleet(groups, nodes), width, 600);
              for (let i = 0; i < nodes; i++) {
                wrong += m.cellAt(layout, layout.x[i] + 1, layout.y[i] + 1) !== i;
                wrong += layout.x[i] + layout.wide > width + 1 || layout.y[i] + layout.tall > layout.height;
              }
            }
            return wrong;"""), 0)

    def test_five_thousand_in_many_groups(self):
        collector = self.start("--gone-after", "3s")
        self.start_load(collector, "--nodes", "5000", "--groups", "22", "--for", "300s")
        self.goto()
        self.browser.wait_text("#grid-title", "5,000 nodes", 60)
        self.browser.wait("document.querySelector('#fleet-live').innerText === '5,000'", 60)
        self.assertLess(self.browser.run("document.querySelector('#grid').offsetHeight"), 720)
        self.browser.shot("grid-groups")

        for at in (0, 2500, 4999):
            expected, x, y = self.module("grid", f"""const {{ layout }} = m.grid;
                document.querySelector('#grid').scrollIntoView();
                const box = document.querySelector('#grid').getBoundingClientRect();
                return [layout.nodes[{at}].id, box.left + layout.x[{at}] + 1, box.top + layout.y[{at}] + 1];""")
            if y < 60:
                self.browser.run("scrollBy(0, -100)")
                y += 100
            self.assertEqual(self.node_at([x, y]), expected)
            self.assertTrue(self.browser.run("!document.querySelector('#grid-ring').hidden"))

        self.browser.do("hover", [5, 5])
        self.browser.run("document.querySelector('#grid').focus()")
        x, y = first = self.press("Home")
        for _ in range(30):  # through several groups, straight down and up again
            x_next, y_next = self.press("ArrowDown")
            self.assertGreater(y_next, y)
            self.assertLess(abs(x_next - first[0]), 4)
            y = y_next
        for _ in range(30):
            self.press("ArrowUp")
        self.assertEqual(self.ring(), first)
        for _ in range(30):
            x_next, y_next = self.press("ArrowRight")
            self.assertGreater(x_next, x)
            self.assertEqual(y_next, first[1])
            x = x_next

        kept = self.browser.text("#grid-tip").split("\n")[0]
        self.assertEqual(self.start_load(collector, "--nodes", "300", "--groups", "1", "--prefix", "gone", "--interval",
                                         "200ms", "--for", "1s").wait(60), 0)
        self.browser.wait_text("#grid-title", "5,300 nodes", 60)
        self.browser.wait_text("#groups", "300 returning")
        self.assertEqual(self.browser.text("#grid-tip").split("\n")[0], kept)
        self.browser.run("scrollTo(0, 0)")
        self.browser.shot("grid-returning")
        for width in (690, 768, 900, 1001):
            self.browser.view(width, 900)
            self.assert_fits()
            self.assertGreater(self.browser.run("document.querySelector('#groups .bar').clientWidth"), 20, width)
        self.browser.view(390, 844, dark=True)
        self.assert_fits()
        self.browser.shot("grid-groups-phone-dark")
        self.assertLess(self.browser.run("document.querySelector('#groups').offsetHeight"), 2500, "23 on a phone")
        self.browser.shot("grid-groups-phone-dark")
        self.assert_no_errors()


if __name__ == "__main__":
    headroom_test.main()
