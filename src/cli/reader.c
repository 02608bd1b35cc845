#include "cli/reader.h"

#include "cli/exit_status.h"
#include "cli/terminal.h"
#include "common/error_text.h"
#include "common/parse.h"

#include <errno.h>
#include <float.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_MAX_LEN 1024U

int reader_fail(struct reader *reader, int status, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)fprintf(stderr, "%s: ", reader->program);
    (void)vfprintf(stderr, format, args);
    (void)fprintf(stderr, "\n");
    va_end(args);
    return status;
}

void reader_init(struct reader *reader, const char *program)
{
    reader->program = program;
    terminal_view(&reader->view);
    reach_init(&reader->reach, getenv);
}

int reader_open(struct reader *reader, const struct flags *flags, int argc, char **argv)
{
    int rc = flags_parse(flags, argc, argv, reader->error, sizeof reader->error);
    if (rc == 0)
        rc = api_client_open(&reader->client, &reader->reach, reader->error, sizeof reader->error);
    return rc == 0 ? 0 : reader_fail(reader, EXIT_STATUS_UNREAD, "%s", reader->error);
}

int reader_close(struct reader *reader, int status)
{
    int rc = fflush(stdout) != 0 ? errno : ferror(stdout) != 0 ? EIO : 0;

    api_client_close(&reader->client);
    return rc == 0 ? status
                   : reader_fail(reader, EXIT_STATUS_UNREAD, "can't write to the standard output: %s", strerror(rc));
}

int reader_get(struct reader *reader, const char *array, json_t **document, const char *path, ...)
{
    char text[PATH_MAX_LEN];
    json_t *root = NULL;
    va_list args;

    va_start(args, path);
    (void)vsnprintf(text, sizeof text, path, args);
    va_end(args);
    if (api_client_get(&reader->client, text, &root, reader->error, sizeof reader->error) < 0)
        return reader_fail(reader, EXIT_STATUS_UNREAD, "%s", reader->error);
    if (array != NULL && !json_is_array(json_object_get(root, array))) {
        json_decref(root);
        return reader_fail(reader, EXIT_STATUS_UNREAD, "%s%s has no %s; does --collector name headroom-collector?",
                           reader->reach.collector, text, array);
    }
    if (json_is_integer(json_object_get(root, "now_ms")))
        reader->view.now_ms = json_integer_value(json_object_get(root, "now_ms"));
    *document = root;
    return 0;
}

/* 0.7, not 0.69999999999999996. */
void reader_print_json(const json_t *document)
{
    (void)json_dumpf(document, stdout, JSON_COMPACT | JSON_REAL_PRECISION(DBL_DIG));
    (void)putchar('\n');
}

int reader_fail_unknown(struct reader *reader, const char *group)
{
    return reader_fail(reader, EXIT_STATUS_NOT_FOUND,
                       "there is no group %s: no node of it has reported, and the configuration does not name it",
                       group);
}

int reader_take_group(struct reader *reader, const char **group, const char *value)
{
    if (*group != NULL)
        return error_text_set(reader->error, sizeof reader->error, -EINVAL,
                              "one group at a time; \"%.80s\" is one too many", value);
    if (!parse_name_ok(value, strlen(value)))
        return error_text_set(reader->error, sizeof reader->error, -EINVAL, "\"%.80s\" is not the name of a group",
                              value);
    *group = value;
    return 0;
}
