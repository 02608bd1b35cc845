/* What csv_parse_row() takes is exactly what csv_put_row() writes, without the columns that version 0.1 did not have if
 * the row is of that version. */
#include "collector/store/csv.h"
#include "fuzz/fuzz.h"

#include <string.h>

#define LINE                                                                                                           \
    "n,1.50,99.99,123,,1700000000.007,web,i00000000deadbeef,42,3600.050,,0.01,,,,1,2,,,100.00,0.50,3,250.00,400.00,"   \
    "88.25"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char again[CSV_LINE_MAX];
    struct csv_row row;

    if (csv_parse_row((const char *)data, size, &row) < 0)
        return 0;
    size_t len = csv_put_row(row.node_id, row.group, row.instance, &row.sample, again);
    MUST(len == size + 1 + (METRIC_COUNT - row.metric_count)); /* a comma for each absent column */
    MUST(memcmp(again, data, size) == 0);
    return 0;
}

/* Begins from a row, since chance alone finds none. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    if (seed % 16 == 0 && max_size >= sizeof LINE) {
        size = sizeof LINE - 1;
        memcpy(data, LINE, size);
    }
    return LLVMFuzzerMutate(data, size, max_size);
}
