#include "collector/read_back.h"

#include "common/clock.h"

struct progress {
    struct service_manager *manager;
    struct dir_lock *lock;
    uv_loop_t *loop;
};

static void read_back_on_progress(void *arg)
{
    struct progress *progress = arg;

    uv_update_time(progress->loop);
    service_manager_report_progress(progress->manager, uv_now(progress->loop));
    if (dir_lock_is_due(progress->lock))
        (void)dir_lock_renew(progress->lock); /* the loop looks at the result, which it has again at its first turn */
}

int read_back(const struct read_back_parts *parts, uv_loop_t *loop)
{
    struct progress progress = {parts->manager, &parts->data->lock, loop};
    struct recovery_options options = {
        .now_ms = (int64_t)uv_now(loop),
        .wall_ms = clock_wall_ms(),
        .gone_ms = parts->config->gone_ms,
        .progress = read_back_on_progress,
        .arg = &progress,
    };

    int rc = data_dir_recover(parts->data, parts->config, parts->registry, &options);
    parts->account->missing[GAP_DAMAGED] += parts->data->files.damaged_samples;
    uv_update_time(loop);
    registry_restart_waiting(parts->registry, (int64_t)uv_now(loop));
    return rc;
}
