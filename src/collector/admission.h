/* By what agents are let in: keys, certificates, and the key of the tickets. Reads their files at the start, after a
 * reload, and when they change. */
#ifndef COLLECTOR_ADMISSION_H
#define COLLECTOR_ADMISSION_H

#include "collector/config/config.h"
#include "collector/intake/listener.h"
#include "collector/key_watch.h"
#include "tls/certificate_watch.h"
#include "tls/ticket_key.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

/* The keys or certificates in force are others now. */
typedef void admission_cb(void *arg);

struct admission {
    struct key_watch keys;
    struct certificate_watch certificates; /* certificates.set: in force; its address stays */
    struct collector_config *config;       /* the caller's; config->keys: in force */
    int dir_fd;                            /* of the data */
    uint8_t ticket_key[TICKET_KEY_LEN];
    bool has_ticket_key; /* once there are certificates */
    admission_cb *cb;
    void *arg;
};

/* Returns 0, or a negative errno with the reason in error. */
int admission_start(struct admission *admission, uv_loop_t *loop, struct collector_config *config, int dir_fd,
                    admission_cb *cb, void *arg, char *error, size_t error_size);

/* Sets the options of a listener that are in force, and stay so. */
void admission_offer(const struct admission *admission, struct listener_options *options);

/* The configuration has been read again: calls the callback. */
void admission_restart(struct admission *admission);

/* Also for a zeroed one, and more than once. What is in force stays until admission_deinit(). */
void admission_close(struct admission *admission);
void admission_deinit(struct admission *admission);

#endif
