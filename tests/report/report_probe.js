(() => {
  const problems = [], seen = (element) => element.getClientRects().length > 0;
  if (document.documentElement.scrollWidth > innerWidth) {
    problems.push(`the page scrolls sideways: ${document.documentElement.scrollWidth} > ${innerWidth}`);
  }
  for (const picture of document.querySelectorAll(".picture svg")) {
    if (!seen(picture)) continue;
    const name = picture.closest("figure").id, frame = picture.getBoundingClientRect();
    if (frame.left < 0 || frame.right > innerWidth + 0.5) problems.push(`${name}: wider than the window`);
    const known = new Set(), texts = [];
    for (const text of picture.querySelectorAll("text")) {
      const words = text.textContent.trim(), box = text.getBoundingClientRect(), matrix = text.getCTM();
      const place = `${words}|${Math.round(box.left)}|${Math.round(box.top)}`;
      if (!words || known.has(place)) continue; // a halo is the same text once more
      known.add(place);
      const size = parseFloat(getComputedStyle(text).fontSize) * Math.hypot(matrix.a, matrix.b);
      if (size < 9.5) problems.push(`${name}: "${words}" is ${size.toFixed(1)} px small`);
      if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1) {
        problems.push(`${name}: "${words}" is clipped`);
      }
      const slanted = Math.abs(matrix.a) > 0.01 && Math.abs(matrix.b) > 0.01;
      texts.push({ words, box, slanted });
    }
    texts.forEach((a, i) => texts.slice(i + 1).forEach((b) => {
      if (a.slanted && b.slanted) return; // their boxes overlap though they do not
      const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
      const down = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
      if (across > 1 && down > 3) problems.push(`${name}: "${a.words}" and "${b.words}" overlap`);
    }));
  }
  for (const element of document.querySelectorAll("h1, h2, h3, p, li, dt, dd, figcaption, summary, caption span")) {
    if (!seen(element) || element.closest(".skip")) continue;
    const box = element.getBoundingClientRect();
    if (box.right > innerWidth + 0.5 || box.left < -0.5) problems.push(`clipped: ${element.textContent.slice(0, 60)}`);
    if (element.scrollWidth > element.clientWidth + 1 && element.clientWidth && getComputedStyle(element).display !== "inline") {
      problems.push(`overflows: ${element.textContent.slice(0, 60)}`);
    }
  }
  return problems;
})()
