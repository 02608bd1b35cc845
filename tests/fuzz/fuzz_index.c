/* What index_parse() takes is exactly what the index is written as. */
#include "collector/store/index.h"
#include "common/hash.h"
#include "fuzz/fuzz.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX ((size_t)65536)

struct again {
    struct index_writer writer;
    char text[TEXT_MAX];
    size_t len;
};

static int on_entry(const struct index_entry *entry, void *arg)
{
    struct again *again = arg;

    MUST(again->len + 2 * INDEX_LINE_MAX <= TEXT_MAX);
    again->len += index_put_entry(&again->writer, entry, again->text + again->len);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct again again;
    uint64_t last_segment = 0;

    if (size > TEXT_MAX / 8 || index_parse((const char *)data, size, &last_segment, NULL, NULL) < 0)
        return 0;
    again.len = index_put_head(&again.writer, last_segment, again.text);
    MUST(index_parse((const char *)data, size, &last_segment, on_entry, &again) == 0);
    again.len += index_put_end(&again.writer, again.text + again.len);
    MUST(again.len == size && memcmp(again.text, data, size) == 0);
    return 0;
}

/* Puts the last line right. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    char end[64];
    size_t lines = 0;

    if (seed % 16 == 0 || max_size < sizeof end)
        return LLVMFuzzerMutate(data, size, max_size);
    while (size > 0 && data[size - 1] == '\n')
        size--;
    while (size > 0 && data[size - 1] != '\n')
        size--; /* the old one */
    size = LLVMFuzzerMutate(data, size, max_size - sizeof end);
    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    uint64_t sum = hash_fnv1a(hash_fnv1a_begin(), (const char *)data, size);
    int len = snprintf(end, sizeof end, "end,%zu,%016" PRIx64 "\n", lines > 0 ? lines - 1 : 0, sum);
    memcpy(data + size, end, (size_t)len);
    return size + (size_t)len;
}
