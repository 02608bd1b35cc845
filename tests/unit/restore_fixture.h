/* The memory of a spool file, and an agent on it that is killed and started again. */
#ifndef UNIT_RESTORE_FIXTURE_H
#define UNIT_RESTORE_FIXTURE_H

#include "agent/spool/restore.h"

#include <check.h>
#include <string.h>

#define CAPACITY_MAX 96U
#define BOOT         1000U

/* The memory of a spool file, and the agent on it. Samples are told apart by their time. */
static struct record records[CAPACITY_MAX];
static struct spool_state states[2];
static struct spool spool;
static uint64_t capacity;
static uint64_t boot;
static uint64_t instance; /* of the last one that began */
static int64_t mark;

/* ck_assert() costs a system call. */
#define QUICK_ASSERT(condition)                                                                                        \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            ck_abort_msg("not so: %s", #condition);                                                                    \
    } while (0)

static inline void assert_sane(void)
{
    QUICK_ASSERT(spool.count >= 1 && spool.count <= SPOOL_RUNS_MAX);
    for (unsigned i = 0; i < spool.count; i++) {
        const struct outbox *run = &spool.runs[i];
        QUICK_ASSERT(run->account.produced == run->account.acknowledged + outbox_dropped(run) + outbox_waiting(run));
        QUICK_ASSERT(run->account.acknowledged <= run->account.produced);
        QUICK_ASSERT(run->account.produced == run->newest_seq + run->strays);
        QUICK_ASSERT(run->newest_seq + 1 - run->oldest_seq <= capacity);
        QUICK_ASSERT(run->acked_seq + 1 >= run->oldest_seq);
        uint64_t seen_seq = 0;
        for (unsigned k = 0; k < run->loss_count; k++) {
            QUICK_ASSERT(run->losses[k].first_seq > seen_seq);
            QUICK_ASSERT(run->losses[k].last_seq >= run->losses[k].first_seq);
            seen_seq = run->losses[k].last_seq;
        }
        QUICK_ASSERT(seen_seq <= run->newest_seq);
    }
}

static inline struct restore_found start_as(bool unreadable)
{
    struct restore_found found = restore_spool(&spool, records, capacity, states, boot, ++instance, unreadable);

    assert_sane();
    return found;
}

static inline struct restore_found start(void)
{
    return start_as(false);
}

static inline struct restore_found reboot(void)
{
    boot++;
    return start();
}

static inline void begin(void)
{
    memset(records, 0, sizeof records);
    memset(states, 0, sizeof states);
    capacity = 16;
    boot = BOOT;
    instance = 0;
    mark = 0;
    start();
}

static inline void nothing(void)
{
}

static inline void push(unsigned count)
{
    while (count-- > 0) {
        mark++;
        struct sample sample = {.time_ms = mark, .uptime_ms = (uint64_t)mark};
        (void)spool_push(&spool, &sample);
    }
}

static inline void ack(uint64_t seq)
{
    struct outbox *run = spool_current(&spool);

    outbox_sent(run, run->newest_seq);
    outbox_ack(run, seq);
    spool_save(&spool);
}

#endif
