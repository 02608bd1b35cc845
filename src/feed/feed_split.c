#include "feed/feed_split.h"

#include <string.h>

static void add(struct feed_split *split, const char *data, size_t len)
{
    if (len > sizeof split->line - split->used) {
        split->is_long = true;
        return;
    }
    memcpy(split->line + split->used, data, len);
    split->used += len;
}

static void end_line(struct feed_split *split, feed_split_cb *cb, void *arg)
{
    if (split->is_long)
        split->longer++;
    else
        cb(split->line, split->used, arg);
    split->used = 0;
    split->is_long = false;
}

void feed_split_add(struct feed_split *split, const char *data, size_t len, feed_split_cb *cb, void *arg)
{
    const char *end = data + len;

    while (data < end) {
        const char *newline = memchr(data, '\n', (size_t)(end - data));
        add(split, data, (size_t)((newline != NULL ? newline : end) - data));
        if (newline == NULL)
            return;
        end_line(split, cb, arg);
        data = newline + 1;
    }
}
