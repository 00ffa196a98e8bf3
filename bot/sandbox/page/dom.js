// Small hands for the DOM. Text only ever enters as text nodes.

export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("aria-") && typeof value === "boolean") {
      node.setAttribute(name, String(value));
      continue;
    }
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") node.className = value;
    else if (name === "on") for (const [event, call] of Object.entries(value)) node.addEventListener(event, call);
    else if (name === "data") Object.assign(node.dataset, value);
    else if (name in node && typeof value !== "string") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  append(node, children);
  return node;
}

export function append(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    node.append(child);
  }
  return node;
}

const PATHS = {
  send: "M3 11.5 20.5 4 15 20.5l-3.6-6.4zM11.4 14.1 20.5 4",
  clip: "M19 11.5 12 18.4a4.6 4.6 0 0 1-6.5-6.5l7.4-7.3a3 3 0 0 1 4.3 4.3l-7.3 7.2a1.5 1.5 0 0 1-2.2-2.1l6.6-6.5",
  more: "M5.5 12h.01M12 12h.01M18.5 12h.01",
  panel: "M4 5h16v14H4zM14.5 5v14",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
  moon: "M20 14.2A8.2 8.2 0 1 1 9.8 4 6.6 6.6 0 0 0 20 14.2z",
  half: "M12 3.5a8.5 8.5 0 1 0 0 17zM12 3.5a8.5 8.5 0 0 1 0 17",
  menu: "M5 7h14M5 12h14M5 17h9",
  down: "M6 9.5l6 6 6-6",
  right: "M9.5 6l6 6-6 6",
  close: "M6 6l12 12M18 6L6 18",
  plus: "M12 5v14M5 12h14",
  reply: "M10 8.5 5 13l5 4.5M5.5 13H14a5 5 0 0 1 5 5",
  edit: "M5 19l1-4L16 5l3 3L9 18z",
  bin: "M5 7h14M9.5 7V5h5v2M7 7l1 12h8l1-12",
  file: "M7 3.5h7l4 4v13H7zM14 3.5v4h4",
  lock: "M7 11h10v8H7zM9 11V8.5a3 3 0 0 1 6 0V11",
  keys: "M4 7h16v10H4zM7.5 10h.01M12 10h.01M16.5 10h.01M8 14h8",
  out: "M9 7h8v8M17 7 7 17",
  copy: "M9 9h10v10H9zM6 15H5V5h10v1",
  phone: "M7 4h3l1.5 4-2 1.5a11 11 0 0 0 5 5l1.5-2 4 1.5v3a2 2 0 0 1-2 2A14 14 0 0 1 5 6a2 2 0 0 1 2-2z",
  window: "M4 6h16v12H4zM4 10h16",
  clockface: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 8v4.2l2.8 1.8",
};

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

export function button(label, call, { kind = "", glyph = "", title = "", key } = {}) {
  const node = h("button", { type: "button", class: kind, title, data: key && { key }, on: { click: call } }, glyph ? icon(glyph) : label);
  if (glyph) node.setAttribute("aria-label", label);
  if (glyph && !title) node.title = label;
  return node;
}

// Draw anew and keep the focus, by its key, and the place.
export function redraw(node, ...children) {
  const key = node.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  const top = node.scrollTop;
  node.replaceChildren(append(document.createDocumentFragment(), children));
  node.scrollTop = top;
  if (key) node.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
}

// The arrows go from tab to tab; the tab key leaves them. `focusOn` finds the tab that was chosen.
export function arrowKeys(list, focusOn) {
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const items = [...list.children].filter((item) => !item.disabled);
    const at = items.indexOf(document.activeElement);
    if (!step || at < 0) return;
    event.preventDefault();
    focusOn(items[(at + step + items.length) % items.length]);
  });
}

export function avatar(id, name, { isBot = false, size = "" } = {}) {
  const letters = name.split(/\s+/).filter(Boolean).slice(0, 2).map((word) => [...word][0]).join("");
  if (isBot) return h("span", { class: `avatar bot ${size}` }, h("img", { src: "/sandbox/page/mark.svg", alt: "" }));
  const node = h("span", { class: `avatar ${size}`, "aria-hidden": "true" }, letters.toUpperCase());
  node.style.setProperty("--hue", String((Math.abs(id) * 47) % 360));
  return node;
}

export function dialog(title, build) {
  const box = h("dialog", { class: "sheet", "aria-label": title });
  const shut = () => box.close();
  append(box, [h("header", {}, h("h2", {}, title), button("Close", shut, { kind: "icon", glyph: "close" })), build(shut)]);
  box.addEventListener("close", () => box.remove());
  box.addEventListener("click", (event) => event.target === box && shut());
  document.body.append(box);
  box.showModal();
  return box;
}

// What this browser keeps for the page. Where it may keep nothing, everything is as at first.
export const remember = {
  get(key, fallback) {
    try {
      return JSON.parse(localStorage.getItem(`hazina.${key}`)) ?? fallback;
    } catch {
      return fallback;
    }
  },
  set(key, value) {
    attempt(() => localStorage.setItem(`hazina.${key}`, JSON.stringify(value)));
  },
  drop(isDropped) {
    attempt(() => {
      const names = Object.keys(localStorage).filter((name) => name.startsWith("hazina."));
      names.filter((name) => isDropped(name.slice("hazina.".length))).forEach((name) => localStorage.removeItem(name));
    });
  },
};

function attempt(deed) {
  try {
    deed();
  } catch {
    return;
  }
}
