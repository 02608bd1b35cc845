/* What a file under a spool's name is good for, and a spool in a ring of another size. */
#include "agent/spool/spool_layout.h"

#include "support/suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY 20U
#define BOOT     5U
#define INSTANCE 77U

static struct spool spool;

static uint8_t *make_image(uint64_t capacity)
{
    uint8_t *image = calloc(1, spool_layout_len(capacity));
    const struct spool_head head = spool_layout_head(capacity);

    ck_assert_ptr_nonnull(image);
    memcpy(image, &head, sizeof head);
    return image;
}

static void push(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct sample sample = {.time_ms = 1700000000000 + i, .uptime_ms = 1000 + i};
        (void)spool_push(&spool, &sample);
    }
}

/* ---- the head ---- */

START_TEST(empty_file_begins_a_spool)
{
    const struct spool_head zeros = {0};
    bool cut = false;

    ck_assert_int_eq(spool_layout_check(&zeros, 0, CAPACITY, &cut), SPOOL_LAYOUT_EMPTY);
    ck_assert(!cut);
}
END_TEST

START_TEST(whole_file_fits_or_is_resized)
{
    const struct spool_head head = spool_layout_head(CAPACITY);
    bool cut = false;

    ck_assert_int_eq(spool_layout_check(&head, spool_layout_len(CAPACITY), CAPACITY, &cut), SPOOL_LAYOUT_FITS);
    ck_assert_int_eq(spool_layout_check(&head, spool_layout_len(CAPACITY), CAPACITY + 1, &cut), SPOOL_LAYOUT_RESIZE);
    ck_assert(!cut);
}
END_TEST

START_TEST(file_without_its_end_is_ours_and_cut)
{
    const struct spool_head head = spool_layout_head(CAPACITY);
    bool cut = false;

    ck_assert_int_eq(spool_layout_check(&head, spool_layout_len(CAPACITY) - 1, CAPACITY, &cut), SPOOL_LAYOUT_FITS);
    ck_assert(cut);
}
END_TEST

START_TEST(each_changed_byte_of_the_head_makes_it_foreign)
{
    for (size_t i = 0; i < sizeof(struct spool_head); i++) {
        struct spool_head head = spool_layout_head(CAPACITY);
        bool cut = false;
        ((uint8_t *)&head)[i] ^= 1U;
        ck_assert_int_eq(spool_layout_check(&head, spool_layout_len(CAPACITY), CAPACITY, &cut), SPOOL_LAYOUT_FOREIGN);
    }
}
END_TEST

START_TEST(impossible_capacities_are_foreign)
{
    static const uint64_t capacities[] = {0, (uint64_t)OUTBOX_SAMPLES_MAX + 1, UINT64_MAX};

    for (size_t i = 0; i < sizeof capacities / sizeof capacities[0]; i++) {
        const struct spool_head head = spool_layout_head(capacities[i]);
        bool cut = false;
        ck_assert_int_eq(spool_layout_check(&head, 100000, CAPACITY, &cut), SPOOL_LAYOUT_FOREIGN);
    }
}
END_TEST

/* ---- the ring ---- */

START_TEST(spool_is_restored_from_an_image_of_another_size)
{
    static const uint64_t capacities[] = {CAPACITY / 2, CAPACITY + 1, 3 * CAPACITY};
    uint64_t capacity = capacities[_i];
    uint8_t *image = make_image(CAPACITY);
    uint8_t *resized = calloc(1, spool_layout_len(capacity));
    bool cut = false;

    struct restore_found found = spool_layout_restore(&spool, image, CAPACITY, BOOT, INSTANCE, false);
    ck_assert_uint_eq(found.waiting, 0);
    push(CAPACITY + 5);
    ck_assert(spool_layout_resize(image, CAPACITY, resized, capacity));
    struct spool_head head;
    memcpy(&head, resized, sizeof head);
    ck_assert_int_eq(spool_layout_check(&head, spool_layout_len(capacity), capacity, &cut), SPOOL_LAYOUT_FITS);
    found = spool_layout_restore(&spool, resized, capacity, BOOT, INSTANCE + 1, false);
    ck_assert(found.carried_on);
    ck_assert_uint_eq(found.damaged, 0);
    ck_assert_uint_eq(found.waiting, capacity < CAPACITY ? capacity : CAPACITY);
    ck_assert_uint_eq(spool_present(&spool)->newest_seq, CAPACITY + 5);
    free(image);
    free(resized);
}
END_TEST

START_TEST(damaged_ring_is_reported_when_it_is_resized)
{
    uint8_t *image = make_image(CAPACITY);
    uint8_t *resized = calloc(1, spool_layout_len(CAPACITY + 1));

    (void)spool_layout_restore(&spool, image, CAPACITY, BOOT, INSTANCE, false);
    push(5);
    ((uint8_t *)&spool_layout_records(image)[3])[40] ^= 1U;
    ck_assert(!spool_layout_resize(image, CAPACITY, resized, CAPACITY + 1));
    free(image);
    free(resized);
}
END_TEST

/* ---- version 0.1 ---- */

#define OLDER_RECORD_LEN 176U /* 14 metrics */
#define RECORDS_OFFSET   16384U

/* The image as version 0.1 would have written it. */
static uint8_t *make_older(uint8_t *image)
{
    uint8_t *older = calloc(1, RECORDS_OFFSET + CAPACITY * OLDER_RECORD_LEN);
    struct spool_head head = spool_layout_head(CAPACITY);

    ck_assert_ptr_nonnull(older);
    memcpy(older, image, RECORDS_OFFSET);
    head.record_len = OLDER_RECORD_LEN;
    head.check = record_checksum(&head, offsetof(struct spool_head, check));
    memcpy(older, &head, sizeof head);
    for (unsigned i = 0; i < CAPACITY; i++) {
        const struct record *record = &spool_layout_records(image)[i];
        uint8_t *at = older + RECORDS_OFFSET + (size_t)i * OLDER_RECORD_LEN;
        memcpy(at, record, OLDER_RECORD_LEN);
        uint64_t check = record->check != 0 ? record_checksum(at + 8, OLDER_RECORD_LEN - 8) : 0;
        memcpy(at, &check, sizeof check);
    }
    return older;
}

START_TEST(spool_of_the_first_version_is_converted)
{
    unsigned count = (unsigned[]){3, CAPACITY, CAPACITY + 7}[_i];
    uint8_t *image = make_image(CAPACITY);
    uint8_t *converted = calloc(1, spool_layout_len(CAPACITY));
    bool cut = false;

    (void)spool_layout_restore(&spool, image, CAPACITY, BOOT, INSTANCE, false);
    push(count);
    uint8_t *older = make_older(image);
    struct spool_head head;
    memcpy(&head, older, sizeof head);
    size_t len = spool_layout_older_len(CAPACITY);
    ck_assert_uint_eq(len, RECORDS_OFFSET + CAPACITY * OLDER_RECORD_LEN);
    ck_assert_int_eq(spool_layout_check(&head, len, CAPACITY, &cut), SPOOL_LAYOUT_OLDER);
    ck_assert(!cut);
    ck_assert_int_eq(spool_layout_check(&head, len - 1, 2 * CAPACITY, &cut), SPOOL_LAYOUT_OLDER);
    ck_assert(cut);

    spool_layout_convert(older, CAPACITY, converted);
    memcpy(&head, converted, sizeof head);
    ck_assert_int_eq(spool_layout_check(&head, spool_layout_len(CAPACITY), CAPACITY, &cut), SPOOL_LAYOUT_FITS);
    ck_assert_mem_eq(spool_layout_records(converted), spool_layout_records(image), CAPACITY * sizeof(struct record));
    struct restore_found found = spool_layout_restore(&spool, converted, CAPACITY, BOOT, INSTANCE + 1, false);
    ck_assert(found.carried_on);
    ck_assert_uint_eq(found.damaged, 0);
    ck_assert_uint_eq(found.waiting, count < CAPACITY ? count : CAPACITY);
    ck_assert_uint_eq(spool_present(&spool)->newest_seq, count);
    free(image);
    free(older);
    free(converted);
}
END_TEST

START_TEST(what_is_damaged_in_a_spool_of_the_first_version_remains_so)
{
    uint8_t *image = make_image(CAPACITY);
    uint8_t *converted = calloc(1, spool_layout_len(CAPACITY));

    (void)spool_layout_restore(&spool, image, CAPACITY, BOOT, INSTANCE, false);
    push(5);
    uint8_t *older = make_older(image);
    older[RECORDS_OFFSET + 3 * OLDER_RECORD_LEN + 40] ^= 1U;
    spool_layout_convert(older, CAPACITY, converted);
    ck_assert(!record_ok(&spool_layout_records(converted)[3], 3, CAPACITY));
    ck_assert(!record_blank(&spool_layout_records(converted)[3]));
    struct restore_found found = spool_layout_restore(&spool, converted, CAPACITY, BOOT, INSTANCE + 1, false);
    ck_assert_uint_eq(found.damaged, 1);
    free(image);
    free(older);
    free(converted);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spool_layout");
    TCase *tests = tcase_create("spool_layout");

    tcase_add_test(tests, empty_file_begins_a_spool);
    tcase_add_test(tests, whole_file_fits_or_is_resized);
    tcase_add_test(tests, file_without_its_end_is_ours_and_cut);
    tcase_add_test(tests, each_changed_byte_of_the_head_makes_it_foreign);
    tcase_add_test(tests, impossible_capacities_are_foreign);
    tcase_add_loop_test(tests, spool_is_restored_from_an_image_of_another_size, 0, 3);
    tcase_add_test(tests, damaged_ring_is_reported_when_it_is_resized);
    tcase_add_loop_test(tests, spool_of_the_first_version_is_converted, 0, 3);
    tcase_add_test(tests, what_is_damaged_in_a_spool_of_the_first_version_remains_so);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
