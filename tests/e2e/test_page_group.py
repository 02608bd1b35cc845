"""What the views of a group and of a node show of the past and of what is assumed, in a real browser."""

import json
import time

import headroom_test
from headroom_test import wait_until
from http_client import get
from page_case import PageCase
from shown_fleet import ShownFleet

TICK_S = 0.5


class PageGroup(PageCase):
    COLLECTOR_FLAGS = ("--flush", "100ms", "--ack-interval", "1s", "--tick", "500ms", "--lead-time", "3s",
                       "--stabilization", "20s", "--http", "127.0.0.1:0")

    def start_shown(self, count, *flags, group="web", **metrics):
        collector = self.start(*flags)
        fleet = ShownFleet(collector.port())
        self.addCleanup(fleet.end)
        for i in range(count):
            fleet.add(f"{group}-{i}", group, **metrics)
        fleet.start()
        wait_until(lambda: self.group(group).get("nodes", {}).get("live") == count, lambda: f"{count} live nodes")
        return collector, fleet

    def group(self, name="web"):
        return get(self.http_port, f"/api/v1/groups/{name}").json()

    def rows(self, name="web"):
        answer = get(self.http_port, f"/api/v1/groups/{name}/series").json()
        return [dict(zip(answer["columns"], row)) for row in answer["rows"]]

    def pictures(self, name, more=()):
        """In both themes and on a phone; `more`: tablet, 4k. In both themes axe-core finds nothing, contrast
        included."""
        sizes = {"light": (1280, 800, False), "dark": (1280, 800, True), "phone": (390, 844, True),
                 "tablet": (820, 1180, False), "4k": (3840, 2160, False)}
        for suffix in ("light", "dark", "phone", *more):
            width, height, dark = sizes[suffix]
            self.browser.view(width, height, dark=dark)
            self.assert_fits()
            self.browser.run("scrollTo(0, 0)")
            if suffix in ("light", "dark"):
                self.assertEqual(self.browser.do("axe"), [], suffix)
            self.browser.shot(f"{name}-{suffix}")
        self.browser.view(1280, 800)

    def tip_at(self, share, chart="#group-chart"):
        """What the tip says at a share of the chart's width."""
        self.browser.run(f"document.querySelector('{chart}').scrollIntoView({{ block: 'center' }})")
        self.browser.do("hover", self.browser.run(f"""(() => {{
            const b = document.querySelector('{chart} .u-over').getBoundingClientRect();
            return [b.left + {share} * b.width, b.top + b.height / 2]; }})()"""))
        return self.browser.run(f"""new Promise((done) => setTimeout(() =>
            done(document.querySelector('{chart} .chart-tip').innerText.replaceAll('\\u00a0', ' ')), 50))""")

    def wait_tip(self, where, text):
        """where(): a share of the chart's width. The pointer leaves the chart in between: what is below it stays as it
        is."""
        def found():
            self.browser.do("hover", [3, 3])
            self.browser.wait("!document.querySelector('#group-chart').matches(':hover')")
            self.module("group", "m.drawGroup();")
            self.tip = self.tip_at(where())
            return text in self.tip
        wait_until(found, lambda: f"{text!r} in {self.tip!r}")

    def now_share(self):
        """Just before the newest values, as a share of the chart's width."""
        return self.browser.run("""Promise.all(['chart', 'series'].map((name) => import(`/${name}.js`))).then(
            ([chart, { series }]) => chart.shareOf(series.newest) - 0.01)""")


class Forecasts(PageGroup):
    def test_a_past_forecast_is_where_it_was_for(self):
        _, fleet = self.start_shown(4)
        fleet.set(cpu_percent=30)
        self.goto("#/group/web")
        self.browser.wait("!document.querySelector('#legend-expected').hidden")
        wait_until(lambda: sum(row["horizon_ms"] is not None for row in self.rows()) > 30, "forecasts")
        fleet.set(cpu_percent=60)
        self.browser.wait_text("#chart-quality", "within the interval of their forecast")
        self.browser.wait_text("#chart-quality", "mean fleets")
        self.wait_tip(lambda: 0.5, "had been forecast as")
        saved = [line.split(",") for line in self.browser.do("download", "#chart-csv").splitlines()]
        self.assertEqual(saved[0][6:], ["assumed", "forecast", "forecast_low", "forecast_high"])
        self.assert_moved_by_the_horizon(saved[1:])
        self.pictures("group-fine", ("tablet", "4k"))
        self.assert_no_errors()

    def assert_moved_by_the_horizon(self, saved):
        """What the chart has at a time was forecast a horizon before it."""
        rows = self.rows()
        made = {row["time_ms"]: row for row in rows if row["forecast"] is not None}
        found = 0
        for line in saved:
            at_ms = round(1000 * headroom_time(line[0]))
            earlier = [row for time_ms, row in made.items() if time_ms + row["horizon_ms"] <= at_ms]
            if line[7] == "" or not earlier:
                continue
            self.assertIn(f"{earlier[-1]['forecast']:g}", (f"{float(line[7]):g}",))
            self.assertEqual(f"{earlier[-1]['forecast_low']:g}", f"{float(line[8]):g}")
            found += 1
        self.assertGreater(found, 10)


def headroom_time(text):
    return time.mktime(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone + float("0" + text[19:-1])


class Rules(PageGroup):
    """What the modules of the page make of values that a test gives them."""

    def setUp(self):
        super().setUp()
        self.start()
        self.goto()

    def test_which_forecast_was_for_a_time(self):
        made = self.module("forecasts", """const row = (time_ms, horizon_ms, forecast) => ({ time_ms, horizon_ms, forecast });
            const rows = [row(0, 100, 1), row(10, 100, 2), row(20, 0), row(30, 100, 3), row(200, 100, 4)];
            return m.rowsExpecting([99, 100, 109, 115, 130, 150, 151, 300], rows, 20).map((found) => found?.forecast ?? null);""")
        self.assertEqual(made, [None, 1, 1, 2, 3, 3, None, 4])

    def test_what_became_of_forecasts_in_words(self):
        forecast = {"within_ms": 135000, "forecaster": "regression", "scored": 212, "coverage": 0.91, "confidence": 0.9,
                    "promised_price": 1.02, "paid_price": 1.05}

        def words(**changes):
            return self.module("forecasts", f"return m.qualityText({json.dumps({**forecast, **changes})});") \
                .replace("\xa0", " ")
        self.assertEqual(words(), "Forecasts are for 2 min ahead (forecaster: regression). 91 % of past outcomes were within "
                         "the interval of their forecast, which should hold 90 %. Sized for them, nodes and time above high "
                         "together cost 1.05 mean fleets; 1.02 were promised.")
        self.assertIn("None of them has been scored so far.", words(coverage=None))
        self.assertIn("Only 3 outcomes known so far.", words(scored=3))
        self.assertIn("should hold 90 %: the forecasts promise too much.", words(coverage=0.6))
        self.assertIn("cost 2.50 mean fleets: more than twice the 1.02 that were promised.", words(paid_price=2.5))

    def test_bands(self):
        bands = self.module("bands", """const row = (time_ms, more) => ({ time_ms, silent: 0, pin: null, pause: null, ...more });
            const rows = [row(0, { roll_call: true, silent: 4 }), row(10, { roll_call: true }), row(20, { pin: 7 }),
              row(30, { pin: 7 }), row(40, { pin: 8, silent: 1 }), row(100, { pause: 'pause-scale-in', pin: 9 })];
            const overrides = [{ kind: 'pin', nodes: 9, set_ms: 95, until_ms: 500 }];
            const schedules = [{ name: 'day', from_ms: 5, to_ms: 900, min: 4, max: null },
              { name: 'night', from_ms: 900, to_ms: 950, min: null, max: 2 }];
            const all = m.bandsOf({ rows, overrides, schedules, nowMs: 110, gapMs: 30 });
            return m.placeBands(all, 0, 600).map(({ text, from, to, lane }) => [text, from, to, lane]);""")
        self.assertEqual(bands, [["roll call", 0, 20, 0], ["1 node silent", 40, 70, 0], ["pinned to 7", 20, 40, 0],
                                 ["pinned to 8", 40, 70, 1], ["scale-in paused", 100, 110, 0], ["pinned to 9", 95, 500, 1],
                                 ["day: at least 4 nodes", 5, 900, 2]])


class Silence(PageGroup):
    def test_silent_nodes_are_assumed_to_be_busy(self):
        _, fleet = self.start_shown(21, cpu_percent=50)
        self.goto("#/group/web")
        wait_until(lambda: len(self.rows()) > 20, "ticks")
        fleet.silent.update(f"web-{i}" for i in range(14))
        wait_until(lambda: sum(row["silent"] == 14 for row in self.rows()) > 6, lambda: "silent nodes")
        last = self.rows()[-1]
        self.assertAlmostEqual(last["demand"], 3.5, delta=0.3)
        self.assertAlmostEqual(last["assumed"], 10.5, delta=0.5)
        self.browser.wait("!document.querySelector('#legend-assumed').hidden")
        wait_until(lambda: self.pixels("missing") > 100, "the line of what is assumed")
        self.wait_tip(self.now_share, "assumed")
        self.assertIn("14 nodes silent", self.tip)
        self.pictures("group-silent")
        self.assert_no_errors()

    def test_a_roll_call(self):
        collector, fleet = self.start_shown(3, cpu_percent=30)
        collector.wait_said("web", "hold")
        wait_until(lambda: len(self.rows()) > 10, "ticks")
        self.assert_stops(collector)
        fleet.silent.update(("web-1", "web-2"))
        collector = self.start("--http", f"127.0.0.1:{self.http_port}")
        fleet.move(collector.port())
        self.goto("#/group/web")
        self.browser.wait_text("#group-roll-call", "1 of 3 known nodes have reported")
        wait_until(lambda: sum(row["roll_call"] is True for row in self.rows()) > 3, "ticks of the roll call")
        self.wait_tip(self.now_share, "roll call")
        self.pictures("group-roll-call")
        self.assert_no_errors()


class ByHand(PageGroup):
    def test_pins_pauses_and_schedules_are_bands(self):
        config = self.write("headroom.conf", "[group web]\nmin = 1\nmax = 40\n[schedule business-hours]\ngroup = web\n"
                            "zone = UTC\nmin = 2\nmax = 30\n")
        self.start_shown(3, "--config", config, cpu_percent=30)
        self.headroom("pin", "web=7", "--for", "2h", "--reason", "sale")
        wait_until(lambda: sum(row["pin"] == 7 for row in self.rows()) > 20, "ticks with the pin")
        self.headroom("resume", "web")
        wait_until(lambda: self.rows()[-1]["pin"] is None, "the end of the pin")
        self.headroom("pause", "web", "--scale-in", "--for", "1h", "--reason", "release")
        wait_until(lambda: sum(row["pause"] == "pause-scale-in" for row in self.rows()) > 10, "ticks with the pause")
        self.goto("#/group/web")
        self.browser.wait("document.querySelector('#group-chart canvas') !== null")
        pinned = [row["time_ms"] for row in self.rows() if row["pin"] == 7]
        self.wait_tip(lambda: self.module("chart", f"return m.shareOf({pinned[len(pinned) // 2]});"), "pinned to 7")
        self.assertIn("business-hours: 2 to 30 nodes", self.tip)
        self.assertNotIn("scale-in paused", self.tip)
        self.wait_tip(self.now_share, "scale-in paused")
        self.assertNotIn("pinned", self.tip)
        self.pictures("group-by-hand", ("tablet",))
        self.assert_no_errors()

    def test_a_group_at_its_maximum(self):
        config = self.write("headroom.conf", "[group web]\nmin = 1\nmax = 3\n")
        _, fleet = self.start_shown(3, "--config", config, cpu_percent=30)
        self.goto("#/group/web")
        wait_until(lambda: len(self.rows()) > 20, "ticks")
        fleet.set(cpu_percent=97)
        self.browser.wait("[...document.querySelectorAll('#group-facts div')].some((fact) => "
                          "fact.innerText.startsWith('node limits') && fact.lastChild.className === 'alarm')")
        self.pictures("group-at-max")
        self.assert_no_errors()


class Deciding(PageGroup):
    def test_the_resource_that_decides_is_shown(self):
        _, fleet = self.start_shown(4, cpu_percent=20, memory_percent=88)
        wait_until(lambda: self.group().get("resource") == "memory", lambda: self.group().get("why"))
        self.goto("#/group/web")
        self.browser.wait_text("#chart-title", "Memory: share in use")
        self.assertTrue(self.browser.run("document.querySelector('#chart-decides').hidden"))
        wait_until(lambda: self.pixels("demand") > 100, "the line of memory")
        wait_until(lambda: len(self.rows()) > 30, "ticks")
        self.pictures("group-memory")
        fleet.set(cpu_percent=95, memory_percent=20)
        self.browser.wait_text("#chart-decides", "CPU decides now: show it", 40)
        self.assertEqual(self.browser.text("#chart-title"), "Memory: share in use")
        self.browser.shot("group-decides")
        self.browser.do("click", "#chart-decides")
        self.browser.wait_text("#chart-title", "CPU: demand and capacity, in cores")
        self.browser.wait("document.querySelector('#chart-decides').hidden")
        self.assert_no_errors()


class Nodes(PageGroup):
    def test_a_gap_is_a_gap_and_the_chart_ends_now(self):
        _, fleet = self.start_shown(1, cpu_percent=30, memory_percent=40)
        past = [(ago_s, {}) for ago_s in [*range(300, 200, -1), *range(120, 0, -1)]]
        fleet.add("web-late", "web", past, cpu_percent=50, memory_percent=40)
        self.goto("#/node/web-late")
        self.browser.wait("import('/node.js').then((m) => m.past.times.length > 230)")
        wait_until(lambda: self.pixels("demand", 0.2, 0.4, "#node-metrics") > 20, "the line before the gap")
        left, right = self.browser.run("""import('/node.js').then((m) => [-190, -130].map((s) => m.shareOf(Date.now() + 1000 * s)))""")
        box = self.browser.run("""(() => { const [c, over] = ['canvas', '.u-over'].map((name) =>
            document.querySelector('#node-metrics ' + name).getBoundingClientRect());
            return [(over.left - c.left) / c.width, over.width / c.width]; })()""")
        self.assertEqual(self.pixels("demand", box[0] + left * box[1], box[0] + right * box[1], "#node-metrics"), 0)
        self.pictures("node-gap")
        fleet.silent.add("web-late")
        self.browser.wait_text("#node-state", "silent for")
        wait_until(lambda: self.browser.run("import('/node.js').then((m) => m.shareOf(1000 * m.past.times.at(-1)))") < 0.98,
                   "the last sample is left of the end of the chart")
        self.browser.wait_text("#node-why", "Silent since")
        self.browser.shot("node-silent")
        self.assert_no_errors()

    def test_what_is_full_soon_is_a_warning(self):
        _, fleet = self.start_shown(1, cpu_percent=30, memory_percent=40)
        past = [(ago_s, {"memory_percent": 85 - ago_s / 60, "fs_percent": 99.9 - ago_s / 60})
                for ago_s in range(290, 0, -1)]
        fleet.add("web-leak", "web", past, cpu_percent=30, memory_percent=85.0, fs_percent=100.0)
        self.goto("#/node/web-leak")
        self.browser.wait_text("#node-warnings", "full in about 1")
        self.assertRegex(self.browser.text("#node-warnings"), r"memory 8\d% now, full in about 1\d min")
        self.assertRegex(self.browser.text("#node-metrics").replace("\xa0", " "), r"full in 1\d min")
        wait_until(lambda: self.pixels("hot", chart="#node-metrics .panel:nth-child(2)") > 100, "the line of full")
        self.pictures("node-filling", ("tablet", "4k"))
        self.assert_a_disk_is_full_soon("web-leak")
        self.assert_no_errors()

    def assert_a_disk_is_full_soon(self, name):
        """The collector foretells that from hours, which this test does not have."""
        self.browser.do("hold")
        node = get(self.http_port, f"/api/v1/nodes/{name}").json()
        node["outlook"]["fs"] = {"now": 0.973, "limit_in_s": 840,
                                 "soon": f"{name}: fullest file system 97% now, full in about 14 min"}
        self.module("node", f"m.showNode({json.dumps(node)});")
        self.browser.wait_text("#node-warnings", "fullest file system 97% now, full in about 14 min")
        self.assertIn("full in 14 min", " ".join(self.shown("#node-metrics .soon")).replace("\xa0", " "))
        self.browser.shot("node-disk")


class Still(PageGroup):
    def test_what_is_below_the_pointer_stays(self):
        self.start_shown(2, cpu_percent=30)
        self.goto("#/group/web")
        wait_until(lambda: len(self.rows()) > 6, "ticks")
        self.tip_at(0.4)
        left = "return m.shareOf(1e12);"
        before = self.module("chart", left)
        for i in range(6):
            self.tip_at(0.4 + 0.01 * i)
            time.sleep(0.3)  # the pointer moves while ticks come
        self.assertEqual(self.module("chart", left), before)
        self.browser.do("hover", [3, 3])
        wait_until(lambda: self.module("chart", left) != before, "the chart goes on")
        self.assert_no_errors()

    def test_decisions_below_the_pointer_stay(self):
        collector, _ = self.start_shown(2, cpu_percent=30)
        collector.wait_said("web", "hold")
        self.goto("#/group/web")
        self.browser.wait_text("#decisions", "hold")
        self.browser.run("document.querySelector('#decisions').scrollIntoView({ block: 'center' })")
        self.browser.do("hover", self.browser.run("""(() => {
            const b = document.querySelector('#decisions li').getBoundingClientRect();
            return [b.left + 40, b.top + b.height / 2]; })()"""))
        self.module("group", """m.takeDecisions({ last: 1e15, decisions: [{ id: 1e15, time_ms: Date.now(), group: 'web',
            action: 'up', current: 2, desired: 77, why: 'web: scale up 2 -> 77' }] });""")
        self.assertNotIn("77", self.browser.text("#decisions"))
        self.browser.do("hover", [3, 3])
        self.browser.wait_text("#decisions", "77")
        self.assert_no_errors()

    def test_charts_have_texts_of_the_size_of_the_window(self):
        self.start_shown(1, cpu_percent=30)
        for path, chart in (("#/group/web", "#group-chart"), ("#/node/web-0", "#node-metrics .plot")):
            self.browser.view(1280, 800)
            self.goto(path)
            axis = f"""(() => {{ const [over, box] = ['{chart} .u-over', '{chart}'].map((name) =>
                document.querySelector(name)?.getBoundingClientRect()); return over ? over.left - box.left : 0; }})()"""
            self.browser.wait(f"{axis} > 20")
            narrow = self.browser.run(axis)
            self.browser.view(3840, 2160)
            self.browser.wait(f"{axis} > {1.4 * narrow}")


if __name__ == "__main__":
    headroom_test.main()
