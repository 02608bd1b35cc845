#include "collector/autoscale/count_reply.h"

#include "common/limits.h"
#include "common/parse.h"

#include <errno.h>
#include <string.h>

/* Without the spaces at its end. */
static void copy_trimmed(char *text, const char *line)
{
    size_t len = strlen(line);

    while (len > 0 && line[len - 1] == ' ')
        len--;
    memcpy(text, line, len);
    text[len] = '\0';
}

static void count_reply_on_line(const char *line, void *arg)
{
    struct count_reply *reply = arg;
    char text[HOOK_LINE_MAX + sizeof "..."];

    copy_trimmed(text, line);
    if (!reply->has_number) {
        reply->has_number = true;
        if (parse_unsigned(text, &reply->number) < 0 || reply->number > NODES_MAX)
            reply->is_wrong = true;
    } else if (!reply->is_wrong) {
        reply->names++;
        reply->is_wrong = reply->names > reply->number;
        if (reply->reports(text, reply->arg))
            reply->matches++;
    }
}

void count_reply_init(struct count_reply *reply, count_reply_reports_cb *reports, void *arg)
{
    *reply = (struct count_reply){.reports = reports, .arg = arg};
}

void count_reply_add(struct count_reply *reply, const char *data, size_t len)
{
    hook_output_add(&reply->output, data, len, count_reply_on_line, reply);
}

int count_reply_end(struct count_reply *reply)
{
    hook_output_end(&reply->output, count_reply_on_line, reply);
    return reply->has_number && !reply->is_wrong ? 0 : -EINVAL;
}
