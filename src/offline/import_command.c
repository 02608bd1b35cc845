#include "offline/import_command.h"

#include "collector/autoscale/snapshot_file.h"
#include "collector/store/dir_lock.h"
#include "common/clock.h"
#include "common/disk_posix.h"
#include "common/error_text.h"
#include "common/flags.h"
#include "common/format.h"
#include "offline/import_state.h"
#include "offline/replay_input.h"
#include "scaler/inherit.h"
#include "scaler/scaler.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY_MS    INT64_C(86400000)
#define CORES_MIN 0.001 /* the unit in which nodes report them */
#define CORES_MAX 65536.0

struct import_run {
    struct replay_input input;
    const char *data_path;
    double cores; /* of a node; 0: not given */
    int dir;
    struct state_text old;
    struct import_moments moments;
    int64_t shift_ms; /* from the times of the records to the clock of the saved state */
    struct import_group *groups;
    unsigned count;
    struct state_text text;
};

/* ---- flags ---- */

enum { FLAG_DATA = FLAG_OWN, FLAG_CORES };

static const char about[] =
    "Puts what recorded metrics say about demand into scaler.state, so that the forecasts of a group begin with a "
    "history: the predictors with their errors, the day, and the regression."
    "\vA FILE is a metrics.csv of the collector; give several from oldest to newest, or the FOLDER that contains them, "
    "compressed or not. Stop the collector before, and give the settings that it has: --config, --tick. --group "
    "NEW=GLOB "
    "gives a group that is new, was renamed or was split the history of the nodes that it consists of. Nothing else of "
    "the saved state changes, and a group that has a history gets this one instead. Records that end more than a day "
    "ago count as of the last day, at the same time of day. Memory is not imported.\n\n"
    "A TIME is a number with a unit: 250ms, 90s, 1.5h, 7d.";

static int on_flag(int key, const char *value, void *arg)
{
    struct import_run *run = arg;

    if (key == FLAG_DATA) {
        run->data_path = value;
        return 0;
    }
    if (parse_number(value, strlen(value), &run->cores) == 0 && run->cores >= CORES_MIN && run->cores <= CORES_MAX)
        return 0;
    return error_text_set(run->input.error, sizeof run->input.error, -EINVAL,
                          "--cores: \"%.40s\" is not a number of %g to %g", value, CORES_MIN, CORES_MAX);
}

static int read_flags(struct import_run *run, int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"data", FLAG_DATA, "DIR", 0, "Data directory of the collector, which must not run", 0},
        {"cores", FLAG_CORES, "N", 0, "Cores of a node, which the files do not contain: its quota, if it has one", 0},
    };
    const struct replay_input_command command = {.program = "headroom-scaler import",
                                                 .about = about,
                                                 .title = "The import:",
                                                 .options = options,
                                                 .option_count = sizeof options / sizeof *options,
                                                 .on_flag = on_flag,
                                                 .arg = run};
    int rc = replay_input_read_flags(&run->input, &command, argc, argv);

    if (rc == 0 && (run->data_path == NULL || run->cores <= 0.0))
        return error_text_set(run->input.error, sizeof run->input.error, -EINVAL,
                              "--data DIR and --cores N are needed; see --help");
    return rc;
}

/* ---- the saved state ---- */

static int fail(struct import_run *run, int rc, const char *what)
{
    return error_text_set(run->input.error, sizeof run->input.error, rc, "%s: %s: %s", run->data_path, what,
                          rc == -EBADMSG || rc == -ENOTSUP ? "damaged, or of another version" : strerror(-rc));
}

static int open_data(struct import_run *run)
{
    char other[512];

    run->dir = open(run->data_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (run->dir < 0)
        return fail(run, -errno, "can't be opened");
    if (flock(run->dir, LOCK_EX | LOCK_NB) < 0)
        return error_text_set(run->input.error, sizeof run->input.error, -EBUSY,
                              "%s: a collector runs there; stop it first", run->data_path);
    int rc = dir_lock_look(run->dir, other, sizeof other);
    return rc < 0 ? error_text_set(run->input.error, sizeof run->input.error, rc, "%s: %s", run->data_path, other) : 0;
}

static int read_state(struct import_run *run)
{
    struct disk disk = disk_posix(run->dir);

    int rc = snapshot_file_read(&disk, &run->old);
    if (rc == -ENOENT)
        run->old.len = 0;
    else if (rc < 0)
        return fail(run, rc, SNAPSHOT_FILE_NAME);
    rc = import_state_moments(run->old.text, run->old.len, clock_wall_ms(), &run->moments);
    return rc != 0 ? fail(run, rc, SNAPSHOT_FILE_NAME) : 0;
}

/* To the last day, at the same time of day. */
static int find_shift(struct import_run *run)
{
    int64_t past_ms = clock_wall_ms() - metrics_player_last_ms(&run->input.player);
    char ahead[32];

    if (past_ms < 0) {
        format_duration(-past_ms, ahead, sizeof ahead);
        return error_text_set(run->input.error, sizeof run->input.error, -ERANGE,
                              "the last sample is %s in the future: a clock is wrong", ahead);
    }
    run->shift_ms = past_ms / DAY_MS * DAY_MS + run->moments.taken.mono_ms - run->moments.taken.wall_ms;
    return 0;
}

/* ---- the groups ---- */

static int on_decision(const struct group *group, int64_t now_ms, const struct decision *decision, void *arg)
{
    (void)group;
    (void)now_ms;
    (void)decision;
    (void)arg;
    return 0;
}

static int on_scaler(const struct group *group, const struct scaler *scaler, void *arg)
{
    struct import_run *run = arg;
    struct import_group *imported = &run->groups[run->count];

    imported->scaler = scaler_new();
    if (imported->scaler == NULL)
        return error_text_set(run->input.error, sizeof run->input.error, -ENOMEM, "out of memory");
    memcpy(imported->name, group->name, sizeof imported->name);
    run->count++;
    if (inherit_demand(imported->scaler, scaler, run->shift_ms) == 0) {
        scaler_free(imported->scaler);
        run->count--;
    }
    return 0;
}

static void set_cores(struct import_run *run)
{
    struct registry *registry = &run->input.player.registry;

    for (unsigned i = 0; i < registry->node_count; i++)
        registry->nodes[i]->cpu_milli = (uint32_t)(1000.0 * run->cores);
}

/* Root has written the file, and the collector's user must be able to read it. */
static int give_to_owner(const struct import_run *run)
{
    struct stat of_dir, of_file;

    if (fstat(run->dir, &of_dir) < 0 || fstatat(run->dir, SNAPSHOT_FILE_NAME, &of_file, AT_SYMLINK_NOFOLLOW) < 0)
        return -errno;
    if (of_file.st_uid == of_dir.st_uid)
        return 0;
    int rc = fchownat(run->dir, SNAPSHOT_FILE_NAME, of_dir.st_uid, of_dir.st_gid, AT_SYMLINK_NOFOLLOW);
    return rc < 0 ? -errno : 0;
}

static int write_state(struct import_run *run)
{
    struct disk disk = disk_posix(run->dir);

    int rc = import_state_merge(run->old.text, run->old.len, &run->moments, run->groups, run->count, &run->text);
    if (rc == 0)
        rc = snapshot_file_write(&disk, run->text.text, run->text.len);
    if (rc != 0)
        return fail(run, rc, SNAPSHOT_FILE_NAME " can't be written");
    rc = give_to_owner(run);
    return rc != 0 ? fail(run, rc, SNAPSHOT_FILE_NAME " is written, but can't be given to the directory's owner") : 0;
}

static void print_groups(const struct import_run *run)
{
    const struct metrics_player *player = &run->input.player;
    char span[32];

    format_duration(metrics_player_last_ms(player) - metrics_player_first_ms(player), span, sizeof span);
    for (unsigned i = 0; i < run->count; i++)
        (void)printf("%s: %s imported, %s\n", run->groups[i].name, span,
                     run->groups[i].is_known ? "in place of what was known" : "a new group");
}

static int import(struct import_run *run, bool *usage)
{
    run->input.exact_groups = true; /* a misspelt name would become a group */
    int rc = replay_input_read(&run->input, usage);

    if (rc == 0)
        rc = open_data(run);
    if (rc == 0)
        rc = read_state(run);
    if (rc == 0)
        rc = find_shift(run);
    if (rc != 0)
        return rc;
    run->groups = calloc(run->input.player.registry.group_count, sizeof *run->groups);
    if (run->groups == NULL)
        return error_text_set(run->input.error, sizeof run->input.error, -ENOMEM, "out of memory");
    set_cores(run);
    run->input.on_scaler = on_scaler;
    rc = replay_input_run(&run->input, false, on_decision, run);
    if (rc == 0 && run->count == 0)
        return error_text_set(run->input.error, sizeof run->input.error, -ENODATA, "the files contain no demand");
    if (rc == 0)
        rc = write_state(run);
    if (rc == 0)
        print_groups(run);
    return rc;
}

int import_command(int argc, char **argv)
{
    static struct import_run run = {.dir = -1};
    bool usage = true;

    int rc = replay_input_init(&run.input, argc);
    if (rc == 0)
        rc = read_flags(&run, argc, argv);
    if (rc == 0)
        rc = import(&run, &usage);
    if (rc != 0)
        (void)fprintf(stderr, "headroom-scaler: %s\n", run.input.error);
    for (unsigned i = 0; i < run.count; i++)
        scaler_free(run.groups[i].scaler);
    free(run.groups);
    free(run.old.text);
    free(run.text.text);
    if (run.dir >= 0)
        close(run.dir);
    replay_input_deinit(&run.input);
    return rc == 0 ? EXIT_SUCCESS : usage ? 2 : EXIT_FAILURE;
}
