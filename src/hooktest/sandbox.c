#include "hooktest/sandbox.h"

#include "hooktest/unit_properties.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define UNIT          "headroom-collector.service"
#define USER          "headroom-collector" /* of a unit without User=: its own name */
#define TRANSIENT     "headroom-hook-test"
#define CREDENTIALS   "/run/credentials/" TRANSIENT ".service"
#define STOP_TIME     "TimeoutStopSec=1h"
#define UNIT_TEXT_MAX 65536U
#define ARGUMENTS_MAX (2 * UNIT_PROPERTIES_MAX + 32) /* more than there can be */

struct arguments {
    const char *list[ARGUMENTS_MAX + 1];
    size_t count;
};

static void add(struct arguments *arguments, const char *argument)
{
    if (arguments->count < ARGUMENTS_MAX)
        arguments->list[arguments->count++] = argument;
}

/* Reads until the end, or until the text is full. */
static size_t read_all(int fd, char text[UNIT_TEXT_MAX])
{
    size_t used = 0;
    ssize_t len;

    while ((len = TEMP_FAILURE_RETRY(read(fd, text + used, UNIT_TEXT_MAX - 1 - used))) > 0)
        used += (size_t)len;
    text[used] = '\0';
    return used;
}

/* The unit and its drop-ins, by systemctl. Returns the length; 0: there is no such unit. */
static size_t read_unit(char text[UNIT_TEXT_MAX])
{
    static const char *const command[] = {"systemctl", "cat", UNIT, NULL};
    posix_spawn_file_actions_t actions;
    int ends[2];
    pid_t pid = 0;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return 0;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    int rc = posix_spawnp(&pid, command[0], &actions, NULL, (char *const *)command, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    size_t len = rc == 0 ? read_all(ends[0], text) : 0;
    close(ends[0]);
    if (rc == 0)
        (void)TEMP_FAILURE_RETRY(waitpid(pid, NULL, 0));
    return len;
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

static void add_property(struct arguments *arguments, const char *property)
{
    add(arguments, "--property");
    add(arguments, property);
}

/* 0 or -E2BIG. */
static int add_properties(struct arguments *arguments, char **properties, int count)
{
    static char texts[2 * UNIT_TEXT_MAX];
    size_t used = 0;

    for (int i = 0; i < count; i++) {
        int len = unit_properties_expand(properties[i], CREDENTIALS, texts + used, sizeof texts - used);
        if (len < 0)
            return len;
        add_property(arguments, texts + used);
        used += (size_t)len + 1;
    }
    if (!unit_properties_have(properties, count, "User"))
        add_property(arguments, "User=" USER);
    return 0;
}

/* The unit's own settings. 0 or a negative errno. */
static int take_over_unit(struct arguments *arguments)
{
    static char text[UNIT_TEXT_MAX];
    static char *properties[UNIT_PROPERTIES_MAX];

    if (read_unit(text) == 0)
        return -ENOENT;
    int count = unit_properties_read(text, properties);
    return count < 0 ? count : add_properties(arguments, properties, count);
}

void sandbox_enter(const struct trial_options *options, const char *program, char *why, size_t size)
{
    /* At `systemctl stop`, the test removes its nodes: the hook must not get the signal, too. */
    static const char *const command[] = {"systemd-run",    "--quiet",    "--pipe",  "--wait",
                                          "--collect",      "--unit",     TRANSIENT, "--property",
                                          "KillMode=mixed", "--property", STOP_TIME};
    static struct arguments arguments;

    if (geteuid() != 0 || access("/run/systemd/system", F_OK) < 0) {
        (void)snprintf(why, size, "it needs root, and a machine that systemd has booted");
        return;
    }
    for (size_t i = 0; i < sizeof command / sizeof *command; i++)
        add(&arguments, command[i]);
    int rc = take_over_unit(&arguments);
    if (rc < 0) {
        (void)snprintf(why, size, rc == -ENOENT ? "there is no unit " UNIT : "the unit " UNIT " is too long");
        return;
    }
    add(&arguments, "--");
    add_test(&arguments, options, program);
    (void)execvp(arguments.list[0], (char *const *)arguments.list);
    (void)snprintf(why, size, "systemd-run can't be run: %s", strerror(errno));
}
