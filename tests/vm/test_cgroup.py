#!/usr/bin/python3
"""The real agent in containers of cgroups of version 2, on Debian's own kernel in a virtual machine.

The machine boots from an initramfs with busybox, the agent and its libraries; tests/vm/init is its first process. It
needs no KVM and no network. Skipped where qemu, busybox-static, cpio or the kernel (scripts/test-vm) is missing."""

import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
AGENT = os.environ.get("HEADROOM_AGENT", os.path.join(SOURCE, "build", "dev", "src", "agent", "headroom-agent"))
KERNEL = os.environ.get("HEADROOM_VM_KERNEL", os.path.join(SOURCE, "build", "vm"))
QEMU = "qemu-system-x86_64"
BUSYBOX = "/bin/busybox"
MODULES = ("virtio_ring", "virtio", "virtio_pci_legacy_dev", "virtio_pci_modern_dev", "virtio_pci", "virtio_blk")
VM_S = 240  # it takes about 30 s on an idle machine
EXIT_SKIPPED = 77
MIB = 1 << 20
FIGURES = ("view", "cpu_percent", "memory_percent", "throttled_percent", "psi_cpu_percent", "oom_kills")


def one(pattern):
    found = sorted(glob.glob(os.path.join(KERNEL, pattern), recursive=True))
    return found[-1] if found else None


def missing():
    """What the test needs and this machine lacks; "" if nothing."""
    if os.uname().machine != "x86_64":
        return "another processor than x86_64"
    for program in (QEMU, "cpio"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    if not os.path.exists(BUSYBOX) or b"statically" not in subprocess.run(
            ["file", "-L", BUSYBOX], stdout=subprocess.PIPE, check=False).stdout:
        return "busybox-static is not installed"
    if one("boot/vmlinuz-*") is None:
        return f"no kernel in {KERNEL}; scripts/test-vm gets one"
    return ""


def copy(source, root, name):
    target = os.path.join(root, name.lstrip("/"))
    os.makedirs(os.path.dirname(target), exist_ok=True)
    shutil.copy(source, target)


def libraries(program):
    """The shared libraries of a program, and the one that loads them."""
    text = subprocess.run(["ldd", program], stdout=subprocess.PIPE, text=True, check=True).stdout
    return re.findall(r"(/\S+) \(0x", text)


def build_initramfs(folder):
    root = os.path.join(folder, "root")
    copy(BUSYBOX, root, "bin/busybox")
    copy(os.path.join(HERE, "init"), root, "init")
    copy(AGENT, root, "agent")
    for library in libraries(AGENT):
        copy(library, root, library)
    for module in MODULES:
        copy(one(f"lib/modules/**/{module}.ko"), root, f"modules/{module}.ko")
    for applet in subprocess.run([BUSYBOX, "--list"], stdout=subprocess.PIPE, text=True, check=True).stdout.split():
        if applet != "busybox":
            os.symlink("busybox", os.path.join(root, "bin", applet))
    for name in ("proc", "sys", "dev", "tmp"):
        os.makedirs(os.path.join(root, name))
    image = os.path.join(folder, "initramfs")
    names = "\n".join(os.path.relpath(os.path.join(at, name), root)
                      for at, folders, files in os.walk(root) for name in folders + files)
    with open(image, "wb") as file:
        subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], input=names.encode(), stdout=file, cwd=root, check=True)
    return image


def boot(folder):
    """What the machine prints."""
    disk = os.path.join(folder, "disk")
    with open(disk, "wb") as file:
        file.truncate(64 * MIB)
    command = [QEMU, "-M", "q35", "-cpu", "max", "-m", "1024", "-smp", "1", "-nographic", "-no-reboot", "-nodefaults",
               "-serial", "stdio", "-kernel", one("boot/vmlinuz-*"), "-initrd", build_initramfs(folder),
               "-append", "console=ttyS0 loglevel=0 panic=-1 psi=1 mitigations=off tsc=reliable",
               "-drive", f"file={disk},format=raw,if=virtio"]
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", timeout=VM_S, check=False).stdout


@unittest.skipIf(missing(), missing())
class Containers(unittest.TestCase):
    """One boot; each test looks at one sample."""

    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory(prefix="headroom-vm-") as folder:
            cls.text = boot(folder).replace("\r", "")
        cls.samples = {name: json.loads(sample) for name, sample in
                       re.findall(r"^AGENT (\w+) (\{.*\})$", cls.text, re.MULTILINE)}
        if "\nDONE\n" not in cls.text:
            raise AssertionError(f"the machine did not get to the end:\n{cls.text}")
        for name, sample in cls.samples.items():
            print(f"{name}:", ", ".join(f"{key} {sample[key]}" for key in FIGURES if sample[key] is not None))

    def sample(self, name):
        self.assertTrue(name in self.samples, self.text)
        return self.samples[name]

    def number(self, name):
        return int(re.search(rf"^{name} (\d+)$", self.text, re.MULTILINE)[1])

    def test_limits_are_those_of_the_container(self):
        self.assertEqual(self.sample("idle")["view"], "cgroup /sys/fs/cgroup/box: 0.5 cpus, 128 MiB")
        self.assertEqual(self.sample("idle")["oom_kills"], 0)

    def test_memory_is_the_working_set(self):
        """The tmpfs counts, and the file that was read does not."""
        sample = self.sample("filled")
        working_set = self.number("CURRENT") - self.number("INACTIVE")
        self.assertGreater(self.number("INACTIVE"), 20 * MIB)
        self.assertAlmostEqual(sample["memory_percent"], 100 * working_set / (128 * MIB), delta=5)
        self.assertGreater(sample["memory_percent"], 45)
        self.assertGreaterEqual(sample["disk_write_bytes"], 30 * MIB)

    def test_a_busy_container_is_throttled(self):
        sample = self.sample("busy")
        self.assertGreater(sample["cpu_percent"], 85)
        self.assertGreater(sample["throttled_percent"], 60)
        self.assertGreater(sample["psi_cpu_percent"], 5)
        self.assertIsNone(sample["load1"])

    def test_the_machine_is_half_busy(self):
        sample = self.sample("machine")
        self.assertEqual(sample["view"], "machine")
        self.assertIsNone(sample["throttled_percent"])
        self.assertLess(sample["cpu_percent"], 85)

    def test_the_container_is_found_from_below_and_by_its_name(self):
        for name in ("nested", "named"):
            sample = self.sample(name)
            self.assertEqual(sample["view"], "cgroup /sys/fs/cgroup/box: 0.5 cpus, 128 MiB")
            self.assertGreater(sample["throttled_percent"], 60)

    def test_a_process_that_the_kernel_killed_is_counted(self):
        self.assertGreaterEqual(self.sample("killed")["oom_kills"], 1)


if __name__ == "__main__":
    outcome = unittest.main(verbosity=2, exit=False).result
    if not outcome.wasSuccessful():
        sys.exit(1)
    sys.exit(EXIT_SKIPPED if outcome.skipped else 0)
