/* What a hook prints for `count`, for `contract` and for the log arrives in pieces of any size: it is read the same as
 * in one piece, and whatever it is, the result is within its bounds and printable. */
#include "collector/autoscale/count_reply.h"
#include "collector/autoscale/hook_contract.h"
#include "collector/autoscale/hook_output.h"
#include "common/hash.h"
#include "fuzz/fuzz.h"

#include <string.h>

#define SEED 1

static enum count_reply_node look(const char *name, void *arg)
{
    (void)arg;
    MUST(strlen(name) > 0);
    return (enum count_reply_node)((unsigned char)name[0] % 3);
}

static size_t piece(size_t left, size_t piece_len)
{
    return piece_len == 0 || piece_len > left ? left : piece_len;
}

static int count(struct count_reply *reply, const char *text, size_t len, size_t piece_len)
{
    size_t part = 0;

    count_reply_init(reply, look, NULL);
    for (size_t at = 0; at < len; at += part) {
        part = piece(len - at, piece_len);
        count_reply_add(reply, text + at, part);
    }
    return count_reply_end(reply);
}

static void check_counts(const char *text, size_t len, size_t piece_len)
{
    struct count_reply whole;
    struct count_reply pieces;

    int rc = count(&whole, text, len, 0);
    MUST(count(&pieces, text, len, piece_len) == rc);
    if (rc == 0) {
        MUST(whole.number <= NODES_MAX && whole.names <= whole.number && whole.known_count <= whole.names);
        MUST(pieces.number == whole.number && pieces.matches == whole.matches);
        MUST(pieces.known_count == whole.known_count);
    }
    for (unsigned i = 0; rc == 0 && i < whole.known_count; i++) {
        MUST(strcmp(whole.known[i], pieces.known[i]) == 0);
        MUST(i == 0 || strcmp(whole.known[i - 1], whole.known[i]) <= 0);
    }
    count_reply_deinit(&whole);
    count_reply_deinit(&pieces);
}

static void ask(struct hook_contract *contract, const char *text, size_t len, size_t piece_len)
{
    const struct hook_result result = {.verdict = HOOK_ACCEPTED};
    size_t part = 0;

    hook_contract_init(contract, SEED);
    hook_contract_reset(contract, true, true, 0);
    hook_contract_begin(contract);
    for (size_t at = 0; at < len; at += part) {
        part = piece(len - at, piece_len);
        hook_contract_add(contract, text + at, part);
    }
    (void)hook_contract_end(contract, &result, "hook", 0);
}

static void check_contracts(const char *text, size_t len, size_t piece_len)
{
    struct hook_contract whole;
    struct hook_contract pieces;

    ask(&whole, text, len, 0);
    ask(&pieces, text, len, piece_len);
    MUST(whole.state == pieces.state && strcmp(whole.reason, pieces.reason) == 0);
    MUST((whole.state == HOOK_CONTRACT_KEPT) == (whole.reason[0] == '\0'));
    for (const char *at = whole.reason; *at != '\0'; at++)
        MUST(*at >= ' ' && *at < 0x7F);
}

/* What was logged. */
struct lines {
    unsigned count;
    uint64_t hash;
};

static void on_line(const char *line, void *arg)
{
    struct lines *lines = arg;

    MUST(strlen(line) > 0 && strlen(line) < HOOK_LINE_MAX + sizeof "...");
    for (const char *at = line; *at != '\0'; at++)
        MUST(*at >= ' ' && *at <= '~');
    lines->count++;
    lines->hash = hash_fnv1a(lines->hash, line, strlen(line) + 1);
}

static struct lines split(const char *text, size_t len, size_t piece_len)
{
    struct hook_output output = {.used = 0};
    struct lines lines = {.hash = hash_fnv1a_begin()};
    size_t part = 0;

    for (size_t at = 0; at < len; at += part) {
        part = piece(len - at, piece_len);
        hook_output_add(&output, text + at, part, on_line, &lines);
    }
    hook_output_end(&output, on_line, &lines);
    return lines;
}

static void check_lines(const char *text, size_t len, size_t piece_len)
{
    struct lines whole = split(text, len, 0);
    struct lines pieces = split(text, len, piece_len);

    MUST(whole.count == pieces.count && whole.hash == pieces.hash);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t piece_len = 1 + size % 7;

    check_counts((const char *)data, size, piece_len);
    check_contracts((const char *)data, size, piece_len);
    check_lines((const char *)data, size, piece_len);
    return 0;
}
