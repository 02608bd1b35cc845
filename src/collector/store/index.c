#include "collector/store/index.h"

#include "common/fields.h"
#include "common/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define INDEX_MAGIC "headroom-index 1,"
#define INDEX_END   "end,"

/* ---- snapshot ---- */

/* Up to where its samples above stored_seq are known to be missing, by gaps that are on disk before the index is. A
 * crash may take the rows that are not stored yet: then what is missing ends before them. */
static uint64_t missing_of(const struct instance *instance, unsigned filling)
{
    unsigned out = filling ^ 1U;

    if (instance->half[out].rows > 0)
        return instance->half[out].missing_before;
    bool waits = instance->half[filling].rows + instance->half[filling].gaps > 0;
    return waits ? instance->half[filling].missing_before : instance->missing_seq;
}

/* An instance without stored samples counts if samples of it are known to be missing. A node that has said Hello and
 * sent nothing may be in no group yet. */
static bool is_remembered(const struct instance *instance, unsigned filling)
{
    if (registry_placed_group(instance->node) == NULL)
        return false;
    return instance->stored_seq > 0 || missing_of(instance, filling) > 0;
}

static struct index_entry entry_of(const struct instance *instance, unsigned filling, uint64_t last_segment)
{
    uint64_t missing_seq = missing_of(instance, filling);

    return (struct index_entry){
        .node_id = instance->node->id,
        .group = registry_placed_group(instance->node)->name,
        .instance = instance->id,
        .last_seq = instance->stored_seq,
        .missing_seq = missing_seq > instance->stored_seq ? missing_seq : 0,
        .segment = instance->segment > 0 ? instance->segment : last_segment,
        .time_ms = instance->stored_time_ms,
    };
}

/* Adds the node's instances, the most recently used one last. Returns their number. */
static size_t add_node(const struct node *node, unsigned filling, uint64_t last_segment, struct index_entry *entries)
{
    const struct instance *sorted[INSTANCES_PER_NODE_MAX];
    size_t count = 0;

    for (const struct instance *instance = node->instances; instance != NULL; instance = instance->next) {
        if (!is_remembered(instance, filling))
            continue;
        size_t at = count++;
        for (; at > 0 && sorted[at - 1]->used > instance->used; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = instance;
    }
    for (size_t i = 0; i < count; i++)
        entries[i] = entry_of(sorted[i], filling, last_segment);
    return count;
}

int index_snapshot(const struct registry *registry, unsigned filling, uint64_t last_segment,
                   struct index_entry **entries, size_t *count)
{
    size_t most = 0;

    for (unsigned n = 0; n < registry->node_count; n++)
        for (const struct instance *each = registry->nodes[n]->instances; each != NULL; each = each->next)
            most += is_remembered(each, filling);
    struct index_entry *taken = malloc((most + 1) * sizeof *taken);
    if (taken == NULL)
        return -ENOMEM;
    size_t used = 0;
    for (unsigned n = 0; n < registry->node_count; n++)
        if (registry->nodes[n]->group != NULL)
            used += add_node(registry->nodes[n], filling, last_segment, taken + used);
    *entries = taken;
    *count = used;
    return 0;
}

/* ---- writing ---- */

static size_t end_line(struct index_writer *writer, const char *text, char *at)
{
    *at++ = '\n';
    size_t len = (size_t)(at - text);
    writer->sum = hash_fnv1a(writer->sum, text, len);
    return len;
}

size_t index_put_head(struct index_writer *writer, uint64_t last_segment, char *text)
{
    *writer = (struct index_writer){.sum = hash_fnv1a_begin()};
    char *at = fields_put_text(text, INDEX_MAGIC);
    at = fields_put_unsigned(at, last_segment);
    return end_line(writer, text, at);
}

size_t index_put_entry(struct index_writer *writer, const struct index_entry *entry, char *text)
{
    char *at = fields_put_text(text, entry->node_id);

    *at++ = ',';
    at = fields_put_text(at, entry->group);
    *at++ = ',';
    at = fields_put_instance(at, entry->instance);
    *at++ = ',';
    at = fields_put_unsigned(at, entry->last_seq);
    *at++ = ',';
    at = fields_put_unsigned(at, entry->missing_seq);
    *at++ = ',';
    at = fields_put_unsigned(at, entry->segment);
    *at++ = ',';
    at = fields_put_thousandths(at, (uint64_t)entry->time_ms);
    writer->count++;
    return end_line(writer, text, at);
}

size_t index_put_end(struct index_writer *writer, char *text)
{
    uint64_t sum = writer->sum;
    char *at = fields_put_text(text, INDEX_END);

    at = fields_put_unsigned(at, writer->count);
    *at++ = ',';
    at = fields_put_hex(at, sum);
    return end_line(writer, text, at);
}

/* ---- reading ---- */

/* Takes the next line off the text. false: there is none. */
static bool next_line(struct cursor *text, struct cursor *line)
{
    const char *newline = memchr(text->at, '\n', (size_t)(text->end - text->at));

    if (newline == NULL)
        return false;
    *line = (struct cursor){text->at, newline};
    text->at = newline + 1;
    return true;
}

/* Copies the names to node_id and group, of NAME_LEN_MAX + 1 bytes; the entry points to them. */
static bool parse_entry(struct cursor line, char *node_id, char *group, struct index_entry *entry)
{
    uint64_t time_ms = 0;

    bool ok = fields_get_name(&line, node_id) && fields_get_char(&line, ',') && fields_get_name(&line, group) &&
              fields_get_char(&line, ',') && fields_get_instance(&line, &entry->instance) &&
              fields_get_char(&line, ',') && fields_get_unsigned(&line, &entry->last_seq) &&
              fields_get_char(&line, ',') && fields_get_unsigned(&line, &entry->missing_seq) &&
              fields_get_char(&line, ',') && fields_get_unsigned(&line, &entry->segment) &&
              fields_get_char(&line, ',') && fields_get_fixed(&line, 3, &time_ms) && line.at == line.end &&
              time_ms <= INT64_MAX;
    entry->node_id = node_id;
    entry->group = group;
    entry->time_ms = (int64_t)time_ms;
    return ok;
}

/* Checks count and checksum of the last line; *body is what precedes it. */
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
    return hash_fnv1a(hash_fnv1a_begin(), text, (size_t)(body->end - body->at)) == sum;
}

static int each_entry(struct cursor text, uint64_t count, index_cb *cb, void *arg)
{
    char node_id[NAME_LEN_MAX + 1];
    char group[NAME_LEN_MAX + 1];
    struct index_entry entry;
    struct cursor line;
    uint64_t seen = 0;

    for (; next_line(&text, &line); seen++) {
        if (!parse_entry(line, node_id, group, &entry))
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
