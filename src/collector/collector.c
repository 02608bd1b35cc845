#include "collector/collector.h"

#include "collector/account_log.h"
#include "collector/autoscale/autoscale.h"
#include "collector/autoscale/decision_history.h"
#include "collector/autoscale/decision_log.h"
#include "collector/autoscale/outlook_log.h"
#include "collector/fleet/fleet_counts.h"
#include "collector/fleet/registry.h"
#include "collector/http/http.h"
#include "collector/intake/intake.h"
#include "collector/intake/listener.h"
#include "collector/loop_watch.h"
#include "collector/store/backlog.h"
#include "collector/store/csv.h"
#include "collector/store/gap_file.h"
#include "collector/store/index_file.h"
#include "collector/store/metrics_file.h"
#include "collector/store/recovery.h"
#include "collector/store/segments.h"
#include "collector/store/store.h"
#include "common/clock.h"
#include "common/disk_posix.h"
#include "common/handle.h"
#include "common/log.h"
#include "common/notify.h"
#include "common/signals.h"
#include "common/ticker.h"
#include "common/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#define RESERVED_FILES   64UL /* descriptors that are neither for agents nor for HTTP */
#define HOUSEKEEPING_MS  60000U
#define STOP_MS_MAX      10000U /* for a disk that does not take the last samples */
#define STOP_EXTEND_USEC "15000000"
#define READ_EXTEND_MS   5000U      /* while the store is read back, the service manager hears of it so often, */
#define READ_EXTEND_USEC "60000000" /* and waits so much longer */

struct collector {
    struct collector_config config;
    unsigned agents_max; /* as configured, or as many as there are descriptors */
    int argc;
    char **argv;
    uv_loop_t loop;
    int dir_fd;
    struct disk disk; /* the folder as a disk */
    struct segments metrics;
    struct segments gaps;
    struct segments decisions;
    struct index_file index; /* as found at the start */
    uint64_t extended_ms;    /* when the service manager was last asked to wait */
    struct registry registry;
    struct backlog backlog;
    struct wire_arena arena;
    struct intake_hub hub;
    struct store store;
    struct decision_log decision_log;
    struct listener listener;
    struct loop_watch loop_watch;
    struct decision_history board;
    struct fleet_counts survey;
    struct autoscale autoscale;
    struct outlook_log outlook;
    struct http_world world;
    struct http http;
    struct ticker housekeeping;
    struct signals signals;
    struct notify notify;
    uv_timer_t stop_timer;
    bool stopping;
    unsigned draining; /* parts that have not written their last yet */
    bool closed;
};

/* ---- running ---- */

/* before: further assignments for the service manager, each with a newline. */
static void notify_send_status(const struct collector *collector, const char *before)
{
    char status[256];

    account_log_status(&collector->hub, collector->listener.session_count, status, sizeof status);
    notify_send(&collector->notify, "%sSTATUS=%s", before, status);
}

static void collector_on_received(void *arg)
{
    struct collector *collector = arg;
    bool flush_now = collector->hub.hurry;

    collector->hub.hurry = false;
    store_poke(&collector->store, flush_now);
}

static void collector_on_stored(struct instance *stored, unsigned half, void *arg)
{
    struct collector *collector = arg;

    listener_stored(&collector->listener, stored, half);
}

static void collector_on_held(bool held, void *arg)
{
    struct collector *collector = arg;

    collector->hub.held = held;
    listener_ack_all(&collector->listener);
    notify_send_status(collector, "");
}

static void collector_on_housekeeping(uint64_t now_ms, void *arg)
{
    struct collector *collector = arg;
    registry_trim_rings(&collector->registry, (int64_t)now_ms);
    notify_send_status(collector, "");
}

/* ---- stopping ---- */

static void collector_close(struct collector *collector)
{
    if (collector->closed)
        return;
    collector->closed = true;
    listener_close(&collector->listener);
    http_close(&collector->http);
    autoscale_close(&collector->autoscale);
    store_close(&collector->store);
    decision_log_close(&collector->decision_log);
    outlook_log_close(&collector->outlook);
    ticker_close(&collector->housekeeping);
    loop_watch_close(&collector->loop_watch);
    signals_close(&collector->signals);
    notify_close(&collector->notify);
    handle_close(&collector->stop_timer, NULL);
}

static void collector_on_drained(void *arg)
{
    struct collector *collector = arg;

    if (--collector->draining == 0)
        collector_close(collector);
}

static void collector_on_stop_timer(uv_timer_t *timer)
{
    log_warning("the disk does not take the last samples; their agents still have them");
    collector_close(timer->data);
}

static void stop(struct collector *collector)
{
    if (collector->stopping) {
        collector_close(collector);
        return;
    }
    collector->stopping = true;
    collector->world.stopping = true;
    notify_send(&collector->notify,
                "STOPPING=1\nEXTEND_TIMEOUT_USEC=" STOP_EXTEND_USEC "\nSTATUS=Storing what was received");
    listener_stop(&collector->listener);
    uv_timer_start(&collector->stop_timer, collector_on_stop_timer, STOP_MS_MAX, 0);
    collector->draining = 2;
    autoscale_drain(&collector->autoscale, collector_on_drained, collector);
    store_drain(&collector->store, collector_on_drained);
}

/* ---- configuration ---- */

static struct segments_limits segment_limits(const struct collector_config *config)
{
    return (struct segments_limits){
        .rotate_bytes = config->rotate_bytes, .rotate_ms = config->rotate_ms, .retain_ms = config->retain_ms};
}

static void apply_config(struct collector *collector)
{
    const struct collector_config *config = &collector->config;
    struct segments_limits limits = segment_limits(config);

    store_set_limits(&collector->store, &limits);
    collector->decision_log.limits = limits;
    store_set_flush(&collector->store, (uint64_t)config->flush_ms);
    store_set_sync(&collector->store, config->sync_ms);
    collector->hub.token = config->token;
}

static void reload(struct collector *collector)
{
    struct collector_config fresh;
    char error[512];

    notify_send(&collector->notify, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, (uint64_t)(uv_hrtime() / 1000));
    if (collector_config_load(&fresh, collector->argc, collector->argv, error, sizeof error) < 0) {
        log_error("the configuration is not taken over, the old one stays: %s", error);
    } else {
        const char *fixed = collector_config_needs_restart(&collector->config, &fresh);
        if (fixed != NULL)
            log_warning("a change of %s takes effect at the next start", fixed);
        collector_config_deinit(&collector->config);
        collector->config = fresh;
        apply_config(collector);
        autoscale_reconfigure(&collector->autoscale, &collector->config);
        log_info("the configuration was read again");
    }
    notify_send_status(collector, "READY=1\n");
}

static void log_account(const struct collector *collector, const char *when)
{
    account_log(&collector->hub, when);
    account_log_waits(&collector->loop_watch, store_waits_ms(&collector->store));
}

static void collector_on_signal(int signum, void *arg)
{
    if (signum == SIGHUP)
        reload(arg);
    else if (signum == SIGUSR1)
        log_account(arg, "so far");
    else
        stop(arg);
}

/* ---- starting ---- */

/* Takes all descriptors that the hard limit (LimitNOFILE=) allows; returns how many agents they serve. */
static unsigned raise_file_limit(unsigned agents_max, unsigned http_connections_max)
{
    struct rlimit limit;
    rlim_t reserved = RESERVED_FILES + http_connections_max;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return agents_max;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
        return agents_max;
    rlim_t room = limit.rlim_cur > reserved + RESERVED_FILES ? limit.rlim_cur - reserved : RESERVED_FILES;
    return agents_max > room ? (unsigned)room : agents_max;
}

static int open_data_dir(struct collector *collector)
{
    const char *path = collector->config.data_dir;

    if (mkdir(path, 0750) < 0 && errno != EEXIST) {
        int rc = -errno;
        log_error("--data: can't make %s: %s; its parent must exist and be writable", path, strerror(-rc));
        return rc;
    }
    collector->dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (collector->dir_fd < 0) {
        int rc = -errno;
        log_error("--data: can't open %s: %s", path, strerror(-rc));
        return rc;
    }
    if (flock(collector->dir_fd, LOCK_EX | LOCK_NB) < 0) {
        int rc = -errno;
        log_error("--data: %s is in use by another collector; give each its own", path);
        return rc;
    }
    return 0;
}

/* name: of the file that was opened with that result. */
static int report_open(const struct collector *collector, const char *name, int rc, uint64_t cut)
{
    if (rc < 0)
        log_error("--data: can't open %s/%s.csv: %s; the folder must be writable", collector->config.data_dir, name,
                  strerror(-rc));
    else if (cut > 0)
        log_warning("%s.csv ended in %" PRIu64 " bytes that are not whole rows; they were moved to %s.cut-*", name, cut,
                    name);
    return rc;
}

static int open_decisions(struct collector *collector, const struct segments_limits *limits)
{
    struct segments_options options = {
        .name = "decisions", .header = decision_log_header, .row_ok = decision_log_row_ok, .limits = *limits};
    uint64_t cut = 0;

    int rc = segments_open(&collector->decisions, &collector->disk, &options, &cut);
    return report_open(collector, options.name, rc, cut);
}

static int open_files(struct collector *collector)
{
    struct segments_limits limits = segment_limits(&collector->config);
    uint64_t cut = 0;

    int rc = open_data_dir(collector);
    if (rc < 0)
        return rc;
    collector->disk = disk_posix(collector->dir_fd);
    index_file_read(&collector->index, &collector->disk);
    rc = metrics_file_open(&collector->metrics, &collector->disk, &limits, collector->index.last_segment, &cut);
    if (report_open(collector, "metrics", rc, cut) < 0)
        return rc;
    rc = gap_file_open(&collector->gaps, &collector->disk, &limits, &cut);
    if (report_open(collector, "gaps", rc, cut) < 0)
        return rc;
    return open_decisions(collector, &limits);
}

/* A long start is no reason to be killed, as long as it gets on. */
static void collector_on_progress(void *arg)
{
    struct collector *collector = arg;

    uv_update_time(&collector->loop);
    uint64_t now_ms = uv_now(&collector->loop);
    if (now_ms - collector->extended_ms < READ_EXTEND_MS)
        return;
    collector->extended_ms = now_ms;
    notify_send(&collector->notify, "EXTEND_TIMEOUT_USEC=" READ_EXTEND_USEC "\nSTATUS=Reading the stored samples back");
}

static void log_recovery(const struct collector *collector, const struct recovery_report *report)
{
    static const char *const why_all[] = {
        [RECOVERY_INDEX_MISSING] = "there is no " INDEX_FILE_NAME,
        [RECOVERY_INDEX_DAMAGED] = INDEX_FILE_NAME " is damaged, or of another version",
        [RECOVERY_INDEX_UNFIT] = INDEX_FILE_NAME " and the segments do not fit each other: some were removed by hand",
    };

    if (report->rows > 0 || report->files_skipped > 0)
        log_info("read back %" PRIu64 " samples of %u nodes from %" PRIu64 " files; %" PRIu64
                 " older ones were not needed",
                 report->rows, collector->registry.node_count, report->files_read, report->files_skipped);
    if (report->index != RECOVERY_INDEX_USED && report->files_read > 1)
        log_info("all files were read, which takes longer: %s", why_all[report->index]);
    if (report->bad_rows > 0)
        log_warning("%" PRIu64 " rows of older segments are damaged and were passed over", report->bad_rows);
    if (report->unplaced > 0)
        log_warning("%" PRIu64 " rows are of more than %u nodes or %u groups and were passed over", report->unplaced,
                    NODES_MAX, GROUPS_MAX);
}

static int recover(struct collector *collector)
{
    struct recovery_report report;
    struct recovery_options options = {
        .now_ms = (int64_t)uv_now(&collector->loop),
        .wall_ms = clock_wall_ms(),
        .gone_ms = collector->config.gone_ms,
        .progress = collector_on_progress,
        .arg = collector,
    };

    int rc = recovery_run(&collector->metrics, &collector->index, &collector->registry, &options, &report);
    index_file_free(&collector->index);
    if (rc == 0)
        rc = gap_file_recover(&collector->gaps, &collector->registry, &options, report.indexed_ms);
    /* Reading may have taken long; agents have their time to come back from now on. */
    uv_update_time(&collector->loop);
    for (unsigned i = 0; i < collector->registry.node_count; i++)
        collector->registry.nodes[i]->known_ms = (int64_t)uv_now(&collector->loop);
    if (rc < 0) {
        log_error("can't read the stored samples back from %s: %s", collector->config.data_dir, strerror(-rc));
        return rc;
    }
    log_recovery(collector, &report);
    return 0;
}

static uint32_t credit_for(unsigned agents_max)
{
    uint32_t credit = STORE_ROWS_MAX / agents_max;

    if (credit < CREDIT_MIN)
        return CREDIT_MIN;
    return credit > CREDIT_MAX ? CREDIT_MAX : credit;
}

static int init_parts(struct collector *collector)
{
    const struct collector_config *config = &collector->config;
    uint32_t credit = credit_for(collector->agents_max);

    collector->hub = (struct intake_hub){
        .registry = &collector->registry,
        .backlog = &collector->backlog,
        .arena = &collector->arena,
        .token = config->token,
        .ack_interval_ms = (uint32_t)config->ack_interval_ms,
        .credit = credit,
    };
    int rc = registry_init(&collector->registry, config->history_ms);
    if (rc == 0) /* a quarter more than the agents' credit: rows of sessions that broke off */
        rc = backlog_init(&collector->backlog, collector->agents_max * credit / 4 * 5);
    if (rc == 0)
        rc = wire_arena_init(&collector->arena);
    if (rc == 0)
        rc = decision_history_init(&collector->board, clock_wall_ms());
    if (rc == 0)
        rc = fleet_counts_init(&collector->survey);
    if (rc < 0)
        log_error("out of memory; a smaller --max-agents needs less");
    return rc;
}

static int start_http(struct collector *collector, char *error, size_t error_size)
{
    collector->world = (struct http_world){
        .registry = &collector->registry,
        .hub = &collector->hub,
        .board = &collector->board,
        .config = &collector->config,
        .turns_us = &collector->loop_watch.turns,
        .stored_ms = store_waits_ms(&collector->store),
        .syncs_us = store_syncs_us(&collector->store),
        .survey = &collector->survey,
        .agents = &collector->listener.session_count,
        .agent_port = listener_port(&collector->listener),
    };
    return http_start(&collector->http, &collector->loop, &collector->world, &collector->hub, collector_on_received,
                      collector, error, error_size);
}

static int start_store(struct collector *collector)
{
    struct store_options options = {
        .parts = {&collector->disk, &collector->metrics, &collector->gaps, &collector->backlog, &collector->registry},
        .flush_ms = (uint64_t)collector->config.flush_ms,
        .sync_ms = collector->config.sync_ms,
        .stored_cb = collector_on_stored,
        .held_cb = collector_on_held,
        .arg = collector,
    };

    return store_start(&collector->store, &collector->loop, &options);
}

static int start_on_loop(struct collector *collector)
{
    static const int signal_numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, 0};
    const struct collector_config *config = &collector->config;
    uv_loop_t *loop = &collector->loop;
    char error[512] = "out of memory";

    uv_timer_init(loop, &collector->stop_timer);
    collector->stop_timer.data = collector;
    ticker_start(&collector->housekeeping, loop, HOUSEKEEPING_MS, 0, collector_on_housekeeping, collector);
    outlook_log_start(&collector->outlook, loop, &collector->registry, &collector->config);
    int rc = signals_start(&collector->signals, loop, signal_numbers, collector_on_signal, collector);
    if (rc == 0)
        rc = loop_watch_start(&collector->loop_watch, loop);
    if (rc == 0)
        rc = start_store(collector);
    if (rc == 0)
        rc = decision_log_start(&collector->decision_log, loop, &collector->decisions);
    if (rc == 0)
        rc = autoscale_start(&collector->autoscale, loop, &collector->registry, config, &collector->decision_log,
                             &collector->board, collector->dir_fd);
    if (rc == 0)
        rc = listener_start(&collector->listener, loop, &config->listen, collector->agents_max, &collector->hub,
                            collector_on_received, collector, error, sizeof error);
    if (rc == 0)
        rc = start_http(collector, error, sizeof error);
    if (rc < 0)
        log_error("%s", error);
    return rc;
}

static void log_start(const struct collector *collector)
{
    const struct collector_config *config = &collector->config;
    struct address address = config->listen;
    char name[ADDRESS_HOST_MAX + 10];

    address.port = (uint16_t)listener_port(&collector->listener);
    format_address(&address, name, sizeof name);
    log_info("headroom-collector " HEADROOM_VERSION ": listening on %s for up to %u agents, storing in %s", name,
             collector->agents_max, config->data_dir);
    if (http_port(&collector->http) == 0)
        return;
    address = config->http;
    address.port = (uint16_t)http_port(&collector->http);
    format_address(&address, name, sizeof name);
    log_info("http on %s: the page is http://%s/", name, name);
}

/* ---- life ---- */

static void deinit_parts(struct collector *collector)
{
    listener_deinit(&collector->listener);
    autoscale_deinit(&collector->autoscale);
    fleet_counts_deinit(&collector->survey);
    decision_history_deinit(&collector->board);
    decision_log_deinit(&collector->decision_log);
    store_deinit(&collector->store);
    index_file_free(&collector->index);
    wire_arena_deinit(&collector->arena);
    backlog_deinit(&collector->backlog);
    registry_deinit(&collector->registry);
    int rc = segments_close(&collector->metrics);
    if (rc < 0)
        log_error("the last samples of metrics.csv can't be synced: %s", strerror(-rc));
    (void)segments_close(&collector->gaps); /* synced after each write, both */
    (void)segments_close(&collector->decisions);
    if (collector->dir_fd >= 0)
        close(collector->dir_fd);
    collector_config_deinit(&collector->config);
}

static int run_loop(struct collector *collector)
{
    notify_start(&collector->notify, &collector->loop);
    int rc = recover(collector);
    if (rc == 0)
        rc = start_on_loop(collector);
    if (rc == 0) {
        log_start(collector);
        notify_send_status(collector, "READY=1\n");
        uv_run(&collector->loop, UV_RUN_DEFAULT);
        log_account(collector, "stopped");
    } else {
        collector_close(collector);
        uv_run(&collector->loop, UV_RUN_DEFAULT);
    }
    return rc;
}

int collector_run(struct collector_config *config, int argc, char **argv)
{
    struct collector collector = {.config = *config, .argc = argc, .argv = argv, .dir_fd = -1};

    collector.agents_max = raise_file_limit(collector.config.agents_max, collector.config.http_connections_max);
    int rc = open_files(&collector);
    if (rc == 0)
        rc = init_parts(&collector);
    if (rc == 0 && (rc = uv_loop_init(&collector.loop)) < 0)
        log_error("can't make an event loop: %s; it needs memory and a few file descriptors", uv_strerror(rc));
    if (rc < 0) {
        deinit_parts(&collector);
        return rc;
    }
    rc = run_loop(&collector);
    int rc_close = uv_loop_close(&collector.loop);
    if (rc_close < 0)
        log_error("the event loop is not empty at the end: %s", uv_strerror(rc_close));
    deinit_parts(&collector);
    return rc < 0 ? rc : rc_close;
}
