/* headroom-hook-test: tests whether a hook keeps its contract. */
#include "common/clock.h"
#include "hooktest/caller.h"
#include "hooktest/checks.h"
#include "hooktest/report.h"
#include "hooktest/sandbox.h"
#include "hooktest/trial.h"
#include "hooktest/trial_options.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_WRONG 1
#define EXIT_USAGE 2
#define WHY_MAX    256U

static char program_path[PATH_MAX];

/* The collector only takes absolute paths. 0 or a negative errno. */
static int find_program(const char *program)
{
    char here[PATH_MAX] = "";

    if (program[0] != '/' && getcwd(here, sizeof here) == NULL)
        return -errno;
    int len = snprintf(program_path, sizeof program_path, "%s%s%s", here, here[0] != '\0' ? "/" : "", program);
    if (len >= (int)sizeof program_path)
        return -ENAMETOOLONG;
    return access(program_path, X_OK) < 0 ? -errno : 0;
}

static int fail(int exit_status, const char *what, const char *why)
{
    (void)fprintf(stderr, "headroom-hook-test: %s%s%s\n", what, why[0] != '\0' ? ": " : "", why);
    return exit_status;
}

/* Returns whether the test was done and nothing is wrong. */
static bool run_trial(const struct trial_options *options, struct caller *caller, const char *no_sandbox)
{
    struct report report = {.out = stdout};
    struct trial trial;

    (void)printf("Tests %s with the group %s. It adds at most %u nodes, and removes them at the end.\n", program_path,
                 options->group, options->nodes_max);
    trial_init(&trial, options, caller, &report, (uint64_t)clock_wall_ms());
    checks_run(&trial);
    if (options->is_sandboxed)
        report_untested(&report, "the sandbox of headroom-collector.service", no_sandbox);
    report_sum(&report);
    trial_deinit(&trial);
    return report.failed == 0 && !trial.is_incomplete && !caller_is_interrupted(caller);
}

/* Without HOME, as under systemd, so that a hook that needs it fails here and not there. */
static int test(const struct trial_options *options, const char *no_sandbox, char **argv)
{
    static struct caller caller;
    struct spawn_process process = {0};

    (void)unsetenv("HOME");
    int rc = spawn_process_start(&process, argv, environ);
    if (rc == 0)
        rc = caller_start(&caller, &process, program_path, (uint64_t)options->timeout_ms);
    if (rc < 0)
        return fail(EXIT_WRONG, "can't start", strerror(-rc));
    bool is_right = run_trial(options, &caller, no_sandbox);
    caller_close(&caller);
    return is_right ? EXIT_SUCCESS : EXIT_WRONG;
}

int main(int argc, char **argv)
{
    struct trial_options options;
    char why[WHY_MAX] = "";

    if (trial_options_read(&options, argc, argv, why, sizeof why) < 0)
        return fail(EXIT_USAGE, why, "");
    int rc = find_program(options.program);
    if (rc < 0)
        return fail(EXIT_USAGE, options.program, strerror(-rc));
    if (!options.is_confirmed && strcmp(options.group, TRIAL_GROUP) != 0)
        return fail(EXIT_USAGE, "it adds and removes nodes of the group, and may remove all if the hook is wrong",
                    "--yes allows that");
    if (options.is_sandboxed)
        sandbox_enter(&options, program_path, why, sizeof why);
    return test(&options, why, argv);
}
