#include "collector/problems/alerts_file.h"

#include "common/disk_file.h"
#include "common/parse.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define NAME_TMP ALERTS_FILE_NAME ".tmp"
#define VERSION  "{\"alerts\":1}\n"

/* ---- writing ---- */

static void put_alert(struct writer *writer, const struct alert *alert)
{
    const struct problem *problem = &alert->problem;

    writer_putf(writer, "{\"name\":\"%s\",\"group\":\"%s\",\"subject\":\"%s\",\"node\":\"%s\"",
                problem_kinds[problem->key.kind].name, problem->key.group, problem->key.subject, problem->node);
    writer_putf(writer, ",\"since_ms\":%" PRId64 ",\"sent_ms\":%" PRId64 ",\"text\":", problem->since_ms,
                alert->sent_ms);
    writer_put_string(writer, problem->text);
    writer_put(writer, "}\n");
}

char *alerts_file_text(const struct alerts *alerts, size_t *len)
{
    size_t size = 64 + (size_t)alerts->count * ALERT_JSON_MAX;
    struct writer writer = {.text = malloc(size), .size = size};

    if (writer.text == NULL)
        return NULL;
    writer_put(&writer, VERSION);
    for (const struct alert *alert = alerts->by_key; alert != NULL; alert = alert->hh.next)
        if (alert->is_open)
            put_alert(&writer, alert);
    *len = writer.len;
    return writer.text;
}

int alerts_file_write(const struct disk *disk, const char *text, size_t len)
{
    int file = disk_open(disk, NAME_TMP, DISK_OVERWRITE);

    if (file < 0)
        return file;
    int rc = disk_write(disk, file, text, len, 0);
    return disk_file_replace(disk, file, rc, NAME_TMP, ALERTS_FILE_NAME);
}

/* ---- reading ---- */

static bool take_name(const json_t *object, const char *key, char name[NAME_LEN_MAX + 1])
{
    const char *text = json_string_value(json_object_get(object, key));

    if (text == NULL || (*text != '\0' && !parse_name_ok(text, strlen(text))))
        return false;
    memcpy(name, text, strlen(text) + 1);
    return true;
}

static bool take_text(const json_t *object, char text[PROBLEM_TEXT_MAX])
{
    const char *found = json_string_value(json_object_get(object, "text"));

    if (found == NULL || strlen(found) >= PROBLEM_TEXT_MAX || !parse_printable_ok(found))
        return false;
    memcpy(text, found, strlen(found) + 1);
    return true;
}

static bool take_ms(const json_t *object, const char *key, int64_t *ms)
{
    const json_t *value = json_object_get(object, key);

    *ms = json_integer_value(value);
    return json_is_integer(value) && *ms > 0;
}

/* PROBLEM_KIND_COUNT: another version knew it. */
static enum problem_kind kind_of(const json_t *object)
{
    const char *name = json_string_value(json_object_get(object, "name"));
    unsigned kind = 0;

    while (kind < PROBLEM_KIND_COUNT && (name == NULL || strcmp(problem_kinds[kind].name, name) != 0))
        kind++;
    return (enum problem_kind)kind;
}

static int take_alert(const json_t *object, struct alerts *alerts)
{
    struct problem problem = {0};
    int64_t sent_ms = 0;

    if (!json_is_string(json_object_get(object, "name")) || !take_name(object, "group", problem.key.group) ||
        !take_name(object, "subject", problem.key.subject) || !take_name(object, "node", problem.node) ||
        !take_ms(object, "since_ms", &problem.since_ms) || !take_ms(object, "sent_ms", &sent_ms) ||
        !take_text(object, problem.text))
        return -EBADMSG;
    problem.key.kind = kind_of(object);
    return problem.key.kind < PROBLEM_KIND_COUNT ? alerts_restore(alerts, &problem, sent_ms) : 0;
}

static int parse_line(const char *line, size_t len, struct alerts *alerts)
{
    json_t *object = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
    int rc = take_alert(object, alerts);

    json_decref(object);
    return rc == -ENOSPC ? -EBADMSG : rc;
}

static int parse(const char *text, size_t len, struct alerts *alerts)
{
    const char *end = text + len;
    size_t version_len = strlen(VERSION);
    int rc = 0;

    if (len < version_len || memcmp(text, VERSION, version_len) != 0)
        return -EBADMSG;
    for (const char *line = text + version_len; rc == 0 && line < end;) {
        const char *line_end = memchr(line, '\n', (size_t)(end - line));
        if (line_end == NULL)
            return -EBADMSG;
        rc = parse_line(line, (size_t)(line_end - line), alerts);
        line = line_end + 1;
    }
    return rc;
}

int alerts_file_parse(const char *text, size_t len, struct alerts *alerts)
{
    int rc = parse(text, len, alerts);

    if (rc < 0)
        alerts_deinit(alerts);
    return rc;
}

int alerts_file_read(const struct disk *disk, struct alerts *alerts)
{
    char *text;
    size_t len;

    int rc = disk_file_load(disk, ALERTS_FILE_NAME, ALERTS_FILE_MAX, &text, &len);
    if (rc < 0)
        return rc == -ENOENT ? 0 : rc == -EFBIG ? -EBADMSG : rc;
    rc = alerts_file_parse(text, len, alerts);
    free(text);
    return rc;
}
