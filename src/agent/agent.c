#include "agent/agent.h"

#include "agent/departure.h"
#include "agent/manager_jobs.h"
#include "agent/node_certificate.h"
#include "agent/report.h"
#include "agent/sampling/probe.h"
#include "agent/sampling/sampler.h"
#include "agent/spool/outbox.h"
#include "agent/spool/spool_file.h"
#include "agent/uplink/delivery.h"
#include "agent/uplink/sender.h"
#include "agent/uplink/uplink.h"
#include "common/clock.h"
#include "common/handle.h"
#include "common/log.h"
#include "common/notify.h"
#include "common/signals.h"
#include "common/ticker.h"
#include "common/wire.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>
#include <uv.h>

#define FAREWELL_MS_MAX 5000U

struct agent {
    const struct agent_config *config;
    uv_loop_t loop;
    struct probe *probe;
    struct spool_file file;
    struct wire_arena arena;
    struct sender sender;
    struct delivery delivery;
    struct uplink_key *key;               /* NULL: no token file */
    struct node_certificate *certificate; /* NULL: there are none */
    struct uplink uplink;
    struct ticker ticker;
    struct sampler sampler;
    struct signals signals;
    struct notify notify;
    struct manager_jobs jobs;
    uv_timer_t farewell;      /* bounds the wait for the last Ack */
    char view[NODE_VIEW_MAX]; /* as it was logged last */
    bool draining;
    bool stopping;
    bool closed;
};

static uint64_t random_instance(void)
{
    uint64_t instance = 0;

    while (instance == 0)
        if (getrandom(&instance, sizeof instance, 0) != (ssize_t)sizeof instance)
            instance = (uint64_t)clock_wall_ms() ^ (uint64_t)clock_uptime_ms() << 32;
    return instance;
}

static void agent_close(struct agent *agent)
{
    if (agent->closed)
        return;
    agent->closed = true;
    ticker_close(&agent->ticker);
    sampler_close(&agent->sampler);
    uplink_close(&agent->uplink);
    signals_close(&agent->signals);
    notify_close(&agent->notify);
    manager_jobs_close(&agent->jobs);
    spool_file_close(&agent->file);
    node_certificate_close(agent->certificate);
    handle_close(&agent->farewell, NULL);
}

/* A virtual machine can get more or fewer cores while it runs, and a container other limits. */
static void look_at_facts(struct agent *agent)
{
    char text[REPORT_TEXT_MAX];
    struct node_facts facts;

    if (!probe_new_facts(agent->probe, &facts))
        return;
    bool has_changed = sender_set_node(&agent->sender, node_facts_cpu_milli(&facts), facts.memory_bytes);

    if (facts.protection != NODE_PROTECTION_UNKNOWN)
        sender_protect(&agent->sender, facts.protection == NODE_PROTECTED);
    if (strcmp(facts.view, agent->view) != 0) {
        memcpy(agent->view, facts.view, sizeof agent->view);
        report_view(text, &facts);
    } else if (has_changed) {
        report_node(text, &facts);
    } else {
        return;
    }
    log_info("%s", text);
}

static void agent_on_tick(uint64_t now_ms, void *arg)
{
    struct agent *agent = arg;

    (void)now_ms;
    if (agent->stopping)
        return;
    sampler_tick(&agent->sampler);
}

static void agent_on_sample(struct sample *sample, void *arg)
{
    struct agent *agent = arg;

    if (agent->stopping)
        return;
    look_at_facts(agent);
    (void)delivery_take(&agent->delivery, sample);
    uplink_pump(&agent->uplink);
}

static void agent_on_uplink(enum uplink_event event, void *arg)
{
    struct agent *agent = arg;
    bool done = delivery_on_event(&agent->delivery, event);

    switch (event) {
    case UPLINK_UP:
        notify_send(&agent->notify, "STATUS=Streaming to %s", uplink_peer(&agent->uplink));
        break;
    case UPLINK_DOWN:
        notify_send(&agent->notify, "STATUS=No collector; samples are waiting");
        break;
    case UPLINK_ACKED:
        if (done)
            agent_close(agent);
        break;
    case UPLINK_PAST:
        log_info("all samples of an earlier run are acknowledged");
        break;
    case UPLINK_AHEAD:
        spool_renumber(spool_file_spool(&agent->file), random_instance());
        break;
    }
}

static void agent_on_farewell_timer(uv_timer_t *timer)
{
    agent_close(timer->data);
}

/* ---- stopping ---- */

/* Sends the rest, and a Goodbye. */
static void leave(struct agent *agent, enum departure departure)
{
    if (departure == DEPARTURE_REBOOT)
        sender_note_reboot(&agent->sender);
    if (delivery_leave(&agent->delivery, departure == DEPARTURE_LEAVE ? HEADROOM__DEPARTURE__DEPARTURE_LEAVING
                                                                      : HEADROOM__DEPARTURE__DEPARTURE_RESTARTING)) {
        agent_close(agent);
        return;
    }
    uv_timer_start(&agent->farewell, agent_on_farewell_timer, FAREWELL_MS_MAX, 0);
    uplink_pump(&agent->uplink);
}

static void agent_on_jobs(const char *text, void *arg)
{
    leave(arg, departure_of(false, text));
}

/* Only a service manager knows whether the machine stops with the agent. It sets INVOCATION_ID. */
static void leave_by_itself(struct agent *agent)
{
    bool is_main = getpid() == 1;

    if (is_main || getenv("INVOCATION_ID") == NULL)
        leave(agent, departure_of(is_main, ""));
    else
        manager_jobs_ask(&agent->jobs, &agent->loop, agent_on_jobs, agent);
}

static void stop(struct agent *agent)
{
    agent->stopping = true;
    notify_send(&agent->notify, "STOPPING=1\nSTATUS=Waiting for the last acknowledgements");
    if (agent->draining || agent->config->on_stop == ON_STOP_LEAVING)
        leave(agent, DEPARTURE_LEAVE);
    else if (agent->config->on_stop == ON_STOP_RESTARTING)
        leave(agent, DEPARTURE_RESTART);
    else
        leave_by_itself(agent);
}

static void agent_on_signal(int signum, void *arg)
{
    struct agent *agent = arg;

    if (signum == SIGUSR1) {
        agent->draining = true;
        log_info("draining: when the agent stops, the collector will count this node as removed on purpose");
        return;
    }
    if (agent->stopping) {
        agent_close(agent);
        return;
    }
    stop(agent);
}

/* ---- start and end ---- */

/* What the agent says of itself in its Hello; the strings are the config's. */
static struct sender_identity identity_of(const struct agent_config *config, const struct node_facts *facts)
{
    return (struct sender_identity){
        .node_id = config->node_id,
        .group = config->group,
        .interval_ms = (uint32_t)config->interval_ms,
        .cpu_milli = node_facts_cpu_milli(facts),
        .memory_bytes = facts->memory_bytes,
        .boot_id = spool_file_boot(config->root),
    };
}

/* GnuTLS is loaded only by an agent with a key or certificates: here, or by node_certificate. */
static int init_key(struct agent *agent)
{
    const struct agent_config *config = agent->config;
    char error[512];

    if (config->token_file[0] == '\0')
        return 0;
    agent->key = uplink_key_new(config->token_file, &config->key, error, sizeof error);
    if (agent->key == NULL)
        log_error("--token-file: %s", error);
    return agent->key != NULL ? 0 : -ENOMEM;
}

static int init_parts(struct agent *agent)
{
    const struct agent_config *config = agent->config;

    int rc = probe_new(config, &agent->probe);
    if (rc < 0)
        return rc;
    const struct node_facts facts = probe_facts(agent->probe);
    struct sender_identity identity = identity_of(config, &facts);

    rc = spool_file_open(&agent->file, config->spool, config->node_id, config->outbox_samples, identity.boot_id,
                         random_instance());
    if (rc == 0)
        rc = wire_arena_init(&agent->arena);
    identity.secret = spool_file_secret(&agent->file);
    if (rc == 0)
        rc = sender_init(&agent->sender, &identity, spool_present(spool_file_spool(&agent->file)), &agent->arena);
    if (rc == -ENOMEM)
        log_error("out of memory; reduce --outbox");
    if (rc < 0)
        return rc;
    delivery_init(&agent->delivery, spool_file_spool(&agent->file), &agent->sender);
    return init_key(agent);
}

static void agent_on_renewed(void *arg)
{
    struct agent *agent = arg;

    log_info("connecting anew with the new certificate");
    uplink_renew(&agent->uplink);
}

static int start_certificate(struct agent *agent)
{
    struct certificate_paths paths;
    char error[PATH_MAX + 256];

    agent_config_certificates(agent->config, &paths);
    if (!certificate_paths_any(&paths))
        return 0;
    agent->certificate =
        node_certificate_new(&agent->loop, agent->config, agent_on_renewed, agent, error, sizeof error);
    if (agent->certificate != NULL)
        return 0;
    log_error("%s", error);
    return -EINVAL;
}

static int start_on_loop(struct agent *agent)
{
    static const int signal_numbers[] = {SIGTERM, SIGINT, SIGUSR1, 0};
    const struct agent_config *config = agent->config;

    uv_timer_init(&agent->loop, &agent->farewell);
    agent->farewell.data = agent;
    notify_start(&agent->notify, &agent->loop);
    spool_file_start(&agent->file, &agent->loop);
    ticker_start(&agent->ticker, &agent->loop, (uint64_t)config->interval_ms, agent_config_phase(config), agent_on_tick,
                 agent);
    int rc = sampler_start(&agent->sampler, &agent->loop, agent->probe, agent_on_sample, agent);
    int rc_signals = signals_start(&agent->signals, &agent->loop, signal_numbers, agent_on_signal, agent);
    int rc_certificate = start_certificate(agent);
    struct uplink_options options = {.sender = &agent->sender,
                                     .key = agent->key,
                                     .credentials =
                                         agent->certificate != NULL ? &agent->certificate->credentials : NULL,
                                     .server_name = config->server_name,
                                     .collectors = config->collectors.addresses,
                                     .count = config->collectors.count,
                                     .seed = random_instance()};
    if (rc == 0)
        rc = rc_certificate;
    int rc_uplink = uplink_start(&agent->uplink, &agent->loop, &options, agent_on_uplink, agent);
    rc = rc < 0 ? rc : rc_signals < 0 ? rc_signals : rc_uplink;
    if (rc < 0)
        log_error("can't start: %s", uv_strerror(rc));
    return rc;
}

static void log_found(const struct agent *agent)
{
    struct report_line lines[REPORT_LINES_MAX];
    unsigned count = report_found(spool_file_found(&agent->file), lines);

    for (unsigned i = 0; i < count; i++)
        log_record(lines[i].warning ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, lines[i].text, NULL, 0);
}

static void log_account(struct agent *agent)
{
    const struct outbox *present = spool_present(spool_file_spool(&agent->file));
    uint64_t earlier = spool_waiting(spool_file_spool(&agent->file)) - outbox_waiting(present);
    char text[REPORT_TEXT_MAX];

    report_account(text, present, earlier, spool_file_lasting(&agent->file));
    log_info("%s", text);
}

static void deinit_parts(struct agent *agent)
{
    uplink_deinit(&agent->uplink);
    uplink_key_free(agent->key);
    node_certificate_free(agent->certificate);
    sender_deinit(&agent->sender);
    wire_arena_deinit(&agent->arena);
    spool_file_deinit(&agent->file);
    probe_free(agent->probe);
}

int agent_run(const struct agent_config *config)
{
    struct agent agent = {.config = config, .file = {.fd = -1}, .draining = config->drain};
    char text[REPORT_TEXT_MAX];

    int rc = init_parts(&agent);
    if (rc == 0 && (rc = uv_loop_init(&agent.loop)) < 0)
        log_error("can't create an event loop: %s; it needs memory and a few file descriptors", uv_strerror(rc));
    if (rc < 0) {
        deinit_parts(&agent);
        return rc;
    }
    rc = start_on_loop(&agent);
    if (rc == 0) {
        report_start(text, config->node_id, config->group, config->interval_ms);
        log_info("%s", text);
        log_found(&agent);
        notify_send(&agent.notify, "READY=1\nSTATUS=Connecting");
    } else {
        agent_close(&agent);
    }
    uv_run(&agent.loop, UV_RUN_DEFAULT);
    int rc_close = uv_loop_close(&agent.loop);
    if (rc_close < 0)
        log_error("the event loop is not empty at exit: %s", uv_strerror(rc_close));
    if (rc == 0)
        log_account(&agent);
    deinit_parts(&agent);
    return rc < 0 ? rc : rc_close;
}
