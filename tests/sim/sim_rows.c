#include "sim/sim_rows.h"

#include "collector/store/csv.h"
#include "collector/store/disk_plain.h"
#include "collector/store/gap.h"
#include "sim/sim_disk.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define CONTENT_MAX ((size_t)4 << 20)

/* The bytes of a file that are read. */
struct text {
    const char *bytes;
    size_t len;
    char *made; /* NULL: they are those of the file */
};

/* As much as can be decompressed. */
static size_t decompress(const struct sim_file *file, char *bytes)
{
    ZSTD_DStream *stream = ZSTD_createDStream();
    ZSTD_inBuffer in = {file->cache, file->cache_len, 0};
    ZSTD_outBuffer out = {bytes, CONTENT_MAX, 0};

    while (in.pos < in.size && !ZSTD_isError(ZSTD_decompressStream(stream, &out, &in)))
        continue;
    ZSTD_freeDStream(stream);
    return out.pos;
}

static struct text text_of(const struct sim_file *file, size_t to)
{
    if (strstr(file->name, DISK_PLAIN_SUFFIX) == NULL)
        return (struct text){file->cache, to, NULL};
    char *made = malloc(CONTENT_MAX);
    size_t len = made != NULL ? decompress(file, made) : 0;
    return (struct text){made, len, made};
}

/* The next line from *at, without its end; false: there is no more whole one. */
static bool next_line(const struct text *text, size_t *at, const char **line, size_t *len)
{
    const char *end = *at < text->len ? memchr(text->bytes + *at, '\n', text->len - *at) : NULL;

    if (end == NULL)
        return false;
    *line = text->bytes + *at;
    *len = (size_t)(end - *line);
    *at += *len + 1;
    return true;
}

void sim_rows_each(struct sim_collector *collector, const struct sim_file *file, size_t from, size_t to,
                   sim_rows_visit *visit)
{
    const struct text text = text_of(file, to);
    const char *line = NULL;
    size_t len = 0;
    struct csv_row row;

    for (size_t at = from; next_line(&text, &at, &line, &len);)
        if (csv_parse_row(line, len, &row) == 0)
            visit(collector, &row);
    free(text.made);
}

void sim_rows_each_gap(struct sim_collector *collector, const struct sim_file *file, size_t to,
                       sim_rows_visit_gap *visit)
{
    const struct text text = text_of(file, to);
    const char *line = NULL;
    size_t len = 0;
    struct gap gap;

    for (size_t at = 0; next_line(&text, &at, &line, &len);)
        if (gap_parse_row(line, len, &gap) == 0)
            visit(collector, &gap);
    free(text.made);
}
