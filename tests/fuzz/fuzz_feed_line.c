/* What a program prints about signals arrives in pieces of any size: it is read the same as in one piece, every line is
 * within its bounds, and what is written of it is read back as the same. */
#include "common/hash.h"
#include "common/parse.h"
#include "feed/feed_line.h"
#include "feed/feed_split.h"
#include "fuzz/fuzz.h"

#include <math.h>
#include <string.h>

struct lines {
    unsigned count;
    uint64_t hash;
};

static void check_text(const char *text)
{
    for (const char *at = text; *at != '\0'; at++)
        MUST(*at >= ' ' && *at <= '~');
}

static void check_written(const struct feed_line *line)
{
    static struct feed_line again;
    char text[FEED_LINE_MAX + 2], error[256];

    size_t len = feed_line_format(line, text);
    MUST(len <= FEED_LINE_MAX + 1 && text[len - 1] == '\n' && text[len] == '\0');
    MUST(feed_line_parse(text, len - 1, &again, error, sizeof error) == 0);
    MUST(again.kind == line->kind && strcmp(again.name, line->name) == 0);
    MUST(line->kind == FEED_LINE_MISSING || again.value == line->value);
    MUST(again.age_ms == line->age_ms || line->kind == FEED_LINE_MISSING);
    MUST(again.has_nodes == line->has_nodes || line->kind == FEED_LINE_MISSING);
    MUST(again.has_floor == line->has_floor || line->kind == FEED_LINE_MISSING);
}

static void on_line(const char *text, size_t len, void *arg)
{
    static struct feed_line line;
    struct lines *lines = arg;
    char error[256] = "";

    MUST(len <= FEED_LINE_MAX);
    lines->count++;
    lines->hash = hash_fnv1a(lines->hash, text, len);
    if (feed_line_parse(text, len, &line, error, sizeof error) < 0) {
        MUST(error[0] != '\0');
        return;
    }
    if (line.kind == FEED_LINE_OTHER)
        return;
    MUST(parse_name_ok(line.name, strlen(line.name)));
    if (line.kind == FEED_LINE_SIGNAL) {
        MUST(isfinite(line.value) && line.value >= 0 && line.age_ms >= 0);
        MUST(line.nodes <= NODES_MAX && line.floor <= NODES_MAX);
    } else {
        MUST(line.sentence[0] != '\0');
        check_text(line.sentence);
    }
    check_written(&line);
}

static struct lines split(const char *text, size_t len, size_t piece_len)
{
    struct feed_split split = {.used = 0};
    struct lines lines = {.hash = hash_fnv1a_begin()};

    for (size_t at = 0; at < len; at += piece_len)
        feed_split_add(&split, text + at, len - at < piece_len ? len - at : piece_len, on_line, &lines);
    return lines;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lines whole = split((const char *)data, size, size + 1);
    struct lines pieces = split((const char *)data, size, 1 + size % 7);

    MUST(whole.count == pieces.count && whole.hash == pieces.hash);
    return 0;
}
