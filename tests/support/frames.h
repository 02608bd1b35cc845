/* Builds frames and samples for the tests of both ends of the protocol. */
#ifndef SUPPORT_FRAMES_H
#define SUPPORT_FRAMES_H

#include "common/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for any frame. */
#define FRAMES_SIZE (FRAME_HEAD_LEN + FRAME_LEN_MAX)

/* Each writes one frame with that body to buf[0 .. FRAMES_SIZE) and returns its length. */
size_t frames_put(Headroom__Frame__BodyCase body, void *message, uint8_t *buf);
size_t frames_put_hello(const Headroom__Hello *hello, uint8_t *buf);
size_t frames_put_batch(uint64_t sent_uptime_ms, const struct sample *samples, size_t count, uint8_t *buf);
size_t frames_put_goodbye(Headroom__Departure departure, uint8_t *buf);
size_t frames_put_ack(uint64_t stored_seq, uint32_t credit, bool held, uint8_t *buf);
size_t frames_put_last_ack(uint64_t stored_seq, uint32_t credit, uint8_t *buf);
size_t frames_put_reject(Headroom__Action action, Headroom__RejectCode code, const char *text, uint8_t *buf);

/* Writes the head for the message that lies behind it; returns the length of both. */
size_t frames_seal(uint8_t *buf, size_t message_len);

/* Decodes a single whole frame, which must be a valid one. It lives in the arena. */
Headroom__Frame *frames_get(struct wire_arena *arena, const uint8_t *buf, size_t len);

/* A Hello that every collector takes: node n1, group web, instance 1, interval 1 s, no samples. */
Headroom__Hello frames_hello(void);

/* A sample with that seq, taken seq seconds after the node's start, with cpu, memory and disk counters. */
struct sample frames_sample(uint64_t seq);

/* All metrics present, within their ranges, in hundredths; from a seed. */
struct sample frames_random_sample(uint64_t seq, uint64_t *random);

/* All metrics present, and each field as long as it can be on the wire. */
struct sample frames_largest_sample(void);

/* Both have the same metrics with the same values, and all else is equal too. */
bool frames_same_sample(const struct sample *a, const struct sample *b);

/* A copy that ends where its memory ends, so that AddressSanitizer sees any read behind it. */
uint8_t *frames_exact_copy(const uint8_t *data, size_t len);

#endif
