#include "collector/spawn/spawn_pipe.h"

#include <unistd.h>

int spawn_pipe_open(uv_pipe_t *pipe, bool program_reads, int *end)
{
    int ends[2];
    int ours = program_reads ? 1 : 0;

    int rc = uv_pipe(ends, program_reads ? 0 : UV_NONBLOCK_PIPE, program_reads ? UV_NONBLOCK_PIPE : 0);
    if (rc < 0)
        return rc;
    (void)uv_pipe_open(pipe, ends[ours]); /* fails for descriptors of another kind only */
    *end = ends[1 - ours];
    return 0;
}

void spawn_pipe_close(const int ends[SPAWN_FILES])
{
    for (unsigned i = 0; i < SPAWN_FILES; i++)
        if (ends[i] >= 0)
            close(ends[i]);
}
