#include "collector/autoscale/outlook_log.h"

#include "collector/fleet/node_outlook.h"
#include "common/log.h"

#define PASS_S       30U /* each node is looked at so often */
#define TICK_MS      1000U
#define MINUTE_MS    60000U
#define SENTENCE_MAX 256

static void say(struct outlook_log *watch, const struct node *node, const struct scaler_settings *settings,
                enum resource resource, const struct outlook *outlook)
{
    char text[SENTENCE_MAX];

    if (watch->lines == OUTLOOK_LINES_MAX) {
        watch->left_out++;
        return;
    }
    watch->lines++;
    node_outlook_sentence(node, settings, resource, outlook, text, sizeof text);
    log_info("%s", text);
}

static void look_at(struct outlook_log *watch, struct node *node, int64_t now_ms)
{
    if (node->group == NULL || registry_liveness(node, now_ms, watch->config->gone_ms) != NODE_LIVE)
        return;
    const struct scaler_settings *settings = collector_config_group(watch->config, node->group->name);
    for (enum resource r = 0; r < RESOURCE_COUNT; r++) {
        struct outlook outlook = node_outlook(node, settings, r, now_ms);
        if (node_outlook_changed(node, settings, r, &outlook))
            say(watch, node, settings, r, &outlook);
    }
}

static void begin_minute(struct outlook_log *watch, uint64_t now_ms)
{
    if (now_ms - watch->minute_ms < MINUTE_MS)
        return;
    if (watch->left_out > 0)
        log_info("%u more nodes near a limit within the minute were not named", watch->left_out);
    watch->minute_ms = now_ms;
    watch->lines = 0;
    watch->left_out = 0;
}

static void outlook_log_on_tick(uint64_t now_ms, void *arg)
{
    struct outlook_log *watch = arg;
    unsigned count = watch->registry->node_count;

    begin_minute(watch, now_ms);
    for (unsigned i = 0; i < (count + PASS_S - 1) / PASS_S; i++) {
        if (watch->next >= count)
            watch->next = 0;
        look_at(watch, watch->registry->nodes[watch->next++], (int64_t)now_ms);
    }
}

void outlook_log_start(struct outlook_log *watch, uv_loop_t *loop, const struct registry *registry,
                       const struct collector_config *config)
{
    *watch = (struct outlook_log){.registry = registry, .config = config, .minute_ms = uv_now(loop)};
    ticker_start(&watch->ticker, loop, TICK_MS, 0, outlook_log_on_tick, watch);
}

void outlook_log_close(struct outlook_log *watch)
{
    ticker_close(&watch->ticker);
}
