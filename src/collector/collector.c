#include "collector/collector.h"

#include "collector/admin/admin.h"
#include "collector/admission.h"
#include "collector/autoscale/autoscale.h"
#include "collector/autoscale/decision_history.h"
#include "collector/autoscale/decision_log.h"
#include "collector/autoscale/outlook_log.h"
#include "collector/config_reload.h"
#include "collector/data_dir.h"
#include "collector/data_watch.h"
#include "collector/file_limit.h"
#include "collector/fleet/fleet_counts.h"
#include "collector/fleet/registry.h"
#include "collector/forward_watch.h"
#include "collector/housekeeping.h"
#include "collector/http/http.h"
#include "collector/intake/intake.h"
#include "collector/intake/listener.h"
#include "collector/loop_watch.h"
#include "collector/memory_limit.h"
#include "collector/problem_alerts.h"
#include "collector/program_log.h"
#include "collector/read_back.h"
#include "collector/report_watch.h"
#include "collector/service_manager.h"
#include "collector/signal_feeds.h"
#include "collector/signal_thread.h"
#include "collector/spawn/spawner.h"
#include "collector/store/backlog.h"
#include "collector/store/store.h"
#include "common/clock.h"
#include "common/handle.h"
#include "common/log.h"
#include "common/signals.h"
#include "common/wire.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <uv.h>

#define STOP_MS_MAX 10000U /* how long a shutdown waits for a disk that does not accept the last samples */

#define DRAINING_STORE     1U
#define DRAINING_AUTOSCALE 2U
#define DRAINING_ALERTS    4U

struct collector {
    struct collector_config config;
    struct file_limit limit; /* agents: as configured, or as many as there are descriptors */
    int argc;
    char **argv;
    struct config_reload reload;
    struct admission admission;
    uv_loop_t loop;
    struct data_dir data;
    struct data_watch data_watch;
    struct registry registry;
    struct backlog backlog;
    struct wire_arena arena;
    struct guesses guesses;
    struct intake_hub hub;
    struct store store;
    struct decision_log decisions;
    struct listener listener;
    struct loop_watch loop_watch;
    struct decision_history history;
    struct fleet_counts counts;
    struct report_watch report_watch;
    struct spawn_process *spawn;
    struct spawner spawner;
    struct autoscale autoscale;
    struct signal_feeds signal_feeds;
    struct outlook_log outlook;
    struct forward_watch forward_watch;
    struct answer_world world;
    struct problem_alerts problem_alerts;
    struct archive_engine engine;
    struct http http;
    struct admin admin;
    struct housekeeping housekeeping;
    struct signals signals;
    struct signal_thread signal_thread;
    struct service_manager manager;
    uv_timer_t stop_timer;
    bool stopping;
    int failure;       /* why it stops by itself: a negative errno; 0: it does not */
    unsigned draining; /* DRAINING_ bits: parts that still have something to write */
    bool closed;
};

/* ---- running ---- */

static void collector_on_received(void *arg)
{
    struct collector *collector = arg;

    store_poke(&collector->store, intake_take_flush_now(&collector->hub));
}

static void collector_on_stored(const struct backlog_instances *stored, void *arg)
{
    struct collector *collector = arg;

    listener_stored(&collector->listener, stored);
}

static void collector_on_held(bool held, void *arg)
{
    struct collector *collector = arg;

    listener_set_held(&collector->listener, held);
    if (held)
        data_watch_look(&collector->data_watch);
    service_manager_report_hub(&collector->manager, SERVICE_STATUS, &collector->hub);
}

static void collector_on_housekeeping(void *arg)
{
    struct collector *collector = arg;

    service_manager_report_hub(&collector->manager, SERVICE_STATUS, &collector->hub);
}

/* ---- stopping ---- */

static void collector_close(struct collector *collector)
{
    if (collector->closed)
        return;
    collector->closed = true;
    listener_close(&collector->listener);
    http_close(&collector->http);
    admin_close(&collector->admin);
    autoscale_close(&collector->autoscale);
    signal_feeds_close(&collector->signal_feeds);
    spawner_close(&collector->spawner);
    store_close(&collector->store);
    data_watch_close(&collector->data_watch);
    decision_log_close(&collector->decisions);
    outlook_log_close(&collector->outlook);
    forward_watch_close(&collector->forward_watch);
    report_watch_close(&collector->report_watch);
    problem_alerts_close(&collector->problem_alerts);
    housekeeping_close(&collector->housekeeping);
    config_reload_close(&collector->reload);
    admission_close(&collector->admission);
    loop_watch_close(&collector->loop_watch);
    signals_close(&collector->signals);
    signal_thread_close(&collector->signal_thread);
    service_manager_close(&collector->manager);
    handle_close(&collector->stop_timer, NULL);
}

/* A part may report more than once: what is received meanwhile is written, too. */
static void end_draining(struct collector *collector, unsigned part)
{
    collector->draining &= ~part;
    if (collector->draining == 0)
        collector_close(collector);
}

static void collector_on_store_drained(void *arg)
{
    end_draining(arg, DRAINING_STORE);
}

static void collector_on_autoscale_drained(void *arg)
{
    end_draining(arg, DRAINING_AUTOSCALE);
}

static void collector_on_alerts_drained(void *arg)
{
    end_draining(arg, DRAINING_ALERTS);
}

static void collector_on_stop_timer(uv_timer_t *timer)
{
    log_warning("the last samples could not be written to disk; their agents still have them");
    collector_close(timer->data);
}

/* The first signal stops in order: nothing new is received, and what was is stored. The second one stops at once. */
static void stop(struct collector *collector)
{
    if (collector->stopping) {
        collector_close(collector);
        return;
    }
    collector->stopping = true;
    collector->world.stopping = true;
    service_manager_report(&collector->manager, SERVICE_STOPPING, "Storing the last samples");
    listener_stop(&collector->listener);
    uv_timer_start(&collector->stop_timer, collector_on_stop_timer, STOP_MS_MAX, 0);
    collector->draining = DRAINING_STORE | DRAINING_AUTOSCALE | DRAINING_ALERTS;
    problem_alerts_drain(&collector->problem_alerts, collector_on_alerts_drained, collector);
    autoscale_drain(&collector->autoscale, collector_on_autoscale_drained, collector);
    store_drain(&collector->store, collector_on_store_drained);
}

/* Agents keep their samples until the next collector, which can scale again. */
static void collector_on_spawner_lost(const char *why, void *arg)
{
    struct collector *collector = arg;

    if (collector->stopping)
        return;
    program_log_spawner_lost(why);
    collector->failure = SPAWN_ERROR_LOST;
    stop(collector);
}

/* So that the service manager starts it again, on what is at the path now. */
static void collector_on_data_lost(bool taken, void *arg)
{
    struct collector *collector = arg;

    collector->failure = -ESTALE;
    if (taken)
        collector_close(collector);
    else if (!collector->stopping)
        stop(collector);
}

/* ---- configuration ---- */

static void apply_config(struct collector *collector)
{
    const struct collector_config *config = &collector->config;
    struct segments_limits limits = data_files_limits(config);

    store_set_limits(&collector->store, &limits);
    collector->decisions.rows.limits = limits;
    store_set_flush(&collector->store, (uint64_t)config->flush_ms);
    store_set_sync(&collector->store, config->sync_ms);
}

static void collector_on_config_file(void *arg)
{
    struct collector *collector = arg;

    autoscale_note_config(&collector->autoscale, &collector->reload.in_force);
}

static void reload(struct collector *collector)
{
    service_manager_report_reload(&collector->manager);
    if (config_reload_read(&collector->reload)) {
        apply_config(collector);
        admission_restart(&collector->admission);
        http_reload(&collector->http);
        housekeeping_reconfigure(&collector->housekeeping);
        autoscale_reconfigure(&collector->autoscale, &collector->config);
        signal_feeds_reconfigure(&collector->signal_feeds, &collector->config);
        config_reload_done(&collector->reload);
    }
    autoscale_note_config(&collector->autoscale, &collector->reload.in_force);
    service_manager_report_hub(&collector->manager, SERVICE_READY, &collector->hub);
}

static void collector_on_signal(int signum, void *arg)
{
    struct collector *collector = arg;

    if (signum == SIGHUP)
        reload(collector);
    else if (signum == SIGUSR1)
        program_log_account(&collector->hub, &collector->loop_watch, store_waits_ms(&collector->store), "so far");
    else
        stop(collector);
}

/* ---- starting ---- */

static int init_parts(struct collector *collector)
{
    const struct collector_config *config = &collector->config;
    uint32_t credit = intake_credit(collector->limit.agents);

    collector->hub = (struct intake_hub){
        .config = &collector->config,
        .registry = &collector->registry,
        .backlog = &collector->backlog,
        .arena = &collector->arena,
        .guesses = &collector->guesses,
        .agents_max = collector->limit.agents,
        .ack_interval_ms = (uint32_t)config->ack_interval_ms,
        .credit = credit,
    };
    int rc = registry_init(&collector->registry, config->history_ms);
    collector->registry.rings_bytes_max = config->memory_max > 0 ? config->memory_max : memory_limit_default();
    if (rc == 0)
        rc = backlog_init(&collector->backlog, intake_backlog_rows(collector->limit.agents, credit));
    if (rc == 0)
        rc = wire_arena_init(&collector->arena);
    if (rc == 0)
        rc = decision_history_init(&collector->history, clock_wall_ms());
    if (rc == 0)
        rc = fleet_counts_init(&collector->counts);
    if (rc < 0)
        log_error("out of memory; reduce --max-agents");
    return rc;
}

static int start_http(struct collector *collector, char *error, size_t error_size)
{
    collector->world = (struct answer_world){
        .registry = &collector->registry,
        .hub = &collector->hub,
        .history = &collector->history,
        .config = &collector->config,
        .overrides = &collector->autoscale.scaling.overrides,
        .signals = &collector->autoscale.scaling.signals,
        .conditions = &collector->autoscale.scaling.conditions,
        .turns_us = &collector->loop_watch.turns,
        .cpus_us = &collector->loop_watch.cpus,
        .stored_ms = store_waits_ms(&collector->store),
        .syncs_us = store_syncs_us(&collector->store),
        .handshakes_us = &collector->hub.handshakes.length_us,
        .signal_lines = &collector->signal_feeds.feeds.hub.lines,
        .files_deleted = store_deleted(&collector->store),
        .decisions_held = &collector->decisions.held,
        .cut_short = store_cut_short(&collector->store),
        .counts = &collector->counts,
        .config_in_force = &collector->reload.in_force,
        .forwarders = &collector->forward_watch.forwarders,
        .agents = &collector->hub.streaming,
        .agent_port = listener_port(&collector->listener),
    };
    archive_engine_init(&collector->engine, &collector->spawner, &collector->config);
    const struct http_options options = {.world = &collector->world,
                                         .hub = &collector->hub,
                                         .disk = &collector->data.files.disk,
                                         .engine = &collector->engine,
                                         .on_received = collector_on_received,
                                         .arg = collector};
    return http_start(&collector->http, &collector->loop, &options, error, error_size);
}

static int start_listener(struct collector *collector, char *error, size_t error_size)
{
    struct listener_options options = {.address = collector->config.listen,
                                       .agents_max = collector->limit.agents,
                                       .strangers_max = collector->limit.strangers,
                                       .hub = &collector->hub,
                                       .cb = collector_on_received,
                                       .arg = collector};

    admission_offer(&collector->admission, &options);
    int rc = listener_start(&collector->listener, &collector->loop, &options, error, error_size);
    collector->reload.needs_key = !collector->listener.loopback && !collector->config.insecure;
    return rc;
}

static int start_store(struct collector *collector)
{
    struct store_options options = {
        .parts = {&collector->data.files.disk, &collector->data.files.metrics, &collector->data.files.gaps,
                  &collector->backlog, &collector->registry, &collector->data.lock},
        .series = data_files_names,
        .series_count = DATA_FILES_COUNT,
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
    const struct autoscale_options autoscale = {.registry = &collector->registry,
                                                .config = config,
                                                .decisions = &collector->decisions,
                                                .history = &collector->history,
                                                .disk = &collector->data.state_disk,
                                                .spawner = &collector->spawner};
    const struct housekeeping_parts housekeeping = {
        config,   &collector->registry, &collector->autoscale.scaling, &collector->backlog, collector_on_housekeeping,
        collector};
    const struct report_watch_parts report = {&collector->hub, config, &collector->loop_watch, &collector->world.looks};
    const struct admin_world admin = {&collector->registry, &collector->autoscale, config};
    char error[512] = "out of memory";

    uv_timer_init(loop, &collector->stop_timer);
    collector->stop_timer.data = collector;
    housekeeping_start(&collector->housekeeping, loop, &housekeeping);
    config_reload_start(&collector->reload, loop, &collector->config, collector->argc, collector->argv,
                        collector_on_config_file, collector);
    outlook_log_start(&collector->outlook, loop, &collector->registry, &collector->config);
    forward_watch_start(&collector->forward_watch, loop, config);
    report_watch_start(&collector->report_watch, loop, &report);
    int rc = signals_start(&collector->signals, loop, signal_numbers, collector_on_signal, collector);
    if (rc == 0)
        rc = spawner_start(&collector->spawner, loop, collector->spawn, collector_on_spawner_lost, collector);
    if (rc == 0)
        rc = signal_thread_start(&collector->signal_thread);
    if (rc == 0)
        rc = loop_watch_start(&collector->loop_watch, loop);
    if (rc == 0)
        rc = data_watch_start(&collector->data_watch, loop, &collector->data, collector_on_data_lost, collector);
    if (rc == 0)
        rc = start_store(collector);
    if (rc == 0)
        rc = decision_log_start(&collector->decisions, loop, &collector->data.files.decisions, &collector->data.lock);
    if (rc == 0)
        rc = autoscale_start(&collector->autoscale, loop, &autoscale);
    if (rc == 0)
        rc = signal_feeds_start(&collector->signal_feeds, loop, config, &collector->spawner, collector->argv,
                                &collector->autoscale.scaling.signals);
    if (rc == 0)
        rc = admission_start(&collector->admission, loop, &collector->config, collector->data.fd, listener_on_keys,
                             &collector->listener, error, sizeof error);
    if (rc == 0)
        rc = start_listener(collector, error, sizeof error);
    if (rc == 0)
        rc = start_http(collector, error, sizeof error);
    if (rc == 0) {
        autoscale_note_config(&collector->autoscale, &collector->reload.in_force);
        admin_start(&collector->admin, loop, &admin);
        problem_alerts_start(&collector->problem_alerts, loop, &collector->world, &collector->spawner,
                             &collector->data.state_disk);
    }
    if (rc < 0)
        log_error("%s", error);
    return rc;
}

/* ---- from start to end ---- */

static void deinit_parts(struct collector *collector)
{
    listener_deinit(&collector->listener);
    admission_deinit(&collector->admission);
    autoscale_deinit(&collector->autoscale);
    problem_alerts_deinit(&collector->problem_alerts);
    fleet_counts_deinit(&collector->counts);
    decision_history_deinit(&collector->history);
    decision_log_deinit(&collector->decisions);
    store_deinit(&collector->store);
    wire_arena_deinit(&collector->arena);
    backlog_deinit(&collector->backlog);
    registry_deinit(&collector->registry);
    data_dir_close(&collector->data);
    collector_config_deinit(&collector->config);
}

static int run_loop(struct collector *collector)
{
    service_manager_start(&collector->manager, &collector->loop);
    const struct read_back_parts parts = {&collector->data, &collector->config, &collector->registry,
                                          &collector->hub.account, &collector->manager};
    int rc = read_back(&parts, &collector->loop);
    if (rc == 0)
        rc = start_on_loop(collector);
    if (rc == 0) {
        program_log_start(&collector->config, listener_port(&collector->listener), http_port(&collector->http),
                          collector->limit.agents);
        service_manager_report_hub(&collector->manager, SERVICE_READY, &collector->hub);
        uv_run(&collector->loop, UV_RUN_DEFAULT);
        program_log_account(&collector->hub, &collector->loop_watch, store_waits_ms(&collector->store), "stopped");
        rc = collector->failure;
    } else {
        collector_close(collector);
        uv_run(&collector->loop, UV_RUN_DEFAULT);
    }
    return rc;
}

int collector_run(struct collector_config *config, int argc, char **argv, struct spawn_process *spawn)
{
    struct collector collector = {.config = *config, .argc = argc, .argv = argv, .spawn = spawn};

    collector.limit = file_limit_raise(collector.config.agents_max, http_files_max(&collector.config) +
                                                                        FEED_RUN_FILES * collector.config.signal_count);
    int rc = data_dir_open(&collector.data, &collector.config);
    if (rc == 0)
        rc = init_parts(&collector);
    if (rc == 0 && (rc = uv_loop_init(&collector.loop)) < 0)
        log_error("can't create an event loop: %s; it needs memory and a few file descriptors", uv_strerror(rc));
    if (rc < 0) {
        deinit_parts(&collector);
        return rc;
    }
    rc = run_loop(&collector);
    int rc_close = uv_loop_close(&collector.loop);
    if (rc_close < 0)
        log_error("the event loop is not empty at exit: %s", uv_strerror(rc_close));
    deinit_parts(&collector);
    return rc < 0 ? rc : rc_close;
}
