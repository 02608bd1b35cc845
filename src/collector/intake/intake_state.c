#include "collector/intake/intake_state.h"

#include "collector/intake/key_rules.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const char *const intake_limit_names[INTAKE_LIMITS] = {"interval", "reconnects", "new_nodes", "agents",
                                                       "nodes",    "groups",     "frames"};

/* ---- what all intakes share ---- */

uint64_t intake_dropped(const struct intake_account *account)
{
    uint64_t dropped = 0;

    for (unsigned reason = 0; reason < GAP_REASON_COUNT; reason++)
        dropped += reason != GAP_ELSEWHERE && reason != GAP_DAMAGED ? account->missing[reason] : 0;
    return dropped;
}

uint64_t intake_room(const struct intake_hub *hub)
{
    uint64_t taken = (uint64_t)hub->streaming * hub->credit + hub->backlog->orphans;

    return taken < hub->backlog->capacity ? hub->backlog->capacity - taken : 0;
}

uint32_t intake_credit(unsigned agents_max)
{
    uint32_t credit = STORE_ROWS_MAX / agents_max;

    if (credit < CREDIT_MIN)
        return CREDIT_MIN;
    return credit > CREDIT_MAX ? CREDIT_MAX : credit;
}

uint32_t intake_backlog_rows(unsigned agents_max, uint32_t credit)
{
    return agents_max * credit / 4 * 5; /* a quarter more, for rows of agents that are gone */
}

bool intake_take_flush_now(struct intake_hub *hub)
{
    bool flush_now = hub->flush_now;

    hub->flush_now = false;
    return flush_now;
}

/* ---- begin and end ---- */

void intake_init(struct intake *intake, struct intake_hub *hub, void *owner, uint64_t now_ms)
{
    *intake = (struct intake){.hub = hub, .owner = owner, .heard_ms = now_ms};
}

void intake_detach(struct intake *intake)
{
    frame_memory_note(&intake->hub->frames, &intake->frame, 0);
    frame_reader_deinit(&intake->reader);
    free(intake->reject.text);
    intake->reject.text = NULL;
    intake->reject.node_id = NULL;
    if (intake->instance != NULL) {
        intake->hub->streaming--;
        intake->hub->slowed -= intake->slowed;
        intake->slowed = false;
        ownership_leave(&intake->node->ownership, &intake->instance->proof, (int64_t)intake->heard_ms);
        backlog_orphan(intake->hub->backlog, intake->instance, intake);
        if (intake->node->intake == intake) {
            intake->node->intake = NULL;
            registry_leave_group(intake->hub->registry, intake->node);
        }
    }
    intake->node = NULL;
    intake->instance = NULL;
}

bool intake_key_ok(const struct intake *intake, const char *group, const char *node, struct message_refusal *refusal)
{
    if (intake->claim != NULL)
        return key_rules_ok(intake->claim, intake->hub->config, intake->hub->wall_ms, group, node, refusal);
    if (intake->hub->keyed)
        key_rules_plain(refusal);
    return !intake->hub->keyed;
}

void intake_evict(struct intake *intake, struct intake *other)
{
    other->evicted = intake->evicted;
    intake->evicted = other;
}

/* The reason, and behind it in the same memory the name of the node. */
static void keep_words(struct intake *intake, const char *reason, const char *node_id)
{
    size_t reason_size = strlen(reason) + 1;
    size_t node_size = node_id != NULL ? strlen(node_id) + 1 : 0;

    intake->reject.text = malloc(reason_size + node_size);
    if (intake->reject.text == NULL)
        return;
    memcpy(intake->reject.text, reason, reason_size);
    if (node_id == NULL)
        return;
    intake->reject.node_id = intake->reject.text + reason_size;
    memcpy(intake->reject.text + reason_size, node_id, node_size);
}

void intake_refuse(struct intake *intake, const struct message_refusal *refusal)
{
    const char *node_id = intake->node != NULL ? intake->node->id : NULL;

    if (intake->state == INTAKE_REJECTED || intake->state == INTAKE_DONE)
        return;
    intake->state = INTAKE_REJECTED;
    intake->hub->account.rejected++;
    intake->hub->account.rejects[refusal->code]++;
    intake_detach(intake);
    intake->reject.action = refusal->action;
    intake->reject.code = refusal->code;
    keep_words(intake, refusal->text, node_id);
}

void intake_reject(struct intake *intake, Headroom__Action action, Headroom__RejectCode code, const char *format, ...)
{
    struct message_refusal refusal;
    va_list arguments;

    va_start(arguments, format);
    message_refusal_vset(&refusal, action, code, format, arguments);
    va_end(arguments);
    intake_refuse(intake, &refusal);
}
