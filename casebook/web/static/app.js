"use strict";
// Adds keys to pages that work without it. It sends nothing by itself: each key presses a button or follows a link that is there.
(() => {
  const typing = (target) => target.closest("input:not([type=checkbox]):not([type=range]), textarea, select");
  const rows = [...document.querySelectorAll("form.cases tbody tr")];
  let at = -1;
  let group = null;
  const go = (step) => {
    at = Math.min(rows.length - 1, Math.max(0, at + step));
    const link = rows[at] && rows[at].querySelector("a.open");
    if (link) link.focus();
  };
  for (const hidden of document.querySelectorAll("[data-blink], .blink label, [data-tick]")) hidden.hidden = false;
  const blink = () => {
    for (const button of document.querySelectorAll("[data-blink]")) {
      const figure = button.closest("figure");
      const on = figure.classList.toggle("on");
      button.setAttribute("aria-pressed", String(on));
    }
  };
  for (const button of document.querySelectorAll("[data-blink]")) button.addEventListener("click", blink);
  for (const slide of document.querySelectorAll("[data-slide]")) {
    const apply = () => slide.closest("figure").querySelector(".over").style.setProperty("clip-path", `inset(0 ${100 - slide.value}% 0 0)`);
    slide.addEventListener("input", apply);
    apply();
  }
  const tick = document.querySelector("[data-tick]");
  if (tick) tick.addEventListener("click", () => {
    for (const box of document.querySelectorAll("form.cases input[type=checkbox]")) box.checked = true;
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Escape") { group = null; document.activeElement.blur(); return; }
    if (typing(event.target)) return;
    const key = event.key;
    if (group && /^[1-9]$/.test(key)) {
      const button = group[Number(key) - 1];
      if (button) { event.preventDefault(); button.click(); }
      return;
    }
    const fields = [...document.querySelectorAll(`fieldset[data-group="${CSS.escape(key)}"]`)];
    if (key && fields.length) {
      event.preventDefault();
      const folded = fields[0].closest("details");
      if (folded) folded.open = true;
      group = fields.flatMap((field) => [...field.querySelectorAll("button")]);
      for (const field of document.querySelectorAll("fieldset[data-group]")) field.classList.toggle("chosen", fields.includes(field));
      group.forEach((button, number) => button.setAttribute("data-number", String(number + 1)));
      group[0].focus();
      return;
    }
    if (key === " " && document.querySelector("[data-blink]") && !event.target.closest("button, summary")) { event.preventDefault(); blink(); return; }
    if (rows.length && (key === "j" || key === "k")) { event.preventDefault(); go(key === "j" ? 1 : -1); return; }
    if (rows.length && key === "x" && rows[at]) { const box = rows[at].querySelector("input[type=checkbox]"); if (box) box.checked = !box.checked; return; }
    const found = [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key);
    if (found) {
      event.preventDefault();
      if (found.matches("input")) found.focus(); else found.click();
    }
  });
})();
