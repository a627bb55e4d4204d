"use strict";
// Adds keys to pages that work without it: each key presses a button or follows a link that is there. What is typed into a form
// is kept on our own server until the form is sent; nothing else is sent by itself.
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
  // the queue as a table or as cards: on a narrow screen cards, until somebody chooses
  const chooser = document.querySelector(".views");
  const list = document.querySelector("form.cases");
  const showAs = (view) => {
    list.classList.toggle("as-cards", view === "cards");
    for (const button of chooser.querySelectorAll("[data-view]")) button.setAttribute("aria-pressed", String(button.dataset.view === view));
  };
  if (chooser && list) {
    chooser.hidden = false;
    showAs(localStorage.getItem("partnerproof-queue") || (matchMedia("(max-width: 40rem)").matches ? "cards" : "table"));
    for (const button of chooser.querySelectorAll("[data-view]")) button.addEventListener("click", () => {
      localStorage.setItem("partnerproof-queue", button.dataset.view);
      showAs(button.dataset.view);
    });
  }
  const tick = document.querySelector("[data-tick]");
  if (tick) tick.addEventListener("click", () => {
    for (const box of document.querySelectorAll("form.cases input[type=checkbox]")) box.checked = true;
  });
  // Space never decides: it blinks, and Enter or a digit presses a button
  for (const kind of ["keydown", "keyup"]) document.addEventListener(kind, (event) => {
    if (event.key === " " && event.target.closest("form[action='/decide'] button:not([type=button]), form[action='/approve'] button, form[action='/later'] button, button[name=step]")) event.preventDefault();
  });
  // the second click of a double click, which the page of the next case gets, does not decide that case
  if (new URLSearchParams(location.search).has("done")) document.addEventListener("click", (event) => {
    if (event.detail > 0 && performance.now() < 700 && event.target.closest("form[action='/decide'] button:not([type=button])")) event.preventDefault();
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
      fields[0].setAttribute("tabindex", "-1");
      fields[0].focus();
      return;
    }
    if (key === " " && document.querySelector("[data-blink]") && !event.target.closest("button[data-blink], summary")) { event.preventDefault(); blink(); return; }
    if (rows.length && (key === "j" || key === "k")) { event.preventDefault(); go(key === "j" ? 1 : -1); return; }
    if (rows.length && key === "x" && rows[at]) { const box = rows[at].querySelector("input[type=checkbox]"); if (box) box.checked = !box.checked; return; }
    const found = [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key);
    if (found) {
      event.preventDefault();
      if (found.matches("input")) found.focus(); else found.click();
    }
  });

  // a job's page, and the list of jobs, follow what happens: the same page is asked for again, and what is live is put in the old one's place
  const followed = () => document.querySelector("[data-live=on]");
  const follow = () => {
    const old = followed();
    if (!old) return;
    const isRead = document.hidden || (old.contains(document.activeElement) && document.activeElement !== document.body);
    const asked = isRead ? Promise.resolve("") : fetch(location.href, { redirect: "manual" }).then((answer) => answer.ok ? answer.text() : "");
    asked.then((text) => {
      const fresh = text && new DOMParser().parseFromString(text, "text/html").getElementById(old.id);
      if (fresh && fresh.innerHTML !== old.innerHTML) {
        const line = old.querySelector("[role=status]"), words = fresh.querySelector("[role=status]");
        if (line && words) { // the line that is read out stays the same element, so that its change is told
          line.replaceChildren(...words.childNodes);
          words.replaceWith(line);
        }
        old.replaceChildren(...fresh.childNodes);
        old.dataset.live = fresh.dataset.live;
      }
    }, () => {}).finally(() => setTimeout(follow, 2000));
  };
  if (followed()) setTimeout(follow, 2000);

  // what is typed is kept: half a second after the last key, and when the page is left
  const forms = [...document.querySelectorAll("form[data-keep]")];
  const dirty = new Set();
  const ours = (field) => field.name && !["csrf", "once", "query", "keep", "case", "from"].includes(field.name)
    && field.matches("textarea, select, input:not([type=file]):not([type=checkbox]):not([type=radio])") ;
  const typedIn = (form) => {
    const fields = {};
    for (const field of form.elements) if (ours(field)) fields[field.name] = field.value;
    return fields;
  };
  const say = (form, words) => {
    const line = form.querySelector(".kept");
    if (line) { line.hidden = false; line.textContent = words; }
  };
  const keep = (form, fields, alive) => fetch("/kept", {
    method: "POST", keepalive: alive, redirect: "manual",
    body: new URLSearchParams({ csrf: form.elements.csrf.value, form: form.dataset.keep, fields: JSON.stringify(fields) }),
  });
  const isChanged = (field) => field.matches("select")
    ? [...field.options].some((option) => option.selected !== option.defaultSelected) && [...field.options].some((option) => option.defaultSelected)
    : field.value !== field.defaultValue;
  for (const form of forms) {
    let timer = 0;
    if (form.dataset.kept) {
      const kept = JSON.parse(form.dataset.kept);
      for (const field of form.elements) if (ours(field) && field.name in kept) field.value = kept[field.name];
      say(form, `What you typed on ${new Date(form.dataset.keptAt).toLocaleString()} is back. It is not sent yet. `);
      const forget = document.createElement("button");
      forget.type = "button";
      forget.textContent = "Forget it";
      forget.addEventListener("click", () => keep(form, {}, false).then(() => { dirty.clear(); location.reload(); }));
      form.querySelector(".kept").append(forget);
    }
    const keepSoon = (wait_ms) => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        keep(form, typedIn(form), false).then((answer) => {
          if (answer.status === 204) say(form, `Kept at ${new Date().toLocaleTimeString()}, not sent yet.`);
          else if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) say(form, "Not kept: your session has ended. Send it, and log in again.");
          else { say(form, "Not kept yet: the server is busy. It is tried again."); keepSoon(5000); }
        }, () => { say(form, "Not kept yet: the server can't be reached. It stays on this page, and is tried again."); keepSoon(5000); });
      }, wait_ms);
    };
    form.addEventListener("input", () => { dirty.add(form); keepSoon(500); });
    form.addEventListener("submit", () => { clearTimeout(timer); dirty.clear(); });
    // what was typed before this script ran
    if (!form.dataset.kept && [...form.elements].some((field) => ours(field) && isChanged(field))) { dirty.add(form); keepSoon(500); }
  }
  addEventListener("pagehide", () => { for (const form of dirty) keep(form, typedIn(form), true); });
  addEventListener("beforeunload", (event) => { if (dirty.size) event.preventDefault(); });
})();
