"use strict";
const form = document.getElementById("answer");
const day = new Date();
const twoDigits = (number) => String(number).padStart(2, "0");
document.getElementById("save").hidden = false;
form.elements.on.value ||= `${day.getFullYear()}-${twoDigits(day.getMonth() + 1)}-${twoDigits(day.getDate())}`;
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const fields = new FormData(form);
  const text = (name) => String(fields.get(name) ?? "").trim();
  const answer = {
    format: form.dataset.format, reference: form.dataset.reference,
    kind: text("kind"), on: text("on"), sender: text("sender"), words: text("words"),
  };
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(answer, null, 1), "\n"], { type: "application/json" }));
  link.download = form.dataset.file;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  document.getElementById("saved").hidden = false;
});
form.addEventListener("input", () => { document.getElementById("saved").hidden = true; });
addEventListener("beforeprint", () => { // a field that is longer than a page would be cut
  const printed = document.getElementById("printed");
  printed.textContent = form.elements.words.value.trim();
  document.body.classList.toggle("is-printed", printed.textContent !== "");
});
