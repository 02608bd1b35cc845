"""The page shows days from the files of the data directory, in a real browser."""

import datetime
import os
import sys
import time
import unittest

import headroom_test
import past_week
from engines import VICTORIA, Victoria, request
from headroom_test import METRICS_COLUMNS, wait_until
from page_case import PageCase

BRIDGE = os.environ.get("HEADROOM_BRIDGE", os.path.join(headroom_test.BUILD, "bridge", "headroom-bridge"))
DRAWN_S_MAX = {"files": 5, "engine": 2}  # a week of a group of 1,000 nodes
GROUPS = ["web"] + [f"other-{i}" for i in range(19)]


class PageHistory(PageCase):
    def start_with_a_week(self, groups=("web",)):
        self.assert_stops(self.start("--tick", "1h"))  # it writes the header of decisions.csv
        data = self.path("data")
        self.end = past_week.now()
        self.scaled_at = self.end - 4 * 86400 + 130
        past_week.write_decisions(data, past_week.header_of(os.path.join(data, "decisions.csv")), self.end, groups=groups,
                                  scaled_at=self.scaled_at)
        past_week.write_metrics(data, METRICS_COLUMNS, self.end, ("web-1", "web-2"))
        return self.start("--tick", "1h")

    def wait_drawn(self, chart="#group-chart", seconds=20):
        self.browser.wait(f"document.querySelector('{chart} canvas') !== null", seconds)

    def wait_past(self):
        """The page has taken the time of its address, and the answer about that time."""
        self.browser.wait("""Promise.all(['history', 'range'].map((name) => import(`/${name}.js`))).then(([past, time]) => {
            const asked = new URLSearchParams(location.hash.split('?')[1]), { last, from, to } = time.range;
            return String(last ?? '') === (asked.get('last') ?? '') && String(from ?? '') === (asked.get('from') ?? '') &&
              String(to ?? '') === (asked.get('to') ?? '') && past.days.answer !== null && past.days.asking === null; })""")

    def draw_week(self, source):
        """Opens the group, chooses a week, and asserts that it is drawn in time."""
        self.goto("#/group/web")
        self.browser.wait("!document.body.classList.contains('waiting')")
        begun = time.monotonic()
        self.browser.run("[...document.querySelectorAll('#chart-window button')].find((b) => b.innerText === '7 d').click()")
        self.wait_past()
        self.wait_drawn()
        wait_until(lambda: self.pixels("demand") > 500, "the line of demand")
        self.assert_drawn_in_time(begun, source)

    def assert_drawn_in_time(self, begun, source):
        seconds = time.monotonic() - begun
        print(f"drew a week from the {source} in {seconds:.2f} s", file=sys.stderr)
        self.assertEqual(self.module("history", "return m.days.answer.source;"), source)
        self.assertLess(seconds, DRAWN_S_MAX[source])

    def pixels_below(self, begin, end):
        """The number of pixels of a scale-up's colour in the strip at the bottom of the chart where marks are, between two
        shares of its width."""
        return self.module("base", """const c = document.querySelector('#group-chart canvas');
            const [over, box] = [document.querySelector('#group-chart .u-over'), c].map((e) => e.getBoundingClientRect());
            const scale = c.width / box.width, x = (share) => Math.round(scale * (over.left - box.left + share * over.width));
            const d = c.getContext('2d').getImageData(x(%f), Math.round(scale * (over.bottom - box.top - 9)),
              x(%f) - x(%f), Math.round(scale * 6)).data; let n = 0;
            const [r, g, b] = [1, 3, 5].map((i) => parseInt(m.colours.accent.slice(i, i + 2), 16));
            for (let i = 0; i < d.length; i += 4)
              n += d[i + 3] > 200 && Math.abs(d[i] - r) + Math.abs(d[i + 1] - g) + Math.abs(d[i + 2] - b) < 40;
            return n;""" % (begin, end, begin))

    def span(self):
        return self.module("range", "return m.span();")

    def test_a_week_of_a_group(self):
        self.start_with_a_week(GROUPS)
        self.draw_week("files")
        self.assertEqual(self.browser.run("location.hash"), "#/group/web?last=604800")
        self.assertEqual(self.browser.run("document.querySelector('#chart-window [aria-pressed=true]').innerText"), "7 d")
        self.assertGreater(self.pixels("capacity"), 300)
        self.assert_forecasts_are_shown()
        marked = 1 - 4 / 7  # of the chart's width
        self.assertGreater(self.pixels_below(marked - 0.02, marked + 0.02), 10, "no mark of the order")
        self.assertEqual(self.pixels_below(marked + 0.05, marked + 0.1), 0)
        self.assertEqual(self.shown("#decisions-title"), ["Decisions to add or remove nodes"])
        self.assertEqual(len(self.shown("#decisions li")), 1)
        self.assertIn("cpu 72% now", self.browser.text("#decisions"))
        self.assertEqual(self.browser.text("#chart-note"), "")
        self.assertRegex(self.browser.text("#chart-when"), r"^\w+,? \d+ \w+ \d{4}, \d\d:\d\d to .*(UTC|GMT|/)")
        self.browser.shot("week-light")
        self.browser.view(1280, 800, dark=True)
        self.browser.shot("week-dark")
        self.browser.view(390, 844)
        self.assert_fits()
        self.browser.shot("week-phone")
        self.assert_no_errors()

    def test_bands_of_the_past(self):
        self.start_with_a_week()
        begin = round(self.scaled_at) - 3600
        self.goto(f"#/group/web?from={1000 * begin}&to={1000 * begin + 7200000}")
        self.wait_past()
        self.wait_drawn()
        label = "document.querySelector('#group-chart').getAttribute('aria-label')"
        self.browser.wait(f"{label}.includes('pinned to 9')")
        self.browser.wait(f"{label}.includes('3 nodes silent')")
        self.browser.shot("past-bands")
        self.goto("#/group/web?last=604800")
        self.wait_past()
        self.browser.wait(f"{label}.includes('nodes missing')")
        self.assert_no_errors()

    def assert_forecasts_are_shown(self):
        self.assertEqual(len(self.shown("#legend-expected")), 1)
        rows = [line.split(",") for line in self.browser.do("download", "#chart-csv").splitlines()[1:]]
        expected = [[float(text) for text in row[7:10]] for row in rows if row[7] != ""]
        self.assertGreater(len(expected), 900)
        self.assertTrue(all(low <= value <= high for value, low, high in expected), expected[:3])

    @unittest.skipIf(VICTORIA is None, "there is no victoria-metrics")
    def test_a_week_from_an_engine(self):
        engine = Victoria(self)
        engine.start()
        request(f"{engine.url}/api/v1/import/prometheus", "\n".join(past_week.engine_lines(past_week.now())).encode())
        request(f"{engine.url}/internal/force_flush")
        collector = self.start("--history-url", engine.url,
                               variables={"PATH": f"{os.path.dirname(BRIDGE)}:{os.environ['PATH']}"})
        self.start_agent("web-1", [collector], "--group", "web")
        collector.wait_samples("web-1", 1)
        self.draw_week("engine")
        self.browser.shot("week-engine")

    def test_dragging_zooms_and_the_link_is_the_time(self):
        self.start_with_a_week()
        self.goto("#/group/web?last=604800")
        self.wait_past()
        self.wait_drawn()
        self.browser.run("document.querySelector('#group-chart').scrollIntoView({ block: 'center' })")
        left, top, width, height = self.browser.run("""(() => {
            const b = document.querySelector('#group-chart .u-over').getBoundingClientRect();
            return [b.left, b.top, b.width, b.height]; })()""")
        begin, end = self.span()
        at = left + width * (self.scaled_at * 1000 - begin) / (end - begin)
        self.browser.do("drag", [[at - 12, top + height / 2], [at + 12, top + height / 2]])
        self.browser.wait("/from=\\d+&to=\\d+$/.test(location.hash)")
        self.wait_past()
        zoomed = self.span()
        self.assertLess(zoomed[0], self.scaled_at * 1000)
        self.assertGreater(zoomed[1], self.scaled_at * 1000)
        self.assertLess(zoomed[1] - zoomed[0], (end - begin) / 10)
        self.browser.wait_text("#decisions", "cpu 72% now")
        self.assertEqual(self.browser.text("#group-verdict"), "no decision since start")  # but there were before
        self.browser.shot("zoomed")
        link = self.browser.run("location.hash")
        self.browser.do("fresh")
        self.goto(link)
        self.wait_past()
        self.assertEqual(self.span(), zoomed)
        self.browser.wait_text("#decisions", "cpu 72% now")
        saved = self.browser.do("download", "#chart-csv").splitlines()
        self.assertEqual(saved[0], "time,demand,capacity,high,demand_min,demand_max,assumed,forecast,"
                                   "forecast_low,forecast_high")
        times = [datetime.datetime.fromisoformat(line.split(",")[0].replace("Z", "+00:00")) for line in saved[1:]]
        self.assertEqual(times, sorted(times))
        self.assertLess(abs(times[0].timestamp() * 1000 - zoomed[0]), 3600000)
        self.assertTrue(all(line.split(",")[2] == "80" for line in saved[1:]), saved[:5])
        self.assert_no_errors()

    def test_a_time_that_is_typed(self):
        self.start_with_a_week()
        self.goto("#/group/web")
        self.browser.wait("!document.body.classList.contains('waiting')")
        begin = datetime.datetime.fromtimestamp(self.scaled_at - 600).replace(microsecond=0, second=0)
        end = begin + datetime.timedelta(minutes=30)
        self.browser.run("[...document.querySelectorAll('#chart-window button')].pop().click()")
        self.assertEqual(self.browser.run("document.querySelectorAll('#view-group .custom:not([hidden]) input').length"), 2)
        self.browser.shot("custom")
        fill = "[...document.querySelectorAll('#view-group .custom input')].forEach((input, i) => {" \
               "input.value = %s[i]; input.dispatchEvent(new Event('input')); })"
        self.browser.run(fill % [end.isoformat(), begin.isoformat()])
        self.browser.do("click", "#view-group .custom button")
        self.assertNotIn("from=", self.browser.run("location.hash"))
        self.browser.run(fill % [begin.isoformat(), end.isoformat()])
        self.browser.do("click", "#view-group .custom button")
        self.browser.wait("/from=/.test(location.hash)")
        self.wait_past()
        self.assertEqual(self.span(), [begin.timestamp() * 1000, end.timestamp() * 1000])
        self.browser.wait_text("#decisions", "cpu 72% now")
        self.assertEqual(self.shown("#decisions-title"), ["Decisions"])
        self.browser.run("document.querySelector('#chart-window button').click()")
        self.browser.wait("location.hash === '#/group/web'")
        self.browser.wait("!document.querySelector('#view-group').classList.contains('past')")
        self.goto("#/group/web?from=2001-01-01T00:00Z&to=2001-01-02T00:00Z")
        self.browser.wait_text("#group-chart", "The files have no values of this time")
        self.browser.shot("nothing-then")

    def test_days_of_a_node(self):
        collector = self.start_with_a_week()
        self.start_agent("web-1", [collector], "--group", "web")
        collector.wait_samples("web-1", 3)
        self.goto("#/node/web-1?last=604800")
        self.wait_past()
        self.browser.wait("document.querySelectorAll('#node-metrics canvas').length >= 3")
        wait_until(lambda: self.pixels("demand", chart="#node-metrics") > 200, "the line of the first metric")
        self.assertEqual(self.browser.text("#node-note"), "")
        self.browser.shot("node-week")
        saved = self.browser.do("download", "#node-csv").splitlines()
        self.assertIn("cpu_percent,cpu_percent_min,cpu_percent_max", saved[0])
        self.assertGreater(len(saved), 900)
        self.browser.run("document.querySelector('#node-window button').click()")
        self.browser.wait("location.hash === '#/node/web-1'")
        self.browser.wait("import('/node.js').then((m) => m.past.times.length > 2)")
        self.browser.wait("document.querySelectorAll('#node-metrics canvas').length >= 2")
        self.browser.view(390, 844)
        self.assert_fits()
        self.browser.shot("node-range-phone")
        self.assert_no_errors()

    def test_the_time_is_kept_from_a_group_to_a_node_and_back(self):
        self.start_with_a_week()
        self.goto("#/group/web?last=604800")
        self.browser.wait_text("#grid-title", "2 nodes")
        self.browser.run("document.querySelector('#grid').focus()")
        self.browser.do("press", "Home")
        self.browser.wait_text("#grid-tip", "web-1")
        self.browser.do("press", "Enter")
        self.browser.wait("location.hash === '#/node/web-1?last=604800'")
        self.browser.wait("document.querySelector('#node-window [aria-pressed=true]')?.innerText === '7 d'")
        crumb = "document.querySelector('#node-group').getAttribute('href')"
        self.browser.wait(f"{crumb} === '#/group/web?last=604800'")
        self.browser.run("[...document.querySelectorAll('#node-window button')].find((b) => b.innerText === '24 h').click()")
        self.browser.wait(f"{crumb} === '#/group/web?last=86400'")
        self.browser.do("press", "Escape")
        self.browser.wait("location.hash === '#/group/web?last=86400'")
        self.browser.do("press", "Escape")
        self.browser.wait("location.hash === '#/'")
        self.browser.do("click", "#groups a[href='#/group/web']")
        self.browser.wait("location.hash === '#/group/web'")
        self.assert_no_errors()

    def test_decisions_are_still_there_after_a_restart(self):
        collector = self.start()
        fleet, _ = self.start_fleet([f"web-{i}" for i in range(3)], collector, 0.95, "--group", "web")
        collector.wait_said("web", "scale up")
        self.assert_stops(collector)
        self.start("--tick", "1h")
        self.goto("#/group/web")
        self.browser.wait_text("#decisions", "scale up")
        self.browser.shot("after-restart")


if __name__ == "__main__":
    headroom_test.main()
