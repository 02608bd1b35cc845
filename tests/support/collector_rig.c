#include "support/collector_rig.h"

#include "collector/store/csv.h"
#include "collector/store/gap_file.h"
#include "collector/store/metrics_file.h"
#include "common/disk_posix.h"
#include "support/log_capture.h"
#include "support/test_loop.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#define CAPACITY 20000U

struct collector_rig rig;

static void on_received(void *arg)
{
    ck_assert_ptr_eq(arg, &rig.hub);
    store_poke(&rig.store, intake_take_flush_now(&rig.hub));
}

static void on_stored(const struct backlog_instances *stored, void *arg)
{
    (void)arg;
    listener_stored(&rig.listener, stored);
}

void rig_hold(bool held)
{
    listener_set_held(&rig.listener, held);
}

static void on_held(bool held, void *arg)
{
    (void)arg;
    rig_hold(held);
}

void rig_begin(void)
{
    struct segments_limits limits = {.rotate_bytes = 1 << 30, .rotate_ms = 86400000};
    uint64_t cut = 0;

    log_capture_start();
    temp_dir_create(&rig.dir);
    test_loop_start();
    rig.disk = disk_posix(rig.dir.fd);
    ck_assert_int_eq(metrics_file_open(&rig.segments, &rig.disk, &limits, 0, &cut), 0);
    ck_assert_int_eq(gap_file_open(&rig.gaps, &rig.disk, &limits, &cut), 0);
    ck_assert_int_eq(registry_init(&rig.registry, 10000), 0);
    ck_assert_int_eq(backlog_init(&rig.backlog, CAPACITY), 0);
    ck_assert_int_eq(wire_arena_init(&rig.arena), 0);
    rig.hub = (struct intake_hub){.registry = &rig.registry,
                                  .backlog = &rig.backlog,
                                  .arena = &rig.arena,
                                  .ack_interval_ms = RIG_ACK_MS,
                                  .credit = RIG_CREDIT};
    struct store_options store_options = {
        .parts = {&rig.disk, &rig.segments, &rig.gaps, &rig.backlog, &rig.registry, NULL},
        .flush_ms = RIG_FLUSH_MS,
        .sync_ms = SYNC_ALWAYS,
        .stored_cb = on_stored,
        .held_cb = on_held,
        .arg = &rig.hub,
    };
    ck_assert_int_eq(store_start(&rig.store, &test_loop, &store_options), 0);
}

int rig_start_at(const char *host, unsigned at_port, unsigned agents_max, char *error, size_t error_size)
{
    struct listener_options options = {.address = {.port = (uint16_t)at_port},
                                       .agents_max = agents_max,
                                       .strangers_max = RIG_STRANGERS,
                                       .hub = &rig.hub,
                                       .keys = &rig.keys,
                                       .certificates = &rig.certificates,
                                       .insecure = true,
                                       .cb = on_received,
                                       .arg = &rig.hub};

    rig.hub.agents_max = agents_max;
    snprintf(options.address.host, sizeof options.address.host, "%s", host);
    return listener_start(&rig.listener, &test_loop, &options, error, error_size);
}

void rig_start(unsigned agents_max)
{
    char error[256] = "";

    ck_assert_msg(rig_start_at("127.0.0.1", 0, agents_max, error, sizeof error) == 0, "%s", error);
    rig.port = listener_port(&rig.listener);
    ck_assert_uint_gt(rig.port, 0);
}

void rig_begin_and_start(void)
{
    rig_begin();
    rig_start(2 * RIG_AGENTS);
}

void rig_end(void)
{
    listener_close(&rig.listener);
    store_close(&rig.store);
    for (unsigned i = 0; i < RIG_AGENTS; i++)
        if (rig.agents[i].arena.base != NULL)
            peer_close(&rig.agents[i]);
    test_loop_end();
    ck_assert_uint_eq(rig.listener.session_count, 0);
    ck_assert_uint_eq(rig.hub.streaming, 0);
    listener_deinit(&rig.listener);
    key_ring_deinit(&rig.keys);
    store_deinit(&rig.store);
    wire_arena_deinit(&rig.arena);
    backlog_deinit(&rig.backlog);
    registry_deinit(&rig.registry);
    segments_close(&rig.segments);
    segments_close(&rig.gaps);
    temp_dir_remove(&rig.dir);
}

const Headroom__Welcome *rig_greet(struct peer *agent, const char *node_id, uint64_t instance)
{
    peer_connect(agent, rig.port);
    peer_send_hello(agent, node_id, instance, 0);
    return peer_expect(agent, HEADROOM__FRAME__BODY_WELCOME)->welcome;
}

void rig_expect_reject(struct peer *agent, Headroom__RejectCode code, Headroom__Action action)
{
    const Headroom__Reject *reject = peer_await(agent, HEADROOM__FRAME__BODY_REJECT)->reject;

    ck_assert_int_eq(reject->code, code);
    ck_assert_int_eq(reject->action, action);
    ck_assert_uint_gt(strlen(reject->text), 0);
}

void rig_stream(struct peer *agent, uint64_t first_seq, unsigned count)
{
    peer_send_batch(agent, first_seq, count);
    peer_await_stored(agent, first_seq + count - 1);
}

static bool is_session_count(void *arg)
{
    return rig.listener.session_count == *(const unsigned *)arg;
}

void rig_await_sessions(unsigned count)
{
    test_loop_until(is_session_count, &count);
}

unsigned rig_rows_in_file(void)
{
    const char *text = temp_dir_read(&rig.dir, "metrics.csv", NULL);
    unsigned lines = 0;

    for (; *text != '\0'; text++)
        lines += *text == '\n';
    return lines - 1;
}
