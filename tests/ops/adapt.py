#!/usr/bin/python3
"""adapt.py CASE [ARGUMENT...]: runs a case of the collection that README.md describes, which was written for Headroom 0.1,
with a hook and a cloud that keep contract 2 of the hooks. Its expectations are left as they are."""

import json
import os
import runpy
import sys

# orders.tsv: the time, the arguments, and the record. done.tsv has the form of 0.1: "scale GROUP CURRENT TO". A group is
# counted if HEADROOM_OPS_COUNT is set.
HOOK = r"""#!/bin/sh
D={dir}
case $1 in
contract) echo 2; exit ;;
count) [ -n "$HEADROOM_OPS_COUNT" ] && [ -s "$D/count.$2" ] && cat "$D/count.$2" && exit; exit 64 ;;
esac
IFS= read -r record
printf '%s\t%s\t%s\n' "$(date +%s.%N)" "$*" "$record" >> $D/orders.tsv
[ -f $D/hook.sleep ] && sleep "$(cat $D/hook.sleep)"
[ -f $D/hook.sleep.$2 ] && sleep "$(cat $D/hook.sleep.$2)"
[ -f $D/hook.rc ] && exit "$(cat $D/hook.rc)"
current=$(printf '%s' "$record" | sed 's/.*"current":\([0-9]*\).*/\1/')
printf '%s\tscale %s %s %s\n' "$(date +%s.%N)" "$2" "$current" "$3" >> $D/done.tsv
exit 0
"""


def parse_order(line):
    """(time, group, CURRENT, TO, record), as 0.1 gave an order; the record gets the operation and the named nodes."""
    time_s, arguments, record = line.rstrip("\n").split("\t", 2)
    operation, group, to, *names = arguments.split()
    try:
        record = json.loads(record)
    except ValueError:
        record = {}
    record.update(operation=operation, names=names)
    current = record.get("current", 0)
    if operation == "scale-out":  # the cases see by CURRENT < TO that an order is one for more nodes
        current = min(current, int(to) - 1)
    return float(time_s), group, current, int(to), record


def orders(world):
    try:
        with open(f"{world.dir}/orders.tsv", encoding="utf-8") as file:
            return [parse_order(line) for line in file]
    except FileNotFoundError:
        return []


def group(world, name="web"):
    """A missing node was called stale."""
    found = world.api(f"/api/v1/groups/{name}")
    if "nodes" in found:
        found["nodes"]["stale"] = found["nodes"].get("missing", 0)
    return found


def carry_out(cloud, now_s, to, record):
    have = len(cloud.w.alive(cloud.g)) + len(cloud.starting)
    if record["operation"] == "scale-out":
        cloud.starting += [now_s + cloud.lead] * max(0, to - have)
        return
    for name in record["names"]:
        node = cloud.w.nodes.get(name)
        if node is None or node.dead or have <= to:
            continue
        have -= 1
        cloud.taken.append(name)
        if cloud.drain:
            node.bye(drain=True)
        else:
            node.kill()


def write_count(cloud):
    path = f"{cloud.w.dir}/count.{cloud.g}"
    with open(f"{path}.new", "w", encoding="ascii") as file:
        file.write(f"{len(cloud.w.alive(cloud.g)) + len(cloud.starting)}\n")
    os.rename(f"{path}.new", path)


def each(now, cloud, t, given=None):
    """Carries out the new orders, and adds the nodes whose time has come."""
    for _, of_group, current, to, record in given if given is not None else cloud.w.new_orders():
        if of_group != cloud.g:
            continue
        cloud.w.say(f"ORDER {of_group} {record['operation']} {current} -> {to} {' '.join(record['names'])}")
        cloud.history.append((t, current, to))
        carry_out(cloud, now(), to, record)
    for time_s in [time_s for time_s in cloud.starting if time_s <= now()]:
        cloud.starting.remove(time_s)
        cloud.add()
    write_count(cloud)


def main():
    case = os.path.abspath(sys.argv[1])
    sys.path.insert(0, os.path.dirname(case))
    import hr  # the harness of the collection
    hr.HOOK = HOOK
    hr.SCALER = f"{hr.REL}/src/offline/headroom-scaler"
    hr.pb.DEPARTURE_DRAINING = hr.pb.DEPARTURE_LEAVING
    hr.World.orders = orders
    hr.World.group = group
    hr.Cloud.each = lambda cloud, t, orders=None: each(hr.now, cloud, t, orders)
    sys.argv = [case, *sys.argv[2:]]
    runpy.run_path(case, run_name="__main__")


if __name__ == "__main__":
    main()
