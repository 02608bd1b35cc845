/* Random lives of an agent with a spool: kills, boots, power cuts and damage. */
#include "restore_fixture.h"

#include "common/random.h"
#include "support/suite.h"

#define TRUTH_MAX 20000U

/* Every sample ever produced, by its mark. */
static struct {
    uint64_t instance, seq;
} truth[TRUTH_MAX];
static struct record synced[CAPACITY_MAX];
static struct spool_state synced_states[2];

static void assert_nothing_invented(void)
{
    for (unsigned i = 0; i < spool.count; i++) {
        const struct outbox *run = &spool.runs[i];
        for (uint64_t seq = run->oldest_seq; seq <= run->newest_seq; seq++) {
            const struct sample *sample = outbox_get(run, seq);
            if (sample == NULL)
                continue;
            QUICK_ASSERT(sample->time_ms <= mark && sample->seq == seq);
            QUICK_ASSERT(truth[sample->time_ms].instance == run->instance);
            QUICK_ASSERT(truth[sample->time_ms].seq == seq);
        }
    }
}

static void push_true(void)
{
    struct outbox *present = spool_present(&spool);

    push(1);
    /* No seq is used twice, whatever happened. */
    for (int64_t earlier = mark - 1; earlier > 0 && earlier > mark - 300; earlier--)
        QUICK_ASSERT(truth[earlier].instance != present->instance || truth[earlier].seq < present->newest_seq);
    truth[mark].instance = present->instance;
    truth[mark].seq = present->newest_seq;
}

static void acknowledge_some(uint64_t *random)
{
    struct outbox *run = spool_current(&spool);

    ack(random_below(random, run->newest_seq + 1));
    if (run != spool_present(&spool) && outbox_waiting(run) == 0)
        spool_finish(&spool, run);
}

static void sync_all(void)
{
    memcpy(synced, records, sizeof synced);
    memcpy(synced_states, states, sizeof synced_states);
}

/* Each page may have been written since the last sync, or not. */
static void cut_power(uint64_t *random)
{
    for (uint64_t i = 0; i < capacity; i++)
        if (random_below(random, 2) == 0)
            records[i] = synced[i];
    for (unsigned i = 0; i < 2; i++)
        if (random_below(random, 2) == 0)
            states[i] = synced_states[i];
    reboot();
    sync_all();
}

static void corrupt(uint64_t *random)
{
    for (uint64_t n = random_below(random, 5); n > 0; n--) {
        size_t at = random_below(random, capacity * sizeof records[0]);
        size_t len = 1 + random_below(random, random_below(random, 2) == 0 ? 1 : 512);
        for (; len > 0 && at < capacity * sizeof records[0]; len--, at++)
            ((uint8_t *)records)[at] = n % 2 == 0 ? 0 : (uint8_t)random_next(random);
    }
    if (random_below(random, 3) == 0)
        ((uint8_t *)states)[random_below(random, sizeof states)] ^= 4;
    /* What the reader could not have noticed: the seal is for accidents. */
}

START_TEST(a_random_life_invents_nothing_and_its_accounts_balance)
{
    uint64_t random = (uint64_t)_i;

    capacity = 1 + random_below(&random, CAPACITY_MAX);
    memset(records, 0, sizeof records);
    memset(states, 0, sizeof states);
    start();
    sync_all();
    for (unsigned i = 0; i < 3000 && mark + 1 < (int64_t)TRUTH_MAX; i++) {
        switch (random_below(&random, 40)) {
        default:
            push_true();
            break;
        case 0:
        case 1:
        case 2:
            acknowledge_some(&random);
            break;
        case 3:
            start();
            break;
        case 4:
            sync_all();
            break;
        case 5:
            cut_power(&random);
            break;
        case 6:
            reboot();
            break;
        case 7:
            if (_i % 2 == 0) {
                corrupt(&random);
                start();
            }
            break;
        }
        assert_sane();
        assert_nothing_invented();
    }
}
END_TEST

/* A run that is no longer there has all of its samples acknowledged. Returns how many those were. */
static uint64_t restart_counting(bool rebooted)
{
    const struct spool before = spool;
    uint64_t gone = 0;

    struct restore_found found = rebooted ? reboot() : start();
    ck_assert(rebooted || found.carried_on || before.runs[before.count - 1].newest_seq == 0);
    for (unsigned i = 0; i < before.count; i++) {
        const struct outbox *run = &before.runs[i];
        bool there = false;
        for (unsigned k = 0; k < spool.count; k++)
            there |= spool.runs[k].instance == run->instance;
        if (there || run->finished)
            continue;
        ck_assert_uint_eq(run->account.acknowledged, run->newest_seq);
        gone += run->newest_seq;
    }
    return gone;
}

/* Without damage, kills and boots lose nothing that is not counted. */
START_TEST(a_random_life_of_kills_loses_nothing)
{
    uint64_t random = (uint64_t)_i + 500;
    uint64_t past = 0;

    capacity = 8 + random_below(&random, CAPACITY_MAX - 7);
    memset(records, 0, sizeof records);
    memset(states, 0, sizeof states);
    start();
    for (unsigned i = 0; i < 3000; i++) {
        struct outbox *run = spool_current(&spool);
        unsigned what = (unsigned)random_below(&random, 60);
        if (what == 0 && spool_present(&spool) - run < (int)SPOOL_RUNS_MAX - 1) {
            past += restart_counting(true);
        } else if (what <= 2) {
            past += restart_counting(false);
        } else if (what <= 10) {
            ack(random_below(&random, run->newest_seq + 1));
            if (run != spool_present(&spool) && outbox_waiting(run) == 0) {
                past += run->account.produced;
                spool_finish(&spool, run);
            }
        } else {
            push(1);
        }
        uint64_t produced = past;
        for (unsigned k = 0; k < spool.count; k++)
            produced += spool.runs[k].finished ? 0 : spool.runs[k].account.produced;
        ck_assert_uint_eq(produced, (uint64_t)mark);
        assert_sane();
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("restore_random");
    TCase *tcase = tcase_create("random");

    tcase_add_checked_fixture(tcase, begin, nothing);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, a_random_life_invents_nothing_and_its_accounts_balance, 0, 100);
    tcase_add_loop_test(tcase, a_random_life_of_kills_loses_nothing, 0, 30);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
