#include "agent/protect_file.h"

#include <unistd.h>

void protect_file_start(struct protect_file *file, uv_loop_t *loop, const char *path, struct sender *sender)
{
    *file = (struct protect_file){.loop = loop, .path = path, .sender = sender};
    file->look.data = file;
}

static void protect_file_on_looked(uv_fs_t *look)
{
    struct protect_file *file = look->data;
    ssize_t result = look->result;

    uv_fs_req_cleanup(look);
    file->is_looking = false;
    if (file->is_closed)
        return;
    if (result == 0)
        sender_protect(file->sender, true);
    else if (result == UV_ENOENT || result == UV_ENOTDIR)
        sender_protect(file->sender, false);
}

void protect_file_look(struct protect_file *file)
{
    if (file->path[0] == '\0' || file->is_looking || file->is_closed)
        return;
    file->is_looking = uv_fs_access(file->loop, &file->look, file->path, F_OK, protect_file_on_looked) == 0;
}

void protect_file_close(struct protect_file *file)
{
    file->is_closed = true;
    if (file->is_looking)
        (void)uv_cancel((uv_req_t *)&file->look);
}
