#include "collector/http/http_places.h"

#include "support/cases.h"
#include "support/suite.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "collector/intake/origin.h"

#define MOST 8U
#define EACH 4U

static struct http_places places;
static struct http_place all[100];

static void setup(void)
{
    places = (struct http_places){0};
}

static uint64_t local(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};

    return origin_of((struct sockaddr *)&address);
}

/* The index of the one that goes, or -1. */
static int come(unsigned i, uint64_t origin)
{
    http_places_add(&places, &all[i], origin);
    struct http_place *place = http_places_evict(&places, &all[i], MOST, EACH);
    if (place == NULL)
        return -1;
    http_places_remove(&places, place);
    return (int)(place - all);
}

START_TEST(an_origin_has_its_share_and_its_oldest_half_sent_request_goes)
{
    for (unsigned i = 0; i < 20; i++)
        ck_assert_int_eq(come(i, 1UL << 60), i < EACH ? -1 : (int)(i - EACH));
}
END_TEST

START_TEST(of_all_the_oldest_half_sent_request_goes)
{
    for (unsigned i = 0; i < 20; i++)
        ck_assert_int_eq(come(i, (1UL << 60) + i), i < MOST ? -1 : (int)(i - MOST));
}
END_TEST

START_TEST(half_sent_requests_go_before_idle_connections_and_these_before_answers)
{
    for (unsigned i = 0; i < MOST; i++)
        come(i, (1UL << 60) + i);
    for (unsigned i = 0; i < MOST; i++)
        http_places_set_stage(&places, &all[i], i == 3 ? HTTP_IDLE : HTTP_READING);
    http_places_set_stage(&places, &all[5], HTTP_ASKING); /* its next request */
    ck_assert_int_eq(come(20, 1UL << 61), 5);
    http_places_set_stage(&places, &all[20], HTTP_READING);
    ck_assert_int_eq(come(21, 1UL << 61), 3);
    http_places_set_stage(&places, &all[21], HTTP_READING);
    ck_assert_int_eq(come(22, 1UL << 61), 0);
}
END_TEST

START_TEST(those_that_have_ended_are_not_counted_until_they_are_too_many)
{
    for (unsigned i = 0; i < HTTP_PLACES_ENDING_MAX + 1; i++) {
        ck_assert_int_eq(come(i, 1UL << 60), -1);
        http_places_set_stage(&places, &all[i], HTTP_ENDING);
    }
    ck_assert_int_eq(come(30, 1UL << 61), 0);
    for (unsigned i = 31; i < 30 + MOST; i++)
        ck_assert_int_eq(come(i, (1UL << 61) + i), -1);
    ck_assert_int_eq(come(50, 1UL << 62), 30); /* of those that count */
}
END_TEST

START_TEST(a_stage_counts_from_when_it_began)
{
    for (unsigned i = 0; i < MOST; i++)
        come(i, (1UL << 60) + i);
    http_places_set_stage(&places, &all[0], HTTP_IDLE);
    http_places_set_stage(&places, &all[0], HTTP_ASKING);
    ck_assert_int_eq(come(20, 1UL << 61), 1);
}
END_TEST

START_TEST(others_go_before_those_of_this_machine)
{
    for (unsigned i = 0; i < EACH; i++)
        come(i, local());
    for (unsigned i = EACH; i < MOST; i++)
        come(i, (1UL << 60) + i);
    for (unsigned i = EACH; i < MOST; i++)
        http_places_set_stage(&places, &all[i], HTTP_READING);
    ck_assert_int_eq(come(20, 1UL << 61), EACH);
    ck_assert_int_eq(come(21, local()), 0); /* its own share is used up */
}
END_TEST

/* Otherwise a program of this machine displaced everybody else. */
START_TEST(all_addresses_of_this_machine_have_one_share)
{
    ck_assert_int_eq(come(0, 1UL << 60), -1);
    for (unsigned i = 1; i < 20; i++)
        ck_assert_int_eq(come(i, local() + i), i <= EACH ? -1 : (int)(i - EACH));
}
END_TEST

START_TEST(one_that_is_being_closed_is_not_chosen_again)
{
    for (unsigned i = 0; i < EACH + 2; i++) {
        http_places_add(&places, &all[i], 1UL << 60);
        struct http_place *place = http_places_evict(&places, &all[i], MOST, EACH);
        ck_assert_ptr_eq(place, i < EACH ? NULL : &all[i - EACH]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http_places");

    CASES_ADD(suite, "http_places", setup, NULL, an_origin_has_its_share_and_its_oldest_half_sent_request_goes,
              of_all_the_oldest_half_sent_request_goes,
              half_sent_requests_go_before_idle_connections_and_these_before_answers,
              those_that_have_ended_are_not_counted_until_they_are_too_many, a_stage_counts_from_when_it_began,
              others_go_before_those_of_this_machine, all_addresses_of_this_machine_have_one_share,
              one_that_is_being_closed_is_not_chosen_again);
    return suite_run(suite);
}
