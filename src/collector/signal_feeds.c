#include "collector/signal_feeds.h"

#include "collector/spawn/bridge_path.h"
#include "common/log.h"

static void signal_feeds_on_line(const struct feed_line *line, void *arg)
{
    struct signal_feeds *signals = arg;

    (void)signal_table_take(signals->table, line, (int64_t)uv_now(signals->feeds.hub.loop));
}

int signal_feeds_start(struct signal_feeds *signals, uv_loop_t *loop, const struct collector_config *config,
                       struct spawner *spawner, char *const *argv, struct signal_table *table)
{
    const struct feed_options options = {
        .spawner = spawner, .bridge = signals->bridge, .argv = argv, .cb = signal_feeds_on_line, .arg = signals};

    signals->table = table;
    bridge_path_find(signals->bridge);
    return feeds_start(&signals->feeds, loop, config, &options);
}

void signal_feeds_reconfigure(struct signal_feeds *signals, const struct collector_config *config)
{
    if (feeds_reconfigure(&signals->feeds, config) < 0)
        log_error("out of memory: some of the programs that report signals don't run");
}

void signal_feeds_close(struct signal_feeds *signals)
{
    feeds_close(&signals->feeds);
}
