#!/usr/bin/env python3
"""The images that scripts/oci makes, run by podman: a collector and an agent that streams to it.

Exit status: 0 success, 1 failure, 77 the test can't run on this machine.
"""
import argparse
import csv
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

from container import Skip, confined, eventually

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "e2e"))
import played_kubernetes  # noqa: E402

USER = 65534


class Podman:
    """Podman with storage of its own. A container can't have higher limits than this process, nor cgroups of its own
    where this process has none."""

    def __init__(self, folder):
        self.options = ["podman", "--root", f"{folder}/storage", "--runroot", f"{folder}/run", "--tmpdir", f"{folder}/tmp",
                        "--cgroup-manager=cgroupfs", "--events-backend=file"]

    def try_run(self, *arguments):
        return subprocess.run([*self.options, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=120, check=False)

    def run(self, *arguments):
        result = self.try_run(*arguments)
        assert result.returncode == 0, f"podman {' '.join(arguments)}: exit {result.returncode}: {result.stdout}"
        return result.stdout

    @staticmethod
    def container(*arguments):
        return ["run", "--cgroups=disabled", "--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024", "--read-only",
                "--cap-drop=all", "--log-driver=k8s-file", *arguments]


def load(podman, folder):
    """Loads the images. Returns their names."""
    return [re.search(r"Loaded image: (\S+)", podman.run("load", "--input", f"{folder}/headroom-{part}.tar")).group(1)
            for part in ("collector", "agent", "collector-hooks")]


def check_hooks(podman, image, folder):
    """The image for hooks has all that the hook for Kubernetes needs. The API is played."""
    path = "/apis/apps/v1/namespaces/shop/deployments/web/scale"
    with open(f"{folder}/map", "w", encoding="ascii") as file:
        file.write(f"web {path}\n")
    api = played_kubernetes.Api(f"{folder}/kubernetes")
    try:
        api.put(path, played_kubernetes.scale("web", 4, 3))
        account = "/var/run/secrets/kubernetes.io/serviceaccount"
        variables = {**api.variables("/etc/headroom/kubernetes-scale.map"), "HEADROOM_KUBERNETES_CREDENTIALS": account}
        hook = podman.container(
            "--rm", "--network=host", f"--volume={api.credentials}:{account}:ro",
            f"--volume={folder}/map:/etc/headroom/kubernetes-scale.map:ro",
            *(f"--env={name}={value}" for name, value in variables.items()),
            "--entrypoint=/usr/libexec/headroom/kubernetes-scale", image)
        assert podman.run(*hook, "contract") == "2\n"
        assert podman.run(*hook, "count", "web") == "3\n"
        podman.run(*hook, "scale-out", "web", "6")
        podman.run(*hook, "scale-in", "web", "5")
        assert api.wanted[path] == [4, 6, 5], api.wanted
    finally:
        api.end()


def samples(data):
    try:
        with open(f"{data}/metrics.csv", encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except FileNotFoundError:
        return []


def check(podman, images, folder):
    collector, agent, with_hooks = load(podman, images)
    make_key = podman.container("--rm", "--network=none", "--entrypoint=headroom", collector, "key", "--new")
    result = podman.try_run(*make_key)
    if result.returncode in (125, 126):  # of podman and of its runtime, not of the program
        raise Skip(f"podman can't run a container here: {result.stdout}")
    assert result.returncode == 0, result.stdout
    key = result.stdout
    os.makedirs(f"{folder}/data")
    os.chown(f"{folder}/data", USER, USER)
    with open(f"{folder}/token", "w", opener=lambda path, flags: os.open(path, flags, 0o400), encoding="utf-8") as file:
        file.write(key)
    os.chown(f"{folder}/token", USER, USER)
    token = f"--volume={folder}/token:/etc/headroom/token:ro"

    podman.run(*podman.container(
        "--detach", "--name=collector", "--network=none", token, f"--volume={folder}/data:/var/lib/headroom", collector,
        "--data=/var/lib/headroom", "--listen=0.0.0.0:7420", "--token-file=/etc/headroom/token", "--tick=1s"))
    podman.run(*podman.container(
        "--detach", "--name=agent", "--network=container:collector", "--tmpfs=/var/lib/headroom-agent:mode=1777", token,
        agent, "--collector=localhost:7420", "--node-id=web-1", "--interval=200ms", "--token-file=/etc/headroom/token",
        "--spool=/var/lib/headroom-agent"))
    eventually("samples", lambda: len(samples(f"{folder}/data")) > 2, timeout=60)
    assert os.stat(f"{folder}/data/metrics.csv").st_uid == USER
    eventually("a decision", lambda: glob.glob(f"{folder}/data/decisions.csv"), timeout=60)
    check_hooks(podman, with_hooks, folder)
    podman.run("exec", "collector", "headroom", "pause", "default", "--for=1h", "--socket=/var/lib/headroom/admin.sock")

    podman.run("stop", "--time=20", "agent")
    account = re.search(r"stopped: (\d+) samples produced, \d+ sent, (\d+) acknowledged", podman.run("logs", "agent"))
    print(account.group())
    assert account.group(1) == account.group(2)
    podman.run("stop", "--time=20", "collector")
    assert podman.run("inspect", "--format={{.State.ExitCode}}", "collector", "agent").split() == ["0", "0"]
    assert len(samples(f"{folder}/data")) == int(account.group(1))


def run_confined(images, folder):
    """In mount and PID namespaces of its own, which end with this process."""
    # The version of cgroups with which podman works everywhere.
    subprocess.run(["mount", "-t", "cgroup2", "none", "/sys/fs/cgroup"], check=True)
    podman = Podman(folder)
    try:
        check(podman, images, folder)
        return 0
    except Skip as reason:
        print(f"skipped: {reason}")
        return 77
    except AssertionError:
        for name in ("collector", "agent"):
            print(podman.try_run("logs", name).stdout)
        raise
    finally:
        podman.try_run("rm", "--force", "--all")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", required=True, help="the folder of the images")
    parser.add_argument("--confined", metavar="FOLDER", help=argparse.SUPPRESS)  # how this program starts itself
    arguments = parser.parse_args()
    if os.geteuid() != 0 or not shutil.which("podman"):
        print("skipped: this test needs root and podman")
        return 77
    if arguments.confined:
        return run_confined(os.path.abspath(arguments.images), arguments.confined)
    with tempfile.TemporaryDirectory(prefix="headroom-images.") as folder:
        return subprocess.run(confined(*sys.argv, "--confined", folder), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
