/* Light or dark before anything is drawn: by the address, and later by the page around this one. */

(() => {
  const wear = (theme) => {
    if (["light", "dark"].includes(theme)) document.documentElement.dataset.theme = theme;
  };
  wear(new URLSearchParams(location.search).get("theme"));
  window.addEventListener("message", ({ source, data }) => {
    if (source === window.parent && source !== window) wear(data?.theme);
  });
})();
