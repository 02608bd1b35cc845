#include "collector/autoscale/hook_result.h"

#include "collector/spawn/spawn_message.h"

#include <stdio.h>
#include <string.h>

/* As in sysexits.h: EX_USAGE and EX_DATAERR. */
#define EXIT_CANT_SAY 64
#define EXIT_TOO_FEW  65

enum hook_verdict hook_result_of_exit(enum hook_verb verb, int64_t exit_status)
{
    if (exit_status == 0)
        return HOOK_ACCEPTED;
    if (verb == HOOK_SCALE_IN && exit_status == EXIT_TOO_FEW)
        return HOOK_TOO_FEW;
    if (verb == HOOK_COUNT && exit_status == EXIT_CANT_SAY)
        return HOOK_CANT_SAY;
    return HOOK_REFUSED;
}

void hook_result_outcome(const struct hook_result *result, char *text, size_t size)
{
    double seconds = (double)result->duration_ms / 1000.0;

    switch (result->verdict) {
    case HOOK_ACCEPTED:
        snprintf(text, size, "accepted after %.1f s", seconds);
        break;
    case HOOK_TOO_FEW:
        snprintf(text, size, "not done, no more than %u nodes are there; ended after %.1f s", result->to, seconds);
        break;
    case HOOK_CANT_SAY:
        snprintf(text, size, "can't say how many nodes exist; ended after %.1f s", seconds);
        break;
    case HOOK_REFUSED:
        snprintf(text, size, "exit status %d after %.1f s", result->exit_status, seconds);
        break;
    case HOOK_DIED:
        snprintf(text, size, "killed by signal %d (%s) after %.1f s", result->signum, strsignal(result->signum),
                 seconds);
        break;
    case HOOK_TIMED_OUT:
        snprintf(text, size, "not finished within its time limit; ended after %.1f s", seconds);
        break;
    case HOOK_STOPPED:
        snprintf(text, size, "not finished when the collector stopped; ended after %.1f s", seconds);
        break;
    case HOOK_NOT_STARTED:
        snprintf(text, size, "can't start the program: %s",
                 result->error == SPAWN_ERROR_LOST ? "the process that starts it has ended" : strerror(-result->error));
        break;
    }
}

void hook_result_sentence(const struct hook_result *result, const char *group, char *text, size_t size)
{
    const char *verb = hook_verb_names[result->verb];
    char what[64] = "";
    char outcome[128] = "";
    char wait[64] = "";

    if (result->verb == HOOK_SCALE_OUT || (result->verb == HOOK_SCALE_IN && result->node_count == 0))
        snprintf(what, sizeof what, " to %u", result->to);
    else if (result->verb == HOOK_SCALE_IN)
        snprintf(what, sizeof what, " of %u node%s to %u", result->node_count, result->node_count == 1 ? "" : "s",
                 result->to);
    hook_result_outcome(result, outcome, sizeof outcome);
    if (result->wait_ms > 0)
        snprintf(wait, sizeof wait, "; the next try is in %.1f s", result->wait_ms / 1000.0);
    snprintf(text, size, "hook for %s, %s%s: %s%s", group, verb, what, outcome, wait);
}
