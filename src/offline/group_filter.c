#include "offline/group_filter.h"

#include "common/error_text.h"
#include "common/parse.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

static int add(struct group_filter *filter, const char *name, struct group_choice choice, char *error, size_t size)
{
    size_t len = strlen(name);

    if (!parse_name_ok(name, len))
        return error_text_set(error, size, -EINVAL,
                              "\"%.80s\" is not a name; write letters, digits, dots, underscores and hyphens", name);
    if (filter->count == REPLAY_GROUPS_MAX)
        return error_text_set(error, size, -EINVAL, "more than %u groups and nodes; omit the flag to select all",
                              REPLAY_GROUPS_MAX);
    memcpy(choice.name, name, len + 1);
    filter->choices[filter->count++] = choice;
    return 0;
}

int group_filter_take_node(struct group_filter *filter, const char *name, char *error, size_t size)
{
    return add(filter, name, (struct group_choice){.glob = name, .is_node = true}, error, size);
}

int group_filter_take(struct group_filter *filter, const char *value, char *error, size_t size)
{
    char name[NAME_LEN_MAX + 2];
    const char *equals = strchr(value, '=');
    size_t len = equals != NULL ? (size_t)(equals - value) : strlen(value);

    if (equals != NULL && equals[1] == '\0')
        return error_text_set(error, size, -EINVAL, "--group: \"%.80s\" has no pattern after the \"=\", such as web-*",
                              value);
    snprintf(name, sizeof name, "%.*s", len < sizeof name ? (int)len : (int)sizeof name, value);
    return add(filter, name, (struct group_choice){.glob = equals != NULL ? equals + 1 : NULL}, error, size);
}

const char *group_filter_row(struct group_filter *filter, const char *node_id, const char *group)
{
    if (filter->count == 0)
        return group;
    for (unsigned i = 0; i < filter->count; i++) {
        struct group_choice *choice = &filter->choices[i];
        if (choice->glob != NULL ? fnmatch(choice->glob, node_id, 0) != 0 : strcmp(choice->name, group) != 0)
            continue;
        choice->found = true;
        return choice->is_node ? group : choice->name;
    }
    return NULL;
}

int group_filter_check(const struct group_filter *filter, char *error, size_t size)
{
    for (unsigned i = 0; i < filter->count; i++) {
        const struct group_choice *choice = &filter->choices[i];
        if (choice->found)
            continue;
        return choice->glob == NULL
                   ? error_text_set(error, size, -ENOENT,
                                    "no row names group %s; --group %s=GLOB gives it the nodes that match",
                                    choice->name, choice->name)
                   : error_text_set(error, size, -ENOENT, "no row matches node %s", choice->glob);
    }
    return 0;
}
