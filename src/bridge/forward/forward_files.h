/* The files of a forwarder: the cursor and the rows that the engine refused, in its state directory, and the state for
 * people and the collector. NAME is that of the engine.
 *
 *     forward-NAME.cursor       see cursor.h; replaced durably
 *     forward-NAME.refused.csv  timestamp,node_id,group,status,text: a row that the engine refuses each time it is
 * sent; without a node: a decision forward-NAME.state        JSON, see forward_state.h; replaced, not synced
 */
#ifndef BRIDGE_FORWARD_FORWARD_FILES_H
#define BRIDGE_FORWARD_FORWARD_FILES_H

#include "bridge/forward/forward_config.h"
#include "bridge/forward/forward_set.h"
#include "common/disk.h"

#include <limits.h>
#include <stdbool.h>

struct forward_files {
    struct disk disk; /* of the state directory */
    int dir_fd;
    struct disk report; /* the directory of the state */
    int report_fd;
    int lock;    /* the file that only one process of that name has open */
    int refused; /* -1: not open */
    uint64_t refused_size;
    char cursor_name[NAME_MAX + 1];
    char state_name[NAME_MAX + 1];
    char refused_name[NAME_MAX + 1];
};

/* 0, or a negative errno with the reason in error. */
int forward_files_open(struct forward_files *files, const struct forward_config *config, char *error,
                       size_t error_size);
void forward_files_close(struct forward_files *files);

/* 1, or 0 if there is no cursor yet, or a negative errno: -EBADMSG if it is damaged. */
int forward_files_read_cursor(const struct forward_files *files, struct forward_place *place);
int forward_files_write_cursor(const struct forward_files *files, const struct forward_place *place);

int forward_files_write_state(const struct forward_files *files, const char *text, size_t len);

/* Begins a new file when this one has 16 MiB; then there are two at most. 0 or a negative errno. */
int forward_files_put_refused(struct forward_files *files, const struct forward_set_name *name, long status,
                              const char *text);

#endif
