#include "collector/problems/problem_json.h"

#include <inttypes.h>

static void put_name(struct writer *writer, const char *key, const char *name)
{
    if (name[0] != '\0')
        writer_putf(writer, ",\"%s\":\"%s\"", key, name);
    else
        writer_putf(writer, ",\"%s\":null", key);
}

/* Of the page. Names need no escapes in it, see parse_name_ok(). */
static void put_link(struct writer *writer, const struct problem *problem)
{
    if (problem->node[0] != '\0')
        writer_putf(writer, ",\"link\":\"#/node/%s\"", problem->node);
    else if (problem->key.group[0] != '\0')
        writer_putf(writer, ",\"link\":\"#/group/%s\"", problem->key.group);
    else
        writer_put(writer, ",\"link\":\"#/\"");
}

void problem_json_put(struct writer *writer, const struct problem *problem)
{
    const struct problem_kind_row *kind = &problem_kinds[problem->key.kind];

    writer_putf(writer, "\"name\":\"%s\",\"severity\":\"%s\"", kind->name, problem_severity_names[kind->severity]);
    put_name(writer, "group", problem->key.group);
    put_name(writer, "node", problem->node);
    writer_putf(writer, ",\"since_ms\":%" PRId64 ",\"text\":", problem->since_ms);
    writer_put_string(writer, problem->text);
    put_link(writer, problem);
}
