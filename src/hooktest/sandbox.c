#include "hooktest/sandbox.h"

#include "hooktest/unit_properties.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define UNIT          "headroom-collector.service"
#define UNIT_TEXT_MAX 65536U
#define ARGUMENTS_MAX (2 * UNIT_PROPERTIES_MAX + 32)

struct arguments {
    const char *list[ARGUMENTS_MAX + 1];
    size_t count;
};

static void add(struct arguments *arguments, const char *argument)
{
    if (arguments->count < ARGUMENTS_MAX)
        arguments->list[arguments->count++] = argument;
}

/* Returns its length; 0: there is no such unit. */
static size_t read_unit(char text[UNIT_TEXT_MAX])
{
    FILE *pipe = popen("systemctl cat " UNIT " 2>/dev/null", "re");
    size_t len = pipe != NULL ? fread(text, 1, UNIT_TEXT_MAX - 1, pipe) : 0;

    text[len] = '\0';
    return pipe != NULL && pclose(pipe) == 0 ? len : 0;
}

static void add_test(struct arguments *arguments, const struct trial_options *options, const char *program)
{
    static char self[PATH_MAX];
    static char nodes_max[32];
    static char timeout[48];
    static char settle[48];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);

    (void)snprintf(nodes_max, sizeof nodes_max, "--max=%u", options->nodes_max);
    (void)snprintf(timeout, sizeof timeout, "--hook-timeout=%" PRId64 "ms", options->timeout_ms);
    (void)snprintf(settle, sizeof settle, "--settle=%" PRId64 "ms", options->settle_ms);
    add(arguments, len > 0 ? self : "headroom-hook-test");
    add(arguments, nodes_max);
    add(arguments, timeout);
    add(arguments, settle);
    add(arguments, options->any_victims ? "--victims=any" : "--victims=least-loaded");
    add(arguments, "--group");
    add(arguments, options->group);
    if (options->has_queue)
        add(arguments, "--queue");
    if (options->is_confirmed)
        add(arguments, "--yes");
    add(arguments, program);
}

void sandbox_enter(const struct trial_options *options, const char *program, char *why, size_t size)
{
    static char text[UNIT_TEXT_MAX];
    static char *properties[UNIT_PROPERTIES_MAX];
    static struct arguments arguments;
    static const char *const command[] = {"systemd-run", "--quiet", "--pipe", "--wait", "--collect"};

    if (geteuid() != 0 || access("/run/systemd/system", F_OK) < 0) {
        (void)snprintf(why, size, "it needs root, and a machine that systemd has booted");
        return;
    }
    int count = read_unit(text) > 0 ? unit_properties_read(text, properties) : -ENOENT;
    if (count < 0) {
        (void)snprintf(why, size, "there is no unit " UNIT);
        return;
    }
    for (size_t i = 0; i < sizeof command / sizeof *command; i++)
        add(&arguments, command[i]);
    for (int i = 0; i < count; i++) {
        add(&arguments, "--property");
        add(&arguments, properties[i]);
    }
    add(&arguments, "--");
    add_test(&arguments, options, program);
    (void)execvp(arguments.list[0], (char *const *)arguments.list);
    (void)snprintf(why, size, "systemd-run can't be run: %s", strerror(errno));
}
