/* Implements node_source with the files of a node, which stay open between two readings.
 *
 * Happy path: a reading is one pread of each file.
 * Failures: a file that can't be opened or read (no PSI in this kernel, EIO, a restarted lxcfs) is closed and tried
 * again after 1, 2, 4 ... and then every 60 readings. */
#ifndef AGENT_NODE_NODE_FILES_H
#define AGENT_NODE_NODE_FILES_H

#include "agent/node/fuse_reader.h"
#include "agent/node/node_source.h"

#define NODE_FILES_TEXT_MAX (8U << 20) /* bytes of one file: /proc/net/dev with 60,000 interfaces */

struct node_files {
    const char *root; /* stands before all paths; "" on a real node */
    bool is_prompt;   /* set by the user: no reading since then could hang, nor can the next one of the same files */
    struct fuse_reader fuse;
    char text[NODE_FILES_TEXT_MAX]; /* of the file that was read last; pages never reached cost nothing */
};

/* Also for zeros. */
void node_files_close(struct node_files *files);

/* Lives as long as files, which a single thread uses at a time. */
struct node_source node_files_source(struct node_files *files);

#endif
