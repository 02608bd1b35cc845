/* Reads files of FUSE file systems (lxcfs) in a child process.
 *
 * A process that ends while it has a file of FUSE open waits for the file system to flush this file, and no signal ends
 * this wait. So the agent itself never opens one.
 *
 * Happy path: the child is forked for the first file. It keeps the files open, and sends what it reads.
 * Failures: a file system that hangs holds up the child, and the thread that waits for it; this thread can be ended. A
 * child that has died is replaced for the next file. */
#ifndef AGENT_NODE_FUSE_READER_H
#define AGENT_NODE_FUSE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* All zeros at the start: no child. For one thread at a time. */
struct fuse_reader {
    pid_t pid;
    int fd;
};

/* As file_text_read(). Waits as long as the file system does. */
ssize_t fuse_reader_read(struct fuse_reader *reader, const char *path, bool whole, char *text, size_t max);

/* Ends the child. Also for zeros. */
void fuse_reader_close(struct fuse_reader *reader);

#endif
