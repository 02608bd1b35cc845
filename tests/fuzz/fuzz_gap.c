/* What gap_parse_row() takes is exactly what gap_put_row() writes; and whatever losses an agent reports, the ranges of
 * gap_split() are exactly what is missing, in order. */
#include "collector/store/csv.h"
#include "collector/store/gap.h"
#include "fuzz/fuzz.h"

#include <string.h>

#define LOSSES (LOSSES_MAX + 2)

static void check_row(const char *line, size_t len)
{
    char again[CSV_LINE_MAX];
    struct gap gap;

    if (gap_parse_row(line, len, &gap) < 0)
        return;
    MUST(gap_put_row(&gap, again) == len + 1);
    MUST(memcmp(again, line, len) == 0 && again[len] == '\n');
}

/* Small numbers, and at times those at the end of the range. */
static uint64_t get_seq(const uint8_t **data, size_t *size)
{
    uint8_t byte = fuzz_byte(data, size);

    return byte < 240 ? byte : UINT64_MAX - (byte - 240U);
}

static void check_split(const uint8_t *data, size_t size)
{
    static Headroom__Loss losses[LOSSES];
    static Headroom__Loss *pointers[LOSSES];
    struct gap_range ranges[GAP_RANGES_MAX];
    uint64_t first_seq = get_seq(&data, &size);
    uint64_t last_seq = get_seq(&data, &size);
    size_t count = 0;

    if (first_seq == 0 || first_seq > last_seq || last_seq > UINT64_MAX / 2)
        return; /* message_rules rejects such a seq */
    for (; count < LOSSES && size > 0; count++) {
        headroom__loss__init(&losses[count]);
        losses[count].first_seq = get_seq(&data, &size);
        losses[count].last_seq = get_seq(&data, &size);
        losses[count].has_reason = losses[count].first_seq % 2 == 0;
        losses[count].reason = (Headroom__LossReason)(losses[count].last_seq % 5);
        pointers[count] = &losses[count];
    }
    unsigned found = gap_split(first_seq, last_seq, pointers, count, ranges);
    MUST(found >= 1 && found <= GAP_RANGES_MAX);
    uint64_t next_seq = first_seq;
    for (unsigned i = 0; i < found; i++) {
        MUST(ranges[i].first_seq == next_seq && ranges[i].last_seq >= next_seq);
        MUST(ranges[i].reason < GAP_REASON_COUNT);
        next_seq = ranges[i].last_seq + 1;
    }
    MUST(next_seq == last_seq + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_row((const char *)data, size);
    check_split(data, size);
    return 0;
}
