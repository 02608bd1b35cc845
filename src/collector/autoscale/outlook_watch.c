#include "collector/autoscale/outlook_watch.h"

#include "collector/fleet/fs_outlook.h"
#include "collector/fleet/node_outlook.h"

#include <stdio.h>

#define PASS_S       30U /* in which each node is looked at once */
#define MINUTE_MS    60000U
#define SENTENCE_MAX 256

/* false: there have been too many lines in this minute. */
static bool may_put(struct outlook_watch *watch)
{
    if (watch->lines == OUTLOOK_LINES_MAX) {
        watch->left_out++;
        return false;
    }
    watch->lines++;
    return true;
}

static void look_at_resource(struct outlook_watch *watch, struct node *node, const struct scaler_settings *settings,
                             enum resource resource, int64_t now_ms)
{
    struct outlook outlook = node_outlook(node, settings, resource, now_ms);
    char text[SENTENCE_MAX];

    if (!node_outlook_changed(node, settings, resource, &outlook) || !may_put(watch))
        return;
    node_outlook_sentence(node, settings, resource, &outlook, text, sizeof text);
    watch->on_line(text);
}

static void look_at_file_systems(struct outlook_watch *watch, struct node *node, int64_t now_ms)
{
    char text[SENTENCE_MAX];

    fs_outlook_add(node, now_ms);
    struct fs_outlook outlook = fs_outlook_of(node, now_ms);
    if (!fs_outlook_changed(node, &outlook) || !may_put(watch))
        return;
    fs_outlook_sentence(node, &outlook, text, sizeof text);
    watch->on_line(text);
}

static void look_at(struct outlook_watch *watch, struct node *node, int64_t now_ms)
{
    if (node->group == NULL || registry_liveness(node, now_ms, watch->config->gone_ms) != NODE_LIVE)
        return;
    const struct scaler_settings *settings = collector_config_group(watch->config, node->group->name);
    for (enum resource r = 0; r < RESOURCE_NODE_COUNT; r++)
        look_at_resource(watch, node, settings, r, now_ms);
    look_at_file_systems(watch, node, now_ms);
}

static void begin_minute(struct outlook_watch *watch, uint64_t now_ms)
{
    char text[SENTENCE_MAX];

    if (now_ms - watch->minute_ms < MINUTE_MS)
        return;
    if (watch->left_out > 0) {
        snprintf(text, sizeof text, "%u more nodes near a limit within the minute were not logged", watch->left_out);
        watch->on_line(text);
    }
    watch->minute_ms = now_ms;
    watch->lines = 0;
    watch->left_out = 0;
}

void outlook_watch_begin(struct outlook_watch *watch, uint64_t now_ms)
{
    begin_minute(watch, now_ms);
    watch->now_ms = now_ms;
    watch->left = (watch->registry->node_count + PASS_S - 1) / PASS_S;
}

bool outlook_watch_step(struct outlook_watch *watch)
{
    const struct registry *registry = watch->registry;

    if (watch->left == 0)
        return false;
    if (watch->next >= registry->node_count)
        watch->next = 0;
    look_at(watch, registry->nodes[watch->next++], (int64_t)watch->now_ms);
    return --watch->left > 0;
}
