#!/usr/bin/env python3
"""`cmake --install` into a staging folder, and the target uninstall.

Exit status: 0 success, 1 failure.
"""
import argparse
import os
import subprocess
import tempfile

CONFIG = ("/etc/headroom/headroom.conf", "/etc/default/headroom-agent")
WANTED = ("/usr/bin/headroom-agent", "/usr/bin/headroom-collector", "/usr/bin/headroom",
          "/usr/lib/systemd/system/headroom-agent.service", "/usr/share/doc/headroom/operations.md", *CONFIG)


def files(root):
    return {os.path.join(folder, name).removeprefix(root) for folder, _, names in os.walk(root) for name in names}


def folders(root):
    return {os.path.join(folder, name).removeprefix(root) for folder, names, _ in os.walk(root) for name in names}


def cmake(root, *arguments):
    subprocess.run(["cmake", *arguments], env={**os.environ, "DESTDIR": root}, stdout=subprocess.DEVNULL, check=True)


def check(build, root):
    cmake(root, "--install", build, "--prefix", "/usr")
    assert files(root) >= set(WANTED), set(WANTED) - files(root)
    with open(root + "/usr/lib/systemd/system/headroom-agent.service", encoding="utf-8") as unit:
        text = unit.read()
    assert "ExecStart=/usr/bin/headroom-agent " in text and "EnvironmentFile=-/etc/default/headroom-agent\n" in text, text

    with open(root + CONFIG[0], "a", encoding="utf-8") as file:
        file.write("# Mine.\n")
    own = "/usr/share/doc/headroom/examples/mine"
    with open(root + own, "w", encoding="utf-8"):
        pass
    cmake(root, "--install", build, "--prefix", "/usr")
    with open(root + CONFIG[0], encoding="utf-8") as file:
        assert file.read().endswith("# Mine.\n"), "the second installation replaced the configuration"

    cmake(root, "--build", build, "--target", "uninstall")
    assert files(root) == {*CONFIG, own}, files(root)
    left = {folder for folder in folders(root) if "headroom" in folder}
    assert left == {"/etc/headroom", "/usr/share/doc/headroom", "/usr/share/doc/headroom/examples"}, left


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, help="the build folder")
    with tempfile.TemporaryDirectory() as root:
        check(os.path.abspath(parser.parse_args().build), root)


if __name__ == "__main__":
    main()
