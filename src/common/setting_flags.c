#include "common/setting_flags.h"

#include "common/error_text.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define REASON_MAX 512U

struct run {
    const struct setting_flags *flags;
    char *error;
    size_t error_size;
};

struct argp_option setting_flags_option(const struct setting *setting, int key, int group)
{
    return (struct argp_option){
        .name = setting->name,
        .key = key,
        .arg = setting_argument(setting),
        .flags = setting->kind == SETTING_SWITCH ? OPTION_ARG_OPTIONAL : 0,
        .doc = setting->help,
        .group = group,
    };
}

char *setting_flags_help(const struct setting_table *table, int first_key, int key, const char *text)
{
    char *help = NULL;

    if (key >= first_key && (size_t)(key - first_key) < table->count)
        help = setting_help(&table->rows[key - first_key]);
    return help != NULL ? help : (char *)text;
}

static int on_flag(int key, const char *value, void *arg)
{
    const struct run *run = arg;
    size_t index = (size_t)(key - FLAG_OWN);
    const struct setting *setting = &run->flags->table->rows[index];
    void *field = setting_field(setting, run->flags->owner);
    char reason[REASON_MAX];

    /* the first address replaces the default, the others are appended */
    if (setting->kind == SETTING_ADDRESSES && !run->flags->given[index])
        memset(field, 0, sizeof(struct address_list));
    if (setting_set(setting, field, value != NULL ? value : "on", reason, sizeof reason) != 0)
        return error_text_set(run->error, run->error_size, -EINVAL, "--%s %s", setting->name, reason);
    run->flags->given[index] = true;
    return 0;
}

int setting_flags_parse(const struct setting_flags *flags, int argc, char **argv, char *error, size_t error_size)
{
    static const struct argp_option standard[] = {{.doc = "This program:", .group = -1}, FLAGS_STANDARD, {0}};
    struct argp_option options[SETTING_FLAGS_MAX + sizeof standard / sizeof *standard];
    const struct setting_table *table = flags->table;
    size_t count = 0;

    for (int i = 0; flags->headings[i] != NULL; i++)
        options[count++] = (struct argp_option){.doc = flags->headings[i], .group = i + 1};
    assert(count + table->count <= SETTING_FLAGS_MAX);
    for (size_t i = 0; i < table->count; i++)
        options[count++] = setting_flags_option(&table->rows[i], FLAG_OWN + (int)i, (int)table->rows[i].heading + 1);
    memcpy(&options[count], standard, sizeof standard);

    struct run run = {.flags = flags, .error = error, .error_size = error_size};
    struct flags parsed = {.program = flags->program,
                           .about = flags->about,
                           .options = options,
                           .help = flags->help,
                           .on_flag = on_flag,
                           .arg = &run};
    return flags_parse(&parsed, argc, argv, error, error_size);
}
