/* What kills, power cuts and damage leave of a spool, and what is made of it. */
#include "restore_fixture.h"

#include "support/cases.h"
#include "support/suite.h"

static void damage(uint64_t position)
{
    records[position % capacity].sample.time_ms ^= 1;
}

/* The waiting samples of the run are those that were pushed as number first to last. */
static void assert_waiting(const struct outbox *run, int64_t first, int64_t last)
{
    ck_assert_uint_eq(outbox_waiting(run), (uint64_t)(last + 1 - first));
    for (uint64_t seq = run->acked_seq + 1; seq <= run->newest_seq; seq++) {
        const struct sample *sample = outbox_get(run, seq);
        ck_assert_uint_eq(sample->seq, seq);
        ck_assert_int_eq(sample->time_ms, first++);
    }
}

/* ---- carrying on ---- */

START_TEST(an_empty_spool_begins_an_instance)
{
    struct outbox *present = spool_present(&spool);

    ck_assert_uint_eq(spool.count, 1);
    ck_assert_uint_eq(present->instance, 1);
    ck_assert_uint_eq(present->newest_seq, 0);
    push(1);
    ck_assert_uint_eq(present->newest_seq, 1);
    ck_assert_ptr_eq(spool_current(&spool), present);
}
END_TEST

/* Killed after any number of samples, in the first round of the ring and later. */
START_TEST(a_killed_agent_carries_its_instance_on)
{
    for (unsigned count = 1; count <= 60; count++) {
        begin();
        for (unsigned i = 0; i < count; i++) {
            push(1);
            if (i + 1 != count / 2)
                continue;
            spool_present(&spool)->account.sent = count;
            ack(count / 2);
        }
        struct outbox before = *spool_present(&spool);
        struct restore_found found = start();
        struct outbox *present = spool_present(&spool);
        ck_assert(found.carried_on);
        ck_assert_uint_eq(spool.count, 1);
        ck_assert_uint_eq(present->instance, 1);
        ck_assert_uint_eq(present->newest_seq, count);
        ck_assert_uint_eq(present->acked_seq, before.acked_seq);
        ck_assert_mem_eq(&present->account, &before.account, sizeof before.account);
        ck_assert_uint_eq(present->loss_count, before.loss_count);
        assert_waiting(present, (int64_t)before.acked_seq + 1, count);
        ck_assert_uint_eq(found.waiting, count - before.acked_seq);
        push(1);
        ck_assert_uint_eq(present->newest_seq, count + 1);
    }
}
END_TEST

START_TEST(losses_and_their_reasons_are_carried_on)
{
    push(20);
    spool_present(&spool)->rejected = true;
    push(3);
    struct outbox before = *spool_present(&spool);
    ck_assert(start().carried_on);
    struct outbox *present = spool_present(&spool);
    ck_assert_uint_eq(present->account.dropped[LOSS_OUTBOX_FULL], 4);
    ck_assert_uint_eq(present->account.dropped[LOSS_REJECTED], 3);
    ck_assert_uint_eq(present->loss_count, before.loss_count);
    for (unsigned i = 0; i < before.loss_count; i++) {
        ck_assert_uint_eq(present->losses[i].first_seq, before.losses[i].first_seq);
        ck_assert_uint_eq(present->losses[i].last_seq, before.losses[i].last_seq);
        ck_assert_uint_eq(present->losses[i].sent_seq, before.losses[i].sent_seq);
        ck_assert_int_eq(present->losses[i].reason, before.losses[i].reason);
    }
    ck_assert(present->rejected);
}
END_TEST

/* It never was produced; but in a full ring, the oldest one had to go for it. */
START_TEST(a_kill_in_the_middle_of_a_record_is_no_damage)
{
    for (unsigned count = 0; count <= 40; count++) {
        begin();
        push(count);
        records[(count + 1) % capacity].check = 0;
        records[(count + 1) % capacity].instance = 1;
        struct restore_found found = start();
        struct outbox *present = spool_present(&spool);
        ck_assert_uint_eq(found.damaged, 0);
        ck_assert_uint_eq(found.carried_on, count > 0);
        ck_assert_uint_eq(present->newest_seq, count);
        uint64_t dropped = count >= capacity ? count - capacity + 1 : 0;
        ck_assert_uint_eq(present->account.dropped[LOSS_OUTBOX_FULL], dropped);
        ck_assert_uint_eq(outbox_waiting(present), count - dropped);
        /* Another kill before the next sample: it is found as it was. */
        found = start();
        present = spool_present(&spool);
        ck_assert_uint_eq(found.carried_on, count > 0);
        ck_assert_uint_eq(present->account.dropped[LOSS_OUTBOX_FULL], dropped);
        ck_assert_uint_eq(outbox_dropped(present), dropped);
    }
}
END_TEST

START_TEST(one_copy_of_the_state_is_enough)
{
    for (unsigned torn = 0; torn < 2; torn++) {
        begin();
        push(10);
        ack(3);
        ack(6);
        states[torn].runs[0].acked_seq ^= 1;
        ck_assert(start().carried_on);
        uint64_t acked_seq = spool_present(&spool)->acked_seq;
        ck_assert(acked_seq == 3 || acked_seq == 6);
        ck_assert_uint_eq(outbox_waiting(spool_present(&spool)), 10 - acked_seq);
    }
}
END_TEST

START_TEST(without_a_state_nothing_is_known_as_acknowledged)
{
    push(20);
    ack(20);
    memset(states, 0x55, sizeof states);
    struct restore_found found = start();
    ck_assert(found.state_lost);
    ck_assert(!found.carried_on);
    ck_assert_uint_eq(spool.count, 2);
    ck_assert_uint_eq(spool.runs[0].instance, 1);
    assert_waiting(&spool.runs[0], 5, 20);
    ck_assert_uint_eq(outbox_dropped(&spool.runs[0]), 0);
    ck_assert_uint_eq(spool.runs[1].instance, instance);
}
END_TEST

/* ---- earlier runs ---- */

START_TEST(after_a_boot_the_old_samples_go_first_and_once)
{
    push(10);
    ack(4);
    struct restore_found found = reboot();
    ck_assert(!found.carried_on);
    ck_assert_uint_eq(found.waiting, 6);
    ck_assert_uint_eq(spool.count, 2);
    struct outbox *old = spool_current(&spool);
    ck_assert_uint_eq(old->instance, 1);
    ck_assert(old->clock_gone);
    ck_assert(!spool_present(&spool)->clock_gone);
    assert_waiting(old, 5, 10);
    push(2);
    ack(7);
    ck_assert_uint_eq(spool_waiting(&spool), 5);

    start(); /* in between */
    ck_assert_uint_eq(spool.count, 2);
    old = spool_current(&spool);
    assert_waiting(old, 8, 10);
    ck_assert_uint_eq(spool_present(&spool)->instance, 2);
    ack(10);
    spool_finish(&spool, old);
    ck_assert_ptr_eq(spool_current(&spool), spool_present(&spool));
    start();
    ck_assert_uint_eq(spool.count, 1);
    assert_waiting(spool_present(&spool), 11, 12);
    reboot();
    ck_assert_uint_eq(spool.count, 2);
    ck_assert_uint_eq(spool_current(&spool)->instance, 2);
}
END_TEST

START_TEST(a_run_wholly_acknowledged_is_not_sent_again)
{
    push(16);
    ack(16);
    push(14);
    ack(30);
    reboot();
    ck_assert_uint_eq(spool.count, 1);
    ck_assert_uint_eq(spool_present(&spool)->newest_seq, 0);
    start();
    ck_assert_uint_eq(spool.count, 1);
}
END_TEST

/* The state is written with the samples' pages or without. */
START_TEST(a_run_that_is_newer_than_the_state_is_not_forgotten)
{
    struct spool_state before[2];

    push(3);
    memcpy(before, states, sizeof before);
    reboot();
    push(4);
    memcpy(states, before, sizeof before);
    reboot();
    ck_assert_uint_eq(spool.count, 3);
    assert_waiting(&spool.runs[0], 1, 3);
    assert_waiting(&spool.runs[1], 4, 7);
}
END_TEST

START_TEST(the_oldest_of_too_many_runs_goes)
{
    for (unsigned run = 1; run <= SPOOL_RUNS_MAX; run++) {
        push(2);
        if (run < SPOOL_RUNS_MAX)
            reboot();
    }
    ck_assert_uint_eq(spool.count, SPOOL_RUNS_MAX);
    struct restore_found found = reboot();
    ck_assert_uint_eq(found.too_many, 2);
    ck_assert_uint_eq(spool.count, SPOOL_RUNS_MAX);
    ck_assert_uint_eq(spool.runs[0].instance, 2);
    struct outbox *present = spool_present(&spool);
    ck_assert_uint_eq(present->account.produced, 2);
    ck_assert_uint_eq(present->account.dropped[LOSS_OUTBOX_FULL], 2);
    push(1);
    ck_assert_uint_eq(present->newest_seq, 1);
    ck_assert(start().carried_on);
    present = spool_present(&spool);
    ck_assert_uint_eq(present->account.produced, 3);
    ck_assert_uint_eq(present->account.dropped[LOSS_OUTBOX_FULL], 2);
    ck_assert_uint_eq(spool.count, SPOOL_RUNS_MAX);
}
END_TEST

START_TEST(what_the_oldest_of_too_many_runs_had_dropped_stays_counted)
{
    push(6);
    damage(2);
    damage(3);
    for (unsigned run = 1; run <= SPOOL_RUNS_MAX; run++) {
        reboot();
        push(1);
    }
    const struct outbox *present = spool_present(&spool);
    uint64_t dropped = 0;
    for (unsigned i = 0; i < spool.count; i++)
        dropped += outbox_dropped(&spool.runs[i]);
    ck_assert_uint_eq(dropped, 6); /* all of the first run */
    ck_assert_uint_eq(dropped + spool_waiting(&spool), (uint64_t)mark);
    ck_assert_uint_eq(present->instance, instance);
}
END_TEST

START_TEST(new_samples_push_out_those_of_the_oldest_run)
{
    push(6);
    ack(2);
    reboot();
    push(4);
    reboot();
    push(8); /* 18 in 16 places: the two acknowledged ones go */
    ck_assert_uint_eq(outbox_dropped(&spool.runs[0]), 0);
    push(3);
    ck_assert_uint_eq(spool.runs[0].account.dropped[LOSS_OUTBOX_FULL], 3);
    assert_waiting(&spool.runs[0], 6, 6);
    start();
    assert_waiting(&spool.runs[0], 6, 6);
    ck_assert_uint_eq(spool.runs[0].account.dropped[LOSS_OUTBOX_FULL], 3);
    push(5);
    ck_assert_uint_eq(outbox_waiting(&spool.runs[0]), 0);
    ck_assert_uint_eq(spool.runs[1].account.dropped[LOSS_OUTBOX_FULL], 4);
    ck_assert_ptr_eq(spool_current(&spool), &spool.runs[0]); /* its losses are not reported yet */
    push(100);
    assert_waiting(spool_present(&spool), 126 - 15, 126);
    assert_sane();
}
END_TEST

/* ---- damage ---- */

START_TEST(a_damaged_record_is_a_hole_and_a_loss)
{
    for (uint64_t bad = 1; bad <= 10; bad++) {
        begin();
        push(10);
        damage(bad);
        struct restore_found found = start();
        ck_assert(!found.carried_on);
        ck_assert_uint_eq(found.damaged, 1);
        ck_assert_uint_eq(spool.count, 2);
        for (unsigned round = 0; round < 3; round++) { /* and it is counted once */
            const struct outbox *old = &spool.runs[0];
            ck_assert_uint_eq(old->newest_seq, 10);
            ck_assert_uint_eq(old->account.dropped[LOSS_SPOOL_DAMAGED], 1);
            ck_assert_uint_eq(old->loss_count, 1);
            ck_assert_uint_eq(old->losses[0].first_seq, bad);
            ck_assert_int_eq(old->losses[0].reason, LOSS_SPOOL_DAMAGED);
            ck_assert_uint_eq(outbox_waiting(old), 9);
            for (uint64_t seq = 1; seq <= 10; seq++)
                if (seq != bad)
                    ck_assert_int_eq(outbox_get(old, seq)->time_ms, (int64_t)seq);
            ck_assert_uint_eq(outbox_dropped(spool_present(&spool)), 0);
            push(1);
            found = start();
            ck_assert_uint_eq(found.damaged, 0);
            ck_assert(found.carried_on);
        }
        assert_waiting(spool_present(&spool), 11, 13);
    }
}
END_TEST

START_TEST(damage_of_what_was_acknowledged_loses_nothing)
{
    push(16);
    ack(16);
    push(14);
    ack(25);
    damage(20);
    struct restore_found found = start();
    ck_assert(!found.carried_on);
    ck_assert_uint_eq(found.damaged, 1);
    ck_assert_uint_eq(outbox_dropped(&spool.runs[0]), 0);
    assert_waiting(&spool.runs[0], 26, 30);
    ck_assert_uint_eq(outbox_dropped(spool_present(&spool)), 0);
}
END_TEST

START_TEST(damage_around_the_end_of_the_ring_has_a_known_place)
{
    push(37); /* 22 to 37 are there */
    damage(22);
    damage(23);
    damage(37);
    start();
    const struct outbox *old = &spool.runs[0];
    ck_assert_uint_eq(old->account.dropped[LOSS_OUTBOX_FULL], 21);
    ck_assert_uint_eq(old->account.dropped[LOSS_SPOOL_DAMAGED], 3);
    ck_assert_uint_eq(outbox_dropped(spool_present(&spool)), 0);
    ck_assert_uint_eq(old->newest_seq, 37);
    assert_sane();
}
END_TEST

START_TEST(damage_between_two_runs_belongs_to_one_of_them)
{
    push(5);
    reboot();
    push(5);
    damage(5);
    damage(6);
    damage(7);
    start();
    ck_assert_uint_eq(spool.count, 3);
    ck_assert_uint_eq(spool.runs[0].account.dropped[LOSS_SPOOL_DAMAGED], 1);
    ck_assert_uint_eq(spool.runs[0].newest_seq, 5);
    ck_assert_uint_eq(spool.runs[1].account.dropped[LOSS_SPOOL_DAMAGED], 2);
    ck_assert_uint_eq(spool.runs[1].newest_seq, 5);
    ck_assert_uint_eq(spool.runs[1].losses[0].first_seq, 1);
    ck_assert_uint_eq(spool.runs[1].losses[0].last_seq, 2);
}
END_TEST

START_TEST(garbage_in_a_free_place_is_counted_with_the_present_run)
{
    push(5);
    memset(&records[9], 0x77, sizeof records[9]);
    struct restore_found found = start();
    ck_assert(!found.carried_on);
    ck_assert_uint_eq(found.damaged, 1);
    assert_waiting(&spool.runs[0], 1, 5);
    ck_assert_uint_eq(spool_present(&spool)->account.dropped[LOSS_SPOOL_DAMAGED], 1);
    ck_assert_uint_eq(spool_present(&spool)->account.produced, 1);
    ck_assert_uint_eq(spool_present(&spool)->newest_seq, 0);
}
END_TEST

START_TEST(nothing_but_garbage_is_counted)
{
    memset(records, 0xff, sizeof records);
    memset(states, 0xff, sizeof states);
    struct restore_found found = start();
    ck_assert_uint_eq(found.damaged, capacity);
    ck_assert_uint_eq(spool.count, 1);
    ck_assert_uint_eq(spool_present(&spool)->account.dropped[LOSS_SPOOL_DAMAGED], capacity);
    push(3);
    ck_assert(start().carried_on);
    assert_waiting(spool_present(&spool), 1, 3);
}
END_TEST

START_TEST(a_record_in_the_wrong_place_is_damage)
{
    push(10);
    records[4] = records[3];
    ck_assert_uint_eq(start().damaged, 1);
    ck_assert_uint_eq(spool.runs[0].losses[0].first_seq, 4);
    ck_assert_uint_eq(outbox_waiting(&spool.runs[0]), 9);
}
END_TEST

START_TEST(a_seq_is_not_used_twice_when_the_end_was_lost)
{
    push(10);
    ack(2);
    memset(&records[9], 0, 2 * sizeof records[0]);
    ck_assert(!start().carried_on); /* the same boot */
    begin();
    push(10);
    ack(9);
    memset(&records[9], 0, 2 * sizeof records[0]);
    ck_assert(!start().carried_on);
    begin();
    push(10);
    ck_assert(!start_as(true).carried_on); /* who knows what could not be read */
}
END_TEST

/* The pages of the last round were not written. */
START_TEST(a_power_cut_may_leave_records_of_the_round_before)
{
    struct record before[CAPACITY_MAX];

    push(20);
    memcpy(before, records, sizeof before);
    push(10);
    ack(24);
    for (uint64_t position = 26; position <= 28; position++)
        records[position % capacity] = before[position % capacity];
    struct restore_found found = reboot();
    ck_assert_uint_eq(found.damaged, 0);
    ck_assert_uint_eq(spool.runs[0].newest_seq, 30);
    ck_assert_uint_eq(spool.runs[0].account.dropped[LOSS_SPOOL_DAMAGED], 3);
    ck_assert_uint_eq(spool.runs[0].losses[spool.runs[0].loss_count - 1].first_seq, 26);
    ck_assert_uint_eq(outbox_waiting(&spool.runs[0]), 3);
}
END_TEST

/* ---- a new instance for the same samples ---- */

/* Killed after each record that is sealed again, from the last to the first. */
START_TEST(a_kill_while_renumbering_loses_no_sample)
{
    for (unsigned sealed = 0; sealed <= 6; sealed++) {
        struct record before[CAPACITY_MAX];
        begin();
        push(20);
        ack(14);
        memcpy(before, records, sizeof before);
        spool_renumber(&spool, ++instance);
        uint64_t renumbered = spool_present(&spool)->instance;
        for (uint64_t position = 15; position <= 20 - sealed; position++)
            records[position % capacity] = before[position % capacity];
        states[spool.generation % 2].check ^= 1;
        start();
        uint64_t waiting = 0;
        for (unsigned i = 0; i < spool.count; i++)
            waiting += outbox_waiting(&spool.runs[i]);
        ck_assert_uint_eq(waiting, 6);
        for (unsigned i = 0; i < spool.count; i++)
            if (spool.runs[i].instance == renumbered) { /* and it begins with its first one */
                assert_waiting(&spool.runs[i], 15, 20);
                ck_assert_uint_eq(spool.runs[i].oldest_seq, 1);
                ck_assert_uint_eq(spool.runs[i].account.produced, 6);
                ck_assert_uint_gt(sealed, 0);
            }
    }
}
END_TEST

START_TEST(a_renumbered_instance_is_carried_on)
{
    push(20);
    ack(14);
    spool_renumber(&spool, ++instance);
    uint64_t renumbered = instance;
    push(1);
    ck_assert(start().carried_on);
    ck_assert_uint_eq(spool.count, 1);
    ck_assert_uint_eq(spool_present(&spool)->instance, renumbered);
    ck_assert_uint_eq(spool_present(&spool)->newest_seq, 7);
    assert_waiting(spool_present(&spool), 15, 21);
}
END_TEST

/* With nothing to carry over there is no record of the new instance: the old one must not be carried on. */
START_TEST(an_instance_given_up_is_not_carried_on)
{
    push(20);
    ack(20);
    spool_renumber(&spool, ++instance);
    ck_assert(!start().carried_on);
    ck_assert_uint_eq(spool.count, 1);
    ck_assert_uint_eq(spool_present(&spool)->instance, instance);
}
END_TEST

/* ---- another capacity ---- */

/* A damaged one may have been the newest: its seq must not be used again. */
/* The damaged record has been counted and cleared, and only the state shows that there was one. */
START_TEST(an_instance_given_up_for_damage_is_not_carried_on_by_an_older_state)
{
    push(2);
    damage(2);
    ck_assert(!start().carried_on);
    states[spool.generation % 2].check ^= 1;
    ck_assert(!start().carried_on);
    ck_assert_uint_eq(spool_present(&spool)->instance, 3);
}
END_TEST

START_TEST(a_ring_with_damage_is_not_carried_on_in_another_size)
{
    struct record other[CAPACITY_MAX] = {0};

    push(10);
    records[10 % capacity].sample.uptime_ms ^= 1;
    ck_assert(!restore_copy(records, capacity, other, 4));
}
END_TEST

START_TEST(a_ring_of_another_size_takes_the_newest)
{
    static const unsigned counts[] = {0, 3, 10, 16, 17, 40};
    static const unsigned sizes[] = {4, 9, 16, 17, 31, 64};
    struct record other[CAPACITY_MAX];

    for (unsigned i = 0; i < 6; i++) {
        for (unsigned k = 0; k < 6; k++) {
            begin();
            push(counts[i]);
            if (counts[i] > 2)
                ack(2);
            memset(other, 0, sizeof other);
            ck_assert(restore_copy(records, capacity, other, sizes[k]));
            memcpy(records, other, sizeof other);
            uint64_t left = counts[i] > 2 ? counts[i] - 2 : counts[i];
            left = left < capacity ? left : capacity;
            left = left < sizes[k] ? left : sizes[k];
            capacity = sizes[k];
            struct restore_found found = start();
            ck_assert_uint_eq(found.carried_on, counts[i] > 0);
            assert_waiting(spool_present(&spool), counts[i] + 1 - (int64_t)left, counts[i]);
            ck_assert_uint_eq(spool_present(&spool)->account.produced, counts[i]);
            ck_assert_uint_eq(spool_present(&spool)->account.dropped[LOSS_SPOOL_DAMAGED], 0);
            push(1);
            assert_sane();
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("restore");

    CASES_ADD(suite, "carrying on", begin, nothing, an_empty_spool_begins_an_instance,
              a_killed_agent_carries_its_instance_on, losses_and_their_reasons_are_carried_on,
              a_kill_in_the_middle_of_a_record_is_no_damage, one_copy_of_the_state_is_enough,
              without_a_state_nothing_is_known_as_acknowledged);
    CASES_ADD(suite, "earlier runs", begin, nothing, after_a_boot_the_old_samples_go_first_and_once,
              a_run_wholly_acknowledged_is_not_sent_again, a_run_that_is_newer_than_the_state_is_not_forgotten,
              the_oldest_of_too_many_runs_goes, what_the_oldest_of_too_many_runs_had_dropped_stays_counted,
              new_samples_push_out_those_of_the_oldest_run);
    CASES_ADD(suite, "damage", begin, nothing, a_damaged_record_is_a_hole_and_a_loss,
              damage_of_what_was_acknowledged_loses_nothing, damage_around_the_end_of_the_ring_has_a_known_place,
              damage_between_two_runs_belongs_to_one_of_them, garbage_in_a_free_place_is_counted_with_the_present_run,
              nothing_but_garbage_is_counted, a_record_in_the_wrong_place_is_damage,
              a_seq_is_not_used_twice_when_the_end_was_lost, a_power_cut_may_leave_records_of_the_round_before);
    CASES_ADD(suite, "renumbering", begin, nothing, a_kill_while_renumbering_loses_no_sample,
              a_renumbered_instance_is_carried_on, an_instance_given_up_is_not_carried_on,
              an_instance_given_up_for_damage_is_not_carried_on_by_an_older_state,
              a_ring_with_damage_is_not_carried_on_in_another_size, a_ring_of_another_size_takes_the_newest);
    return suite_run(suite);
}
