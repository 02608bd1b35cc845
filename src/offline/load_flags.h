/* The shared part of the commands that play loads to a simulated fleet: their flags, the loads, and the simulation's
 * setup. */
#ifndef OFFLINE_LOAD_FLAGS_H
#define OFFLINE_LOAD_FLAGS_H

#include "collector/config/config.h"
#include "common/flags.h"
#include "offline/loads.h"
#include "offline/sim_policy.h"

#include <argp.h>

#define LOAD_FLAGS_COMMAND_OPTIONS_MAX 10U

/* Groups of argp's options, in the order of --help: the simulation, the replay of the loads, what only one command has,
 * and the settings of the scaler. */
enum load_flags_group {
    LOAD_FLAGS_GROUP_RUN = 1,
    LOAD_FLAGS_GROUP_REPLAY,
    LOAD_FLAGS_GROUP_OWN,
    LOAD_FLAGS_GROUP_SCALING
};

struct load_flags {
    const char **operands; /* room for all of argv; owned */
    size_t operand_count;
    struct recordings files; /* that the operands stand for */
    struct group_filter filter;
    struct replay replay; /* speed, noise and nodes: NAN if not given */
    int64_t delay_ms;
    int64_t from_ms;  /* where in a load to begin */
    int64_t first_ms; /* how much of it to play from there; 0: all of it */
    bool json;
    bool skip_bad;
    const char *svg_path;
    struct scaler_settings settings;
    bool given[COLLECTOR_SETTING_COUNT]; /* the settings that were given as flags */
    char *error;                         /* the caller's */
    size_t error_size;
};

/* A command on loads: its help, and its own flags. */
struct load_flags_command {
    const char *program;
    const char *about;                 /* see struct flags */
    const struct argp_option *options; /* keys from FLAG_OWN on, no more than LOAD_FLAGS_COMMAND_OPTIONS_MAX */
    size_t option_count;
    flag_cb *on_flag; /* writes its errors to flags->error */
    void *arg;
};

/* Returns 0, and the caller calls load_flags_deinit(); or a negative errno with the reason in error. */
int load_flags_read(struct load_flags *flags, const struct load_flags_command *command, int argc, char **argv,
                    char *error, size_t error_size);
void load_flags_deinit(struct load_flags *flags);

/* For the commands' own flags: take a time above 0 and up to most_ms, a number above 0 or from 0 on, and a share in the
 * same way. 0, or -EINVAL with the reason in flags->error. */
int load_flags_take_duration(struct load_flags *flags, const char *flag, const char *value, int64_t most_ms,
                             int64_t *ms);
int load_flags_take_number(struct load_flags *flags, const char *flag, const char *value, bool zero, double *number);
int load_flags_take_share(struct load_flags *flags, const char *flag, const char *value, bool zero, double *share);

/* Whether a file may be written: it is none of those that are read. 0, or -EINVAL with the reason in flags->error. */
int load_flags_check_output(struct load_flags *flags, const char *flag, const char *path);

/* Reads the loads, and warns on standard error of what a recording does not show. 0 or a negative errno with the reason
 * in flags->error; in both cases the caller calls loads_deinit(). */
int load_flags_read_loads(struct load_flags *flags, struct loads *loads);

/* A load as it is played. */
struct load_play {
    double *demand;                  /* owned */
    struct sim_setup setup;          /* refers to it */
    struct scaler_settings settings; /* with the maximum that suits the load, unless one was given */
};

/* Returns 0, and the caller calls load_play_deinit(); or a negative errno with the reason in flags->error. */
int load_flags_play(const struct load_flags *flags, const struct load *load, struct load_play *play);
void load_play_deinit(struct load_play *play);

#endif
