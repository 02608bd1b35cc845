/* The heap of the code under test, in which one allocation can be made to fail.
 *
 * A test that is built with headroom_heap_test() links copies of our libraries in which each name of a function that
 * allocates stands for one of these. Nothing else is touched: what the test, its support or the check library
 * allocates neither fails nor counts. uv_replace_allocator() takes them too, for libuv. */
#ifndef SUPPORT_HEAP_H
#define SUPPORT_HEAP_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* From now on the nth allocation fails, 1 the next one, and no other. */
void heap_fail(unsigned nth);

/* From now on all fail. */
void heap_exhaust(void);

/* All succeed again. Whether the one that was to fail has come, or any after heap_exhaust(). */
bool heap_mend(void);

/* Runs the scenario with its first allocation failing, then with its second, and so on, until a run makes fewer. The
 * scenario is given the number: it builds what it needs, calls heap_fail(), does its work, and calls heap_mend() once.
 * The last run is the one in which nothing fails. Returns how many allocations were failed; it asserts at least one. */
typedef void heap_scenario(unsigned nth);
unsigned heap_each(heap_scenario *scenario);

void *heap_malloc(size_t size);
void *heap_calloc(size_t count, size_t size);
void *heap_realloc(void *pointer, size_t size);
void *heap_reallocarray(void *pointer, size_t count, size_t size);
char *heap_strdup(const char *text);
DIR *heap_fdopendir(int fd);
FILE *heap_fopen(const char *path, const char *mode);

#endif
