/* segments.c over again in small, step by step as it is done there, on the simulated disk; but for a live file that
 * somebody else changes. Whoever changes that changes this too. */
#ifndef SIM_SEGMENTS_H
#define SIM_SEGMENTS_H

#include "sim/sim_disk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEGMENTS_HEADER_MAX 1024U

/* Whether a line is a row. */
typedef bool segments_takes(const char *line, size_t len);

struct sim_segments {
    struct sim_disk *disk;
    enum disk_series series;
    segments_takes *takes;
    char header[SEGMENTS_HEADER_MAX];
    size_t header_len;
    uint64_t rotate_bytes;
    int64_t retain_ms; /* 0: for ever */
    bool is_open;
    size_t length;
    size_t kept;
    size_t synced;
    bool spoiled;
    bool sync_lost; /* kept rows may not survive: until the owner has noted it */
    uint64_t next_number;
    int64_t found_ms; /* when the live file was last written before it was opened; INT64_MAX: there was none */
    int64_t looked_ms;
};

void sim_segments_begin(struct sim_segments *segments, struct sim_disk *disk, enum disk_series series,
                        segments_takes *takes, size_t header_len);

/* Makes the live file end in whole rows. *cut: it did not. 0 or a negative errno. */
int sim_segments_open(struct sim_segments *segments, uint64_t taken, bool *cut);
int sim_segments_close(struct sim_segments *segments);

int sim_segments_append(struct sim_segments *segments, const char *text, size_t len);
int sim_segments_sync(struct sim_segments *segments);
bool sim_segments_due(const struct sim_segments *segments);
int sim_segments_begin_write(struct sim_segments *segments, bool again, bool rotation);
int sim_segments_end_write(struct sim_segments *segments, int rc, bool sync);

/* The next line of the file from *at, without its end; false: there is no more whole one before `to`. */
bool sim_next_line(const struct disk_file *file, size_t *at, size_t to, const char **line, size_t *len);

#endif
