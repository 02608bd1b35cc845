#include "agent/spool/outbox.h"

#include "common/random.h"
#include "support/frames.h"
#include "support/suite.h"

#include <string.h>

/* Samples are distinguished by a counter that the test chooses. */
static uint64_t push(struct outbox *outbox, uint64_t mark)
{
    struct sample sample = {.seq = 999, .uptime_ms = mark};

    return outbox_push(outbox, &sample);
}

static void push_many(struct outbox *outbox, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        (void)push(outbox, 0);
}

static void send_all(struct outbox *outbox)
{
    outbox_sent(outbox, outbox->newest_seq);
}

static struct outbox outbox_of(unsigned capacity)
{
    struct outbox outbox;

    ck_assert_int_eq(outbox_init(&outbox, capacity, 1), 0);
    return outbox;
}

static void assert_balance(const struct outbox *outbox)
{
    const struct outbox_account *account = &outbox->account;

    if (account->produced != account->acknowledged + outbox_dropped(outbox) + outbox_waiting(outbox))
        ck_abort_msg("the account does not balance");
}

START_TEST(samples_are_numbered_from_one_and_stored_as_they_are)
{
    struct outbox outbox = outbox_of(4);

    ck_assert_uint_eq(outbox.oldest_seq, outbox.newest_seq + 1);
    ck_assert_uint_eq(outbox_waiting(&outbox), 0);
    ck_assert_uint_eq(push(&outbox, 70), 1);
    ck_assert_uint_eq(push(&outbox, 71), 2);
    ck_assert_uint_eq(outbox_get(&outbox, 1)->uptime_ms, 70);
    ck_assert_uint_eq(outbox_get(&outbox, 2)->uptime_ms, 71);
    ck_assert_uint_eq(outbox_get(&outbox, 2)->seq, 2);
    ck_assert_uint_eq(outbox_waiting(&outbox), 2);
    outbox_deinit(&outbox);
    outbox_deinit(&outbox);
}
END_TEST

START_TEST(the_newest_stay_around_the_end_of_the_ring)
{
    for (unsigned capacity = 1; capacity <= 9; capacity++) {
        struct outbox outbox = outbox_of(capacity);
        for (uint64_t seq = 1; seq <= 50; seq++) {
            ck_assert_uint_eq(push(&outbox, seq * 10), seq);
            uint64_t oldest_seq = seq > capacity ? seq - capacity + 1 : 1;
            ck_assert_uint_eq(outbox.oldest_seq, oldest_seq);
            for (uint64_t left = oldest_seq; left <= seq; left++) {
                ck_assert_uint_eq(outbox_get(&outbox, left)->uptime_ms, left * 10);
                ck_assert_uint_eq(outbox_get(&outbox, left)->seq, left);
            }
        }
        outbox_deinit(&outbox);
    }
}
END_TEST

START_TEST(a_dropped_sample_is_a_loss_unless_it_was_acknowledged)
{
    struct outbox outbox = outbox_of(4);

    push_many(&outbox, 4);
    send_all(&outbox);
    outbox_ack(&outbox, 2);
    push_many(&outbox, 2);
    ck_assert_uint_eq(outbox_dropped(&outbox), 0);
    ck_assert_uint_eq(outbox.loss_count, 0);
    push_many(&outbox, 1);
    ck_assert_uint_eq(outbox_dropped(&outbox), 1);
    ck_assert_uint_eq(outbox.loss_count, 1);
    ck_assert_uint_eq(outbox.losses[0].first_seq, 3);
    ck_assert_uint_eq(outbox.losses[0].last_seq, 3);
    assert_balance(&outbox);
    outbox_deinit(&outbox);
}
END_TEST

START_TEST(neighbouring_losses_become_one)
{
    struct outbox outbox = outbox_of(4);

    push_many(&outbox, 104);
    ck_assert_uint_eq(outbox.loss_count, 1);
    ck_assert_uint_eq(outbox.losses[0].first_seq, 1);
    ck_assert_uint_eq(outbox.losses[0].last_seq, 100);
    ck_assert_uint_eq(outbox.losses[0].sent_seq, 0);
    outbox_deinit(&outbox);
}
END_TEST

START_TEST(a_loss_begins_with_what_was_sent)
{
    struct outbox outbox = outbox_of(4);

    push_many(&outbox, 4);
    outbox_sent(&outbox, 2);
    push_many(&outbox, 4);
    ck_assert_uint_eq(outbox.loss_count, 1);
    ck_assert_uint_eq(outbox.losses[0].last_seq, 4);
    ck_assert_uint_eq(outbox.losses[0].sent_seq, 2);
    outbox_deinit(&outbox);
}
END_TEST

/* One loss a call: a sample that is dropped, and one behind it that is acknowledged. */
static void lose_every_other(struct outbox *outbox, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        push_many(outbox, 1); /* drops one that waits */
        outbox_sent(outbox, outbox->oldest_seq);
        outbox_ack(outbox, outbox->oldest_seq);
        push_many(outbox, 1); /* drops the one acknowledged */
    }
}

START_TEST(the_oldest_losses_are_forgotten_but_stay_counted)
{
    struct outbox outbox = outbox_of(4);

    push_many(&outbox, 4);
    lose_every_other(&outbox, LOSSES_MAX);
    ck_assert_uint_eq(outbox.loss_count, LOSSES_MAX);
    ck_assert_uint_eq(outbox.losses[0].first_seq, 1);
    lose_every_other(&outbox, 5);
    ck_assert_uint_eq(outbox.loss_count, LOSSES_MAX);
    ck_assert_uint_eq(outbox.losses[0].first_seq, 11);
    for (unsigned i = 0; i < LOSSES_MAX; i++) {
        ck_assert_uint_eq(outbox.losses[i].first_seq, 11 + 2 * i);
        ck_assert_uint_eq(outbox.losses[i].last_seq, 11 + 2 * i);
    }
    ck_assert_uint_eq(outbox_dropped(&outbox), LOSSES_MAX + 5);
    assert_balance(&outbox);
    outbox_deinit(&outbox);
}
END_TEST

START_TEST(a_sample_dropped_on_its_way_is_forgiven_when_it_arrived)
{
    struct outbox outbox = outbox_of(4);

    push_many(&outbox, 4);
    outbox_sent(&outbox, 3);
    push_many(&outbox, 4); /* drops 1 to 4, of which 4 was never sent */
    ck_assert_uint_eq(outbox_dropped(&outbox), 4);
    outbox_ack(&outbox, 2);
    ck_assert_uint_eq(outbox_dropped(&outbox), 2);
    ck_assert_uint_eq(outbox.account.acknowledged, 2);
    ck_assert_uint_eq(outbox.losses[0].first_seq, 3);
    assert_balance(&outbox);
    outbox_sent(&outbox, 8);
    outbox_ack(&outbox, 8);
    ck_assert_uint_eq(outbox_dropped(&outbox), 1);
    ck_assert_uint_eq(outbox.losses[0].first_seq, 4);
    ck_assert_uint_eq(outbox.losses[0].last_seq, 4);
    assert_balance(&outbox);
    outbox_deinit(&outbox);
}
END_TEST

START_TEST(what_the_next_session_did_not_receive_is_not_forgiven)
{
    struct outbox outbox = outbox_of(4);

    push_many(&outbox, 4);
    send_all(&outbox);
    push_many(&outbox, 4);
    outbox_resume(&outbox, 2); /* 3 and 4 were lost on the way */
    outbox_sent(&outbox, 8);
    outbox_ack(&outbox, 8);
    ck_assert_uint_eq(outbox_dropped(&outbox), 2);
    ck_assert_uint_eq(outbox.account.acknowledged, 6);
    ck_assert_uint_eq(outbox.loss_count, 1);
    ck_assert_uint_eq(outbox.losses[0].first_seq, 3);
    ck_assert_uint_eq(outbox.losses[0].last_seq, 4);
    assert_balance(&outbox);
    outbox_deinit(&outbox);
}
END_TEST

START_TEST(a_collector_that_knows_nothing_has_confirmed_nothing)
{
    struct outbox outbox = outbox_of(4);

    push_many(&outbox, 4);
    send_all(&outbox);
    push_many(&outbox, 4);
    outbox_resume(&outbox, 0);
    outbox_sent(&outbox, 8);
    outbox_ack(&outbox, 8);
    ck_assert_uint_eq(outbox_dropped(&outbox), 4);
    assert_balance(&outbox);
    outbox_deinit(&outbox);
}
END_TEST

START_TEST(an_ack_above_the_newest_counts_only_what_there_is)
{
    struct outbox outbox = outbox_of(4);

    push_many(&outbox, 3);
    send_all(&outbox);
    outbox_ack(&outbox, UINT64_MAX);
    ck_assert_uint_eq(outbox.account.acknowledged, 3);
    ck_assert_uint_eq(outbox_waiting(&outbox), 0);
    outbox_ack(&outbox, 1);
    ck_assert_uint_eq(outbox.account.acknowledged, 3);
    assert_balance(&outbox);
    outbox_deinit(&outbox);
}
END_TEST

START_TEST(a_new_instance_has_only_what_waits_numbered_from_one)
{
    for (uint64_t pushed = 1; pushed <= 20; pushed++) {
        for (uint64_t acked = 0; acked <= pushed; acked++) {
            struct outbox outbox = outbox_of(7);
            for (uint64_t seq = 1; seq <= pushed; seq++)
                (void)push(&outbox, seq);
            send_all(&outbox);
            outbox_ack(&outbox, acked);
            uint64_t waiting = outbox_waiting(&outbox);

            outbox_renumber(&outbox, 2);
            ck_assert_uint_eq(outbox.oldest_seq, 1);
            ck_assert_uint_eq(outbox.newest_seq, waiting);
            ck_assert_uint_eq(outbox_waiting(&outbox), waiting);
            ck_assert_uint_eq(outbox.account.produced, waiting);
            ck_assert_uint_eq(outbox.loss_count, 0);
            assert_balance(&outbox);
            for (uint64_t seq = 1; seq <= waiting; seq++) {
                ck_assert_uint_eq(outbox_get(&outbox, seq)->seq, seq);
                ck_assert_uint_eq(outbox_get(&outbox, seq)->uptime_ms, pushed - waiting + seq);
            }
            ck_assert_uint_eq(push(&outbox, 1000), waiting + 1);
            ck_assert_uint_eq(outbox_get(&outbox, waiting + 1)->uptime_ms, 1000);
            outbox_deinit(&outbox);
        }
    }
}
END_TEST

/* ---- reasons and holes ---- */

START_TEST(what_is_dropped_after_a_refusal_is_dropped_for_that)
{
    struct outbox outbox = outbox_of(4);

    push_many(&outbox, 6);
    outbox.rejected = true;
    push_many(&outbox, 3);
    outbox.rejected = false;
    push_many(&outbox, 1);
    ck_assert_uint_eq(outbox.account.dropped[LOSS_OUTBOX_FULL], 3);
    ck_assert_uint_eq(outbox.account.dropped[LOSS_REJECTED], 3);
    ck_assert_uint_eq(outbox.loss_count, 3);
    ck_assert_uint_eq(outbox.losses[1].first_seq, 3);
    ck_assert_uint_eq(outbox.losses[1].last_seq, 5);
    ck_assert_int_eq(outbox.losses[1].reason, LOSS_REJECTED);
    ck_assert_int_eq(outbox.losses[2].reason, LOSS_OUTBOX_FULL);
    assert_balance(&outbox);
    outbox_deinit(&outbox);
}
END_TEST

/* As who restores it from a spool does. */
static void damage(struct outbox *outbox, uint64_t seq)
{
    record_clear(&outbox->records[(seq + outbox->offset) % outbox->capacity]);
    outbox->holes++;
    outbox_count_loss(outbox, seq, seq, LOSS_SPOOL_DAMAGED, true);
}

START_TEST(holes_are_passed_over_and_counted_once)
{
    struct outbox outbox = outbox_of(8);

    push_many(&outbox, 8);
    damage(&outbox, 3);
    damage(&outbox, 4);
    damage(&outbox, 8);
    assert_balance(&outbox);
    ck_assert_uint_eq(outbox_waiting(&outbox), 5);
    ck_assert_ptr_null(outbox_get(&outbox, 3));
    ck_assert_ptr_nonnull(outbox_get(&outbox, 5));
    ck_assert_uint_eq(outbox_next(&outbox, 0), 1);
    ck_assert_uint_eq(outbox_next(&outbox, 3), 5);
    ck_assert_uint_eq(outbox_next(&outbox, 8), 9);
    ck_assert_uint_eq(outbox_next(&outbox, 12), 12);
    ck_assert_uint_eq(outbox_stretch(&outbox, 1, 100), 2);
    ck_assert_uint_eq(outbox_stretch(&outbox, 3, 100), 0);
    ck_assert_uint_eq(outbox_stretch(&outbox, 5, 2), 2);
    ck_assert_uint_eq(outbox_stretch(&outbox, 5, 100), 3);
    outbox_resume(&outbox, 0);
    push_many(&outbox, 4); /* 1 and 2 are dropped; 3 and 4 are gone already */
    ck_assert_uint_eq(outbox.account.dropped[LOSS_OUTBOX_FULL], 2);
    ck_assert_uint_eq(outbox.account.dropped[LOSS_SPOOL_DAMAGED], 3);
    assert_balance(&outbox);
    ck_assert_uint_eq(outbox.loss_count, 3);
    ck_assert_uint_eq(outbox.losses[0].first_seq, 1);
    ck_assert_uint_eq(outbox.losses[1].first_seq, 3);
    ck_assert_uint_eq(outbox.losses[2].first_seq, 8);
    outbox_sent(&outbox, 12);
    outbox_ack(&outbox, 12);
    ck_assert_uint_eq(outbox_waiting(&outbox), 0);
    ck_assert_uint_eq(outbox.account.acknowledged, 7);
    assert_balance(&outbox);
    outbox_deinit(&outbox);
}
END_TEST

START_TEST(a_damaged_sample_that_the_collector_has_is_forgiven)
{
    struct outbox outbox = outbox_of(8);

    push_many(&outbox, 6);
    damage(&outbox, 2);
    damage(&outbox, 5);
    outbox_resume(&outbox, 3); /* 2 had been sent before the damage */
    outbox_sent(&outbox, 6);
    outbox_ack(&outbox, 6);
    ck_assert_uint_eq(outbox.account.dropped[LOSS_SPOOL_DAMAGED], 1);
    ck_assert_uint_eq(outbox.losses[0].first_seq, 5);
    ck_assert_uint_eq(outbox.account.acknowledged, 5);
    ck_assert_uint_eq(outbox_waiting(&outbox), 0);
    assert_balance(&outbox);
    outbox_deinit(&outbox);
}
END_TEST

START_TEST(strays_are_produced_and_dropped_alike)
{
    struct outbox outbox = outbox_of(4);

    push_many(&outbox, 3);
    outbox_count_strays(&outbox, 5, LOSS_SPOOL_DAMAGED);
    ck_assert_uint_eq(outbox.account.produced, 8);
    ck_assert_uint_eq(outbox.account.dropped[LOSS_SPOOL_DAMAGED], 5);
    ck_assert_uint_eq(outbox_waiting(&outbox), 3);
    ck_assert_uint_eq(outbox.loss_count, 0);
    assert_balance(&outbox);
    outbox_deinit(&outbox);
}
END_TEST

START_TEST(the_wall_clock_replaces_a_clock_that_is_gone)
{
    struct outbox outbox = outbox_of(4);
    struct sample sample = {.time_ms = 1700000000000, .uptime_ms = 5000};

    ck_assert_uint_eq(outbox_uptime_ms(&outbox, 77, 1700000060000), 77);
    outbox.clock_gone = true;
    ck_assert_uint_eq(outbox_uptime_ms(&outbox, 77, 1700000060000), 77); /* no sample to go by */
    (void)outbox_push(&outbox, &sample);
    ck_assert_uint_eq(outbox_uptime_ms(&outbox, 77, 1700000060000), 65000);
    ck_assert_uint_eq(outbox_uptime_ms(&outbox, 77, 1600000000000), 5000); /* the wall clock is wrong */
    push_many(&outbox, 1);
    damage(&outbox, 2);
    ck_assert_uint_eq(outbox_uptime_ms(&outbox, 77, 1700000001000), 6000);
    outbox_deinit(&outbox);
}
END_TEST

START_TEST(each_record_has_its_instance_and_is_whole)
{
    struct outbox outbox = outbox_of(5);

    push_many(&outbox, 7);
    outbox_sent(&outbox, 4);
    outbox_ack(&outbox, 4);
    outbox_renumber(&outbox, 9);
    push_many(&outbox, 1);
    for (uint64_t i = 0; i < 5; i++) {
        ck_assert(record_ok(&outbox.records[i], i, 5));
        ck_assert_uint_eq(outbox.records[i].instance, outbox.records[i].position > 4 ? 9 : 1);
    }
    for (size_t byte = 0; byte < sizeof(struct record); byte++) {
        ((uint8_t *)outbox.records)[byte] ^= 0x10;
        ck_assert(!record_ok(&outbox.records[0], 0, 5));
        ((uint8_t *)outbox.records)[byte] ^= 0x10;
    }
    ck_assert(!record_ok(&outbox.records[0], 1, 5));
    ck_assert(record_ok(&outbox.records[0], 0, 5));
    record_clear(&outbox.records[0]);
    ck_assert(record_blank(&outbox.records[0]));
    ck_assert(!record_ok(&outbox.records[0], 0, 5));
    outbox_deinit(&outbox);
}
END_TEST

/* ---- against a model that keeps a word about each sample ---- */

#define MODEL_MAX 4096

enum fate { KEPT, ACKNOWLEDGED, DROPPED };

struct model {
    uint64_t capacity, oldest_seq, newest_seq, sent_seq;
    struct {
        enum fate fate;
        bool sent; /* in the present session, or received by its collector before */
        uint64_t mark;
    } sample[MODEL_MAX];
};

static void model_push(struct model *model, uint64_t mark)
{
    if (model->newest_seq + 1 - model->oldest_seq == model->capacity) {
        uint64_t seq = model->oldest_seq++;
        if (model->sample[seq].fate == KEPT)
            model->sample[seq].fate = DROPPED;
    }
    model->newest_seq++;
    model->sample[model->newest_seq].fate = KEPT;
    model->sample[model->newest_seq].sent = false;
    model->sample[model->newest_seq].mark = mark;
}

static void model_sent(struct model *model, uint64_t seq)
{
    for (uint64_t s = model->oldest_seq; s <= seq; s++)
        model->sample[s].sent = true;
    model->sent_seq = seq;
}

static void model_resume(struct model *model, uint64_t resume_seq)
{
    for (uint64_t s = 1; s <= model->newest_seq; s++)
        model->sample[s].sent = s <= resume_seq && (s >= model->oldest_seq || model->sample[s].sent);
    model->sent_seq = resume_seq;
}

static void model_ack(struct model *model, uint64_t stored_seq)
{
    for (uint64_t s = 1; s <= stored_seq; s++)
        if (model->sample[s].fate == KEPT || (model->sample[s].fate == DROPPED && model->sample[s].sent))
            model->sample[s].fate = ACKNOWLEDGED;
}

static void model_renumber(struct model *model)
{
    uint64_t count = 0;

    for (uint64_t s = model->oldest_seq; s <= model->newest_seq; s++) {
        if (model->sample[s].fate != KEPT)
            continue;
        model->sample[++count] = model->sample[s];
        model->sample[count].sent = false;
    }
    model->oldest_seq = 1;
    model->newest_seq = count;
    model->sent_seq = 0;
}

static void assert_same(const struct model *model, const struct outbox *outbox)
{
    uint64_t count[3] = {0};

    for (uint64_t s = 1; s <= model->newest_seq; s++)
        count[model->sample[s].fate]++;
    ck_assert_uint_eq(outbox->oldest_seq, model->oldest_seq);
    ck_assert_uint_eq(outbox->newest_seq, model->newest_seq);
    ck_assert_uint_eq(outbox->account.produced, model->newest_seq);
    ck_assert_uint_eq(outbox->account.acknowledged, count[ACKNOWLEDGED]);
    ck_assert_uint_eq(outbox_dropped(outbox), count[DROPPED]);
    ck_assert_uint_eq(outbox_waiting(outbox), count[KEPT]);
    for (uint64_t s = model->oldest_seq; s <= model->newest_seq; s++)
        if (outbox_get(outbox, s)->uptime_ms != model->sample[s].mark)
            ck_abort_msg("sample %llu is another one", (unsigned long long)s);
}

/* The losses name exactly what was dropped, in order and apart from each other. */
static void assert_losses(const struct model *model, const struct outbox *outbox)
{
    uint64_t named = 0;
    uint64_t last_seq = 0;

    for (unsigned i = 0; i < outbox->loss_count; i++) {
        const struct loss *loss = &outbox->losses[i];
        ck_assert_uint_gt(loss->first_seq, last_seq);
        ck_assert_uint_le(loss->first_seq, loss->last_seq);
        ck_assert_uint_ge(loss->sent_seq + 1, loss->first_seq);
        ck_assert_uint_le(loss->sent_seq, loss->last_seq);
        for (uint64_t s = loss->first_seq; s <= loss->last_seq; s++)
            if (model->sample[s].fate != DROPPED)
                ck_abort_msg("sample %llu is named as lost", (unsigned long long)s);
        last_seq = loss->last_seq;
        named += loss->last_seq - loss->first_seq + 1;
    }
    ck_assert_uint_eq(named, outbox_dropped(outbox));
}

static void step(struct model *model, struct outbox *outbox, uint64_t *random)
{
    uint64_t low = model->sent_seq + 1 < model->oldest_seq ? model->oldest_seq - 1 : model->sent_seq;
    uint64_t seq;

    switch (random_below(random, 20)) {
    default:
        model_push(model, *random);
        (void)push(outbox, *random);
        break;
    case 0:
    case 1:
    case 2:
    case 3:
        seq = low + random_below(random, model->newest_seq - low + 1);
        model_sent(model, seq);
        outbox_sent(outbox, seq);
        break;
    case 4:
    case 5:
        seq = random_below(random, model->sent_seq + 1);
        model_ack(model, seq);
        outbox_ack(outbox, seq);
        break;
    case 6:
        seq = random_below(random, model->newest_seq + 1);
        model_resume(model, seq);
        outbox_resume(outbox, seq);
        break;
    }
}

START_TEST(a_random_run_agrees_with_the_model)
{
    static struct model model;
    uint64_t random = (uint64_t)_i;
    uint64_t capacity = 1 + random_below(&random, 40);
    struct outbox outbox = outbox_of((unsigned)capacity);

    memset(&model, 0, sizeof model);
    model.capacity = capacity;
    model.oldest_seq = 1;
    while (model.newest_seq + 1 < MODEL_MAX && outbox.loss_count < LOSSES_MAX) {
        step(&model, &outbox, &random);
        if (random_below(&random, 500) == 0) {
            model_renumber(&model);
            outbox_renumber(&outbox, 2);
            break;
        }
        assert_same(&model, &outbox);
        assert_losses(&model, &outbox);
    }
    for (unsigned i = 0; i < 200 && outbox.loss_count < LOSSES_MAX; i++) {
        step(&model, &outbox, &random);
        assert_same(&model, &outbox);
    }
    outbox_deinit(&outbox);
}
END_TEST

START_TEST(the_account_balances_even_when_losses_are_forgotten)
{
    uint64_t random = (uint64_t)_i + 1000;
    struct outbox outbox = outbox_of(3);

    for (unsigned i = 0; i < 5000; i++) {
        (void)push(&outbox, i);
        if (random_below(&random, 3) == 0) {
            outbox_sent(&outbox, outbox.oldest_seq + random_below(&random, outbox.newest_seq - outbox.oldest_seq + 1));
            outbox_ack(&outbox, random_below(&random, outbox.sent_seq + 1));
        }
        if (random_below(&random, 50) == 0)
            outbox_resume(&outbox, random_below(&random, outbox.newest_seq + 1));
        assert_balance(&outbox);
        ck_assert_uint_le(outbox.loss_count, LOSSES_MAX);
    }
    outbox_deinit(&outbox);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("outbox");
    TCase *tcase = tcase_create("outbox");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, samples_are_numbered_from_one_and_stored_as_they_are);
    tcase_add_test(tcase, the_newest_stay_around_the_end_of_the_ring);
    tcase_add_test(tcase, a_dropped_sample_is_a_loss_unless_it_was_acknowledged);
    tcase_add_test(tcase, neighbouring_losses_become_one);
    tcase_add_test(tcase, a_loss_begins_with_what_was_sent);
    tcase_add_test(tcase, the_oldest_losses_are_forgotten_but_stay_counted);
    tcase_add_test(tcase, a_sample_dropped_on_its_way_is_forgiven_when_it_arrived);
    tcase_add_test(tcase, what_the_next_session_did_not_receive_is_not_forgiven);
    tcase_add_test(tcase, a_collector_that_knows_nothing_has_confirmed_nothing);
    tcase_add_test(tcase, an_ack_above_the_newest_counts_only_what_there_is);
    tcase_add_test(tcase, a_new_instance_has_only_what_waits_numbered_from_one);
    tcase_add_test(tcase, what_is_dropped_after_a_refusal_is_dropped_for_that);
    tcase_add_test(tcase, holes_are_passed_over_and_counted_once);
    tcase_add_test(tcase, a_damaged_sample_that_the_collector_has_is_forgiven);
    tcase_add_test(tcase, strays_are_produced_and_dropped_alike);
    tcase_add_test(tcase, the_wall_clock_replaces_a_clock_that_is_gone);
    tcase_add_test(tcase, each_record_has_its_instance_and_is_whole);
    tcase_add_loop_test(tcase, a_random_run_agrees_with_the_model, 0, 40);
    tcase_add_loop_test(tcase, the_account_balances_even_when_losses_are_forgotten, 0, 10);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
