#include "agent/spool/counter_carry.h"

#include "support/suite.h"

static struct outbox outbox;

static void push(uint64_t read, bool has_write, uint64_t write)
{
    struct sample sample = {0};

    sample_set_gauge(&sample, METRIC_CPU, 50);
    sample_set_counter(&sample, METRIC_DISK_READ, read);
    if (has_write)
        sample_set_counter(&sample, METRIC_DISK_WRITE, write);
    (void)outbox_push(&outbox, &sample);
}

START_TEST(byte_counts_go_on_where_they_were)
{
    ck_assert_int_eq(outbox_init(&outbox, 4, 1), 0);
    push(1000, true, 5000);
    push(1100, false, 0); /* the last one without what it writes */
    struct counter_carry carry = counter_carry_from(&outbox);

    struct sample sample = {0};
    counter_carry_apply(&carry, &sample); /* nothing could be read yet */
    ck_assert_uint_eq(sample.present, 0);
    sample_set_gauge(&sample, METRIC_CPU, 10);
    sample_set_counter(&sample, METRIC_DISK_READ, 300);
    sample_set_counter(&sample, METRIC_DISK_WRITE, 6000);
    sample_set_counter(&sample, METRIC_NET_RX, 7);
    counter_carry_apply(&carry, &sample);
    ck_assert_uint_eq(sample.value[METRIC_DISK_READ].counter, 1100);
    ck_assert_uint_eq(sample.value[METRIC_DISK_WRITE].counter, 6000); /* has not fallen */
    ck_assert_uint_eq(sample.value[METRIC_NET_RX].counter, 7);
    ck_assert_double_eq(sample.value[METRIC_CPU].gauge, 10);

    sample_set_counter(&sample, METRIC_DISK_READ, 350);
    sample_set_counter(&sample, METRIC_DISK_WRITE, 6100);
    counter_carry_apply(&carry, &sample);
    ck_assert_uint_eq(sample.value[METRIC_DISK_READ].counter, 1150);
    ck_assert_uint_eq(sample.value[METRIC_DISK_WRITE].counter, 6100);
    outbox_deinit(&outbox);
}
END_TEST

START_TEST(a_new_instance_counts_from_what_is_read)
{
    struct sample sample = {0};

    ck_assert_int_eq(outbox_init(&outbox, 4, 1), 0);
    struct counter_carry carry = counter_carry_from(&outbox);
    sample_set_counter(&sample, METRIC_DISK_READ, 300);
    counter_carry_apply(&carry, &sample);
    ck_assert_uint_eq(sample.value[METRIC_DISK_READ].counter, 300);
    outbox_deinit(&outbox);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("counter_carry");
    TCase *tcase = tcase_create("carry");

    tcase_add_test(tcase, byte_counts_go_on_where_they_were);
    tcase_add_test(tcase, a_new_instance_counts_from_what_is_read);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
