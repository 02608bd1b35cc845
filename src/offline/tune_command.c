#include "offline/tune_command.h"

#include "common/error_text.h"
#include "offline/load_flags.h"
#include "offline/progress.h"
#include "offline/tune.h"
#include "offline/tune_picture.h"
#include "offline/tune_report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ERROR_MAX 512

enum { STATUS_OK, STATUS_FAILED, STATUS_USAGE };

struct tuning {
    struct load_flags flags;
    struct loads loads;
    struct tune_search search;
    struct progress progress;
    char error[ERROR_MAX];
};

static const char about[] =
    "Searches settings of the scaler that suit a load better than the present ones: price, cpu-high, stabilization and "
    "lead-time. Prints how many nodes they need against how long utilisation is above the present cpu-high, and a "
    "recommendation."
    "\vA load is a group of recorded metrics: of one metrics.csv of the collector, several from oldest to newest, or a "
    "FOLDER of them, compressed or not. Or it is a trace, a CSV file with the columns timestamp_s and demand.\n\n"
    "The settings are tried on the first half of the load, and the best of them are checked on the second half, which "
    "the "
    "search has not seen. If these are not better there, too, or if there are less than four days, the command "
    "recommends "
    "to keep the present settings: those that are given as flags, and otherwise the defaults. What is better depends "
    "on "
    "--price: the cost of an hour above cpu-high, in hours of the mean fleet.\n\n"
    "A TIME is a number with a unit: 250ms, 90s, 1.5h, 7d.";

static void on_progress(size_t done, size_t all, void *arg)
{
    progress_at(arg, done, all);
}

/* Errors are found when the file is closed. */
static void on_text(const char *text, size_t len, void *arg)
{
    (void)fwrite(text, 1, len, arg);
}

static int write_picture(struct tuning *tuning, const struct load *load)
{
    const char *path = tuning->flags.svg_path;
    FILE *file = fopen(path, "we");

    if (file == NULL)
        return error_text_set(tuning->error, sizeof tuning->error, -errno, "%s: can't be written: %s", path,
                              strerror(errno));
    tune_picture_write(&tuning->search, load->name, &(struct svg){.on_text = on_text, .arg = file});
    bool failed = ferror(file) != 0;
    if (fclose(file) != 0 || failed)
        return error_text_set(tuning->error, sizeof tuning->error, -EIO, "%s: can't be written: %s", path,
                              failed ? "a write failed" : strerror(errno));
    return 0;
}

static int report(struct tuning *tuning, const struct load *load, size_t steps, bool is_short)
{
    int rc = 0;

    if (tuning->flags.json)
        rc = is_short ? tune_report_json_short(load, steps, stdout) : tune_report_json(&tuning->search, load, stdout);
    else if (is_short)
        tune_report_print_short(load, steps, stdout);
    else
        tune_report_print(&tuning->search, load, stdout);
    if (rc != 0)
        return error_text_set(tuning->error, sizeof tuning->error, rc, "can't write the results");
    return tuning->flags.svg_path != NULL && !is_short ? write_picture(tuning, load) : 0;
}

static int tune_load(struct tuning *tuning, const struct load *load)
{
    struct load_play play;

    int rc = load_flags_play(&tuning->flags, load, &play);
    if (rc != 0)
        return rc;
    const struct tune_load searched = {.setup = play.setup,
                                       .tuning_steps = play.setup.steps / 2,
                                       .limit = play.settings.thresholds[RESOURCE_CPU].high};
    bool is_short = (int64_t)play.setup.steps * REPLAY_STEP_MS < TUNE_LOAD_MS_MIN;
    if (!is_short) {
        progress_begin(&tuning->progress, load->name);
        rc = tune_run(&tuning->search, &searched, &play.settings, on_progress, &tuning->progress);
        progress_end(&tuning->progress);
    }
    rc = rc != 0 ? error_text_set(tuning->error, sizeof tuning->error, rc, "out of memory")
                 : report(tuning, load, searched.setup.steps, is_short);
    load_play_deinit(&play);
    return rc;
}

static int run(struct tuning *tuning)
{
    int rc = load_flags_read_loads(&tuning->flags, &tuning->loads);

    for (size_t i = 0; i < tuning->loads.count && rc == 0; i++) {
        if (i > 0 && !tuning->flags.json)
            (void)fputs("\n\n", stdout);
        rc = tune_load(tuning, &tuning->loads.loads[i]);
    }
    if (rc == 0 && fflush(stdout) != 0)
        rc =
            error_text_set(tuning->error, sizeof tuning->error, -errno, "can't write the results: %s", strerror(errno));
    return rc;
}

int tune_command(int argc, char **argv)
{
    static struct tuning tuning;
    const struct load_flags_command command = {.program = "headroom-scaler tune", .about = about};
    int status = STATUS_USAGE;

    if (load_flags_read(&tuning.flags, &command, argc, argv, tuning.error, sizeof tuning.error) == 0) {
        status = run(&tuning) == 0 ? STATUS_OK : STATUS_FAILED;
        load_flags_deinit(&tuning.flags);
    }
    if (status != STATUS_OK)
        (void)fprintf(stderr, "headroom-scaler: %s\n", tuning.error);
    loads_deinit(&tuning.loads);
    return status;
}
