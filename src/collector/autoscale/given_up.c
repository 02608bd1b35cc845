#include "collector/autoscale/given_up.h"

#include "common/format.h"

#include <stdio.h>

#define TIME_MAX 40U

void given_up_sentence(const struct decision *decision, int64_t wall_ms, char *text, size_t size)
{
    const struct unmet *unmet = &decision->unmet;
    bool is_one = unmet->nodes == 1;
    char since[TIME_MAX];

    format_utc(wall_ms - (decision->now_ms - unmet->order[0].time_ms), since, sizeof since);
    snprintf(text, size, "%u %s ordered at least %u times since %s, and %s came; %s", unmet->nodes,
             is_one ? "node was" : "nodes were", UNMET_TIMES, since, is_one ? "it never" : "none",
             decision->settings.actuator == ACTUATOR_READER
                 ? "does the HPA's maximum or tolerance keep it from adding any, or is the cluster out of capacity?"
                 : "is the hook's provider out of capacity?");
}

void given_up_record(struct decision_rows *rows, const char *group, const struct decision *decision, const char *why,
                     int64_t wall_ms)
{
    struct decision order = *decision;
    const struct decision_record record = {
        .wall_ms = wall_ms, .group = group, .decision = &order, .order = ORDER_GIVEN_UP, .why = why};

    order.order_epoch = decision->unmet.order[0].epoch;
    order.order_number = decision->unmet.order[0].number;
    (void)decision_rows_add(rows, &record);
}
