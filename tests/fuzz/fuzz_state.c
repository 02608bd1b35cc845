/* What state_open() and state_next() take is exactly what state_add() writes, and a scaler that was read can decide. */
#include "common/hash.h"
#include "fuzz/fuzz.h"
#include "scaler/scaler.h"
#include "scaler/state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CHECKSUM_SIZE 17U /* with its line end */
#define ZERO          "0000000000000000"
#define NO_LINE       "trend 0 0 0\nsums 6 " ZERO ZERO ZERO ZERO ZERO ZERO "\n"
#define BODY                                                                                                           \
    "headroom-scaler-state 3\ntaken b 900000 1764000000000\ngroup web\nsaid 899000 hold 6 forecast none\n"             \
    "desired 6 decided\ntick 900000 15000 120000\narriving 1 00000000000d59f8\nnodes 1 00000002\n"                     \
    "leaving 0 \nnodes 0 \ntaken-back 0 \nordered 0 \nnodes 0 \nleads 1 0001d4c0\nscale-ins 1 "                        \
    "00000000000d0000\noverload 1 4 2\n"                                                                               \
    "utilisation 1 3fee666666666666\ncpu 700000\n"                                                                     \
    "times 2 00000000000d811800000000000dbba0\nvalues 2 401ccccccccccccd0000000000000000\n" NO_LINE                    \
    "memory -\ntimes 0 \nvalues 0 \n" NO_LINE "disk -\ntimes 0 \nvalues 0 \n" NO_LINE                                  \
    "recommendations 700000\ntimes 1 00000000000dbba0\nvalues 1 4018000000000000\ndone\nend 1 "

static const struct state_moment now = {.boot = "b", .mono_ms = 1000000, .wall_ms = 1764000100000};

static void decide(struct scaler *scaler)
{
    struct scaler_settings settings = SCALER_SETTINGS_DEFAULT;
    struct group_observation observed = {.live = 6,
                                         .resource = {{.demand = 2.5, .capacity = 24, .nodes = 6},
                                                      {.demand = 1e10, .capacity = 9.6e10, .nodes = 6},
                                                      {.demand = 0.5, .capacity = 6, .nodes = 6}}};

    for (int64_t i = 0; i < 5; i++)
        scaler_step(scaler, &settings, now.mono_ms + i * 15000, &observed);
}

/* Whether all groups could be read. */
static bool write_again(struct state_reader *reader, struct state_text *out)
{
    struct state_group group;
    int rc = 0;

    state_begin(out, &now);
    while ((rc = state_next(reader, &group)) == 1) {
        state_add(out, &group);
        decide(group.scaler);
        scaler_free(group.scaler);
    }
    MUST(state_end(out) == 0);
    return rc == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct state_text out;
    static struct state_text again;
    struct state_reader reader;

    /* Times that are of no more effect are not kept; so it is what was written that has to stay as it is. */
    if (state_open(&reader, (const char *)data, size, &now) < 0 || !write_again(&reader, &out))
        return 0;
    MUST(state_open(&reader, out.text, out.len, &now) == 0);
    MUST(write_again(&reader, &again));
    MUST(again.len == out.len && memcmp(again.text, out.text, out.len) == 0);
    return 0;
}

/* Begins from a text, since chance alone finds none, and puts the checksum right. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    char sum[CHECKSUM_SIZE + 1];

    if (max_size < sizeof BODY + CHECKSUM_SIZE)
        return LLVMFuzzerMutate(data, size, max_size);
    if (seed % 16 == 0 || size <= CHECKSUM_SIZE) {
        size = sizeof BODY - 1;
        memcpy(data, BODY, size);
    } else {
        size -= CHECKSUM_SIZE;
    }
    size = LLVMFuzzerMutate(data, size, max_size - CHECKSUM_SIZE);
    snprintf(sum, sizeof sum, "%016" PRIx64 "\n", hash_fnv1a(hash_fnv1a_begin(), (const char *)data, size));
    memcpy(data + size, sum, CHECKSUM_SIZE);
    return size + CHECKSUM_SIZE;
}
