"use strict";
// A column sorts by its numbers where all its cells begin with one, else by its text; empty cells come last.
const number = (text) => {
  const found = text.replace(/,/g, "").replace("−", "-").match(/^[<>±]?\s*([+-]?\d+(\.\d+)?)/);
  return found ? Number(found[1]) : NaN;
};

const sort = (table, column, descending) => {
  const rows = [...table.tBodies[0].rows].map((row) => [row, row.cells[column].textContent.trim()]);
  const filled = rows.filter(([, text]) => text !== "");
  const numeric = filled.every(([, text]) => !Number.isNaN(number(text)));
  const compare = numeric ? (a, b) => number(a) - number(b) : (a, b) => a.localeCompare(b, "en", { numeric: true });
  filled.sort(([, a], [, b]) => (descending ? compare(b, a) : compare(a, b)));
  table.tBodies[0].append(...filled.map(([row]) => row), ...rows.filter(([, text]) => text === "").map(([row]) => row));
};

for (const table of document.querySelectorAll("table")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    if (button.textContent.trim() === "") button.setAttribute("aria-label", "name");
    head.append(button);
    button.addEventListener("click", () => {
      const descending = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      sort(table, column, descending);
    });
  });
}

// On paper nothing is folded away
const folded = () => [...document.querySelectorAll("details:not([open])")];
let opened = [];
addEventListener("beforeprint", () => {
  opened = folded();
  opened.forEach((each) => { each.open = true; });
});
addEventListener("afterprint", () => opened.forEach((each) => { each.open = false; }));
