/* Asks a collector's HTTP API, by libcurl, for one document after the other.
 *
 * Nothing of the server is trusted: answers have a size and a time limit, redirections are not followed, and documents
 * are those of api_answer.h. It connects directly: the token is not for the proxies of the environment. */
#ifndef CLI_API_CLIENT_H
#define CLI_API_CLIENT_H

#include "cli/reach.h"

#include <curl/curl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct api_client {
    const char *collector; /* of the reach */
    CURLM *multi;
    CURL *easy;
    char error[CURL_ERROR_SIZE];
    char *body;
    size_t len;
    size_t size;
    bool too_long;
    bool is_busy; /* between begin and take or cancel */
    bool is_done;
    CURLcode code; /* once it is done */
};

/* Reads the token file. The strings of reach outlive the client. 0, or a negative errno with the reason in error; then
 * there is nothing to close. */
int api_client_open(struct api_client *client, const struct reach *reach, char *error, size_t error_size);
void api_client_close(struct api_client *client);

/* Waits for the document at a path such as "/api/v1/groups"; the caller releases it. Returns 0, or a negative errno
 * with the reason in error: those of api_answer_read(), or -EHOSTUNREACH if there was no answer. */
int api_client_get(struct api_client *client, const char *path, json_t **document, char *error, size_t error_size);

/* The same in three steps, for a program that does other things meanwhile: begin, wait until it is true, take. */
int api_client_begin(struct api_client *client, const char *path, char *error, size_t error_size);

/* Waits until the answer is there, fd is readable (-1: none), or the time is over. Whether the answer is there. It also
 * returns early if a signal comes. */
bool api_client_wait(struct api_client *client, int fd, int timeout_ms);

int api_client_take(struct api_client *client, json_t **document, char *error, size_t error_size);

/* Ends a request that has begun; nothing if there is none. */
void api_client_cancel(struct api_client *client);

#endif
