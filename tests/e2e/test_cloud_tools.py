"""The hooks for clouds with the real command-line tools, where these are installed: aws with moto, a simulation of AWS,
and hcloud with a played API. headroom-hook-test must find nothing wrong."""

import os
import shutil
import subprocess
import urllib.error
import urllib.request

import hook_kit
from cloud_case import HOOKS
from headroom_test import HeadroomTest, Program, free_port, main, wait_until
from played_hetzner import PlayedHetzner


class ToolTest(HeadroomTest):
    TOOLS = ()

    def setUp(self):
        missing = [tool for tool in self.TOOLS if shutil.which(tool) is None]
        if missing:
            self.skipTest(f"not installed: {', '.join(missing)}")
        super().setUp()

    def environment(self, arguments, **variables):
        """For a hook whose map has the group hook-test."""
        return {**os.environ, **variables, "HEADROOM_HOOK_STATE": self.path("state"), "HEADROOM_HOOK_SETTLE_S": "2",
                "HEADROOM_HOOK_MAP": self.write("map", f"hook-test {arguments}\n")}

    def assert_nothing_wrong(self, hook, environment):
        results = hook_kit.check(self, os.path.join(HOOKS, hook), "--queue", environment=environment)
        self.assertEqual(results.untested, {})


class Aws(ToolTest):
    TOOLS = ("aws", "moto_server")

    def start_moto(self):
        """The flag that makes aws use it. moto may be there for another interpreter than the first one."""
        port = free_port()
        moto = Program(["moto_server", "-p", str(port)], self.path("moto.log"))
        self.programs.append(moto)
        url = f"http://127.0.0.1:{port}"

        def answers():
            if not moto.running():
                self.skipTest(f"moto_server does not run: {moto.log()}")
            try:
                return urllib.request.urlopen(url, timeout=5).status == 200
            except urllib.error.URLError:
                return False

        wait_until(answers, moto.log, timeout=120)
        return f"--endpoint-url {url}"

    def test_aws_asg(self):
        flags = f"--region eu-central-1 {self.start_moto()}"
        environment = self.environment(f"pool {flags}", AWS_ACCESS_KEY_ID="testing", AWS_SECRET_ACCESS_KEY="testing")
        for words in ("create-launch-configuration --launch-configuration-name any --image-id ami-12c6146b "
                      "--instance-type t2.micro",
                      "create-auto-scaling-group --auto-scaling-group-name pool --launch-configuration-name any "
                      "--min-size 0 --max-size 9 --desired-capacity 0 --availability-zones eu-central-1a "
                      "--new-instances-protected-from-scale-in"):
            subprocess.run(["aws", "autoscaling", *words.split(), *flags.split()], env=environment, check=True)
        self.assert_nothing_wrong("aws-asg", environment)


class Hetzner(ToolTest):
    TOOLS = ("hcloud",)

    def test_hetzner_servers(self):
        cloud = PlayedHetzner()
        self.addCleanup(cloud.end)
        cloud.create("hook-test-2", {"env": "prod"})
        cloud.create("hook-test-x", {"headroom-group": "hook-test"})
        configuration = self.write("hcloud.toml", 'active_context = "fleet"\n[[contexts]]\nname = "fleet"\n'
                                                  f'token = "{64 * "x"}"\n')
        environment = self.environment("--type cx22 --image debian-12", HCLOUD_ENDPOINT=cloud.url,
                                       HCLOUD_CONFIG=configuration)
        self.assert_nothing_wrong("hetzner-servers", environment)
        self.assertEqual(cloud.names(), ["hook-test-2", "hook-test-x"])


if __name__ == "__main__":
    main()
