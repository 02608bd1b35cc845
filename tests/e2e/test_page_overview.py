"""The first view of the page: what is wrong, and the table of groups. It is also for a screen on the wall, a tablet and a
phone, and for people who use no mouse or see little contrast."""

import os
import time

import headroom_test
from headroom_test import wait_until
from page_case import PageCase

SCREENS = {"phone": (390, 844), "tablet": (820, 1180), "desk": (1280, 800), "4k": (3840, 2160)}


class Problems(PageCase):
    """What is wrong comes first."""

    def problems(self):
        """Severity, sentence, since when, and link of each."""
        return self.browser.run("""[...document.querySelectorAll('#problems li')].map((item) => [...item.children]
            .map((part) => part.innerText).concat(item.querySelector('a').getAttribute('href')))""")

    def test_all_is_well_until_nodes_are_missing(self):
        collector = self.start()
        fleet = self.start_groups(collector, {"web": 21, "db": 3})
        self.goto()
        self.browser.wait_text("#groups", "21 live", 40)
        self.browser.wait("/All is well/.test(document.querySelector('#view-problems').innerText) &&"
                          "document.querySelector('#fleet-problems').innerText === '0'", 40)
        self.assertLess(self.browser.run("document.querySelector('#view-problems').offsetHeight"), 40)
        self.browser.shot("all-is-well")
        collector.wait_not_visitor("web-1")
        fleet.silent = {f"web-{i}" for i in range(1, 15)}
        self.browser.wait("[...document.querySelectorAll('#problems li')]"
                          ".some((item) => /14 of 21 nodes are missing/.test(item.innerText))", 60)
        severity, text, lasts, since, link = next(item for item in self.problems() if "missing" in item[1])
        self.assertEqual((severity, link), ("warning", "#/group/web"))
        self.assertRegex(text, "^web: ")
        self.assertRegex(lasts.replace("\xa0", " "), r"^\d+ s$")
        self.assertRegex(since, r"^since \d+ \w+ \d+, \d\d:\d\d:\d\d \S+$")
        self.browser.wait("/nodes missing|data incomplete/.test(document.querySelector('#groups .status .warning')?.innerText)")
        self.browser.wait("Number(document.querySelector('#fleet-problems').innerText) >= 1")
        self.browser.shot("14-of-21-silent")
        self.browser.do("click", "#problems a[href='#/group/web']")
        self.browser.wait_text("#group-name", "web")
        self.assertEqual(self.shown("#view-problems"), [])
        self.browser.do("click", ".fleet a")
        self.browser.wait_text("#problems", "missing")
        fleet.silent = set()
        self.browser.wait_text("#view-problems", "All is well", 60)
        self.assert_no_errors()

    def test_a_hook_that_fails(self):
        hook = self.write("hook", "#!/bin/sh\ntest $1 = contract && exec echo 2\necho 'quota exceeded' >&2\nexit 3\n")
        os.chmod(hook, 0o755)
        collector = self.start("--mode", "full", "--on-scale", hook, "--max", "12")
        fleet = self.start_groups(collector, {"web": 3})
        fleet.set_load("web", 0.95)
        self.goto()
        self.browser.wait_text("#problems .critical", "the hook has failed", 60)
        self.browser.wait_text("#groups .status", "can't scale")
        self.assertEqual(self.browser.run("document.querySelector('#fleet-problems').className"), "critical")
        self.assertEqual(self.problems()[0][0], "critical", "the worst comes first")
        self.browser.shot("hook-failing")
        self.assert_no_errors()

    def test_after_a_start_known_nodes_are_awaited(self):
        collector = self.start()
        fleet = self.start_groups(collector, {"web": 6})
        collector.wait_not_visitor("web-1")
        port = collector.port()
        self.assert_stops(collector)
        fleet.silent = {"web-1", "web-2"}
        self.start(port=port)
        self.goto()
        self.browser.wait_text("#fleet-missing", "2", 60)
        self.browser.wait("/No problems so far; 2 known nodes may yet report|roll call/"
                          ".test(document.querySelector('#view-problems').innerText)")
        self.browser.wait("/awaits nodes|data incomplete/.test(document.querySelector('#groups .status').innerText)")
        self.assertEqual(self.shown("#problems-none"), [], "it is not known that all is well")
        self.browser.shot("roll-call")

    def test_a_group_at_its_max(self):
        collector = self.start("--max", "3")
        self.start_groups(collector, {"web": 3}).set_load("web", 0.95)
        self.goto()
        self.browser.wait("[...document.querySelectorAll('#problems li')].some((item) => /max/.test(item.innerText))", 60)
        self.browser.shot("at-max")

    def test_the_worst_eight_are_shown_at_first(self):
        self.start()
        self.goto()
        self.browser.wait_text("#view-groups", "No node has reported yet")
        self.assertEqual(self.shown("#view-problems"), [], "nothing is well yet")
        self.browser.do("hold")
        time.sleep(0.5)  # pending requests have completed
        take = """const problems = Array.from({ length: 11 }, (_, i) => ({ name: 'nodes-missing', group: `g-${i}`,
                severity: i < 2 ? 'critical' : i < 10 ? 'warning' : 'info', node: null, since_ms: Date.now() - 6e6,
                text: `g-${i}: <b>`, link: i === 3 ? 'javascript:alert(1)' : `#/group/g-${i}` }));
            document.querySelector('#view-problems').hidden = false;
            m.takeProblems({ now_ms: Date.now(), problems, more: 4 });"""
        self.module("problems", take)
        self.assertEqual(len(self.shown("#problems li")), 8)
        self.assertEqual(self.browser.text("#problems-title"), "10 problems · 1 info")
        self.assertIn("left out 4 problems", self.browser.text("#problems-more"))
        self.assertEqual(self.problems()[3][4], None, "only links to the page's own views")
        self.assertEqual(self.problems()[0][1], "g-0: <b>")
        self.browser.do("click", "#problems-all")
        self.assertEqual(len(self.shown("#problems li")), 11)
        self.assertEqual(self.browser.run("document.activeElement.getAttribute('href')"), "#/group/g-8")
        end = "m.takeProblems({ now_ms: Date.now(), problems: [], more: 0 });"
        self.browser.do("hover", [600, 400])
        self.module("problems", end)
        self.assertEqual(len(self.shown("#problems li")), 11, "what is below the pointer stays")
        self.assertEqual(self.browser.text("#fleet-problems"), "0")
        self.browser.do("hover", [5, 5])
        self.module("problems", end)
        self.assertEqual(self.shown("#problems li"), [])


class Overview(PageCase):
    """The table of groups."""

    def names(self):
        return self.browser.run("[...document.querySelectorAll('#groups-body .name a')].map((link) => link.innerText)")

    def wait_names(self, names):
        wait_until(lambda: self.names() == names, lambda: f"{names}, not {self.names()}")

    def start_three(self):
        self.collector = self.start()
        fleet = self.start_groups(self.collector, {"web": 4, "api": 2, "db": 3})
        for group, cpu in (("web", 0.3), ("api", 0.5), ("db", 0.7)):
            fleet.set_load(group, cpu)
        return fleet

    def test_groups_in_the_order_of_a_column(self):
        fleet = self.start_three()
        self.goto()
        self.wait_names(["api", "db", "web"])
        self.browser.wait_text("#groups .mode", "observe")
        self.browser.wait("document.querySelectorAll('.spark .line[d^=M]').length === 3", 40)
        self.browser.do("click", "#groups th[data-sort=cpu] button")
        self.wait_names(["db", "api", "web"])
        self.assertEqual(self.browser.run("location.hash"), "#/?sort=-cpu")
        self.assertEqual(self.browser.run("document.querySelector('th[data-sort=cpu]').ariaSort"), "descending")
        self.browser.do("click", "#groups th[data-sort=cpu] button")
        self.wait_names(["web", "api", "db"])
        self.browser.do("click", "#groups a[href='#/group/api']")
        self.browser.wait_text("#group-name", "api")
        self.browser.do("click", "#view-group .to-groups")
        self.wait_names(["web", "api", "db"])
        self.assertEqual(self.browser.run("location.hash"), "#/?sort=cpu")
        self.goto("#/?sort=-nodes&filter=W")
        self.wait_names(["web"])
        self.assertEqual(self.browser.text("#groups-count"), "1 of 3 groups")
        fleet.set_load("web", 0.4)
        self.browser.run("""(() => { const box = document.querySelector('#groups-filter'); box.value = ' b  D';
            box.dispatchEvent(new Event('input')); })()""")
        self.wait_names(["db"])
        self.assertEqual(self.browser.run("location.hash"), "#/?filter=b++D&sort=-nodes")
        self.goto("#/?filter=nothing")
        self.browser.wait_text("#groups-none", "No group is like that.")
        self.goto("#/?sort=constructor&show=__proto__&filter=")
        self.wait_names(["api", "db", "web"])
        self.assert_no_errors()

    def test_what_is_below_the_pointer_stays(self):
        fleet = self.start_three()
        self.goto("#/?sort=-cpu")
        self.wait_names(["db", "api", "web"])
        x, y = self.browser.run("""(() => { const b = document.querySelector('#groups-body .why-cell').getBoundingClientRect();
            return [b.left + 5, b.top + 5]; })()""")
        self.browser.do("hover", [x, y])
        fleet.set_load("web", 0.9)
        for i in range(8):  # while web's cpu rises above the others'
            time.sleep(0.5)
            self.browser.do("hover", [x + i, y])
            self.assertEqual(self.names(), ["db", "api", "web"])
        self.browser.wait("parseFloat(document.querySelector('#groups-body tr:last-child .cpu b').innerText) > 75")
        self.assertEqual(self.names(), ["db", "api", "web"])
        self.browser.do("hover", [5, 5])
        self.wait_names(["web", "db", "api"])
        heights = """[...document.querySelectorAll('#groups-body tr')].map((row) => row.offsetHeight)"""
        before = self.browser.run(heights)
        self.module("groups", """const why = 'a sentence that is long enough for several lines '.repeat(5);
            for (const span of document.querySelectorAll('.why-cell span')) span.textContent = why;
            for (const span of document.querySelectorAll('.status span')) span.className = 'severity critical';""")
        self.assertEqual(self.browser.run(heights), before)

    def test_a_pointer_that_rests_holds_nothing(self):
        self.start_three()
        self.goto()
        self.wait_names(["api", "db", "web"])
        self.browser.do("hover", [300, 300])
        held = "return m.isHeld(document.body);"
        self.assertTrue(self.module("hold", held))
        wait_until(lambda: not self.module("hold", held), "the pointer to count as resting")

    def test_the_page_pauses(self):
        fleet = self.start_three()
        self.goto()
        self.browser.wait_text("#fleet-live", "9")
        self.collector.wait_not_visitor("web-1")
        self.browser.do("press", "p")
        self.browser.wait_text("#link", "paused")
        self.browser.wait(r"/^Paused: the page shows the state of \d+ \w+ \d+, \d\d:\d\d/"
                          ".test(document.querySelector('#banner').innerText)")
        self.assertEqual(self.browser.run("document.querySelector('#pause').ariaPressed"), "true")
        fleet.silent = {"web-1", "web-2"}
        clock = self.browser.text("#clock")
        time.sleep(4)
        self.assertEqual((self.browser.text("#clock"), self.browser.text("#fleet-live")), (clock, "9"))
        self.browser.shot("paused")
        self.browser.do("click", "#pause")
        self.browser.wait_text("#fleet-missing", "2", 40)
        self.assertTrue(self.browser.run("document.querySelector('#banner').hidden"))

    def test_two_hundred_groups(self):
        self.start_groups(self.start("--tick", "2s"), {f"service-{i}": 1 for i in range(200)})
        self.goto()
        self.browser.wait_text("#groups-count", "200 groups", 60)
        self.browser.wait("document.querySelectorAll('#groups-body tr').length === 30")
        self.browser.shot("200-groups")
        self.browser.do("click", "#groups-all")
        self.browser.wait("document.querySelectorAll('#groups-body tr').length === 200")
        self.assertEqual(self.browser.run("location.hash"), "#/?rows=all")
        self.goto("#/?filter=service-19")
        self.wait_names(["service-19"] + [f"service-{i}" for i in range(190, 200)])
        self.browser.shot("200-groups-filtered")
        for name, (width, height) in SCREENS.items():
            self.browser.view(width, height, dark=name == "phone")
            self.assert_fits()
            self.browser.shot(f"200-groups-{name}")
        self.assert_no_errors()

    def test_no_value_is_unlike_0_percent(self):
        fleet = self.start_three()
        fleet.set_load("web", -1.0)  # 0 %
        for node in fleet.group("db"):
            node.unread = True
        self.goto()
        self.browser.wait_text("#groups", "0.0")
        self.browser.wait("document.querySelectorAll('#groups .cpu .meter.none').length === 1", 40)
        self.browser.wait("document.querySelector('#groups .cpu .meter.none b').innerText === '–'")
        cell = """const { layout } = m.grid, i = layout.nodes.findIndex((node) => node.id === '%s');
            const c = document.querySelector('#grid'), ratio = devicePixelRatio;
            const d = c.getContext('2d').getImageData(Math.round(layout.x[i] * ratio) + 4,
              Math.round((layout.y[i] + layout.tall - 4) * ratio), 40, 3).data;
            return new Set(new Uint32Array(d.buffer)).size;"""
        wait_until(lambda: self.module("grid", cell % "db-1") > 1, "hatching")
        self.assertEqual(self.module("grid", cell % "web-1"), 1, "a plain surface")
        self.browser.shot("no-value")


class Screens(PageCase):
    """Light and dark, from a phone to a screen on the wall."""

    def background(self):
        return self.browser.run("getComputedStyle(document.body).backgroundColor")

    def test_the_theme_is_that_of_the_system_or_as_chosen(self):
        self.open_group()
        light = self.background()
        line = self.module("base", "return m.colours.demand")
        self.browser.view(1280, 800, dark=True)
        self.browser.wait(f"getComputedStyle(document.body).backgroundColor !== '{light}'")
        dark = self.background()
        self.assertNotEqual(self.module("base", "return m.colours.demand"), line)
        wait_until(lambda: self.pixels("demand") > 50, "the chart in the colours of the theme")
        choose = "(() => { const s = document.querySelector('#theme'); s.value = '%s'; s.dispatchEvent(new Event('change')); })()"
        self.browser.run(choose % "light")
        self.assertEqual(self.background(), light)
        self.browser.open("about:blank")
        self.goto()
        self.assertEqual(self.browser.run("document.querySelector('#theme').value"), "light")
        self.assertEqual(self.background(), light)
        self.browser.run(choose % "auto")
        self.assertEqual(self.background(), dark)
        self.assert_no_errors()

    def test_a_screen_on_the_wall_is_used(self):
        fleet = self.start_groups(self.start(), {"web": 21, "api": 6, "db": 3})
        fleet.silent = {"web-3"}
        self.browser.view(3840, 2160)
        self.goto()
        self.browser.wait_text("#grid-title", "nodes")
        self.browser.wait_text("#groups", "web")
        left, right, size = self.browser.run("""[document.querySelector('#groups').getBoundingClientRect().left,
            document.querySelector('#view-nodes').getBoundingClientRect().right,
            parseFloat(getComputedStyle(document.querySelector('.why-cell')).fontSize)]""")
        self.assertLess(left, 60)
        self.assertGreater(right, 3780)
        self.assertGreater(size, 20)
        self.assertEqual(self.browser.run("document.querySelector('#view-nodes').getBoundingClientRect().top <"
                                          "document.querySelector('#groups').getBoundingClientRect().bottom"), True)
        self.browser.wait("import('/grid.js').then((m) => m.grid.layout.tiles && m.grid.layout.zoom > 1.5)")

    def test_the_reason_is_readable_on_a_tablet(self):
        self.start_groups(self.start(), {"web": 4, "api": 2})
        self.browser.view(820, 1180)
        self.goto()
        self.browser.wait_text("#groups .why-cell", "cpu")
        self.assertGreater(self.browser.run("document.querySelector('.why-cell span').clientWidth"), 700)
        self.assertEqual(self.browser.run("[...document.querySelectorAll('.why-cell span')]"
                                          ".filter((span) => span.scrollHeight > span.clientHeight + 1).length"), 0)

    def assert_accessible(self, where):
        self.assertEqual(self.browser.do("axe"), [], where)

    def test_no_barriers(self):
        """axe-core finds nothing, contrast included, in any view, theme or width."""
        collector = self.start("--max", "6")
        fleet = self.start_groups(collector, {"web": 6, "db": 3, **{f"service-{i}": 1 for i in range(8)}})
        fleet.set_load("web", 0.95)
        self.goto()
        self.browser.wait_text("#groups", "web")
        collector.wait_not_visitor("db-1")
        fleet.silent = {"db-1"}
        self.browser.wait_text("#groups", "1 missing", 60)
        self.browser.wait("document.querySelectorAll('#problems li').length > 0", 60)
        views = {"overview": ("#/", "!document.querySelector('#view-groups').hidden"),
                 "group": ("#/group/web", "document.querySelector('#group-chart canvas') !== null"),
                 "node": ("#/node/web-1", "document.querySelectorAll('#node-metrics canvas').length > 0")}
        for name, (path, ready) in views.items():
            self.goto(path)
            self.browser.wait(f"{ready} && !document.body.classList.contains('waiting')")
            for screen in ("phone", "tablet", "4k"):
                for dark in (False, True):
                    self.browser.view(*SCREENS[screen], dark=dark)
                    self.assert_fits()
                    where = f"{name}-{screen}-{'dark' if dark else 'light'}"
                    self.browser.shot(where)
                    self.assert_accessible(where)
        self.assert_stops(collector)
        self.browser.wait_text("#banner", "can't be reached")
        self.assert_accessible("unreachable")


if __name__ == "__main__":
    headroom_test.main()
