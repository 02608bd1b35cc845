/* Pure. Puts imported scalers into a saved state. */
#ifndef OFFLINE_IMPORT_STATE_H
#define OFFLINE_IMPORT_STATE_H

#include "scaler/state.h"

struct import_group {
    char name[NAME_LEN_MAX + 1];
    struct scaler *scaler; /* its times are on the clock of the saved state */
    bool is_known;         /* the saved state has a group of that name */
};

/* When a saved state was taken, and when that is to be read: the later one of that moment and the wall clock's wall_ms,
 * on the clock of the state, so that what was imported since counts as past. */
struct import_moments {
    struct state_moment taken;
    struct state_moment read;
};

/* len 0: there is no state, and its clock is the wall clock. 0 or as state_open(). */
int import_state_moments(const char *text, size_t len, int64_t wall_ms, struct import_moments *moments);

/* Writes the state, with the demand of the imported groups in place of what it knew of theirs, and the groups that it
 * did not know. 0, -ENOMEM, -EFBIG, or as state_open(). */
int import_state_merge(const char *text, size_t len, const struct import_moments *moments, struct import_group *groups,
                       unsigned count, struct state_text *out);

#endif
