#include "tls/channel_transport.h"

#include "tls/tls_library.h"

#include <errno.h>
#include <string.h>
#include <sys/types.h>

static ssize_t channel_transport_on_pull(gnutls_transport_ptr_t arg, void *data, size_t size)
{
    struct channel_transport *transport = arg;
    struct bytes *input = transport->input;
    size_t len = input != NULL && input->len < size ? input->len : size;

    if (input == NULL || input->len == 0) {
        tls_library.gnutls_transport_set_errno(transport->session, EAGAIN);
        return -1;
    }
    memcpy(data, input->data, len);
    input->data += len;
    input->len -= len;
    return (ssize_t)len;
}

static ssize_t channel_transport_on_push(gnutls_transport_ptr_t arg, const void *data, size_t len)
{
    struct channel_transport *transport = arg;
    struct channel_out *out = transport->out;

    if (out == NULL || out->size - out->len < len) {
        tls_library.gnutls_transport_set_errno(transport->session, ENOBUFS);
        return -1;
    }
    memcpy(out->bytes + out->len, data, len);
    out->len += len;
    return (ssize_t)len;
}

void channel_transport_use(struct channel_transport *transport)
{
    tls_library.gnutls_transport_set_ptr(transport->session, transport);
    tls_library.gnutls_transport_set_pull_function(transport->session, channel_transport_on_pull);
    tls_library.gnutls_transport_set_push_function(transport->session, channel_transport_on_push);
}
