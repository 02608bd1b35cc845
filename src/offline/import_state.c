#include "offline/import_state.h"

#include "scaler/inherit.h"
#include "scaler/scaler.h"

#include <string.h>

int import_state_moments(const char *text, size_t len, int64_t wall_ms, struct import_moments *moments)
{
    struct state_moment taken = {.boot = "none", .mono_ms = wall_ms, .wall_ms = wall_ms};
    struct state_reader reader;

    if (len > 0) {
        int rc = state_open(&reader, text, len, &taken);
        if (rc != 0)
            return rc;
        taken = reader.taken;
    }
    moments->taken = moments->read = taken;
    if (wall_ms > taken.wall_ms) {
        moments->read.mono_ms += wall_ms - taken.wall_ms;
        moments->read.wall_ms = wall_ms;
    }
    return 0;
}

/* The lines of the nodes, as they are. */
static void copy_nodes(struct state_reader *reader, struct state_text *out)
{
    struct state_line line;
    const char *from = reader->cursor.at;

    while (state_next_node(reader, &line)) {
        state_put(out, "%.*s", (int)(reader->cursor.at - from), from);
        from = reader->cursor.at;
    }
}

static void import_into(struct state_group *group, struct import_group *groups, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(groups[i].name, group->name) == 0) {
            groups[i].is_known = true;
            (void)inherit_demand(group->scaler, groups[i].scaler, 0);
        }
}

static int copy_state(const char *text, size_t len, const struct state_moment *now, struct import_group *groups,
                      unsigned count, struct state_text *out)
{
    struct state_reader reader;
    struct state_group group;

    int rc = state_open(&reader, text, len, now); /* on its own clock: no time moves */
    if (rc != 0)
        return rc;
    copy_nodes(&reader, out);
    while ((rc = state_next(&reader, &group)) == 1) {
        import_into(&group, groups, count);
        state_add(out, &group);
        scaler_free(group.scaler);
    }
    return rc;
}

int import_state_merge(const char *text, size_t len, const struct import_moments *moments, struct import_group *groups,
                       unsigned count, struct state_text *out)
{
    int rc = 0;

    state_begin(out, &moments->taken);
    if (len > 0)
        rc = copy_state(text, len, &moments->read, groups, count, out);
    for (unsigned i = 0; i < count && rc == 0; i++) {
        struct state_group group = {.scaler = groups[i].scaler};
        memcpy(group.name, groups[i].name, sizeof group.name);
        if (!groups[i].is_known)
            state_add(out, &group);
    }
    int end = state_end(out);
    return rc != 0 ? rc : end;
}
