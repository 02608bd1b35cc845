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
        (void)snprintf(text, size, "accepted after %.1f s", seconds);
        break;
    case HOOK_REFUSED:
        (void)snprintf(text, size, "exit status %d after %.1f s", result->exit_status, seconds);
        break;
    case HOOK_DIED:
        (void)snprintf(text, size, "killed by signal %d (%s) after %.1f s", result->signum, strsignal(result->signum),
                       seconds);
        break;
    case HOOK_TIMED_OUT:
        (void)snprintf(text, size, "not done within its time limit, ended after %.1f s", seconds);
        break;
    case HOOK_STOPPED:
        (void)snprintf(text, size, "not done when the collector stopped, ended after %.1f s", seconds);
        break;
    case HOOK_NOT_STARTED:
        (void)snprintf(text, size, "it can't be started: %s", strerror(-result->error));
        break;
    case HOOK_VERDICT_COUNT:
        break;
    }
}

void hook_result_sentence(const struct hook_result *result, const char *group, char *text, size_t size)
{
    char verdict[128] = "";
    char again[64] = "";

    put_verdict(result, verdict, sizeof verdict);
    if (result->retry_ms > 0)
        (void)snprintf(again, sizeof again, "; tried again in %.1f s", result->retry_ms / 1000.0);
    (void)snprintf(text, size, "hook for %s, %u -> %u nodes: %s%s", group, result->current, result->desired, verdict,
                   again);
}
