/* A node of texts: files that tests put there, and the folders above them. */
#ifndef UNIT_NODE_FIXTURE_H
#define UNIT_NODE_FIXTURE_H

#include "agent/node/node_source.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#define NODE_FILES_MAX 64U

struct node_text_file {
    char path[256];
    const char *text; /* NULL: removed */
};

static struct node_text_file node_texts[NODE_FILES_MAX];
static unsigned node_text_count;
static unsigned node_reads;
static uint64_t node_read_ms; /* when each reading ends */

static void node_clear(void)
{
    node_text_count = 0;
    node_reads = 0;
}

static struct node_text_file *node_find(const char *path)
{
    for (unsigned i = 0; i < node_text_count; i++)
        if (strcmp(node_texts[i].path, path) == 0)
            return &node_texts[i];
    return NULL;
}

/* The file folder/name; text NULL: it is not there any more. */
static void node_put(const char *folder, const char *name, const char *text)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    struct node_text_file *file = node_find(path);
    if (file == NULL) {
        ck_assert_uint_lt(node_text_count, NODE_FILES_MAX);
        file = &node_texts[node_text_count++];
        snprintf(file->path, sizeof file->path, "%s", path);
    }
    file->text = text;
}

static struct node_text node_on_read(struct node_file *file, bool whole, void *arg)
{
    const struct node_text_file *found = node_find(file->path);

    (void)whole;
    (void)arg;
    node_reads++;
    return found == NULL || found->text == NULL
               ? (struct node_text){.at = ""}
               : (struct node_text){.at = found->text, .len = strlen(found->text), .read_ms = node_read_ms};
}

static void node_on_close(struct node_file *file, void *arg)
{
    (void)file;
    (void)arg;
}

static bool node_on_exists(const char *path, void *arg)
{
    size_t len = strlen(path);

    (void)arg;
    for (unsigned i = 0; i < node_text_count; i++)
        if (node_texts[i].text != NULL && strncmp(node_texts[i].path, path, len) == 0 &&
            (node_texts[i].path[len] == '\0' || node_texts[i].path[len] == '/'))
            return true;
    return false;
}

static size_t node_on_read_short(const char *path, char *text, size_t size, void *arg)
{
    const struct node_text_file *file = node_find(path);

    (void)arg;
    if (file == NULL || file->text == NULL)
        return 0;
    size_t len = strlen(file->text) < size ? strlen(file->text) : size;
    memcpy(text, file->text, len);
    return len;
}

/* No folder can be read. */
static size_t node_on_list(const char *path, char *names, size_t size, void *arg)
{
    (void)path;
    (void)names;
    (void)size;
    (void)arg;
    return 0;
}

static const struct node_source node = {.read = node_on_read,
                                        .close = node_on_close,
                                        .exists = node_on_exists,
                                        .read_short = node_on_read_short,
                                        .list = node_on_list};

#endif
