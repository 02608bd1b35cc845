/* What a request is answered with, by its address and headers. */
#include "collector/http/http_request.h"

#include "collector/config/config_in_force.h"
#include "support/cases.h"
#include "support/hub.h"
#include "support/suite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NOW_MS 1000000

static struct hub hub;
static struct decision_history history;
static struct fleet_counts counts;
static struct collector_config config;
static const unsigned agents;
static const struct histogram empty;
static const struct problems problems;
static const bool cut_short = true;
static const struct alert_health alert_health = {.runs = {5, 6, 7}, .sent = 8, .failures = 9};
static const uint64_t files_deleted = 17;
static struct config_in_force in_force;
static struct forwarders forwarders;
static struct signal_table signal_table;
static struct feed_counts signal_lines;
static struct answer_world world;
static struct overrides overrides;
static struct conditions conditions;
static struct http_service service;
static struct http_request *request;
static struct http_response response;
static struct http_header sent[4];
static struct moment now = {.now_ms = NOW_MS, .wall_ms = INT64_C(1764000000000)};
static unsigned received;
static unsigned released;

static void on_received(void *arg)
{
    ck_assert_ptr_eq(arg, &received);
    received++;
}

static void on_measure(struct answer_process *process)
{
    process->cpu_seconds = 7.5;
}

static void on_release(void *text)
{
    free(text);
    released++;
}

static void begin(void)
{
    struct scaler_settings settings = SCALER_SETTINGS_DEFAULT;

    hub_init(&hub, 64, 5000, 1000);
    ck_assert_int_eq(decision_history_init(&history, 1), 0);
    ck_assert_int_eq(fleet_counts_init(&counts), 0);
    config = (struct collector_config){.settings = settings, .gone_ms = 60000, .http_ingest = true};
    ck_assert_int_eq(conditions_init(&conditions), 0);
    ck_assert_int_eq(signal_table_init(&signal_table, &config, 1), 0);
    world = (struct answer_world){.overrides = &overrides,
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
                                  .stored_ms = &empty,
                                  .syncs_us = &empty,
                                  .handshakes_us = &empty,
                                  .signal_lines = &signal_lines,
                                  .files_deleted = &files_deleted,
                                  .decisions_held = &cut_short,
                                  .cut_short = &cut_short,
                                  .problems = &problems,
                                  .alerts = &alert_health,
                                  .config_in_force = &in_force,
                                  .counts = &counts};
    service = (struct http_service){
        .world = &world, .may_rebind = true, .on_received = on_received, .on_measure = on_measure, .arg = &received};
    for (unsigned i = 0; i < HTTP_CACHED_COUNT; i++)
        service.caches[i].release = on_release;
    ingest_init(&service.ingest, &hub.intake, 7);
    memset(sent, 0, sizeof sent);
    received = released = 0;
}

static void end(void)
{
    if (request != NULL)
        http_request_free(request);
    request = NULL;
    for (unsigned i = 0; i < HTTP_CACHED_COUNT; i++)
        http_cache_free(&service.caches[i]);
    signal_table_deinit(&signal_table);
    fleet_counts_deinit(&counts);
    conditions_deinit(&conditions);
    overrides_deinit(&overrides);
    decision_history_deinit(&history);
    hub_deinit(&hub);
}

static const char *on_header(void *arg, const char *name)
{
    ck_assert_ptr_eq(arg, sent);
    for (unsigned i = 0; i < sizeof sent / sizeof *sent; i++)
        if (sent[i].name != NULL && strcmp(sent[i].name, name) == 0)
            return sent[i].value;
    return NULL;
}

/* Returns the status; 0: the body is to come. */
static unsigned ask(const char *method, const char *uri)
{
    if (request != NULL)
        http_request_free(request);
    request = http_request_new(&service, uri);
    ck_assert_ptr_nonnull(request);
    return http_request_begin(request, method, on_header, sent, &now, &response) ? response.status : 0;
}

static const char *header(const char *name)
{
    for (unsigned i = 0; i < response.header_count; i++)
        if (strcmp(response.headers[i].name, name) == 0)
            return response.headers[i].value;
    return NULL;
}

START_TEST(token_and_host_are_checked)
{
    strcpy(config.http_token, "s3cret");
    ck_assert_uint_eq(ask("GET", "/api/v1/fleet"), 401);
    ck_assert_str_eq(header("WWW-Authenticate"), "Bearer realm=\"headroom\"");
    ck_assert_uint_eq(ask("GET", "/healthz"), 200);
    ck_assert_uint_eq(ask("GET", "/"), 200);
    sent[0] = (struct http_header){"Authorization", "Bearer s3cret"};
    ck_assert_uint_eq(ask("GET", "/api/v1/fleet"), 200);
    service.may_rebind = false;
    sent[1] = (struct http_header){"Host", "evil.example"};
    ck_assert_uint_eq(ask("GET", "/healthz"), 403);
}
END_TEST

START_TEST(wrong_tokens_are_tested_slowly)
{
    static struct guesses guesses;

    guesses = (struct guesses){0};
    hub.intake.guesses = &guesses;
    strcpy(config.http_token, "s3cret");
    for (unsigned i = 0; i < 3 * GUESSES_BURST; i++) /* to have none is no guess */
        ck_assert_uint_eq(ask("GET", "/api/v1/fleet"), 401);
    sent[0] = (struct http_header){"Authorization", "Bearer wrong"};
    for (unsigned i = 0; i < GUESSES_BURST; i++)
        ck_assert_uint_eq(ask("GET", "/api/v1/fleet"), 401);
    sent[0].value = "Bearer s3cret";
    ck_assert_uint_eq(ask("GET", "/api/v1/fleet"), 429);
    ck_assert_str_eq(header("Retry-After"), "1");
    ck_assert_uint_eq(ask("GET", "/healthz"), 200);
    now.now_ms += GUESS_MS;
    ck_assert_uint_eq(ask("GET", "/api/v1/fleet"), 200);
}
END_TEST

START_TEST(what_is_refused_says_how_to_do_it)
{
    char uri[4000];

    ck_assert_uint_eq(ask("DELETE", "/metrics"), 405);
    ck_assert_str_eq(header("Allow"), "GET, HEAD, POST");
    ck_assert_uint_eq(response.body, HTTP_BODY_TEXT);
    ck_assert_uint_eq(ask("GET", "/nothing"), 404);
    memset(uri, 'a', sizeof uri - 1);
    uri[0] = '/';
    uri[sizeof uri - 1] = '\0';
    ck_assert_uint_eq(ask("GET", uri), 414);
    world.stopping = true;
    ck_assert_uint_eq(ask("GET", "/readyz"), 503);
}
END_TEST

START_TEST(a_file_is_not_sent_twice)
{
    static const char *const uris[] = {"/page.js", "/metrics.js"}; /* the second one is made */
    char tag[HTTP_ETAG_SIZE];

    for (size_t i = 0; i < sizeof uris / sizeof *uris; i++) {
        sent[0] = (struct http_header){0};
        ck_assert_uint_eq(ask("GET", uris[i]), 200);
        ck_assert_uint_gt(response.len, 100);
        ck_assert_str_eq(header("Cache-Control"), "no-cache");
        strcpy(tag, header("ETag"));
        sent[0] = (struct http_header){"If-None-Match", tag};
        ck_assert_uint_eq(ask("GET", uris[i]), 304);
        ck_assert_uint_eq(response.len, 0);
        ck_assert_uint_eq(ask("GET", "/base.js"), 200);
    }
}
END_TEST

START_TEST(samples_are_taken_whole)
{
    static const char body[] = "{\"node_id\":\"n1\",\"cpu\":1,\"timestamp\":1764000000}";

    ck_assert_uint_eq(ask("POST", "/metrics"), 415);
    sent[0] = (struct http_header){"Content-Type", "application/json"};
    sent[1] = (struct http_header){"Content-Length", "99999999"};
    ck_assert_uint_eq(ask("POST", "/metrics"), 413);
    sent[1].value = NULL;
    ck_assert_uint_eq(ask("POST", "/metrics"), 0);
    http_request_add_body(request, body, 10);
    http_request_add_body(request, body + 10, strlen(body) - 10);
    http_request_take_body(request, &now, &response);
    ck_assert_uint_eq(response.status, 200);
    ck_assert_uint_eq(received, 1);
    static const char answer[] = "{\"status\":\"received\",\"scaling_decision\":null}\n";
    ck_assert_uint_eq(response.len, strlen(answer));
    ck_assert_mem_eq(response.text, answer, response.len);
}
END_TEST

static bool framed;
static struct http_access_certificate certificate;

static bool on_framing(void *arg)
{
    ck_assert_ptr_eq(arg, sent);
    return framed;
}

/* Returns the status; 0: more is to come. */
static unsigned receive(const char *method, const char *data, bool turn_is_over)
{
    const struct http_piece piece = {
        .method = method,
        .data = data,
        .len = strlen(data),
        .turn_is_over = turn_is_over,
        .header = on_header,
        .is_framed = on_framing,
        .arg = sent,
        .certificate = certificate,
        .now = now,
    };

    return http_request_receive(request, &piece, &response) ? response.status : 0;
}

static void renew(const char *uri)
{
    if (request != NULL)
        http_request_free(request);
    request = http_request_new(&service, uri);
    ck_assert_ptr_nonnull(request);
    framed = true;
}

START_TEST(reading_request_is_answered_when_it_is_whole)
{
    renew("/healthz");
    ck_assert_uint_eq(receive("GET", "", false), 0);
    ck_assert_uint_eq(receive("GET", "a body that nothing reads", false), 0);
    ck_assert_uint_eq(receive("GET", "", true), 0);
    ck_assert_uint_eq(receive("GET", "", false), 200);
}
END_TEST

START_TEST(body_is_refused_by_the_headers_or_taken_at_its_end)
{
    renew("/metrics");
    ck_assert_uint_eq(receive("POST", "", true), 415);
    sent[0] = (struct http_header){"Content-Type", "application/json"};
    renew("/metrics");
    ck_assert_uint_eq(receive("POST", "", true), 0);
    ck_assert_uint_eq(receive("POST", "{\"node_id\":\"n1\",", true), 0);
    ck_assert_uint_eq(receive("POST", "\"cpu\":1,\"timestamp\":1764000000}", false), 0);
    ck_assert_uint_eq(receive("POST", "", true), 0);
    ck_assert_uint_eq(received, 0);
    ck_assert_uint_eq(receive("POST", "", false), 200);
    ck_assert_uint_eq(received, 1);
}
END_TEST

START_TEST(request_whose_end_is_in_doubt_is_refused)
{
    renew("/healthz");
    framed = false;
    ck_assert_uint_eq(receive("GET", "", false), 400);
}
END_TEST

static unsigned ask_with(struct http_access_certificate own, const char *uri)
{
    renew(uri);
    certificate = own;
    ck_assert_uint_eq(receive("GET", "", false), 0);
    unsigned status = receive("GET", "", false);
    certificate = (struct http_access_certificate){0};
    return status;
}

START_TEST(a_certificate_is_as_good_as_the_token)
{
    const struct http_access_certificate accepted = {.accepted = true};
    const struct http_access_certificate refused = {.why = "it has expired"};
    const struct http_access_certificate none = {0};

    strcpy(config.http_token, "s3cret");
    strcpy(config.http_ca_file, "ca.pem");
    ck_assert_uint_eq(ask_with(accepted, "/api/v1/fleet"), 200);
    ck_assert_uint_eq(ask_with(refused, "/healthz"), 200);
    ck_assert_uint_eq(ask_with(none, "/api/v1/fleet"), 401);
    ck_assert_ptr_nonnull(strstr(response.text, "send Authorization: Bearer TOKEN"));
    ck_assert_uint_eq(ask_with(refused, "/api/v1/fleet"), 401);
    ck_assert_ptr_nonnull(strstr(response.text, "certificate of the client is not accepted: it has expired"));
    sent[0] = (struct http_header){"Authorization", "Bearer s3cret"};
    ck_assert_uint_eq(ask_with(refused, "/api/v1/fleet"), 200);
}
END_TEST

START_TEST(without_a_token_a_certificate_is_needed_where_they_are_asked_for)
{
    const struct http_access_certificate accepted = {.accepted = true};
    const struct http_access_certificate none = {0};

    ck_assert_uint_eq(ask_with(none, "/api/v1/fleet"), 200);
    strcpy(config.http_ca_file, "ca.pem");
    ck_assert_uint_eq(ask_with(none, "/api/v1/fleet"), 401);
    ck_assert_ptr_nonnull(strstr(response.text, "needs a certificate of a CA in http-ca-file"));
    sent[0] = (struct http_header){"Authorization", "Bearer "};
    ck_assert_uint_eq(ask_with(none, "/api/v1/fleet"), 401);
    ck_assert_uint_eq(ask_with(accepted, "/api/v1/fleet"), 200);
}
END_TEST

START_TEST(the_past_is_answered_by_the_archive)
{
    struct archive_answer answer = {.text = (char *)"{}", .len = 2};

    ck_assert_uint_eq(ask("GET", "/api/v1/history?group=web&metric=demand"), 200);
    ck_assert_uint_eq(response.body, HTTP_BODY_ARCHIVE);
    ck_assert_int_eq(response.archive.to_ms, now.wall_ms);
    http_request_take_archive(0, &answer, &response);
    ck_assert_uint_eq(response.status, 200);
    ck_assert_uint_eq(response.body, HTTP_BODY_OWNED);
    ck_assert_ptr_eq(response.text, answer.text);
    ck_assert_str_eq(header("Content-Type"), "application/json");
    http_request_take_archive(-EIO, NULL, &response);
    ck_assert_uint_eq(response.status, 503);
    ck_assert_ptr_nonnull(strstr(response.room, "can't be read: Input/output error"));
    http_request_refuse_archive(&response);
    ck_assert_uint_eq(response.status, 503);
    ck_assert_str_eq(header("Retry-After"), "1");
    ck_assert_uint_eq(ask("GET", "/api/v1/history"), 400);
    ck_assert_uint_eq(response.body, HTTP_BODY_TEXT);
}
END_TEST

START_TEST(what_all_clients_get_is_cached)
{
    struct http_response headers;

    ck_assert_uint_eq(ask("GET", "/metrics"), 200);
    char *text = malloc(1 << 20);
    while (response.body == HTTP_BODY_STREAM && http_request_read(request, text, 1 << 20, &now) >= 0)
        ;
    free(text);
    ck_assert_double_eq(world.process.cpu_seconds, 7.5);
    const struct http_cache_copy *copy = http_request_copy(request, &headers);
    ck_assert_ptr_nonnull(copy);
    text = copy->text;
    http_request_cache(request, text); /* the test's response is the text itself */
    ck_assert_uint_eq(ask("GET", "/metrics"), 200);
    ck_assert_uint_eq(response.body, HTTP_BODY_CACHED);
    ck_assert_ptr_eq(response.cached, text);
    ck_assert_uint_eq(released, 0);
    ck_assert_uint_eq(ask("GET", "/api/v1/nodes"), 200);
    ck_assert_ptr_null(http_request_copy(request, &headers));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http_request");

    CASES_ADD(suite, "http_request", begin, end, token_and_host_are_checked, wrong_tokens_are_tested_slowly,
              what_is_refused_says_how_to_do_it, a_file_is_not_sent_twice, samples_are_taken_whole,
              reading_request_is_answered_when_it_is_whole, body_is_refused_by_the_headers_or_taken_at_its_end,
              request_whose_end_is_in_doubt_is_refused, a_certificate_is_as_good_as_the_token,
              without_a_token_a_certificate_is_needed_where_they_are_asked_for, the_past_is_answered_by_the_archive,
              what_all_clients_get_is_cached);
    return suite_run(suite);
}
