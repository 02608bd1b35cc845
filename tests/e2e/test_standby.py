"""Agents list two collectors, and both have a hook. The second one, to which the agents go when the first is killed,
observes: it orders nothing and gives readers no number, until a person lets it order."""

import os
import shutil
import subprocess

from headroom_test import HEADROOM, SOURCE, WAIT_S, HeadroomTest, free_port, main, wait_until
from http_client import get

FLAGS = ("--tick", "500ms", "--min", "5", "--max", "20", "--lead-time", "60s")


class Standby(HeadroomTest):
    def setUp(self):
        super().setUp()
        self.first, self.second = (self.start(name) for name in ("first", "second"))
        self.http = int(self.second.wait_log(r"http on 127\.0\.0\.1:(\d+)").group(1))

    def start(self, name):
        os.mkdir(self.path(f"{name}-hook"))
        hook = shutil.copy(os.path.join(SOURCE, "tests", "e2e", "order_hook"), self.path(f"{name}-hook/run"))
        return self.start_collector("--on-scale", hook, *FLAGS, "--http", "127.0.0.1:0", data=name, port=free_port())

    def orders(self, name):
        """[what its hook was called with, ...]"""
        try:
            with open(self.path(f"{name}-hook/orders"), encoding="ascii") as file:
                return [line.split()[1:4] for line in file]
        except FileNotFoundError:
            return []

    def web(self):
        return get(self.http, "/api/v1/groups/web")

    def wait_web(self, condition):
        wait_until(lambda: self.web().status != 404 and condition(self.web().json()), lambda: self.web().text(),
                   timeout=90)

    def activate(self):
        socket = os.path.join(self.second.data, "admin.sock")
        return subprocess.run([HEADROOM, "activate", "web", "--for", "1h", "--socket", socket], check=True,
                              capture_output=True, text=True, timeout=WAIT_S).stdout

    def test_the_second_collector_orders_only_when_a_person_says_so(self):
        for name in ("web-1", "web-2"):
            self.start_agent(name, [self.first, self.second], "--group", "web")
        wait_until(lambda: ["scale-out", "web", "5"] in self.orders("first"), self.first.log, timeout=90)
        self.first.kill()
        self.wait_web(lambda web: web["nodes"]["live"] == 2)
        self.wait_web(lambda web: not web["record"]["roll_call"])
        self.wait_web(lambda web: web["guard"] == "elsewhere")
        web = self.web()
        self.assertEqual((web.status, web.json()["desired"]), (503, None))
        self.assertEqual(web.json()["error"], "another collector orders for the group")
        self.assertRegex(web.json()["conditions"]["able-to-scale"]["why"], "prefer another collector")
        self.assertEqual(self.orders("second"), [])

        self.assertRegex(self.activate(), "^web: orders come from this collector, whichever one its agents prefer, until")
        wait_until(lambda: ["scale-out", "web", "5"] in self.orders("second"), self.second.log)
        self.assertEqual(self.web().status, 200)
        self.assert_stops(self.second)


if __name__ == "__main__":
    main()
