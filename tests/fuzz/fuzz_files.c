#include "fuzz/fuzz_files.h"

#include "fuzz/fuzz.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#define FILES_MAX 4U

static char folder[PATH_MAX / 2];
static char paths[FILES_MAX][PATH_MAX];
static pid_t owner;

static void remove_all(void)
{
    if (getpid() != owner)
        return;
    for (unsigned i = 0; i < FILES_MAX && paths[i][0] != '\0'; i++)
        (void)unlink(paths[i]);
    (void)rmdir(folder);
}

static void make_folder(void)
{
    const char *parent = getenv("TMPDIR");

    snprintf(folder, sizeof folder, "%s/headroom-fuzz.XXXXXX", parent != NULL ? parent : "/tmp");
    MUST(mkdtemp(folder) != NULL);
    owner = getpid();
    MUST(atexit(remove_all) == 0);
}

const char *fuzz_files_write(const char *name, const void *data, size_t len)
{
    unsigned i = 0;

    if (folder[0] == '\0')
        make_folder();
    while (paths[i][0] != '\0' && strcmp(paths[i] + strlen(folder) + 1, name) != 0)
        MUST(++i < FILES_MAX);
    snprintf(paths[i], sizeof paths[i], "%s/%s", folder, name);
    FILE *file = fopen(paths[i], "we");
    MUST(file != NULL && fwrite(data, 1, len, file) == len && fclose(file) == 0);
    return paths[i];
}
