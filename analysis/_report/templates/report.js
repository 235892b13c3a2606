(() => {
  "use strict";
  const tip = document.getElementById("tip");
  let current = null;

  const place = (mark) => {
    const box = mark.getBoundingClientRect(), own = tip.getBoundingClientRect(), gap = 8;
    const x = Math.min(Math.max(box.left + box.width / 2 - own.width / 2, gap), innerWidth - own.width - gap);
    const above = box.top - own.height - gap;
    tip.style.transform = `translate(${Math.max(x, gap)}px, ${above > gap ? above : box.bottom + gap}px)`;
  };
  const twins = (mark) => {
    const key = mark.dataset.key;
    return key ? document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`) : [mark];
  };
  const hide = () => {
    if (!current) return;
    twins(current).forEach((mark) => mark.classList.remove("hot"));
    current = null;
    tip.hidden = true;
  };
  const show = (mark) => {
    if (mark === current) return;
    hide();
    current = mark;
    twins(mark).forEach((other) => other.classList.add("hot"));
    tip.textContent = mark.dataset.tip;
    tip.hidden = false;
    place(mark);
  };
  const at = (event) => event.target.closest && event.target.closest("[data-tip]");

  document.addEventListener("pointerover", (event) => { const mark = at(event); mark ? show(mark) : hide(); });
  document.addEventListener("click", (event) => { const mark = at(event); mark ? show(mark) : hide(); });
  addEventListener("scroll", () => { if (current) place(current); }, { passive: true });

  // With a figure focused, the arrow keys walk through its marks; Escape leaves them.
  document.addEventListener("keydown", (event) => {
    const figure = event.target.closest && event.target.closest("svg[tabindex]");
    if (event.key === "Escape") return hide();
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!figure || !step) return;
    const marks = [...figure.querySelectorAll("[data-tip]")];
    if (!marks.length) return;
    event.preventDefault();
    const index = marks.indexOf(current);
    show(marks[index < 0 ? (step > 0 ? 0 : marks.length - 1) : (index + step + marks.length) % marks.length]);
  });
  document.addEventListener("focusout", hide);

  // The picture's own title would pop up over the marks as the browser's tooltip: it steps aside under the pointer.
  document.querySelectorAll("svg[role=img] > title").forEach((title) => {
    const words = title.textContent, picture = title.parentNode;
    picture.addEventListener("pointerenter", () => { title.textContent = ""; });
    picture.addEventListener("pointerleave", () => { title.textContent = words; });
  });

  const value = (row, index) => {
    const text = row.cells[index].textContent.trim();
    const figure = parseFloat(text.replace(/[$,%]/g, "").replace("\u2212", "-"));
    return Number.isNaN(figure) ? text : figure;
  };
  const compare = (a, b) =>
    typeof a === typeof b ? (typeof a === "number" ? a - b : a.localeCompare(b)) : typeof a === "number" ? -1 : 1;
  const sort = (head) => {
    const heads = [...head.parentNode.cells], index = heads.indexOf(head);
    const down = head.getAttribute("aria-sort") === "ascending";
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const body = head.closest("table").tBodies[0];
    const rows = [...body.rows].sort((a, b) => (down ? -1 : 1) * compare(value(a, index), value(b, index)));
    body.append(...rows);
  };
  document.querySelectorAll("table.sortable thead th").forEach((head) => {
    head.tabIndex = 0;
    head.title = "Sort by this column";
    head.addEventListener("click", () => sort(head));
    head.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); sort(head); }
    });
  });
})();
