/* What a spool's state knows and its ring no longer shows: it is counted and reported with its reason. */
#include "restore_fixture.h"

#include "support/cases.h"
#include "support/suite.h"

static void wipe(uint64_t position)
{
    memset(&records[position % capacity], 0, sizeof records[0]);
}

static uint64_t damaged(const struct outbox *run)
{
    return run->account.dropped[LOSS_SPOOL_DAMAGED];
}

/* ---- a state that went back ---- */

/* Two power cuts, and of the state an older copy each time: the places that it speaks of have been used again by an
 * instance of which it knows nothing. */
START_TEST(an_instance_in_places_used_again_is_not_taken_for_done)
{
    struct spool_state before[2];

    push(6);
    ack(2);
    memcpy(before, states, sizeof states);
    wipe(5);
    wipe(6);
    memset(states, 0, sizeof states);
    reboot(); /* the state knew of 5 and 6 no more: the new instance begins at 5 */
    push(4);
    uint64_t again = instance;
    memcpy(states, before, sizeof states);
    reboot();
    uint64_t waiting = 0;
    for (unsigned i = 0; i < spool.count; i++)
        if (spool.runs[i].instance == again)
            waiting = outbox_waiting(&spool.runs[i]);
    ck_assert_uint_eq(waiting, 4);
}
END_TEST

/* ---- the end of the ring ---- */

START_TEST(a_lost_end_that_the_state_knows_is_counted)
{
    push(14);
    ack(6);
    for (uint64_t position = 12; position <= 14; position++)
        wipe(position);
    struct restore_found found = reboot();
    const struct outbox *old = &spool.runs[0];
    ck_assert_uint_eq(found.damaged, 0);
    ck_assert_uint_eq(found.waiting, 5);
    ck_assert_uint_eq(old->newest_seq, 14);
    ck_assert_uint_eq(old->account.produced, 14);
    ck_assert_uint_eq(old->account.acknowledged, 6);
    ck_assert_uint_eq(damaged(old), 3);
    ck_assert_uint_eq(old->loss_count, 1);
    ck_assert_uint_eq(old->losses[0].first_seq, 12);
    ck_assert_uint_eq(old->losses[0].last_seq, 14);
    push(2);
    ck_assert(start().carried_on);
    ck_assert_uint_eq(damaged(&spool.runs[0]), 3);
    ck_assert_uint_eq(outbox_waiting(spool_present(&spool)), 2);
}
END_TEST

/* The newest run is not always the one that has lost something: it may just have begun. */
START_TEST(a_lost_end_before_a_run_without_samples_is_counted)
{
    push(14);
    ack(6);
    reboot();
    wipe(13);
    wipe(14);
    reboot();
    const struct outbox *old = &spool.runs[0];
    ck_assert_uint_eq(old->newest_seq, 14);
    ck_assert_uint_eq(damaged(old), 2);
    ck_assert_uint_eq(outbox_waiting(old), 6);
}
END_TEST

/* The lost ones may have come in after all: its Welcome shows that. */
START_TEST(a_lost_end_that_was_stored_is_taken_back)
{
    push(14);
    ack(6);
    wipe(13);
    wipe(14);
    reboot();
    struct outbox *old = spool_current(&spool);
    outbox_resume(old, 13);
    outbox_ack(old, 13);
    ck_assert_uint_eq(old->account.acknowledged, 13);
    ck_assert_uint_eq(damaged(old), 1);
    assert_sane();
}
END_TEST

START_TEST(a_damaged_end_of_a_wrapped_ring_is_counted)
{
    push(37);
    ack(30);
    push(1);
    ack(31);
    records[37 % capacity].check ^= 1;
    records[38 % capacity].check ^= 1;
    struct restore_found found = start();
    const struct outbox *old = &spool.runs[0];
    ck_assert(!found.carried_on);
    ck_assert_uint_eq(found.damaged, 2);
    ck_assert_uint_eq(old->account.produced, 38);
    ck_assert_uint_eq(damaged(old), 2);
    ck_assert_uint_eq(outbox_waiting(old), 5);
    ck_assert_uint_eq(outbox_dropped(spool_present(&spool)), 0);
}
END_TEST

/* Of the state only an older copy is left, and a record in the way shows nothing. */
START_TEST(a_damaged_end_behind_a_wiped_record_is_counted)
{
    struct spool_state before[2];

    push(37);
    ack(30);
    memcpy(before, states, sizeof states);
    push(3);
    ack(31);
    memcpy(states, before, sizeof states);
    wipe(38);
    records[39 % capacity].check ^= 1;
    records[40 % capacity].check ^= 1;
    struct restore_found found = start();
    const struct outbox *old = &spool.runs[0];
    ck_assert(!found.carried_on);
    ck_assert_uint_eq(found.damaged, 2);
    ck_assert_uint_eq(old->newest_seq, 40);
    ck_assert_uint_eq(damaged(old), 3);
    ck_assert_uint_eq(outbox_waiting(old), 7);
    ck_assert_uint_eq(outbox_dropped(spool_present(&spool)), 0);
}
END_TEST

/* Likewise, but it is a record of two rounds before, which a power cut has left there. */
START_TEST(a_damaged_end_behind_a_record_of_long_ago_is_counted)
{
    struct spool_state before[2];
    struct record old_record;

    push(10);
    ack(10);
    old_record = records[6];
    push(27);
    ack(30);
    memcpy(before, states, sizeof states);
    push(2);
    ack(31);
    memcpy(states, before, sizeof states);
    records[38 % capacity] = old_record;
    records[39 % capacity].check ^= 1;
    ck_assert_uint_eq(reboot().damaged, 1);
    const struct outbox *old = &spool.runs[0];
    ck_assert_uint_eq(old->newest_seq, 39);
    ck_assert_uint_eq(damaged(old), 2);
    ck_assert_uint_eq(outbox_waiting(old), 7);
    ck_assert_uint_eq(outbox_dropped(spool_present(&spool)), 0);
}
END_TEST

/* All that was written in the second round is damaged, and the end of the first one too. */
START_TEST(a_damaged_beginning_of_the_second_round_is_counted)
{
    push(15);
    ack(15);
    push(2);
    records[0].check ^= 1;
    records[1].check ^= 1;
    ck_assert_uint_eq(start().damaged, 2);
    ck_assert_uint_eq(spool.runs[0].newest_seq, 17);
    ck_assert_uint_eq(damaged(&spool.runs[0]), 2);
}
END_TEST

/* In a ring that was never full a record can't be of the second round, whatever it claims. */
START_TEST(a_damaged_record_of_the_first_round_is_no_end)
{
    push(5);
    ack(1);
    records[2].position = 2 + capacity;
    ck_assert_uint_eq(start().damaged, 1);
    ck_assert_uint_eq(spool.runs[0].newest_seq, 5);
    ck_assert_uint_eq(damaged(&spool.runs[0]), 1);
}
END_TEST

/* Of the runs that still had something to send only the state is left; the newest records, which it
 * does not have, show where they were. A place of the first round is blank: its record had been damaged. */
START_TEST(a_damaged_end_behind_runs_of_which_nothing_is_left_is_counted)
{
    push(13);
    ack(13);
    reboot();
    push(4);
    spool_save(&spool);
    wipe(14);
    wipe(15);
    wipe(17);
    reboot();
    push(2);
    for (uint64_t position = 16; position <= 19; position++)
        records[position % capacity].check ^= position != 17;
    ck_assert_uint_eq(reboot().damaged, 3);
    ck_assert_uint_eq(spool.count, 2);
    ck_assert_uint_eq(damaged(&spool.runs[0]), 4);
    ck_assert_uint_eq(damaged(spool_present(&spool)), 2);
    ck_assert_uint_eq(spool_present(&spool)->offset, 19);
}
END_TEST

START_TEST(runs_lost_behind_the_newest_record_are_counted)
{
    push(5);
    ack(2);
    reboot();
    push(4);
    reboot();
    push(3);
    spool_save(&spool);
    for (uint64_t position = 6; position <= 12; position++)
        records[position].check ^= 1;
    for (unsigned again = 0; again < 2; again++) {
        ck_assert_uint_eq(reboot().damaged, again == 0 ? 7 : 0);
        ck_assert_uint_eq(spool.count, 4);
        ck_assert_uint_eq(outbox_waiting(&spool.runs[0]), 3);
        ck_assert_uint_eq(damaged(&spool.runs[1]), 4);
        ck_assert_uint_eq(damaged(&spool.runs[2]), 3);
        ck_assert_uint_eq(spool_present(&spool)->offset, 12);
        for (unsigned i = 0; i < spool.count; i++)
            ck_assert_uint_eq(outbox_dropped(&spool.runs[i]), damaged(&spool.runs[i]));
    }
    ck_assert_uint_eq(damaged(spool_present(&spool)), 0);
}
END_TEST

/* A damaged record costs no whole one. */
START_TEST(a_damaged_end_behind_a_whole_record_is_not_believed)
{
    push(37);
    ack(20);
    records[39 % capacity].position = 39;
    start();
    const struct outbox *old = &spool.runs[0];
    ck_assert_uint_eq(old->newest_seq, 37);
    ck_assert_uint_eq(damaged(old), 1);
    ck_assert_ptr_nonnull(outbox_get(old, 22));
    ck_assert_ptr_null(outbox_get(old, 23));
}
END_TEST

/* The disk has the ring as it was before, with none of the new records, and the new state. */
START_TEST(a_ring_of_old_records_only_counts_the_new_ones)
{
    for (unsigned more = 1; more <= 40; more++) {
        struct record before[CAPACITY_MAX];
        begin();
        push(16);
        ack(16);
        memcpy(before, records, sizeof before);
        push(more);
        ack(16);
        memcpy(records, before, sizeof before);
        ck_assert(!reboot().carried_on);
        ck_assert_uint_eq(spool.count, 2);
        const struct outbox *old = &spool.runs[0];
        uint64_t left = more < capacity ? more : capacity;
        ck_assert_uint_eq(old->account.produced, 16 + more);
        ck_assert_uint_eq(old->account.acknowledged, 16);
        ck_assert_uint_eq(damaged(old), left);
        ck_assert_uint_eq(old->account.dropped[LOSS_OUTBOX_FULL], more - left);
        ck_assert_uint_eq(outbox_waiting(old), 0);
        ck_assert_uint_eq(outbox_dropped(spool_present(&spool)), 0);
        push(1);
        assert_sane();
    }
}
END_TEST

START_TEST(an_instance_whose_acknowledged_end_is_lost_is_not_carried_on)
{
    push(10);
    ack(10);
    wipe(9);
    wipe(10);
    ck_assert(!start().carried_on);
    ck_assert_uint_eq(outbox_dropped(&spool.runs[0]), 0);
}
END_TEST

/* ---- a hole that was known before ---- */

/* As at a Welcome. */
static void welcome(struct outbox *run, uint64_t resume_seq)
{
    outbox_resume(run, resume_seq);
    spool_save(&spool);
}

/* The collector has noted its loss, and what follows; the agent is killed before the ack. */
START_TEST(a_hole_that_was_passed_over_is_not_taken_back_after_a_kill)
{
    push(10);
    ack(2);
    records[5].check ^= 1;
    start();
    struct outbox *old = spool_current(&spool);
    welcome(old, 2);
    outbox_sent(old, 10);
    start();
    old = spool_current(&spool);
    ck_assert_uint_eq(damaged(old), 1);
    welcome(old, 10);
    outbox_ack(old, 10);
    ck_assert_uint_eq(damaged(old), 1);
    ck_assert_uint_eq(old->account.acknowledged, 9);
    ck_assert_uint_eq(old->holes, 0);
}
END_TEST

/* Until a Welcome has shown that it was not received. */
/* In a smaller ring there is no room for it, nor for what is around it, which may have come in. */
START_TEST(a_hole_that_has_to_make_room_stays_a_hole)
{
    struct record smaller[4] = {0};

    push(10);
    ack(2);
    wipe(5);
    reboot();
    welcome(spool_current(&spool), 4);
    (void)restore_copy(records, capacity, smaller, 4);
    memset(records, 0, sizeof records);
    memcpy(records, smaller, sizeof smaller);
    capacity = 4;
    start();
    struct outbox *old = &spool.runs[0];
    ck_assert_uint_eq(old->oldest_seq, 7);
    ck_assert_uint_eq(old->account.dropped[LOSS_OUTBOX_FULL], 3);
    ck_assert_uint_eq(damaged(old), 1);
    outbox_resume(old, 6);
    outbox_ack(old, 6);
    ck_assert_uint_eq(old->account.acknowledged, 5);
    ck_assert_uint_eq(damaged(old), 1);
    assert_sane();
}
END_TEST

START_TEST(a_hole_that_may_have_been_sent_is_taken_back_after_two_kills)
{
    push(10);
    ack(2);
    records[5].check ^= 1;
    start();
    start();
    struct outbox *old = spool_current(&spool);
    welcome(old, 10);
    outbox_ack(old, 10);
    ck_assert_uint_eq(damaged(old), 0);
    ck_assert_uint_eq(old->account.acknowledged, 10);
}
END_TEST

START_TEST(a_new_hole_beside_a_known_one_may_have_been_sent)
{
    push(10);
    ack(2);
    records[5].check ^= 1;
    start();
    welcome(spool_current(&spool), 2);
    records[6].check ^= 1;
    start();
    struct outbox *old = spool_current(&spool);
    ck_assert_uint_eq(damaged(old), 2);
    outbox_ack(old, 10);
    ck_assert_uint_eq(damaged(old), 1);
    ck_assert_uint_eq(old->loss_count, 1);
    ck_assert_uint_eq(old->losses[0].first_seq, 5);
    ck_assert_uint_eq(old->losses[0].last_seq, 5);
}
END_TEST

/* More of them than an agent remembers. */
START_TEST(a_forgotten_hole_is_not_taken_back_after_a_kill)
{
    capacity = CAPACITY_MAX;
    start();
    push(80);
    for (uint64_t seq = 1; seq <= 80; seq += 2)
        wipe(seq);
    start();
    struct outbox *old = spool_current(&spool);
    ck_assert_uint_eq(damaged(old), 40);
    ck_assert_uint_eq(old->loss_count, LOSSES_MAX);
    welcome(old, 0);
    start();
    old = spool_current(&spool);
    ck_assert_uint_eq(damaged(old), 40);
    ck_assert_uint_eq(old->loss_count, LOSSES_MAX);
    welcome(old, 80);
    outbox_ack(old, 80);
    ck_assert_uint_eq(damaged(old), 40);
}
END_TEST

/* What a collector finds before the first of a full list, it takes as forgotten; so nothing else may be. */
START_TEST(a_sample_dropped_before_as_many_holes_as_are_remembered_is_forgotten)
{
    capacity = CAPACITY_MAX;
    start();
    push(CAPACITY_MAX);
    for (uint64_t i = 0; i < LOSSES_MAX; i++)
        wipe(5 + 2 * i);
    start();
    push(3);
    const struct outbox *old = &spool.runs[0];
    ck_assert_uint_eq(old->account.dropped[LOSS_OUTBOX_FULL], 3);
    ck_assert_uint_eq(old->loss_count, LOSSES_MAX);
    for (unsigned i = 0; i < LOSSES_MAX; i++)
        ck_assert_uint_eq(old->losses[i].first_seq, 5 + 2 * i);
}
END_TEST

/* ---- why samples are dropped ---- */

/* No record shows the old instance any more. */
START_TEST(a_kill_after_renumbering_all_the_ring_counts_no_damage)
{
    push(20);
    spool_renumber(&spool, ++instance);
    uint64_t renumbered = instance;
    states[spool.generation % 2].check ^= 1;
    start();
    uint64_t produced = 0;
    for (unsigned i = 0; i < spool.count; i++) {
        produced += spool.runs[i].account.produced;
        ck_assert_uint_eq(spool.runs[i].account.dropped[LOSS_SPOOL_DAMAGED], 0);
        ck_assert_uint_eq(outbox_waiting(&spool.runs[i]), spool.runs[i].instance == renumbered ? 16 : 0);
    }
    ck_assert_uint_eq(produced, 20);
}
END_TEST

/* The present run takes samples while an earlier one is sent. */
START_TEST(a_no_to_an_earlier_run_is_a_no_to_all)
{
    push(4);
    reboot();
    push(4);
    spool_current(&spool)->rejected = true; /* as the sender does */
    spool_share_reject(&spool, spool_current(&spool));
    push(40);
    ck_assert_uint_eq(spool.runs[0].account.dropped[LOSS_REJECTED], 4);
    ck_assert_uint_eq(spool.runs[1].account.dropped[LOSS_REJECTED], 28);
    ck_assert_uint_eq(spool.runs[1].account.dropped[LOSS_OUTBOX_FULL], 0);

    spool_current(&spool)->rejected = false;
    spool_share_reject(&spool, spool_current(&spool));
    push(2);
    ck_assert_uint_eq(spool.runs[1].account.dropped[LOSS_REJECTED], 28);
    ck_assert_uint_eq(spool.runs[1].account.dropped[LOSS_OUTBOX_FULL], 2);
}
END_TEST

/* Killed between the record that took its place and the state that counts it. */
START_TEST(the_last_sample_of_a_run_that_is_pushed_out_at_a_kill_is_not_damaged)
{
    struct spool_state before[2];

    push(4);
    reboot();
    push(15);
    ck_assert_uint_eq(outbox_waiting(&spool.runs[0]), 1);
    memcpy(before, states, sizeof before);
    push(1);
    memcpy(states, before, sizeof before);
    start();
    ck_assert_uint_eq(spool.count, 2);
    ck_assert_uint_eq(damaged(&spool.runs[0]), 0);
    ck_assert_uint_eq(spool.runs[0].account.dropped[LOSS_OUTBOX_FULL], 4);
    ck_assert_uint_eq(outbox_waiting(spool_present(&spool)), 16);
}
END_TEST

/* In place, but not to be read. */
START_TEST(the_last_sample_of_a_run_that_can_not_be_read_is_damaged)
{
    push(4);
    reboot();
    push(15);
    records[4].check ^= 1;
    start();
    uint64_t sum = 0;
    for (unsigned i = 0; i < spool.count; i++)
        sum += damaged(&spool.runs[i]);
    ck_assert_uint_eq(sum, 1);
}
END_TEST

START_TEST(a_no_outlives_a_kill_and_a_boot)
{
    push(4);
    spool_present(&spool)->rejected = true;
    spool_share_reject(&spool, spool_present(&spool));
    ck_assert(start().carried_on);
    ck_assert(spool_present(&spool)->rejected);
    reboot();
    push(20);
    ck_assert_uint_eq(spool.runs[0].account.dropped[LOSS_REJECTED], 4);
    ck_assert_uint_eq(spool_present(&spool)->account.dropped[LOSS_REJECTED], 4);
    reboot();
    ck_assert(spool_present(&spool)->rejected);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("restore_loss");

    CASES_ADD(suite, "the end of the ring", begin, nothing, an_instance_in_places_used_again_is_not_taken_for_done,
              a_lost_end_before_a_run_without_samples_is_counted, a_lost_end_that_the_state_knows_is_counted,
              a_lost_end_that_was_stored_is_taken_back, a_damaged_end_of_a_wrapped_ring_is_counted,
              a_damaged_end_behind_a_wiped_record_is_counted, a_damaged_end_behind_a_record_of_long_ago_is_counted,
              a_damaged_beginning_of_the_second_round_is_counted, a_damaged_record_of_the_first_round_is_no_end,
              a_damaged_end_behind_runs_of_which_nothing_is_left_is_counted,
              runs_lost_behind_the_newest_record_are_counted, a_damaged_end_behind_a_whole_record_is_not_believed,
              a_ring_of_old_records_only_counts_the_new_ones,
              an_instance_whose_acknowledged_end_is_lost_is_not_carried_on);
    CASES_ADD(suite, "a hole that was known before", begin, nothing,
              a_hole_that_was_passed_over_is_not_taken_back_after_a_kill, a_hole_that_has_to_make_room_stays_a_hole,
              a_hole_that_may_have_been_sent_is_taken_back_after_two_kills,
              a_new_hole_beside_a_known_one_may_have_been_sent, a_forgotten_hole_is_not_taken_back_after_a_kill,
              a_sample_dropped_before_as_many_holes_as_are_remembered_is_forgotten);
    CASES_ADD(suite, "why samples are dropped", begin, nothing, a_kill_after_renumbering_all_the_ring_counts_no_damage,
              a_no_to_an_earlier_run_is_a_no_to_all,
              the_last_sample_of_a_run_that_is_pushed_out_at_a_kill_is_not_damaged,
              the_last_sample_of_a_run_that_can_not_be_read_is_damaged, a_no_outlives_a_kill_and_a_boot);
    return suite_run(suite);
}
