/* Light or dark: as the system has it, or as chosen here and remembered. Not a module, so that it runs before the page is
 * drawn for the first time. The event "themechange" of the window says that the colours are others. */
"use strict";
{
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;
  let choice = "auto";
  try { choice = localStorage.getItem("headroom-theme") || choice; } catch { /* private browsing */ }

  const apply = () => {
    root.dataset.theme = choice === "light" || choice === "dark" ? choice : dark.matches ? "dark" : "light";
    dispatchEvent(new Event("themechange"));
  };
  apply();
  dark.addEventListener("change", apply);
  document.addEventListener("DOMContentLoaded", () => {
    const select = document.getElementById("theme");
    select.value = choice;
    select.addEventListener("change", () => {
      choice = select.value;
      try { localStorage.setItem("headroom-theme", choice); } catch { /* private browsing */ }
      apply();
    });
  });
}
