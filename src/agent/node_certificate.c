#include "agent/node_certificate.h"

#include "agent/renewal.h"
#include "common/clock.h"
#include "common/error_text.h"
#include "common/handle.h"
#include "common/log.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

static void node_certificate_on_timer(uv_timer_t *timer)
{
    struct node_certificate *certificate = timer->data;

    certificate->cb(certificate->arg);
}

/* The pair that the connection was made with is `before`, or an older one, for which the timer runs already. */
static void node_certificate_on_change(const struct certificate_set *before, void *arg)
{
    struct node_certificate *certificate = arg;
    uint64_t random = 0;

    if (credentials_set_certificates(&certificate->credentials, &certificate->watch.set) < 0)
        log_error("out of memory for the new certificate: the old one stays");
    if (before->pair.chain.text == NULL || certificate_pair_equal(&before->pair, &certificate->watch.set.pair) ||
        uv_is_active((uv_handle_t *)&certificate->renewal))
        return;
    (void)getrandom(&random, sizeof random, 0); /* without jitter if it fails */
    uint64_t delay_ms =
        renewal_delay_ms(before->pair.not_before_s, before->pair.not_after_s, clock_wall_ms() / 1000, random);
    if (delay_ms != UINT64_MAX)
        uv_timer_start(&certificate->renewal, node_certificate_on_timer, delay_ms, 0);
}

struct node_certificate *node_certificate_new(uv_loop_t *loop, const struct agent_config *config,
                                              node_certificate_cb *cb, void *arg, char *error, size_t error_size)
{
    struct node_certificate *certificate = calloc(1, sizeof *certificate);
    struct certificate_paths paths;

    if (certificate == NULL) {
        (void)error_text_set(error, error_size, -ENOMEM, "out of memory");
        return NULL;
    }
    certificate->cb = cb;
    certificate->arg = arg;
    agent_config_certificates(config, &paths);
    int rc = certificate_watch_start(&certificate->watch, loop, &paths, CERTIFICATE_OF_CLIENT,
                                     node_certificate_on_change, certificate, error, error_size);
    if (rc < 0) {
        node_certificate_free(certificate);
        return NULL;
    }
    uv_timer_init(loop, &certificate->renewal);
    certificate->renewal.data = certificate;
    if (credentials_init_certificates(&certificate->credentials, &certificate->watch.set) < 0)
        log_error("out of memory for the certificates"); /* then no handshake succeeds */
    return certificate;
}

void node_certificate_close(struct node_certificate *certificate)
{
    if (certificate == NULL)
        return;
    certificate_watch_close(&certificate->watch);
    handle_close(&certificate->renewal, NULL);
}

void node_certificate_free(struct node_certificate *certificate)
{
    if (certificate == NULL)
        return;
    credentials_deinit(&certificate->credentials);
    certificate_watch_deinit(&certificate->watch);
    free(certificate);
}
