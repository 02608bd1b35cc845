/* What is read of a forwarder's state file is within its bounds, and what is no state leaves the result untouched. */
#include "collector/fleet/forwarders.h"
#include "common/parse.h"
#include "fuzz/fuzz.h"

#include <string.h>

static void fuzz_on_line(bool is_warning, const char *line)
{
    (void)is_warning;
    for (; *line != '\0'; line++)
        MUST((unsigned char)*line >= ' ' && (unsigned char)*line < 0x7F);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct forwarders forwarders;
    static const struct forwarder_state before = {.name = "before"};
    struct forwarder_state state = before;

    forwarders = (struct forwarders){0};
    if (forwarders_parse((const char *)data, size, &state) < 0) {
        MUST(memcmp(&state, &before, sizeof state) == 0);
        return 0;
    }
    MUST(parse_name_ok(state.name, strlen(state.name)) && state.time_ms >= 0 && state.behind_ms >= 0);
    for (int64_t now_ms = 1; now_ms < 1000000; now_ms += 300000)
        forwarders_take(&forwarders, &state, 1, &collector_config_defaults, now_ms, fuzz_on_line);
    MUST(forwarders.count == 1 && forwarders.of[0].condition == FORWARDER_SILENT);
    return 0;
}
