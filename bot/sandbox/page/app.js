// The page as a whole: who is shown side by side, the bar, the rail, the panel.

import { Column } from "./chat.js";
import { append, avatar, button, dialog, h, icon, redraw, remember } from "./dom.js";
import { Panel } from "./panel.js";
import { call, connect, now, on, unreadOf, world } from "./state.js";
import { openStep } from "./story.js";
import { clockTime, shortDay } from "./text.js";

const MAX_COLUMNS = 4;
const FIRST_COLUMNS = 3;
const MIN_COLUMN_PX = 320;
const GAP_PX = 12;
const LANGUAGES = [["en", "English"], ["sw", "Swahili"], ["fr", "French"], ["pt", "Portuguese"], ["yo", "Yoruba"], ["ha", "Hausa"], ["ig", "Igbo"], ["de", "German"]];

const place = (id) => document.getElementById(id);
const columns = [];
let focused = null;

const panel = new Panel(place("panel"), {
  onLook: (step) => {
    if (isNarrow()) setPanel(false);
    show(step.person_id).open(step.person_id);
  },
  onMove: doMove,
  onError: (text) => (focused ?? columns[0])?.toast(text, "bad"),
});

const narrow = window.matchMedia("(max-width: 760px)");
const isNarrow = () => narrow.matches;

function room() {
  if (isNarrow()) return 1;
  return Math.max(1, Math.min(MAX_COLUMNS, Math.floor((place("chats").clientWidth + GAP_PX) / (MIN_COLUMN_PX + GAP_PX))));
}

// Who is looked at, the latest first; as many of them are shown as there is room for.
function wanted() {
  const kept = remember.get("shown", null) ?? [...world.people.keys()].slice(0, FIRST_COLUMNS);
  const known = kept.filter((id) => world.people.has(id));
  return known.length > 0 ? known : [...world.people.keys()].slice(0, 1);
}

// Columns stand in the order of the faces.
function layout() {
  if (!world.isReady) return;
  const chosen = wanted().slice(0, room());
  const ids = [...world.people.keys()].filter((id) => chosen.includes(id));
  for (const column of [...columns]) if (!ids.includes(column.personId)) drop(column);
  for (const id of ids) if (!columns.some((column) => column.personId === id)) columns.push(new Column(id, { onFocus: focus, onClose: close }));
  columns.sort((a, b) => ids.indexOf(a.personId) - ids.indexOf(b.personId));
  columns.forEach((column, at) => {
    const there = place("chats").children[at];
    if (there !== column.node) place("chats").insertBefore(column.node, there ?? null);
  });
  if (!columns.includes(focused)) focus(columns.find((column) => column.personId === chosen[0]));
  columns.forEach((column) => column.toEnd());
  drawRail();
}

function drop(column) {
  columns.splice(columns.indexOf(column), 1);
  column.node.remove();
}

function close(column) {
  const left = wanted().filter((id) => id !== column.personId && columns.some((other) => other.personId === id));
  remember.set("shown", left);
  layout();
}

function focus(column) {
  if (!column) return;
  const isNew = focused !== column;
  focused = column;
  const order = wanted();
  if (order[0] !== column.personId) remember.set("shown", [column.personId, ...order.filter((id) => id !== column.personId)]);
  if (!isNew) return;
  columns.forEach((other) => other.node.classList.toggle("focused", other === column));
  drawRail();
}

// The person comes into view beside the others. Where there is no room for one more, whoever was
// not looked at for the longest time makes room.
function show(personId) {
  const before = wanted().slice(0, room());
  const others = wanted().filter((id) => id !== personId);
  remember.set("shown", [personId, ...others].slice(0, isNarrow() ? MAX_COLUMNS : room()));
  layout();
  const column = columns.find((other) => other.personId === personId);
  const gone = before.find((id) => !columns.some((other) => other.personId === id));
  if (gone && !isNarrow()) column.toast(`${world.people.get(gone).first_name} made room: this window has room for ${room()}.`);
  focus(column);
  column.arrive();
  column.seen();
  return column;
}

async function doMove(step, move) {
  if (move.shows) return panel.choose(move.shows);
  if (isNarrow()) setPanel(false);
  if (move.link) return show(move.opener_id).link(move.link);
  const column = show(step.person_id);
  column.open(step.person_id);
  return move.key ? column.tap(move.messageId, move.key) : column.acts().say(move.say);
}

function drawRail() {
  if (!world.isReady) return;
  const shown = columns.map((column) => column.personId);
  const faces = [...world.people.values()].map((person) => {
    const count = unreadOf(person);
    const isShown = shown.includes(person.id);
    return h("button", {
      type: "button", class: "face", "aria-pressed": isShown, "aria-current": focused?.personId === person.id,
      title: `${person.name}${person.blurb ? `\n${person.blurb}` : ""}${isShown ? "" : "\nOpen beside the others"}`,
      "aria-label": `${person.name}${count ? `, ${count} unread` : ""}`,
      data: { key: String(person.id) },
      on: { click: () => visit(person.id) },
    }, avatar(person.id, person.name), h("span", { class: "face-name" }, person.first_name), count > 0 && h("em", {}, count > 99 ? "99+" : String(count)));
  });
  const add = h("button", { type: "button", class: "face add", data: { key: "add" }, title: "Add somebody", "aria-label": "Add somebody", on: { click: newPerson } },
    h("span", { class: "avatar" }, icon("plus")), h("span", { class: "face-name" }, "New"));
  const left = place("rail").scrollLeft;
  redraw(place("rail"), faces, add);
  place("rail").scrollLeft = left;
}

// Where there is a keyboard of its own, one can write at once; elsewhere it would cover the chat.
function visit(personId) {
  const column = show(personId);
  if (window.matchMedia("(hover: hover)").matches) column.composer.input.focus({ preventScroll: true });
}

// On a phone the story is one line above the chat.
function drawNext() {
  const { steps } = world.story;
  const step = openStep();
  place("next").hidden = !isNarrow() || !step;
  if (!step) return;
  redraw(place("next"), h("b", {}, `Step ${steps.indexOf(step) + 1} of ${steps.length}`), h("span", { class: "grow" }, step.title), icon("right"));
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
on("phones", () => columns.forEach((column) => column.phone.draw()));
on("read", () => drawRail());
on("story snapshot", drawNext);
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
  if (event.key === "Escape" && isNarrow() && !place("panel").hidden && !document.querySelector("dialog")) setPanel(false);
  const at = Number(event.key) - 1;
  if (event.altKey && columns[at]) {
    event.preventDefault();
    columns[at].composer.input.focus();
  }
});
place("next").addEventListener("click", () => {
  panel.choose("story");
  setPanel(true);
});
narrow.addEventListener("change", () => {
  setPanel(isNarrow() ? false : remember.get("panel", true));
  drawNext();
});
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
