#include "loadgen/load.h"

#include "common/backoff.h"
#include "common/clock.h"
#include "common/handle.h"
#include "common/log.h"
#include "common/random.h"
#include "common/send.h"
#include "common/signals.h"
#include "loadgen/client.h"
#include "loadgen/pattern.h"
#include "tls/certificate_set.h"
#include "tls/certificate_text.h"
#include "tls/channel.h"
#include "tls/tls_library.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

#define TICK_MS           1U
#define CONNECTS_PER_TICK 20U
#define CONNECT_MS_MAX    180000U
#define FINISH_MS_MAX     60000U
#define USAGE_MS          1000U
#define BACKOFF_MS_MIN    200U /* as the agent's */
#define BACKOFF_MS_MAX    10000U
#define READ_BUFFER       65536U
#define UPTIME_AHEAD_MS                                                                                                \
    (UINT64_C(60) * 86400000) /* the uptime of nodes exceeds that of this machine, so that backlogs fit */

struct load;

struct node {
    struct load *load;
    uv_tcp_t tcp;
    uv_connect_t connect;
    bool open;      /* until the handle's close callback */
    bool streaming; /* counted in load->streaming */
    bool writing;
    uint64_t not_before_ms;
    struct backoff backoff;
    struct channel *channel; /* NULL: not encrypted, or not connected */
    struct channel_ticket ticket;
    struct client client;
};

enum phase { PHASE_CONNECTING, PHASE_SETTLING, PHASE_MEASURING, PHASE_FINISHING, PHASE_OVER };

struct load {
    const struct options *options;
    struct report *report;
    uv_loop_t loop;
    uv_timer_t ticks;
    struct signals signals;
    struct sockaddr_storage collector;
    struct fleet fleet;
    struct wire_arena arena;
    struct node *nodes;
    struct sample *scratch;
    uint8_t *out;
    char in[READ_BUFFER];
    struct certificate_set certificates;
    struct credentials credentials;                    /* with a key or certificates */
    uint8_t plain[CHANNEL_RECORD_MAX];                 /* what was decrypted */
    uint8_t sealed[CHANNEL_SEALED_MAX(CLIENT_BUFFER)]; /* what is to be written */
    enum phase phase;
    uint64_t phase_ms; /* when it began */
    uint64_t start_ms;
    uint64_t begin_us;
    uint64_t begin_acknowledged;
    uint64_t usage_ms; /* of the last reading of CPU times */
    uint64_t visited;  /* visits since the measurement began, of the nodes in turn */
    uint64_t visits_since_ms;
    unsigned connect_next;
    unsigned streaming;
    uint64_t outage_since_ms; /* 0: all nodes stream */
    uint64_t churned;
    uint64_t random;
    bool complained;
};

static struct client_moment moment(void)
{
    return (struct client_moment){.ms = clock_uptime_ms() + UPTIME_AHEAD_MS, .us = uv_hrtime() / 1000};
}

/* ---- the end of a connection ---- */

static void load_on_node_close(uv_handle_t *handle)
{
    struct node *node = handle->data;

    node->open = false;
}

static void set_streaming(struct node *node, bool streaming)
{
    struct load *load = node->load;
    bool all_before = load->streaming == load->options->nodes;

    if (node->streaming == streaming)
        return;
    node->streaming = streaming;
    load->streaming += streaming ? 1U : -1U;
    uint64_t now_ms = uv_now(&load->loop);
    if (all_before && load->phase == PHASE_MEASURING)
        load->outage_since_ms = now_ms;
    if (load->streaming < load->options->nodes || load->outage_since_ms == 0)
        return;
    if (now_ms - load->outage_since_ms > load->report->outage_ms)
        load->report->outage_ms = now_ms - load->outage_since_ms;
    load->outage_since_ms = 0;
}

static void close_node(struct node *node)
{
    if (!node->open || uv_is_closing((uv_handle_t *)&node->tcp))
        return;
    set_streaming(node, false);
    client_close(&node->client);
    if (node->channel != NULL && !node->load->options->no_tickets)
        (void)channel_take_ticket(node->channel, &node->ticket);
    channel_free(node->channel);
    node->channel = NULL;
    uv_close((uv_handle_t *)&node->tcp, load_on_node_close);
}

/* Reconnects after a backoff, unless the client is done. */
static void break_off(struct node *node)
{
    if (!client_done(&node->client)) {
        node->load->report->broken++;
        node->not_before_ms = uv_now(&node->load->loop) + backoff_next_ms(&node->backoff);
        if (node->client.state == CLIENT_LEFT)
            node->client.state = CLIENT_STREAMING; /* the Goodbye may be lost */
    }
    close_node(node);
}

/* ---- writing ---- */

static void pump(struct node *node);

static void load_on_write(int status, void *arg)
{
    struct node *node = arg;

    node->writing = false;
    if (status < 0)
        break_off(node);
    else
        pump(node);
}

static bool is_greeting(const struct node *node)
{
    return node->channel != NULL && channel_state(node->channel) != CHANNEL_SEALED;
}

/* The form in which a frame is written. Its length is 0 if the channel is broken. */
static struct bytes seal(struct node *node, struct bytes frame)
{
    struct load *load = node->load;
    struct channel_out out = {.bytes = load->sealed, .size = sizeof load->sealed};

    if (node->channel == NULL)
        return frame;
    int rc = channel_send(node->channel, frame.data, frame.len, &out);
    return (struct bytes){load->sealed, rc == 0 ? out.len : 0};
}

static void pump(struct node *node)
{
    struct load *load = node->load;
    struct bytes frame;

    if (!node->open || node->client.state == CLIENT_CLOSED || uv_is_closing((uv_handle_t *)&node->tcp))
        return;
    while (!node->writing && !is_greeting(node)) {
        frame = client_produce(&node->client, moment(), load->scratch, load->out);
        if (frame.len == 0)
            return;
        frame = seal(node, frame);
        int rc = frame.len > 0 ? send_copied((uv_stream_t *)&node->tcp, frame.data, frame.len, load_on_write, node)
                               : UV_EPROTO;
        node->writing = rc == 0;
        if (rc < 0) {
            break_off(node);
            return;
        }
    }
}

/* ---- reading ---- */

static void load_on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    const struct node *node = handle->data;

    (void)suggested;
    *buf = uv_buf_init(node->load->in, READ_BUFFER);
}

static void complain(struct load *load, const char *reason)
{
    if (!load->complained)
        log_warning("a connection was refused or broken off: %s", reason);
    load->complained = true;
}

static void load_on_flight(int status, void *arg)
{
    (void)status; /* reading reports the end of the connection */
    (void)arg;
}

static const char *fault_of(struct channel *channel)
{
    static char reason[256];
    const struct certificate_claim *claim = &channel_claim(channel)->certificate;

    if (channel_fault(channel) != CHANNEL_CERTIFICATE)
        return channel_error(channel);
    if (claim->verdict == CERTIFICATE_OTHER_NAME)
        return "the collector's certificate is for another host";
    certificate_text_verdict(claim, claim->verdict, clock_wall_ms() / 1000, "--ca-file", reason, sizeof reason);
    return reason;
}

/* Continues the handshake, or decrypts. */
static void unseal(struct node *node, struct bytes input)
{
    struct load *load = node->load;
    int rc = 1;

    while (rc > 0 && node->client.state != CLIENT_BROKEN) {
        struct channel_out out = {.bytes = load->sealed, .size = sizeof load->sealed};
        rc = channel_receive(node->channel, &input, load->plain, sizeof load->plain, &out);
        if (out.len > 0)
            (void)send_copied((uv_stream_t *)&node->tcp, out.bytes, out.len, load_on_flight, NULL);
        if (rc > 0)
            client_receive(&node->client, (struct bytes){load->plain, (size_t)rc}, moment());
    }
    if (rc < 0) {
        complain(load, fault_of(node->channel));
        node->client.state = CLIENT_BROKEN;
    }
}

static void load_on_read(uv_stream_t *stream, ssize_t nread, const uv_buf_t *buf)
{
    struct node *node = stream->data;
    struct bytes input = {(const uint8_t *)buf->base, (size_t)nread};
    uint64_t stored_seq = node->client.stored_seq;

    if (nread < 0) {
        break_off(node);
        return;
    }
    if (node->channel != NULL)
        unseal(node, input);
    else
        client_receive(&node->client, input, moment());
    if (node->client.state == CLIENT_STREAMING)
        set_streaming(node, true);
    if (node->client.stored_seq > stored_seq)
        backoff_reset(&node->backoff);
    if (node->client.state == CLIENT_BROKEN) {
        complain(node->load, node->load->fleet.reason);
        break_off(node);
    } else {
        pump(node);
    }
}

/* ---- connecting ---- */

/* The kernel chooses the port at connect(), so that each address can use all ports towards this collector. */
static int bind_source(struct node *node)
{
    const struct load *load = node->load;
    struct sockaddr_in source = {.sin_family = AF_INET};
    uv_os_fd_t fd = -1;
    int on = 1;

    if (load->options->addresses == 0 || load->collector.ss_family != AF_INET)
        return 0;
    source.sin_addr.s_addr = htonl(0x7F000101U + node->client.number % load->options->addresses);
    int rc = uv_fileno((uv_handle_t *)&node->tcp, &fd);
    if (rc == 0 && setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on) < 0)
        rc = -errno;
    return rc == 0 ? uv_tcp_bind(&node->tcp, (struct sockaddr *)&source, 0) : rc;
}

static bool encrypts(const struct options *options)
{
    return options->token_file != NULL || certificate_paths_any(&options->certificates);
}

/* A ticket is used once, as agents do. */
static struct channel *new_channel(struct node *node)
{
    const struct load *load = node->load;
    const struct channel_peer peer = {.host = load->options->collector.host, .ticket = &node->ticket};
    bool by_certificate = certificate_paths_any(&load->options->certificates);
    struct channel *channel = channel_new(&load->credentials, NULL, by_certificate ? &peer : NULL);

    channel_ticket_deinit(&node->ticket);
    return channel;
}

static void load_on_connect(uv_connect_t *connect, int status)
{
    struct node *node = connect->data;

    if (status == UV_ECANCELED) /* closed meanwhile */
        return;
    if (status < 0) {
        complain(node->load, uv_strerror(status));
        break_off(node);
        return;
    }
    node->load->report->connections++;
    client_open(&node->client);
    if (encrypts(node->load->options)) {
        node->channel = new_channel(node);
        if (node->channel == NULL) {
            break_off(node);
            return;
        }
        unseal(node, (struct bytes){NULL, 0}); /* the client speaks first */
    }
    uv_tcp_nodelay(&node->tcp, 1);
    uv_read_start((uv_stream_t *)&node->tcp, load_on_alloc, load_on_read);
    pump(node);
}

static void connect_node(struct node *node)
{
    struct load *load = node->load;

    int rc = uv_tcp_init_ex(&load->loop, &node->tcp, load->collector.ss_family);
    if (rc < 0) {
        complain(load, uv_strerror(rc));
        node->not_before_ms = uv_now(&load->loop) + BACKOFF_MS_MAX;
        return;
    }
    node->open = true;
    node->tcp.data = node;
    node->connect.data = node;
    rc = bind_source(node);
    if (rc == 0)
        rc = uv_tcp_connect(&node->connect, &node->tcp, (struct sockaddr *)&load->collector, load_on_connect);
    if (rc < 0) {
        complain(load, uv_strerror(rc));
        break_off(node);
    }
}

/* Connects some of the nodes that are not connected, in turn. */
static void connect_some(struct load *load)
{
    uint64_t now_ms = uv_now(&load->loop);
    unsigned connects = 0;

    for (unsigned i = 0; i < load->options->nodes && i < 50 * CONNECTS_PER_TICK; i++) {
        struct node *node = &load->nodes[load->connect_next];
        load->connect_next = (load->connect_next + 1) % load->options->nodes;
        if (node->open || now_ms < node->not_before_ms || client_done(&node->client))
            continue;
        connect_node(node);
        if (++connects == CONNECTS_PER_TICK)
            return;
    }
}

/* ---- phases ---- */

static void set_phase(struct load *load, enum phase phase)
{
    load->phase = phase;
    load->phase_ms = uv_now(&load->loop);
}

/* All nodes stream, or will not. */
static void settle(struct load *load)
{
    struct report *report = load->report;
    struct usage usage;

    set_phase(load, PHASE_SETTLING);
    report->connect_ms = load->phase_ms - load->start_ms;
    report->streaming = load->streaming;
    usage_read(load->options->pid, &usage);
    report->resident_begin_kib = usage.resident_kib;
}

static void begin(struct load *load)
{
    struct report *report = load->report;

    set_phase(load, PHASE_MEASURING);
    usage_span_begin(&report->own, getpid());
    usage_span_begin(&report->collector, load->options->pid);
    load->begin_us = uv_hrtime() / 1000;
    load->usage_ms = load->phase_ms;
    load->begin_acknowledged = load->fleet.acknowledged;
    load->fleet.frames_sent = 0;
    load->fleet.acks_received = 0;
    load->fleet.latencies = (struct histogram){0};
    load->fleet.broken_latencies = (struct histogram){0};
}

/* Often enough that little is unknown of a collector that ends. */
static void read_usage(struct load *load)
{
    struct report *report = load->report;

    load->usage_ms = uv_now(&load->loop);
    (void)usage_span_add(&report->own);
    if (!usage_span_add(&report->collector))
        return;
    report->collector_acknowledged = load->fleet.acknowledged - load->begin_acknowledged;
    report->collector_us = uv_hrtime() / 1000 - load->begin_us;
}

static void finish(struct load *load)
{
    struct report *report = load->report;

    read_usage(load);
    report->resident_end_kib = report->collector.last.resident_kib;
    report->measured_us = uv_hrtime() / 1000 - load->begin_us;
    report->acknowledged = load->fleet.acknowledged - load->begin_acknowledged;
    report->frames_sent = load->fleet.frames_sent;
    report->acks_received = load->fleet.acks_received;
    load->fleet.frozen_ms = moment().ms;
    set_phase(load, PHASE_FINISHING);
    for (unsigned i = 0; i < load->options->nodes; i++)
        pump(&load->nodes[i]);
}

static void end(struct load *load)
{
    set_phase(load, PHASE_OVER);
    for (unsigned i = 0; i < load->options->nodes; i++)
        close_node(&load->nodes[i]);
    handle_close(&load->ticks, NULL);
    signals_close(&load->signals);
}

static bool all_done(const struct load *load)
{
    for (unsigned i = 0; i < load->options->nodes; i++)
        if (!client_done(&load->nodes[i].client))
            return false;
    return true;
}

/* ---- ticks ---- */

/* Visits each node once per interval, evenly spread: then it has a new sample, or a keepalive is due. */
static void visit_due(struct load *load)
{
    uint64_t passed_ms = uv_now(&load->loop) - load->visits_since_ms;
    uint64_t due = passed_ms * load->options->nodes / load->options->interval_ms;

    if (due - load->visited > load->options->nodes) /* delayed for more than an interval: one visit each is enough */
        load->visited = due - load->options->nodes;
    for (; load->visited < due; load->visited++)
        pump(&load->nodes[load->visited % load->options->nodes]);
}

static void churn_due(struct load *load)
{
    uint64_t due = (uv_now(&load->loop) - load->phase_ms) * load->options->churn / 1000;

    for (; load->churned < due; load->churned++) {
        struct node *node = &load->nodes[random_below(&load->random, load->options->nodes)];
        close_node(node);
        node->not_before_ms = 0;
    }
}

static void load_on_tick(uv_timer_t *timer)
{
    struct load *load = timer->data;
    uint64_t in_phase_ms = uv_now(&load->loop) - load->phase_ms;

    if (load->streaming < load->options->nodes)
        connect_some(load);
    visit_due(load);
    if (load->phase == PHASE_MEASURING)
        churn_due(load);
    if (load->phase == PHASE_MEASURING && uv_now(&load->loop) - load->usage_ms >= USAGE_MS)
        read_usage(load);
    if (load->phase == PHASE_CONNECTING && (load->streaming == load->options->nodes || in_phase_ms >= CONNECT_MS_MAX))
        settle(load);
    else if (load->phase == PHASE_SETTLING && in_phase_ms >= (uint64_t)load->options->settle_ms)
        begin(load);
    else if (load->phase == PHASE_MEASURING && in_phase_ms >= (uint64_t)load->options->for_ms)
        finish(load);
    else if (load->phase == PHASE_FINISHING && (in_phase_ms >= FINISH_MS_MAX || all_done(load)))
        end(load);
}

/* The first signal stops measuring, the second ends the run at once. */
static void load_on_signal(int signum, void *arg)
{
    struct load *load = arg;

    (void)signum;
    if (load->phase == PHASE_CONNECTING)
        settle(load);
    if (load->phase == PHASE_SETTLING)
        begin(load);
    if (load->phase == PHASE_MEASURING)
        finish(load);
    else if (load->phase == PHASE_FINISHING)
        end(load);
}

/* ---- start and end ---- */

static void raise_file_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int resolve(struct load *load, char *error, size_t error_size)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    uv_getaddrinfo_t request;
    char port[8];

    snprintf(port, sizeof port, "%u", (unsigned)load->options->collector.port);
    int rc = uv_getaddrinfo(&load->loop, &request, NULL, load->options->collector.host, port, &hints);
    if (rc < 0) {
        snprintf(error, error_size, "--collector: can't resolve %s: %s", load->options->collector.host,
                 uv_strerror(rc));
        return rc;
    }
    memcpy(&load->collector, request.addrinfo->ai_addr, request.addrinfo->ai_addrlen);
    uv_freeaddrinfo(request.addrinfo);
    return 0;
}

static int init(struct load *load)
{
    const struct options *options = load->options;

    load->nodes = calloc(options->nodes, sizeof *load->nodes);
    load->scratch = calloc(BATCH_SAMPLES_MAX, sizeof *load->scratch);
    load->out = malloc(CLIENT_BUFFER);
    if (load->nodes == NULL || load->scratch == NULL || load->out == NULL || wire_arena_init(&load->arena) < 0)
        return -ENOMEM;
    load->random = options->seed;
    for (unsigned i = 0; i < options->nodes; i++) {
        struct node *node = &load->nodes[i];
        node->load = load;
        client_init(&node->client, &load->fleet, i, random_next(&load->random) | 1);
        backoff_init(&node->backoff, BACKOFF_MS_MIN, BACKOFF_MS_MAX, random_next(&load->random));
    }
    return 0;
}

static int init_credentials(struct load *load, char *error, size_t error_size)
{
    const struct options *options = load->options;
    int rc = tls_library_load(error, error_size);

    if (rc == 0 && options->token_file != NULL)
        return credentials_init_client(&load->credentials, &options->key);
    if (rc == 0)
        rc =
            certificate_set_read(&options->certificates, CERTIFICATE_OF_CLIENT, &load->certificates, error, error_size);
    return rc == 0 ? credentials_init_certificates(&load->credentials, &load->certificates) : rc;
}

static int run(struct load *load, char *error, size_t error_size)
{
    static const int signal_numbers[] = {SIGTERM, SIGINT, 0};
    struct usage usage;

    int rc = resolve(load, error, error_size);
    if (rc < 0)
        return rc;
    rc = signals_start(&load->signals, &load->loop, signal_numbers, load_on_signal, load);
    if (rc < 0)
        return rc;
    usage_read(load->options->pid, &usage);
    load->report->resident_start_kib = usage.resident_kib;
    load->start_ms = uv_now(&load->loop);
    load->visits_since_ms = load->start_ms;
    set_phase(load, PHASE_CONNECTING);
    uv_timer_init(&load->loop, &load->ticks);
    load->ticks.data = load;
    uv_timer_start(&load->ticks, load_on_tick, TICK_MS, TICK_MS);
    uv_run(&load->loop, UV_RUN_DEFAULT);
    return 0;
}

static int conclude(const struct load *load)
{
    struct report *report = load->report;

    report->forgotten = load->fleet.forgotten;
    report->rejected = load->fleet.rejected;
    for (unsigned i = 0; i < load->options->nodes; i++) {
        report->produced += client_produced(&load->nodes[i].client, 0);
        report->stored += load->nodes[i].client.stored_seq;
    }
    bool all_streamed = report->streaming == load->options->nodes;
    return all_streamed && report->stored == report->produced && report->forgotten == 0 && all_done(load) ? 0 : -EIO;
}

int load_run(const struct options *options, struct report *report, char *error, size_t error_size)
{
    static struct load load;

    load = (struct load){.options = options, .report = report};
    *report = (struct report){
        .options = options, .latencies = &load.fleet.latencies, .broken_latencies = &load.fleet.broken_latencies};
    load.fleet.options = options;
    load.fleet.arena = &load.arena;
    load.fleet.wall_ahead_ms = clock_wall_ms() - (int64_t)moment().ms;
    snprintf(error, error_size, "out of memory");
    raise_file_limit();
    pattern_init();
    int rc = init(&load);
    if (rc == 0 && encrypts(options))
        rc = init_credentials(&load, error, error_size);
    if (rc == 0)
        rc = uv_loop_init(&load.loop);
    if (rc == 0) {
        rc = run(&load, error, error_size);
        uv_loop_close(&load.loop);
    }
    if (rc == 0)
        rc = conclude(&load);
    for (unsigned i = 0; load.nodes != NULL && i < options->nodes; i++)
        channel_ticket_deinit(&load.nodes[i].ticket);
    credentials_deinit(&load.credentials);
    certificate_set_deinit(&load.certificates);
    wire_arena_deinit(&load.arena);
    free(load.out);
    free(load.scratch);
    free(load.nodes);
    return rc;
}
