#include "agent/node/node_source.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool node_facts_equal(const struct node_facts *a, const struct node_facts *b)
{
    return a->cores == b->cores && a->cpu_milli == b->cpu_milli && a->memory_bytes == b->memory_bytes &&
           a->protection == b->protection && strcmp(a->view, b->view) == 0;
}

uint32_t node_facts_cpu_milli(const struct node_facts *facts)
{
    if (facts->cpu_milli > 0)
        return facts->cpu_milli;
    return facts->cores < UINT32_MAX / 1000 ? facts->cores * 1000 : UINT32_MAX;
}

void node_facts_cpus(const struct node_facts *facts, char text[NODE_CPUS_MAX])
{
    uint32_t cpu_milli = node_facts_cpu_milli(facts);

    int len = snprintf(text, NODE_CPUS_MAX, "%" PRIu32 ".%03" PRIu32, cpu_milli / 1000, cpu_milli % 1000);
    while (text[len - 1] == '0')
        text[--len] = '\0';
    if (text[len - 1] == '.')
        text[len - 1] = '\0';
}

struct node_file node_file_at(const char *path)
{
    return (struct node_file){.path = path, .fd = -1};
}

struct node_text node_source_head(const struct node_source *node, struct node_file *file)
{
    return node->read(file, false, node->arg);
}

struct node_text node_source_whole(const struct node_source *node, struct node_file *file)
{
    return node->read(file, true, node->arg);
}

void node_source_close(const struct node_source *node, struct node_file *file)
{
    node->close(file, node->arg);
}
