#include "support/log_capture.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#define LINES_MAX  4096U
#define LINE_MAX   512U
#define FIELDS_MAX 40U

static struct {
    enum log_level level;
    char text[LINE_MAX];
} lines[LINES_MAX];
static unsigned line_count;

static struct {
    char name[64];
    char value[LINE_MAX];
} kept_fields[FIELDS_MAX];
static size_t field_count;

static void keep(enum log_level level, const char *message, const struct log_field *fields, size_t count)
{
    ck_assert_uint_lt(line_count, LINES_MAX);
    ck_assert_uint_le(count, FIELDS_MAX);
    lines[line_count].level = level;
    snprintf(lines[line_count++].text, LINE_MAX, "%s", message);
    if (count == 0)
        return;
    field_count = count;
    for (size_t i = 0; i < count; i++) {
        snprintf(kept_fields[i].name, sizeof kept_fields[i].name, "%s", fields[i].name);
        snprintf(kept_fields[i].value, sizeof kept_fields[i].value, "%s", fields[i].value);
    }
}

void log_capture_start(void)
{
    line_count = 0;
    field_count = 0;
    log_set_sink(keep);
}

unsigned log_capture_count(enum log_level level, const char *text)
{
    unsigned count = 0;

    for (unsigned i = 0; i < line_count; i++)
        count += lines[i].level <= level && strstr(lines[i].text, text) != NULL;
    return count;
}

const char *log_capture_find(const char *text)
{
    for (unsigned i = line_count; i-- > 0;)
        if (strstr(lines[i].text, text) != NULL)
            return lines[i].text;
    return NULL;
}

const char *log_capture_field(const char *name)
{
    for (size_t i = 0; i < field_count; i++)
        if (strcmp(kept_fields[i].name, name) == 0)
            return kept_fields[i].value;
    return NULL;
}
