#include "cli/order_command.h"

#include "cli/admin_client.h"
#include "cli/exit_status.h"
#include "cli/given_time.h"
#include "common/clock.h"
#include "common/error_text.h"
#include "common/flags.h"
#include "common/limits.h"
#include "common/parse.h"

#include <errno.h>
#include <jansson.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TEXT_MAX 2048U

enum { KEY_UNTIL = FLAG_OWN, KEY_FOR, KEY_REASON, KEY_FORCE, KEY_SCALE_IN, KEY_MISSING, KEY_SOCKET };

/* What the command line says. */
struct order {
    const char *command;
    const char *socket;
    int64_t now_ms;
    int64_t until_ms; /* 0: no end is given */
    char group[NAME_LEN_MAX + 1];
    unsigned pinned;
    bool takes_nodes; /* operands after the group */
    const char *reason;
    bool force, scale_in, missing;
    json_t *nodes;
    char error[512];
};

#define fail(order, ...) error_text_set((order)->error, sizeof(order)->error, -EINVAL, __VA_ARGS__)

/* ---- the command line ---- */

static int set_end(struct order *order, int key, const char *value)
{
    if (order->until_ms != 0)
        return fail(order, "--until and --for can't be used together, or twice");
    if (key == KEY_UNTIL)
        return given_time_parse_until(value, order->now_ms, &order->until_ms, order->error, sizeof order->error);
    return given_time_parse_for(value, order->now_ms, &order->until_ms, order->error, sizeof order->error);
}

static int on_flag(int key, const char *value, void *arg)
{
    struct order *order = arg;

    if (key == KEY_UNTIL || key == KEY_FOR)
        return set_end(order, key, value);
    if (key == KEY_REASON)
        order->reason = value;
    else if (key == KEY_SOCKET)
        order->socket = value;
    else if (key == KEY_FORCE)
        order->force = true;
    else if (key == KEY_SCALE_IN)
        order->scale_in = true;
    else
        order->missing = true;
    return 0;
}

static int take_group(struct order *order, const char *text, size_t len)
{
    if (!parse_name_ok(text, len))
        return fail(order, "\"%.80s\" is not the name of a group", text);
    memcpy(order->group, text, len);
    order->group[len] = '\0';
    return 0;
}

/* GROUP=NODES */
static int take_pin(struct order *order, const char *text)
{
    size_t len = strcspn(text, "=");

    if (text[len] != '=' || parse_unsigned(text + len + 1, &order->pinned) != 0 || order->pinned == 0 ||
        order->pinned > NODES_MAX)
        return fail(order, "write GROUP=NODES with 1 to %u nodes, as in web=20, got \"%.80s\"", NODES_MAX, text);
    return take_group(order, text, len);
}

static int on_operand(int key, const char *value, void *arg)
{
    struct order *order = arg;

    (void)key;
    if (order->group[0] == '\0')
        return strcmp(order->command, "pin") == 0 ? take_pin(order, value) : take_group(order, value, strlen(value));
    if (!order->takes_nodes)
        return fail(order, "one group at a time; \"%.80s\" is one too many", value);
    if (!parse_name_ok(value, strlen(value)))
        return fail(order, "\"%.80s\" is not the name of a node", value);
    if (json_array_size(order->nodes) == ADMIN_NODES_MAX)
        return fail(order, "at most %u nodes at a time; repeat the command for the others", ADMIN_NODES_MAX);
    return json_array_append_new(order->nodes, json_string(value)) == 0 ? 0 : fail(order, "out of memory");
}

/* ---- the request ---- */

/* The name of who gives the command; the collector also records the uid, which it gets from the kernel. */
static const char *user_name(void)
{
    const char *sudo = getuid() == 0 ? getenv("SUDO_USER") : NULL;
    const struct passwd *entry = sudo == NULL ? getpwuid(getuid()) : NULL;

    if (sudo != NULL)
        return sudo;
    return entry != NULL ? entry->pw_name : "";
}

/* Members that are NULL stay away; an object without memory is NULL, which the call reports. */
static json_t *make_request(const struct order *order)
{
    json_t *request = json_pack("{s:s, s:s}", "command", order->command, "group", order->group);

    if (order->until_ms != 0)
        (void)json_object_set_new(request, "until_ms", json_integer(order->until_ms));
    if (order->pinned > 0)
        (void)json_object_set_new(request, "nodes", json_integer(order->pinned));
    if (json_array_size(order->nodes) > 0)
        (void)json_object_set(request, "nodes", order->nodes);
    if (order->force)
        (void)json_object_set_new(request, "force", json_true());
    if (order->missing)
        (void)json_object_set_new(request, "missing", json_true());
    if (order->reason != NULL)
        (void)json_object_set_new(request, "reason", json_string(order->reason));
    (void)json_object_set_new(request, "user", json_string(user_name()));
    return request;
}

static int send_order(const struct order *order)
{
    char text[TEXT_MAX];
    int status = admin_client_call(order->socket, make_request(order), text, sizeof text);

    if (status == EXIT_STATUS_DONE)
        puts(text);
    else
        (void)fprintf(stderr, "headroom: %s\n", text);
    return status;
}

static int check(struct order *order, bool needs_end)
{
    if (order->group[0] == '\0')
        return fail(order, "the group is missing; see --help");
    if (needs_end && order->until_ms == 0)
        return fail(order, "say when it ends: --until 18:00, or --for 2h; 7 days at most");
    if (order->takes_nodes && order->missing == (json_array_size(order->nodes) > 0))
        return fail(order, "name the nodes to forget, or use --missing for all missing ones");
    if (order->reason != NULL && !parse_utf8_ok((const uint8_t *)order->reason, strlen(order->reason)))
        return fail(order, "--reason must be UTF-8");
    return 0;
}

static int run(struct order *order, const struct flags *flags, bool needs_end, int argc, char **argv)
{
    order->now_ms = clock_wall_ms();
    order->socket = ADMIN_CLIENT_SOCKET;
    order->nodes = json_array();
    int rc = flags_parse(flags, argc, argv, order->error, sizeof order->error);
    if (rc == 0)
        rc = check(order, needs_end);
    if (rc == 0 && order->scale_in)
        order->command = "pause-scale-in";
    int status = EXIT_STATUS_USAGE;
    if (rc == 0)
        status = send_order(order);
    else
        (void)fprintf(stderr, "%s: %s\n", flags->program, order->error);
    json_decref(order->nodes);
    return status;
}

/* ---- the commands ---- */

#define UNTIL_FLAG                                                                                                     \
    {                                                                                                                  \
        .name = "until", .key = KEY_UNTIL, .arg = "TIME",                                                              \
        .doc = "When it ends, local time: 18:00, the next one, or \"2026-11-28 18:00\""                                \
    }
#define FOR_FLAG                                                                                                       \
    {                                                                                                                  \
        .name = "for", .key = KEY_FOR, .arg = "DURATION", .doc = "How long it lasts: 30m, 2h, 7d; 7 days at most"      \
    }
#define REASON_FLAG                                                                                                    \
    {                                                                                                                  \
        .name = "reason", .key = KEY_REASON, .arg = "TEXT", .doc = "Why, for those who see it: up to 200 bytes"        \
    }
#define SOCKET_FLAG ADMIN_CLIENT_SOCKET_FLAG(KEY_SOCKET)

int order_command_pin(int argc, char **argv)
{
    static const struct argp_option options[] = {
        UNTIL_FLAG,  FOR_FLAG,    {.name = "force", .key = KEY_FORCE, .doc = "Even outside min and max of the group"},
        REASON_FLAG, SOCKET_FLAG, FLAGS_STANDARD,
        {0}};
    struct order order = {.command = "pin"};
    const struct flags flags = {
        .program = "headroom pin",
        .about = "Holds a group at a number of nodes for a while, whatever the scaler and schedules say. Nodes are "
                 "added at once; they are removed in steps, even if the load needs more of them.",
        .options = options,
        .on_flag = on_flag,
        .operands = "GROUP=NODES",
        .on_operand = on_operand,
        .arg = &order};

    return run(&order, &flags, true, argc, argv);
}

int order_command_pause(int argc, char **argv)
{
    static const struct argp_option options[] = {
        UNTIL_FLAG,
        FOR_FLAG,
        {.name = "scale-in", .key = KEY_SCALE_IN, .doc = "Only removing nodes is paused, adding them is not"},
        REASON_FLAG,
        SOCKET_FLAG,
        FLAGS_STANDARD,
        {0}};
    struct order order = {.command = "pause"};
    const struct flags flags = {.program = "headroom pause",
                                .about = "Pauses all orders for a group for a while. Not even its minimum is restored "
                                         "meanwhile; with --scale-in it is.",
                                .options = options,
                                .on_flag = on_flag,
                                .operands = "GROUP",
                                .on_operand = on_operand,
                                .arg = &order};

    return run(&order, &flags, true, argc, argv);
}

int order_command_activate(int argc, char **argv)
{
    static const struct argp_option options[] = {UNTIL_FLAG, FOR_FLAG, REASON_FLAG, SOCKET_FLAG, FLAGS_STANDARD, {0}};
    struct order order = {.command = "activate"};
    const struct flags flags = {
        .program = "headroom activate",
        .about = "Lets this collector order for a group whose agents prefer another collector. Use it when that one is "
                 "gone for longer: two collectors that order for one group work against each other.",
        .options = options,
        .on_flag = on_flag,
        .operands = "GROUP",
        .on_operand = on_operand,
        .arg = &order};

    return run(&order, &flags, true, argc, argv);
}

int order_command_resume(int argc, char **argv)
{
    static const struct argp_option options[] = {SOCKET_FLAG, FLAGS_STANDARD, {0}};
    struct order order = {.command = "resume"};
    const struct flags flags = {
        .program = "headroom resume",
        .about = "Ends the pin, the pause and the activation of a group, so that the scaler decides again.",
        .options = options,
        .on_flag = on_flag,
        .operands = "GROUP",
        .on_operand = on_operand,
        .arg = &order};

    return run(&order, &flags, false, argc, argv);
}

int order_command_forget(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {.name = "missing", .key = KEY_MISSING, .doc = "All nodes of the group that are missing"},
        REASON_FLAG,
        SOCKET_FLAG,
        FLAGS_STANDARD,
        {0}};
    struct order order = {.command = "forget", .takes_nodes = true};
    const struct flags flags = {
        .program = "headroom forget",
        .about = "Tells the collector that nodes do not exist any more, so that they no longer count as busy. A node "
                 "that reports can't be forgotten; one that reports again is known again.",
        .options = options,
        .on_flag = on_flag,
        .operands = "GROUP [NODE...]",
        .on_operand = on_operand,
        .arg = &order};

    return run(&order, &flags, false, argc, argv);
}
