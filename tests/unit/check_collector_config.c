#include "collector/config/config_load.h"

#include "common/setting.h"
#include "support/certificates.h"
#include "support/suite.h"
#include "support/temp_dir.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The secret of a fleet. */
#define KEY "hr1:fleet:39cbca3b789d5acd67238832fc6d079b24bde3081ae5272dd0b322217062abcd:99da521d"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define ARGS_MAX     16

static struct collector_config config;
static char error[1024];

/* The words after the program's name, NULL at the end. */
static int load_args(const char *const *args)
{
    char *argv[ARGS_MAX + 2] = {(char *)"headroom-collector"};
    int argc = 1;
    for (; *args; args++)
        argv[argc++] = (char *)*args;
    collector_config_deinit(&config);
    error[0] = '\0';
    return collector_config_load(&config, argc, argv, error, sizeof error);
}

#define load(...) load_args((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

static int load_file(const char *text)
{
    write_file("headroom.conf", text);
    return load("--config", "headroom.conf");
}

#define ck_assert_error_has(part) ck_assert_msg(strstr(error, part) != NULL, "no \"%s\" in: %s", part, error)

static struct temp_dir directory;

static void make_directory(void)
{
    temp_dir_create(&directory);
    ck_assert_int_eq(fchdir(directory.fd), 0);
    unsetenv("STATE_DIRECTORY");
    unsetenv("RUNTIME_DIRECTORY");
}

static void write_pair(void)
{
    struct test_certificate made = certificates_make(&(struct test_wish){.name = "collector"}, NULL);

    certificates_write(&directory, "https.pem", &made);
    certificates_write_key(&directory, "https.key", &made);
    certificates_free(&made);
}

static void remove_directory(void)
{
    collector_config_deinit(&config);
    temp_dir_remove(&directory);
}

static void write_certificates(void)
{
    struct test_certificate ca = certificates_make(&(struct test_wish){.name = "ca", .ca = true}, NULL);
    struct test_certificate own = certificates_make(&(struct test_wish){.name = "c1"}, &ca);

    certificates_write(&directory, "ca.pem", &ca);
    certificates_write(&directory, "cert.pem", &own);
    certificates_write_key(&directory, "key.pem", &own);
    certificates_write_crl(&directory, "crl.pem", &ca, NULL, 10);
    certificates_free(&ca);
    certificates_free(&own);
}

static char *printed(void)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    collector_config_print(&config, out);
    ck_assert_int_eq(fclose(out), 0);
    return text;
}

START_TEST(without_flags_the_defaults_hold)
{
    static const struct scaler_settings settings = SCALER_SETTINGS_DEFAULT;

    ck_assert_int_eq(load(), 0);
    ck_assert_str_eq(config.listen.host, "127.0.0.1");
    ck_assert_uint_eq(config.listen.port, 7420);
    ck_assert_str_eq(config.data_dir, "./data");
    ck_assert_str_eq(config.token_file, "");
    ck_assert_uint_eq(config.keys.count, 0);
    ck_assert_uint_eq(config.agents_max, 20000);
    ck_assert_int_eq(config.ack_interval_ms, 5000);
    ck_assert_int_eq(config.history_ms, 600000);
    ck_assert_int_eq(config.flush_ms, 1000);
    ck_assert_int_eq(config.sync_ms, SYNC_ALWAYS);
    ck_assert_uint_eq(config.rotate_bytes, 256 * 1024 * 1024);
    ck_assert_int_eq(config.rotate_ms, 86400000);
    ck_assert_int_eq(config.retain_ms, 30LL * 86400000);
    ck_assert_uint_eq(config.retain_bytes, 0);
    ck_assert_int_eq(config.compress_after_ms, 3600000);
    ck_assert_int_eq(config.gone_ms, 600000);
    ck_assert_str_eq(config.on_scale, "");
    ck_assert_int_eq(config.hook_timeout_ms, 60000);
    ck_assert(!config.check);
    ck_assert_mem_eq(&config.settings, &settings, sizeof settings);
    ck_assert_uint_eq(config.group_count, 0);
    ck_assert_ptr_eq(collector_config_group(&config, "web"), &config.settings);
}
END_TEST

/* Other than the default, and in the form in which they are printed. */
static const struct {
    const char *name;
    const char *value;
} others[] = {
    {"listen", "[::1]:0"},
    {"data", "/var/lib/some where; #1"},
    {"history", "1h"},
    {"flush", "250ms"},
    {"sync", "10ms"},
    {"retain", "0"},
    {"retain-size", "1G"},
    {"compress-after", "90s"},
    {"rotate-size", "4K"},
    {"rotate-age", "90s"},
    {"gone-after", "1m"},
    {"tick", "500ms"},
    {"admin-socket", "/run/here.sock"},
    {"on-scale", "/bin/sh"},
    {"scale-groups", "any"},
    {"memory-max", "64M"},
    {"hook-timeout", "5m"},
    {"on-alert", "/bin/sh"},
    {"alert-repeat", "1h"},
    {"alert-interval", "10s"},
    {"count", "/bin/sh"},
    {"query-url", "http://127.0.0.1:8428"},
    {"query-token-file", "engine.token"},
    {"query-ca-file", "ca.pem"},
    {"query-timeout", "2s"},
    {"ack-interval", "1m"},
    {"max-agents", "7"},
    {"token-file", "token"},
    {"revoked-file", "revoked"},
    {"cert-file", "cert.pem"},
    {"key-file", "key.pem"},
    {"ca-file", "ca.pem"},
    {"crl-file", "crl.pem"},
    {"node-name", "any"},
    {"cert-group", "web"},
    {"insecure", "on"},
    {"http", "[::1]:1"},
    {"http-token-file", "http-token"},
    {"http-cert-file", "https.pem"},
    {"http-key-file", "https.key"},
    {"http-ca-file", "https.pem"},
    {"history-url", "https://engine:8428"},
    {"history-token-file", "token"},
    {"history-ca-file", "ca.pem"},
    {"http-insecure", "on"},
    {"http-ingest", "on"},
    {"http-connections", "4"},
    {"forward-dir", "/run/other"},
    {"cpu-high", "91.25%"},
    {"cpu-low", "1%"},
    {"cpu-target", "7%"},
    {"memory-high", "99.9%"},
    {"memory-low", "2%"},
    {"memory-target", "29%"},
    {"disk-high", "100%"},
    {"disk-low", "3%"},
    {"disk-target", "57%"},
    {"app-high", "95%"},
    {"app-low", "4%"},
    {"app-target", "61%"},
    {"min", "2"},
    {"max", "3"},
    {"mode", "out-only"},
    {"actuator", "reader"},
    {"victims", "newest"},
    {"node-sizes", "any"},
    {"longest-interval", "1h"},
    {"report", "2s"},
    {"price", "2.5"},
    {"cpu-forecast", "off"},
    {"memory-forecast", "on"},
    {"disk-forecast", "on"},
    {"app-forecast", "off"},
    {"lead-time", "0"},
    {"warm-up", "1m"},
    {"stabilization", "1s"},
    {"scale-ins", "64"},
    {"stop-futile", "on"},
};

START_TEST(every_setting_is_a_flag_and_a_line_of_the_file_and_is_printed)
{
    char file[4096] = "[collector]\n", line[256];
    char flags[COUNT(others)][64];
    char *argv[COUNT(others) + 2] = {(char *)"headroom-collector"};
    int argc = 1;

    write_file("token", KEY "\n");
    write_file("revoked", "n1\n");
    write_certificates();
    write_file("http-token", "t0ken\n");
    write_pair();
    ck_assert_uint_eq(COUNT(others) + 2, COLLECTOR_SETTING_COUNT); /* --config and --check-config are flags only */
    for (size_t i = 0; i < COUNT(others); i++) {
        snprintf(line, sizeof line, "%s = %s\n", others[i].name, others[i].value);
        strcat(file, line);
        snprintf(flags[i], sizeof flags[i], "--%s=%s", others[i].name, others[i].value);
        argv[argc++] = flags[i];
    }

    ck_assert_msg(load_file(file) == 0, "%s", error);
    char *from_file = printed();
    collector_config_deinit(&config);
    ck_assert_msg(collector_config_load(&config, argc, argv, error, sizeof error) == 0, "%s", error);
    char *from_flags = printed();
    ck_assert_str_eq(from_file, from_flags);
    ck_assert_uint_eq(config.keys.count, 1);
    ck_assert_str_eq(config.keys.revoked, "n1\n");
    ck_assert_str_eq(config.http_token, "t0ken");
    ck_assert_ptr_null(strstr(from_flags, KEY));
    for (size_t i = 0; i < COUNT(others); i++) {
        snprintf(line, sizeof line, "\n%s = %s\n", others[i].name, others[i].value);
        ck_assert_msg(strstr(from_flags, line) != NULL, "%s", line);
    }
    free(from_file);
    free(from_flags);
}
END_TEST

static double cpu_high(const char *group)
{
    return collector_config_group(&config, group)->thresholds[RESOURCE_CPU].high;
}

START_TEST(a_group_overrides_a_flag_overrides_the_file_overrides_the_default)
{
    write_file("headroom.conf", "[group web]\n"
                                "cpu-high = 95%\n"
                                "[collector]\n"
                                "cpu-high = 85%\n"
                                "memory-high = 86%\n"
                                "max = 40\n"
                                "[group db]\n"
                                "min = 3\n");
    ck_assert_int_eq(load("--cpu-high", "90%", "--config", "headroom.conf", "--max=50"), 0);

    ck_assert_double_eq_tol(cpu_high("web"), 0.95, 1e-12); /* of the group */
    ck_assert_double_eq_tol(cpu_high("db"), 0.90, 1e-12);  /* of the flag */
    ck_assert_double_eq_tol(cpu_high("other"), 0.90, 1e-12);
    const struct scaler_settings *db = collector_config_group(&config, "db");
    ck_assert_double_eq_tol(db->thresholds[RESOURCE_MEMORY].high, 0.86, 1e-12); /* of [collector] */
    ck_assert_double_eq_tol(db->thresholds[RESOURCE_DISK].high, 0.80, 1e-12);   /* the default */
    ck_assert_uint_eq(db->nodes_min, 3);
    ck_assert_uint_eq(db->nodes_max, 50);
    ck_assert_uint_eq(collector_config_group(&config, "web")->nodes_min, 1);

    ck_assert_int_eq(load("--config", "headroom.conf"), 0);
    ck_assert_double_eq_tol(cpu_high("db"), 0.85, 1e-12); /* without the flag, of [collector] */
}
END_TEST

static double target_of(const char *group, enum resource resource)
{
    return collector_config_group(&config, group)->thresholds[resource].target;
}

START_TEST(a_target_that_is_not_set_follows_high)
{
    write_file("headroom.conf", "[collector]\n"
                                "memory-high = 40%\n"
                                "disk-target = 50%\n"
                                "[group web]\n"
                                "cpu-high = 96%\n"
                                "memory-high = 16%\n"
                                "disk-high = 90%\n"
                                "[group db]\n"
                                "cpu-target = 10%\n");
    ck_assert_int_eq(load("--cpu-high=60%", "--config=headroom.conf"), 0);
    ck_assert_double_eq(target_of("other", RESOURCE_CPU), 0.525);
    ck_assert_double_eq(target_of("other", RESOURCE_MEMORY), 0.35);
    ck_assert_double_eq(target_of("other", RESOURCE_DISK), 0.5);
    ck_assert_double_eq(target_of("web", RESOURCE_CPU), 0.84);
    ck_assert_double_eq(target_of("web", RESOURCE_MEMORY), 0.14);
    ck_assert_double_eq(target_of("web", RESOURCE_DISK), 0.5); /* set for all groups */
    ck_assert_double_eq(target_of("db", RESOURCE_CPU), 0.1);
}
END_TEST

START_TEST(sync_is_always_a_time_or_never)
{
    static const struct {
        const char *text;
        int64_t sync_ms;
    } modes[] = {{"always", SYNC_ALWAYS}, {"never", SYNC_NEVER}, {"10ms", 10}, {"1m", 60000}};

    for (size_t i = 0; i < COUNT(modes); i++) {
        char text[32];
        ck_assert_int_eq(load("--sync", modes[i].text), 0);
        ck_assert_int_eq(config.sync_ms, modes[i].sync_ms);
        setting_format(setting_find(&collector_config_table, "sync"), &config.sync_ms, text, sizeof text);
        ck_assert_str_eq(text, modes[i].text);
    }
}
END_TEST

START_TEST(of_two_flags_the_last_one_counts)
{
    ck_assert_int_eq(load("--max", "5", "--max", "6"), 0);
    ck_assert_uint_eq(config.settings.nodes_max, 6);
}
END_TEST

START_TEST(what_a_flag_overrides_must_be_right_all_the_same)
{
    write_file("headroom.conf", "[collector]\nmax = 0\n");
    ck_assert_int_eq(load("--config=headroom.conf", "--max", "5"), -EINVAL);
    ck_assert_str_eq(error, "headroom.conf:2: max must be none, or a whole number from 1 to 100000, got \"0\"");
}
END_TEST

START_TEST(a_group_may_have_a_mode_and_a_price_of_its_own)
{
    ck_assert_int_eq(
        load_file("[collector]\nmode = observe\n[group web]\nmode = full\nprice = 0\nmemory-forecast = on\n"), 0);
    const struct scaler_settings *web = collector_config_group(&config, "web");
    ck_assert_int_eq(web->mode, MODE_FULL);
    ck_assert_double_eq(web->price, 0.0);
    ck_assert(web->forecast[RESOURCE_CPU]);
    ck_assert(web->forecast[RESOURCE_MEMORY]);
    ck_assert_int_eq(collector_config_group(&config, "db")->mode, MODE_OBSERVE);
    ck_assert(!collector_config_group(&config, "db")->forecast[RESOURCE_MEMORY]);
}
END_TEST

START_TEST(the_tick_is_the_same_for_all_groups)
{
    ck_assert_int_eq(load_file("[group web]\nmin = 2\n[collector]\ntick = 1m\n"), 0);
    ck_assert_int_eq(config.settings.tick_ms, 60000);
    ck_assert_int_eq(collector_config_group(&config, "web")->tick_ms, 60000);
}
END_TEST

START_TEST(groups_are_kept_by_name)
{
    ck_assert_int_eq(load_file("[group m]\nmin=2\n[group z]\nmin=3\n[group a]\nmin=4\n[group empty]\n"), 0);
    ck_assert_uint_eq(config.group_count, 4);
    ck_assert_str_eq(config.groups[0].name, "a");
    ck_assert_str_eq(config.groups[1].name, "empty");
    ck_assert_str_eq(config.groups[2].name, "m");
    ck_assert_str_eq(config.groups[3].name, "z");
    ck_assert_uint_eq(collector_config_group(&config, "a")->nodes_min, 4);
    ck_assert_uint_eq(collector_config_group(&config, "m")->nodes_min, 2);
    ck_assert_uint_eq(collector_config_group(&config, "z")->nodes_min, 3);
    ck_assert_ptr_eq(collector_config_group(&config, "b"), &config.settings);
}
END_TEST

START_TEST(forms_that_the_file_may_have)
{
    static const char *const texts[] = {
        "[collector]\nmax = 7",
        "[collector]\nmax=7\n",
        "[collector]\r\nmax = 7\r\n",
        "  [collector]  \n\tmin = 2\n\t  max\t=\t7  \n",
        "\xEF\xBB\xBF[collector]\nmax = 7\n",
        "# comment\n; comment\n\n   # indented\n[collector]\n#max = 8\nmax = 7\n",
        "[collector]\nmin = 2\n[collector]\nmax = 7\n",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        ck_assert_msg(load_file(texts[i]) == 0, "%zu: %s", i, error);
        ck_assert_uint_eq(config.settings.nodes_max, 7);
    }
    ck_assert_int_eq(load_file(""), 0);
}
END_TEST

START_TEST(errors_in_the_file_name_the_line_and_what_is_allowed)
{
    static const struct {
        const char *text;
        const char *error;
    } cases[] = {
        {"[colector]\n", "headroom.conf:1: unknown section [colector]; write [collector], [group NAME], [schedule "
                         "NAME] or [signal NAME]"},
        {"\n[group]\n",
         "headroom.conf:2: unknown section [group]; write [collector], [group NAME], [schedule NAME] or [signal NAME]"},
        {"[]\n",
         "headroom.conf:1: unknown section []; write [collector], [group NAME], [schedule NAME] or [signal NAME]"},
        {"[collector\n", "headroom.conf:1: a section must end with \"]\""},
        {"[\n", "headroom.conf:1: a section must end with \"]\""},
        {"[group a b]\n", "headroom.conf:1: [group a b]: the name must be up to 128 letters"},
        {"[group ../x]\n", "headroom.conf:1: [group ../x]: the name must be"},
        {"[group ]\n", "headroom.conf:1: [group ]: the name must be"},
        {"[group a]\n[group b]\n[group a]\n", "headroom.conf:3: [group a] already begins in line 1"},
        {"max = 3\n", "headroom.conf:1: max is outside any section; begin with [collector] or [group NAME]"},
        {"[collector]\n\n# x\ncpu-hihg = 80%\n", "headroom.conf:4: unknown setting cpu-hihg; did you mean cpu-high?"},
        {"[collector]\ncolour = red\n", "headroom.conf:2: unknown setting colour; see --help for the list"},
        {"[collector]\n--max = 3\n", "headroom.conf:2: unknown setting --max; did you mean max?"},
        {"[collector]\nconfig = x\n", "headroom.conf:2: config is not allowed in the file; it is a flag, --config"},
        {"[group a]\ncpu-hihg = 80%\n", "headroom.conf:2: unknown setting cpu-hihg; did you mean cpu-high?"},
        {"[group a]\ntick = 1s\n", "headroom.conf:2: tick is not allowed in [group a]; it goes into [collector]"},
        {"[group a]\nlisten = a:1\n", "headroom.conf:2: listen is not allowed in [group a]; it goes into [collector]"},
        {"[group a]\nmax=3\nmin=1\nmax=3\n", "headroom.conf:4: max is already set in line 2"},
        {"[collector]\nmax=3\n[collector]\nmax=3\n", "headroom.conf:4: max is already set in line 2"},
        {"[collector]\nmax 3\n", "headroom.conf:2: not a setting; write NAME = VALUE"},
        {"[collector]\nmax=3\n  wrapped\nmin=x\n", "headroom.conf:3: not a setting; write NAME = VALUE"},
        {"[collector]\n= 3\n", "headroom.conf:2: not a setting; write NAME = VALUE"},

        {"[collector]\ncpu-high = eighty\n",
         "headroom.conf:2: cpu-high must be a percentage from 0% to 100%, such as 80%, got \"eighty\""},
        {"[collector]\ncpu-high = 80% # comment\n",
         "headroom.conf:2: cpu-high must be a percentage from 0% to 100%, such as 80%, got \"80% # comment\""},
        {"[collector]\ncpu-high = 80% ; comment\n",
         "headroom.conf:2: cpu-high must be a percentage from 0% to 100%, such as 80%, got \"80% ; comment\""},
        {"[collector]\ncpu-high =\n",
         "headroom.conf:2: cpu-high must be a percentage from 0% to 100%, such as 80%, got \"\""},
        {"[collector]\ncpu-high = nan\n",
         "headroom.conf:2: cpu-high must be a percentage from 0% to 100%, such as 80%, got \"nan\""},
        {"[group a]\ncpu-high = 101%\n",
         "headroom.conf:2: cpu-high must be a percentage from 0% to 100%, such as 80%, got \"101%\""},
        {"[collector]\nlisten = 7420\n",
         "headroom.conf:2: listen must be HOST:PORT with a port from 0 to 65535, such as 127.0.0.1:7420, got \"7420\""},
        {"[collector]\nlisten = a:65536\n", "headroom.conf:2: listen must be HOST:PORT with a port from 0 to 65535, "
                                            "such as 127.0.0.1:7420, got \"a:65536\""},
        {"[collector]\nmode = half\n", "headroom.conf:2: mode must be off, observe, out-only or full, got \"half\""},
        {"[group a]\nprice = dear\n", "headroom.conf:2: price must be a number from 0 to 10000, got \"dear\""},
        {"[group a]\nprice = -1\n", "headroom.conf:2: price must be a number from 0 to 10000, got \"-1\""},
        {"[group a]\nprice = nan\n", "headroom.conf:2: price must be a number from 0 to 10000, got \"nan\""},
        {"[group a]\nscale-ins = 65\n", "headroom.conf:2: scale-ins must be a whole number from 1 to 64, got \"65\""},
        {"[group a]\nstop-futile = yes\n", "headroom.conf:2: stop-futile must be on or off, got \"yes\""},
        {"[collector]\ntick = 15\n",
         "headroom.conf:2: tick must be a duration from 100ms to 1h, such as 15s, got \"15\""},
        {"[collector]\nack-interval = 999ms\n",
         "headroom.conf:2: ack-interval must be a duration from 1s to 1m, such as 5s, got \"999ms\""},
        {"[collector]\nack-interval = 61s\n",
         "headroom.conf:2: ack-interval must be a duration from 1s to 1m, such as 5s, got \"61s\""},
        {"[collector]\nsync = 9ms\n", "headroom.conf:2: sync must be always, never, or 10ms to 1m, got \"9ms\""},
        {"[collector]\nsync = 61s\n", "headroom.conf:2: sync must be always, never, or 10ms to 1m, got \"61s\""},
        {"[collector]\nsync = sometimes\n",
         "headroom.conf:2: sync must be always, never, or 10ms to 1m, got \"sometimes\""},
        {"[collector]\nretain = 99999999999999999999d\n",
         "retain must be a duration from 0 to 3650d, such as 30d, got \"99999999999999999999d\""},
        {"[collector]\nrotate-size = 1T\n",
         "headroom.conf:2: rotate-size must be a size from 4K to 1024G, such as 256M, got \"1T\""},
        {"[collector]\nrotate-size = 4095\n",
         "headroom.conf:2: rotate-size must be a size from 4K to 1024G, such as 256M, got \"4095\""},
        {"[collector]\nmax-agents = 1.5\n",
         "headroom.conf:2: max-agents must be a whole number from 1 to 100000, got \"1.5\""},
        {"[collector]\nmax-agents = 0\n",
         "headroom.conf:2: max-agents must be a whole number from 1 to 100000, got \"0\""},
        {"[collector]\ndata =\n",
         "headroom.conf:2: data must be a path of 1 to 4095 bytes without control characters, got \"\""},
        {"[collector]\ndata = a\tb\n",
         "headroom.conf:2: data must be a path of 1 to 4095 bytes without control characters, got \"a\tb\""},

        {"[collector]\n\ntoken-file = nowhere\n",
         "headroom.conf:3: token-file: can't read nowhere: No such file or directory"},
        {"[collector]\nrevoked-file = nowhere\n",
         "headroom.conf:2: revoked-file: can't read nowhere: No such file or directory"},
        {"[collector]\n\non-scale = ./nowhere\n",
         "headroom.conf:3: on-scale: can't find ./nowhere: No such file or directory"},
        {"[collector]\non-scale = ./headroom.conf\n",
         "headroom.conf:2: on-scale: ./headroom.conf is not a program that the collector may run; chmod +x, or"},
        {"[group a]\non-scale = /bin/sh\n", "headroom.conf:2: on-scale is not allowed in [group a]"},
        {"[collector]\nhttp = off\nhttp-ingest = on\n", "headroom.conf:3: http-ingest: needs the HTTP server"},
        {"[collector]\ncpu-high = 0.8\n", "headroom.conf: [collector]: cpu: high must be above 1%, got 0.8%; write it"},
        {"[collector]\ncpu-high = 60%\ncpu-target = 70%\n",
         "headroom.conf: [collector]: cpu: low <= target <= high must hold, got target 70% and high 60%"},
        {"\n[group a]\ncpu-high = 60%\ncpu-target = 70%\n",
         "headroom.conf:2: [group a]: cpu: low <= target <= high must hold, got target 70% and high 60%"},
        {"[collector]\ncpu-target = 70%\n[group a]\ncpu-high = 60%\n",
         "headroom.conf:3: [group a]: cpu: low <= target <= high must hold, got target 70% and high 60%"},
        {"[group a]\nmin = 9\nmax = 8\n",
         "headroom.conf:1: [group a]: minimum <= maximum must hold, got minimum 9 and maximum 8 nodes"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        ck_assert_msg(load_file(cases[i].text) < 0, "taken: %s", cases[i].text);
        ck_assert_error_has(cases[i].error);
        ck_assert_ptr_null(strchr(error, '\n'));
    }
}
END_TEST

START_TEST(errors_in_flags_name_the_flag_and_what_is_allowed)
{
    static const struct {
        const char *args[3];
        const char *error;
    } cases[] = {
        {{"--foo"}, "unknown flag --foo; see --help"},
        {{"--cpu-hihg=80%"}, "unknown flag --cpu-hihg=80%; did you mean --cpu-high?"},
        {{"--m", "1"}, "--m is ambiguous; write the flag in full"},
        {{"--max"}, "--max needs a value, N|none; see --help"},
        {{"--max-agents"}, "--max-agents needs a value, N; see --help"},
        {{"--check-config=yes"}, "--check-config takes no value"},
        {{"stray"}, "unexpected argument \"stray\"; see --help"},
        {{"--cpu-high", "eighty"}, "--cpu-high must be a percentage from 0% to 100%, such as 80%, got \"eighty\""},
        {{"--data", ""}, "--data must be a path of 1 to 4095 bytes without control characters, got \"\""},
        {{"--data", "a\nb"}, "--data must be a path of 1 to 4095 bytes without control characters, got \"a\nb\""},
        {{"--token-file", "nowhere"}, "--token-file: can't read nowhere: No such file or directory"},
        {{"--on-scale", "hook"}, "--on-scale: \"hook\" has no directory; write the path of the program"},
        {{"--on-scale", "/nowhere/hook"}, "--on-scale: can't find /nowhere/hook: No such file or directory"},
        {{"--on-scale", "/bin"}, "--on-scale: /bin is not a program that the collector may run"},
        {{"--hook-timeout", "0"}, "--hook-timeout must be a duration from 1s to 1h, such as 1m, got \"0\""},
        {{"--cpu-high=60%", "--cpu-target=70%"},
         "flags: cpu: low <= target <= high must hold, got target 70% and high 60%"},
        {{"--http-ingest", "--http=off"}, "--http-ingest: needs the HTTP server, but --http is off"},
        {{"--config", "nowhere"}, "can't read nowhere: No such file or directory"},
        {{"--config", "."}, "can't read .: Is a directory"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        ck_assert_msg(load_args(cases[i].args) < 0, "%s", cases[i].error);
        ck_assert_msg(strncmp(error, cases[i].error, strlen(cases[i].error)) == 0, "%s", error);
    }

    write_file("headroom.conf", "[collector]\ncpu-target = 75%\n");
    ck_assert_int_eq(load("--config=headroom.conf", "--cpu-high=72%"), -EINVAL);
    ck_assert_error_has(
        "headroom.conf: [collector] with the flags: cpu: low <= target <= high must hold, got target 75% and high 72%");
}
END_TEST

START_TEST(a_file_that_may_not_be_read_is_an_error)
{
    if (geteuid() == 0)
        return; /* root may read all */
    write_file("headroom.conf", "[collector]\n");
    ck_assert_int_eq(chmod("headroom.conf", 0), 0);
    ck_assert_int_eq(load("--config=headroom.conf"), -EACCES);
    ck_assert_error_has("can't read headroom.conf: Permission denied");
}
END_TEST

START_TEST(a_line_has_an_end)
{
    FILE *file = fopen("headroom.conf", "w");
    fprintf(file, "[collector]\ndata = %0*d\n", (int)CONFIG_LINE_MAX, 0);
    fclose(file);
    ck_assert_int_eq(load("--config=headroom.conf"), -EINVAL);
    ck_assert_error_has("headroom.conf:2: the line has more than 8192 bytes");

    file = fopen("headroom.conf", "w");
    fwrite("[collector]\nmax = 7\0max\n", 1, 24, file);
    fclose(file);
    ck_assert_int_eq(load("--config=headroom.conf"), -EINVAL);
    ck_assert_error_has("headroom.conf:2: the line has more than 8192 bytes, or a zero byte");
}
END_TEST

START_TEST(a_path_has_up_to_4095_bytes)
{
    char path[PATH_MAX + 1] = "", file[PATH_MAX + 64];

    memset(path, 'p', PATH_MAX - 1);
    snprintf(file, sizeof file, "[collector]\ndata = %s\n", path);
    ck_assert_int_eq(load_file(file), 0);
    ck_assert_str_eq(config.data_dir, path);
    path[PATH_MAX - 1] = 'p';
    snprintf(file, sizeof file, "[collector]\ndata = %s\n", path);
    ck_assert_int_eq(load_file(file), -EINVAL);
    ck_assert_error_has("must be a path of 1 to 4095 bytes");
}
END_TEST

START_TEST(a_group_has_a_name_of_up_to_128_bytes)
{
    char name[NAME_LEN_MAX + 2] = "", file[256];

    memset(name, 'g', NAME_LEN_MAX);
    snprintf(file, sizeof file, "[group %s]\nmin = 2\n", name);
    ck_assert_int_eq(load_file(file), 0);
    ck_assert_uint_eq(collector_config_group(&config, name)->nodes_min, 2);
    name[NAME_LEN_MAX] = 'g';
    snprintf(file, sizeof file, "[group %s]\nmin = 2\n", name);
    ck_assert_int_eq(load_file(file), -EINVAL);
    ck_assert_error_has("]: the name must be up to 128 letters");
}
END_TEST

START_TEST(there_are_up_to_1024_groups)
{
    for (unsigned count = GROUPS_MAX; count <= GROUPS_MAX + 1; count++) {
        FILE *file = fopen("headroom.conf", "w");
        for (unsigned i = 0; i < count; i++)
            fprintf(file, "[group g%u]\nmax = %u\n", i * 7919 % count, i + 1);
        fclose(file);
        ck_assert_int_eq(load("--config=headroom.conf"), count <= GROUPS_MAX ? 0 : -EINVAL);
        if (count > GROUPS_MAX)
            break;
        ck_assert_uint_eq(config.group_count, GROUPS_MAX);
        for (unsigned i = 1; i < count; i++)
            ck_assert_int_lt(strcmp(config.groups[i - 1].name, config.groups[i].name), 0);
        ck_assert_uint_eq(collector_config_group(&config, "g0")->nodes_max, 1);
    }
    ck_assert_error_has("exceeds the limit of 1024 groups");
}
END_TEST

START_TEST(the_first_state_directory_is_the_default_of_data)
{
    setenv("STATE_DIRECTORY", "/var/lib/headroom", 1);
    ck_assert_int_eq(load(), 0);
    ck_assert_str_eq(config.data_dir, "/var/lib/headroom");
    setenv("STATE_DIRECTORY", "/var/lib/one:/var/lib/two", 1);
    ck_assert_int_eq(load(), 0);
    ck_assert_str_eq(config.data_dir, "/var/lib/one");
    ck_assert_int_eq(load("--data", "elsewhere"), 0);
    ck_assert_str_eq(config.data_dir, "elsewhere");
    ck_assert_int_eq(load_file("[collector]\ndata = third\n"), 0);
    ck_assert_str_eq(config.data_dir, "third");
    setenv("STATE_DIRECTORY", "", 1);
    ck_assert_int_eq(load(), 0);
    ck_assert_str_eq(config.data_dir, "./data");
}
END_TEST

START_TEST(the_runtime_directory_holds_the_socket)
{
    ck_assert_int_eq(load(), 0);
    ck_assert_str_eq(config.admin_socket, "");
    setenv("RUNTIME_DIRECTORY", "/run/headroom:/run/other", 1);
    ck_assert_int_eq(load(), 0);
    ck_assert_str_eq(config.admin_socket, "/run/headroom/admin.sock");
    ck_assert_int_eq(load("--admin-socket", "elsewhere"), 0);
    ck_assert_str_eq(config.admin_socket, "elsewhere");
    unsetenv("RUNTIME_DIRECTORY");
}
END_TEST

START_TEST(schedules_are_sections_of_their_own)
{
    ck_assert_msg(load_file("[schedule late]\ngroup = web\nfrom = 20:00\nto = 02:00\nzone = UTC\nmax = 4\n"
                            "[group web]\nmin = 2\nmax = 9\n"
                            "[schedule day]\ngroup = web\ndays = mon-fri\nfrom = 08:00\nto = 18:00\nmin = 3\n") == 0,
                  "%s", error);
    ck_assert_uint_eq(config.schedule_count, 2);
    ck_assert_str_eq(config.schedules[0].name, "day");
    ck_assert_uint_eq(config.schedules[0].nodes_min, 3);
    ck_assert_str_eq(config.schedules[1].name, "late");
    ck_assert_int_eq(config.schedules[1].from_s, 20 * 3600);
    ck_assert_uint_eq(collector_config_group(&config, "web")->nodes_max, 9);
}
END_TEST

START_TEST(errors_in_schedules_name_the_line_and_what_is_allowed)
{
    static const struct {
        const char *file, *error;
    } rows[] = {
        {"[schedule a b]\n", "headroom.conf:1: [schedule a b]: the name must be"},
        {"[schedule a]\nmin = 2\n", "headroom.conf:1: [schedule a]: group is missing"},
        {"[schedule a]\ngroup = web\n[collector]\n", "headroom.conf:1: [schedule a]: it changes nothing"},
        {"[schedule a]\ngroup = web\nmin = 3\nmax = 2\n", "headroom.conf:1: [schedule a]: min is 3 and above max"},
        {"[schedule a]\nfrom = 8\n", "headroom.conf:2: from must be a time of day from 00:00 to 23:59, got \"8\""},
        {"[schedule a]\nuntil = 8\n", "headroom.conf:2: unknown setting until; a schedule has group, days, from, to"},
        {"[schedule a]\nmin = 2\nmin = 3\n", "headroom.conf:3: min is already set in line 2"},
        {"[schedule a]\ngroup = w\nmin = 1\n[schedule a]\n", "headroom.conf:4: there are two sections [schedule a]"},
        {"[schedule a]\ngroup = w\nmin = 1\nzone = Europe/Nowhere\n",
         "headroom.conf: [schedule a]: zone: can't read the time zone \"Europe/Nowhere\""},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        ck_assert_msg(load_file(rows[i].file) < 0, "%s", rows[i].file);
        ck_assert_error_has(rows[i].error);
    }
}
END_TEST

START_TEST(signals_are_sections_of_their_own_and_sorted_by_group)
{
    unsigned count = 0;

    ck_assert_msg(load_file("[signal queue]\ngroup = web\nprogram = /bin/true\nper-node = 2\n"
                            "[signal a]\ngroup = zoo\nprogram = /bin/true\nkind = share\n"
                            "[signal p99]\ngroup = web\nkind = limit\nlimit = 0.3\nprogram = /bin/true\n"
                            "[signal z]\ngroup = api\nprogram = /bin/true\nkind = share\n") == 0,
                  "%s", error);
    const struct signal_settings *web = collector_config_signals(&config, "web", &count);
    ck_assert_uint_eq(count, 2);
    ck_assert_str_eq(web[0].name, "p99");
    ck_assert_str_eq(web[1].name, "queue");
    (void)collector_config_signals(&config, "db", &count);
    ck_assert_uint_eq(count, 0);
    ck_assert(collector_config_names(&config, "zoo"));
    ck_assert(collector_config_scales(&config, "zoo"));
    ck_assert(!collector_config_scales(&config, "default"));
}
END_TEST

START_TEST(errors_in_signals_name_the_line_and_what_is_allowed)
{
#define A "\ngroup = web\nkind = share\nprogram = /bin/true\n"
    static const struct {
        const char *file, *error;
    } rows[] = {
        {"[signal a b]\n", "headroom.conf:1: [signal a b]: the name must be up to 63 letters"},
        {"[signal a123456789b123456789c123456789d123456789e123456789f123456789g123]\n",
         "the name must be up to 63 letters"},
        {"[signal a]\nkind = load\n", "headroom.conf:1: [signal a]: group is missing"},
        {"[signal a]\nkind = x\n", "headroom.conf:2: kind must be load, share or limit, got \"x\""},
        {"[signal a]\nquota = 8\n", "headroom.conf:2: unknown setting quota; a signal has group, kind, query"},
        {"[signal a]\nkind = load\nkind = load\n", "headroom.conf:3: kind is already set in line 2"},
        {"[signal a]" A "[signal a]\n", "headroom.conf:5: there are two sections [signal a]"},
        {"[signal a]" A "[signal b]" A "[signal c]" A "[signal d]" A "[signal e]" A,
         "headroom.conf:17: [signal e]: the group web has 4 signals already"},
        {"[signal a]\ngroup = web\nkind = share\nquery = x\n",
         "headroom.conf: [signal a]: nothing says where to send its query; set url, or query-url in [collector]"},
        {"[collector]\nquery-url = engine\n", "headroom.conf:2: query-url: must begin with http:// or https://"},
        {"[group web]\ncpu-high = 50%\n[signal a]" A "target = 60%\n", "[signal a]: its target is above cpu-high"},
        {"[signal a]\ngroup = web\nkind = share\nprogram = /nowhere/x y\n",
         "headroom.conf: [signal a]: program: can't find /nowhere/x: No such file"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        ck_assert_msg(load_file(rows[i].file) < 0, "%s", rows[i].file);
        ck_assert_error_has(rows[i].error);
    }
    ck_assert_msg(load_file("[signal a]\ngroup = web\nkind = share\nquery = x\n[collector]\nquery-url = http://e\n") ==
                      0,
                  "%s", error);
}
END_TEST

START_TEST(no_node_at_all_needs_a_signal_that_shows_it)
{
#define ZERO "[group web]\nmin = 0\n"
    static const struct {
        const char *file, *error; /* NULL: none */
    } rows[] = {
        {ZERO, "headroom.conf:1: [group web]: min = 0 needs a signal of kind load"},
        {ZERO "[signal a]" A, "min = 0 needs a signal of kind load"},
        {ZERO "[signal a]\ngroup = web\nquery = x\nurl = http://e\nper-node = 1\n", "min = 0 needs a signal"},
        {ZERO "[signal a]\ngroup = web\nquery = x\nurl = http://e\nper-node = 1\nempty = 0\n", NULL},
        {ZERO "[signal a]\ngroup = web\nprogram = /bin/true\nper-node = 1\n", NULL},
        {"[collector]\nmin = 0\n", "headroom.conf: [collector]: min = 0 needs a signal"},
        {"[collector]\nmin = 0\n[signal a]\ngroup = web\nprogram = /bin/true\nper-node = 1\n",
         "headroom.conf: [collector]: min = 0 needs a signal"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        int rc = load_file(rows[i].file);
        ck_assert_msg((rc < 0) == (rows[i].error != NULL), "%s: %s", rows[i].file, error);
        if (rows[i].error != NULL)
            ck_assert_error_has(rows[i].error);
        else
            ck_assert(collector_config_group(&config, "web")->may_be_empty);
    }
}
END_TEST

START_TEST(what_is_printed_is_read_back_as_it_was)
{
    static const char *const texts[] = {
        "",
        "[group empty]\n",
        "[collector]\ncpu-high = 66.6666667%\n[group a]\ncpu-high = 59.99%\ndisk-high = 3.3%\n",
        "[collector]\ntick = 1234ms\nrotate-size = 1000000\ncpu-target = 33.3333333%\n",
        "[group a]\ncpu-high = 66.6666667%\ncpu-target = 1%\nlead-time = 1.5h\n[group b.c-d_e]\nmax = 2\n",
        "[schedule b]\ngroup = web\ndays = sat-sun\nzone = UTC\nmax = 3\n[schedule a]\ngroup = web\nmin = 2\n",
        "[signal b]\ngroup = web\nkind = share\nprogram = /bin/true a b\n[signal a]\ngroup = web\nquery = "
        "sum(x)\nurl = http://e:1\nper-node = 3.5\nmissing = 4\n[signal c]\ngroup = db\nkind = limit\nlimit = "
        "0.25\nprogram = /bin/true\n",
        "[collector]\nretain = 0\nlisten = [fe80::1%eth0]:1\ndata = a; b # c\ntoken-file = token\n",
    };
    write_file("token", KEY);
    for (size_t i = 0; i < COUNT(texts); i++) {
        ck_assert_msg(load_file(texts[i]) == 0, "%s", error);
        char *first = printed();
        struct collector_config before = config;
        config.groups = NULL; /* they are before's now */
        config.group_count = 0;
        config.schedules = NULL;
        config.schedule_count = 0;
        config.signals = NULL;
        config.signal_count = 0;
        config.keys = (struct key_ring){0};

        write_file("printed.conf", first);
        ck_assert_msg(load("--config", "printed.conf") == 0, "%s", error);
        char *second = printed();
        ck_assert_str_eq(first, second);
        ck_assert_mem_eq(&before.settings, &config.settings, sizeof config.settings);
        ck_assert_uint_eq(before.group_count, config.group_count);
        for (unsigned g = 0; g < config.group_count; g++) {
            ck_assert_str_eq(before.groups[g].name, config.groups[g].name);
            ck_assert_mem_eq(&before.groups[g].settings, &config.groups[g].settings, sizeof config.settings);
        }
        ck_assert_str_eq(before.data_dir, config.data_dir);
        ck_assert(key_ring_equal(&before.keys, &config.keys));
        free(first);
        free(second);
        collector_config_deinit(&before);
    }
}
END_TEST

START_TEST(the_text_of_the_file_has_a_hash)
{
    uint64_t none, hash = 1;

    ck_assert_int_eq(load(), 0);
    none = config.file_hash;
    ck_assert_int_eq(load_file("[collector]\nmin = 2\n"), 0);
    ck_assert_uint_ne(config.file_hash, none);
    ck_assert_int_eq(collector_config_load_hash("headroom.conf", &hash), 0);
    ck_assert_uint_eq(hash, config.file_hash);
    write_file("headroom.conf", "[collector]\nmin = 3");
    ck_assert_int_eq(collector_config_load_hash("headroom.conf", &hash), 0);
    ck_assert_uint_ne(hash, config.file_hash);
    ck_assert_int_eq(load("--config=headroom.conf"), 0);
    ck_assert_uint_eq(hash, config.file_hash);
    ck_assert_int_eq(collector_config_load_hash("nowhere", &hash), -ENOENT);
    ck_assert_int_eq(collector_config_load_hash(".", &hash), -EISDIR);
    ck_assert_uint_eq(hash, config.file_hash);
}
END_TEST

START_TEST(a_reload_takes_the_same_arguments_and_leaves_nothing_behind)
{
    char *argv[] = {(char *)"headroom-collector", (char *)"--max",          (char *)"50", (char *)"--config",
                    (char *)"headroom.conf",      (char *)"--check-config", NULL};
    char *same[COUNT(argv)];
    memcpy(same, argv, sizeof argv);

    for (unsigned i = 1; i <= 3; i++) {
        char text[64];
        struct collector_config next;
        snprintf(text, sizeof text, "[group a]\nmin = %u\n[group b]\n", i);
        write_file("headroom.conf", text);
        ck_assert_int_eq(collector_config_load(&next, (int)COUNT(argv) - 1, argv, error, sizeof error), 0);
        ck_assert_uint_eq(collector_config_group(&next, "a")->nodes_min, i);
        ck_assert_uint_eq(next.settings.nodes_max, 50);
        ck_assert(next.check);
        ck_assert_mem_eq(same, argv, sizeof argv);
        collector_config_deinit(&next);

        /* found wrong only when the groups are there */
        write_file("headroom.conf", "[group a]\n[group b]\nmin = 51\n");
        memset(&next, 42, sizeof next);
        struct collector_config before = next;
        ck_assert_int_eq(collector_config_load(&next, (int)COUNT(argv) - 1, argv, error, sizeof error), -EINVAL);
        ck_assert_mem_eq(&next, &before, sizeof next);
    }
}
END_TEST

START_TEST(changes_that_need_a_restart_are_named)
{
    static const char *const restart[] = {"listen",       "data",       "history",       "ack-interval",
                                          "max-agents",   "http",       "http-insecure", "http-connections",
                                          "admin-socket", "memory-max", "insecure"};
    struct collector_config before;
    char names[CONFIG_NAMES_MAX];
    char *argv[] = {(char *)"headroom-collector", NULL};

    write_file("token", KEY);
    write_file("revoked", "");
    write_file("http-token", "t0ken");
    write_certificates();
    ck_assert_int_eq(collector_config_load(&before, 1, argv, error, sizeof error), 0);
    for (size_t i = 0; i < COUNT(others); i++) {
        const char *name = others[i].name, *expected = NULL;
        for (size_t r = 0; r < COUNT(restart); r++)
            if (strcmp(restart[r], name) == 0)
                expected = restart[r];
        char flag[64];
        snprintf(flag, sizeof flag, "--%s=%s", name, others[i].value);
        if (strcmp(others[i].value, "https.pem") == 0 || strcmp(others[i].value, "https.key") == 0)
            continue; /* only together */
        ck_assert_msg(load("--cert-file=cert.pem", "--key-file=key.pem", "--ca-file=ca.pem", flag) == 0, "%s", error);
        ck_assert_int_eq(collector_config_keep_fixed(&before, &config, names, sizeof names), expected != NULL);
        ck_assert_str_eq(names, expected != NULL ? expected : "");
    }
    write_pair();
    ck_assert_int_eq(load("--http-cert-file=https.pem", "--http-key-file=https.key", "--http-ca-file=https.pem"), 0);
    ck_assert(collector_config_keep_fixed(&before, &config, names, sizeof names));
    ck_assert_str_eq(names, "http-cert-file, http-key-file, http-ca-file");
    ck_assert_int_eq(load_file("[group web]\nmin = 2\n"), 0);
    ck_assert(!collector_config_keep_fixed(&before, &config, names, sizeof names));

    /* all of them, and they keep their values: the next reload says it again */
    ck_assert_int_eq(load("--listen=[::1]:0", "--max-agents=7", "--history=1h", "--max=7", "--http=off",
                          "--data=elsewhere", "--http-insecure", "--insecure", "--ack-interval=2s",
                          "--http-connections=8"),
                     0);
    ck_assert(collector_config_keep_fixed(&before, &config, names, sizeof names));
    ck_assert_str_eq(
        names, "listen, insecure, max-agents, ack-interval, data, history, http, http-insecure, http-connections");
    ck_assert_str_eq(config.data_dir, "./data");
    ck_assert_uint_eq(config.agents_max, 20000);
    ck_assert_uint_eq(config.settings.nodes_max, 7);
    ck_assert(!collector_config_keep_fixed(&before, &config, names, sizeof names));
    collector_config_deinit(&before);
}
END_TEST

START_TEST(the_help_names_every_setting_with_its_default_and_exits_with_success)
{
    static char help[16384];

    pid_t child = fork();
    if (child == 0) {
        if (freopen("help", "w", stdout))
            (void)load("--help");
        _exit(42);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    FILE *file = fopen("help", "r");
    ck_assert_uint_gt(fread(help, 1, sizeof help - 1, file), 0);
    fclose(file);
    for (size_t i = 0; i < collector_config_table.count; i++) {
        const struct setting *setting = &collector_config_table.rows[i];
        char flag[64];
        if (setting->kind == SETTING_FLAG)
            snprintf(flag, sizeof flag, " --%s ", setting->name);
        else
            snprintf(flag, sizeof flag, setting->kind == SETTING_SWITCH ? " --%s[=%s]" : " --%s=%s", setting->name,
                     setting_argument(setting));
        ck_assert_msg(strstr(help, flag) != NULL, "%s", flag);
    }
    ck_assert_pstr_ne(strstr(help, "default 256M)"), NULL);
}
END_TEST

/* As it stands there, or with what stands directly behind "#" put in force. */
static void copy_example(bool in_force)
{
    char line[512];
    FILE *from = fopen(TEST_DATA "/../../packaging/headroom.conf", "r");
    FILE *to = fopen("headroom.conf", "w");
    ck_assert_ptr_nonnull(from);
    while (fgets(line, sizeof line, from))
        fputs(in_force && line[0] == '#' && line[1] != ' ' && line[1] != '\n' ? line + 1 : line, to);
    fclose(from);
    fclose(to);
}

/* How many lines "#name = ..." or "# name = ..." the example has in front of its first group. */
static unsigned lines_of_example(const char *name)
{
    char line[512], found[80];
    unsigned count = 0;
    FILE *file = fopen(TEST_DATA "/../../packaging/headroom.conf", "r");

    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof line, file) && strncmp(line, "#[group ", 8) != 0)
        if (sscanf(line, "#%79[a-z -]= ", found) == 1) {
            const char *word = found + (found[0] == ' ');
            count += strncmp(word, name, strlen(name)) == 0 && strcmp(word + strlen(name), " ") == 0;
        }
    fclose(file);
    return count;
}

START_TEST(the_example_names_every_setting_once)
{
    for (size_t i = 0; i < collector_config_table.count; i++) {
        const struct setting *setting = &collector_config_table.rows[i];
        unsigned expected = setting->scope == SETTING_FLAG_ONLY ? 0 : 1;
        ck_assert_msg(lines_of_example(setting->name) == expected, "packaging/headroom.conf has %u lines for %s",
                      lines_of_example(setting->name), setting->name);
    }
}
END_TEST

START_TEST(the_example_holds_every_setting_at_its_default)
{
    ck_assert_int_eq(load(), 0);
    char *defaults = printed();

    copy_example(false);
    ck_assert_msg(load("--config=headroom.conf") == 0, "%s", error);
    char *example = printed();
    ck_assert_str_eq(example, defaults);
    free(example);

    copy_example(true);
    ck_assert_msg(load("--config=headroom.conf") == 0, "%s", error);
    ck_assert_uint_eq(config.group_count, 1);
    ck_assert_uint_eq(collector_config_group(&config, "web")->nodes_max, 20);
    ck_assert_uint_eq(config.schedule_count, 1);
    ck_assert_uint_eq(config.signal_count, 1);
    config.group_count = 0;
    config.schedule_count = 0;
    config.signal_count = 0;
    time_zone_free(&config.schedules[0].zone);
    example = printed();
    ck_assert_str_eq(example, defaults);
    free(example);
    free(defaults);
}
END_TEST

START_TEST(https_needs_a_certificate_with_its_key)
{
    write_pair();
    ck_assert_int_eq(load("--http-cert-file", "https.pem", "--http-key-file", "https.key"), 0);
    ck_assert_int_eq(load("--http-cert-file", "https.pem"), -EINVAL);
    ck_assert_error_has("--http-cert-file: needs http-key-file");
    ck_assert_int_eq(load("--http-key-file", "https.key"), -EINVAL);
    ck_assert_error_has("--http-key-file: needs http-cert-file");
    ck_assert_int_eq(load("--history-url", "engine:8428"), -EINVAL);
    ck_assert_error_has("--history-url: must begin with http:// or https://");
    ck_assert_int_eq(load("--http-ca-file", "https.pem"), -EINVAL);
    ck_assert_error_has("--http-ca-file: needs http-cert-file");
    ck_assert_int_eq(load("--http-cert-file", "https.pem", "--http-key-file", "none"), -ENOENT);
    ck_assert_error_has("--http-cert-file: can't read none");
    ck_assert_int_eq(load_file("[collector]\nhttp-cert-file = https.pem\nhttp-key-file = https.pem\n"), -EINVAL);
    ck_assert_error_has("headroom.conf:2: http-cert-file: https.pem holds no key");
}
END_TEST

static Suite *collector_config_suite(void)
{
    Suite *suite = suite_create("collector config");
    TCase *tcase = tcase_create("collector config");
    tcase_add_checked_fixture(tcase, make_directory, remove_directory);
    tcase_add_test(tcase, without_flags_the_defaults_hold);
    tcase_add_test(tcase, every_setting_is_a_flag_and_a_line_of_the_file_and_is_printed);
    tcase_add_test(tcase, a_group_overrides_a_flag_overrides_the_file_overrides_the_default);
    tcase_add_test(tcase, a_target_that_is_not_set_follows_high);
    tcase_add_test(tcase, the_text_of_the_file_has_a_hash);
    tcase_add_test(tcase, sync_is_always_a_time_or_never);
    tcase_add_test(tcase, of_two_flags_the_last_one_counts);
    tcase_add_test(tcase, what_a_flag_overrides_must_be_right_all_the_same);
    tcase_add_test(tcase, the_tick_is_the_same_for_all_groups);
    tcase_add_test(tcase, a_group_may_have_a_mode_and_a_price_of_its_own);
    tcase_add_test(tcase, groups_are_kept_by_name);
    tcase_add_test(tcase, forms_that_the_file_may_have);
    tcase_add_test(tcase, errors_in_the_file_name_the_line_and_what_is_allowed);
    tcase_add_test(tcase, errors_in_flags_name_the_flag_and_what_is_allowed);
    tcase_add_test(tcase, a_file_that_may_not_be_read_is_an_error);
    tcase_add_test(tcase, a_line_has_an_end);
    tcase_add_test(tcase, a_path_has_up_to_4095_bytes);
    tcase_add_test(tcase, a_group_has_a_name_of_up_to_128_bytes);
    tcase_add_test(tcase, there_are_up_to_1024_groups);
    tcase_add_test(tcase, the_first_state_directory_is_the_default_of_data);
    tcase_add_test(tcase, the_runtime_directory_holds_the_socket);
    tcase_add_test(tcase, schedules_are_sections_of_their_own);
    tcase_add_test(tcase, errors_in_schedules_name_the_line_and_what_is_allowed);
    tcase_add_test(tcase, signals_are_sections_of_their_own_and_sorted_by_group);
    tcase_add_test(tcase, errors_in_signals_name_the_line_and_what_is_allowed);
    tcase_add_test(tcase, no_node_at_all_needs_a_signal_that_shows_it);
    tcase_add_test(tcase, what_is_printed_is_read_back_as_it_was);
    tcase_add_test(tcase, a_reload_takes_the_same_arguments_and_leaves_nothing_behind);
    tcase_add_test(tcase, changes_that_need_a_restart_are_named);
    tcase_add_test(tcase, https_needs_a_certificate_with_its_key);
    tcase_add_test(tcase, the_help_names_every_setting_with_its_default_and_exits_with_success);
    tcase_add_test(tcase, the_example_names_every_setting_once);
    tcase_add_test(tcase, the_example_holds_every_setting_at_its_default);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return suite_run(collector_config_suite());
}
