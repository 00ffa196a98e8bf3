// The side panel: the story, misbehaviour, the bot's process and what happened inside.

import { append, arrowKeys, button, dialog, h, redraw, remember } from "./dom.js";
import { call, now, on, world } from "./state.js";
import { StoryView } from "./story.js";
import { clockTime, fullTime, secondsTime } from "./text.js";

const TABS = [["story", "Story"], ["switches", "Trouble"], ["bot", "Bot"], ["inside", "Inside"]];
const INSIDE_MS = 2500;
const HOUR = 3600;
const DAY = 86_400;

export class Panel {
  constructor(node, { onLook, onMove, onError }) {
    this.node = node;
    this.onError = onError;
    this.tab = remember.get("tab", "story");
    this.story = new StoryView({ onLook, onMove, onError, onAnew: () => this.askAnew() });
    this.bar = h("div", { class: "panel-tabs", role: "tablist", "aria-label": "Panel" });
    arrowKeys(this.bar, (tab) => this.choose(tab.dataset.key, { isFocused: true }));
    this.body = h("div", { class: "panel-body", role: "tabpanel", id: "panel-body" });
    node.replaceChildren(this.bar, this.body);
    on("snapshot", () => this.draw());
    on("message deleted story person", () => this.tab === "story" && this.story.draw());
    on("switches", () => (this.drawBar(), this.tab === "switches" && this.drawSwitches()));
    on("process", () => (this.drawBar(), this.tab === "bot" && this.drawBot()));
    on("clock", () => this.tab === "bot" && this.drawBot());
    on("line", (data) => this.tab === "bot" && this.addLine(data.line));
    on("call", () => this.tab === "bot" && this.drawCalls());
    setInterval(() => this.lookInside(), INSIDE_MS);
  }

  choose(tab, { isFocused = false } = {}) {
    this.tab = tab;
    remember.set("tab", tab);
    this.draw();
    this.body.scrollTop = 0;
    if (isFocused) this.bar.querySelector('[aria-selected="true"]').focus();
  }

  draw() {
    this.drawBar();
    if (this.tab === "story") this.drawStory();
    if (this.tab === "switches") this.drawSwitches();
    if (this.tab === "bot") this.drawBot();
    if (this.tab === "inside") this.drawInside();
  }

  drawBar() {
    const changed = world.switches.filter((one) => one.is_changed).length;
    const isDown = world.process.status !== "running";
    redraw(this.bar, TABS.map(([key, label]) => h("button", {
      type: "button", role: "tab", "aria-selected": key === this.tab, "aria-controls": "panel-body", tabindex: key === this.tab ? "0" : "-1",
      data: { key }, on: { click: () => this.choose(key) },
    }, label, key === "switches" && changed > 0 && h("em", { title: "Switches turned on" }, String(changed)),
    key === "bot" && isDown && h("em", { class: "down", title: world.process.status }, "!"))));
  }

  async try(deed) {
    try {
      await deed();
    } catch (problem) {
      this.onError(problem.message);
    }
  }

  drawStory() {
    this.body.replaceChildren(this.story.node);
    this.story.draw();
  }

  drawSwitches() {
    const groups = Map.groupBy ? Map.groupBy(world.switches, (one) => one.group) : grouped(world.switches);
    redraw(this.body, h("h2", {}, "Make trouble"),
      h("p", { class: "intro" }, "The real bot must stand all of this. Nothing may be lost, nothing may be paid twice."),
      [...groups].map(([name, switches]) => h("fieldset", { class: "group" }, h("legend", {}, name), switches.map((one) => this.switch(one)))),
      button("All back to normal", () => this.try(() => call("calm", {})), { kind: "wide", key: "calm" }));
  }

  switch(one) {
    const set = (value) => this.try(() => this.turn(one, value));
    return h("label", { class: `switch ${one.is_changed ? "changed" : ""}` },
      h("span", { class: "words" }, h("b", {}, one.label), one.help && h("small", {}, one.help)), control(one, set));
  }

  // A provider that takes one currency only is played where the estate asks for it.
  async turn(one, value) {
    const { needs } = await call("switch", { key: one.key, value });
    if (!needs) return;
    const name = one.choices.find((choice) => choice.value === value)?.label ?? value;
    this.drawSwitches();
    this.askAnew({ place: needs, reason: { name, turn: { key: one.key, value } } });
  }

  drawBot() {
    const { process } = world;
    const isUp = ["running", "starting"].includes(process.status);
    const act = (name, label, kind, key = name) => button(label, () => this.try(() => call("process", { act: name })), { kind, key });
    this.log = h("pre", { class: "lines", tabindex: "0", "aria-label": "Log" }, process.lines.map(logLine).join("\n") + "\n");
    this.calls = h("div", { class: "calls" });
    redraw(this.body, h("h2", {}, "The bot's process"),
      h("p", { class: `status ${process.status}` }, h("i", {}), h("b", {}, words(process)), process.pid > 0 && h("small", {}, `process ${process.pid}, start no. ${process.starts}`)),
      h("div", { class: "acts" },
        isUp ? act("kill", "Kill -9", "danger", "power") : act("start", "Start", "primary", "power"),
        isUp && act("restart", "Restart", ""), isUp && act("stop", "Stop", "")),
      h("p", { class: "fine" }, "Kill it in mid-payment, start it again: nothing may be lost and nothing may happen twice."),
      h("h3", {}, "The clock"),
      h("p", { class: "status" }, h("b", {}, fullTime(now())),
        h("small", {}, world.offset ? `${ahead(world.offset)} ahead of the real time` : "the real time")),
      h("div", { class: "acts" }, this.move("+1 hour", HOUR), this.move("+1 day", DAY), this.move("+7 days", 7 * DAY),
        button("Other…", () => this.otherTime(), { key: "other" }),
        world.offset > 0 && button("Back to now", () => this.setClock(0), { kind: "quiet" })),
      h("h3", {}, "Calls to Telegram"), this.calls,
      h("h3", {}, "Log"), this.log,
      h("h3", {}, "Begin anew"), h("p", { class: "fine" }, "A fresh estate: new books, new chats, a new provider."),
      button("Begin anew…", () => this.askAnew(), { kind: "danger quiet", key: "anew" }));
    this.log.scrollTop = this.log.scrollHeight;
    this.drawCalls();
  }

  move(label, seconds) {
    return button(label, () => this.setClock(world.offset + seconds), { key: label });
  }

  setClock(offset) {
    return this.try(() => call("clock", { offset_s: Math.round(offset) }));
  }

  otherTime() {
    dialog("Move the clock", (shut) => {
      const days = h("input", { type: "number", min: "0", max: "1800", step: "1", value: "30" });
      const hours = h("input", { type: "number", min: "0", max: "23", step: "1", value: "0" });
      return h("form", { method: "dialog", on: { submit: () => {
        shut();
        this.setClock(world.offset + days.valueAsNumber * DAY + hours.valueAsNumber * HOUR);
      } } }, h("div", { class: "pair" }, h("label", {}, "Days", days), h("label", {}, "Hours", hours)),
      h("p", { class: "fine" }, "The bot restarts with the new time."),
      h("footer", {}, h("button", { type: "submit", class: "primary" }, "Move forward")));
    });
  }

  // `reason` is the switch that cannot be turned here; without one people choose the place.
  askAnew({ place = world.estate.place, reason } = {}) {
    const places = world.estate.places ?? [];
    const label = (key) => places.find((one) => one.key === key)?.label ?? "";
    const name = reason ? `Begin anew in ${label(place)}` : "Begin anew";
    dialog(reason ? `${reason.name} is played in ${label(place)}` : "Begin anew?", (shut) => {
      const problem = h("p", { class: "problem", role: "alert" });
      const where = h("select", { data: { key: "place" } },
        places.map((one) => h("option", { value: one.key, selected: one.key === place }, one.label)));
      const go = button(name, async () => {
        go.disabled = true;
        go.textContent = "Making a fresh estate…";
        problem.textContent = "";
        try {
          await call("anew", reason ? { place, switch: reason.turn } : { place: where.value });
          shut();
          this.choose("story");
        } catch (error) {
          problem.textContent = error.message;
          go.disabled = false;
          go.textContent = name;
        }
      }, { kind: "danger" });
      return h("div", {},
        reason && h("p", {}, `${reason.name} does not take the money of ${label(world.estate.place)}. The same estate can stand in ${label(place)}.`),
        h("p", {}, "Everything starts afresh: books, chats, payment pages, the story. The clock and every switch go back to normal; people whom you added go."),
        !reason && places.length > 1 && h("label", {}, "Where", where),
        h("p", { class: "fine" }, "The books of now are put aside, beside the new ones, until the next time."), problem,
        h("footer", {}, button("Play on", shut), go));
    });
  }

  addLine(line) {
    const isNear = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 60;
    this.log.append(`${logLine(line)}\n`);
    if (this.log.childNodes.length > 400) this.log.firstChild.remove();
    if (isNear) this.log.scrollTop = this.log.scrollHeight;
  }

  drawCalls() {
    const rows = world.calls.slice(-60).reverse();
    this.calls.replaceChildren(rows.length === 0 ? h("p", { class: "fine" }, "None yet.") : h("table", {}, h("tbody", {}, rows.map((one) => h("tr", { class: one.code === 200 ? "" : "bad" },
      h("td", {}, clockTime(one.at)), h("td", {}, one.method, one.note && h("small", {}, one.note)),
      h("td", {}, one.code === 0 ? "cut" : String(one.code)), h("td", {}, `${one.took_ms} ms`))))));
  }

  drawInside() {
    this.body.replaceChildren(h("h2", {}, "What happened inside"),
      h("p", { class: "intro" }, "Straight from the books, as they are now."), this.tables ?? h("p", { class: "fine" }, "Looking…"));
    this.lookInside();
  }

  async lookInside() {
    if (this.tab !== "inside" || document.visibilityState !== "visible" || this.node.hidden) return;
    const found = await fetch("/sandbox/api/inside").then((response) => response.json()).catch(() => null);
    if (found === null || this.tab !== "inside") return;
    const print = JSON.stringify(found);
    if (print === this.seenInside && this.tables?.isConnected) return;
    this.seenInside = print;
    const open = new Set([...(this.tables?.querySelectorAll("details:not([open])") ?? [])].map((node) => node.dataset.title));
    const tables = h("div", { class: "inside" }, found.error && h("p", { class: "fine" }, found.error),
      found.sections.map((section) => table(section, !open.has(section.title))));
    if (!found.error && found.sections.length === 0) tables.append(h("p", { class: "fine" }, "Nothing to see yet."));
    const old = this.tables;
    this.tables = tables;
    if (old?.isConnected) old.replaceWith(tables);
    else this.body.lastElementChild.replaceWith(tables);
  }
}

// Lines of the console log, cut to what fits: place's time, level unless it is info, event, details.
function logLine(line) {
  const found = /^(\d{4}-\d\d-\d\dT[\d:.]+Z) \[(\w+)\s*\] (.*?)\s*(?:\[[\w.]+\])?(?: |$)(\w+=.*)?$/.exec(line);
  if (!found) return line;
  const [, at, level, event, details] = found;
  return [secondsTime(Date.parse(at) / 1000), level === "info" ? "" : level.toUpperCase(), event, details].filter(Boolean).join(" ");
}

function table(section, isOpen) {
  return h("details", { open: isOpen, data: { title: section.title } },
    h("summary", {}, section.title, h("em", {}, String(section.rows.length))),
    section.note && h("p", { class: "fine" }, section.note),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": section.title }, h("table", {},
      h("thead", {}, h("tr", {}, section.columns.map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, section.rows.length === 0 ? h("tr", {}, h("td", { colspan: String(section.columns.length), class: "fine" }, "empty"))
        : section.rows.map((row) => h("tr", {}, row.map((cell) => h("td", { class: /^[-+−]?[\d.,\s\u00A0]+( [A-Z]{3})?$/.test(cell) ? "figure" : "" }, cell))))))));
}

function control(one, set) {
  const data = { key: one.key };
  if (one.kind === "bool") return h("input", { type: "checkbox", role: "switch", class: "toggle", checked: one.value, data, on: { change: (event) => set(event.target.checked) } });
  if (one.kind === "number") {
    return h("span", { class: "number-field" }, h("input", {
      type: "number", min: String(one.minimum), max: String(one.maximum), step: "any", value: String(one.value), data,
      on: { change: (event) => set(event.target.valueAsNumber || 0) },
    }), one.unit && h("i", {}, one.unit));
  }
  const select = h("select", { data, on: { change: (event) => set(event.target.value) } },
    one.choices.map((choice) => h("option", { value: choice.value, selected: choice.value === one.value }, choice.label)));
  return select;
}

function grouped(switches) {
  const groups = new Map();
  for (const one of switches) groups.set(one.group, [...(groups.get(one.group) ?? []), one]);
  return groups;
}

function words(process) {
  const found = { stopped: "Stopped", starting: "Starting…", running: "Running", stopping: "Stopping…", killed: "Killed" };
  return found[process.status] ?? `Ended by itself (${process.exit_code})`;
}

function ahead(seconds) {
  const days = Math.floor(seconds / DAY);
  const hours = Math.round((seconds % DAY) / HOUR);
  return append(document.createElement("i"), [days > 0 && `${days} d `, hours > 0 && `${hours} h`]).textContent.trim();
}
