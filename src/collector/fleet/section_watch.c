#include "collector/fleet/section_watch.h"

#include "common/writer.h"

#include <string.h>

#define UNUSED_MS 600000
#define NAMED_MAX 5U /* groups in one line */
#define LINE_SIZE (NAMED_MAX * (2 * NAME_LEN_MAX + 32) + 200)

void section_watch_begin(struct section_watch *watch, const struct collector_config *config, struct registry *registry,
                         int64_t now_ms)
{
    for (unsigned i = 0; i < config->group_count; i++)
        (void)registry_ensure_group(registry, config->groups[i].name);
    for (unsigned i = 0; i < config->schedule_count; i++)
        (void)registry_ensure_group(registry, config->schedules[i].group);
    for (unsigned i = 0; i < config->signal_count; i++)
        (void)registry_ensure_group(registry, config->signals[i].group);
    for (unsigned i = 0; i < GROUPS_MAX; i++) {
        watch->used_ms[i] = now_ms;
        watch->told[i] = false;
    }
}

void section_watch_see(struct section_watch *watch, const struct registry *registry, unsigned from, unsigned count,
                       int64_t now_ms, int64_t gone_ms)
{
    for (unsigned i = from; i < registry->node_count && i - from < count; i++) {
        const struct node *node = registry->nodes[i];
        if (node->group != NULL && node->group->index < GROUPS_MAX &&
            registry_liveness(node, now_ms, gone_ms) != NODE_GONE)
            watch->used[node->group->index] = true;
    }
}

/* Whether a section of that group is to be told now. A group that is not known has found no memory so far. One with a
 * signal may be without nodes for long, or have nodes without agents. */
static bool is_news(struct section_watch *watch, const struct collector_config *config, const struct group *group,
                    int64_t now_ms)
{
    unsigned signals = 0;

    if (group == NULL)
        return false;
    (void)collector_config_signals(config, group->name, &signals);
    if (signals > 0)
        return false;
    if (watch->used[group->index])
        watch->used_ms[group->index] = now_ms;
    if (watch->told[group->index] || now_ms - watch->used_ms[group->index] < UNUSED_MS)
        return false;
    watch->told[group->index] = true;
    return true;
}

void section_watch_look(struct section_watch *watch, const struct collector_config *config,
                        const struct registry *registry, int64_t now_ms, section_watch_cb *cb)
{
    char line[LINE_SIZE];
    struct writer writer = {.text = line, .size = sizeof line};
    unsigned count = 0;

    writer_print(&writer, "no node has been of these groups for 10 min; check the names of their sections: ");
    for (unsigned i = 0; i < config->group_count; i++)
        if (is_news(watch, config, registry_find_group(registry, config->groups[i].name), now_ms) &&
            count++ < NAMED_MAX)
            writer_print(&writer, "%s[group %s]", count > 1 ? ", " : "", config->groups[i].name);
    for (unsigned i = 0; i < config->schedule_count; i++) {
        const struct schedule *schedule = &config->schedules[i];
        if (is_news(watch, config, registry_find_group(registry, schedule->group), now_ms) && count++ < NAMED_MAX)
            writer_print(&writer, "%s[schedule %s] with group = %s", count > 1 ? ", " : "", schedule->name,
                         schedule->group);
    }
    if (count > NAMED_MAX)
        writer_print(&writer, " and %u more", count - NAMED_MAX);
    if (count > 0)
        cb(true, line);
    memset(watch->used, 0, sizeof watch->used);
}
