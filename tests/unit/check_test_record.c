#include "hooktest/test_record.h"

#include "support/suite.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char *const nodes[] = {"web-1", "web-2"};
static const struct hook_call scale_in = {
    .verb = HOOK_SCALE_IN, .group = "web", .to = 3, .nodes = nodes, .node_count = 2, .epoch = 17, .number = 4};

static json_t *record_of(const struct hook_call *call, bool is_later)
{
    char *text = NULL;
    size_t len = 0;
    json_error_t error;

    ck_assert_int_eq(test_record_text(call, 5, 1700000000123, is_later, &text, &len), 0);
    json_t *object = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
    ck_assert_msg(object != NULL, "%s", error.text);
    free(text);
    return object;
}

static json_int_t number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

START_TEST(it_is_a_decision_that_leads_to_the_order)
{
    json_t *object = record_of(&scale_in, false);

    ck_assert_str_eq(json_string_value(json_object_get(object, "group")), "web");
    ck_assert_str_eq(json_string_value(json_object_get(object, "action")), "down");
    ck_assert_int_eq(number(object, "existing"), 5);
    ck_assert_int_eq(number(object, "to"), 3);
    ck_assert_int_eq(number(object, "order_epoch"), 17);
    ck_assert_int_eq(number(object, "order_number"), 4);
    ck_assert_int_eq(number(object, "victim_count"), 2);
    ck_assert_uint_eq(json_array_size(json_object_get(object, "victims")), 2);
    json_decref(object);
}
END_TEST

START_TEST(a_later_version_may_add_members)
{
    const struct hook_call call = {.verb = HOOK_SCALE_OUT, .group = "web", .to = 7, .epoch = 17, .number = 5};
    json_t *object = record_of(&call, true);
    json_t *now = record_of(&call, false);

    ck_assert_str_eq(json_string_value(json_object_get(object, "action")), "up");
    ck_assert_int_eq(json_object_del(object, "member_of_a_later_version"), 0);
    ck_assert(json_equal(object, now));
    json_decref(now);
    json_decref(object);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("test_record");
    TCase *tests = tcase_create("test_record");

    tcase_add_test(tests, it_is_a_decision_that_leads_to_the_order);
    tcase_add_test(tests, a_later_version_may_add_members);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
