/* A collector's end of the channel, and a client that knows a key, or has changed some bytes of its first flight, or
 * sends anything. The input: the number of changes, each as a position and a mask, then the lengths of the pieces; then
 * what follows the flight. */
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

static void make_flight(struct channel_out *out)
{
    struct channel *channel = channel_new(&client, NULL, NULL);
    struct bytes nothing = {NULL, 0};

    MUST(channel != NULL);
    MUST(channel_receive(channel, &nothing, plain, sizeof plain, out) == 0);
    channel_free(channel);
}

/* false: the channel is broken. */
static bool hear(struct channel *channel, const uint8_t *bytes, size_t len)
{
    uint8_t flight[CHANNEL_FLIGHT_MAX];
    struct channel_out out = {.bytes = flight, .size = sizeof flight};
    struct bytes input = {bytes, len};
    int rc = channel_receive(channel, &input, plain, sizeof plain, &out);

    MUST(rc <= 0); /* nobody has proved that it has a key */
    MUST(channel_state(channel) != CHANNEL_SEALED);
    MUST((rc < 0) == (channel_state(channel) == CHANNEL_BROKEN));
    return rc == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t flight[CHANNEL_FLIGHT_MAX];
    struct channel_out out = {.bytes = flight, .size = sizeof flight};

    if (ring.count == 0)
        begin();
    make_flight(&out);
    for (unsigned changes = fuzz_byte(&data, &size) % CHANGES_MAX; changes > 0; changes--) {
        size_t at = (size_t)(fuzz_byte(&data, &size) << 8 | fuzz_byte(&data, &size)) % out.len;
        flight[at] ^= fuzz_byte(&data, &size);
    }
    struct channel *channel = channel_new(&server, &ring, NULL);
    MUST(channel != NULL);
    bool goes_on = true;
    for (size_t at = 0; goes_on && at < out.len;) {
        size_t piece = fuzz_byte(&data, &size) + 1U;
        if (piece > out.len - at)
            piece = out.len - at;
        goes_on = hear(channel, flight + at, piece);
        at += piece;
    }
    if (goes_on)
        (void)hear(channel, data, size);
    channel_free(channel);
    return 0;
}
