#include "collector/store/zstd_file.h"

#include "collector/store/zstd_writer.h"
#include "common/disk_posix.h"
#include "common/limits.h"
#include "support/suite.h"
#include "support/temp_dir.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define NAME      "rows.zst"
#define FRAMES    5U
#define LINES     400U /* in each */
#define FRAME_LEN (LINES * 20U)
#define LEN       (FRAMES * (size_t)FRAME_LEN)

static struct temp_dir dir;
static struct disk disk;
static struct zstd_file *zstd;
static int file = -1;
static char content[LEN];
static char made[1 << 20]; /* the compressed file */
static size_t made_len;
static size_t frame_ends[FRAMES]; /* in it */

static void put_content(void)
{
    char line[32];

    for (unsigned i = 0; i < FRAMES * LINES; i++) {
        snprintf(line, sizeof line, "%06u,node,%07u\n", i, i * 7919U % 9999991U);
        memcpy(content + 20 * (size_t)i, line, 20);
    }
}

static void write_file(void)
{
    struct zstd_writer writer;

    int written = disk_open(&disk, NAME, DISK_OVERWRITE);
    ck_assert_int_eq(zstd_writer_init(&writer, &disk, written), 0);
    for (unsigned i = 0; i < FRAMES; i++) {
        ck_assert_int_eq(zstd_writer_put(&writer, content + i * (size_t)FRAME_LEN, FRAME_LEN), 0);
        frame_ends[i] = zstd_writer_len(&writer);
    }
    ck_assert_int_eq(zstd_writer_end(&writer), 0);
    made_len = zstd_writer_len(&writer);
    zstd_writer_deinit(&writer);
    ck_assert_int_eq(disk_close(&disk, written), 0);
    memcpy(made, temp_dir_read(&dir, NAME, NULL), made_len);
}

static void begin(void)
{
    temp_dir_create(&dir);
    disk = disk_posix(dir.fd);
    put_content();
    write_file();
}

static void close_file(void)
{
    zstd_file_free(zstd);
    zstd = NULL;
    if (file >= 0)
        disk_close(&disk, file);
    file = -1;
}

static void end(void)
{
    close_file();
    temp_dir_remove(&dir);
}

static void open_file(void)
{
    file = disk_open(&disk, NAME, DISK_READ);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(zstd_file_new(&zstd, &disk, file), 0);
}

/* The compressed file with that content, instead of the one that was written. */
static void open_bytes(const void *bytes, size_t len)
{
    close_file();
    temp_dir_write(&dir, NAME, bytes, len);
    open_file();
}

static size_t read_to_end(char *text, size_t size)
{
    size_t len = 0;
    ssize_t got = 0;

    while ((got = zstd_file_read(zstd, text + len, size - len, len)) > 0)
        len += (size_t)got;
    ck_assert_int_eq(got, 0);
    ck_assert_uint_eq(len, zstd_file_size(zstd));
    return len;
}

static void must_read_all(void)
{
    static char text[LEN + 1];

    ck_assert_uint_eq(read_to_end(text, sizeof text), LEN);
    ck_assert_int_eq(memcmp(text, content, LEN), 0);
    ck_assert_uint_eq(zstd_file_damaged(zstd), 0);
}

/* The content, but for what is damaged: that is one line of NULs. */
static void must_have_lost(unsigned frame)
{
    static char text[LEN + 1];
    const char *lost = text + frame * (size_t)FRAME_LEN;

    ck_assert_uint_eq(read_to_end(text, sizeof text), LEN);
    ck_assert_uint_eq(zstd_file_damaged(zstd), 1);
    for (unsigned i = 0; i < FRAME_LEN; i++)
        ck_assert_int_eq(lost[i], i + 1 < FRAME_LEN ? '\0' : '\n');
    memcpy(text + frame * (size_t)FRAME_LEN, content + frame * (size_t)FRAME_LEN, FRAME_LEN);
    ck_assert_int_eq(memcmp(text, content, LEN), 0);
}

/* ---- whole files ---- */

START_TEST(any_offset_reads_the_content_there)
{
    char text[300];

    open_file();
    ck_assert_uint_eq(zstd_file_size(zstd), LEN);
    for (size_t offset = LEN; offset-- > 0; offset -= offset > 97 ? 97 : offset) {
        size_t frame_end = (offset / FRAME_LEN + 1) * FRAME_LEN;
        size_t wanted = frame_end - offset < sizeof text ? frame_end - offset : sizeof text;
        ck_assert_int_eq(zstd_file_read(zstd, text, sizeof text, offset), (ssize_t)wanted);
        ck_assert_int_eq(memcmp(text, content + offset, wanted), 0);
    }
    ck_assert_int_eq(zstd_file_read(zstd, text, sizeof text, LEN), 0);
    ck_assert_int_eq(zstd_file_read(zstd, text, sizeof text, UINT64_MAX), 0);
    must_read_all();
}
END_TEST

/* As zstd -d does, which knows nothing of the table. */
START_TEST(other_programs_decompress_the_file)
{
    static char text[LEN + 1];
    ZSTD_DStream *stream = ZSTD_createDStream();
    ZSTD_inBuffer in = {made, made_len, 0};
    ZSTD_outBuffer out = {text, sizeof text, 0};

    while (in.pos < in.size)
        ck_assert(!ZSTD_isError(ZSTD_decompressStream(stream, &out, &in)));
    ck_assert_uint_eq(out.pos, LEN);
    ck_assert_int_eq(memcmp(text, content, LEN), 0);
    ZSTD_freeDStream(stream);
}
END_TEST

/* The format allows four bytes more for each frame. */
START_TEST(table_with_checksums_is_read)
{
    size_t table = frame_ends[FRAMES - 1];
    char *to = made + table + 8;
    static char entries[FRAMES * 8];

    memcpy(entries, to, sizeof entries);
    memmove(to + FRAMES * (size_t)12, to + sizeof entries, 9);
    for (unsigned i = 0; i < FRAMES; i++) {
        memcpy(to + i * (size_t)12, entries + i * (size_t)8, 8);
        memset(to + i * (size_t)12 + 8, 'x', 4);
    }
    made[table + 4] = (char)(FRAMES * 12 + 9);
    to[FRAMES * 12 + 4] = (char)0x80;
    open_bytes(made, made_len + FRAMES * (size_t)4);
    must_read_all();
}
END_TEST

/* ---- damage ---- */

START_TEST(damage_costs_the_frame_in_which_it_is)
{
    for (size_t at = 0; at < frame_ends[FRAMES - 1]; at += 61) {
        unsigned frame = 0;
        while (at >= frame_ends[frame])
            frame++;
        made[at] ^= 0x10;
        open_bytes(made, made_len);
        must_have_lost(frame);
        made[at] ^= 0x10;
    }
}
END_TEST

/* How many lines of the content there are in what is read. */
static unsigned count_lines(void)
{
    static char text[2 * LEN];
    size_t len = read_to_end(text, sizeof text);
    unsigned count = 0;

    for (const char *at = text, *newline = NULL; (newline = memchr(at, '\n', (size_t)(text + len - at))) != NULL;
         at = newline + 1) {
        unsigned long number = strtoul(at, NULL, 10);
        count += newline - at == 19 && number < FRAMES * LINES && memcmp(at, content + 20 * number, 20) == 0;
    }
    return count;
}

/* A wrong length of a frame is noticed at once; one of its content when that is read. */
START_TEST(damaged_table_costs_a_frame_at_most)
{
    for (size_t at = frame_ends[FRAMES - 1] + 4; at < made_len; at++) {
        made[at] ^= 0x40;
        open_bytes(made, made_len);
        ck_assert_uint_ge(count_lines(), (FRAMES - 1) * LINES);
        ck_assert_uint_le(zstd_file_damaged(zstd), 1);
        made[at] ^= 0x40;
    }
}
END_TEST

/* Of any length: the whole frames are read, and what follows them is one damaged line. */
START_TEST(file_that_is_cut_off_keeps_its_whole_frames)
{
    static char text[LEN + 1];

    for (size_t len = 1; len < frame_ends[FRAMES - 1]; len += 41) {
        unsigned whole = 0;
        while (frame_ends[whole] <= len)
            whole++;
        size_t before = whole > 0 ? frame_ends[whole - 1] : 0;
        open_bytes(made, len);
        size_t got = read_to_end(text, sizeof text);
        ck_assert_int_eq(memcmp(text, content, whole * (size_t)FRAME_LEN), 0);
        ck_assert_uint_eq(got, whole * (size_t)FRAME_LEN + (len - before));
        if (len > before)
            ck_assert_int_eq(text[got - 1], '\n');
        ck_assert_uint_eq(zstd_file_damaged(zstd), len > before);
    }
}
END_TEST

START_TEST(foreign_file_is_a_damaged_line)
{
    static char text[LEN + 1];

    open_bytes("", 0);
    ck_assert_uint_eq(zstd_file_size(zstd), 0);
    ck_assert_int_eq(zstd_file_read(zstd, text, sizeof text, 0), 0);
    open_bytes("node_id,group\n", 14);
    ck_assert_uint_eq(read_to_end(text, sizeof text), 14);
    ck_assert_int_eq(memcmp(text, "\0\0\0\0\0\0\0\0\0\0\0\0\0\n", 14), 0);
}
END_TEST

/* ---- hostile files ---- */

/* Some kilobytes that become 64 MiB. */
START_TEST(large_frame_is_not_decompressed)
{
    static char text[65536];
    size_t size = (size_t)64 << 20;
    char *zeros = calloc(1, size);

    size_t len = ZSTD_compress(made, sizeof made, zeros, size, 1);
    free(zeros);
    ck_assert(!ZSTD_isError(len));
    open_bytes(made, len);
    ck_assert_uint_eq(read_to_end(text, sizeof text), len);
    ck_assert_uint_eq(zstd_file_damaged(zstd), 1);
}
END_TEST

static unsigned reads;

static ssize_t count_read(const struct disk *counted, int read, void *data, size_t size, uint64_t offset)
{
    struct disk plain = disk_posix(counted->dir_fd);

    reads++;
    return disk_read(&plain, read, data, size, offset);
}

/* If each were read by itself, with what follows it, finding them would take minutes. */
START_TEST(tiny_frames_without_a_table_are_found_fast)
{
    size_t len = ZSTD_compress(made, sizeof made, "x\n", 2, 1);
    size_t count = sizeof made / len;

    ck_assert(!ZSTD_isError(len));
    for (size_t i = 1; i < count; i++)
        memcpy(made + i * len, made, len);
    struct disk_calls calls = *disk.calls;
    calls.read = count_read;
    disk.calls = &calls;
    reads = 0;
    open_bytes(made, count * len);
    ck_assert_uint_eq(zstd_file_size(zstd), 2 * count);
    ck_assert_uint_lt(reads, 10);
    close_file();
}
END_TEST

/* Its table states what it is not. */
START_TEST(table_that_does_not_fit_is_not_believed)
{
    size_t table = frame_ends[FRAMES - 1];

    made[table + 8 + 4 + 3] = 0x7f; /* the content of the first frame: 2 GiB */
    open_bytes(made, made_len);
    must_read_all();
    write_file();
    made[made_len - 9 + 2] = 0x10; /* a million frames */
    open_bytes(made, made_len);
    must_read_all();
    write_file();
    made[table + 8 + 4]--; /* a byte less in the first frame */
    open_bytes(made, made_len);
    ck_assert_uint_eq(zstd_file_size(zstd), LEN - 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("zstd_file");
    TCase *tcase = tcase_create("zstd_file");

    tcase_add_checked_fixture(tcase, begin, end);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, any_offset_reads_the_content_there);
    tcase_add_test(tcase, other_programs_decompress_the_file);
    tcase_add_test(tcase, table_with_checksums_is_read);
    tcase_add_test(tcase, damage_costs_the_frame_in_which_it_is);
    tcase_add_test(tcase, damaged_table_costs_a_frame_at_most);
    tcase_add_test(tcase, file_that_is_cut_off_keeps_its_whole_frames);
    tcase_add_test(tcase, foreign_file_is_a_damaged_line);
    tcase_add_test(tcase, large_frame_is_not_decompressed);
    tcase_add_test(tcase, tiny_frames_without_a_table_are_found_fast);
    tcase_add_test(tcase, table_that_does_not_fit_is_not_believed);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
