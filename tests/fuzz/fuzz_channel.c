/* Both ends of the channel, of which one hears the other's first flight with some bytes changed, cut into pieces of any
 * length, and then anything. The input: whose flight it is, and the number of changes; each as a position and a mask;
 * then the lengths of the pieces; then what follows the flight. */
#include "fuzz/fuzz.h"
#include "tls/channel.h"
#include "tls/key_derive.h"
#include "tls/tls_library.h"

#include <string.h>

#define CHANGES_MAX 8U

static struct key_ring ring;
static struct credentials server, client;
static uint8_t plain[CHANNEL_RECORD_MAX];

static void begin(void)
{
    struct key_text key = {.fleet = true, .bytes = {1}};
    char error[256], epoch[KEY_EPOCH_LEN + 1];

    MUST(tls_library_load(error, sizeof error) == 0);
    MUST(key_derive_epoch(key.bytes, epoch) == 0);
    MUST(key_ring_add(&ring, key.bytes, epoch) == 0);
    MUST(credentials_init_server(&server) == 0);
    MUST(credentials_init_client(&client, &key) == 0);
}

/* Lets an end of a connection hear something. Returns its result. */
static int hear(struct channel *channel, const uint8_t *bytes, size_t len, struct channel_out *out)
{
    struct bytes input = {bytes, len};
    int rc = channel_receive(channel, &input, plain, sizeof plain, out);

    MUST(rc <= 0); /* neither end has sent anything but its handshake */
    MUST((rc < 0) == (channel_state(channel) == CHANNEL_BROKEN));
    MUST(rc < 0 || input.len == 0);
    MUST(out->len <= CHANNEL_FLIGHT_MAX);
    return rc;
}

static void hear_pieces(struct channel *channel, const uint8_t *flight, size_t len, const uint8_t *data, size_t size)
{
    uint8_t bytes[CHANNEL_FLIGHT_MAX];
    size_t piece = 0;
    int rc = 0;

    for (size_t at = 0; rc == 0 && at < len; at += piece) {
        struct channel_out out = {.bytes = bytes, .size = sizeof bytes};
        piece = fuzz_byte(&data, &size) + 1U;
        if (piece > len - at)
            piece = len - at;
        rc = hear(channel, flight + at, piece, &out);
    }
    if (rc == 0) {
        struct channel_out out = {.bytes = bytes, .size = sizeof bytes};
        (void)hear(channel, data, size, &out);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t bytes[2][CHANNEL_FLIGHT_MAX];
    struct channel_out first = {.bytes = bytes[0], .size = sizeof bytes[0]};
    struct channel_out second = {.bytes = bytes[1], .size = sizeof bytes[1]};
    uint8_t what = fuzz_byte(&data, &size);
    bool by_server = what >= 128;

    if (ring.count == 0)
        begin();
    struct channel *to = channel_new(&client, NULL, NULL);
    struct channel *from = channel_new(&server, &ring, NULL);
    MUST(to != NULL && from != NULL);
    MUST(hear(to, NULL, 0, &first) == 0);
    if (by_server)
        MUST(hear(from, first.bytes, first.len, &second) == 0);
    struct channel_out *flight = by_server ? &second : &first;
    for (unsigned changes = what % CHANGES_MAX; changes > 0; changes--) {
        size_t at = (size_t)(fuzz_byte(&data, &size) << 8 | fuzz_byte(&data, &size)) % flight->len;
        flight->bytes[at] ^= fuzz_byte(&data, &size);
    }
    hear_pieces(by_server ? to : from, flight->bytes, flight->len, data, size);
    MUST(by_server || channel_state(from) != CHANNEL_SEALED); /* no client has proved that it has a key */
    channel_free(from);
    channel_free(to);
    return 0;
}
