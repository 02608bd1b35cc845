#!/usr/bin/python3
"""Stubs of the command-line tools of clouds: aws, gcloud, az, openstack and hcloud, as the name says by which it is
called. They know the commands that the hooks in packaging/hooks give, reject all other flags, and print and fail as the
tools do. The cloud is in the directory $CLOUD."""

import argparse
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from cloud_state import CloudState, Refused, here

cloud = CloudState(os.environ["CLOUD"])


def parse(words, required=(), switches=(), lists=()):
    """The arguments of a command, all of which must be there, and nothing else."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name in required:
        parser.add_argument(name, **({"required": True} if name.startswith("-") else {}))
    for name in switches:
        parser.add_argument(name, action="store_true", required=True)
    for name in lists:
        parser.add_argument(name, nargs="+", required=True)
    return parser.parse_args(words)


def row(*fields):
    print("\t".join(map(str, fields)))


def server_of(state, name):
    """The id of the server, "" without one."""
    return next((server["id"] for server in here(state) if server["name"] == name), "")


# ---- aws ----

AWS_QUERY = "[AutoScalingGroups[].['size', DesiredCapacity, MaxSize], " \
            "AutoScalingGroups[].Instances[].['instance', InstanceId, LifecycleState]][]"


def aws(words):
    service, operation, *rest = words
    if service != "autoscaling":
        raise SystemExit(252)
    if operation == "describe-auto-scaling-groups":
        given = parse(rest, ("--auto-scaling-group-names", "--query", "--output", "--region"))
        assert (" ".join(given.query.split()), given.output) == (AWS_QUERY, "text"), given
        if given.auto_scaling_group_names != "pool":
            return
        servers = cloud.listed()
        state = cloud.read("state", None)
        row("size", state["desired"], state["largest"])
        for server in servers:
            row("instance", server["name"], "InService")
        row("instance", "i-0000000000000dead", "Terminating:Wait")
    elif operation == "set-desired-capacity":
        given = parse(rest, ("--auto-scaling-group-name", "--desired-capacity", "--region"))
        with cloud.effect(words) as state:
            if int(given.desired_capacity) > state["largest"]:
                raise Refused("above")
            state["desired"] = int(given.desired_capacity)
    elif operation == "terminate-instance-in-auto-scaling-group":
        given = parse(rest, ("--instance-id", "--region"), switches=("--should-decrement-desired-capacity",))
        with cloud.effect(words) as state:
            cloud.delete(state, server_of(state, given.instance_id))
            state["desired"] -= 1
        print('{"Activity": {"StatusCode": "InProgress"}}')
    else:
        raise SystemExit(252)


AWS = {
    "expired": "An error occurred (ExpiredToken) when calling the {} operation: The security token included in the "
               "request is expired",
    "throttled": "An error occurred (Throttling) when calling the {} operation (reached max retries: 4): Rate exceeded",
    "above": "An error occurred (ValidationError) when calling the {} operation: New SetDesiredCapacity value is above "
             "max value for the AutoScalingGroup.",
    "unknown": "An error occurred (ValidationError) when calling the {} operation: Instance Id not found",
    "broken": "An error occurred (ResourceContention) when calling the {} operation: You already have a pending update",
}

# ---- gcloud ----


def gcloud(words):
    compute, groups, managed, command, *rest = words
    assert (compute, groups, managed) == ("compute", "instance-groups", "managed"), words
    if command == "list-instances":
        given = parse(rest, ("group", "--format", "--zone"), switches=("--quiet",))
        assert given.format == "value(instance.basename(), currentAction)", given
        for server in cloud.listed():
            row(server["name"], "NONE")
        row("pool-dead", "DELETING")
    elif command == "describe":
        given = parse(rest, ("group", "--format", "--zone"), switches=("--quiet",))
        assert given.format == "value(targetSize)", given
        row(cloud.read("state", None)["desired"])
    elif command == "resize":
        given = parse(rest, ("group", "--size", "--zone"), switches=("--quiet",))
        with cloud.effect(words) as state:
            state["desired"] = int(given.size)
    elif command == "delete-instances":
        given = parse(rest, ("group", "--instances", "--zone"),
                      switches=("--quiet", "--skip-instances-on-validation-error"))
        names = given.instances.split(",")
        with cloud.effect(words) as state:
            servers = [server_of(state, name) for name in names if server_of(state, name)]
            for server in servers:
                cloud.delete(state, server)
            state["desired"] -= len(servers)
    else:
        raise SystemExit(2)
    assert given.group == "pool", given


GCLOUD = {
    "expired": "ERROR: (gcloud.compute.instance-groups) There was a problem refreshing your current auth tokens",
    "throttled": "ERROR: (gcloud.compute.instance-groups) HTTPError 403: Quota exceeded for quota metric 'Queries'",
    "broken": "ERROR: (gcloud.compute.instance-groups.managed.delete-instances) Some requests did not succeed",
}

# ---- az ----


def az(words):
    vmss, command, *rest = words
    assert vmss == "vmss", words
    common = ("--name", "--resource-group")
    if command == "list-instances":
        given = parse(rest, (*common, "--query", "--output"), switches=("--only-show-errors",))
        assert (given.query, given.output) == ("[].[name, instanceId, provisioningState]", "tsv"), given
        for server in cloud.listed():
            row(server["name"], server["id"], "Succeeded")
        row("pool_dead", "dead", "Deleting")
    elif command == "show":
        given = parse(rest, (*common, "--query", "--output"), switches=("--only-show-errors",))
        assert (given.query, given.output) == ("sku.capacity", "tsv"), given
        row(cloud.read("state", None)["desired"])
    elif command == "scale":
        given = parse(rest, (*common, "--new-capacity"), switches=("--only-show-errors", "--no-wait"))
        with cloud.effect(words) as state:
            if int(given.new_capacity) > cloud.fault("quota", 1000):
                raise Refused("quota")
            state["desired"] = int(given.new_capacity)
    elif command == "delete-instances":
        given = parse(rest, common, switches=("--only-show-errors", "--no-wait"), lists=("--instance-ids",))
        with cloud.effect(words) as state:
            for server in given.instance_ids:
                cloud.delete(state, server)
            state["desired"] -= len(given.instance_ids)
    else:
        raise SystemExit(2)
    assert (given.name, given.resource_group) == ("pool", "fleet"), given


AZ = {
    "expired": "ERROR: AADSTS700082: The refresh token has expired due to inactivity.",
    "throttled": "ERROR: (TooManyRequests) The request is being throttled.",
    "quota": "ERROR: (OperationNotAllowed) Operation could not be completed as it results in exceeding approved quota.",
    "unknown": "ERROR: (InvalidParameter) The provided instanceId is not an active instanceId.",
    "broken": "ERROR: (OperationNotAllowed) The instance is protected.",
}

# ---- openstack ----


def openstack(words):
    server_word, command, *rest = words
    assert server_word == "server", words
    if command == "list":
        parser = argparse.ArgumentParser(allow_abbrev=False)
        parser.add_argument("--name", required=True)
        parser.add_argument("--limit", required=True)
        parser.add_argument("--no-name-lookup", action="store_true", required=True)
        parser.add_argument("-f", required=True)
        parser.add_argument("-c", action="append")
        given = parser.parse_args(rest)
        assert (given.limit, given.f, given.c) == ("-1", "value", ["ID", "Name", "Status"]), given
        for server in cloud.listed():
            print(server["id"], server["name"], server.get("status", "ACTIVE"))
    elif command == "create":
        given = parse(rest, ("--image", "--flavor", "--network", "name"))
        with cloud.effect(words) as state:
            cloud.create(state, given.name)
        print("| adminPass | secret |")
    elif command == "delete":
        given = parse(rest, ("server",))
        with cloud.effect(words) as state:
            cloud.delete(state, given.server)
    else:
        raise SystemExit(2)


OPENSTACK = {
    "expired": "The request you have made requires authentication. (HTTP 401)",
    "throttled": "Too Many Requests (HTTP 429)",
    "quota": "Quota exceeded for instances: Requested 1 (HTTP 403)",
    "unknown": "No server with a name or ID exists.",
    "broken": "Cannot 'delete' instance while it is in vm_state building (HTTP 409)",
}

# ---- hcloud ----


def hcloud(words):
    server_word, command, *rest = words
    assert server_word == "server", words
    if command == "list":
        parser = argparse.ArgumentParser(allow_abbrev=False)
        parser.add_argument("--output", action="append")
        given = parser.parse_args(rest)
        assert given.output == ["noheader", "columns=name,id,status,labels"], given
        for server in cloud.listed():
            print(f"{server['name']}   {server['id']}   running   env=prod, headroom-group={server['label']}")
    elif command == "describe":
        given = parse(rest, ("name", "--output"))
        assert given.output == 'format={{index .Labels "headroom-group"}}', given
        labels = [server["label"] for server in cloud.existing() if server["name"] == given.name]
        if not labels:
            raise Refused("unknown")
        print(labels[0] or "")
    elif command == "create":
        given = parse(rest, ("--name", "--label", "--type", "--image"))
        with cloud.effect(words) as state:
            if server_of(state, given.name):
                raise Refused("taken")
            cloud.create(state, given.name, given.label.removeprefix("headroom-group="))
        print("Root password: secret")
    elif command == "delete":
        given = parse(rest, ("server",))
        with cloud.effect(words) as state:
            cloud.delete(state, given.server)
    else:
        raise SystemExit(1)


HCLOUD = {
    "expired": "hcloud: unable to authenticate (unauthorized)",
    "throttled": "hcloud: limit of 3600 requests per hour reached (rate_limit_exceeded)",
    "quota": "hcloud: server limit reached (resource_limit_exceeded)",
    "taken": "hcloud: server name is already used (uniqueness_error)",
    "unknown": "hcloud: server not found",
    "broken": "hcloud: server is locked (locked)",
}

TOOLS = {"aws": (aws, AWS, 254), "gcloud": (gcloud, GCLOUD, 1), "az": (az, AZ, 1),
         "openstack": (openstack, OPENSTACK, 1), "hcloud": (hcloud, HCLOUD, 1)}


def main():
    tool, messages, status = TOOLS[os.path.basename(sys.argv[0])]
    try:
        cloud.admit()
        tool(sys.argv[1:])
    except Refused as refused:
        print(messages[str(refused)].format("DescribeAutoScalingGroups"), file=sys.stderr)
        sys.exit(status)


if __name__ == "__main__":
    main()
