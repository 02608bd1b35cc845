#include "agent/node_source.h"

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
