#include "bridge/forward/tail.h"

#include "bridge/forward/tail_behind.h"
#include "collector/store/disk_plain.h"
#include "collector/store/segment_pack.h"
#include "common/disk_posix.h"
#include "common/random.h"
#include "support/suite.h"
#include "support/temp_dir.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LIVE "rows.csv"

static struct temp_dir dir;
static struct disk disk;
static struct disk_plain plain;
static struct tail tail;

static void setup(void)
{
    const struct tail_place oldest = {0};

    temp_dir_create(&dir);
    disk = disk_posix(dir.fd);
    disk_plain_init(&plain, &disk);
    tail_init(&tail, &plain.disk, "rows", &oldest);
}

static void teardown(void)
{
    tail_close(&tail);
    temp_dir_remove(&dir);
}

static void write_text(const char *name, const char *text)
{
    temp_dir_write(&dir, name, text, strlen(text));
}

static void append(const char *text)
{
    temp_dir_append(&dir, LIVE, text, strlen(text));
}

static void rename_file(const char *from, const char *to)
{
    ck_assert_int_eq(renameat(dir.fd, from, dir.fd, to), 0);
}

static void rotate(const char *segment, const char *text)
{
    rename_file(LIVE, segment);
    write_text(LIVE, text);
}

/* As the collector does; false: there is no such segment, or it is compressed already. */
static bool compress(uint64_t number)
{
    struct segment_pack *pack = NULL;
    int rc = segment_pack_new(&pack, &disk, "rows", number);

    if (rc < 0)
        return false;
    while ((rc = segment_pack_step(pack)) > 0)
        continue;
    ck_assert_int_eq(rc, 0);
    ck_assert_int_eq(segment_pack_end(pack), 0);
    segment_pack_free(pack);
    return true;
}

/* What it gives until there is no more, the lines separated by spaces. */
static const char *read_all(void)
{
    static char text[4096];
    const char *line = NULL;
    size_t len = 0;
    size_t end = 0;
    int rc = 0;

    while ((rc = tail_next(&tail, &line, &len)) > 0) {
        ck_assert_uint_lt(end + len + 1, sizeof text);
        end += (size_t)snprintf(text + end, sizeof text - end, "%s%.*s", end > 0 ? " " : "", (int)len, line);
    }
    ck_assert_int_eq(rc, 0);
    text[end] = '\0';
    return text;
}

static void restart(void)
{
    struct tail_place place;

    ck_assert_int_eq(tail_place(&tail, &place), 0);
    tail_close(&tail);
    tail_init(&tail, &plain.disk, "rows", &place);
}

START_TEST(an_empty_folder_has_no_rows_yet)
{
    ck_assert_str_eq(read_all(), "");
    write_text(LIVE, "h\n1\n");
    ck_assert_str_eq(read_all(), "h 1");
}
END_TEST

START_TEST(segments_come_before_the_live_file)
{
    write_text("rows-00000003.csv", "h\n1\n2\n");
    write_text("rows-00000004.csv", "h\n3\n");
    write_text(LIVE, "h\n4\n");
    ck_assert_str_eq(read_all(), "h 1 2 h 3 h 4");
    append("5\n6");
    ck_assert_str_eq(read_all(), "5");
    append("6\n");
    ck_assert_str_eq(read_all(), "66");
}
END_TEST

START_TEST(a_rotation_leaves_nothing_out)
{
    write_text(LIVE, "h\n1\n");
    ck_assert_str_eq(read_all(), "h 1");
    append("2\n");
    rotate("rows-00000001.csv", "h\n3\n");
    rotate("rows-00000002.csv", "h\n4\n");
    ck_assert_str_eq(read_all(), "2 h 3 h 4");
    ck_assert_uint_eq(tail.overtaken, 0);
    ck_assert_uint_eq(tail.again, 0);
}
END_TEST

START_TEST(a_place_survives_a_restart_and_a_rotation)
{
    write_text(LIVE, "h\n1\n2\n");
    ck_assert_str_eq(read_all(), "h 1 2");
    append("3\n");
    rotate("rows-00000007.csv", "h\n4\n");
    restart();
    ck_assert_str_eq(read_all(), "3 h 4");
    restart();
    ck_assert_str_eq(read_all(), "");
    append("5\n");
    ck_assert_str_eq(read_all(), "5");
}
END_TEST

START_TEST(a_place_in_a_set_can_be_returned_to)
{
    struct tail_place place;
    const char *line = NULL;
    size_t len = 0;

    write_text("rows-00000001.csv", "h\n1\n2\n");
    write_text(LIVE, "h\n3\n");
    ck_assert_int_eq(tail_next(&tail, &line, &len), 1);
    ck_assert_int_eq(tail_next(&tail, &line, &len), 1);
    ck_assert_int_eq(tail_place(&tail, &place), 0);
    ck_assert_str_eq(read_all(), "2 h 3");
    tail_move(&tail, &place);
    ck_assert_str_eq(read_all(), "2 h 3");
}
END_TEST

START_TEST(a_file_that_was_cut_back_is_read_again)
{
    write_text(LIVE, "h\n1\n2\n3\n");
    ck_assert_str_eq(read_all(), "h 1 2 3");
    temp_dir_truncate(&dir, LIVE, 4);
    ck_assert_str_eq(read_all(), "h 1");
    temp_dir_truncate(&dir, LIVE, 2);
    append("4\n5\n6\n");
    ck_assert_str_eq(read_all(), "h 4 5 6");
    ck_assert_uint_eq(tail.again, 2);
}
END_TEST

START_TEST(a_file_that_was_cut_back_between_runs_is_read_again)
{
    write_text(LIVE, "h\n1\n2\n3\n");
    ck_assert_str_eq(read_all(), "h 1 2 3");
    temp_dir_truncate(&dir, LIVE, 4);
    append("9\n3\n");
    restart();
    ck_assert_str_eq(read_all(), "");
    temp_dir_truncate(&dir, LIVE, 4);
    append("7\n8\n");
    ck_assert_str_eq(read_all(), "h 1 7 8");
}
END_TEST

START_TEST(a_restored_copy_is_continued)
{
    write_text("rows-00000001.csv", "h\n1\n2\n");
    write_text(LIVE, "h\n3\n");
    ck_assert_str_eq(read_all(), "h 1 2 h 3");
    rename_file(LIVE, "kept");
    write_text(LIVE, "h\n3\n4\n");
    restart();
    ck_assert_str_eq(read_all(), "4");
}
END_TEST

START_TEST(deleted_segments_are_counted)
{
    write_text("rows-00000001.csv", "h\n1\n");
    write_text(LIVE, "h\n2\n");
    ck_assert_str_eq(read_all(), "h 1 h 2");
    rotate("rows-00000002.csv", "h\n3\n");
    rotate("rows-00000003.csv", "h\n4\n");
    rotate("rows-00000004.csv", "h\n5\n");
    restart();
    ck_assert_int_eq(unlinkat(dir.fd, "rows-00000002.csv", 0), 0);
    ck_assert_int_eq(unlinkat(dir.fd, "rows-00000003.csv", 0), 0);
    restart();
    tail_close(&tail);
    ck_assert_str_eq(read_all(), "h 4 h 5");
    ck_assert_uint_eq(tail.overtaken, 2);
}
END_TEST

static uint64_t bytes_behind(void)
{
    struct tail_place place;
    uint64_t bytes = 0;

    ck_assert_int_eq(tail_place(&tail, &place), 0);
    ck_assert_int_eq(tail_behind_bytes(&disk, "rows", &place, &bytes), 0);
    return bytes;
}

START_TEST(bytes_behind_a_place_are_those_of_all_later_files)
{
    write_text(LIVE, "h\n1\n");
    ck_assert_str_eq(read_all(), "h 1");
    ck_assert_uint_eq(bytes_behind(), 0);
    append("2\n");
    ck_assert_uint_eq(bytes_behind(), 2);
    rotate("rows-00000001.csv", "h\n345\n");
    ck_assert_uint_eq(bytes_behind(), 2 + 6);
    ck_assert_str_eq(read_all(), "2 h 345");
    ck_assert_uint_eq(bytes_behind(), 0);
}
END_TEST

START_TEST(bytes_behind_a_place_in_a_compressed_file_are_in_proportion)
{
    static char text[4000 + 1];
    const char *line = NULL;
    size_t len = 0;

    for (unsigned i = 0; i < 1000; i++)
        snprintf(text + i * (size_t)4, 5, "%03u\n", i * 37 % 1000);
    write_text("rows-00000001.csv", text);
    write_text(LIVE, "h\n");
    for (unsigned i = 0; i < 500; i++)
        ck_assert_int_eq(tail_next(&tail, &line, &len), 1);
    ck_assert_uint_eq(bytes_behind(), 2000 + 2);
    ck_assert(compress(1));
    uint64_t half = bytes_behind();
    restart(); /* the open file was another one */
    ck_assert_int_eq(tail_next(&tail, &line, &len), 1);
    struct disk_status status;
    ck_assert_int_eq(disk_look(&disk, "rows-00000001.csv.zst", &status), 0);
    ck_assert_uint_ge(half, status.size / 2 + 2);
    ck_assert_uint_le(half, status.size / 2 + 3);
    ck_assert_uint_lt(status.size, 2500);
}
END_TEST

START_TEST(compressed_segments_are_read_like_others)
{
    write_text("rows-00000003.csv", "h\n1\n2\n");
    write_text("rows-00000004.csv", "h\n3\n");
    write_text(LIVE, "h\n4\n");
    ck_assert(compress(3));
    ck_assert_str_eq(read_all(), "h 1 2 h 3 h 4");
    ck_assert_uint_eq(tail.again + tail.overtaken, 0);
}
END_TEST

/* While it is read, between two runs, and as the live file that the reader has not noticed to be renamed. */
START_TEST(a_place_fits_the_segment_that_was_compressed)
{
    const char *line = NULL;
    size_t len = 0;

    write_text("rows-00000003.csv", "h\n1\n2\n");
    write_text(LIVE, "h\n3\n4\n");
    ck_assert_int_eq(tail_next(&tail, &line, &len), 1);
    ck_assert_int_eq(tail_next(&tail, &line, &len), 1);
    ck_assert(compress(3));
    restart();
    ck_assert_str_eq(read_all(), "2 h 3 4");
    append("5\n");
    rotate("rows-00000004.csv", "h\n6\n");
    rotate("rows-00000005.csv", "h\n7\n");
    ck_assert(compress(4) && compress(5));
    ck_assert_str_eq(read_all(), "5 h 6 h 7");
    ck_assert_uint_eq(tail.again + tail.overtaken, 0);
}
END_TEST

START_TEST(the_header_is_that_of_the_file_that_is_read)
{
    char text[16];

    ck_assert_int_lt(tail_header(&tail, text, sizeof text), 0);
    write_text("rows-00000001.csv", "old,header\n1\n");
    write_text(LIVE, "new\n2\n");
    const char *line = NULL;
    size_t len = 0;
    for (unsigned i = 0; i < 2; i++)
        ck_assert_int_eq(tail_next(&tail, &line, &len), 1);
    ck_assert_int_eq(tail_header(&tail, text, sizeof text), 10);
    ck_assert_mem_eq(text, "old,header", 10);
    ck_assert_str_eq(read_all(), "new 2");
    ck_assert_int_eq(tail_header(&tail, text, sizeof text), 3);
}
END_TEST

START_TEST(a_deleted_file_that_is_open_is_read_to_its_end)
{
    write_text(LIVE, "h\n1\n");
    ck_assert_str_eq(read_all(), "h 1");
    append("2\n");
    rotate("rows-00000001.csv", "h\n3\n");
    ck_assert_int_eq(unlinkat(dir.fd, "rows-00000001.csv", 0), 0);
    ck_assert_str_eq(read_all(), "2 h 3");
}
END_TEST

START_TEST(the_newest_place_is_behind_the_last_whole_row)
{
    struct tail_place place;

    write_text("rows-00000001.csv", "h\n1\n");
    write_text(LIVE, "h\n2\n3\n4");
    ck_assert_int_eq(tail_place_newest(&plain.disk, "rows", &place), 0);
    tail_move(&tail, &place);
    ck_assert_str_eq(read_all(), "");
    append("4\n5\n");
    ck_assert_str_eq(read_all(), "44 5");
}
END_TEST

START_TEST(the_newest_place_of_an_empty_folder_is_its_beginning)
{
    struct tail_place place;

    ck_assert_int_eq(tail_place_newest(&plain.disk, "rows", &place), 0);
    write_text(LIVE, "h\n1\n");
    tail_move(&tail, &place);
    ck_assert_str_eq(read_all(), "h 1");
}
END_TEST

START_TEST(a_line_without_an_end_is_given_in_pieces)
{
    static char text[TAIL_BUFFER_SIZE + 1000];
    const char *line = NULL;
    size_t len = 0;

    memset(text, 'x', sizeof text);
    temp_dir_write(&dir, LIVE, text, sizeof text);
    append("\n1\n");
    ck_assert_int_eq(tail_next(&tail, &line, &len), 1);
    ck_assert_uint_eq(len, TAIL_BUFFER_SIZE);
    ck_assert_int_eq(tail_next(&tail, &line, &len), 1);
    ck_assert_uint_eq(len, 1000);
    ck_assert_str_eq(read_all(), "1");
}
END_TEST

/* Numbers 1, 2, 3, ... are appended, rotated, compressed and read, and the reader is restarted, in any order: each is
 * read once. */
START_TEST(any_order_of_rotations_and_restarts)
{
    uint64_t random = (uint64_t)_i;
    unsigned written = 0;
    unsigned seen = 0;
    unsigned segments = 0;
    char text[64];

    write_text(LIVE, "h\n");
    for (unsigned step = 0; step < 300; step++) {
        uint64_t what = random_below(&random, 11);
        if (what == 10) {
            (void)compress(1 + random_below(&random, segments + UINT64_C(1)));
        } else if (what < 5) {
            snprintf(text, sizeof text, "%u\n", ++written);
            append(text);
        } else if (what == 5) {
            snprintf(text, sizeof text, "rows-%08u.csv", ++segments);
            rotate(text, "h\n");
        } else if (what == 6) {
            restart();
        } else {
            const char *line = NULL;
            size_t len = 0;
            for (uint64_t left = random_below(&random, 8); left > 0 && tail_next(&tail, &line, &len) > 0; left--)
                if (*line != 'h')
                    ck_assert_uint_eq(strtoul(line, NULL, 10), ++seen);
        }
    }
    const char *line = NULL;
    size_t len = 0;
    while (tail_next(&tail, &line, &len) > 0)
        if (*line != 'h')
            ck_assert_uint_eq(strtoul(line, NULL, 10), ++seen);
    ck_assert_uint_eq(seen, written);
    ck_assert_uint_eq(tail.again + tail.overtaken, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tail");
    TCase *tc = tcase_create("tail");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, an_empty_folder_has_no_rows_yet);
    tcase_add_test(tc, segments_come_before_the_live_file);
    tcase_add_test(tc, a_rotation_leaves_nothing_out);
    tcase_add_test(tc, a_place_survives_a_restart_and_a_rotation);
    tcase_add_test(tc, a_place_in_a_set_can_be_returned_to);
    tcase_add_test(tc, a_file_that_was_cut_back_is_read_again);
    tcase_add_test(tc, a_file_that_was_cut_back_between_runs_is_read_again);
    tcase_add_test(tc, a_restored_copy_is_continued);
    tcase_add_test(tc, deleted_segments_are_counted);
    tcase_add_test(tc, bytes_behind_a_place_are_those_of_all_later_files);
    tcase_add_test(tc, bytes_behind_a_place_in_a_compressed_file_are_in_proportion);
    tcase_add_test(tc, compressed_segments_are_read_like_others);
    tcase_add_test(tc, a_place_fits_the_segment_that_was_compressed);
    tcase_add_test(tc, the_header_is_that_of_the_file_that_is_read);
    tcase_add_test(tc, a_deleted_file_that_is_open_is_read_to_its_end);
    tcase_add_test(tc, the_newest_place_is_behind_the_last_whole_row);
    tcase_add_test(tc, the_newest_place_of_an_empty_folder_is_its_beginning);
    tcase_add_test(tc, a_line_without_an_end_is_given_in_pieces);
    tcase_add_loop_test(tc, any_order_of_rotations_and_restarts, 1, 60);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
