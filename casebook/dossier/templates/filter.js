"use strict";
(() => {
  const form = document.querySelector("form.filters");
  const rows = [...document.querySelectorAll("tbody tr[data-text]")];
  const told = document.getElementById("shown");
  if (!form) return;
  form.hidden = false;
  const apply = () => {
    const words = form.elements.words.value.toLocaleLowerCase();
    let shown = 0;
    for (const row of rows) {
      const fits = ["verdict", "brand", "relation", "outcome"].every((name) => {
        const field = form.elements[name];
        return !field || !field.value || row.dataset[name] === field.value;
      });
      row.hidden = !(fits && row.dataset.text.toLocaleLowerCase().includes(words));
      shown += row.hidden ? 0 : 1;
    }
    told.textContent = `${shown} of ${rows.length} shown`;
  };
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  apply();
})();
