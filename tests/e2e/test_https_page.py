"""The page over HTTPS, in a real browser."""

import shutil
import tempfile

import headroom_test
from browser import Browser
from https_case import TOKEN, local_authority, make_local
from page_case import SHOTS, PageCase


class Page(PageCase):
    @classmethod
    def make_browser(cls):
        folder = tempfile.mkdtemp(prefix="headroom-e2e-")
        cls.addClassCleanup(shutil.rmtree, folder)
        authority = local_authority(folder, "page-ca")
        cls.server = make_local(authority, "server", "serverAuth")
        return Browser(SHOTS, authority.pin("server"))

    def start(self, *flags, **how):
        cert, key = self.server
        collector = self.start_collector("--http-cert-file", cert, "--http-key-file", key, *flags, **how)
        self.url = f"https://localhost:{collector.wait_log(r'https on 127.0.0.1:([0-9]+)').group(1)}/"
        return collector

    def test_it_loads_asks_for_the_token_and_follows_the_fleet(self):
        collector = self.start("--http-token-file", self.write("token", TOKEN))
        fleet, _ = self.start_fleet([f"web-{i}" for i in range(3)], collector, 0.3, "--group", "web")
        collector.wait_said("web", "hold")
        self.goto()
        self.browser.wait_text("#view-locked", "This collector requires a token")
        self.browser.do("type", TOKEN)
        self.browser.do("press", "Enter")
        self.browser.wait_text("#groups", "web")
        self.browser.wait_text("#grid-title", "3 nodes")
        fleet.move(0.95, 0.1)
        self.browser.wait_text("#groups", "\u25b2", 40)
        self.browser.do("click", "#groups a[href='#/group/web']")
        self.browser.wait_text("#group-verdict", "\u25b2")
        self.browser.shot("https")
        self.assertEqual(self.browser.run("location.protocol"), "https:")
        self.assertTrue(self.browser.run("isSecureContext"))
        refused = "status of 401"  # the requests before the token
        self.assertEqual([error for error in self.browser.do("errors") if refused not in error], [])


if __name__ == "__main__":
    headroom_test.main()
