/* Opens the HTTP server's listening socket. Beyond loopback clients need a token, or --http-insecure. */
#ifndef COLLECTOR_HTTP_HTTP_LISTEN_H
#define COLLECTOR_HTTP_HTTP_LISTEN_H

#include "collector/config/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

/* A listening socket, and whether only this machine reaches it; or a negative errno whose reason is in error. */
int http_listen(uv_loop_t *loop, const struct collector_config *config, bool *loopback, char *error, size_t error_size);

/* 0: not known. */
unsigned http_listen_port(int fd);

#endif
