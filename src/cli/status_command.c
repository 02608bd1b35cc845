#include "cli/status_command.h"

#include "cli/admin_client.h"
#include "cli/exit_status.h"
#include "cli/status_text.h"
#include "common/error_text.h"
#include "common/flags.h"
#include "common/parse.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define TEXT_MAX 2048U

enum { KEY_JSON = FLAG_OWN, KEY_SOCKET };

struct status {
    const char *socket;
    const char *group; /* NULL: all */
    bool json;
    char error[512];
};

static int on_flag(int key, const char *value, void *arg)
{
    struct status *status = arg;

    if (key == KEY_JSON)
        status->json = true;
    else
        status->socket = value;
    return 0;
}

static int on_operand(int key, const char *value, void *arg)
{
    struct status *status = arg;

    (void)key;
    if (status->group != NULL || !parse_name_ok(value, strlen(value)))
        return error_text_set(status->error, sizeof status->error, -EINVAL,
                              "\"%.80s\": give one group, or none for all", value);
    status->group = value;
    return 0;
}

static void on_line(const json_t *line, void *arg)
{
    const struct status *status = arg;

    if (!status->json) {
        status_text_print(line, (int64_t)time(NULL) * 1000, stdout);
        return;
    }
    (void)json_dumpf(line, stdout, JSON_COMPACT);
    (void)putchar('\n');
}

int status_command(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {.name = "json", .key = KEY_JSON, .doc = "Print JSON: a line for the collector, then one for each group"},
        ADMIN_CLIENT_SOCKET_FLAG(KEY_SOCKET),
        FLAGS_STANDARD,
        {0}};
    struct status status = {.socket = ADMIN_CLIENT_SOCKET};
    const struct flags flags = {
        .program = "headroom status",
        .about = "Shows the groups: how many nodes they have and should have, what was ordered "
                 "by hand, the schedules in force, their signals, and the conditions with their reasons. "
                 "Above them, the forwarders of the collector's rows.",
        .options = options,
        .on_flag = on_flag,
        .operands = "[GROUP]",
        .on_operand = on_operand,
        .arg = &status};
    char text[TEXT_MAX];

    if (flags_parse(&flags, argc, argv, status.error, sizeof status.error) != 0) {
        (void)fprintf(stderr, "headroom status: %s\n", status.error);
        return EXIT_STATUS_USAGE;
    }
    json_t *request = json_pack("{s:s, s:s*}", "command", "status", "group", status.group);
    int result = admin_client_call(status.socket, request, on_line, &status, text, sizeof text);
    if (result != EXIT_STATUS_DONE)
        (void)fprintf(stderr, "headroom: %s\n", text);
    return result;
}
