"""Keys: how they are made, whom they let in, and what both sides log about those that are refused."""

import os
import re

from headroom_test import HEADROOM, HeadroomTest, main, run

FLEET = re.compile(r"hr1:fleet:[0-9a-f]{64}:[0-9a-f]{8}\n")


class Making(HeadroomTest):
    def key(self, *flags):
        result = run(HEADROOM, "key", *flags)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout

    def assert_refused(self, flags, status, *words):
        result = run(HEADROOM, "key", *flags)
        self.assertEqual((result.returncode, result.stdout), (status, ""), result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)

    def test_new_keys_differ_and_derived_ones_do_not(self):
        fleet = self.key("--new")
        self.assertRegex(fleet, FLEET)
        self.assertNotEqual(self.key("--new"), fleet)
        token = self.write("token", fleet)
        group = self.key("--group", "web", "--token-file", token)
        self.assertRegex(group, r"^hr1:agent:[0-9a-f]{8}:web:\*:[0-9a-f]{64}:[0-9a-f]{8}\n$")
        self.assertEqual(self.key("--group", "web", "--token-file", token), group)
        node = self.key("--node", "web-3", "--token-file", token)
        self.assertRegex(node, r"^hr1:agent:[0-9a-f]{8}:\*:web-3:")
        both = self.key("--node", "web-3", "--group", "web", "--token-file", token)
        self.assertRegex(both, r"^hr1:agent:[0-9a-f]{8}:web:web-3:")
        secrets = {key.split(":")[-2] for key in (fleet, group, node, both)}
        self.assertEqual(len(secrets), 4)

    def test_a_successor_makes_the_keys_when_it_stands_first(self):
        old, new = self.key("--new"), self.key("--new")
        from_new = self.key("--node", "n1", "--token-file", self.write("new", new))
        both = self.write("both", f"# since Monday\n{new}# until Friday\n{old}")
        self.assertEqual(self.key("--node", "n1", "--token-file", both), from_new)

    def test_what_makes_no_key_is_refused_with_a_reason(self):
        token = self.write("token", self.key("--new"))
        node = self.write("node", self.key("--node", "n1", "--token-file", token))
        cases = [
            ([], 2, ["--new", "--group", "--node"]),
            (["--new", "--group", "web"], 2, ["--new"]),
            (["--node", "n 1"], 2, ["n 1", "no name"]),
            (["--node", "n" * 120, "--token-file", token], 1, ["108 bytes"]),
            (["--node", "n1", "--token-file", "/nonexistent"], 1, ["/nonexistent", "No such file"]),
            (["--node", "n1", "--token-file", node], 1, [node, "only the fleet's key"]),
            (["--node", "n1", "--token-file", self.write("old", "opensesame\n")], 1, ["too short", "headroom key --new"]),
            (["--node", "n1", "--token-file", self.write("long", "open sesame, open sesame\n")], 1,
             ["passphrase", "headroom key --new"]),
        ]
        for flags, status, words in cases:
            with self.subTest(flags):
                self.assert_refused(flags, status, *words)

    def test_a_key_in_a_file_that_everybody_can_read_is_warned_about(self):
        for mode, warned in ((0o600, False), (0o644, True)):
            path = self.path(f"key-{mode:o}")
            with open(os.open(path, os.O_CREAT | os.O_WRONLY), "wb") as file:
                os.fchmod(file.fileno(), mode)
                result = run(HEADROOM, "key", "--new", stdout=file)
            self.assertEqual("every user can read" in result.stderr, warned, result.stderr)


if __name__ == "__main__":
    main()
