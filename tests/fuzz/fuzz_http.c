/* An HTTP request, from its target to the last byte of the response, as libmicrohttpd hands it over. Whatever it is:
 * the response is bounded and well formed, no name of a stranger passes as this machine's, and nothing but the page and
 * the probes is answered without the token.
 *
 * The input:
 *
 *     GET /api/v1/nodes?limit=5 flags    the flags: t, a token is set; h, the Host header must be local; i,
 * --http-ingest Host: localhost Authorization: Bearer secret       at most 8 headers, then an empty line and the body
 */
#include "collector/config/config_in_force.h"
#include "collector/http/http_access.h"
#include "collector/http/http_request.h"
#include "fuzz/fuzz.h"
#include "support/hub.h"

#include <jansson.h>
#include <string.h>
#include <strings.h>

#define NOW_MS      1000000
#define WALL_MS     INT64_C(1764000000000)
#define TOKEN       "secret"
#define LINE_SIZE   1100U
#define HEADERS     8U
#define NODES       5U
#define NODES_LIMIT 30U /* with more of them, which were posted, the collector begins anew */
#define ROWS        300U
#define READS_MAX   1000U
#define ANSWER_SIZE ((size_t)262144)

/* ---- a collector that has a few nodes ---- */

static struct hub hub;
static struct decision_history history;
static struct fleet_counts counts;
static struct collector_config config;
static struct conditions conditions;
static struct overrides overrides;
static struct config_in_force in_force;
static struct forwarders forwarders;
static struct signal_table signal_table;
static struct feed_counts signal_lines;
static struct problems problems;
static struct answer_world world;
static struct http_service service;
static const struct histogram empty;
static const unsigned agents = NODES;
static const bool cut_short = true;
static const struct alert_health alert_health = {.runs = {5, 6, 7}, .sent = 8, .failures = 9};
static const uint64_t files_deleted;
static const struct moment now = {.now_ms = NOW_MS, .wall_ms = WALL_MS};

static void add_nodes(void)
{
    struct group *group = registry_ensure_group(&hub.registry, "web");

    for (unsigned i = 0; i < NODES; i++) {
        char id[16];
        struct sample sample = {.seq = 1, .uptime_ms = 1000};
        snprintf(id, sizeof id, "web-%u", i);
        struct node *node = registry_ensure_node(&hub.registry, id, 1000, NOW_MS);
        registry_assign(&hub.registry, node, group);
        MUST(registry_ensure_instance(node, 7 + i) != NULL && registry_ready_ring(&hub.registry, node) == 0);
        sample_set_gauge(&sample, METRIC_CPU, 10.0 * i);
        ring_push(&node->ring, NOW_MS - 1000, &sample);
    }
}

static void ignore_received(void *arg)
{
    (void)arg;
}

static void measure_nothing(struct answer_process *process)
{
    process->cpu_seconds = 1.0;
}

static void begin(void)
{
    hub_init(&hub, 64, 5000, ROWS);
    MUST(decision_history_init(&history, 1) == 0 && fleet_counts_init(&counts) == 0);
    MUST(conditions_init(&conditions) == 0);
    config = collector_config_defaults;
    add_nodes();
    MUST(signal_table_init(&signal_table, &config, 1) == 0);
    world = (struct answer_world){.overrides = &overrides,
                                  .problems = &problems,
                                  .signals = &signal_table,
                                  .forwarders = &forwarders,
                                  .conditions = &conditions,
                                  .registry = &hub.registry,
                                  .hub = &hub.intake,
                                  .history = &history,
                                  .config = &config,
                                  .agents = &agents,
                                  .turns_us = &empty,
                                  .cpus_us = &empty,
                                  .handshakes_us = &empty,
                                  .signal_lines = &signal_lines,
                                  .stored_ms = &empty,
                                  .syncs_us = &empty,
                                  .files_deleted = &files_deleted,
                                  .decisions_held = &cut_short,
                                  .cut_short = &cut_short,
                                  .alerts = &alert_health,
                                  .config_in_force = &in_force,
                                  .counts = &counts};
    service = (struct http_service){.world = &world, .on_received = ignore_received, .on_measure = measure_nothing};
    for (unsigned i = 0; i < HTTP_CACHED_COUNT; i++)
        service.caches[i].release = free;
    ingest_init(&service.ingest, &hub.intake, 7);
}

static void end(void)
{
    for (unsigned i = 0; i < HTTP_CACHED_COUNT; i++)
        http_cache_free(&service.caches[i]);
    signal_table_deinit(&signal_table);
    fleet_counts_deinit(&counts);
    conditions_deinit(&conditions);
    decision_history_deinit(&history);
    hub_deinit(&hub);
}

/* ---- a request ---- */

struct input {
    char method[LINE_SIZE];
    char uri[LINE_SIZE];
    char headers[HEADERS][LINE_SIZE]; /* their names, and behind the 0 their values, at: */
    const char *values[HEADERS];
    unsigned header_count;
    struct http_access_framing framing;
    const char *body;
    size_t body_len;
};

/* Takes a line, without control characters, as libmicrohttpd leaves none. */
static bool take_line(const char **at, const char *end, char *line)
{
    size_t len = 0;

    for (; *at < end && **at != '\n'; ++*at)
        if (len + 1 < LINE_SIZE && (unsigned char)**at >= ' ')
            line[len++] = **at;
    line[len] = '\0';
    *at += *at < end;
    return len > 0;
}

static void split_header(struct input *input, unsigned i)
{
    char *colon = strchr(input->headers[i], ':');

    input->values[i] = "";
    if (colon != NULL) {
        *colon = '\0';
        input->values[i] = colon + 1 + strspn(colon + 1, " ");
    }
    http_access_note_header(&input->framing, input->headers[i], input->values[i]);
}

static void read_input(struct input *input, const char *text, size_t len, const char **flags)
{
    static char line[LINE_SIZE];
    const char *end = text + len;

    (void)take_line(&text, end, line);
    char *uri = line + strcspn(line, " ");
    char *rest = uri + (*uri != '\0');
    char *space = strchr(rest, ' ');
    snprintf(input->method, sizeof input->method, "%.*s", (int)(uri - line), line);
    snprintf(input->uri, sizeof input->uri, "%.*s", (int)(space != NULL ? space - rest : (ptrdiff_t)strlen(rest)),
             rest);
    *flags = space != NULL ? space + 1 : "";
    input->header_count = 0;
    input->framing = (struct http_access_framing){0};
    while (input->header_count < HEADERS && take_line(&text, end, input->headers[input->header_count]))
        split_header(input, input->header_count++);
    input->body = text;
    input->body_len = (size_t)(end - text);
}

static const char *on_header(void *arg, const char *name)
{
    const struct input *input = arg;

    for (unsigned i = 0; i < input->header_count; i++)
        if (strcasecmp(input->headers[i], name) == 0)
            return input->values[i];
    return NULL;
}

static bool is_framed(void *arg)
{
    return http_access_framing_ok(&((struct input *)arg)->framing);
}

/* ---- what must hold ---- */

static void check_json(const char *text, size_t len)
{
    json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);

    MUST(root != NULL);
    json_decref(root);
}

static const char *type_of(const struct http_response *response)
{
    for (unsigned i = 0; i < response->header_count; i++)
        if (strcmp(response->headers[i].name, "Content-Type") == 0)
            return response->headers[i].value;
    return "";
}

/* Whether a path is answered without a token. One with percent encoding may be anything. */
static bool is_open(const char *uri)
{
    static const char *const paths[] = {"/health", "/readyz", "/metrics.js", "%"};
    bool found = false;

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        const char *at = strstr(uri, paths[i]);
        found = found || (at != NULL && at < uri + strcspn(uri, "?"));
    }
    return found;
}

/* The rules once more, written in another way. */
static void check_access(struct input *input, const struct http_response *response)
{
    const char *host = on_header(input, "Host");
    const char *given = on_header(input, "Authorization");

    if (response->status >= 400 && response->status != 503) /* which /readyz may answer */
        return;
    if (!service.may_rebind && host != NULL && host[0] != '[') {
        size_t len = strcspn(host, ":");
        MUST((len == 9 && strncasecmp(host, "localhost", 9) == 0) || strspn(host, "0123456789.") == len);
    }
    if (config.http_token[0] != '\0' && response->body != HTTP_BODY_STATIC && !is_open(input->uri))
        MUST(given != NULL && strncasecmp(given, "Bearer ", 7) == 0 && strcmp(given + 7, TOKEN) == 0);
}

static void check_response(struct http_request *request, const struct http_response *response)
{
    static char text[ANSWER_SIZE];
    size_t len = 0;
    long got = 0;

    MUST(response->status >= 200 && response->status < 600 && response->header_count <= HTTP_HEADERS_MAX);
    if (response->body == HTTP_BODY_STREAM) {
        for (unsigned reads = 0; (got = http_request_read(request, text + len, 1000, &now)) >= 0; reads++) {
            MUST(reads < READS_MAX && len + 2000 < sizeof text);
            len += (size_t)got;
        }
    } else if (response->body == HTTP_BODY_TEXT) {
        MUST(response->len < sizeof text);
        memcpy(text, response->text, response->len);
        len = response->len;
    } else {
        if (response->body == HTTP_BODY_ARCHIVE)
            MUST(response->archive.from_ms < response->archive.to_ms);
        return;
    }
    if (strcmp(type_of(response), "application/json") == 0 && len > 0)
        check_json(text, len);
}

static void receive(struct input *input)
{
    struct http_response response = {0};
    struct http_piece piece = {
        .method = input->method, .header = on_header, .is_framed = is_framed, .arg = input, .origin = 1, .now = now};
    struct http_request *request = http_request_new(&service, input->uri);
    bool is_answered = false;
    size_t sent = 0;

    MUST(request != NULL);
    for (unsigned i = 0; i < 8 && !is_answered; i++) {
        is_answered = http_request_receive(request, &piece, &response);
        piece.data = input->body + sent;
        piece.len = sent < input->body_len ? (input->body_len - sent + 1) / 2 : 0;
        if (i >= 4)
            piece.len = i == 4 ? input->body_len - sent : 0;
        sent += piece.len;
    }
    MUST(is_answered);
    check_access(input, &response);
    check_response(request, &response);
    http_request_free(request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct input input;
    const char *flags = "";

    if (world.registry == NULL)
        begin();
    read_input(&input, (const char *)data, size, &flags);
    strcpy(config.http_token, strchr(flags, 't') != NULL ? TOKEN : "");
    service.may_rebind = strchr(flags, 'h') == NULL;
    config.http_ingest = strchr(flags, 'i') != NULL;
    receive(&input);
    hub_store_begin(&hub); /* what was posted */
    hub_store_end(&hub);
    if (hub.registry.node_count > NODES_LIMIT) {
        end();
        begin();
    }
    return 0;
}
