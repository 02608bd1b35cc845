"""A real browser (chromium, driven by playwright-core in tests/browser/drive.mjs), for tests of the page."""

import json
import os
import shutil
import subprocess
import unittest

DRIVE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "browser", "drive.mjs")


def missing():
    """The reason why the tests can't run, or None."""
    for program in ("node", "chromium"):
        if shutil.which(program) is None:
            return f"there is no {program}; scripts/test installs it"
    modules = os.environ.get("HEADROOM_BROWSER_MODULES", "")
    for name in ("playwright-core", "axe-core"):
        if not os.path.isdir(os.path.join(modules, "node_modules", name)):
            return f"there is no {name}; scripts/test installs it"
    return None


class Browser:
    """One page. `shots`: the directory for screenshots. `pin`: of a public key that is trusted, see drive.mjs."""

    def __init__(self, shots, pin=""):
        reason = missing()
        if reason is not None:
            raise unittest.SkipTest(reason)
        self.shots = shots
        os.makedirs(shots, exist_ok=True)
        self.process = subprocess.Popen(["node", DRIVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, "HEADROOM_CHROMIUM": shutil.which("chromium"),
                                             "HEADROOM_TRUSTED_PIN": pin})
        self.read()

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError("the browser has ended")
        return json.loads(line)

    def do(self, name, value=True, **more):
        self.process.stdin.write(json.dumps({name: value, **more}) + "\n")
        self.process.stdin.flush()
        answer = self.read()
        if "error" in answer:
            raise AssertionError(f"{name} {value}: {answer['error']}")
        return answer["result"]

    def open(self, url):
        self.do("open", url)

    def view(self, width, height, dark=False):
        self.do("view", {"width": width, "height": height, "dark": dark})

    def run(self, code):
        return self.do("run", code)

    def wait(self, code, seconds=20):
        return self.do("wait", code, ms=1000 * seconds)

    def text(self, selector):
        return self.run(f"document.querySelector({json.dumps(selector)}).innerText")

    def wait_text(self, selector, text, seconds=20):
        return self.wait(f"document.querySelector({json.dumps(selector)})?.innerText.includes({json.dumps(text)})",
                         seconds)

    def shot(self, name):
        self.do("shot", os.path.join(self.shots, f"{name}.png"))

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.process.stdout.close()
