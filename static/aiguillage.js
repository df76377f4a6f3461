/* Saves taps; every page works without it. Nothing is stored, nothing is sent elsewhere. */
"use strict";

/* Suggestions under the town field: WAI-ARIA combobox with a list. */
const field = document.querySelector("input[role=combobox]");
if (field) {
  const list = document.getElementById(field.getAttribute("aria-controls"));
  const status = document.getElementById("q-annonce");
  let active = -1, asked = "";

  const close = () => {
    list.hidden = true;
    active = -1;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  };
  const point = (index) => {
    const options = [...list.children];
    active = (index + options.length) % options.length;
    options.forEach((option, number) => option.setAttribute("aria-selected", String(number === active)));
    field.setAttribute("aria-activedescendant", options[active].id);
    options[active].scrollIntoView({ block: "nearest" });
  };
  const choose = (option) => {
    const target = new URL(option.dataset.url, location.href);
    new FormData(field.form).forEach((value, name) => {
      if (name !== "q") target.searchParams.set(name, value);
    });
    if (field.form.target) open(target, field.form.target);
    else location.assign(target);
  };
  const show = (found) => {
    list.replaceChildren(...found.map((one, number) => {
      const option = document.createElement("li");
      option.id = `q-choix-${number}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.dataset.url = one.url;
      const name = document.createElement("strong");
      name.textContent = one.name;
      option.append(name, `${one.department ? ` (${one.department})` : ""} · ${one.department_name}`);
      option.addEventListener("mousedown", (event) => { event.preventDefault(); choose(option); });
      return option;
    }));
    list.hidden = !found.length;
    active = -1;
    field.setAttribute("aria-expanded", String(found.length > 0));
    field.removeAttribute("aria-activedescendant");
    status.textContent = found.length ? status.dataset.many.replace("{n}", found.length) : "";
  };
  let waiting;
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    asked = field.value.trim();
    if (asked.length < 2) { close(); return; }
    waiting = setTimeout(async () => {
      const wanted = asked;
      try {
        const address = new URL(field.dataset.suggestions, location.href);
        address.searchParams.set("q", wanted);
        const answer = await fetch(address);
        if (answer.ok && wanted === asked) show(await answer.json());
      } catch { close(); }
    }, 120);
  });
  field.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown") { event.preventDefault(); point(active + 1); }
    else if (event.key === "ArrowUp") { event.preventDefault(); point(active < 0 ? -1 : active - 1); }
    else if (event.key === "Escape") { event.preventDefault(); close(); }
    else if (event.key === "Enter" && active >= 0) { event.preventDefault(); choose(list.children[active]); }
  });
  field.addEventListener("blur", close);
}

/* Near me: the position is rounded to a hundredth of a degree before it leaves. */
const near = document.getElementById("pres-de-moi");
if (near && navigator.geolocation) {
  near.hidden = false;
  near.addEventListener("click", () => {
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      const target = new URL(near.dataset.url, location.href);
      new FormData(near.form).forEach((value, name) => { if (name !== "q") target.searchParams.set(name, value); });
      target.searchParams.set("lat", coords.latitude.toFixed(2));
      target.searchParams.set("lon", coords.longitude.toFixed(2));
      location.assign(target);
    }, () => { document.getElementById("position-refusee").hidden = false; }, { maximumAge: 600000, timeout: 15000 });
  });
}

/* Share and print. */
for (const button of document.querySelectorAll("[data-copier]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(new URL(button.dataset.copier, location.href).href);
    button.textContent = button.dataset.fait;
  });
}
for (const button of document.querySelectorAll("[data-imprimer]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
