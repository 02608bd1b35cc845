#include "collector/autoscale/hook_contract.h"

#include "common/parse.h"

#include <stdio.h>
#include <string.h>

#define WAIT_MS_MIN 1000U
#define WAIT_MS_MAX 60000U

void hook_contract_init(struct hook_contract *contract, uint64_t seed)
{
    *contract = (struct hook_contract){.due_ms = UINT64_MAX};
    backoff_init(&contract->backoff, WAIT_MS_MIN, WAIT_MS_MAX, seed);
    snprintf(contract->reason, sizeof contract->reason, "there is no hook");
}

void hook_contract_reset(struct hook_contract *contract, bool exists, bool is_other, uint64_t now_ms)
{
    contract->is_outdated = contract->is_asking;
    contract->due_ms = exists ? now_ms : UINT64_MAX;
    backoff_reset(&contract->backoff);
    if (!is_other && contract->state != HOOK_CONTRACT_UNKNOWN)
        return;
    contract->state = HOOK_CONTRACT_UNKNOWN;
    snprintf(contract->reason, sizeof contract->reason, "%s",
             exists ? "the hook has not answered for its contract yet" : "there is no hook");
}

bool hook_contract_is_due(const struct hook_contract *contract, uint64_t now_ms)
{
    return !contract->is_asking && contract->due_ms <= now_ms;
}

void hook_contract_begin(struct hook_contract *contract)
{
    contract->is_asking = true;
    contract->due_ms = UINT64_MAX;
    contract->answer_len = 0;
}

/* The first bytes; no right answer is longer. */
void hook_contract_add(struct hook_contract *contract, const char *data, size_t len)
{
    size_t room = sizeof contract->answer - 1 - contract->answer_len;
    size_t taken = len < room ? len : room;

    memcpy(contract->answer + contract->answer_len, data, taken);
    contract->answer_len += taken;
}

/* As text, without white space at its end. */
static void end_answer(struct hook_contract *contract)
{
    char *answer = contract->answer;
    size_t len = contract->answer_len;

    while (len > 0 && strchr(" \t\r\n", answer[len - 1]) != NULL)
        len--;
    answer[len] = '\0';
    parse_to_ascii(answer);
}

/* What the program did instead. No durations, so that the same failure gives the same text. */
static void describe(const struct hook_contract *contract, const struct hook_result *result, char *text, size_t size)
{
    switch (result->verdict) {
    case HOOK_ACCEPTED:
        snprintf(text, size, contract->answer[0] != '\0' ? "it printed \"%s\"" : "it printed nothing",
                 contract->answer);
        break;
    case HOOK_REFUSED:
        snprintf(text, size, "its exit status was %d", result->exit_status);
        break;
    case HOOK_DIED:
        snprintf(text, size, "it was killed by signal %d (%s)", result->signum, strsignal(result->signum));
        break;
    case HOOK_NOT_STARTED:
        snprintf(text, size, "it can't be started: %s", strerror(-result->error));
        break;
    default:
        snprintf(text, size, "it did not end within its time limit");
        break;
    }
}

static void explain(const struct hook_contract *contract, const struct hook_result *result, const char *program,
                    char *reason, size_t size)
{
    char instead[128];

    describe(contract, result, instead, sizeof instead);
    snprintf(reason, size,
             "`%.200s contract` must print " HOOK_CONTRACT_VERSION ", but %s; a hook for Headroom 0.1 has to be "
             "changed, see \"Moving from 0.1\" in scaling-hooks.md",
             program, instead);
}

bool hook_contract_end(struct hook_contract *contract, const struct hook_result *result, const char *program,
                       uint64_t now_ms)
{
    enum hook_contract_state before = contract->state;
    char reason[HOOK_CONTRACT_TEXT_MAX] = "";

    contract->is_asking = false;
    if (contract->is_outdated) {
        contract->is_outdated = false;
        return false;
    }
    end_answer(contract);
    bool kept = result->verdict == HOOK_ACCEPTED && strcmp(contract->answer, HOOK_CONTRACT_VERSION) == 0;
    if (kept) {
        backoff_reset(&contract->backoff);
    } else {
        contract->due_ms = now_ms + backoff_next_ms(&contract->backoff);
        explain(contract, result, program, reason, sizeof reason);
    }
    contract->state = kept ? HOOK_CONTRACT_KEPT : HOOK_CONTRACT_BROKEN;
    bool changed = contract->state != before || strcmp(contract->reason, reason) != 0;
    memcpy(contract->reason, reason, sizeof reason);
    return changed;
}
