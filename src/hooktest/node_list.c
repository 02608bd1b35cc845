#include "hooktest/node_list.h"

#include "common/error_text.h"
#include "common/parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* All names are kept. */
static enum count_reply_node node_list_on_name(const char *name, void *arg)
{
    (void)name;
    (void)arg;
    return COUNT_REPLY_KNOWN;
}

void node_list_begin(struct node_list *list)
{
    count_reply_init(&list->reply, node_list_on_name, NULL);
}

void node_list_add(struct node_list *list, const char *data, size_t len)
{
    count_reply_add(&list->reply, data, len);
}

static int check_names(const struct count_reply *reply, char *error, size_t size)
{
    for (unsigned i = 0; i < reply->known_count; i++) {
        const char *name = reply->known[i];
        if (!parse_name_ok(name, strlen(name)))
            return error_text_set(error, size, -EINVAL, "count printed \"%.80s\", which can't be the name of a node",
                                  name);
        if (i > 0 && strcmp(name, reply->known[i - 1]) == 0)
            return error_text_set(error, size, -EINVAL, "count printed the name %.80s twice", name);
    }
    return 0;
}

int node_list_end(struct node_list *list, char *error, size_t size)
{
    const struct count_reply *reply = &list->reply;
    int rc = count_reply_end(&list->reply);

    if (rc == -ENOMEM)
        return error_text_set(error, size, rc, "out of memory");
    if (!reply->has_number)
        return error_text_set(error, size, -EINVAL, "count printed nothing");
    if (reply->names > reply->number || (reply->names > 0 && reply->names < reply->number))
        return error_text_set(error, size, -EINVAL, "count printed the number %u, and then %u names", reply->number,
                              reply->names);
    if (rc < 0)
        return error_text_set(error, size, -EINVAL, "what count printed does not begin with a number of nodes");
    return check_names(reply, error, size);
}

void node_list_deinit(struct node_list *list)
{
    count_reply_deinit(&list->reply);
}

unsigned node_list_number(const struct node_list *list)
{
    return list->reply.number;
}

static int compare(const void *key, const void *name)
{
    return strcmp(key, *(const char *const *)name);
}

bool node_list_has(const struct node_list *list, const char *name)
{
    const struct count_reply *reply = &list->reply;

    return reply->known_count > 0 &&
           bsearch(name, reply->known, reply->known_count, sizeof *reply->known, compare) != NULL;
}

bool node_list_is_nameless(const struct node_list *list)
{
    return list->reply.number > 0 && list->reply.known_count == 0;
}

unsigned node_list_beyond(const struct node_list *list, const struct node_list *other, const char **names, unsigned max)
{
    unsigned count = 0;

    for (unsigned i = 0; i < list->reply.known_count; i++) {
        if (node_list_has(other, list->reply.known[i]))
            continue;
        if (count < max)
            names[count] = list->reply.known[i];
        count++;
    }
    return count;
}
