#include "fuzz/fuzz_folder.h"

#include "collector/autoscale/decision_fields.h"
#include "collector/store/csv.h"
#include "collector/store/gap.h"
#include "collector/store/segment_mark.h"
#include "common/hash.h"
#include "fuzz/fuzz.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CONTENT_MAX ((size_t)32768)

static const char *const names[] = {
    "metrics.csv",          "metrics-00000001.csv", "metrics-00000002.csv",
    "metrics-00000003.csv", "metrics-00000009.csv", "gaps.csv",
    "gaps-00000001.csv",    "decisions.csv",        "decisions-00000001.csv",
    "metrics.csv.new",      "metrics.index",        "metrics.index.new",
    "metrics.synced",       "gaps.synced",          "decisions.synced",
};

static const char *name_of(const char *text, size_t len)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strlen(names[i]) == len && memcmp(names[i], text, len) == 0)
            return names[i];
    return NULL;
}

static bool is_of(const char *name, const char *series)
{
    return strncmp(name, series, strlen(series)) == 0;
}

/* The header of the file's series; empty: it has none. text: DECISION_ROW_MAX bytes. */
static size_t put_header(const char *name, char *text)
{
    if (strstr(name, ".csv") == NULL)
        return 0;
    if (is_of(name, "metrics"))
        return csv_put_header(text);
    return is_of(name, "gaps") ? gap_put_header(text) : decision_fields_put_header(text);
}

/* ---- files of which a part is added ---- */

static void put_rows(struct fuzz_disk *disk, const char *name, const char *rows, size_t len)
{
    static char content[CONTENT_MAX + DECISION_ROW_MAX];
    size_t header_len = put_header(name, content);

    memcpy(content + header_len, rows, len);
    fuzz_disk_put(disk, name, content, header_len + len);
}

static void put_index(struct fuzz_disk *disk, const char *name, const char *text, size_t len)
{
    char content[CONTENT_MAX + 64];
    size_t lines = 0;

    memcpy(content, text, len);
    for (size_t i = 0; i < len; i++)
        lines += text[i] == '\n';
    int end_len = snprintf(content + len, 64, "end,%zu,%016" PRIx64 "\n", lines > 0 ? lines - 1 : 0,
                           hash_fnv1a(hash_fnv1a_begin(), text, len));
    fuzz_disk_put(disk, name, content, len + (size_t)end_len);
}

static void put_mark(struct fuzz_disk *disk, const char *name, const char *text, size_t len)
{
    struct segment_mark mark = {.file = -1};
    struct segment_mark_found record = {0};
    char numbers[64], series[32], header[DECISION_ROW_MAX];

    snprintf(numbers, sizeof numbers, "%.*s", (int)(len < sizeof numbers ? len : sizeof numbers - 1), text);
    snprintf(series, sizeof series, "%.*s", (int)strcspn(name, "."), name);
    if (sscanf(numbers, "%" SCNu64 ",%" SCNu64, &record.number, &record.length) != 2)
        return;
    snprintf(numbers, sizeof numbers, "%s.csv", series);
    record.length += put_header(numbers, header);
    MUST(segment_mark_open(&mark, &disk->disk, series, &record) == 0);
    segment_mark_close(&mark);
}

static void put_file(struct fuzz_disk *disk, char kind, const char *name, const char *content, size_t len)
{
    if (len > CONTENT_MAX)
        return;
    if (kind == '=')
        fuzz_disk_put(disk, name, content, len);
    else if (strstr(name, ".synced") != NULL)
        put_mark(disk, name, content, len);
    else if (strstr(name, ".index") != NULL)
        put_index(disk, name, content, len);
    else
        put_rows(disk, name, content, len);
}

/* ---- the text ---- */

/* Whether a file begins at that place. */
static const char *file_at(const char *at, const char *end, char *kind, unsigned *age_min, const char **content)
{
    const char *line_end = memchr(at, '\n', (size_t)(end - at));
    char line[80];

    if (line_end == NULL || (*at != '@' && *at != '=') || line_end - at >= (ptrdiff_t)sizeof line)
        return NULL;
    *kind = *at++;
    snprintf(line, sizeof line, "%.*s", (int)(line_end - at), at);
    size_t name_len = strcspn(line, " ");
    *age_min = 0;
    (void)sscanf(line + name_len, "%5u", age_min);
    *content = line_end + 1;
    return name_of(line, name_len);
}

void fuzz_folder_make(struct fuzz_disk *disk, const char *text, size_t len)
{
    const char *end = text + len;
    const char *name = NULL, *content = NULL, *next_content = NULL;
    char kind = '@', next_kind = '@';
    unsigned age_min = 0, next_age_min = 0;

    for (const char *at = text; at <= end; at++) {
        bool begins_line = at == end || at == text || at[-1] == '\n';
        const char *next = at < end && begins_line ? file_at(at, end, &next_kind, &next_age_min, &next_content) : NULL;
        if (next == NULL && at < end)
            continue;
        if (name != NULL) {
            put_file(disk, kind, name, content, (size_t)(at - content));
            struct fuzz_file *file = fuzz_disk_find(disk, name);
            if (file != NULL)
                file->modified_ms = FUZZ_DISK_WALL_MS - (int64_t)age_min * 60000;
        }
        name = next;
        kind = next_kind;
        age_min = next_age_min;
        content = next_content;
    }
}
