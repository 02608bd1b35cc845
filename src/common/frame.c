#include "common/frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

static int check_length(uint32_t length)
{
    return length >= 1 && length <= FRAME_LEN_MAX ? 0 : -EMSGSIZE;
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
    reader->length = 0;
    reader->have = 0;
}

/* The common case: the input contains the whole frame. */
static int next_whole(struct bytes *input, struct bytes *message)
{
    uint32_t length = get_length(input->data);
    int rc = check_length(length);

    if (rc < 0)
        return rc;
    if (input->len - FRAME_HEAD_LEN < length)
        return 0;
    *message = (struct bytes){input->data + FRAME_HEAD_LEN, length};
    skip(input, FRAME_HEAD_LEN + (size_t)length);
    return 1;
}

static int next_in_pieces(struct frame_reader *reader, struct bytes *input, struct bytes *message)
{
    if (reader->body == NULL) {
        take(reader, input, reader->head, FRAME_HEAD_LEN);
        if (reader->have < FRAME_HEAD_LEN)
            return 0;
        int rc = check_length(get_length(reader->head));
        if (rc < 0)
            return rc;
        reader->length = get_length(reader->head);
        reader->body = malloc(reader->length);
        if (reader->body == NULL)
            return -ENOMEM;
        reader->have = 0;
    }
    take(reader, input, reader->body, reader->length);
    if (reader->have < reader->length)
        return 0;
    *message = (struct bytes){reader->body, reader->length};
    return 1;
}

int frame_next(struct frame_reader *reader, struct bytes *input, struct bytes *message)
{
    /* The caller is done with the frame that the previous call returned. */
    if (reader->body != NULL && reader->have == reader->length)
        frame_reader_deinit(reader);
    if (reader->have == 0 && reader->body == NULL && input->len >= FRAME_HEAD_LEN) {
        int rc = next_whole(input, message);
        if (rc != 0)
            return rc;
    }
    return next_in_pieces(reader, input, message);
}

bool frame_unfinished(const struct frame_reader *reader)
{
    return reader->body != NULL ? reader->have < reader->length : reader->have > 0;
}
