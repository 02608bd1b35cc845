#include "collector/admin/admin_request.h"

#include "common/error_text.h"
#include "common/parse.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

static const char *const command_names[ADMIN_COMMAND_COUNT] = {"pin",      "pause",  "pause-scale-in",
                                                               "activate", "resume", "forget"};

/* The object, and where to explain what is wrong. */
struct source {
    json_t *object;
    char *error;
    size_t error_size;
};

#define fail(source, ...) error_text_set((source)->error, (source)->error_size, -EINVAL, __VA_ARGS__)

static bool take_command(const struct source *source, enum admin_command *command)
{
    const char *name = json_string_value(json_object_get(source->object, "command"));

    for (int i = 0; name != NULL && i < ADMIN_COMMAND_COUNT; i++) {
        if (strcmp(name, command_names[i]) != 0)
            continue;
        *command = (enum admin_command)i;
        return true;
    }
    return false;
}

static bool take_name(const json_t *value, char *name)
{
    const char *text = json_string_value(value);

    if (text == NULL || !parse_name_ok(text, strlen(text)))
        return false;
    memcpy(name, text, strlen(text) + 1);
    return true;
}

/* jansson has checked that it is UTF-8. */
static int take_text(const struct source *source, const char *name, char *text, size_t size)
{
    const json_t *value = json_object_get(source->object, name);
    const char *given = json_string_value(value);

    text[0] = '\0';
    if (value == NULL)
        return 0;
    if (given == NULL || strlen(given) >= size || !parse_printable_ok(given))
        return fail(source, "%s must be at most %zu bytes of text without control characters", name, size - 1);
    memcpy(text, given, strlen(given) + 1);
    return 0;
}

static int take_group(const struct source *source, struct admin_request *request)
{
    const json_t *value = json_object_get(source->object, "group");

    if (!take_name(value, request->group))
        return fail(source, "group must be the name of a group");
    return 0;
}

static int take_end(const struct source *source, struct admin_request *request)
{
    const json_t *value = json_object_get(source->object, "until_ms");

    request->until_ms = json_integer_value(value);
    if (!json_is_integer(value) || request->until_ms <= 0)
        return fail(source, "until_ms must be the end, as Unix time in milliseconds: nothing is ordered for ever");
    return 0;
}

static int take_pin(const struct source *source, struct admin_request *request)
{
    const json_t *nodes = json_object_get(source->object, "nodes");
    json_int_t count = json_integer_value(nodes);

    if (!json_is_integer(nodes) || count < 1 || count > NODES_MAX)
        return fail(source, "nodes must be a whole number from 1 to %u", NODES_MAX);
    request->nodes = (unsigned)count;
    request->force = json_is_true(json_object_get(source->object, "force"));
    return 0;
}

static int take_nodes(const struct source *source, struct admin_request *request)
{
    const json_t *nodes = json_object_get(source->object, "nodes");
    size_t count = json_array_size(nodes);

    request->missing = json_is_true(json_object_get(source->object, "missing"));
    if (request->missing == (count > 0))
        return fail(source, "name the nodes to forget, or ask for all missing ones, and not both");
    if (count > ADMIN_NODES_MAX)
        return fail(source, "at most %u nodes may be named at once", ADMIN_NODES_MAX);
    for (size_t i = 0; i < count; i++)
        if (!take_name(json_array_get(nodes, i), request->node_ids[i]))
            return fail(source, "nodes must be names of nodes");
    request->node_count = (unsigned)count;
    return 0;
}

static int take_all(const struct source *source, struct admin_request *request)
{
    if (!take_command(source, &request->command))
        return fail(source, "command must be pin, pause, pause-scale-in, activate, resume or forget");
    int rc = take_group(source, request);
    if (rc == 0)
        rc = take_text(source, "user", request->user, sizeof request->user);
    if (rc == 0)
        rc = take_text(source, "reason", request->reason, sizeof request->reason);
    if (rc == 0 && request->command <= ADMIN_ACTIVATE)
        rc = take_end(source, request);
    if (rc == 0 && request->command == ADMIN_PIN)
        rc = take_pin(source, request);
    if (rc == 0 && request->command == ADMIN_FORGET)
        rc = take_nodes(source, request);
    return rc;
}

int admin_request_parse(struct admin_request *request, const char *line, size_t len, char *error, size_t error_size)
{
    json_error_t where;
    const struct source source = {
        .object = json_loadb(line, len, JSON_REJECT_DUPLICATES, &where), .error = error, .error_size = error_size};

    memset(request, 0, sizeof *request);
    if (!json_is_object(source.object)) {
        json_decref(source.object);
        return fail(&source, "a request must be a line with a JSON object");
    }
    int rc = take_all(&source, request);
    json_decref(source.object);
    return rc;
}
