/* The collector's pure parts when memory is out, at each of their allocations in turn: one agent is refused at worst,
 * and comes back; another one notices nothing. */
#include "intake_fixture.h"

#include "support/heap.h"
#include "support/suite.h"

#include <errno.h>
#include <stdio.h>

#define SAMPLES 12U
#define HEALTHY 0U /* agent that notices nothing; the others are connections of one other agent, in their order */

/* ---- making the parts ---- */

static void try_registry(unsigned nth)
{
    struct registry made = {0};

    heap_fail(nth);
    int rc = registry_init(&made, 60000);
    ck_assert_int_eq(rc, heap_mend() ? -ENOMEM : 0);
    if (rc == 0) /* else nothing must be left to free */
        registry_deinit(&made);
}

static void try_backlog(unsigned nth)
{
    struct backlog made = {0};

    heap_fail(nth);
    int rc = backlog_init(&made, ROWS);
    ck_assert_int_eq(rc, heap_mend() ? -ENOMEM : 0);
    if (rc == 0)
        backlog_deinit(&made);
}

START_TEST(registry_and_backlog_are_made_or_refused)
{
    heap_each(try_registry);
    heap_each(try_backlog);
}
END_TEST

static void try_resize(unsigned nth)
{
    struct ring ring = {0};

    ck_assert_int_eq(ring_init(&ring, 8), 0);
    for (unsigned i = 1; i <= 10; i++) {
        struct sample sample = frames_sample(i);
        ring_push(&ring, i, &sample);
    }
    heap_fail(nth);
    int rc = ring_resize(&ring, 16);
    bool failed = heap_mend();
    ck_assert_int_eq(rc, failed ? -ENOMEM : 0);
    ck_assert_uint_eq(ring.capacity, failed ? 8 : 16);
    ck_assert_uint_eq(ring.count, 8);
    for (unsigned i = 0; i < 8; i++)
        ck_assert_int_eq(ring_time_ms(&ring, i), i + 3);
    ring_deinit(&ring);
}

START_TEST(ring_that_can_not_grow_stays_as_it_is)
{
    heap_each(try_resize);
}
END_TEST

/* ---- the registry ---- */

static struct registry registry;

/* What is in it is found, what is not is not. */
static void check_registry(unsigned nodes, unsigned groups)
{
    char name[16];

    ck_assert_uint_eq(registry.node_count, nodes);
    ck_assert_uint_eq(registry.group_count, groups);
    for (unsigned i = 0; i < nodes; i++) {
        snprintf(name, sizeof name, "n%u", i);
        ck_assert_ptr_eq(registry_find_node(&registry, name), registry.nodes[i]);
        ck_assert_uint_eq(registry.nodes[i]->index, i);
    }
    snprintf(name, sizeof name, "n%u", nodes);
    ck_assert_ptr_null(registry_find_node(&registry, name));
}

/* One more node. */
static void try_node(unsigned nth)
{
    unsigned count = registry.node_count;
    char name[16];

    snprintf(name, sizeof name, "n%u", count);
    heap_fail(nth);
    const struct node *node = registry_ensure_node(&registry, name, 1000, 1);
    bool failed = heap_mend();
    ck_assert((node == NULL) == failed);
    check_registry(failed ? count : count + 1, 0);
}

START_TEST(node_is_known_whole_or_not_at_all)
{
    ck_assert_int_eq(registry_init(&registry, 60000), 0);
    ck_assert_uint_eq(heap_each(try_node), 4); /* node, ring, and the table with its buckets */
    for (unsigned i = 0; i < 100; i++)
        ck_assert_uint_eq(heap_each(try_node), 2);
    registry_deinit(&registry);
}
END_TEST

/* The third allocation for a node is that of more buckets. */
START_TEST(node_for_which_the_table_can_not_grow_is_refused)
{
    const struct node *node = NULL;
    bool failed = false;
    char name[16];

    ck_assert_int_eq(registry_init(&registry, 60000), 0);
    ck_assert_ptr_nonnull(registry_ensure_node(&registry, "first", 1000, 1));
    while (!failed) {
        snprintf(name, sizeof name, "n%u", registry.node_count);
        heap_fail(3);
        node = registry_ensure_node(&registry, name, 1000, 1);
        failed = heap_mend();
        ck_assert((node == NULL) == failed);
    }
    ck_assert_ptr_null(registry_find_node(&registry, name));
    ck_assert_ptr_nonnull(registry_ensure_node(&registry, name, 1000, 1));
    ck_assert_ptr_nonnull(registry_find_node(&registry, name));
    registry_deinit(&registry);
}
END_TEST

static void try_group(unsigned nth)
{
    unsigned count = registry.group_count;
    char name[16];

    snprintf(name, sizeof name, "g%u", count);
    heap_fail(nth);
    const struct group *group = registry_ensure_group(&registry, name);
    bool failed = heap_mend();
    ck_assert((group == NULL) == failed);
    check_registry(0, failed ? count : count + 1);
    for (unsigned i = 0; i < registry.group_count; i++) {
        snprintf(name, sizeof name, "g%u", i);
        ck_assert_ptr_eq(registry_ensure_group(&registry, name), registry.groups[i]);
    }
}

START_TEST(group_is_known_whole_or_not_at_all)
{
    unsigned most = 0;

    ck_assert_int_eq(registry_init(&registry, 60000), 0);
    ck_assert_uint_eq(heap_each(try_group), 5); /* group, and two tables with their buckets */
    for (unsigned i = 0; i < 600; i++) {
        unsigned failed = heap_each(try_group);
        most = failed > most ? failed : most;
    }
    ck_assert_uint_eq(most, 4);
    registry_deinit(&registry);
}
END_TEST

static struct node *node;

/* One more instance of it: a place is made only while there are fewer than there may be. */
static void try_instance(unsigned nth)
{
    const struct instance *latest = registry_latest(node);
    uint64_t id = latest != NULL ? latest->id + 1 : 1;

    heap_fail(nth);
    struct instance *instance = registry_ensure_instance(node, id);
    ck_assert((instance == NULL) == heap_mend());
    ck_assert_ptr_eq(registry_find_instance(node, id), instance);
    ck_assert_ptr_eq(registry_latest(node), instance != NULL ? instance : latest);
}

START_TEST(instance_is_known_or_costs_no_other_its_place)
{
    ck_assert_int_eq(registry_init(&registry, 60000), 0);
    node = registry_ensure_node(&registry, "n", 1000, 1);
    while (registry_has_place(node))
        ck_assert_uint_eq(heap_each(try_instance), 1);
    for (uint64_t id = 1; id <= INSTANCES_PER_NODE_MAX; id++)
        ck_assert_ptr_nonnull(registry_find_instance(node, id));
    heap_exhaust();
    ck_assert_ptr_nonnull(registry_ensure_instance(node, 99));
    ck_assert(!heap_mend());
    registry_deinit(&registry);
}
END_TEST

/* ---- an agent's whole visit ---- */

static size_t cut_at;           /* byte at which what an agent says is cut in two */
static uint64_t stored[AGENTS]; /* the last seq of each instance, by its id: each comes once, none is left out */

static void say_cut(unsigned i, size_t len)
{
    size_t first = cut_at < len ? cut_at : len;
    uint8_t *copy = frames_exact_copy(buf, len);

    intake_receive(&intakes[i], (struct bytes){copy, first}, now_ms, WALL_MS);
    intake_receive(&intakes[i], (struct bytes){copy + first, len - first}, now_ms, WALL_MS);
    free(copy);
}

static void store_rows(void)
{
    hub_store_begin(&hub);
    for (uint32_t r = 0; r < hub.row_count; r++)
        ck_assert_uint_eq(hub.rows[r].sample.seq, ++stored[hub.rows[r].instance->id]);
    hub_store_end(&hub);
}

static Headroom__Hello hello_by(unsigned agent)
{
    static char names[][4] = {"n0", "n1"};
    static char groups[][4] = {"web", "db"};
    Headroom__Hello hello = frames_hello();

    hello.node_id = names[agent];
    hello.group = groups[agent];
    hello.instance = agent + 1;
    hello.newest_seq = SAMPLES;
    return hello;
}

/* false: it was rejected, and has read why. */
static bool say_hello(unsigned i, Headroom__Hello hello, uint64_t *resume_seq)
{
    say_cut(i, frames_put_hello(&hello, buf));
    const Headroom__Frame *frame = answer(i);
    ck_assert_ptr_nonnull(frame);
    if (frame->body_case != HEADROOM__FRAME__BODY_WELCOME) {
        ck_assert_int_eq(frame->body_case, HEADROOM__FRAME__BODY_REJECT);
        ck_assert_int_eq(frame->reject->code, HEADROOM__REJECT_CODE__REJECT_CODE_FULL);
        return false;
    }
    *resume_seq = frame->welcome->resume_seq;
    return true;
}

static bool say_samples(unsigned i, uint64_t first_seq, uint64_t last_seq)
{
    struct sample samples[SAMPLES];
    size_t count = 0;

    for (uint64_t seq = first_seq; seq <= last_seq; seq++)
        samples[count++] = frames_sample(seq);
    now_ms += 1000 * (uint64_t)count;
    say_cut(i, frames_put_batch(last_seq * 1000, samples, count, buf));
    return intakes[i].state == INTAKE_STREAMING;
}

static bool say_goodbye(unsigned i)
{
    say_cut(i, frames_put_goodbye(HEADROOM__DEPARTURE__DEPARTURE_RESTARTING, buf));
    store_rows();
    const Headroom__Frame *frame = answer(i);
    ck_assert_ptr_nonnull(frame);
    return frame->body_case == HEADROOM__FRAME__BODY_ACK && frame->ack->stored_seq == SAMPLES;
}

/* Connection i of the second agent, which sends what the collector has not; twice half, and then its Goodbye. */
static bool visit(unsigned i, Headroom__Hello hello)
{
    uint64_t resume_seq = 0;

    if (!say_hello(i, hello, &resume_seq))
        return false;
    for (uint64_t seq = resume_seq + 1; seq <= SAMPLES; seq += SAMPLES / 2)
        if (!say_samples(i, seq, seq + SAMPLES / 2 - 1))
            return false;
    return say_goodbye(i);
}

static void hear_healthy(uint64_t stored_seq)
{
    intake_tick(&intakes[HEALTHY], now_ms);
    const Headroom__Frame *frame = answer(HEALTHY);
    ck_assert_ptr_nonnull(frame);
    ck_assert_int_eq(frame->body_case, HEADROOM__FRAME__BODY_ACK);
    ck_assert_uint_eq(frame->ack->stored_seq, stored_seq);
}

static void begin_visits(void)
{
    uint64_t resume_seq = 0;

    setup();
    memset(stored, 0, sizeof stored);
    ck_assert(say_hello(HEALTHY, hello_by(HEALTHY), &resume_seq));
    ck_assert(say_samples(HEALTHY, 1, SAMPLES / 2));
}

/* The other agent goes on, everything is stored once, and what is counted fits. */
static void end_visits(void)
{
    ck_assert(say_samples(HEALTHY, SAMPLES / 2 + 1, SAMPLES));
    store_rows();
    hear_healthy(SAMPLES);
    ck_assert_uint_eq(stored[1], SAMPLES);
    ck_assert_uint_eq(stored[2], SAMPLES);
    ck_assert_uint_eq(hub.intake.streaming, 1);
    ck_assert_uint_eq(hub.backlog.orphans, 0);
    ck_assert_uint_eq(hub.registry.node_count, 2);
    ck_assert_uint_eq(hub.registry.group_count, 2);
    ck_assert_uint_eq(hub.intake.account.samples, 2 * SAMPLES);
    ck_assert_uint_eq(hub.intake.account.duplicates, 0);
    ck_assert_uint_eq(intake_dropped(&hub.intake.account) + hub.intake.account.missing[GAP_ELSEWHERE], 0);
    teardown();
}

static void try_visit(unsigned nth)
{
    begin_visits();
    heap_fail(nth);
    bool whole = visit(1, hello_by(1));
    ck_assert(whole != heap_mend());
    ck_assert_uint_eq(hub.intake.account.rejected, whole ? 0 : 1);
    ck_assert_uint_eq(hub.intake.streaming, 1);
    if (!whole)
        ck_assert(visit(2, hello_by(1)));
    end_visits();
}

START_TEST(visit_that_fails_is_made_again)
{
    for (cut_at = 1; cut_at < 500; cut_at += cut_at < 12 ? 1 : 23)
        heap_each(try_visit);
}
END_TEST

/* The second connection of the agent comes while its first one still stands, half heard; with an interval that needs
 * another ring. */
static void try_takeover(unsigned nth)
{
    Headroom__Hello hello = hello_by(1);
    uint64_t resume_seq = 0;

    begin_visits();
    ck_assert(say_hello(1, hello, &resume_seq));
    ck_assert(say_samples(1, 1, SAMPLES / 2));
    hello.interval_ms = 500;
    heap_fail(nth);
    bool whole = visit(2, hello);
    bool failed = heap_mend();
    /* Without memory to say why, the first one is turned away all the same. */
    bool wordless = intakes[1].state == INTAKE_REJECTED && intakes[1].reject.text == NULL;
    ck_assert(whole == (!failed || wordless));
    if (!whole)
        ck_assert(visit(3, hello));
    const Headroom__Frame *frame = answer(1);
    ck_assert_int_eq(frame->reject->code, HEADROOM__REJECT_CODE__REJECT_CODE_TAKEN_OVER);
    ck_assert_int_eq(frame->reject->action, HEADROOM__ACTION__ACTION_RETRY);
    ck_assert((frame->reject->text == NULL) == wordless);
    ck_assert_uint_eq(registry_find_node(&hub.registry, "n1")->ring.count, SAMPLES);
    end_visits();
}

START_TEST(takeover_that_fails_is_made_again)
{
    for (cut_at = 1; cut_at < 500; cut_at += cut_at < 12 ? 1 : 23)
        heap_each(try_takeover);
}
END_TEST

/* Its ring was given back while it was away; not all that it had sent is on the disk. */
static void try_return(unsigned nth)
{
    uint64_t resume_seq = 0;

    begin_visits();
    ck_assert(say_hello(1, hello_by(1), &resume_seq));
    ck_assert(say_samples(1, 1, SAMPLES / 2));
    intake_detach(&intakes[1]);
    ck_assert_uint_eq(hub.backlog.orphans, SAMPLES / 2);
    registry_trim_rings(&hub.registry, 0, NODES_MAX, (int64_t)now_ms + 3600000);
    ck_assert_uint_eq(registry_find_node(&hub.registry, "n1")->ring.capacity, 0);
    heap_fail(nth);
    bool whole = visit(2, hello_by(1));
    ck_assert(whole != heap_mend());
    if (!whole)
        ck_assert(visit(3, hello_by(1)));
    end_visits();
}

START_TEST(return_that_fails_is_made_again)
{
    for (cut_at = 1; cut_at < 500; cut_at += cut_at < 12 ? 1 : 23)
        heap_each(try_return);
}
END_TEST

/* ---- samples that come and are stored cost no allocation at all ---- */

START_TEST(samples_of_whole_frames_cost_no_allocation)
{
    uint64_t resume_seq = 0;

    begin_visits();
    cut_at = FRAMES_SIZE;
    ck_assert(say_hello(1, hello_by(1), &resume_seq));
    heap_exhaust();
    for (uint64_t seq = 1; seq <= 100 * SAMPLES; seq += SAMPLES) {
        ck_assert(say_samples(1, seq, seq + SAMPLES - 1));
        store_rows();
        intake_tick(&intakes[1], now_ms);
        ck_assert_int_eq(answer(1)->body_case, HEADROOM__FRAME__BODY_ACK);
    }
    ck_assert(!heap_mend());
    ck_assert_uint_eq(stored[2], 100 * SAMPLES);
    teardown();
}
END_TEST

/* ---- an arena that is too small for what comes, at each of the decoder's allocations ---- */

START_TEST(message_that_does_not_fit_into_the_arena_costs_its_agent_only)
{
    size_t size = 0;
    size_t needed = 0;

    cut_at = FRAMES_SIZE;
    for (bool fits = false; !fits; needed += 8) {
        uint64_t resume_seq = 0;
        begin_visits();
        size = hub.arena.size;
        ck_assert(say_hello(1, hello_by(1), &resume_seq));
        hub.arena.size = needed;
        fits = say_samples(1, 1, SAMPLES);
        hub.arena.size = size;
        ck_assert(needed > 0 || !fits);
        if (fits) {
            ck_assert(say_goodbye(1));
        } else {
            ASSERT_REJECTED(1, RETRY, MALFORMED);
            ck_assert(visit(2, hello_by(1)));
        }
        end_visits();
    }
    ck_assert_uint_gt(needed, SAMPLES * sizeof(void *));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("heap_collector");
    TCase *parts = tcase_create("parts");
    TCase *visits = tcase_create("visits");

    tcase_add_test(parts, registry_and_backlog_are_made_or_refused);
    tcase_add_test(parts, ring_that_can_not_grow_stays_as_it_is);
    tcase_add_test(parts, node_is_known_whole_or_not_at_all);
    tcase_add_test(parts, node_for_which_the_table_can_not_grow_is_refused);
    tcase_add_test(parts, group_is_known_whole_or_not_at_all);
    tcase_add_test(parts, instance_is_known_or_costs_no_other_its_place);
    suite_add_tcase(suite, parts);

    tcase_add_test(visits, visit_that_fails_is_made_again);
    tcase_add_test(visits, takeover_that_fails_is_made_again);
    tcase_add_test(visits, return_that_fails_is_made_again);
    tcase_add_test(visits, samples_of_whole_frames_cost_no_allocation);
    tcase_add_test(visits, message_that_does_not_fit_into_the_arena_costs_its_agent_only);
    suite_add_tcase(suite, visits);
    return suite_run(suite);
}
