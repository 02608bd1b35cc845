#include "common/frame.h"

#include "common/random.h"
#include "support/frames.h"
#include "support/suite.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static const uint32_t lengths[] = {1, 5, 300, 1, 2, 17};
#define FRAME_COUNT (sizeof lengths / sizeof lengths[0])
#define STREAM_LEN  (FRAME_COUNT * FRAME_HEAD_LEN + 1 + 5 + 300 + 1 + 2 + 17)

static uint8_t content(size_t frame, size_t at)
{
    return (uint8_t)(frame * 31 + at * 7 + 1);
}

static void make_stream(uint8_t stream[STREAM_LEN])
{
    for (size_t f = 0; f < FRAME_COUNT; f++) {
        frame_put_head(stream, lengths[f]);
        stream += FRAME_HEAD_LEN;
        for (size_t i = 0; i < lengths[f]; i++)
            *stream++ = content(f, i);
    }
}

static bool is_frame(struct bytes message, size_t frame)
{
    if (frame >= FRAME_COUNT || message.len != lengths[frame])
        return false;
    for (size_t i = 0; i < message.len; i++)
        if (message.data[i] != content(frame, i))
            return false;
    return true;
}

/* Feeds a piece from memory of exactly its size; counts the frames that came out. Plain ifs, since an assertion of
 * check costs more than the rest. */
static void feed(struct frame_reader *reader, const uint8_t *writer, size_t len, size_t *frames)
{
    uint8_t *copy = frames_exact_copy(writer, len);
    struct bytes input = {copy, len};
    struct bytes message;
    int rc;

    while ((rc = frame_next(reader, &input, &message)) == 1)
        if (!is_frame(message, (*frames)++))
            ck_abort_msg("frame %zu is not what was sent", *frames - 1);
    if (rc != 0 || input.len != 0)
        ck_abort_msg("frame_next() returned %d with %zu bytes left", rc, input.len);
    free(copy);
}

START_TEST(back_to_back_frames_come_out_of_one_read)
{
    uint8_t stream[STREAM_LEN];
    struct frame_reader reader;
    size_t frames = 0;

    make_stream(stream);
    frame_reader_init(&reader);
    feed(&reader, stream, STREAM_LEN, &frames);
    ck_assert_uint_eq(frames, FRAME_COUNT);
    frame_reader_deinit(&reader);
}
END_TEST

START_TEST(any_two_splits_give_the_same_frames)
{
    uint8_t stream[STREAM_LEN];

    make_stream(stream);
    for (size_t first = 0; first <= STREAM_LEN; first++) {
        for (size_t second = first; second <= STREAM_LEN; second++) {
            struct frame_reader reader;
            size_t frames = 0;

            frame_reader_init(&reader);
            feed(&reader, stream, first, &frames);
            feed(&reader, stream + first, second - first, &frames);
            feed(&reader, stream + second, STREAM_LEN - second, &frames);
            if (frames != FRAME_COUNT)
                ck_abort_msg("%zu frames when split at %zu and %zu", frames, first, second);
            frame_reader_deinit(&reader);
        }
    }
}
END_TEST

START_TEST(pieces_of_any_one_size_give_the_same_frames)
{
    uint8_t stream[STREAM_LEN];

    make_stream(stream);
    for (size_t size = 1; size <= STREAM_LEN; size++) {
        struct frame_reader reader;
        size_t frames = 0;

        frame_reader_init(&reader);
        for (size_t at = 0; at < STREAM_LEN; at += size)
            feed(&reader, stream + at, at + size < STREAM_LEN ? size : STREAM_LEN - at, &frames);
        ck_assert_uint_eq(frames, FRAME_COUNT);
        frame_reader_deinit(&reader);
    }
}
END_TEST

START_TEST(a_stream_cut_anywhere_gives_the_frames_before_the_cut)
{
    uint8_t stream[STREAM_LEN];

    make_stream(stream);
    for (size_t cut = 0; cut < STREAM_LEN; cut++) {
        struct frame_reader reader;
        size_t frames = 0;
        size_t whole = 0;
        size_t end = 0;

        while (end + FRAME_HEAD_LEN + lengths[whole] <= cut)
            end += FRAME_HEAD_LEN + lengths[whole++];
        frame_reader_init(&reader);
        feed(&reader, stream, cut, &frames);
        ck_assert_uint_eq(frames, whole);
        frame_reader_deinit(&reader); /* LeakSanitizer sees what it left */
    }
}
END_TEST

static const struct {
    uint32_t length;
    int rc; /* with a head and nothing behind it */
} heads[] = {
    {0, -EMSGSIZE},
    {1, 0},
    {FRAME_LEN_MAX - 1, 0},
    {FRAME_LEN_MAX, 0},
    {FRAME_LEN_MAX + 1, -EMSGSIZE},
    {0x01000000, -EMSGSIZE},
    {0x7fffffff, -EMSGSIZE},
    {0x80000000, -EMSGSIZE},
    {0xffffffff, -EMSGSIZE},
    {0x47455420, -EMSGSIZE}, /* "GET " */
    {0x16030100, -EMSGSIZE}, /* TLS */
    {0x5353482d, -EMSGSIZE}, /* "SSH-" */
};

START_TEST(a_head_is_judged_as_soon_as_it_is_whole)
{
    uint8_t head[FRAME_HEAD_LEN];

    frame_put_head(head, heads[_i].length);
    for (size_t split = 0; split <= FRAME_HEAD_LEN; split++) {
        struct frame_reader reader;
        struct bytes message;
        struct bytes first = {head, split};
        struct bytes rest = {head + split, FRAME_HEAD_LEN - split};

        frame_reader_init(&reader);
        int rc = frame_next(&reader, &first, &message);
        if (split < FRAME_HEAD_LEN) {
            ck_assert_int_eq(rc, 0);
            rc = frame_next(&reader, &rest, &message);
        }
        ck_assert_int_eq(rc, heads[_i].rc);
        frame_reader_deinit(&reader);
    }
}
END_TEST

START_TEST(a_broken_stream_stays_broken)
{
    for (size_t split = 0; split < FRAME_HEAD_LEN; split++) {
        static const uint8_t stream[] = {0, 0, 0, 0, 0, 0, 0, 1, 'x'};
        struct frame_reader reader;
        struct bytes message;
        struct bytes first = {stream, split};
        struct bytes rest = {stream + split, sizeof stream - split};

        frame_reader_init(&reader);
        (void)frame_next(&reader, &first, &message);
        for (unsigned again = 0; again < 3; again++)
            ck_assert_int_eq(frame_next(&reader, &rest, &message), -EMSGSIZE);
        frame_reader_deinit(&reader);
    }
}
END_TEST

START_TEST(frames_before_a_broken_head_still_come_out)
{
    static const uint8_t stream[] = {0, 0, 0, 2, 'a', 'b', 0, 0, 0, 0};
    struct frame_reader reader;
    struct bytes input = {stream, sizeof stream};
    struct bytes message;

    frame_reader_init(&reader);
    ck_assert_int_eq(frame_next(&reader, &input, &message), 1);
    ck_assert_uint_eq(message.len, 2);
    ck_assert_int_eq(frame_next(&reader, &input, &message), -EMSGSIZE);
    frame_reader_deinit(&reader);
}
END_TEST

START_TEST(the_longest_frame_passes_whole_and_in_pieces)
{
    uint8_t *stream = calloc(1, FRAMES_SIZE);
    uint64_t random = 1;

    ck_assert_ptr_nonnull(stream);
    frame_put_head(stream, FRAME_LEN_MAX);
    stream[FRAME_HEAD_LEN] = 'a';
    stream[FRAMES_SIZE - 1] = 'z';
    for (unsigned run = 0; run < 20; run++) {
        struct frame_reader reader;
        struct bytes message = {0};
        int rc = 0;

        frame_reader_init(&reader);
        for (size_t at = 0, len; at < FRAMES_SIZE; at += len) {
            len = run == 0 ? FRAMES_SIZE : 1 + random_below(&random, 65536);
            if (len > FRAMES_SIZE - at)
                len = FRAMES_SIZE - at;
            struct bytes input = {stream + at, len};
            rc = frame_next(&reader, &input, &message);
            ck_assert_int_eq(rc, at + len == FRAMES_SIZE);
        }
        ck_assert_uint_eq(message.len, FRAME_LEN_MAX);
        ck_assert_uint_eq(message.data[0], 'a');
        ck_assert_uint_eq(message.data[FRAME_LEN_MAX - 1], 'z');
        frame_reader_deinit(&reader);
    }
    free(stream);
}
END_TEST

START_TEST(memory_is_taken_for_what_came_and_not_for_what_was_announced)
{
    static const uint8_t body[100000];
    uint8_t head[FRAME_HEAD_LEN];
    struct frame_reader reader;
    struct bytes message;
    size_t sent = 0;

    frame_reader_init(&reader);
    frame_put_head(head, FRAME_LEN_MAX);
    struct bytes input = {head, sizeof head};
    ck_assert_int_eq(frame_next(&reader, &input, &message), 0);
    for (size_t len = 1; sent + len < sizeof body; sent += len, len *= 2) {
        ck_assert_uint_le(reader.room, sent < 512 ? 512 : 2 * sent);
        input = (struct bytes){body, len};
        ck_assert_int_eq(frame_next(&reader, &input, &message), 0);
    }
    frame_reader_deinit(&reader);
}
END_TEST

START_TEST(a_stream_may_have_a_lower_limit)
{
    static const uint8_t whole[] = {0, 0, 0, 2, 'a', 'b'};

    for (size_t split = 1; split <= sizeof whole; split++) {
        struct frame_reader reader;
        struct bytes message;

        for (uint32_t length_max = 1; length_max <= 2; length_max++) {
            struct bytes first = {whole, split};
            struct bytes rest = {whole + split, sizeof whole - split};
            frame_reader_init(&reader);
            int rc = frame_next_within(&reader, length_max, &first, &message);
            if (rc == 0)
                rc = frame_next_within(&reader, length_max, &rest, &message);
            ck_assert_int_eq(rc, length_max == 2 ? 1 : -EMSGSIZE);
            frame_reader_deinit(&reader);
        }
    }
}
END_TEST

START_TEST(no_input_asks_for_more)
{
    struct frame_reader reader;
    struct bytes input = {NULL, 0};
    struct bytes message;

    frame_reader_init(&reader);
    ck_assert_int_eq(frame_next(&reader, &input, &message), 0);
    ck_assert_int_eq(frame_next(&reader, &input, &message), 0);
    frame_reader_deinit(&reader);
    frame_reader_deinit(&reader);
}
END_TEST

START_TEST(the_head_is_big_endian)
{
    uint8_t head[FRAME_HEAD_LEN];

    frame_put_head(head, 0x00030201);
    ck_assert_mem_eq(head, "\x00\x03\x02\x01", FRAME_HEAD_LEN);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("frame");
    TCase *tcase = tcase_create("frame");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, back_to_back_frames_come_out_of_one_read);
    tcase_add_test(tcase, any_two_splits_give_the_same_frames);
    tcase_add_test(tcase, pieces_of_any_one_size_give_the_same_frames);
    tcase_add_test(tcase, a_stream_cut_anywhere_gives_the_frames_before_the_cut);
    tcase_add_loop_test(tcase, a_head_is_judged_as_soon_as_it_is_whole, 0, sizeof heads / sizeof heads[0]);
    tcase_add_test(tcase, a_broken_stream_stays_broken);
    tcase_add_test(tcase, frames_before_a_broken_head_still_come_out);
    tcase_add_test(tcase, the_longest_frame_passes_whole_and_in_pieces);
    tcase_add_test(tcase, memory_is_taken_for_what_came_and_not_for_what_was_announced);
    tcase_add_test(tcase, a_stream_may_have_a_lower_limit);
    tcase_add_test(tcase, no_input_asks_for_more);
    tcase_add_test(tcase, the_head_is_big_endian);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
