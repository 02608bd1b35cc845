#include "bridge/query/query_transfers.h"

#include "bridge/http/http_secret.h"
#include "common/secret_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECTIONS_MAX 512L

struct query_transfer {
    struct query_transfers *owner;
    struct query_transfer *next;
    unsigned index;
    const struct query_signal *signal;
    CURL *easy;
    bool is_long;
    size_t body_len;
    char error[CURL_ERROR_SIZE];
    char url[QUERY_URL_MAX];
    char form[QUERY_FORM_MAX];
    char body[QUERY_BODY_MAX + 1];
};

/* ---- transfers ---- */

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
    struct query_transfer *transfer = arg;
    size_t len = size * count;

    if (len > QUERY_BODY_MAX - transfer->body_len) {
        transfer->is_long = true;
        return 0;
    }
    memcpy(transfer->body + transfer->body_len, data, len);
    transfer->body_len += len;
    return len;
}

static void set_options(struct query_transfer *transfer)
{
    const struct query_transfers *owner = transfer->owner;
    CURL *easy = transfer->easy;

    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, owner->headers);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    if (owner->ca_file[0] != '\0')
        curl_easy_setopt(easy, CURLOPT_CAINFO, owner->ca_file);
}

static struct query_transfer *new_transfer(struct query_transfers *transfers)
{
    struct query_transfer *transfer = transfers->unused;

    if (transfer != NULL) {
        transfers->unused = transfer->next;
        return transfer;
    }
    transfer = calloc(1, sizeof *transfer);
    if (transfer == NULL)
        return NULL;
    transfer->owner = transfers;
    transfer->easy = curl_easy_init();
    if (transfer->easy == NULL) {
        free(transfer);
        return NULL;
    }
    set_options(transfer);
    return transfer;
}

static void free_transfers(struct query_transfer *transfer)
{
    while (transfer != NULL) {
        struct query_transfer *next = transfer->next;
        curl_easy_cleanup(transfer->easy);
        free(transfer);
        transfer = next;
    }
}

static void remove_running(struct query_transfers *transfers, struct query_transfer *transfer)
{
    struct query_transfer **link = &transfers->running;

    while (*link != transfer)
        link = &(*link)->next;
    *link = transfer->next;
    curl_multi_remove_handle(transfers->multi, transfer->easy);
    transfer->next = transfers->unused;
    transfers->unused = transfer;
}

/* ---- answers ---- */

static const char *header(CURL *easy, const char *name)
{
    struct curl_header *found = NULL;

    return curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &found) == CURLHE_OK ? found->value : "";
}

/* By the engine's own clock, which its answer shows, so that it need not agree with this machine's. An answer from a
 * cache is as old as its Date is later than the evaluation. */
static int64_t age_ms(CURL *easy, const struct query_answer *answer)
{
    time_t date = curl_getdate(header(easy, "Date"), NULL);
    int64_t age = date < 0 ? 0 : (int64_t)date * 1000 - answer->time_ms;

    return age <= 0 ? 0 : age < UINT32_MAX ? age : UINT32_MAX; /* of a line: 49 days at most */
}

static void describe_failure(const struct query_transfer *transfer, CURLcode code, struct query_answer *answer)
{
    *answer = (struct query_answer){.kind = QUERY_UNUSABLE};
    if (transfer->is_long)
        (void)snprintf(answer->sentence, sizeof answer->sentence,
                       "the engine's answer is longer than %u KiB; wrap the query in sum()", QUERY_BODY_MAX / 1024);
    else if (code == CURLE_OPERATION_TIMEDOUT)
        (void)snprintf(answer->sentence, sizeof answer->sentence, "%.200s has not answered within %lld ms",
                       transfer->signal->url, (long long)transfer->signal->timeout_ms);
    else
        (void)snprintf(answer->sentence, sizeof answer->sentence, "no answer from %.200s: %.200s",
                       transfer->signal->url, transfer->error[0] != '\0' ? transfer->error : curl_easy_strerror(code));
}

static void report(struct query_transfers *transfers, struct query_transfer *transfer, CURLcode code)
{
    struct query_answer answer;
    int64_t age = 0;
    long status = 0;

    if (code == CURLE_OK) {
        curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
        query_answer_read(&answer, status, header(transfer->easy, "Location"), transfer->body, transfer->body_len);
        age = answer.kind == QUERY_VALUE ? age_ms(transfer->easy, &answer) : 0;
    } else {
        describe_failure(transfer, code, &answer);
    }
    transfers->cb(transfer->index, &answer, age, transfers->arg);
}

static void take_answers(struct query_transfers *transfers)
{
    const CURLMsg *message;
    int left = 0;

    while ((message = curl_multi_info_read(transfers->multi, &left)) != NULL) {
        struct query_transfer *transfer = NULL;
        CURLcode code = message->data.result;
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        report(transfers, transfer, code);
        remove_running(transfers, transfer);
    }
}

/* ---- requests ---- */

/* Read anew for each query: tokens are replaced while this program runs. 0 or a negative errno. */
static int set_token(struct query_transfer *transfer)
{
    char token[HTTP_SECRET_MAX] = "";
    const char *path = transfer->signal->token_file;

    if (path[0] == '\0') {
        curl_easy_setopt(transfer->easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_NONE);
        curl_easy_setopt(transfer->easy, CURLOPT_XOAUTH2_BEARER, NULL);
        return 0;
    }
    int rc = http_secret_read(path, token);
    if (rc < 0)
        return rc;
    curl_easy_setopt(transfer->easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
    curl_easy_setopt(transfer->easy, CURLOPT_XOAUTH2_BEARER, token);
    explicit_bzero(token, sizeof token);
    return 0;
}

static void fail_start(struct query_transfers *transfers, unsigned index, const char *what, const char *path, int rc)
{
    struct query_answer answer = {.kind = QUERY_UNUSABLE};

    (void)snprintf(answer.sentence, sizeof answer.sentence, "%s%.200s: %s", what, path, secret_file_error(rc));
    transfers->cb(index, &answer, 0, transfers->arg);
}

void query_transfers_start(struct query_transfers *transfers, unsigned index, const struct query_signal *signal)
{
    struct query_transfer *transfer = new_transfer(transfers);

    if (transfer == NULL) {
        fail_start(transfers, index, "the query can't be sent", "", -ENOMEM);
        return;
    }
    transfer->index = index;
    transfer->signal = signal;
    transfer->is_long = false;
    transfer->body_len = 0;
    transfer->error[0] = '\0';
    int rc = set_token(transfer);
    if (rc < 0) {
        transfer->next = transfers->unused;
        transfers->unused = transfer;
        fail_start(transfers, index, "can't read the token in ", signal->token_file, rc);
        return;
    }
    size_t len = query_list_form(signal, transfer->form);
    query_list_url(signal->url, transfer->url);
    curl_easy_setopt(transfer->easy, CURLOPT_URL, transfer->url);
    curl_easy_setopt(transfer->easy, CURLOPT_TIMEOUT_MS, (long)signal->timeout_ms);
    curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDS, transfer->form);
    curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDSIZE, (long)len);
    curl_multi_add_handle(transfers->multi, transfer->easy);
    transfer->next = transfers->running;
    transfers->running = transfer;
}

void query_transfers_run(struct query_transfers *transfers, int wait_ms, int stop_fd)
{
    struct curl_waitfd stop = {.fd = stop_fd, .events = CURL_WAIT_POLLIN};
    int running = 0;

    curl_multi_poll(transfers->multi, &stop, 1, wait_ms, NULL);
    curl_multi_perform(transfers->multi, &running);
    take_answers(transfers);
}

/* ---- open and close ---- */

int query_transfers_open(struct query_transfers *transfers, const char *ca_file, query_transfers_cb *cb, void *arg)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return -ENOMEM;
    *transfers = (struct query_transfers){.multi = curl_multi_init(), .ca_file = ca_file, .cb = cb, .arg = arg};
    transfers->headers = curl_slist_append(NULL, "User-Agent: headroom-bridge/" HEADROOM_VERSION);
    if (transfers->multi == NULL || transfers->headers == NULL) {
        query_transfers_close(transfers);
        return -ENOMEM;
    }
    curl_multi_setopt(transfers->multi, CURLMOPT_MAXCONNECTS, CONNECTIONS_MAX);
    return 0;
}

void query_transfers_close(struct query_transfers *transfers)
{
    while (transfers->running != NULL)
        remove_running(transfers, transfers->running);
    free_transfers(transfers->unused);
    curl_slist_free_all(transfers->headers);
    curl_multi_cleanup(transfers->multi);
    curl_global_cleanup();
    *transfers = (struct query_transfers){.multi = NULL};
}
