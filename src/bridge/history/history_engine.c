#include "bridge/history/history_engine.h"

#include "common/clock.h"
#include "common/error_text.h"
#include "common/token_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH             "/api/v1/query_range"
#define TOTAL_MS_MAX     15000
#define HTTP_ERROR_FIRST 400L /* a 4xx of the API itself has its reason in the body */
#define HTTP_ERROR_LAST  422L

static size_t history_engine_on_body(char *data, size_t size, size_t count, void *arg)
{
    struct history_engine *engine = arg;
    size_t len = size * count;

    if (len > HISTORY_BODY_MAX - engine->len)
        return 0; /* libcurl ends the transfer */
    memcpy(engine->body + engine->len, data, len);
    engine->len += len;
    return len;
}

static void set_options(struct history_engine *engine, const struct history_config *config)
{
    CURL *easy = engine->easy;

    curl_easy_setopt(easy, CURLOPT_URL, engine->url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, engine->error);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, history_engine_on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, engine);
    if (config->ca_file[0] != '\0')
        curl_easy_setopt(easy, CURLOPT_CAINFO, config->ca_file);
    if (engine->token[0] == '\0')
        return;
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
    curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, engine->token);
}

int history_engine_open(struct history_engine *engine, const struct history_config *config, char *error,
                        size_t error_size)
{
    *engine = (struct history_engine){.until_ms = (int64_t)(clock_mono_us() / 1000) + TOTAL_MS_MAX};
    if (config->token_file[0] != '\0' && token_file_read(config->token_file, engine->token, error, error_size) < 0)
        return -EINVAL;
    size_t len = strlen(config->url);
    while (len > 0 && config->url[len - 1] == '/')
        len--;
    engine->body = malloc(HISTORY_BODY_MAX);
    engine->easy = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? curl_easy_init() : NULL;
    if (asprintf(&engine->url, "%.*s" PATH, (int)len, config->url) < 0)
        engine->url = NULL;
    if (engine->body == NULL || engine->easy == NULL || engine->url == NULL)
        return error_text_set(error, error_size, -ENOMEM, "out of memory");
    set_options(engine, config);
    return 0;
}

void history_engine_close(struct history_engine *engine)
{
    curl_easy_cleanup(engine->easy);
    curl_global_cleanup();
    explicit_bzero(engine->token, sizeof engine->token);
    free(engine->url);
    free(engine->body);
}

/* The form of the request; NULL: out of memory. */
static char *make_form(const struct history_engine *engine, const char *query, int64_t begin_s, int64_t end_s,
                       int64_t step_s)
{
    char *escaped = curl_easy_escape(engine->easy, query, 0);
    char *form = NULL;

    if (escaped != NULL && asprintf(&form, "query=%s&start=%" PRId64 "&end=%" PRId64 "&step=%" PRId64, escaped, begin_s,
                                    end_s, step_s) < 0)
        form = NULL;
    curl_free(escaped);
    return form;
}

static int perform(struct history_engine *engine, char *error, size_t error_size)
{
    long status = 0;

    CURLcode code = curl_easy_perform(engine->easy);
    if (code == CURLE_WRITE_ERROR)
        return error_text_set(error, error_size, -EFBIG, "%s: the answer is longer than %zu KiB", engine->url,
                              HISTORY_BODY_MAX / 1024);
    if (code != CURLE_OK)
        return error_text_set(error, error_size, -EIO, "%s: %s", engine->url,
                              engine->error[0] != '\0' ? engine->error : curl_easy_strerror(code));
    curl_easy_getinfo(engine->easy, CURLINFO_RESPONSE_CODE, &status);
    bool has_reason = status == HTTP_ERROR_FIRST || status == HTTP_ERROR_LAST;
    if (status != 200 && !has_reason)
        return error_text_set(error, error_size, -EIO, "%s answers with status %ld", engine->url, status);
    return 0;
}

int history_engine_ask(struct history_engine *engine, const char *query, int64_t begin_s, int64_t end_s, int64_t step_s,
                       char *error, size_t error_size)
{
    int64_t left_ms = engine->until_ms - (int64_t)(clock_mono_us() / 1000);

    if (left_ms <= 0)
        return error_text_set(error, error_size, -ETIMEDOUT, "%s is too slow: %d s are over", engine->url,
                              TOTAL_MS_MAX / 1000);
    char *form = make_form(engine, query, begin_s, end_s, step_s);
    if (form == NULL)
        return error_text_set(error, error_size, -ENOMEM, "out of memory");
    engine->len = 0;
    engine->error[0] = '\0';
    curl_easy_setopt(engine->easy, CURLOPT_POSTFIELDS, form);
    curl_easy_setopt(engine->easy, CURLOPT_TIMEOUT_MS, (long)left_ms);
    int rc = perform(engine, error, error_size);
    free(form);
    return rc;
}
