#include "collector/autoscale/count_reply.h"

#include "common/limits.h"
#include "common/parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MIN 1024U

/* Without the spaces at its end. */
static void copy_trimmed(char *text, const char *line)
{
    size_t len = strlen(line);

    while (len > 0 && line[len - 1] == ' ')
        len--;
    memcpy(text, line, len);
    text[len] = '\0';
}

/* Without memory for it, the reply is wrong: fewer names would say that nodes are gone. */
static void keep(struct count_reply *reply, const char *name)
{
    size_t len = strlen(name) + 1;

    if (reply->text_len + len > reply->text_size) {
        size_t size = 2 * reply->text_size + NAMES_MIN;
        char *text = realloc(reply->text, size);
        if (text == NULL) {
            reply->is_wrong = true;
            return;
        }
        reply->text = text;
        reply->text_size = size;
    }
    memcpy(reply->text + reply->text_len, name, len);
    reply->text_len += len;
    reply->known_count++;
}

static void take_name(struct count_reply *reply, const char *name)
{
    enum count_reply_node node = reply->look(name, reply->arg);

    reply->names++;
    reply->is_wrong = reply->names > reply->number;
    reply->matches += node == COUNT_REPLY_REPORTS;
    if (node != COUNT_REPLY_UNKNOWN)
        keep(reply, name);
}

static void count_reply_on_line(const char *line, void *arg)
{
    struct count_reply *reply = arg;
    char text[HOOK_LINE_MAX + sizeof "..."];

    copy_trimmed(text, line);
    if (text[0] == '\0')
        return;
    if (!reply->has_number) {
        reply->has_number = true;
        if (parse_unsigned(text, &reply->number) < 0 || reply->number > NODES_MAX)
            reply->is_wrong = true;
    } else if (!reply->is_wrong) {
        take_name(reply, text);
    }
}

void count_reply_init(struct count_reply *reply, count_reply_look_cb *look, void *arg)
{
    *reply = (struct count_reply){.look = look, .arg = arg};
}

void count_reply_add(struct count_reply *reply, const char *data, size_t len)
{
    hook_output_add(&reply->output, data, len, count_reply_on_line, reply);
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int sort_names(struct count_reply *reply)
{
    const char *name = reply->text;

    if (reply->known_count == 0)
        return 0;
    reply->known = calloc(reply->known_count, sizeof *reply->known);
    if (reply->known == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < reply->known_count; i++, name += strlen(name) + 1)
        reply->known[i] = name;
    qsort(reply->known, reply->known_count, sizeof *reply->known, compare);
    return 0;
}

int count_reply_end(struct count_reply *reply)
{
    hook_output_end(&reply->output, count_reply_on_line, reply);
    if (!reply->has_number || reply->is_wrong)
        return -EINVAL;
    return sort_names(reply);
}

void count_reply_deinit(struct count_reply *reply)
{
    free(reply->known);
    free(reply->text);
    *reply = (struct count_reply){0};
}
