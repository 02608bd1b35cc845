#include "common/frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_MIN 512U /* bytes allocated for a body at first */

static uint32_t get_length(const uint8_t *head)
{
    return (uint32_t)head[0] << 24 | (uint32_t)head[1] << 16 | (uint32_t)head[2] << 8 | head[3];
}

void frame_put_head(uint8_t head[FRAME_HEAD_LEN], uint32_t length)
{
    head[0] = (uint8_t)(length >> 24);
    head[1] = (uint8_t)(length >> 16);
    head[2] = (uint8_t)(length >> 8);
    head[3] = (uint8_t)length;
}

static int check_length(uint32_t length, uint32_t length_max)
{
    return length >= 1 && length <= length_max ? 0 : -EMSGSIZE;
}

static void skip(struct bytes *input, size_t count)
{
    input->data += count;
    input->len -= count;
}

/* Appends input to the `have` bytes that are in `into`, up to `want` in all. */
static void take(struct frame_reader *reader, struct bytes *input, uint8_t *into, uint32_t want)
{
    size_t count = want - reader->have;

    if (count > input->len)
        count = input->len;
    if (count == 0) /* input->data may be NULL */
        return;
    memcpy(into + reader->have, input->data, count);
    reader->have += (uint32_t)count;
    skip(input, count);
}

void frame_reader_init(struct frame_reader *reader)
{
    *reader = (struct frame_reader){0};
}

void frame_reader_deinit(struct frame_reader *reader)
{
    free(reader->body);
    reader->body = NULL;
    reader->room = 0;
    reader->length = 0;
    reader->have = 0;
}

/* The common case: the input contains the whole frame. */
static int next_whole(uint32_t length_max, struct bytes *input, struct bytes *message)
{
    uint32_t length = get_length(input->data);
    int rc = check_length(length, length_max);

    if (rc < 0)
        return rc;
    if (input->len - FRAME_HEAD_LEN < length)
        return 0;
    *message = (struct bytes){input->data + FRAME_HEAD_LEN, length};
    skip(input, FRAME_HEAD_LEN + (size_t)length);
    return 1;
}

/* Makes room for `have` bytes of the body and for `more`, as far as it has that many. When the room grows it doubles,
 * so that a frame in many pieces is copied few times. */
static int make_room(struct frame_reader *reader, size_t have, size_t more)
{
    size_t need = have + more < reader->length ? have + more : reader->length;
    size_t room = 2 * (size_t)reader->room > ROOM_MIN ? 2 * (size_t)reader->room : ROOM_MIN;

    if (reader->body != NULL && need <= reader->room)
        return 0;
    if (room < need)
        room = need;
    if (room > reader->length)
        room = reader->length;
    uint8_t *body = realloc(reader->body, room);
    if (body == NULL)
        return -ENOMEM;
    reader->body = body;
    reader->room = (uint32_t)room;
    return 0;
}

/* The head is whole. */
static int begin_body(struct frame_reader *reader, uint32_t length_max, size_t more)
{
    uint32_t length = get_length(reader->head);
    int rc = check_length(length, length_max);

    if (rc < 0)
        return rc;
    reader->length = length;
    rc = make_room(reader, 0, more);
    if (rc == 0)
        reader->have = 0;
    return rc;
}

static int next_in_pieces(struct frame_reader *reader, uint32_t length_max, struct bytes *input, struct bytes *message)
{
    if (reader->body == NULL) {
        take(reader, input, reader->head, FRAME_HEAD_LEN);
        if (reader->have < FRAME_HEAD_LEN)
            return 0;
        int rc = begin_body(reader, length_max, input->len);
        if (rc < 0)
            return rc;
    }
    if (make_room(reader, reader->have, input->len) < 0)
        return -ENOMEM;
    take(reader, input, reader->body, reader->length);
    if (reader->have < reader->length)
        return 0;
    *message = (struct bytes){reader->body, reader->length};
    return 1;
}

int frame_next_within(struct frame_reader *reader, uint32_t length_max, struct bytes *input, struct bytes *message)
{
    /* The caller is done with the frame that the previous call returned. */
    if (reader->body != NULL && reader->have == reader->length)
        frame_reader_deinit(reader);
    if (reader->have == 0 && reader->body == NULL && input->len >= FRAME_HEAD_LEN) {
        int rc = next_whole(length_max, input, message);
        if (rc != 0)
            return rc;
    }
    return next_in_pieces(reader, length_max, input, message);
}

int frame_next(struct frame_reader *reader, struct bytes *input, struct bytes *message)
{
    return frame_next_within(reader, FRAME_LEN_MAX, input, message);
}

bool frame_unfinished(const struct frame_reader *reader)
{
    return reader->body != NULL ? reader->have < reader->length : reader->have > 0;
}
