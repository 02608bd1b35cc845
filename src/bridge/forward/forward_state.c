#include "bridge/forward/forward_state.h"

#include "common/format.h"
#include "common/writer.h"

#include <inttypes.h>
#include <stdio.h>

static void put_count(struct writer *writer, const char *name, uint64_t count)
{
    writer_put(writer, ",\"");
    writer_put(writer, name);
    writer_put(writer, "\":");
    writer_put_unsigned(writer, count);
}

static void put_lost(struct writer *writer, const struct forward_set_lost *lost)
{
    writer_putf(writer, ",\"lost_to_retention\":{\"files\":%" PRIu64 ",\"from_ms\":", lost->files);
    if (lost->from_ms > 0)
        writer_put_signed(writer, lost->from_ms);
    else
        writer_put(writer, "null");
    writer_put(writer, ",\"to_ms\":");
    if (lost->files > 0)
        writer_put_signed(writer, lost->to_ms);
    else
        writer_put(writer, "null");
    writer_put(writer, "}");
}

size_t forward_state_json(const struct forward_state *state, char *text, size_t size)
{
    struct writer writer = {.text = text, .size = size};
    const struct transfer_account *rows = &state->rows;

    writer_put(&writer, "{\"name\":");
    writer_put_string(&writer, state->name);
    put_count(&writer, "time_ms", (uint64_t)state->wall_ms);
    put_count(&writer, "behind_ms", (uint64_t)state->behind_ms);
    put_count(&writer, "rows_read", rows->settled + rows->unsettled + rows->refused + rows->filtered + rows->waiting);
    put_count(&writer, "settled", rows->settled);
    put_count(&writer, "unsettled", rows->unsettled);
    put_count(&writer, "refused", rows->refused);
    put_count(&writer, "filtered", rows->filtered);
    put_count(&writer, "waiting", rows->waiting);
    put_count(&writer, "damaged", state->damaged);
    put_lost(&writer, &state->lost);
    put_count(&writer, "bytes_behind", state->bytes_behind);
    put_count(&writer, "rewinds", state->rewinds);
    writer_put(&writer, ",\"problem\":");
    writer_put_string(&writer, state->problem);
    writer_put(&writer, "}\n");
    return writer.full ? 0 : writer.len;
}

void forward_state_line(const struct forward_state *state, char *text, size_t size)
{
    if (state->problem[0] != '\0')
        snprintf(text, size, "%" PRId64 " s behind: %s", state->behind_ms / 1000, state->problem);
    else
        snprintf(text, size, "%" PRIu64 " rows in the engine, %" PRId64 " s behind",
                 state->rows.settled + state->rows.unsettled, state->behind_ms / 1000);
}
