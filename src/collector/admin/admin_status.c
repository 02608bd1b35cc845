#include "collector/admin/admin_status.h"

#include "collector/autoscale/signal_json.h"
#include "collector/fleet/forwarders_json.h"

#include <inttypes.h>

void admin_status_put_collector(struct writer *writer, const struct scaling *scaling,
                                const struct forwarders *forwarders, const struct moment *now)
{
    writer_putf(writer,
                "{\"collector\":{\"version\":\"" HEADROOM_VERSION "\",\"now_ms\":%" PRId64
                ",\"groups\":%u,\"config-in-force\":",
                now->wall_ms, scaling->parts.registry->group_count);
    conditions_put_json(writer, &scaling->conditions.config_in_force);
    writer_put(writer, ",\"forwarders\":");
    forwarders_json_put(writer, forwarders, now->now_ms);
    writer_put(writer, "}}\n");
}

static void put_counts(struct writer *writer, const struct decision *decision)
{
    const struct group_observation *observed = &decision->observed;
    const struct {
        const char *name;
        unsigned count;
    } counts[] = {
        {"live", observed->live},
        {"warming", observed->warming},
        {"returning", observed->returning},
        {"missing", observed->missing},
        {"leaving", observed->leaving},
        {"unreported", observed->unreported},
        {"protected", observed->protected_nodes},
        {"pending", decision->pending},
        {"existing", decision->existing},
        {"carrying", decision->carrying},
    };

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        writer_putf(writer, ",\"%s\":%u", counts[i].name, counts[i].count);
    if (observed->counted)
        writer_putf(writer, ",\"count\":%u", observed->count);
    else
        writer_put(writer, ",\"count\":null");
}

static void put_decision(struct writer *writer, const struct decision_history_group *history, const char *group)
{
    const struct decision *decision = &history->last;
    unsigned desired = 0;
    char why[DECISION_SENTENCE_MAX];

    decision_sentence(decision, group, why, sizeof why);
    writer_putf(writer, ",\"decided_ms\":%" PRId64 ",\"desired\":", history->when.wall_ms);
    if (decision_history_desired(history, &desired))
        writer_put_unsigned(writer, desired);
    else
        writer_put(writer, "null");
    put_counts(writer, decision);
    writer_putf(writer, ",\"min\":%u,\"max\":", decision->settings.nodes_min);
    if (scaler_settings_is_limited(&decision->settings))
        writer_put_unsigned(writer, decision->settings.nodes_max);
    else
        writer_put(writer, "null");
    writer_putf(writer, ",\"mode\":\"%s\",\"actuator\":\"%s\",\"action\":\"%s\",\"guard\":\"%s\"",
                mode_names[decision->settings.mode], actuator_names[decision->settings.actuator],
                action_names[decision->action], guard_names[decision->guard]);
    writer_put(writer, ",\"why\":");
    writer_put_string(writer, why);
}

void admin_status_put_group(struct writer *writer, const struct scaling *scaling, const struct group *group,
                            const struct moment *now)
{
    const struct decision_history_group *history = &scaling->parts.history->groups[group->index];

    writer_putf(writer, "{\"group\":\"%s\"", group->name);
    if (history->decided)
        put_decision(writer, history, group->name);
    writer_put(writer, ",\"conditions\":");
    conditions_put_all(writer, &scaling->conditions.groups[group->index]);
    writer_put(writer, ",\"signals\":");
    signal_json_put(writer, &scaling->signals, group->name, now);
    writer_put(writer, ",\"overrides\":");
    overrides_put_json(writer, &scaling->overrides, group->name);
    writer_put(writer, ",\"schedules\":");
    schedule_put_names(writer, scaling->parts.config->schedules, scaling->parts.config->schedule_count, group->name,
                       now->wall_ms);
    writer_put(writer, "}\n");
}
