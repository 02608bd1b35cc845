/* Devices found by name, in passes. */
#include "agent/metrics/device_table.h"

#include "support/suite.h"

#include <stdio.h>

static struct device_table table;

static void begin(void)
{
    ck_assert_int_eq(device_table_init(&table), 0);
    device_table_begin_pass(&table);
}

static void end(void)
{
    device_table_deinit(&table);
    device_table_deinit(&table);
}

static struct device *find(const char *family, unsigned number)
{
    char name[32];

    snprintf(name, sizeof name, "%s%u", family, number);
    return device_table_find(&table, name);
}

/* A pass over count devices; each that is new gets its number. */
static void pass(const char *family, unsigned count)
{
    device_table_begin_pass(&table);
    for (unsigned i = 0; i < count; i++) {
        struct device *device = find(family, i);
        ck_assert_ptr_nonnull(device);
        if (device->in == 0)
            device->in = i + 1;
        ck_assert_uint_eq(device->in, i + 1);
    }
    device_table_end_pass(&table);
    ck_assert_uint_eq(table.count, count);
}

START_TEST(device_is_found_again)
{
    struct device *eth0 = device_table_find(&table, "eth0");

    ck_assert_uint_eq(eth0->kind, 0);
    eth0->kind = 3;
    ck_assert_uint_eq(device_table_find(&table, "eth1")->kind, 0);
    ck_assert_uint_eq(device_table_find(&table, "eth0")->kind, 3);
    ck_assert_uint_eq(table.count, 2);
}
END_TEST

START_TEST(thousands_of_devices_are_found_in_any_order)
{
    pass("veth", 10000);
    pass("veth", 10000);
    device_table_begin_pass(&table);
    for (unsigned i = 10000; i-- > 0;)
        ck_assert_uint_eq(find("veth", i)->in, i + 1);
    device_table_end_pass(&table);
    ck_assert_uint_eq(table.count, 10000);
}
END_TEST

START_TEST(device_that_was_not_in_a_pass_is_new)
{
    pass("sd", 1000);
    pass("sd", 10);
    device_table_begin_pass(&table);
    for (unsigned i = 0; i < 1000; i++)
        ck_assert_uint_eq(find("sd", i)->in, i < 10 ? i + 1 : 0);
    device_table_end_pass(&table);
    pass("sd", 0);
}
END_TEST

START_TEST(device_is_found_by_its_ifindex)
{
    device_table_set_ifindex(&table, device_table_find(&table, "eth0"), 2);
    device_table_set_ifindex(&table, device_table_find(&table, "eth1"), 130); /* at the same place */
    device_table_set_ifindex(&table, device_table_find(&table, "eth2"), 0);
    ck_assert_ptr_eq(device_table_find_ifindex(&table, 2), device_table_find(&table, "eth0"));
    ck_assert_ptr_eq(device_table_find_ifindex(&table, 130), device_table_find(&table, "eth1"));
    ck_assert_ptr_null(device_table_find_ifindex(&table, 0));
    ck_assert_ptr_null(device_table_find_ifindex(&table, 3));

    device_table_set_ifindex(&table, device_table_find(&table, "eth0"), 3);
    ck_assert_ptr_null(device_table_find_ifindex(&table, 2));
    ck_assert_ptr_eq(device_table_find_ifindex(&table, 3), device_table_find(&table, "eth0"));
    ck_assert_ptr_eq(device_table_find_ifindex(&table, 130), device_table_find(&table, "eth1"));

    device_table_begin_pass(&table);
    (void)device_table_find(&table, "eth1");
    device_table_end_pass(&table);
    ck_assert_ptr_null(device_table_find_ifindex(&table, 3));
    ck_assert_ptr_eq(device_table_find_ifindex(&table, 130), device_table_find(&table, "eth1"));
}
END_TEST

START_TEST(devices_beyond_the_maximum_are_left_out)
{
    for (unsigned i = 0; i < DEVICE_TABLE_MAX; i++)
        ck_assert_ptr_nonnull(find("veth", i));
    ck_assert_uint_eq(table.left_out, 0);
    ck_assert_ptr_null(find("more", 1));
    ck_assert_ptr_null(find("more", 2));
    ck_assert_uint_eq(table.left_out, 2);
    ck_assert_ptr_nonnull(find("veth", 77));
    device_table_end_pass(&table);
    ck_assert_uint_eq(table.left_out, 2);
    device_table_begin_pass(&table);
    ck_assert_uint_eq(table.left_out, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("device_table");
    TCase *tests = tcase_create("device_table");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, device_is_found_again);
    tcase_add_test(tests, thousands_of_devices_are_found_in_any_order);
    tcase_add_test(tests, device_that_was_not_in_a_pass_is_new);
    tcase_add_test(tests, device_is_found_by_its_ifindex);
    tcase_add_test(tests, devices_beyond_the_maximum_are_left_out);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
