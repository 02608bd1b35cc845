#include "collector/config/config_warnings.h"

#include "support/cases.h"
#include "support/suite.h"

#include <string.h>

static struct collector_config config;
static struct group_config web;
static char said[2048];

static void on_warning(const char *text, void *arg)
{
    ck_assert_ptr_eq(arg, &config);
    strcat(said, text);
    strcat(said, "\n");
}

static void begin(void)
{
    config = (struct collector_config){
        .settings = SCALER_SETTINGS_DEFAULT, .on_scale = "/hook", .scale_groups = SCALE_GROUPS_ANY};
    config.settings.nodes_max = 20;
}

static void end(void)
{
}

/* With a section of the group web that begins with the general settings. */
static void add_section(void)
{
    web = (struct group_config){.name = "web", .settings = config.settings};
    config.groups = &web;
    config.group_count = 1;
}

static void assert_said(const char *text)
{
    said[0] = '\0';
    config_warnings_each(&config, on_warning, &config);
    ck_assert_str_eq(said, text);
}

START_TEST(nothing_is_said_of_what_is_right)
{
    assert_said("");
    add_section();
    web.settings.nodes_max = 5;
    assert_said("");
    config.settings.nodes_max = 0; /* nothing is ordered */
    config.settings.mode = MODE_OBSERVE;
    assert_said("");
    config.settings.mode = MODE_FULL;
    config.on_scale[0] = '\0';
    assert_said("");
}
END_TEST

START_TEST(a_hook_without_a_section_is_said)
{
    config.scale_groups = SCALE_GROUPS_CONFIGURED;
    assert_said(
        "no group has a section: only the group default is scaled; add a section [group NAME] for each other one, "
        "or set scale-groups = any\n");
    config.on_scale[0] = '\0';
    assert_said("");
    config.settings.actuator = ACTUATOR_READER;
    add_section();
    assert_said("");
}
END_TEST

START_TEST(a_missing_maximum_is_said)
{
    config.settings.nodes_max = 0;
    assert_said("max is not set: the number of nodes has no limit; set max to a number, or to none\n");
    config.settings.mode = MODE_OBSERVE;
    add_section();
    web.settings.mode = MODE_OUT_ONLY;
    assert_said("[group web]: max is not set: the number of nodes has no limit; set max to a number, or to none\n");
}
END_TEST

START_TEST(an_actuator_that_chooses_needs_a_count)
{
    add_section();
    web.settings.victims = VICTIMS_ANY;
    assert_said(""); /* the hook may say it */
    web.settings.actuator = ACTUATOR_READER;
    assert_said("[group web]: victims = any, but count is not set: scale-in is refused, since the collector must know "
                "how many nodes exist\n");
    strcpy(web.count, "/count");
    assert_said("");
}
END_TEST

START_TEST(a_hook_needs_its_program)
{
    config.on_scale[0] = '\0';
    config.settings.actuator = ACTUATOR_HOOK;
    assert_said("actuator = hook, but on-scale is not set: nothing is ordered\n");
}
END_TEST

START_TEST(certificates_of_any_name_are_said)
{
    strcpy(config.node_name, "any");
    assert_said("");
    strcpy(config.cert_file, "/cert.pem");
    assert_said("node-name = any: whoever has a certificate of a CA in ca-file may report for every node\n");
    strcpy(config.node_name, "dns");
    assert_said("");
}
END_TEST

START_TEST(a_range_that_is_as_long_as_the_window_is_said)
{
    static struct signal_settings signals[] = {{.name = "a", .group = "web", .query = "rate(x[1m])"},
                                               {.name = "b", .group = "web", .query = "rate(x[2m])"}};

    config.signals = signals;
    config.signal_count = 2;
    assert_said("[signal b]: the query has a range of 2 min, and a scale-in may follow 2 min after demand falls: when "
                "the engine gets no more samples, a rate falls for as long as its range, and nodes would be removed; "
                "use a shorter range or a longer stabilization\n");
    config.settings.mode = MODE_OUT_ONLY;
    assert_said("");
    config.settings.mode = MODE_FULL;
    add_section();
    web.settings.stabilization_ms = 600000;
    assert_said("");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config_warnings");

    CASES_ADD(suite, "config_warnings", begin, end, nothing_is_said_of_what_is_right, a_hook_without_a_section_is_said,
              a_missing_maximum_is_said, an_actuator_that_chooses_needs_a_count, a_hook_needs_its_program,
              certificates_of_any_name_are_said, a_range_that_is_as_long_as_the_window_is_said);
    return suite_run(suite);
}
