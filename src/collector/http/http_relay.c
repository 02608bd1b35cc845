#include "collector/http/http_relay.h"

void http_relay_init(struct http_relay *relay)
{
    relay->client = (struct http_relay_side){.writable = true};
    relay->server = (struct http_relay_side){.writable = true};
    relay->up = (struct http_relay_bytes){0};
    relay->down = (struct http_relay_bytes){0};
    relay->open = false;
    relay->sealed = false;
}

/* ---- what is held ---- */

static size_t held(const struct http_relay_bytes *bytes)
{
    return bytes->end - bytes->begin;
}

uint8_t *http_relay_up_room(struct http_relay *relay, size_t *size)
{
    *size = sizeof relay->up_bytes - relay->up.end;
    return relay->up_bytes + relay->up.end;
}

uint8_t *http_relay_down_room(struct http_relay *relay, size_t *size)
{
    *size = sizeof relay->down_bytes - relay->down.end;
    return relay->down_bytes + relay->down.end;
}

void http_relay_put(struct http_relay_bytes *bytes, size_t len)
{
    bytes->end += len;
}

/* ---- what is next ---- */

/* Before the end of the handshake each flight is answered by the next. Later there must be room for what TLS itself may
 * have to send. */
static bool reads_client(const struct http_relay *relay)
{
    if (relay->client.ended || (held(&relay->up) > 0 && !http_relay_discards(relay)))
        return false;
    if (!relay->open)
        return held(&relay->down) == 0 || relay->client.told;
    return http_relay_discards(relay) || sizeof relay->down_bytes - relay->down.end >= HTTP_RELAY_FLIGHT_MAX;
}

static bool reads_server(const struct http_relay *relay)
{
    return relay->open && !relay->server.ended && held(&relay->down) == 0;
}

static bool writes_server(const struct http_relay *relay)
{
    return relay->open && !relay->server.told && held(&relay->up) > 0;
}

static enum http_relay_step next_end(const struct http_relay *relay)
{
    if (relay->client.ended && (relay->client.told || !relay->open))
        return HTTP_RELAY_CLOSE;
    if (relay->open && relay->client.ended && !relay->server.told && held(&relay->up) == 0)
        return HTTP_RELAY_END_SERVER;
    if (!relay->server.ended || held(&relay->down) > 0)
        return HTTP_RELAY_WAIT;
    if (!relay->sealed)
        return HTTP_RELAY_SEAL_CLIENT;
    return relay->client.told ? HTTP_RELAY_WAIT : HTTP_RELAY_END_CLIENT;
}

enum http_relay_step http_relay_next(const struct http_relay *relay)
{
    if (held(&relay->down) > 0 && relay->client.writable)
        return HTTP_RELAY_WRITE_CLIENT;
    if (writes_server(relay) && relay->server.writable)
        return HTTP_RELAY_WRITE_SERVER;
    enum http_relay_step step = next_end(relay);
    if (step != HTTP_RELAY_WAIT)
        return step;
    if (reads_client(relay) && relay->client.readable)
        return HTTP_RELAY_READ_CLIENT;
    if (reads_server(relay) && relay->server.readable)
        return HTTP_RELAY_READ_SERVER;
    return HTTP_RELAY_WAIT;
}

struct http_relay_events http_relay_client_events(const struct http_relay *relay)
{
    return (struct http_relay_events){.readable = reads_client(relay), .writable = held(&relay->down) > 0};
}

struct http_relay_events http_relay_server_events(const struct http_relay *relay)
{
    return (struct http_relay_events){.readable = reads_server(relay), .writable = writes_server(relay)};
}

/* ---- what was done ---- */

void http_relay_open(struct http_relay *relay)
{
    relay->open = true;
}

void http_relay_finish(struct http_relay *relay)
{
    relay->server.ended = true;
    relay->sealed = true;
    http_relay_note_deaf_server(relay);
}

bool http_relay_discards(const struct http_relay *relay)
{
    return relay->server.ended || relay->server.told;
}

void http_relay_note_read(struct http_relay_side *side, size_t len, size_t asked)
{
    side->ended = side->ended || len == 0;
    side->readable = len == asked;
}

void http_relay_note_write(struct http_relay_side *side, struct http_relay_bytes *bytes, size_t len)
{
    bytes->begin += len;
    side->writable = held(bytes) == 0;
    if (side->writable)
        *bytes = (struct http_relay_bytes){0};
}

void http_relay_note_deaf_server(struct http_relay *relay)
{
    relay->server.told = true;
    relay->up = (struct http_relay_bytes){0};
}
