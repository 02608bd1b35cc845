#include "hooktest/test_record.h"

#include "collector/autoscale/record_json.h"
#include "scaler/decision.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char later_member[] = "{\"member_of_a_later_version\":null,";

/* Replaces the brace at the beginning. */
static int add_later_member(char **text, size_t *len)
{
    size_t later_len = sizeof later_member - 1;
    char *longer = realloc(*text, *len + later_len);

    if (longer == NULL)
        return -ENOMEM;
    memmove(longer + later_len, longer + 1, *len - 1);
    memcpy(longer, later_member, later_len);
    *text = longer;
    *len += later_len - 1;
    return 0;
}

static struct decision decision_for(const struct hook_call *call, unsigned existing)
{
    bool is_in = call->verb == HOOK_SCALE_IN;

    return (struct decision){
        .settings = SCALER_SETTINGS_DEFAULT,
        .observed = {.live = existing, .counted = true, .count = existing},
        .rule = RULE_REACTIVE,
        .action = is_in ? ACTION_DOWN : ACTION_UP,
        .existing = existing,
        .carrying = existing,
        .current = existing,
        .raw = call->to,
        .before = existing,
        .desired = call->to,
        .to = call->to,
        .adding = !is_in && call->to > existing ? call->to - existing : 0,
        .victims = call->node_count,
        .order_epoch = call->epoch,
        .order_number = call->number,
    };
}

int test_record_text(const struct hook_call *call, unsigned existing, int64_t wall_ms, bool is_later, char **text,
                     size_t *len)
{
    const struct decision decision = decision_for(call, existing);
    const struct decision_record record = {.wall_ms = wall_ms,
                                           .group = call->group,
                                           .decision = &decision,
                                           .order = ORDER_INTENT,
                                           .why = "headroom-hook-test tests this hook",
                                           .victims = call->nodes,
                                           .victim_count = call->node_count};
    char *made = NULL;
    size_t made_len = 0;

    int rc = record_json_text(&record, &made, &made_len);
    if (rc == 0 && is_later)
        rc = add_later_member(&made, &made_len);
    if (rc < 0) {
        free(made);
        return rc;
    }
    *text = made;
    *len = made_len;
    return 0;
}
