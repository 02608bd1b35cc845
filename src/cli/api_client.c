#include "cli/api_client.h"

#include "cli/api_answer.h"
#include "common/error_text.h"
#include "common/limits.h"
#include "common/parse.h"
#include "common/token_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_TIMEOUT_MS 5000L
#define TIMEOUT_MS         30000L
#define BODY_FIRST         65536U
#define TICK_MS            1000

/* ---- open and close ---- */

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
    struct api_client *client = arg;
    size_t len = size * count;

    client->too_long = len > API_ANSWER_MAX - client->len;
    if (client->too_long)
        return 0;
    while (client->size - client->len < len) {
        size_t longer = client->size > 0 ? 2 * client->size : BODY_FIRST;
        char *body = realloc(client->body, longer);
        if (body == NULL)
            return 0;
        client->body = body;
        client->size = longer;
    }
    memcpy(client->body + client->len, data, len);
    client->len += len;
    return len;
}

static int take_token(struct api_client *client, const char *path, char *error, size_t error_size)
{
    char token[TOKEN_LEN_MAX + 1];
    char reason[512];

    if (path == NULL)
        return 0;
    int rc = token_file_read(path, token, reason, sizeof reason);
    if (rc < 0)
        return error_text_set(error, error_size, rc, "--token-file: %s", reason);
    if (!parse_printable_ok(token)) /* it would become more than one header */
        return error_text_set(error, error_size, -EINVAL,
                              "--token-file: %s has several lines, or control characters; a token is one line", path);
    CURLcode code = curl_easy_setopt(client->easy, CURLOPT_XOAUTH2_BEARER, token);
    explicit_bzero(token, sizeof token);
    curl_easy_setopt(client->easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
    return code == CURLE_OK ? 0 : error_text_set(error, error_size, -ENOMEM, "out of memory");
}

static void set_options(struct api_client *client, const struct reach *reach)
{
    CURL *easy = client->easy;

    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "headroom/" HEADROOM_VERSION);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, client->error);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, client);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* a name that is not resolved holds nobody up at the end */
    if (reach->ca_file != NULL)
        curl_easy_setopt(easy, CURLOPT_CAINFO, reach->ca_file);
}

int api_client_open(struct api_client *client, const struct reach *reach, char *error, size_t error_size)
{
    int rc = reach_check(reach, error, error_size);

    if (rc < 0)
        return rc;
    *client = (struct api_client){.collector = reach->collector};
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return error_text_set(error, error_size, -ENOMEM, "libcurl can't be initialised");
    client->multi = curl_multi_init();
    client->easy = curl_easy_init();
    if (client->multi == NULL || client->easy == NULL)
        rc = error_text_set(error, error_size, -ENOMEM, "out of memory");
    if (rc == 0)
        rc = take_token(client, reach->token_file, error, error_size);
    if (rc == 0)
        set_options(client, reach);
    else
        api_client_close(client);
    return rc;
}

void api_client_close(struct api_client *client)
{
    api_client_cancel(client);
    if (client->easy != NULL)
        curl_easy_cleanup(client->easy);
    if (client->multi != NULL)
        curl_multi_cleanup(client->multi);
    free(client->body);
    curl_global_cleanup();
    *client = (struct api_client){0};
}

/* ---- requests ---- */

static int set_url(struct api_client *client, const char *path)
{
    size_t len = strlen(client->collector);
    char *url = NULL;

    len -= client->collector[len - 1] == '/';
    if (asprintf(&url, "%.*s%s", (int)len, client->collector, path) < 0)
        return -ENOMEM;
    CURLcode code = curl_easy_setopt(client->easy, CURLOPT_URL, url);
    free(url);
    return code == CURLE_OK ? 0 : -ENOMEM;
}

int api_client_begin(struct api_client *client, const char *path, char *error, size_t error_size)
{
    int running = 0;

    client->error[0] = '\0';
    client->len = 0;
    client->too_long = false;
    client->is_done = false;
    if (set_url(client, path) < 0 || curl_multi_add_handle(client->multi, client->easy) != CURLM_OK)
        return error_text_set(error, error_size, -ENOMEM, "out of memory");
    client->is_busy = true;
    curl_multi_perform(client->multi, &running);
    return 0;
}

bool api_client_wait(struct api_client *client, int fd, int timeout_ms)
{
    struct curl_waitfd waited = {.fd = fd, .events = CURL_WAIT_POLLIN};
    int running = 0, left = 0;

    if (!client->is_done)
        curl_multi_poll(client->multi, &waited, fd >= 0 ? 1 : 0, timeout_ms, NULL);
    curl_multi_perform(client->multi, &running);
    for (const CURLMsg *message; (message = curl_multi_info_read(client->multi, &left)) != NULL;)
        if (message->msg == CURLMSG_DONE) {
            client->is_done = true;
            client->code = message->data.result;
        }
    return client->is_done;
}

void api_client_cancel(struct api_client *client)
{
    if (client->is_busy)
        curl_multi_remove_handle(client->multi, client->easy);
    client->is_busy = false;
}

/* What may help. */
static const char *advice(const struct api_client *client)
{
    switch (client->code) {
    case CURLE_COULDNT_CONNECT:
        return "; is headroom-collector running there?";
    case CURLE_PEER_FAILED_VERIFICATION:
        return "; --ca-file names the CAs of its certificate";
    case CURLE_SSL_CACERT_BADFILE:
        return "; see --ca-file";
    case CURLE_SSL_CONNECT_ERROR:
        return "; does it speak https?";
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_GOT_NOTHING:
    case CURLE_HTTP2:
    case CURLE_WEIRD_SERVER_REPLY:
        return "; does --collector name its HTTP server?";
    default:
        return "";
    }
}

/* For a connection that failed, libcurl would repeat the address. */
static const char *reason(const struct api_client *client)
{
    long number = 0;

    curl_easy_getinfo(client->easy, CURLINFO_OS_ERRNO, &number);
    if (client->code == CURLE_COULDNT_CONNECT && number > 0)
        return strerror((int)number);
    return client->error[0] != '\0' ? client->error : curl_easy_strerror(client->code);
}

static int fail(const struct api_client *client, char *error, size_t error_size)
{
    if (client->too_long)
        return error_text_set(error, error_size, -EFBIG, "%s answers with more than %zu MiB", client->collector,
                              API_ANSWER_MAX >> 20);
    if (client->code == CURLE_OUT_OF_MEMORY || client->code == CURLE_WRITE_ERROR)
        return error_text_set(error, error_size, -ENOMEM, "out of memory");
    return error_text_set(error, error_size, -EHOSTUNREACH, "no answer from %s: %s%s", client->collector,
                          reason(client), advice(client));
}

int api_client_take(struct api_client *client, json_t **document, char *error, size_t error_size)
{
    long status = 0;

    api_client_cancel(client);
    if (client->code != CURLE_OK)
        return fail(client, error, error_size);
    curl_easy_getinfo(client->easy, CURLINFO_RESPONSE_CODE, &status);
    return api_answer_read(status, client->body != NULL ? client->body : "", client->len, document, error, error_size);
}

int api_client_get(struct api_client *client, const char *path, json_t **document, char *error, size_t error_size)
{
    int rc = api_client_begin(client, path, error, error_size);

    if (rc < 0)
        return rc;
    while (!api_client_wait(client, -1, TICK_MS)) {
    }
    return api_client_take(client, document, error, error_size);
}
