/* A folder of a test's own, with whole files in and out. Everything asserts that it worked. */
#ifndef SUPPORT_TEMP_DIR_H
#define SUPPORT_TEMP_DIR_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

struct temp_dir {
    char path[64];
    int fd;
    bool mounted;
};

void temp_dir_create(struct temp_dir *dir);

/* A file system of that many bytes. false where one can't be mounted (not root); then there is nothing to remove. */
bool temp_dir_create_small(struct temp_dir *dir, size_t bytes);

/* Also a half-made or removed one. Does not assert, so that a failed test keeps its own message. */
void temp_dir_remove(struct temp_dir *dir);

/* dir/name; valid until the next call. */
const char *temp_dir_path(const struct temp_dir *dir, const char *name);

void temp_dir_write(const struct temp_dir *dir, const char *name, const void *data, size_t len);
void temp_dir_append(const struct temp_dir *dir, const char *name, const void *data, size_t len);
void temp_dir_truncate(const struct temp_dir *dir, const char *name, size_t len);

/* Appends to the file until its file system is full. */
void temp_dir_fill(const struct temp_dir *dir, const char *name);

/* The whole file with a 0 behind it, valid until the next call; NULL when there is none. len may be NULL. */
const char *temp_dir_read(const struct temp_dir *dir, const char *name, size_t *len);

/* How many files have names that begin so. */
unsigned temp_dir_count(const struct temp_dir *dir, const char *prefix);

/* The first of them, or NULL; valid until the next call. */
const char *temp_dir_find(const struct temp_dir *dir, const char *prefix);

#endif
