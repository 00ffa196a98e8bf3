// The page as a whole: who is shown side by side, the bar, the rail, the panel.

import { Column } from "./chat.js";
import { append, avatar, button, dialog, h, icon, remember } from "./dom.js";
import { Panel } from "./panel.js";
import { call, connect, now, on, unreadOf, world } from "./state.js";
import { clockTime, shortDay } from "./text.js";

const MAX_COLUMNS = 4;
const MIN_COLUMN_PX = 330;
const LANGUAGES = [["en", "English"], ["sw", "Swahili"], ["fr", "French"], ["pt", "Portuguese"], ["yo", "Yoruba"], ["ha", "Hausa"], ["ig", "Igbo"], ["de", "German"]];

const place = (id) => document.getElementById(id);
const columns = [];
let wanted = remember.get("columns", 3);
let focused = null;

const panel = new Panel(place("panel"), {
  onStep: (step) => {
    if (isNarrow()) setPanel(false);
    show(step.person_id).suggest(step);
  },
  onDo: doStep,
  onError: (text) => (focused ?? columns[0])?.toast(text, "bad"),
});

const narrow = window.matchMedia("(max-width: 760px)");
const isNarrow = () => narrow.matches;

function room() {
  if (isNarrow()) return 1;
  return Math.max(1, Math.min(MAX_COLUMNS, wanted, Math.floor(place("chats").clientWidth / MIN_COLUMN_PX)));
}

function layout() {
  if (!world.isReady) return;
  const shown = remember.get("shown", []).filter((id) => world.people.has(id));
  const others = [...world.people.keys()].filter((id) => !shown.includes(id));
  const ids = [...shown, ...others].slice(0, room());
  for (const column of [...columns]) if (!ids.includes(column.personId)) drop(column);
  for (const id of ids) if (!columns.some((column) => column.personId === id)) columns.push(new Column(id, { onFocus: focus, onClose: close }));
  columns.sort((a, b) => ids.indexOf(a.personId) - ids.indexOf(b.personId));
  columns.forEach((column, at) => {
    const there = place("chats").children[at];
    if (there !== column.node) place("chats").insertBefore(column.node, there ?? null);
  });
  if (!columns.includes(focused)) focus(columns[0]);
  columns.forEach((column) => column.toEnd());
  drawBar();
  drawRail();
}

function drop(column) {
  columns.splice(columns.indexOf(column), 1);
  column.node.remove();
}

function close(column) {
  wanted = Math.max(1, columns.length - 1);
  remember.set("columns", wanted);
  remember.set("shown", columns.filter((other) => other !== column).map((other) => other.personId));
  layout();
}

function focus(column) {
  if (focused === column || !column) return;
  focused = column;
  columns.forEach((other) => other.node.classList.toggle("focused", other === column));
  drawRail();
}

// The person comes into view: where shown already, else in the place of the focused column.
function show(personId) {
  let column = columns.find((other) => other.personId === personId);
  if (!column) {
    const ids = columns.map((other) => other.personId);
    const at = columns.length < room() ? columns.length : Math.max(0, columns.indexOf(focused));
    ids[at] = personId;
    remember.set("shown", ids);
    layout();
    column = columns.find((other) => other.personId === personId);
  }
  focus(column);
  column.seen();
  return column;
}

async function doStep(step) {
  if (isNarrow()) setPanel(false);
  const column = show(step.person_id);
  column.open(step.chat_id || step.person_id);
  if (step.say) {
    if (column.composer.input.value === step.say) column.composer.put("");
    return column.acts().say(step.say);
  }
  const key = column.keyNamed(step.tap);
  if (!key) {
    column.point(step.tap);
    return false;
  }
  key.click();
  return true;
}

function drawRail() {
  if (!world.isReady) return;
  const shown = columns.map((column) => column.personId);
  const faces = [...world.people.values()].map((person) => {
    const count = unreadOf(person);
    const isShown = shown.includes(person.id);
    return h("button", {
      type: "button", class: "face", "aria-pressed": isShown, "aria-current": focused?.personId === person.id,
      title: `${person.name}${person.blurb ? `\n${person.blurb}` : ""}`,
      "aria-label": `${person.name}${count ? `, ${count} unread` : ""}`,
      on: { click: () => show(person.id).composer.input.focus({ preventScroll: true }) },
    }, avatar(person.id, person.name), h("span", { class: "face-name" }, person.first_name), count > 0 && h("em", {}, count > 99 ? "99+" : String(count)));
  });
  const add = h("button", { type: "button", class: "face add", title: "Add somebody", "aria-label": "Add somebody", on: { click: newPerson } },
    h("span", { class: "avatar" }, icon("plus")), h("span", { class: "face-name" }, "New"));
  const left = place("rail").scrollLeft;
  place("rail").replaceChildren(...faces, add);
  place("rail").scrollLeft = left;
}

function drawBar() {
  place("columns").replaceChildren(...[1, 2, 3, 4].map((count) => h("button", {
    type: "button", "aria-pressed": count === columns.length, title: `${count} side by side`, "aria-label": `${count} chats side by side`,
    on: { click: () => {
      wanted = count;
      remember.set("columns", count);
      layout();
    } },
  }, String(count))));
}

function newPerson() {
  dialog("Somebody new", (shut) => {
    const first = h("input", { type: "text", name: "first", required: true, maxlength: "64", autocomplete: "off" });
    const last = h("input", { type: "text", name: "last", maxlength: "64", autocomplete: "off" });
    const phone = h("input", { type: "tel", name: "phone", placeholder: "+234 803 000 0000", autocomplete: "off" });
    const language = h("select", {}, LANGUAGES.map(([code, name]) => h("option", { value: code }, name)));
    const problem = h("p", { class: "problem", role: "alert" });
    const submit = async (event) => {
      event.preventDefault();
      try {
        const { id } = await call("person", { first_name: first.value, last_name: last.value, phone: phone.value, language_code: language.value });
        shut();
        while (!world.chats.has(id)) await new Promise((tick) => { setTimeout(tick, 30); });
        show(id);
      } catch (error) {
        problem.textContent = error.message;
      }
    };
    return h("form", { on: { submit } },
      h("div", { class: "pair" }, h("label", {}, "First name", first), h("label", {}, "Last name", last)),
      h("label", {}, "Phone", phone), h("label", {}, "Language of the app", language), problem,
      h("footer", {}, h("button", { type: "submit", class: "primary" }, "Add")));
  });
}

function setPanel(isOpen) {
  place("panel").hidden = !isOpen;
  document.body.classList.toggle("with-panel", isOpen);
  place("toggle").setAttribute("aria-expanded", String(isOpen));
  if (!isNarrow()) remember.set("panel", isOpen);
  layout();
}

const THEMES = { auto: ["half", "As the system"], light: ["sun", "Light"], dark: ["moon", "Dark"] };

function setTheme(theme) {
  remember.set("theme", theme);
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  place("theme").replaceChildren(icon(THEMES[theme][0]));
  place("theme").title = THEMES[theme][1];
}

function tick() {
  if (!world.isReady) return;
  place("clock").replaceChildren(icon("clockface"), h("span", { class: "day" }, shortDay(now())), h("span", {}, clockTime(now())));
  place("clock").classList.toggle("moved", world.offset > 0);
}

function begin() {
  for (const column of [...columns]) drop(column);
  focused = null;
  layout();
  tick();
}

on("snapshot", begin);
on("message", (message) => (columns.forEach((column) => column.person.chat_ids.includes(message.chat_id) && column.message(message)), drawRail()));
on("deleted", (data) => (columns.forEach((column) => column.deleted(data)), drawRail()));
on("chat", (chat) => columns.forEach((column) => column.chatChanged(chat)));
on("answer", (answer) => columns.forEach((column) => column.answer(answer)));
on("action", (action) => columns.forEach((column) => column.typing(action)));
on("person", () => drawRail());
on("read", () => drawRail());
on("clock", tick);
on("process snapshot", () => {
  const { status } = world.process;
  const words = { starting: "Bot starting…", stopping: "Bot stopping…", killed: "Bot killed", ended: "Bot ended", stopped: "Bot stopped" }[status];
  place("down").hidden = !words;
  place("down").textContent = words ?? "";
  place("down").classList.toggle("passing", ["starting", "stopping"].includes(status));
});
on("online", (isOnline) => (place("offline").hidden = isOnline));

place("toggle").append(icon("panel"));
place("toggle").addEventListener("click", () => setPanel(place("panel").hidden));
place("theme").addEventListener("click", () => {
  const names = Object.keys(THEMES);
  setTheme(names[(names.indexOf(remember.get("theme", "auto")) + 1) % names.length]);
});
for (const id of ["clock", "down"]) {
  place(id).addEventListener("click", () => {
    setPanel(true);
    panel.choose("bot");
  });
}
document.addEventListener("visibilitychange", () => columns.forEach((column) => column.seen()));
document.addEventListener("keydown", (event) => {
  const at = Number(event.key) - 1;
  if (event.altKey && columns[at]) {
    event.preventDefault();
    columns[at].composer.input.focus();
  }
});
narrow.addEventListener("change", () => setPanel(isNarrow() ? false : remember.get("panel", true)));
let resizing = 0;
window.addEventListener("resize", () => {
  clearTimeout(resizing);
  resizing = setTimeout(layout, 120);
});
setInterval(tick, 10_000);
setTheme(remember.get("theme", "auto"));
setPanel(isNarrow() ? false : remember.get("panel", true));
append(place("rail"), [button("…", () => undefined, { kind: "face" })]);
connect();
