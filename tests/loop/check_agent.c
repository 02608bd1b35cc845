/* The whole agent in a process of its own, on the fixture of a node, against a scripted collector. */
#include "agent/agent.h"

#include "agent/spool/spool_file.h"
#include "support/child.h"
#include "support/peer.h"
#include "support/suite.h"
#include "support/temp_dir.h"
#include "support/test_loop.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ACK_MS 60000U

static struct agent_config config;
static struct child child;
static struct peer collector;
static int listen_fd;
static uint64_t last_seq; /* of what has come */
static struct temp_dir dir;

static int run_agent(void *arg)
{
    return agent_run(arg) < 0 ? 1 : 0;
}

static void begin(void)
{
    unsigned port = 0;

    unsetenv("NOTIFY_SOCKET");
    test_loop_start();
    listen_fd = peer_listen(&port);
    config =
        (struct agent_config){.collectors = {.addresses = {{.host = "127.0.0.1", .port = (uint16_t)port}}, .count = 1},
                              .node_id = "n1",
                              .group = "web",
                              .interval_ms = 50,
                              .outbox_samples = 1000,
                              .root = TEST_DATA "/proc-vm"};
}

static void end(void)
{
    child_kill(&child);
    if (collector.arena.base != NULL)
        peer_close(&collector);
    close(listen_fd);
    test_loop_end();
    if (dir.path[0] != '\0')
        temp_dir_remove(&dir);
}

static void start(void)
{
    child_start(&child, run_agent, &config);
    child_await(&child, "node n1 of group web, one sample every 50 ms");
}

static void meet(void)
{
    if (collector.arena.base != NULL)
        peer_close(&collector);
    peer_accept(&collector, listen_fd);
    const Headroom__Hello *hello = peer_expect(&collector, HEADROOM__FRAME__BODY_HELLO)->hello;
    ck_assert_str_eq(hello->node_id, "n1");
    ck_assert_str_eq(hello->group, "web");
    ck_assert_uint_ne(hello->instance, 0);
    ck_assert_uint_eq(hello->interval_ms, 50);
    ck_assert_uint_gt(hello->cores, 0);
}

static void take_batch(const Headroom__Batch *batch)
{
    for (size_t i = 0; i < batch->n_samples; i++) {
        ck_assert_uint_eq(batch->samples[i]->seq, ++last_seq);
        ck_assert(batch->samples[i]->has_memory_percent);
    }
}

static void take_samples(uint64_t to_seq)
{
    while (last_seq < to_seq)
        take_batch(peer_expect(&collector, HEADROOM__FRAME__BODY_BATCH)->batch);
}

START_TEST(samples_come_each_interval)
{
    start();
    meet();
    peer_send_welcome(&collector, 0, 0, ACK_MS);
    take_samples(1);
    uint64_t start_ms = uv_now(&test_loop);
    take_samples(8);
    uint64_t took_ms = uv_now(&test_loop) - start_ms;
    ck_assert_uint_ge(took_ms, 4 * 50);
    ck_assert_uint_le(took_ms, 7 * 50 + 200);
}
END_TEST

static void take_rest(Headroom__Departure departure)
{
    const Headroom__Frame *frame = NULL;

    while ((frame = peer_receive(&collector))->body_case == HEADROOM__FRAME__BODY_BATCH)
        take_batch(frame->batch);
    ck_assert_int_eq(frame->body_case, HEADROOM__FRAME__BODY_GOODBYE);
    ck_assert_int_eq(frame->goodbye->departure, departure);
}

/* From the signal to the end. */
static void leave(int signum, Headroom__Departure departure)
{
    child_signal(&child, signum);
    take_rest(departure);
    peer_send_last_ack(&collector, last_seq);
    ck_assert_int_eq(child_end(&child), 0);
    ck_assert_ptr_nonnull(strstr(child.log, " 0 not acknowledged"));
    ck_assert_ptr_null(strstr(child.log, "warning"));
}

static void start_session(void)
{
    start();
    meet();
    peer_send_welcome(&collector, 0, 0, ACK_MS);
    take_samples(2);
}

START_TEST(sigterm_sends_goodbye_and_waits_for_the_last_ack)
{
    start_session();
    leave(SIGTERM, HEADROOM__DEPARTURE__DEPARTURE_RESTARTING);
}
END_TEST

START_TEST(sigint_does_the_same)
{
    start_session();
    leave(SIGINT, HEADROOM__DEPARTURE__DEPARTURE_RESTARTING);
}
END_TEST

START_TEST(sigusr1_before_makes_it_draining)
{
    start_session();
    child_signal(&child, SIGUSR1);
    child_await(&child, "draining");
    leave(SIGTERM, HEADROOM__DEPARTURE__DEPARTURE_LEAVING);
}
END_TEST

START_TEST(drain_flag_makes_it_draining)
{
    config.drain = true;
    start_session();
    leave(SIGTERM, HEADROOM__DEPARTURE__DEPARTURE_LEAVING);
}
END_TEST

START_TEST(on_stop_decides)
{
    config.on_stop = ON_STOP_LEAVING;
    start_session();
    leave(SIGTERM, HEADROOM__DEPARTURE__DEPARTURE_LEAVING);
}
END_TEST

/* A systemctl that prints what a test wants, and a service manager that has started the agent. */
static void pretend_systemd(const char *script)
{
    char text[512];

    temp_dir_create(&dir);
    snprintf(text, sizeof text, "#!/bin/sh\n%s\n", script);
    temp_dir_write(&dir, "systemctl", text, strlen(text));
    ck_assert_int_eq(chmod(temp_dir_path(&dir, "systemctl"), 0755), 0);
    snprintf(text, sizeof text, "%s:/usr/bin:/bin", dir.path);
    setenv("PATH", text, 1);
    setenv("INVOCATION_ID", "1", 1);
}

START_TEST(a_machine_that_is_powered_off_leaves)
{
    pretend_systemd("[ \"$1\" = list-jobs ] && echo '12 poweroff.target start waiting'");
    start_session();
    leave(SIGTERM, HEADROOM__DEPARTURE__DEPARTURE_LEAVING);
}
END_TEST

START_TEST(a_machine_that_reboots_says_so)
{
    pretend_systemd("echo '12 reboot.target start waiting'");
    start_session();
    child_signal(&child, SIGTERM);
    take_rest(HEADROOM__DEPARTURE__DEPARTURE_RESTARTING);
    ck_assert(collector.frame->goodbye->reboots);
    peer_send_last_ack(&collector, last_seq);
    ck_assert_int_eq(child_end(&child), 0);
}
END_TEST

START_TEST(a_unit_that_is_stopped_restarts)
{
    pretend_systemd("echo '12 headroom-agent.service stop running'");
    start_session();
    leave(SIGTERM, HEADROOM__DEPARTURE__DEPARTURE_RESTARTING);
}
END_TEST

static const char *const bad_managers[] = {"exec sleep 60", "exit 1", "yes 'a job that is none'"};

START_TEST(a_service_manager_that_does_not_answer_is_not_waited_for_for_long)
{
    pretend_systemd(bad_managers[_i]);
    start_session();
    leave(SIGTERM, HEADROOM__DEPARTURE__DEPARTURE_RESTARTING);
}
END_TEST

START_TEST(without_systemctl_it_restarts)
{
    temp_dir_create(&dir);
    setenv("PATH", dir.path, 1);
    setenv("INVOCATION_ID", "1", 1);
    start_session();
    leave(SIGTERM, HEADROOM__DEPARTURE__DEPARTURE_RESTARTING);
}
END_TEST

/* ---- protection ---- */

/* The next batch that says whether the node protects itself. */
static bool take_protection(void)
{
    for (;;) {
        const Headroom__Batch *batch = peer_expect(&collector, HEADROOM__FRAME__BODY_BATCH)->batch;
        take_batch(batch);
        if (batch->has_protects)
            return batch->protects;
    }
}

START_TEST(the_node_is_protected_while_the_file_exists)
{
    temp_dir_create(&dir);
    snprintf(config.protect_file, sizeof config.protect_file, "%s", temp_dir_path(&dir, "job"));
    start_session();
    temp_dir_write(&dir, "job", "", 0);
    ck_assert(take_protection());
    unlink(config.protect_file);
    ck_assert(!take_protection());
    leave(SIGTERM, HEADROOM__DEPARTURE__DEPARTURE_RESTARTING);
}
END_TEST

START_TEST(second_sigterm_does_not_wait)
{
    start_session();
    child_signal(&child, SIGTERM);
    take_rest(HEADROOM__DEPARTURE__DEPARTURE_RESTARTING);
    uint64_t start_ms = uv_now(&test_loop);
    child_signal(&child, SIGTERM);
    ck_assert_int_eq(child_end(&child), 0);
    ck_assert_uint_lt(uv_now(&test_loop) - start_ms, 1000);
    ck_assert_ptr_null(strstr(child.log, " 0 not acknowledged"));
}
END_TEST

START_TEST(agent_without_a_collector_stops_at_the_second_signal)
{
    close(listen_fd);
    listen_fd = -1;
    start();
    child_await(&child, "can't reach 127.0.0.1:");
    child_signal(&child, SIGTERM);
    test_loop_for_ms(50);
    child_signal(&child, SIGTERM);
    ck_assert_int_eq(child_end(&child), 0);
}
END_TEST

START_TEST(node_without_proc_ends_it_with_a_reason)
{
    snprintf(config.root, sizeof config.root, "/nonexistent");
    child_start(&child, run_agent, &config);
    ck_assert_int_eq(child_end(&child), 1);
    ck_assert_ptr_nonnull(strstr(child.log, "can't read cpu or memory under /nonexistent/proc"));
}
END_TEST

/* ---- with a spool ---- */

static void give_spool(void)
{
    temp_dir_create(&dir);
    snprintf(config.spool, sizeof config.spool, "%s", dir.path);
}

/* What an agent has left behind that was killed, at that boot, with so many samples. */
static void leave_spool(uint64_t boot, uint64_t instance, unsigned count)
{
    static struct spool_file file;

    ck_assert_int_eq(spool_file_open(&file, dir.path, "n1", config.outbox_samples, boot, instance), 0);
    for (unsigned i = 1; i <= count; i++) {
        struct sample sample = {.time_ms = 1700000000000 + i, .uptime_ms = i};
        sample_set_gauge(&sample, METRIC_MEMORY, 50);
        (void)spool_push(&file.spool, &sample);
    }
    spool_file_deinit(&file);
}

static const Headroom__Hello *meet_again(void)
{
    if (collector.arena.base != NULL)
        peer_close(&collector);
    peer_accept(&collector, listen_fd);
    return peer_expect(&collector, HEADROOM__FRAME__BODY_HELLO)->hello;
}

START_TEST(killed_agent_continues_its_seqs)
{
    give_spool();
    start();
    uint64_t instance = meet_again()->instance;
    peer_send_welcome(&collector, 0, 0, ACK_MS);
    take_samples(5);
    peer_send_ack(&collector, 2);
    test_loop_for_ms(100);
    child_kill(&child);
    start();
    child_await(&child, "spool: continuing the last run");
    const Headroom__Hello *hello = meet_again();
    ck_assert_uint_eq(hello->instance, instance);
    ck_assert_uint_ge(hello->newest_seq, 5);
    ck_assert_uint_eq(hello->account->produced, hello->newest_seq);
    ck_assert_uint_eq(hello->account->acknowledged, 2);
    peer_send_welcome(&collector, 5, 2, ACK_MS);
    take_samples(15);
    leave(SIGTERM, HEADROOM__DEPARTURE__DEPARTURE_RESTARTING);
}
END_TEST

START_TEST(samples_of_an_earlier_boot_come_first)
{
    give_spool();
    leave_spool(1, 111, 10);
    leave_spool(2, 222, 5);
    start();
    child_await(&child, "spool: 15 samples of an earlier run waiting");

    const Headroom__Hello *hello = meet_again();
    ck_assert_uint_eq(hello->instance, 111);
    ck_assert_uint_eq(hello->oldest_seq, 1);
    ck_assert_uint_eq(hello->newest_seq, 10);
    ck_assert_uint_eq(hello->account->produced, 10);
    peer_send_welcome(&collector, 3, 3, ACK_MS);
    const Headroom__Batch *batch = peer_expect(&collector, HEADROOM__FRAME__BODY_BATCH)->batch;
    ck_assert_uint_eq(batch->n_samples, 7);
    ck_assert_uint_eq(batch->samples[6]->uptime_ms, 10);
    /* Years ago by the wall clock, whatever this boot's clock says. */
    ck_assert_uint_gt(batch->sent_uptime_ms, UINT64_C(1000) * 3600 * 24 * 365);
    const Headroom__Goodbye *goodbye = peer_expect(&collector, HEADROOM__FRAME__BODY_GOODBYE)->goodbye;
    ck_assert_int_eq(goodbye->departure, HEADROOM__DEPARTURE__DEPARTURE_RESTARTING);
    peer_send_last_ack(&collector, 10);

    uint64_t start_ms = uv_now(&test_loop);
    ck_assert_uint_eq(meet_again()->instance, 222);
    ck_assert_uint_lt(uv_now(&test_loop) - start_ms, 150); /* at once */
    peer_send_welcome(&collector, 9, 5, ACK_MS);           /* it has more than a power cut has left */
    peer_expect(&collector, HEADROOM__FRAME__BODY_GOODBYE);
    peer_send_last_ack(&collector, 9);

    hello = meet_again();
    ck_assert_uint_ne(hello->instance, 111);
    ck_assert_uint_ne(hello->instance, 222);
    ck_assert_uint_eq(hello->oldest_seq, 1);
    peer_send_welcome(&collector, 0, 0, ACK_MS);
    take_samples(3);
    leave(SIGTERM, HEADROOM__DEPARTURE__DEPARTURE_RESTARTING);

    start(); /* and never again */
    ck_assert_uint_eq(meet_again()->newest_seq >= last_seq, true);
}
END_TEST

START_TEST(samples_that_are_not_acknowledged_stay_in_the_spool)
{
    give_spool();
    start();
    meet_again();
    peer_send_welcome(&collector, 0, 0, ACK_MS);
    take_samples(3);
    child_signal(&child, SIGTERM);
    take_rest(HEADROOM__DEPARTURE__DEPARTURE_RESTARTING);
    child_signal(&child, SIGTERM);
    ck_assert_int_eq(child_end(&child), 0);
    char words[64];
    snprintf(words, sizeof words, ", %u left in the spool\n", (unsigned)last_seq);
    ck_assert_msg(strstr(child.log, words) != NULL, "%s", child.log);
    start();
    ck_assert_uint_ge(meet_again()->newest_seq, last_seq);
}
END_TEST

START_TEST(second_agent_on_a_spool_ends_with_a_reason)
{
    static struct spool_file file;

    give_spool();
    ck_assert_int_eq(spool_file_open(&file, dir.path, "n1", 1000, 1, 1), 0);
    child_start(&child, run_agent, &config);
    ck_assert_int_eq(child_end(&child), 1);
    ck_assert_ptr_nonnull(strstr(child.log, "another agent has "));
    spool_file_deinit(&file);
}
END_TEST

/* What the present run drops while a collector refuses an earlier one, it drops for that. */
START_TEST(no_to_an_earlier_run_is_a_no_to_the_present_one)
{
    config.outbox_samples = 8;
    give_spool();
    leave_spool(1, 111, 5);
    start();
    for (unsigned i = 0; i < 4; i++) { /* for 1.5 s at least, by the agent's backoff */
        ck_assert_uint_eq(meet_again()->instance, 111);
        peer_send_reject(&collector, HEADROOM__ACTION__ACTION_RETRY);
    }
    const Headroom__Hello *hello = meet_again();
    ck_assert_uint_eq(hello->instance, 111);
    ck_assert_uint_eq(hello->account->dropped_rejected, 5);
    peer_send_welcome(&collector, 0, 0, ACK_MS);
    peer_expect(&collector, HEADROOM__FRAME__BODY_GOODBYE);
    peer_send_last_ack(&collector, 0);
    hello = meet_again();
    ck_assert_uint_ne(hello->instance, 111);
    ck_assert_uint_ge(hello->account->dropped_rejected, 10);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("agent");
    TCase *tests = tcase_create("agent");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, samples_come_each_interval);
    tcase_add_test(tests, sigterm_sends_goodbye_and_waits_for_the_last_ack);
    tcase_add_test(tests, sigint_does_the_same);
    tcase_add_test(tests, sigusr1_before_makes_it_draining);
    tcase_add_test(tests, drain_flag_makes_it_draining);
    tcase_add_test(tests, on_stop_decides);
    tcase_add_test(tests, a_machine_that_is_powered_off_leaves);
    tcase_add_test(tests, a_machine_that_reboots_says_so);
    tcase_add_test(tests, a_unit_that_is_stopped_restarts);
    tcase_add_loop_test(tests, a_service_manager_that_does_not_answer_is_not_waited_for_for_long, 0, 3);
    tcase_add_test(tests, without_systemctl_it_restarts);
    tcase_add_test(tests, the_node_is_protected_while_the_file_exists);
    tcase_add_test(tests, second_sigterm_does_not_wait);
    tcase_add_test(tests, agent_without_a_collector_stops_at_the_second_signal);
    tcase_add_test(tests, node_without_proc_ends_it_with_a_reason);
    tcase_add_test(tests, killed_agent_continues_its_seqs);
    tcase_add_test(tests, samples_of_an_earlier_boot_come_first);
    tcase_add_test(tests, samples_that_are_not_acknowledged_stay_in_the_spool);
    tcase_add_test(tests, second_agent_on_a_spool_ends_with_a_reason);
    tcase_add_test(tests, no_to_an_earlier_run_is_a_no_to_the_present_one);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
