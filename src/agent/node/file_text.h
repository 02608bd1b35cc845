/* Reads the text of an open file of /proc. */
#ifndef AGENT_NODE_FILE_TEXT_H
#define AGENT_NODE_FILE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* From its start, at most max bytes; unless whole, only what comes at once. Returns how many there are, or a negative
 * errno. */
ssize_t file_text_read(int fd, bool whole, char *text, size_t max);

#endif
