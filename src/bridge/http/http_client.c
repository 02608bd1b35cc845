#include "bridge/http/http_client.h"

#include "bridge/http/http_secret.h"
#include "common/error_text.h"
#include "common/secret_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CONNECT_TIMEOUT_MS 10000L
#define CONNECTION_AGE_S   31536000L
#define TICK_MS            1000
#define LINE_MAX_LEN       8192U

/* ---- files ---- */

static int fail_file(const char *flag, const char *path, int rc, char *error, size_t error_size)
{
    return error_text_set(error, error_size, rc, "%s: can't read %s: %s", flag, path, secret_file_error(rc));
}

/* The file's next line that is not empty, without its end; false at the end of the file. */
static bool next_line(FILE *file, char line[LINE_MAX_LEN])
{
    while (fgets(line, LINE_MAX_LEN, file) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0] != '\0')
            return true;
    }
    return false;
}

/* libcurl keeps a copy of the token or password, until there is another one. 0 or a negative errno. */
static int take_secret(struct http_client *client)
{
    const struct http_client_options *options = &client->options;
    bool is_token = options->token_file[0] != '\0';
    char secret[HTTP_SECRET_MAX];

    if (!is_token && options->basic_file[0] == '\0')
        return 0;
    int rc = http_secret_read(is_token ? options->token_file : options->basic_file, secret);
    if (rc < 0)
        return rc;
    CURLcode code = curl_easy_setopt(client->easy, is_token ? CURLOPT_XOAUTH2_BEARER : CURLOPT_USERPWD, secret);
    explicit_bzero(secret, sizeof secret);
    curl_easy_setopt(client->easy, CURLOPT_HTTPAUTH, (long)(is_token ? CURLAUTH_BEARER : CURLAUTH_BASIC));
    return code == CURLE_OK ? 0 : -ENOMEM;
}

static int take_first_secret(struct http_client *client, char *error, size_t error_size)
{
    bool is_token = client->options.token_file[0] != '\0';
    const char *flag = is_token ? "--token-file" : "--basic-file";
    const char *path = is_token ? client->options.token_file : client->options.basic_file;
    int rc = take_secret(client);

    if (rc == -ENODATA)
        return error_text_set(error, error_size, -EINVAL, "%s: %s is empty", flag, path);
    return rc < 0 ? fail_file(flag, path, rc, error, error_size) : 0;
}

static int add_header(struct http_client *client, const char *header)
{
    struct curl_slist *longer = curl_slist_append(client->headers, header);

    if (longer == NULL)
        return -ENOMEM;
    client->headers = longer;
    return 0;
}

static int add_headers(struct http_client *client, char *error, size_t error_size)
{
    const char *path = client->options.header_file;
    char line[LINE_MAX_LEN];
    int rc = 0;

    for (const char *const *header = client->options.headers; *header != NULL && rc == 0; header++)
        rc = add_header(client, *header);
    if (rc < 0)
        return error_text_set(error, error_size, rc, "out of memory");
    if (path[0] == '\0')
        return 0;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return fail_file("--header-file", path, -errno, error, error_size);
    while (rc == 0 && next_line(file, line))
        rc = strchr(line, ':') != NULL ? add_header(client, line) : -EINVAL;
    (void)fclose(file);
    if (rc == -EINVAL)
        return error_text_set(error, error_size, rc, "--header-file: %s: a line must be NAME: VALUE", path);
    return rc < 0 ? error_text_set(error, error_size, rc, "out of memory") : 0;
}

/* ---- open and close ---- */

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
    struct http_client *client = arg;
    size_t room = sizeof client->body - 1 - client->body_len;
    size_t len = size * count < room ? size * count : room;

    memcpy(client->body + client->body_len, data, len);
    client->body_len += len;
    client->body[client->body_len] = '\0';
    return size * count;
}

/* By HTTP/1.0 a server closes each connection, unless it says that it keeps it; by HTTP/1.1 it keeps it, unless it says
 * that it closes it (RFC 9112, 9.3). libcurl passes each line of the head, the status line first. */
static size_t on_header(char *data, size_t size, size_t count, void *arg)
{
    static const char version[] = "HTTP/1.0", name[] = "Connection:";
    struct http_client *client = arg;
    size_t len = size * count;
    char value[64];

    if (len >= strlen("HTTP/") && memcmp(data, "HTTP/", strlen("HTTP/")) == 0)
        client->is_closing = len >= strlen(version) && memcmp(data, version, strlen(version)) == 0;
    if (len < strlen(name) || strncasecmp(data, name, strlen(name)) != 0)
        return len;
    (void)snprintf(value, sizeof value, "%.*s", (int)(len - strlen(name)), data + strlen(name));
    if (strcasestr(value, "close") != NULL)
        client->is_closing = true;
    else if (strcasestr(value, "keep-alive") != NULL)
        client->is_closing = false;
    return len;
}

static void set_options(struct http_client *client)
{
    const struct http_client_options *options = &client->options;
    CURL *easy = client->easy;

    curl_easy_setopt(easy, CURLOPT_URL, options->url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, client->headers);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, client->error);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, client);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, client);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)options->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, CONNECTION_AGE_S); /* a new one means that rows are sent again */
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    if (options->ca_file[0] != '\0')
        curl_easy_setopt(easy, CURLOPT_CAINFO, options->ca_file);
    if (options->cert_file[0] != '\0') {
        curl_easy_setopt(easy, CURLOPT_SSLCERT, options->cert_file);
        curl_easy_setopt(easy, CURLOPT_SSLKEY, options->key_file);
    }
}

int http_client_open(struct http_client *client, const struct http_client_options *options, char *error,
                     size_t error_size)
{
    int rc = 0;

    *client = (struct http_client){.options = *options};
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return error_text_set(error, error_size, -ENOMEM, "libcurl can't be initialised");
    client->multi = curl_multi_init();
    client->easy = curl_easy_init();
    if (client->multi == NULL || client->easy == NULL)
        rc = error_text_set(error, error_size, -ENOMEM, "out of memory");
    if (rc == 0)
        rc = take_first_secret(client, error, error_size);
    if (rc == 0)
        rc = add_headers(client, error, error_size);
    if (rc == 0)
        set_options(client);
    else
        http_client_close(client);
    return rc;
}

void http_client_close(struct http_client *client)
{
    if (client->easy != NULL)
        curl_easy_cleanup(client->easy);
    if (client->multi != NULL)
        curl_multi_cleanup(client->multi);
    curl_slist_free_all(client->headers);
    curl_global_cleanup();
    *client = (struct http_client){0};
}

/* ---- requests ---- */

/* Until the request is done. 0 or -ECANCELED. */
static int run(struct http_client *client)
{
    struct curl_waitfd stop = {.fd = client->options.stop_fd, .events = CURL_WAIT_POLLIN};
    int running = 1;

    curl_multi_perform(client->multi, &running);
    while (running > 0) {
        curl_multi_poll(client->multi, &stop, 1, TICK_MS, NULL);
        if (stop.revents != 0)
            return -ECANCELED;
        client->options.tick(client->options.arg);
        curl_multi_perform(client->multi, &running);
    }
    return 0;
}

static CURLcode result(struct http_client *client)
{
    int left = 0;
    const CURLMsg *message = curl_multi_info_read(client->multi, &left);

    return message != NULL && message->msg == CURLMSG_DONE ? message->data.result : CURLE_FAILED_INIT;
}

static void fill_answer(struct http_client *client, CURLcode code, bool was_closing, struct http_client_answer *answer)
{
    curl_off_t retry_s = 0;
    long connections = 0;

    if (code == CURLE_OK)
        curl_easy_getinfo(client->easy, CURLINFO_RESPONSE_CODE, &answer->status);
    curl_easy_getinfo(client->easy, CURLINFO_NUM_CONNECTS, &connections);
    curl_easy_getinfo(client->easy, CURLINFO_RETRY_AFTER, &retry_s);
    answer->is_new_connection = connections > 0 && !was_closing;
    answer->is_closing = client->is_closing;
    answer->retry_after_ms = (int64_t)(retry_s < 86400 ? retry_s : 86400) * 1000;
    answer->error = client->error[0] != '\0' ? client->error : curl_easy_strerror(code);
}

int http_client_post(struct http_client *client, const void *body, size_t len, struct http_client_answer *answer)
{
    bool was_closing = client->is_closing;

    *answer = (struct http_client_answer){.body = client->body};
    client->is_closing = false;
    client->error[0] = '\0';
    client->body[0] = '\0';
    client->body_len = 0;
    (void)take_secret(client); /* others replace the file while this program runs */
    curl_easy_setopt(client->easy, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(client->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
    curl_multi_add_handle(client->multi, client->easy);
    int rc = run(client);
    if (rc == 0)
        fill_answer(client, result(client), was_closing, answer);
    curl_multi_remove_handle(client->multi, client->easy);
    return rc;
}
