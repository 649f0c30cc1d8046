// Finding, copying and opening. All content is there without it.
(() => {
  "use strict";
  const all = (selector) => [...document.querySelectorAll(selector)];
  for (const button of all(".copy")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const code = button.parentElement.querySelector("code");
      const range = document.createRange();
      range.selectNodeContents(code);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      try { await navigator.clipboard.writeText(code.textContent); } catch { document.execCommand("copy"); }
      const word = button.firstChild;
      word.data = "Copied";
      setTimeout(() => { word.data = "Copy"; }, 1500);
    });
  }
  const form = document.querySelector(".find");
  form.hidden = false;
  const query = document.getElementById("q");
  const only = document.getElementById("only");
  const found = document.getElementById("found");
  form.addEventListener("submit", (event) => event.preventDefault());
  const items = all("[data-find]").map((element) => ({ element, text: null }));
  let timer = 0;
  const filter = () => {
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    const verdict = only.value;
    let count = 0;
    for (const item of items) {
      if (item.text === null && words.length) item.text = item.element.textContent.toLowerCase();
      const own = item.element.dataset.verdict;
      const shown = words.every((word) => item.text.includes(word)) && (!verdict || !own || own === verdict);
      item.element.hidden = !shown;
      if (shown) count += 1;
    }
    for (const fold of all(".fold")) {
      const any = fold.querySelector("tr[data-find]:not([hidden])");
      fold.hidden = !any;
      if (words.length && any) fold.open = true;
    }
    found.textContent = words.length || verdict ? `${count} of ${items.length} shown` : "";
  };
  const later = () => { clearTimeout(timer); timer = setTimeout(filter, 120); };
  query.addEventListener("input", later);
  only.addEventListener("change", filter);
  const outer = ".scenario > details, .exchange > details, .card > details, .fold";
  document.getElementById("open-all").addEventListener("click", () => all(outer).forEach((one) => { one.open = true; }));
  document.getElementById("close-all").addEventListener("click", () => all(outer).forEach((one) => { one.open = false; }));
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    target.hidden = false;
    for (let one = target; one; one = one.parentElement) if (one.tagName === "DETAILS") one.open = true;
    const inside = target.querySelector(":scope > details");
    if (inside) inside.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  if (location.hash) reveal();
  let closed = [];
  addEventListener("beforeprint", () => { closed = all("details:not([open], .quiet)"); closed.forEach((one) => { one.open = true; }); });
  addEventListener("afterprint", () => closed.forEach((one) => { one.open = false; }));
})();
