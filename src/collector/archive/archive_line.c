#include "collector/archive/archive_line.h"

#include "collector/store/csv.h"
#include "common/parse.h"
#include "common/writer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 6U

size_t archive_line_put(const struct archive_query *query, char line[ARCHIVE_LINE_MAX])
{
    struct writer writer = {.text = line, .size = ARCHIVE_LINE_MAX};
    char name[ARCHIVE_COLUMN_NAME_MAX];

    writer_putf(&writer, "%s %s %" PRId64 " %" PRId64 " %" PRId64, query->kind == ARCHIVE_NODE ? "node" : "group",
                query->name, query->from_ms, query->to_ms, query->now_ms);
    for (unsigned i = 0; i < query->column_count; i++) {
        archive_query_column_name(query, i, name);
        writer_putf(&writer, "%c%s", i == 0 ? ' ' : ',', name);
    }
    writer_put(&writer, "\n");
    return writer.len;
}

/* Splits the line in place at its spaces. Returns the number of words; WORDS + 1: there are more. */
static unsigned split(char *line, char *words[WORDS])
{
    unsigned count = 0;
    char *rest = NULL;

    for (char *word = strtok_r(line, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        if (count == WORDS)
            return WORDS + 1;
        words[count++] = word;
    }
    return count;
}

static int parse_time(const char *word, int64_t *time_ms)
{
    char *end = NULL;

    errno = 0;
    long long number = strtoll(word, &end, 10);
    if (end == word || *end != '\0' || errno != 0 || number < 0 || number > CSV_TIME_MS_MAX)
        return -EINVAL;
    *time_ms = number;
    return 0;
}

int archive_line_parse(const char *line, struct archive_query *query)
{
    struct archive_query parsed = {0};
    char copy[ARCHIVE_LINE_MAX];
    char *words[WORDS];
    size_t len = strlen(line);

    if (len >= sizeof copy)
        return -EINVAL;
    memcpy(copy, line, len + 1);
    if (split(copy, words) != WORDS || (strcmp(words[0], "node") != 0 && strcmp(words[0], "group") != 0) ||
        !parse_name_ok(words[1], strlen(words[1])) || parse_time(words[2], &parsed.from_ms) < 0 ||
        parse_time(words[3], &parsed.to_ms) < 0 || parse_time(words[4], &parsed.now_ms) < 0 ||
        parsed.from_ms >= parsed.to_ms)
        return -EINVAL;
    parsed.kind = words[0][0] == 'n' ? ARCHIVE_NODE : ARCHIVE_GROUP;
    memcpy(parsed.name, words[1], strlen(words[1]) + 1);
    if (archive_query_take_columns(&parsed, words[5]) < 0)
        return -EINVAL;
    *query = parsed;
    return 0;
}
