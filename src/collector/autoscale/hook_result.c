#include "collector/autoscale/hook_result.h"

#include <stdio.h>
#include <string.h>

const char *const hook_verdict_names[HOOK_VERDICT_COUNT] = {
    [HOOK_ACCEPTED] = "accepted",   [HOOK_REFUSED] = "refused", [HOOK_DIED] = "died",
    [HOOK_TIMED_OUT] = "timed-out", [HOOK_STOPPED] = "stopped", [HOOK_NOT_STARTED] = "not-started",
};

static void put_verdict(const struct hook_result *result, char *text, size_t size)
{
    double seconds = (double)result->duration_ms / 1000.0;

    switch (result->verdict) {
    case HOOK_ACCEPTED:
        snprintf(text, size, "accepted after %.1f s", seconds);
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
        snprintf(text, size, "can't start the program: %s", strerror(-result->error));
        break;
    case HOOK_VERDICT_COUNT:
        break;
    }
}

void hook_result_sentence(const struct hook_result *result, const char *group, char *text, size_t size)
{
    char verdict[128] = "";
    char retry[64] = "";

    put_verdict(result, verdict, sizeof verdict);
    if (result->retry_ms > 0)
        snprintf(retry, sizeof retry, "; retried in %.1f s", result->retry_ms / 1000.0);
    snprintf(text, size, "hook for %s, %u -> %u nodes: %s%s", group, result->current, result->desired, verdict, retry);
}
