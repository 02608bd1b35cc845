#include "cli/top/top_fleet.h"

#include "cli/top/top_json.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define RATE_MS_MIN 1500
#define RATE_MS_MAX 4000
#define NOW_MS_MAX  1e15

const char *const top_fleet_states[TOP_STATES] = {"new",     "live",       "returning", "missing",
                                                  "leaving", "unreported", "gone"};

unsigned top_fleet_state(const char *name)
{
    unsigned state = 0;

    while (state < TOP_STATES && strcmp(top_fleet_states[state], name) != 0)
        state++;
    return state;
}

double top_fleet_nodes(const struct top_fleet *fleet)
{
    double nodes = 0;

    for (unsigned state = 0; state < TOP_STATES; state++)
        nodes += fleet->nodes[state];
    return nodes;
}

/* Over a few seconds: a collector counts samples in steps. One that was started anew counts from 0. */
static void measure_rate(struct top_fleet *read, const struct top_fleet *before, double received)
{
    int64_t span_ms = read->now_ms - before->base_ms;

    read->samples_per_s = NAN;
    read->base_received = received;
    read->base_ms = read->now_ms;
    if (!before->known || received < before->base_received || span_ms < 0)
        return;
    read->samples_per_s = before->samples_per_s;
    if (span_ms >= RATE_MS_MIN)
        read->samples_per_s = (received - before->base_received) * 1000 / (double)span_ms;
    if (span_ms >= RATE_MS_MAX)
        return;
    read->base_received = before->base_received;
    read->base_ms = before->base_ms;
}

int top_fleet_read(struct top_fleet *fleet, const json_t *answer)
{
    const json_t *nodes = json_object_get(answer, "nodes");
    const json_t *collector = json_object_get(answer, "collector");
    double now_ms = top_json_member(answer, "now_ms");
    struct top_fleet read = {.known = true, .now_ms = now_ms >= 0 && now_ms <= NOW_MS_MAX ? (int64_t)now_ms : 0};

    if (!json_is_object(nodes) || !json_is_object(collector))
        return -EPROTO;
    for (unsigned state = 0; state < TOP_STATES; state++)
        read.nodes[state] = (double)json_integer_value(json_object_get(nodes, top_fleet_states[state]));
    measure_rate(&read, fleet, (double)json_integer_value(json_object_get(collector, "received")));
    read.held = json_is_true(json_object_get(answer, "held"));
    top_json_copy(answer, "version", read.version, sizeof read.version);
    *fleet = read;
    return 0;
}
