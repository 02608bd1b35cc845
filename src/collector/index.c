#include "collector/index.h"

#include "collector/fields.h"

#include <errno.h>
#include <string.h>

#define INDEX_MAGIC "headroom-index 1,"
#define INDEX_END   "end,"

static uint64_t checksum(const char *text, size_t len)
{
    uint64_t hash = 0xcbf29ce484222325U;

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (uint8_t)text[i]) * 0x100000001b3U;
    return hash;
}

/* ---- writing ---- */

void index_begin(struct index_text *index, char *memory, uint64_t last_segment)
{
    char *at = fields_put_text(memory, INDEX_MAGIC);

    at = fields_put_unsigned(at, last_segment);
    *at++ = '\n';
    *index = (struct index_text){.text = memory, .len = (size_t)(at - memory)};
}

void index_add(struct index_text *index, const struct index_entry *entry)
{
    char *at = fields_put_text(index->text + index->len, entry->node_id);

    *at++ = ',';
    at = fields_put_text(at, entry->group);
    *at++ = ',';
    at = fields_put_instance(at, entry->instance);
    *at++ = ',';
    at = fields_put_unsigned(at, entry->last_seq);
    *at++ = ',';
    at = fields_put_unsigned(at, entry->segment);
    *at++ = ',';
    at = fields_put_fixed(at, (uint64_t)entry->time_ms, 3);
    *at++ = '\n';
    index->len = (size_t)(at - index->text);
    index->count++;
}

void index_end(struct index_text *index)
{
    uint64_t sum = checksum(index->text, index->len);
    char *at = fields_put_text(index->text + index->len, INDEX_END);

    at = fields_put_unsigned(at, index->count);
    *at++ = ',';
    at = fields_put_hex(at, sum);
    *at++ = '\n';
    index->len = (size_t)(at - index->text);
}

/* ---- reading ---- */

/* The line at *text, which is moved behind it. false: there is none. */
static bool next_line(struct cursor *text, struct cursor *line)
{
    const char *newline = memchr(text->at, '\n', (size_t)(text->end - text->at));

    if (newline == NULL)
        return false;
    *line = (struct cursor){text->at, newline};
    text->at = newline + 1;
    return true;
}

static bool parse_entry(struct cursor line, struct index_entry *entry)
{
    uint64_t time_ms = 0;

    bool ok = fields_get_name(&line, entry->node_id) && fields_get_char(&line, ',') &&
              fields_get_name(&line, entry->group) && fields_get_char(&line, ',') &&
              fields_get_instance(&line, &entry->instance) && fields_get_char(&line, ',') &&
              fields_get_unsigned(&line, &entry->last_seq) && fields_get_char(&line, ',') &&
              fields_get_unsigned(&line, &entry->segment) && fields_get_char(&line, ',') &&
              fields_get_fixed(&line, 3, &time_ms) && line.at == line.end;
    entry->time_ms = (int64_t)time_ms;
    return ok;
}

/* The part before the last line, whose count and checksum must hold. */
static bool check_end(const char *text, size_t len, struct cursor *body, uint64_t *count)
{
    uint64_t sum = 0;

    if (len == 0 || text[len - 1] != '\n')
        return false;
    const char *before = memrchr(text, '\n', len - 1);
    if (before == NULL)
        return false;
    struct cursor last = {before + 1, text + len};
    if (!fields_get_text(&last, INDEX_END) || !fields_get_unsigned(&last, count) || !fields_get_char(&last, ',') ||
        !fields_get_hex(&last, &sum) || last.end - last.at != 1)
        return false;
    *body = (struct cursor){text, before + 1};
    return checksum(text, (size_t)(body->end - body->at)) == sum;
}

static int each_entry(struct cursor text, uint64_t count, index_cb *cb, void *arg)
{
    struct index_entry entry;
    struct cursor line;
    uint64_t seen = 0;

    for (; next_line(&text, &line); seen++) {
        if (!parse_entry(line, &entry))
            return -EBADMSG;
        int rc = cb != NULL ? cb(&entry, arg) : 0;
        if (rc < 0)
            return rc;
    }
    return seen == count ? 0 : -EBADMSG;
}

int index_parse(const char *text, size_t len, uint64_t *last_segment, index_cb *cb, void *arg)
{
    struct cursor body;
    struct cursor head;
    uint64_t count = 0;
    uint64_t segment = 0;

    if (!check_end(text, len, &body, &count) || !next_line(&body, &head) || !fields_get_text(&head, INDEX_MAGIC) ||
        !fields_get_unsigned(&head, &segment) || head.at != head.end)
        return -EBADMSG;
    int rc = each_entry(body, count, NULL, NULL);
    if (rc < 0)
        return rc;
    *last_segment = segment;
    return each_entry(body, count, cb, arg);
}
