/* A spool whose memory is what the fuzzer likes: lives of an agent, with bytes overwritten in between, and records and
 * states of its choice that are sealed as if they were good ones. The input is a script. */
#include "agent/spool/restore.h"
#include "fuzz/fuzz.h"

#include <stddef.h>
#include <string.h>

#define CAPACITY_MAX 24U

static struct record records[CAPACITY_MAX];
static struct spool_state states[2];
static struct spool spool;
static uint64_t capacity;

static void check(void)
{
    MUST(spool.count >= 1 && spool.count <= SPOOL_RUNS_MAX);
    for (unsigned i = 0; i < spool.count; i++) {
        const struct outbox *run = &spool.runs[i];
        MUST(run->account.produced == run->account.acknowledged + outbox_dropped(run) + outbox_waiting(run));
        MUST(run->newest_seq + 1 - run->oldest_seq <= capacity);
        MUST(run->acked_seq + 1 >= run->oldest_seq && run->acked_seq <= run->newest_seq);
        MUST(run->loss_count <= LOSSES_MAX);
        for (unsigned k = 0; k < i; k++)
            MUST(run->instance != spool.runs[k].instance);
        for (uint64_t seq = run->oldest_seq; seq <= run->newest_seq; seq++)
            MUST(outbox_get(run, seq) == NULL || outbox_get(run, seq)->seq == seq);
    }
}

static void restart(uint64_t boot, uint64_t instance, bool unreadable)
{
    struct restore_found found = restore_spool(&spool, records, capacity, states, boot, instance, unreadable);

    MUST(found.carried_on || spool_present(&spool)->instance == instance);
    MUST(!(found.carried_on && found.damaged > 0));
}

static void overwrite(void *memory, size_t memory_size, const uint8_t **data, size_t *size)
{
    size_t at = (fuzz_byte(data, size) * 256U + fuzz_byte(data, size)) % memory_size;
    size_t len = fuzz_byte(data, size) % 64U;

    for (; len > 0 && at < memory_size; len--, at++)
        ((uint8_t *)memory)[at] = fuzz_byte(data, size);
}

static void forge_record(const uint8_t **data, size_t *size)
{
    uint64_t position = fuzz_byte(data, size);
    uint64_t instance = fuzz_byte(data, size) % 8U;
    uint64_t seq = fuzz_byte(data, size);
    struct sample sample = {.uptime_ms = seq};

    record_put(&records[position % capacity], instance, fuzz_byte(data, size) % 3U, position, seq, &sample);
}

static void forge_state(const uint8_t **data, size_t *size)
{
    struct spool_state *state = &states[fuzz_byte(data, size) % 2];

    overwrite(state, sizeof *state, data, size);
    state->run_count = 1 + fuzz_byte(data, size) % SPOOL_RUNS_MAX;
    state->check = record_checksum(&state->generation, sizeof *state - offsetof(struct spool_state, generation));
}

static void use(uint64_t *instance, const uint8_t **data, size_t *size)
{
    struct sample sample = {.time_ms = 1};
    struct outbox *run = spool_current(&spool);
    uint8_t what = fuzz_byte(data, size);

    if (what < 128) {
        for (unsigned i = 0; i < what; i++)
            (void)spool_push(&spool, &sample);
    } else if (what < 220) {
        outbox_resume(run, what - 128U);
        outbox_sent(run, run->newest_seq);
        outbox_ack(run, fuzz_byte(data, size));
        spool_save(&spool);
    } else if (what < 240 && run != spool_present(&spool)) {
        spool_finish(&spool, run);
    } else {
        spool_renumber(&spool, ++*instance);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t instance = 100;

    capacity = 1 + fuzz_byte(&data, &size) % CAPACITY_MAX;
    memset(records, 0, sizeof records);
    memset(states, 0, sizeof states);
    restart(1, instance, false);
    while (size > 0) {
        uint8_t what = fuzz_byte(&data, &size);
        if (what % 4 == 0)
            overwrite(records, capacity * sizeof records[0], &data, &size);
        else if (what % 8 == 1)
            forge_state(&data, &size);
        else if (what % 8 == 5)
            overwrite(states, sizeof states, &data, &size);
        else if (what % 4 == 2)
            forge_record(&data, &size);
        else
            use(&instance, &data, &size);
        if (what % 4 != 3)
            restart(1 + what / 128U, ++instance, what == 255);
        check();
    }
    return 0;
}
