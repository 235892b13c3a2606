"use strict";
(() => {
  const form = document.getElementById("filters");
  const count = document.getElementById("count");
  const none = document.getElementById("none");
  const programs = [...document.querySelectorAll(".program")];
  const groups = [...document.querySelectorAll(".group")];
  const selects = [...form.querySelectorAll("select")];
  form.hidden = false;

  const fits = (program, select) => {
    if (!select.value) return true;
    const value = program.dataset[select.name];
    return select.name === "transition" ? value.includes(`[${select.value}]`) : value === select.value;
  };
  const apply = () => {
    let shown = 0;
    for (const program of programs) {
      program.hidden = !selects.every((select) => fits(program, select));
      if (!program.hidden) shown += 1;
    }
    for (const group of groups) group.hidden = !group.querySelector(".program:not([hidden])");
    none.hidden = shown > 0;
    count.textContent = `${shown} of ${programs.length} programs`;
  };
  const remember = () => {
    const chosen = new URLSearchParams(selects.filter((one) => one.value).map((one) => [one.name, one.value]));
    const text = chosen.toString();
    history.replaceState(null, "", text ? `#?${text}` : "#");
  };
  const follow = () => {
    const text = decodeURIComponent(location.hash.startsWith("#?") ? "" : location.hash.slice(1));
    if (location.hash.startsWith("#?")) {
      const chosen = new URLSearchParams(location.hash.slice(2));
      for (const select of selects) {
        const value = chosen.get(select.name) || "";
        select.value = [...select.options].some((option) => option.value === value) ? value : "";
      }
      apply();
    }
    const target = text && document.getElementById(text);
    if (!target) return;
    const program = target.closest(".program");
    if (program) {
      program.hidden = false;
      program.closest(".group").hidden = false;
      program.open = true;
    }
    target.scrollIntoView({ behavior: "instant" });
    // What has just been opened is laid out only now, and moves what is below it.
    requestAnimationFrame(() => requestAnimationFrame(() => target.scrollIntoView({ behavior: "instant" })));
  };

  form.addEventListener("change", () => { apply(); remember(); });
  form.addEventListener("reset", () => setTimeout(() => { apply(); remember(); }));
  form.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("open").addEventListener("click", () => {
    for (const program of programs) if (!program.hidden) program.open = true;
  });
  document.getElementById("close").addEventListener("click", () => {
    for (const program of programs) program.open = false;
  });
  addEventListener("hashchange", follow);
  apply();
  follow();
})();
