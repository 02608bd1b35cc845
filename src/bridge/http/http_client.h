/* Sends requests to one HTTP server, one after the other, by libcurl.
 *
 * A request runs in a loop of its own, in which the caller's tick() is called each second and a descriptor ends it: the
 * programs of the bridge have nothing else to do meanwhile. */
#ifndef BRIDGE_HTTP_HTTP_CLIENT_H
#define BRIDGE_HTTP_HTTP_CLIENT_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_CLIENT_BODY_MAX 1024U

struct http_client_options {
    const char *url;
    const char *token_file; /* empty: none; also the others */
    const char *basic_file;
    const char *header_file;
    const char *ca_file;
    const char *cert_file;
    const char *key_file;
    const char *const *headers; /* of each request; NULL at the end */
    int64_t timeout_ms;
    int stop_fd; /* readable: the program ends */
    void (*tick)(void *arg);
    void *arg;
};

struct http_client {
    struct http_client_options options;
    CURLM *multi;
    CURL *easy;
    struct curl_slist *headers;
    char error[CURL_ERROR_SIZE];
    char body[HTTP_CLIENT_BODY_MAX]; /* the beginning of the answer */
    size_t body_len;
    bool is_closing; /* the server announced that it closes the connection after this answer */
};

struct http_client_answer {
    long status;            /* 0: there was no answer, and error says why */
    bool is_closing;        /* as the client's */
    bool is_new_connection; /* although the server had not announced that it would close the one before */
    int64_t retry_after_ms; /* 0: the server did not ask for it */
    const char *body;       /* of the client; 0-terminated, valid until the next request */
    const char *error;
};

/* Reads the files. 0, or a negative errno with the reason in error; then there is nothing to close. */
int http_client_open(struct http_client *client, const struct http_client_options *options, char *error,
                     size_t error_size);
void http_client_close(struct http_client *client);

/* Posts the body. The token or password is read anew; if that fails, the last one is used. 0, or -ECANCELED when the
 * program ends. */
int http_client_post(struct http_client *client, const void *body, size_t len, struct http_client_answer *answer);

#endif
