#include "collector/store/backlog.h"

#include "common/random.h"
#include "support/suite.h"

#include <stdlib.h>

#define INSTANCES 5U

static struct backlog backlog;
static struct node node;
static struct group group = {.name = "g"};
static struct instance instances[INSTANCES];
static struct intake *const somebody = (struct intake *)&node; /* any session */

static void setup_of(uint32_t capacity)
{
    ck_assert_int_eq(backlog_init(&backlog, capacity), 0);
    for (unsigned i = 0; i < INSTANCES; i++) {
        instances[i] = (struct instance){.id = i + 1, .node = &node};
        backlog_adopt(&backlog, &instances[i], somebody);
    }
}

static void setup(void)
{
    setup_of(8);
}

static void teardown(void)
{
    backlog_deinit(&backlog);
    backlog_deinit(&backlog);
}

static bool add(unsigned instance, uint64_t seq)
{
    struct sample sample = {.seq = seq, .uptime_ms = seq * 10};

    return backlog_add(&backlog, &instances[instance], &group, &sample);
}

START_TEST(rows_come_out_in_order_as_they_went_in)
{
    const struct row *rows;
    uint32_t count;

    ck_assert(add(0, 1));
    ck_assert(add(1, 7));
    ck_assert(add(0, 2));
    ck_assert_uint_eq(backlog_waiting(&backlog), 3);
    backlog_take(&backlog, &rows, &count);
    ck_assert_uint_eq(count, 3);
    ck_assert_ptr_eq(rows[0].instance, &instances[0]);
    ck_assert_ptr_eq(rows[1].instance, &instances[1]);
    ck_assert_ptr_eq(rows[1].group, &group);
    ck_assert_uint_eq(rows[1].sample.seq, 7);
    ck_assert_uint_eq(rows[1].sample.uptime_ms, 70);
    ck_assert_uint_eq(rows[2].sample.seq, 2);
    ck_assert_uint_eq(backlog_waiting(&backlog), 0);
    ck_assert(backlog.writing);
}
END_TEST

START_TEST(one_half_fills_while_the_other_is_written)
{
    const struct row *rows;
    uint32_t count;

    ck_assert(add(0, 1));
    ck_assert(add(1, 1));
    backlog_take(&backlog, &rows, &count);
    ck_assert(add(0, 2));
    ck_assert(add(0, 3));
    ck_assert_uint_eq(count, 2); /* what is out does not change */
    ck_assert_uint_eq(rows[1].sample.seq, 1);
    ck_assert_uint_eq(instances[0].pending, 3);
    ck_assert_uint_eq(instances[0].stored_seq, 0);

    struct backlog_instances stored = backlog_stored(&backlog, 5);
    ck_assert_uint_eq(stored.count, 2);
    ck_assert_ptr_eq(stored.at[0], &instances[0]);
    ck_assert_ptr_eq(stored.at[1], &instances[1]);
    ck_assert_uint_eq(instances[0].segment, 5);
    ck_assert_uint_eq(instances[1].segment, 5);
    ck_assert_uint_eq(instances[0].stored_seq, 1);
    ck_assert_uint_eq(instances[0].pending, 2);
    ck_assert_uint_eq(instances[1].pending, 0);
    ck_assert(!backlog.writing);
    ck_assert_uint_eq(backlog_waiting(&backlog), 2);

    backlog_take(&backlog, &rows, &count);
    ck_assert_uint_eq(count, 2);
    stored = backlog_stored(&backlog, 6);
    ck_assert_uint_eq(stored.count, 1);
    ck_assert_ptr_eq(stored.at[0], &instances[0]);
    ck_assert_uint_eq(instances[0].segment, 6);
    ck_assert_uint_eq(instances[1].segment, 5);
    ck_assert_uint_eq(instances[0].stored_seq, 3);
    ck_assert_uint_eq(instances[0].pending, 0);
}
END_TEST

START_TEST(an_empty_half_may_be_written)
{
    const struct row *rows;
    uint32_t count;

    for (unsigned i = 0; i < 3; i++) {
        backlog_take(&backlog, &rows, &count);
        ck_assert_uint_eq(count, 0);
        ck_assert_uint_eq(backlog_stored(&backlog, 1).count, 0);
    }
}
END_TEST

START_TEST(a_full_half_takes_no_more_and_nothing_changes)
{
    const struct row *rows;
    uint32_t count;

    for (uint64_t seq = 1; seq <= 8; seq++)
        ck_assert(add(0, seq));
    ck_assert(!add(0, 9));
    ck_assert(!add(1, 1));
    ck_assert_uint_eq(instances[0].pending, 8);
    ck_assert_uint_eq(instances[1].pending, 0);
    backlog_take(&backlog, &rows, &count);
    ck_assert(add(1, 1));
    ck_assert_uint_eq(rows[7].sample.seq, 8);
}
END_TEST

/* Samples of it may be on disk, and stay there. */
START_TEST(an_instance_with_gaps_only_keeps_what_is_stored)
{
    const struct row *rows;
    uint32_t count;

    ck_assert(add(0, 1));
    backlog_take(&backlog, &rows, &count);
    (void)backlog_stored(&backlog, 5);
    backlog_add_gap(&backlog, &instances[0], &(struct gap){0});
    backlog_take(&backlog, &rows, &count);
    ck_assert_uint_eq(backlog_stored(&backlog, 6).count, 1);
    ck_assert_uint_eq(instances[0].stored_seq, 1);
    ck_assert_int_eq(instances[0].stored_time_ms, instances[0].half[0].last_time_ms);
    ck_assert_uint_eq(instances[0].segment, 5);
}
END_TEST

START_TEST(each_row_and_each_gap_may_be_of_another_instance)
{
    const uint32_t most = backlog.capacity + backlog.gap_capacity;
    struct instance *many = calloc(most, sizeof *many);
    const struct row *rows;
    uint32_t count;

    for (uint32_t i = 0; i < most; i++) {
        many[i].node = &node;
        if (i < backlog.gap_capacity)
            backlog_add_gap(&backlog, &many[i], &(struct gap){0});
        else
            ck_assert(backlog_add(&backlog, &many[i], &group, &(struct sample){.seq = 1}));
    }
    backlog_take(&backlog, &rows, &count);
    struct backlog_instances stored = backlog_stored(&backlog, 5);
    ck_assert_uint_eq(stored.count, most);
    for (uint32_t i = 0; i < most; i++)
        ck_assert_ptr_eq(stored.at[i], &many[i]);
    ck_assert_uint_eq(backlog.orphans, 0);
    free(many);
}
END_TEST

/* ---- orphans, against a sum over all instances ---- */

static uint64_t orphans(void)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < INSTANCES; i++)
        if (instances[i].intake == NULL)
            sum += instances[i].pending;
    return sum;
}

static uint64_t pending(void)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < INSTANCES; i++)
        sum += instances[i].pending;
    return sum;
}

static void step(uint64_t *random, uint64_t *seqs)
{
    const struct row *rows;
    uint32_t count;
    unsigned i = (unsigned)random_below(random, INSTANCES);

    switch (random_below(random, 8)) {
    case 0:
        if (instances[i].intake == NULL)
            backlog_adopt(&backlog, &instances[i], somebody);
        else
            backlog_orphan(&backlog, &instances[i], instances[i].intake);
        break;
    case 1:
        if (backlog.writing)
            (void)backlog_stored(&backlog, 1);
        else
            backlog_take(&backlog, &rows, &count);
        break;
    default:
        if (instances[i].intake != NULL && add(i, seqs[i] + 1))
            seqs[i]++;
        break;
    }
}

START_TEST(pending_stored_and_orphans_always_add_up)
{
    uint64_t random = (uint64_t)_i;
    uint64_t seqs[INSTANCES] = {0};

    backlog_deinit(&backlog);
    setup_of(1 + (uint32_t)random_below(&random, 30));
    for (unsigned n = 0; n < 3000; n++) {
        step(&random, seqs);
        ck_assert_uint_eq(backlog.orphans, orphans());
        ck_assert_uint_eq(pending(), backlog_rows(&backlog));
        for (unsigned i = 0; i < INSTANCES; i++)
            if (instances[i].stored_seq + instances[i].pending != seqs[i])
                ck_abort_msg("instance %u: %llu stored, %u pending of %llu", i,
                             (unsigned long long)instances[i].stored_seq, instances[i].pending,
                             (unsigned long long)seqs[i]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("backlog");
    TCase *tcase = tcase_create("backlog");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, rows_come_out_in_order_as_they_went_in);
    tcase_add_test(tcase, one_half_fills_while_the_other_is_written);
    tcase_add_test(tcase, an_empty_half_may_be_written);
    tcase_add_test(tcase, a_full_half_takes_no_more_and_nothing_changes);
    tcase_add_test(tcase, an_instance_with_gaps_only_keeps_what_is_stored);
    tcase_add_test(tcase, each_row_and_each_gap_may_be_of_another_instance);
    tcase_add_loop_test(tcase, pending_stored_and_orphans_always_add_up, 0, 20);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
