/* Pure. Puts imported scalers into a saved state. */
#ifndef OFFLINE_IMPORT_STATE_H
#define OFFLINE_IMPORT_STATE_H

#include "scaler/state.h"

struct import_group {
    char name[NAME_LEN_MAX + 1];
    struct scaler *scaler; /* its times are on the clock of the saved state */
    bool is_known;         /* the saved state has a group of that name */
};

/* The moment of a saved state; len 0: there is none, and it is *now. 0 or as state_open(). */
int import_state_moment(const char *text, size_t len, const struct state_moment *now, struct state_moment *taken);

/* Writes the state, with the demand of the imported groups in place of what it knew of theirs, and the groups that it
 * did not know. 0, -ENOMEM, -EFBIG, or as state_open(). */
int import_state_merge(const char *text, size_t len, const struct state_moment *taken, struct import_group *groups,
                       unsigned count, struct state_text *out);

#endif
