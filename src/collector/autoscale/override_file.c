#include "collector/autoscale/override_file.h"

#include "common/disk_file.h"
#include "common/parse.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define NAME_TMP OVERRIDE_FILE_NAME ".tmp"
#define NAME_BAD OVERRIDE_FILE_NAME ".bad"
#define VERSION  "{\"overrides\":1}"

/* ---- writing ---- */

char *override_file_text(const struct overrides *overrides, size_t *len)
{
    size_t size = 64 + (size_t)overrides->count * OVERRIDE_JSON_MAX;
    struct writer writer = {.text = malloc(size), .size = size};

    if (writer.text == NULL)
        return NULL;
    writer_put(&writer, VERSION "\n");
    for (unsigned i = 0; i < overrides->count; i++) {
        overrides_put_one(&writer, &overrides->items[i]);
        writer_put(&writer, "\n");
    }
    *len = writer.len;
    return writer.text;
}

int override_file_write(const struct disk *disk, const char *text, size_t len)
{
    int file = disk_open(disk, NAME_TMP, DISK_OVERWRITE);

    if (file < 0)
        return file;
    int rc = disk_write(disk, file, text, len, 0);
    return disk_file_replace(disk, file, rc, NAME_TMP, OVERRIDE_FILE_NAME);
}

int override_file_put_aside(const struct disk *disk)
{
    return disk_rename(disk, OVERRIDE_FILE_NAME, NAME_BAD);
}

/* ---- reading ---- */

static bool take_text(const json_t *object, const char *name, char *text, size_t size)
{
    const char *value = json_string_value(json_object_get(object, name));

    if (value == NULL || strlen(value) >= size || !parse_printable_ok(value))
        return false;
    memcpy(text, value, strlen(value) + 1);
    return true;
}

static bool take_number(const json_t *object, const char *name, int64_t max, int64_t *number)
{
    const json_t *value = json_object_get(object, name);

    *number = json_integer_value(value);
    return json_is_integer(value) && *number >= 0 && *number <= max;
}

static bool take_kind(const json_t *object, enum override_kind *kind)
{
    const char *name = json_string_value(json_object_get(object, "kind"));

    for (int k = OVERRIDE_PIN; name != NULL && k < OVERRIDE_KIND_COUNT; k++) {
        if (strcmp(name, override_kind_names[k]) != 0)
            continue;
        *kind = (enum override_kind)k;
        return true;
    }
    return false;
}

static bool take_override(const json_t *object, struct override *override)
{
    int64_t nodes = 0, uid = 0;
    bool ok =
        take_kind(object, &override->kind) && take_text(object, "group", override->group, sizeof override->group) &&
        take_text(object, "user", override->user, sizeof override->user) &&
        take_text(object, "reason", override->reason, sizeof override->reason) &&
        take_number(object, "set_ms", INT64_MAX, &override->set_ms) &&
        take_number(object, "until_ms", INT64_MAX, &override->until_ms) && take_number(object, "uid", UINT32_MAX, &uid);

    if (!ok || !parse_name_ok(override->group, strlen(override->group)))
        return false;
    if (override->until_ms <= override->set_ms || override->until_ms - override->set_ms > OVERRIDE_MS_MAX)
        return false; /* none lasts longer, whatever the disk does to a digit */
    override->uid = (unsigned)uid;
    if (override->kind != OVERRIDE_PIN)
        return true;
    override->forced = json_is_true(json_object_get(object, "forced"));
    ok = take_number(object, "nodes", NODES_MAX, &nodes) && nodes > 0;
    override->nodes = (unsigned)nodes;
    return ok;
}

static int parse_line(const char *line, size_t len, struct overrides *overrides)
{
    struct override override = {0};
    json_error_t error;
    json_t *object = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
    bool ok = take_override(object, &override);

    json_decref(object);
    return ok ? overrides_set(overrides, &override) : -EBADMSG;
}

static int parse(const char *text, size_t len, struct overrides *overrides)
{
    const char *end = text + len;
    const char *line_end = memchr(text, '\n', len);

    if (line_end == NULL || strncmp(text, "{\"overrides\":", 13) != 0)
        return -EBADMSG;
    if ((size_t)(line_end - text) != strlen(VERSION) || strncmp(text, VERSION, strlen(VERSION)) != 0)
        return -ENOTSUP;
    for (const char *line = line_end + 1; line < end; line = line_end + 1) {
        line_end = memchr(line, '\n', (size_t)(end - line));
        int rc = line_end == NULL ? -EBADMSG : parse_line(line, (size_t)(line_end - line), overrides);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int override_file_read(const struct disk *disk, struct overrides *overrides)
{
    char *text;
    size_t len;

    int rc = disk_file_load(disk, OVERRIDE_FILE_NAME, OVERRIDE_FILE_MAX, &text, &len);
    if (rc == -ENOENT)
        return 0;
    if (rc == 0)
        rc = parse(text, len, overrides);
    free(text);
    overrides->changes = 0;
    if (rc < 0)
        overrides_deinit(overrides);
    return rc == -EFBIG ? -EBADMSG : rc;
}
