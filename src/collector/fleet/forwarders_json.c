#include "collector/fleet/forwarders_json.h"

#include "collector/fleet/forwarders.h"

#include <inttypes.h>

static void put_forwarder(struct writer *writer, const struct forwarder *forwarder, int64_t now_ms)
{
    const struct forwarder_state *state = &forwarder->state;

    writer_putf(writer, "{\"name\":\"%s\",\"condition\":\"%s\",\"behind_ms\":%" PRId64 ",\"bytes_behind\":%" PRIu64,
                state->name, forwarder_condition_names[forwarder->condition], forwarders_behind_ms(forwarder, now_ms),
                state->bytes_behind);
    writer_putf(writer, ",\"lost_files\":%" PRIu64 ",\"rows\":{", state->lost_files);
    for (unsigned i = 0; i < FORWARDER_ROWS_COUNT; i++)
        writer_putf(writer, "%s\"%s\":%" PRIu64, i > 0 ? "," : "", forwarder_rows_names[i], state->rows[i]);
    writer_put(writer, "},\"problem\":");
    if (state->problem[0] != '\0')
        writer_put_string(writer, state->problem);
    else
        writer_put(writer, "null");
    writer_put(writer, "}");
}

void forwarders_json_put(struct writer *writer, const struct forwarders *forwarders, int64_t now_ms)
{
    writer_put(writer, "[");
    for (unsigned i = 0; i < forwarders->count; i++) {
        writer_put(writer, i > 0 ? "," : "");
        put_forwarder(writer, &forwarders->of[i], now_ms);
    }
    writer_put(writer, "]");
}
