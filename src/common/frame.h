/* Pure. Frames on the wire: a big-endian length, followed by one message of that many bytes.
 *
 *     0      1      2      3      4                      4 + length
 *     +------+------+------+------+----------- ... -------+
 *     |  length, 1 .. FRAME_LEN_MAX |  message             |
 *     +------+------+------+------+----------- ... -------+ */
#ifndef COMMON_FRAME_H
#define COMMON_FRAME_H

#include "common/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_HEAD_LEN 4U

/* Memory that belongs to the caller. */
struct bytes {
    const uint8_t *data;
    size_t len;
};

/* Cuts a stream into frames. Whole frames are returned in place; only an unfinished one is copied, into memory that
 * grows with what was received: a length that is only announced costs nothing. */
struct frame_reader {
    uint8_t head[FRAME_HEAD_LEN];
    uint32_t room;   /* bytes allocated for body */
    uint8_t *body;   /* of an unfinished frame whose length is known; owned */
    uint32_t length; /* of that frame */
    uint32_t have;   /* bytes received: of the head while body is NULL, else of the body */
};

void frame_reader_init(struct frame_reader *reader);
void frame_reader_deinit(struct frame_reader *reader);

/* Takes bytes from the front of *input until a frame of at most length_max bytes is complete. length_max: at most
 * FRAME_LEN_MAX. Returns
 *     1           *message is the frame's content, valid until the next call and as long as *input's memory;
 *     0           *input is consumed and more is needed;
 *     -EMSGSIZE   the length is 0 or above length_max: the stream can't be followed further;
 *     -ENOMEM     out of memory: the stream can't be followed further. */
int frame_next_within(struct frame_reader *reader, uint32_t length_max, struct bytes *input, struct bytes *message);

/* The same with FRAME_LEN_MAX. */
int frame_next(struct frame_reader *reader, struct bytes *input, struct bytes *message);

/* Whether the stream has stopped inside a frame. */
bool frame_unfinished(const struct frame_reader *reader);

/* Writes the head for a message of length bytes, 1 .. FRAME_LEN_MAX. */
void frame_put_head(uint8_t head[FRAME_HEAD_LEN], uint32_t length);

#endif
