/* Pure. Whether the hook keeps the contract that the collector expects: `PROGRAM contract` prints
 * HOOK_CONTRACT_VERSION.
 *
 * It is asked at the start and at each reload, and again after a growing time while it does not answer rightly. Until
 * it has, nothing is ordered: a hook of Headroom 0.1 brought its group to a number of nodes, which removes nodes that
 * the collector does not see. While it is asked again after a reload, its last answer counts. */
#ifndef COLLECTOR_AUTOSCALE_HOOK_CONTRACT_H
#define COLLECTOR_AUTOSCALE_HOOK_CONTRACT_H

#include "collector/autoscale/hook_result.h"
#include "common/backoff.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOOK_CONTRACT_VERSION  "2"
#define HOOK_CONTRACT_TEXT_MAX 512U

enum hook_contract_state { HOOK_CONTRACT_UNKNOWN, HOOK_CONTRACT_KEPT, HOOK_CONTRACT_BROKEN };

struct hook_contract {
    enum hook_contract_state state;
    bool is_asking;
    bool is_outdated; /* the program has changed since it was asked */
    uint64_t due_ms;  /* when to ask; UINT64_MAX: never */
    struct backoff backoff;
    char answer[32]; /* of the run in progress */
    size_t answer_len;
    char reason[HOOK_CONTRACT_TEXT_MAX]; /* why nothing is ordered; empty if it is kept */
};

/* Nothing is to be asked. seed: for jitter. */
void hook_contract_init(struct hook_contract *contract, uint64_t seed);

/* Another program, or perhaps another version of the same one, is in force. exists: there is one. */
void hook_contract_reset(struct hook_contract *contract, bool exists, bool is_other, uint64_t now_ms);

bool hook_contract_is_due(const struct hook_contract *contract, uint64_t now_ms);

/* The program is asked, prints something, and has ended. The end returns whether the state or the reason has changed.
 */
void hook_contract_begin(struct hook_contract *contract);
void hook_contract_add(struct hook_contract *contract, const char *data, size_t len);
bool hook_contract_end(struct hook_contract *contract, const struct hook_result *result, const char *program,
                       uint64_t now_ms);

#endif
