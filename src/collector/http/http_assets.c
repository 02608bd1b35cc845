#include "collector/http/http_assets.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* The assembler takes a file in as it is. HEADROOM_WEB is the folder, given by the build. */
#define EMBED(symbol, file)                                                                                            \
    __asm__(".section .rodata\n"                                                                                       \
            "web_" #symbol "_begin:\n.incbin \"" HEADROOM_WEB "/" file "\"\n"                                          \
            "web_" #symbol "_end:\n.byte 0\n.previous\n");                                                             \
    extern char web_##symbol##_begin[];                                                                                \
    extern char web_##symbol##_end[];

EMBED(index_html, "index.html")
EMBED(page_js, "page.js")
EMBED(base_js, "base.js")
EMBED(fleet_js, "fleet.js")
EMBED(group_js, "group.js")
EMBED(grid_js, "grid.js")
EMBED(layout_js, "layout.js")
EMBED(node_js, "node.js")
EMBED(page_css, "page.css")
EMBED(uplot_js, "uplot/uPlot.iife.min.js")
EMBED(uplot_css, "uplot/uPlot.min.css")

#define SCRIPT(name)                                                                                                   \
    {                                                                                                                  \
        "/" #name ".js", "text/javascript; charset=utf-8", web_##name##_js_begin, web_##name##_js_end                  \
    }

static const struct http_asset assets[] = {
    {"/", "text/html; charset=utf-8", web_index_html_begin, web_index_html_end},
    SCRIPT(page),
    SCRIPT(base),
    SCRIPT(fleet),
    SCRIPT(group),
    SCRIPT(grid),
    SCRIPT(layout),
    SCRIPT(node),
    {"/page.css", "text/css; charset=utf-8", web_page_css_begin, web_page_css_end},
    SCRIPT(uplot),
    {"/uplot.css", "text/css; charset=utf-8", web_uplot_css_begin, web_uplot_css_end},
};

const struct http_asset *http_asset_find(const char *path)
{
    for (size_t i = 0; i < sizeof assets / sizeof *assets; i++)
        if (strcmp(assets[i].path, path) == 0)
            return &assets[i];
    return NULL;
}

void http_asset_tag(const struct http_asset *asset, char *tag)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

    for (const char *at = asset->begin; at < asset->end; at++)
        hash = (hash ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
    (void)snprintf(tag, HTTP_ETAG_SIZE, "\"%016" PRIx64 "\"", hash);
}
