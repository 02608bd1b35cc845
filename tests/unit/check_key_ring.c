/* Derivation, rings and their files. */
#include "tls/key_ring.h"

#include "support/keys.h"
#include "support/suite.h"
#include "support/temp_dir.h"
#include "tls/key_derive.h"
#include "tls/key_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct temp_dir dir;
static char error[512];

static void setup(void)
{
    temp_dir_create(&dir);
}

static void teardown(void)
{
    temp_dir_remove(&dir);
}

static void write_text(const char *name, const char *text)
{
    temp_dir_write(&dir, name, text, strlen(text));
}

static void write_key(const char *name, const struct key_text *key, const char *before)
{
    char text[KEY_TEXT_MAX + 1];

    key_text_format(key, text);
    temp_dir_append(&dir, name, before, strlen(before));
    temp_dir_append(&dir, name, text, strlen(text));
    temp_dir_append(&dir, name, "\n", 1);
}

/* ---- derivation ---- */

/* Computed with Python's hmac module. */
START_TEST(keys_are_those_of_hkdf_with_sha256)
{
    static const uint8_t wanted[KEY_LEN] = {0x39, 0xcb, 0xca, 0x3b, 0x78, 0x9d, 0x5a, 0xcd, 0x67, 0x23, 0x88,
                                            0x32, 0xfc, 0x6d, 0x07, 0x9b, 0x24, 0xbd, 0xe3, 0x08, 0x1a, 0xe5,
                                            0x27, 0x2d, 0xd0, 0xb3, 0x22, 0x21, 0x70, 0x62, 0xab, 0xcd};
    struct key_identity identity = {.group = "web", .node = "web-3"};
    uint8_t secret[KEY_LEN], key[KEY_LEN];

    keys_fleet(0);
    for (unsigned i = 0; i < KEY_LEN; i++)
        secret[i] = (uint8_t)i;
    ck_assert_int_eq(key_derive_epoch(secret, identity.epoch), 0);
    ck_assert_str_eq(identity.epoch, "6858984c");
    ck_assert_int_eq(key_derive(secret, &identity, key), 0);
    ck_assert_mem_eq(key, wanted, KEY_LEN);
}
END_TEST

START_TEST(the_holder_of_a_key_and_the_ring_derive_the_same)
{
    struct key_ring ring = keys_ring(0);
    const struct key_text texts[] = {keys_fleet(0), keys_derived(0, "web", "*"), keys_derived(0, "*", "n1"),
                                     keys_derived(0, "web", "n1")};
    uint8_t keys[4][KEY_LEN], of_ring[KEY_LEN];

    for (unsigned i = 0; i < 4; i++) {
        struct key_identity identity;
        ck_assert_int_eq(key_derive_own(&texts[i], &identity, keys[i]), 0);
        ck_assert_int_eq(key_ring_judge(&ring, &identity), KEY_ACCEPTED);
        ck_assert_int_eq(key_derive(key_ring_secret(&ring, &identity), &identity, of_ring), 0);
        ck_assert_mem_eq(keys[i], of_ring, KEY_LEN);
        for (unsigned j = 0; j < i; j++)
            ck_assert_mem_ne(keys[i], keys[j], KEY_LEN);
    }
    key_ring_deinit(&ring);
}
END_TEST

/* ---- the ring ---- */

START_TEST(a_key_of_another_secret_is_refused)
{
    struct key_ring ring = keys_ring(0);
    const struct key_text other = keys_derived(1, "web", "n1");

    ck_assert_int_eq(key_ring_judge(&ring, &other.identity), KEY_OTHER_SECRET);
    ck_assert_ptr_null(key_ring_secret(&ring, &other.identity));
    key_ring_deinit(&ring);
}
END_TEST

START_TEST(two_secrets_are_accepted_and_not_three)
{
    struct key_ring ring = keys_ring(0);
    const struct key_text first = keys_derived(0, "web", "n1"), second = keys_derived(1, "web", "n1");

    ck_assert_int_eq(keys_add(&ring, 0), -EEXIST);
    ck_assert_int_eq(keys_add(&ring, 1), 0);
    ck_assert_int_eq(keys_add(&ring, 2), -ENOSPC);
    ck_assert_int_eq(key_ring_judge(&ring, &first.identity), KEY_ACCEPTED);
    ck_assert_int_eq(key_ring_judge(&ring, &second.identity), KEY_ACCEPTED);
    key_ring_deinit(&ring);
}
END_TEST

/* ---- files ---- */

static int read_ring(const char *revoked, struct key_ring *ring)
{
    struct key_ring fresh = {0};

    int rc = key_file_read_secrets(temp_dir_path(&dir, "token"), &fresh, error, sizeof error);
    if (rc == 0 && revoked[0] != '\0')
        rc = key_file_read_revoked(temp_dir_path(&dir, revoked), &fresh, error, sizeof error);
    if (rc == 0)
        *ring = fresh;
    else
        key_ring_deinit(&fresh);
    return rc;
}

START_TEST(the_names_in_the_list_are_revoked_and_no_others)
{
    const struct key_text fleet = keys_fleet(0);
    const struct {
        struct key_text key;
        bool revoked;
    } cases[] = {{keys_derived(0, "*", "n1"), true},   {keys_derived(0, "web", "n1"), true},
                 {keys_derived(0, "db", "*"), true},   {keys_derived(0, "n1", "*"), false},
                 {keys_derived(0, "db", "n2"), false}, {keys_derived(0, "*", "n10"), false},
                 {keys_derived(0, "web", "*"), false}, {keys_derived(0, "*", "db"), false}};
    struct key_ring ring;

    write_key("token", &fleet, "");
    write_text("revoked", "# stolen\n\nn1 \ngroup db\n");
    ck_assert_msg(read_ring("revoked", &ring) == 0, "%s", error);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_int_eq(key_ring_judge(&ring, &cases[i].key.identity), cases[i].revoked ? KEY_REVOKED : KEY_ACCEPTED);
    ck_assert(key_ring_revokes_node(&ring, "n1"));
    ck_assert(!key_ring_revokes_node(&ring, "n2"));
    key_ring_deinit(&ring);
}
END_TEST

/* Neither the end of a long comment nor what is before a zero byte is a line. */
START_TEST(only_whole_lines_are_names)
{
    static const char zero[] = "n1\0n2\n";
    const struct key_text fleet = keys_fleet(0);
    struct key_ring ring;
    char text[2048] = "# ";

    write_key("token", &fleet, "");
    memset(text + 2, 'n', 512 + 9); /* longer than any line that counts */
    strcat(text, "\nn3 \t\n");
    write_text("revoked", text);
    ck_assert_msg(read_ring("revoked", &ring) == 0, "%s", error);
    ck_assert_str_eq(ring.revoked, "n3\n");
    key_ring_deinit(&ring);
    memset(text, ' ', sizeof text);
    memcpy(text, "n1", 2);
    memcpy(text + sizeof text - 4, "n2\n", 4);
    write_text("spaces", text);
    ck_assert_int_eq(read_ring("spaces", &ring), -EINVAL);
    temp_dir_write(&dir, "zero", zero, sizeof zero - 1);
    ck_assert_int_eq(read_ring("zero", &ring), -EINVAL);
}
END_TEST

START_TEST(a_file_has_the_new_secret_and_the_old_one)
{
    const struct key_text fresh = keys_fleet(1), old = keys_fleet(0);
    struct key_text first;
    struct key_ring ring, one = keys_ring(1);

    write_key("token", &fresh, "# since Monday\n\n");
    write_key("token", &old, "# until Friday\n");
    ck_assert_msg(read_ring("", &ring) == 0, "%s", error);
    ck_assert_uint_eq(ring.count, 2);
    ck_assert(!key_ring_equal(&ring, &one));
    ck_assert_int_eq(keys_add(&one, 0), 0);
    ck_assert(key_ring_equal(&ring, &one));
    ck_assert_int_eq(key_file_read(temp_dir_path(&dir, "token"), &first, error, sizeof error), 0);
    ck_assert_mem_eq(first.bytes, fresh.bytes, KEY_LEN);
    key_ring_deinit(&ring);
    key_ring_deinit(&one);
}
END_TEST

START_TEST(invalid_files_are_refused_and_the_reason_names_them)
{
    const struct key_text node = keys_derived(0, "web", "n1"), fleets[] = {keys_fleet(0), keys_fleet(1), keys_fleet(2)};
    static const struct {
        const char *name;
        const char *reason;
    } cases[] = {{"absent", "No such file"}, {"empty", "is empty"},    {"node", "group or node"},
                 {"twice", "twice"},         {"three", "more than 2"}, {"old", "headroom key --new"}};
    struct key_ring ring = {0};

    write_text("empty", "\n# only a comment\n");
    write_key("node", &node, "");
    write_key("twice", &fleets[0], "");
    write_key("twice", &fleets[0], "");
    for (unsigned i = 0; i < 3; i++)
        write_key("three", &fleets[i], "");
    write_text("old", "kf2bOXDdQ3w5o1NJbyKyqFbqCwJKSwLHTTYTUvYjy6M=\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = temp_dir_path(&dir, cases[i].name);
        ck_assert_int_lt(key_file_read_secrets(path, &ring, error, sizeof error), 0);
        ck_assert_ptr_nonnull(strstr(error, path));
        ck_assert_msg(strstr(error, cases[i].reason) != NULL, "%s", error);
        key_ring_deinit(&ring);
    }
}
END_TEST

START_TEST(invalid_names_of_revoked_keys_are_refused)
{
    static const char *const texts[] = {"n 1\n", "group w b\n", "n1\n*\n", "n1\nweb/*\n"};
    const struct key_text fleet = keys_fleet(0);
    struct key_ring ring = {.count = 77};

    write_key("token", &fleet, "");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        write_text("revoked", texts[i]);
        ck_assert_int_eq(read_ring("revoked", &ring), -EINVAL);
        ck_assert_ptr_nonnull(strstr(error, "neither the name of a node"));
    }
    temp_dir_write(&dir, "revoked", "", 0);
    for (unsigned i = 0; i < 1000; i++) {
        char name[100];
        snprintf(name, sizeof name, "n%085u\n", i);
        temp_dir_append(&dir, "revoked", name, strlen(name));
    }
    ck_assert_int_eq(read_ring("revoked", &ring), -E2BIG);
    ck_assert_int_eq(read_ring("absent", &ring), -ENOENT);
    ck_assert_uint_eq(ring.count, 77);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("key_ring");
    TCase *tcase = tcase_create("key_ring");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, keys_are_those_of_hkdf_with_sha256);
    tcase_add_test(tcase, the_holder_of_a_key_and_the_ring_derive_the_same);
    tcase_add_test(tcase, a_key_of_another_secret_is_refused);
    tcase_add_test(tcase, two_secrets_are_accepted_and_not_three);
    tcase_add_test(tcase, the_names_in_the_list_are_revoked_and_no_others);
    tcase_add_test(tcase, only_whole_lines_are_names);
    tcase_add_test(tcase, a_file_has_the_new_secret_and_the_old_one);
    tcase_add_test(tcase, invalid_files_are_refused_and_the_reason_names_them);
    tcase_add_test(tcase, invalid_names_of_revoked_keys_are_refused);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
