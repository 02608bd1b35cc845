/* What admin_request_parse() takes of a line from the socket is within its bounds, and what it refuses has a reason. */
#include "collector/admin/admin_request.h"
#include "common/parse.h"
#include "fuzz/fuzz.h"

#include <string.h>

static void check_text(const char *text, size_t len_max)
{
    size_t len = strlen(text);

    MUST(len <= len_max && parse_utf8_ok((const uint8_t *)text, len));
    for (size_t i = 0; i < len; i++)
        MUST((unsigned char)text[i] >= ' ' && text[i] != 0x7F);
}

static void check_name(const char *name)
{
    MUST(parse_name_ok(name, strlen(name)));
}

static void check_request(const struct admin_request *request)
{
    MUST(request->command < ADMIN_COMMAND_COUNT);
    check_name(request->group);
    if (request->command <= ADMIN_PAUSE_SCALE_IN)
        MUST(request->until_ms > 0);
    if (request->command == ADMIN_PIN)
        MUST(request->nodes >= 1 && request->nodes <= NODES_MAX);
    if (request->command == ADMIN_FORGET)
        MUST(request->missing == (request->node_count == 0));
    MUST(request->node_count <= ADMIN_NODES_MAX);
    for (unsigned i = 0; i < request->node_count; i++)
        check_name(request->node_ids[i]);
    check_text(request->user, OVERRIDE_USER_MAX);
    check_text(request->reason, OVERRIDE_REASON_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct admin_request request;
    char error[512] = "";

    if (admin_request_parse(&request, (const char *)data, size, error, sizeof error) == 0)
        check_request(&request);
    else
        MUST(strlen(error) > 10);
    return 0;
}
