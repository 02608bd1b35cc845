"""The page in a real browser, with a real collector and real agents."""

import os
import time

import headroom_test
from authority import Authority
from headroom_test import wait_until
from page_case import PageCase


class Groups(PageCase):
    """From the groups to a group and a node, and what their pages show of a group."""

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
        wait_until(lambda: self.cells() > 1000, "the cells of the grid")

        self.browser.do("click", "#groups a[href='#/group/web']")
        self.browser.wait_text("#group-verdict", "▲")
        self.browser.wait("document.querySelector('#group-chart canvas') !== null")
        self.browser.wait_text("#decisions", "scale up")
        self.browser.wait("document.querySelector('#group-facts').innerText.includes('cores')")
        self.assertNotIn("db-1", self.browser.text("#view-group"))
        wait_until(lambda: self.cone() > 200, "the forecast's interval in the chart")
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
        self.browser.view(1280, 800)
        self.browser.shot("node-missing")
        self.assertEqual([error for error in self.browser.do("errors") if "404" not in error], [])

    def test_conditions_and_what_was_ordered_by_hand(self):
        collector = self.start()
        self.start_fleet(["web-0", "web-1"], collector, 0.3, "--group", "web")
        collector.wait_said("web", "hold")
        done = headroom_test.run(headroom_test.HEADROOM, "pin", "web=7", "--for", "2h", "--reason", "<b>sale</b>",
                                 "--socket", self.path("data/admin.sock"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.goto()
        self.browser.wait_text("#groups", "By hand: pinned to 7 nodes")
        self.browser.do("click", "#groups a[href='#/group/web']")
        self.browser.wait_text("#group-by-hand", "By hand: pinned to 7 nodes")
        self.browser.wait_text("#group-by-hand", "<b>sale</b>")
        self.browser.wait_text("#group-conditions", "able-to-scale")
        self.browser.wait_text("#group-conditions .unusual", "able-to-scale")
        self.browser.wait("[...document.querySelectorAll('#group-conditions .unusual')]"
                          ".some((row) => row.innerText.includes('limited'))")
        self.browser.shot("group-conditions")
        headroom_test.run(headroom_test.HEADROOM, "resume", "web", "--socket", self.path("data/admin.sock"))
        self.browser.wait("document.querySelector('#group-by-hand').hidden")

    def test_a_hold_says_what_runs(self):
        self.start()
        self.goto()
        group = "{ action: 'hold', current: 950, desired: %d, nodes: {} }"
        for desired, expected in ((100, "holds 950 (desired 100)"), (950, "holds 950")):
            said = self.module("fleet", f"return m.verdict({group % desired})[1];")
            self.assertEqual(said.replace("\xa0", " "), expected)
        for action, expected in (("up", "▲ scale up"), ("down", "▼ scale down"), ("hold", "holds 950")):
            said = self.module("fleet", f"return m.verdict({{ action: '{action}', current: 950, desired: null }})[1];")
            self.assertEqual(said.replace("\xa0", " "), expected, "a decision whose number nobody may take")
        self.assertEqual(self.module("fleet", "return m.verdict({ desired: null })[1];"), "no decision since start")
        silent = "{ action: 'hold', guard: 'no-data', current: 950, desired: 100, nodes: {} }"
        said = self.module("fleet", f"return m.verdict({silent})[1];")
        self.assertEqual(said.replace("\xa0", " "), "holds 950")

    def test_a_decision_counts_from_the_nodes_of_its_sentence(self):
        self.start()
        self.goto()
        for current, existing, desired, before in ((3, 4, 6, 4), (3, 8, 6, 3), (3, "null", 6, 3)):
            group = f"{{ action: 'up', current: {current}, existing: {existing}, desired: {desired}, nodes: {{}} }}"
            self.assertEqual(self.module("fleet", f"return m.verdict({group})[1];"), f"▲ {before} → 6")

    def test_decisions_have_room(self):
        collector = self.start()
        self.start_fleet(["web-0", "web-1"], collector, 0.3, "--group", "web")
        self.goto("#/group/web")
        self.browser.wait_text("#decisions", "hold")
        self.module("group", """m.takeDecisions({ last: 1e9, decisions: Array.from({ length: 9 }, (_, i) => ({
            id: i + 1, time_ms: Date.now(), group: 'web', action: ['up', 'down', 'hold'][i % 3], current: 20000,
            desired: 19000,
            why: 'web: scale down 20000 -> 19000 (cpu 41% now, 43% within 135 s, high 80%)' })) });""")
        inside = """[...document.querySelectorAll('#decisions li')].every((li) => [...li.children].every((cell) =>
            cell.scrollWidth <= cell.clientWidth + 1))"""
        self.assertTrue(self.browser.run(inside))
        self.assertIn("holds 20,000 (desired 19,000)", self.browser.text("#decisions").replace("\xa0", " "))
        self.browser.shot("decisions")
        self.browser.view(390, 844, dark=True)
        self.assert_fits()
        self.assertTrue(self.browser.run("document.querySelector('#decisions').scrollHeight <= "
                                         "document.querySelector('#decisions').clientHeight + 1"))
        shown = "[...document.querySelectorAll('#decisions li')].filter((li) => li.offsetHeight).length"
        self.assertEqual(self.browser.run(shown), 6)
        self.browser.shot("group-phone-dark")
        self.browser.do("click", "#decisions-all")
        self.assertGreaterEqual(self.browser.run(shown), 9)


class Charts(PageCase):
    """The chart of a group, and the numbers at charts."""

    def test_the_chart_shows_what_the_forecast_is_held_against(self):
        self.open_group()
        for colour in ("capacity", "hot", "bound"):
            wait_until(lambda: self.pixels(colour, 0.85, 0.95) > 20, f"{colour} beyond now")
        self.assertRegex(self.browser.text("#group-facts"), r"sized for\s+[\d.]+ cores")
        fact, legend = self.browser.run("""[[...document.querySelectorAll('#group-facts div')]
            .find((pair) => pair.firstChild.innerText === 'sized for').lastChild.innerText,
            document.querySelector('#legend-bound').innerText]""")
        self.assertEqual(fact, f"{legend} cores")
        self.assert_now_is_where_the_newest_data_is()

    def assert_now_is_where_the_newest_data_is(self):
        self.browser.do("hold")
        time.sleep(0.5)  # pending requests have completed
        marks = self.module("group", """m.series.cone = []; m.drawGroup();
            return new Promise((done) => setTimeout(() => {
              const c = document.querySelector('#group-chart canvas');
              const {width, height} = c, d = c.getContext('2d').getImageData(0, 0, width, height).data;
              const marks = [];
              for (let x = 0; x < width; x++) {
                let n = 0;
                for (let y = 0; y < height; y++) n += d[4 * (y * width + x) + 3] > 100;
                if (n > 0.25 * height) marks.push(x / width);
              }
              done(marks); }, 50));""")
        self.assertGreater(len(marks), 0)
        right = self.browser.run("""(() => { const [c, over] = ['#group-chart canvas', '#group-chart .u-over']
            .map((name) => document.querySelector(name).getBoundingClientRect());
            return (over.right - c.left) / c.width; })()""")
        self.assertAlmostEqual(max(marks), right, delta=0.01)

    def test_a_number_below_the_cursor_stays(self):
        collector = self.start()
        self.start_fleet(["web-0"], collector, 0.3, "--group", "web")
        self.goto("#/node/web-0")
        self.browser.wait("document.querySelectorAll('#node-metrics canvas').length >= 2")
        self.browser.wait("!document.body.classList.contains('waiting')")
        wait_until(lambda: self.pixels("hot", chart="#node-metrics") > 100, "the line of high")
        box = self.browser.run("""(() => {
            const b = document.querySelector('#node-metrics .u-over').getBoundingClientRect();
            return [b.right - 10, b.top + b.height / 2]; })()""")
        self.browser.do("hover", box)
        number = "document.querySelector('#node-metrics b').innerText"
        self.browser.wait(f"/^\\d\\d:\\d\\d:\\d\\d/.test({number})")
        seen = {self.browser.run(f"new Promise((done) => setTimeout(() => done(/^\\d\\d:/.test({number})), 20))")
                for _ in range(120)}
        self.assertEqual(seen, {True})
        self.browser.do("hover", [5, 5])
        self.browser.wait(f"/^\\d+\\.\\d.%$/.test({number})")


class Signals(PageCase):
    """A group without agents, and the resource that a chart shows."""

    def start_batch(self):
        """A group without agents. One signal counts its nodes, the other one is missing."""
        program = self.write("jobs", "#!/bin/sh\nwhile echo 'signal jobs 12 0 nodes 3'; do\n"
                             "echo 'missing p99 no answer from the engine'; sleep 0.5; done\n")
        os.chmod(program, 0o755)
        config = self.write("headroom.conf", "".join(
            f"[signal {name}]\ngroup = batch\nprogram = {program}\n{settings}\n"
            for name, settings in (("jobs", "per-node = 10\nmissing-after = 1m"), ("p99", "kind = limit\nlimit = 0.3"))))
        return self.start("--config", config)

    def choose(self, resource):
        self.browser.run(f"""(() => {{ const select = document.querySelector('#chart-resource');
            select.value = {resource!r}; select.dispatchEvent(new Event('change')); }})()""")

    def test_a_group_without_agents(self):
        self.start_batch()
        self.goto("#/group/batch")
        self.browser.wait("[...document.querySelectorAll('#group-facts div')].some((fact) => "
                          "/^jobs\\s+12 of 30/.test(fact.innerText))")
        self.browser.wait_text("#group-conditions", "p99: no answer from the engine")
        facts = self.browser.run("[...document.querySelectorAll('#group-facts div')].map((fact) => "
                                 "[fact.innerText.replace(/\\s+/g, ' '), fact.lastChild.className])")
        self.assertIn(["live 3", ""], facts)
        self.assertIn(["p99 missing", "missing"], facts)
        self.assertFalse([fact for fact, _ in facts if fact.startswith(("CPU", "forecaster"))], facts)
        self.browser.wait_text("#grid-empty", "A signal counts 3 nodes; no agents run on them.")
        self.assertEqual(self.browser.text("#chart-title"), "jobs: demand and capacity, in its unit")
        for colour in ("demand", "capacity", "hot"):
            wait_until(lambda: self.pixels(colour) > 50, f"{colour} in the chart")
        self.browser.shot("signals")
        self.browser.view(390, 844, dark=True)
        self.assert_fits()
        self.browser.shot("signals-phone-dark")
        self.browser.view(1280, 800)
        self.choose("p99")
        self.browser.wait("location.hash === '#/group/batch?resource=p99'")
        self.browser.wait_text("#chart-title", "p99: value and limit, in its unit")
        self.browser.wait_text("#group-chart", "The signal is missing.")
        self.assert_no_errors()

    def test_the_past_of_a_signal(self):
        collector = self.start_batch()
        wait_until(lambda: any("jobs=12" in row["signals"] for row in collector.decisions()), "a recorded value")
        self.goto("#/group/batch?last=86400")
        self.browser.wait("import('/history.js').then((m) => m.days.answer?.rows.length > 0)")
        self.browser.wait("document.querySelector('#group-chart canvas') !== null")
        saved = self.browser.do("download", "#chart-csv").splitlines()
        self.assertEqual(saved[0], "time,demand,capacity,high,demand_min,demand_max,assumed,forecast,"
                                   "forecast_low,forecast_high")
        demand, capacity, high, *others = saved[-1].split(",")[1:]
        self.assertEqual([demand, *others], ["12", "12", "12", "", "", "", ""])
        # The capacity is a mean: a first row, of before the signal counted three nodes, has none.
        self.assertTrue(0 < float(capacity) <= 30, capacity)
        self.assertAlmostEqual(float(high), 0.8 * float(capacity), delta=0.01)
        wait_until(lambda: self.pixels("demand") > 10, "a point, although nothing is beside it")
        self.assert_no_errors()

    def test_the_resource_of_a_chart_is_chosen(self):
        collector = self.start()
        self.start_fleet(["web-0", "web-1"], collector, 0.3, "--group", "web")
        self.goto("#/group/web")
        self.browser.wait_text("#chart-title", "CPU: demand and capacity, in cores")
        self.browser.wait("document.querySelector('#group-chart canvas') !== null")
        self.choose("memory")
        self.browser.wait("location.hash === '#/group/web?resource=memory'")
        self.browser.wait_text("#chart-title", "Memory: share in use")
        self.browser.wait_text("#chart-legend", "utilisation")
        self.browser.wait("document.querySelector('#group-chart canvas') !== null")
        wait_until(lambda: self.pixels("demand") > 50, "the line of memory")
        wait_until(lambda: self.pixels("hot") > 50, "the line of high")
        share, high = self.browser.do("download", "#chart-csv").splitlines()[-1].split(",")[1:4:2]
        self.assertAlmostEqual(float(share or 0.25), 0.25, delta=0.02)
        self.assertGreater(float(high), 0.5)
        self.browser.shot("group-memory")
        self.browser.run("history.back()")
        self.browser.wait_text("#chart-title", "CPU: demand and capacity, in cores")
        self.assert_no_errors()


class Access(PageCase):
    """What is shown before there is a fleet, without a token, and by whom nodes report."""

    def test_an_empty_fleet_says_what_to_do(self):
        collector = self.start("--token-file", self.write("agents", headroom_test.KEY))
        self.goto()
        self.browser.wait_text("#groups-empty", "No node has reported yet")
        self.browser.wait_text("#link", "live")
        self.assertEqual(self.browser.text("#empty-command"),
                         f"headroom-agent --collector {collector.address()} --group web --token-file FILE")
        self.assertIn("FILE holds the key", self.browser.text("#groups-empty"))
        self.browser.shot("empty")
        self.assert_no_errors()

    def test_a_token_is_asked_for(self):
        self.start("--http-token-file", self.write("token", "s3cret\n"))
        self.goto()
        self.browser.wait_text("#view-locked", "This collector requires a token")
        self.browser.wait_text("#link", "locked")
        self.assertTrue(self.browser.run("document.querySelector('#view-groups').hidden"))
        self.browser.shot("token")
        self.browser.view(390, 844, dark=True)
        self.assert_fits()
        self.browser.shot("token-phone-dark")
        for wrong in ("wrong", "\u6f22"):
            self.browser.do("type", wrong)
            self.browser.do("press", "Enter")
            self.browser.wait_text("#token-text", "This token is wrong")
            self.browser.wait_text("#link", "locked")
        self.browser.do("type", "s3cret")
        self.browser.do("press", "Enter")
        self.browser.wait_text("#groups-empty", "No node has reported yet")
        self.browser.wait("document.querySelector('#view-locked').hidden")
        self.assertFalse(self.browser.run("document.querySelector('#view-groups').hidden"))

    def test_a_certificate_that_expires_soon(self):
        ca = Authority(self.path("ca"))
        own = ca.sign("collector", "IP:127.0.0.1", use="serverAuth")
        collector = self.start("--cert-file", own[0], "--key-file", own[1], "--ca-file", ca.certificate)
        for node, days, mark in (("n1", 5, "alarm"), ("n2", 20, "")):
            pair = ca.sign(node, f"DNS:{node}", begin=-90 * 86400, end=days * 86400)
            self.start_agent(node, [collector], "--ca-file", ca.certificate, "--cert-file", pair[0], "--key-file", pair[1])
            collector.wait_samples(node, 1)
            self.goto(f"#/node/{node}")
            self.browser.wait_text("#node-facts", f"expires in {days}\u00a0d")
            self.assertEqual(self.browser.run("""[...document.querySelectorAll('#node-facts div')]
                .find((pair) => pair.firstChild.innerText === 'certificate').lastChild.className"""), mark)
        self.assert_no_errors()

    def test_a_forwarder_and_its_problem(self):
        collector = self.start("--forward-dir", self.path("reports"))
        self.start_agent("web-1", [collector])
        os.makedirs(self.path("reports/vm"))
        collector.wait_samples("web-1", 1)
        bridge = headroom_test.Program(
            [headroom_test.BRIDGE, "forward", "--data", self.path("data"), "--state", self.path("reports/vm"), "--name", "vm",
             "--to", f"http://127.0.0.1:{headroom_test.free_port()}/write", "--from", "oldest", "--batch", "100ms"],
            self.log_path("forward"))
        self.programs.append(bridge)
        self.goto()
        self.browser.wait_text("#account-engines", "(no answer from the engine:")
        self.assertRegex(self.browser.text("#account-engines"), r"^engine vm: \d+\ss behind \(")
        self.browser.shot("forwarder")
        self.assert_no_errors()


class Moves(PageCase):
    """From one view to another."""

    def test_a_part_of_a_name_finds_a_node_from_a_nodes_page(self):
        collector = self.start()
        self.start_fleet(["web-0", "web-1", "web-2"], collector, 0.3, "--group", "web")
        collector.wait_said("web", ".")
        self.goto("#/node/web-0")
        self.browser.wait_text("#node-state", "live")
        self.browser.do("press", "/")
        self.browser.do("type", "B-2")
        self.browser.do("press", "Enter")
        self.browser.wait_text("#node-name", "web-2")

    def test_the_skip_link_leaves_the_view_as_it_is(self):
        collector = self.start()
        self.start_agent("n-0", [collector])
        collector.wait_samples("n-0", 1)
        self.goto("#/node/n-0")
        self.browser.wait_text("#node-name", "n-0")
        self.browser.run("document.querySelector('.skip').focus()")
        self.browser.do("press", "Enter")
        self.assertEqual(self.browser.run("document.activeElement.tagName"), "MAIN")
        self.assertEqual(self.browser.run("location.hash"), "#/node/n-0")
        self.assertFalse(self.browser.run("document.querySelector('#view-node').hidden"))

    def test_while_it_waits_the_layout_is_there(self):
        self.open_group()
        places = """['#group-facts', '#group-chart', '#decisions'].map((name) => {
            const box = document.querySelector(name).getBoundingClientRect(); return [box.top, box.height]; })"""
        later = self.browser.run(places)
        self.browser.do("fresh")
        self.browser.do("hold")
        self.goto("#/group/web")
        self.browser.wait("document.body.classList.contains('waiting')")
        for (top, height), (top_later, _) in zip(self.browser.run(places), later):
            self.assertLess(abs(top - top_later), 12)
            self.assertGreater(height, 40)
        self.browser.shot("loading-group")
        self.browser.view(1280, 800, dark=True)
        self.goto("#/")
        self.browser.shot("loading-dark")
        self.goto("#/node/web-1")
        self.browser.view(1280, 800)
        self.browser.shot("loading-node")
        self.browser.do("hold", False)
        self.browser.wait("!document.body.classList.contains('waiting')")
        self.browser.wait_text("#node-state", "live")


class Outages(PageCase):
    """Nodes and collectors that go and come back."""

    def test_silence_and_a_collector_that_goes_and_comes_back(self):
        collector = self.start()
        agents = [self.start_agent(f"n-{i}", [collector], "--group", "web") for i in range(5)]
        collector.wait_said("web", ".")
        self.goto()
        self.browser.wait_text("#fleet-live", "5")
        agents[1].signal(headroom_test.signal.SIGUSR1)  # leaves on purpose
        self.assert_stops(agents[1])
        self.browser.wait_text("#groups", "1 leaving", 40)
        collector.wait_not_visitor("n-0")
        agents[0].signal(headroom_test.signal.SIGSTOP)
        self.browser.wait_text("#groups", "1 missing")
        self.assertLess(self.browser.run("document.querySelector('.badges').offsetHeight"), 30, "it wraps")
        self.browser.shot("missing-and-leaving")
        self.browser.do("click", "#groups a")
        self.browser.wait_text("#group-name", "web")
        self.browser.wait_text("#group-facts", "gone")
        self.goto("#/")
        self.browser.do("errors")

        self.assert_stops(collector)
        self.browser.wait_text("#banner", "can't be reached")
        self.assertEqual(self.browser.text("#link"), "unreachable")
        self.browser.shot("unreachable")
        self.start("--http", f"127.0.0.1:{self.http_port}")
        self.browser.wait_text("#link", "live")
        self.browser.wait("!document.body.classList.contains('lost')")
        self.browser.wait_text("#groups", "web")


if __name__ == "__main__":
    headroom_test.main()
