/* The probe on each case of tests/data/agent-cases.txt, which describes its form. */
#include "agent/sampling/probe.h"

#include "agent/config/config.h"
#include "support/log_capture.h"
#include "support/suite.h"

#include <ftw.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define CASES_MAX   256
#define TOLERANCE   0.02
#define INTERVAL_MS 500U

static char text[256 * 1024];
static const char *cases[CASES_MAX]; /* each behind its "case "; the first is "ordinary" */
static unsigned case_count;
static char root[] = "/tmp/check_agent_cases.XXXXXX";
static uint64_t uptime_ms;

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);

/* A busy machine takes its time between two readings. */
int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    if (clock != CLOCK_BOOTTIME)
        return __real_clock_gettime(clock, now);
    *now = (struct timespec){.tv_sec = (time_t)(uptime_ms / 1000), .tv_nsec = (long)(uptime_ms % 1000) * 1000000};
    return 0;
}

static void read_cases(void)
{
    FILE *file = fopen(TEST_DATA "/agent-cases.txt", "r");

    if (file == NULL || fread(text, 1, sizeof text - 1, file) == 0)
        exit(EXIT_FAILURE);
    fclose(file);
    for (char *at = text; (at = strstr(at, "\ncase ")) != NULL && case_count < CASES_MAX; case_count++) {
        *at = '\0'; /* ends the case before */
        at += strlen("\ncase ");
        cases[case_count] = at;
    }
}

/* ---- the files of a case ---- */

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

static const char *in_root(const char *name, size_t len)
{
    static char path[PATH_MAX];

    ck_assert_int_lt(snprintf(path, sizeof path, "%s/%.*s", root, (int)len, name), (int)sizeof path);
    return path;
}

static void make_folders(char *path, bool last)
{
    for (char *slash = path + strlen(root) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        (void)mkdir(path, 0777);
        *slash = '/';
    }
    if (last)
        (void)mkdir(path, 0777);
}

/* Writes the lines that begin with a '|', over the file that is there: who has it open sees it, as in /proc. */
static void write_file(const char *name, size_t name_len, const char *lines)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s", in_root(name, name_len));
    make_folders(path, false);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    for (; *lines == '|'; lines += strcspn(lines, "\n"), lines += *lines == '\n') {
        bool newline = true;
        for (const char *c = lines + 1; *c != '\n' && *c != '\0'; c++) {
            if (*c != '\\') {
                fputc(*c, file);
                continue;
            }
            c++;
            newline = newline && *c != 'c';
            if (*c != 'c')
                fputc(*c == 'r' ? '\r' : '\0', file);
        }
        if (newline)
            fputc('\n', file);
    }
    ck_assert_int_eq(fclose(file), 0);
}

/* Carries out the lines of the case that begin with a word; moves on to the next line. */
static void for_each(const char *lines, const char *word, void (*act)(const char *rest, size_t len, const char *next))
{
    while (*lines != '\0') {
        size_t len = strcspn(lines, "\n");
        const char *next = lines + len + (lines[len] == '\n');

        if (strncmp(lines, word, strlen(word)) == 0)
            act(lines + strlen(word), len - strlen(word), next);
        lines = next;
    }
}

static void on_file(const char *name, size_t len, const char *next)
{
    write_file(name, len, next);
}

static void on_folder(const char *name, size_t len, const char *next)
{
    char path[PATH_MAX];

    (void)next;
    snprintf(path, sizeof path, "%s", in_root(name, len));
    make_folders(path, true);
}

static void on_no(const char *name, size_t len, const char *next)
{
    (void)next;
    ck_assert_int_eq(remove(in_root(name, len)), 0);
}

static void on_bare(const char *rest, size_t len, const char *next)
{
    (void)rest;
    (void)len;
    (void)next;
    ck_assert_int_eq(nftw(in_root("sys", 3), remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* ---- the case ---- */

static struct sample sample; /* the second reading */
static const char *case_name;

static void on_expect(const char *rest, size_t len, const char *next)
{
    char name[64], value[64];
    unsigned m = 0;

    (void)next;
    ck_assert_int_lt((int)len, 120);
    ck_assert_int_eq(sscanf(rest, "%63s %63s", name, value), 2);
    while (m < METRIC_COUNT && strcmp(metric_table[m].name, name) != 0)
        m++;
    ck_assert_msg(m < METRIC_COUNT, "%s: no metric %s", case_name, name);
    if (strcmp(value, "absent") == 0)
        ck_assert_msg(!sample_has(&sample, m), "%s: %s is not absent", case_name, name);
    else if (!sample_has(&sample, m))
        ck_abort_msg("%s: %s is absent", case_name, name);
    else if (metric_table[m].kind == METRIC_COUNTER)
        ck_assert_msg(sample.value[m].counter == strtoull(value, NULL, 10), "%s: %s is %llu", case_name, name,
                      (unsigned long long)sample.value[m].counter);
    else
        ck_assert_msg(fabs(sample.value[m].gauge - strtod(value, NULL)) <= TOLERANCE, "%s: %s is %f", case_name, name,
                      sample.value[m].gauge);
}

static void begin(void)
{
    log_capture_start();
    strcpy(strrchr(root, '.'), ".XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
}

static void end(void)
{
    (void)nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

START_TEST(second_reading_is_as_expected)
{
    struct agent_config config = {.interval_ms = 60000}; /* the deadline is as late as it can be */
    const char *lines = cases[_i];
    struct probe *probe;

    case_name = strndup(lines, strcspn(lines, "\n"));
    for_each(cases[0], "dir ", on_folder);
    for_each(cases[0], "file ", on_file);
    for_each(lines, "bare", on_bare);
    for_each(lines, "no ", on_no);
    for_each(lines, "dir ", on_folder);
    for_each(lines, "file ", on_file);

    snprintf(config.root, sizeof config.root, "%s", root);
    uptime_ms = 100000;
    ck_assert_int_eq(probe_new(&config, &probe), 0);
    for_each(lines, "then ", on_file);
    uptime_ms += INTERVAL_MS;
    probe_read(probe, probe_deadline_ms(probe), &sample);
    (void)sample_clean(&sample);
    for_each(lines, "expect ", on_expect);
    probe_free(probe);
    free((void *)case_name);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("agent_cases");
    TCase *tests = tcase_create("cases");

    read_cases();
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_loop_test(tests, second_reading_is_as_expected, 0, (int)case_count);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
