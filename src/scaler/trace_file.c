#include "scaler/trace_file.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MANIFEST "manifest.json"

static int read_line(struct trace *trace, size_t number, char *line, size_t len, char *reason, size_t size)
{
    if (len > 0 && line[len - 1] == '\n')
        line[--len] = '\0';
    if (strlen(line) != len) {
        (void)snprintf(reason, size, "a zero byte in the line");
        return -EINVAL;
    }
    return number == 1 ? trace_read_header(trace, line, reason, size) : trace_read_line(trace, line, reason, size);
}

static int read_lines(FILE *stream, const char *path, bool skip_bad, struct trace_file *file, char *error, size_t size)
{
    char *line = NULL;
    char reason[192] = "out of memory";
    size_t room = 0, number = 0;
    ssize_t len;
    int rc = 0;

    while (rc == 0 && (len = getline(&line, &room, stream)) >= 0) {
        rc = read_line(&file->trace, ++number, line, (size_t)len, reason, sizeof reason);
        if (rc == -EINVAL && skip_bad && number > 1) {
            if (file->bad++ == 0)
                (void)snprintf(file->first_bad, sizeof file->first_bad, "line %zu: %s", number, reason);
            rc = 0;
        }
    }
    if (rc != 0)
        (void)snprintf(error, size, "%s:%zu: %s", path, number, reason);
    else if (!feof(stream)) {
        rc = -errno;
        (void)snprintf(error, size, "%s: can't be read: %s", path, strerror(errno));
    } else if (number == 0) {
        rc = -EINVAL;
        (void)snprintf(error, size, "%s: is empty; a trace begins with the line \"timestamp_s,demand\"", path);
    }
    free(line);
    return rc;
}

static int take_number(const char *path, const json_t *entry, const char *key, bool zero, double *value, char *error,
                       size_t size)
{
    json_t *number = json_object_get(entry, key);

    if (number == NULL)
        return 0;
    double given = json_is_number(number) ? json_number_value(number) : -1.0;
    if (given > 0.0 || (zero && given == 0.0)) {
        *value = given;
        return 0;
    }
    (void)snprintf(error, size, "%s: %s is not a number %s 0", path, key, zero ? "of at least" : "above");
    return -EINVAL;
}

/* {"traces": [{"file": "a.csv", "replay_speed": 1, "replay_noise": 0.03}, ...]} and more that is of no interest. */
static int take_manifest(const char *path, const json_t *manifest, const char *name, struct trace_file *file,
                         char *error, size_t size)
{
    size_t i;
    json_t *entry;

    json_array_foreach(json_object_get(manifest, "traces"), i, entry)
    {
        const char *named = json_string_value(json_object_get(entry, "file"));
        if (named == NULL || strcmp(named, name) != 0)
            continue;
        int rc = take_number(path, entry, "replay_speed", false, &file->speed, error, size);
        return rc == 0 ? take_number(path, entry, "replay_noise", true, &file->noise, error, size) : rc;
    }
    return 0;
}

static int read_manifest(const char *trace_path, struct trace_file *file, char *error, size_t size)
{
    char path[PATH_MAX];
    json_error_t wrong;
    const char *slash = strrchr(trace_path, '/');
    const char *name = slash ? slash + 1 : trace_path;

    int len = snprintf(path, sizeof path, "%.*s" MANIFEST, (int)(name - trace_path), trace_path);
    if ((size_t)len >= sizeof path || access(path, F_OK) != 0)
        return 0;
    json_t *manifest = json_load_file(path, 0, &wrong);
    if (manifest == NULL) {
        (void)snprintf(error, size, "%s:%d: %s", path, wrong.line, wrong.text);
        return -EINVAL;
    }
    int rc = take_manifest(path, manifest, name, file, error, size);
    json_decref(manifest);
    return rc;
}

int trace_file_read(const char *path, bool skip_bad, struct trace_file *file, char *error, size_t size)
{
    struct trace_file read = {.speed = 1.0};
    int rc = 0;

    FILE *stream = fopen(path, "re");
    if (stream == NULL) {
        rc = -errno;
        (void)snprintf(error, size, "%s: can't be read: %s", path, strerror(errno));
        return rc;
    }
    rc = read_lines(stream, path, skip_bad, &read, error, size);
    (void)fclose(stream);
    if (rc == 0)
        rc = read_manifest(path, &read, error, size);
    if (rc != 0)
        trace_file_deinit(&read);
    else
        *file = read;
    return rc;
}

void trace_file_deinit(struct trace_file *file)
{
    trace_deinit(&file->trace);
}
