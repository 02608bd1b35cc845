"""The Debian packages of this tree, and packages of an earlier version to upgrade from."""
import glob
import os
import shutil

from container import run

OLDER = "~older"  # a version with this suffix sorts before the one without it
NAMES = ("headroom-agent", "headroom-collector", "headroom-tools", "headroom-doc")
CONFIG = "etc/headroom/headroom.conf"


def built(folder):
    """The paths of the packages that scripts/package has built."""
    paths = [path for name in NAMES for path in glob.glob(f"{folder}/{name}_*.deb")]
    assert len(paths) == len(NAMES), f"no packages in {folder}: scripts/package makes them"
    return paths


def replace(path, old, new):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    assert old in text, f"{path} is without {old}"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(old, new))


def make_older(package, folder):
    """Makes a package of the same programs with an earlier version and another example configuration in a folder."""
    version = run("dpkg-deb", "--field", package, "Version").strip()
    tree = os.path.join(folder, "tree")
    run("dpkg-deb", "--raw-extract", package, tree)
    replace(f"{tree}/DEBIAN/control", f"\nVersion: {version}\n", f"\nVersion: {version}{OLDER}\n")
    if os.path.exists(f"{tree}/{CONFIG}"):
        replace(f"{tree}/{CONFIG}", "[collector]\n", "# A comment of the earlier version.\n[collector]\n")
    run("dpkg-deb", "--root-owner-group", "-Znone", "--build", tree, folder)
    shutil.rmtree(tree)
