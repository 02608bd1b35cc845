#include "collector/archive/archive_line.h"

#include "collector/store/csv.h"
#include "common/parse.h"
#include "common/writer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

size_t archive_line_put(const struct archive_query *query, char line[ARCHIVE_LINE_MAX])
{
    struct writer writer = {.text = line, .size = ARCHIVE_LINE_MAX};
    char name[ARCHIVE_COLUMN_NAME_MAX];

    writer_putf(&writer, "%s %s %" PRId64 " %" PRId64 " %" PRId64, query->kind == ARCHIVE_NODE ? "node" : "group",
                query->name, query->from_ms, query->to_ms, query->now_ms);
    for (unsigned i = 0; i < query->column_count; i++) {
        archive_query_column_name(query->kind, query->columns[i], name);
        writer_putf(&writer, "%c%s", i == 0 ? ' ' : ',', name);
    }
    writer_put(&writer, "\n");
    return writer.len;
}

int archive_line_parse(const char *line, struct archive_query *query)
{
    struct archive_query parsed = {0};
    char kind[8];
    char name[NAME_LEN_MAX + 2]; /* one that is too long is noticed */
    char columns[ARCHIVE_LINE_MAX];

    if (strlen(line) >= sizeof columns || sscanf(line, "%7s %129s %" SCNd64 " %" SCNd64 " %" SCNd64 " %2047s", kind,
                                                 name, &parsed.from_ms, &parsed.to_ms, &parsed.now_ms, columns) != 6)
        return -EINVAL;
    if ((strcmp(kind, "node") != 0 && strcmp(kind, "group") != 0) || !parse_name_ok(name, strlen(name)) ||
        parsed.from_ms < 0 || parsed.from_ms >= parsed.to_ms || parsed.to_ms > CSV_TIME_MS_MAX)
        return -EINVAL;
    parsed.kind = kind[0] == 'n' ? ARCHIVE_NODE : ARCHIVE_GROUP;
    memcpy(parsed.name, name, strlen(name) + 1);
    if (archive_query_take_columns(&parsed, columns) < 0)
        return -EINVAL;
    *query = parsed;
    return 0;
}
