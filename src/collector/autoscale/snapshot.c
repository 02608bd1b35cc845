#include "collector/autoscale/snapshot.h"

#include "collector/autoscale/snapshot_file.h"
#include "common/clock.h"
#include "common/handle.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NS_PER_MS 1000000U
#define BOOT_FILE "/proc/sys/kernel/random/boot_id"

/* ---- the moment ---- */

/* Without that file each start counts as another boot. */
static void read_boot(char *boot, size_t size)
{
    int fd = open(BOOT_FILE, O_RDONLY | O_CLOEXEC);

    boot[0] = '\0';
    if (fd >= 0) {
        ssize_t len = read(fd, boot, size - 1);
        boot[len > 0 ? len : 0] = '\0';
        boot[strcspn(boot, " \n")] = '\0';
        close(fd);
    }
    if (boot[0] == '\0')
        snprintf(boot, size, "unknown-%" PRId64, clock_wall_ms());
}

void snapshot_now(const struct snapshot *snapshot, struct state_moment *now)
{
    memcpy(now->boot, snapshot->boot, sizeof now->boot);
    now->mono_ms = (int64_t)(uv_hrtime() / NS_PER_MS); /* as uv_now(), but not of the loop's last turn */
    now->wall_ms = clock_wall_ms();
}

/* ---- making and writing the text ---- */

static void next_action(struct snapshot *snapshot);

/* A step of the text. After the last one the text belongs to the worker. */
static bool snapshot_on_step(void *arg)
{
    struct snapshot *snapshot = arg;
    uint64_t before_ns = uv_hrtime();
    bool more = snapshot->fill_cb(&snapshot->text, snapshot->step++, snapshot->arg);

    snapshot->spent_ns += uv_hrtime() - before_ns;
    if (!more) {
        snapshot_plan_filled(&snapshot->plan, uv_now(snapshot->loop), snapshot->spent_ns);
        write_job_begin(&snapshot->job);
    }
    return more;
}

static int snapshot_on_write(void *arg)
{
    struct snapshot *snapshot = arg;

    int rc = state_end(&snapshot->text);
    return rc == 0 ? snapshot_file_write(snapshot->disk, snapshot->text.text, snapshot->text.len) : rc;
}

static void snapshot_on_written(int rc, void *arg)
{
    struct snapshot *snapshot = arg;

    (void)rc; /* logged; the next poke tries again */
    snapshot_plan_written(&snapshot->plan);
    next_action(snapshot);
}

static void snapshot_on_timer(uv_timer_t *timer)
{
    next_action(timer->data);
}

static void next_action(struct snapshot *snapshot)
{
    uint64_t wait_ms = 0;

    switch (snapshot_plan_next(&snapshot->plan, uv_now(snapshot->loop), &wait_ms)) {
    case SNAPSHOT_NOTHING:
        break;
    case SNAPSHOT_WAIT:
        uv_timer_start(&snapshot->timer, snapshot_on_timer, wait_ms, 0);
        break;
    case SNAPSHOT_FILL:
        snapshot->step = 0;
        snapshot->spent_ns = 0;
        slices_run(&snapshot->slices);
        break;
    case SNAPSHOT_DRAINED:
        snapshot->drained_cb(snapshot->drained_arg);
        break;
    }
}

void snapshot_poke(struct snapshot *snapshot)
{
    snapshot_plan_poke(&snapshot->plan);
    next_action(snapshot);
}

void snapshot_drain(struct snapshot *snapshot, snapshot_drained_cb *drained_cb, void *arg)
{
    snapshot->drained_cb = drained_cb;
    snapshot->drained_arg = arg;
    snapshot_plan_drain(&snapshot->plan);
    next_action(snapshot);
}

/* ---- life ---- */

void snapshot_start(struct snapshot *snapshot, uv_loop_t *loop, const struct disk *disk, snapshot_fill_cb *fill_cb,
                    void *arg)
{
    const struct write_job_options options = {
        .file = SNAPSHOT_FILE_NAME,
        .consequence = "decisions continue, but a restart would begin from an older state",
        .write = snapshot_on_write,
        .on_written = snapshot_on_written,
        .arg = snapshot,
    };

    *snapshot = (struct snapshot){.loop = loop, .disk = disk, .fill_cb = fill_cb, .arg = arg};
    read_boot(snapshot->boot, sizeof snapshot->boot);
    uv_timer_init(loop, &snapshot->timer);
    snapshot->timer.data = snapshot;
    slices_start(&snapshot->slices, loop, snapshot_on_step, snapshot);
    write_job_start(&snapshot->job, loop, &options);
}

void snapshot_close(struct snapshot *snapshot)
{
    snapshot_plan_close(&snapshot->plan);
    handle_close(&snapshot->timer, NULL);
    slices_close(&snapshot->slices);
    write_job_close(&snapshot->job);
}

void snapshot_deinit(struct snapshot *snapshot)
{
    free(snapshot->text.text);
    snapshot->text = (struct state_text){0};
}
