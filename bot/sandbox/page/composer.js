// The foot of a chat: input, commands, attachments, the keyboard that the bot laid out.

import { append, button, h, icon } from "./dom.js";
import { world } from "./state.js";
import { fileSize } from "./text.js";

const MAX_ROWS = 7;

export class Composer {
  constructor(acts, { label, person, chat }) {
    this.acts = acts;
    this.person = person;
    this.chat = chat;
    this.mode = null;
    this.file = null;
    this.chosen = 0;
    this.isKeyboardOpen = true;
    this.input = h("textarea", { rows: 1, placeholder: "Message", "aria-label": label, enterkeyhint: "send", autocomplete: "off" });
    this.input.addEventListener("input", () => this.typed());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("paste", (event) => this.paste(event));
    this.input.addEventListener("blur", () => setTimeout(() => this.offer([]), 150));
    this.picker = h("input", { type: "file", hidden: true, on: { change: () => this.attach(this.picker.files[0]) } });
    this.list = h("div", { class: "offers", role: "listbox", hidden: true });
    this.note = h("div", { class: "note", hidden: true });
    this.keys = h("div", { class: "reply-keys", hidden: true });
    this.toggle = button("Keyboard", () => this.flip(), { kind: "icon", glyph: "keys" });
    this.commands = button("Commands", () => this.offerAll(), { kind: "icon menu", glyph: "menu" });
    this.send = button("Send", () => this.submit(), { kind: "icon send", glyph: "send" });
    const clip = button("Attach a photo or file", () => this.picker.click(), { kind: "icon", glyph: "clip" });
    this.row = h("div", { class: "row" }, this.commands, clip, this.input, this.toggle, this.send, this.picker);
    this.gate = h("div", { class: "gate", hidden: true });
    this.node = h("div", { class: "composer" }, this.list, this.note, this.row, this.keys, this.gate);
    this.update(chat);
  }

  update(chat) {
    const isNew = JSON.stringify(chat.reply_keyboard) !== JSON.stringify(this.chat.reply_keyboard);
    this.chat = chat;
    if (isNew) this.isKeyboardOpen = true;
    const gate = chat.is_private && !chat.is_started ? "start" : chat.is_blocked ? "blocked" : "";
    this.row.hidden = gate !== "";
    this.gate.hidden = gate === "";
    this.gate.replaceChildren();
    if (gate === "start") {
      append(this.gate, [button("Start", () => this.acts.start(""), { kind: "primary wide" }),
        button("I have an invitation link", () => this.acts.invitation(), { kind: "quiet" })]);
    }
    if (gate === "blocked") this.gate.append(button("Unblock the bot", () => this.acts.block(false), { kind: "primary wide" }));
    this.commands.hidden = this.lines().length === 0;
    this.drawKeys(gate);
  }

  lines() {
    return this.chat.commands[String(this.person.id)] ?? [];
  }

  drawKeys(gate) {
    const keyboard = this.chat.reply_keyboard;
    const rows = keyboard?.rows ?? [];
    this.toggle.hidden = rows.length === 0;
    this.toggle.setAttribute("aria-pressed", String(this.isKeyboardOpen));
    this.keys.hidden = rows.length === 0 || !this.isKeyboardOpen || gate !== "";
    this.keys.replaceChildren(...rows.map((row) => h("div", { class: "keys" }, row.map((key) => this.replyKey(key)))));
    this.input.placeholder = keyboard?.placeholder || "Message";
  }

  replyKey(key) {
    const call = () => (key.is_contact ? this.acts.contact() : this.acts.say(key.text));
    return h("button", { type: "button", class: `reply-key ${key.is_contact ? "contact-key" : ""}`, on: { click: call } }, key.is_contact && icon("phone"), key.text);
  }

  flip() {
    this.isKeyboardOpen = !this.isKeyboardOpen;
    this.drawKeys("");
  }

  put(text) {
    this.input.value = text;
    this.input.focus();
    this.typed();
    this.offer([]);
  }

  typed() {
    this.input.style.height = "auto";
    const line = 22;
    this.input.style.height = `${Math.min(this.input.scrollHeight, line * MAX_ROWS)}px`;
    this.send.classList.toggle("ready", this.input.value.trim() !== "" || this.file !== null);
    const word = this.input.value;
    if (!/^\/[a-z0-9_]*$/i.test(word)) return this.offer([]);
    return this.offer(this.lines().filter((line) => `/${line.command}`.startsWith(word.toLowerCase())));
  }

  offerAll() {
    if (!this.list.hidden) return this.offer([]);
    this.input.focus();
    return this.offer(this.lines());
  }

  offer(lines) {
    this.offered = lines;
    this.chosen = 0;
    this.list.hidden = lines.length === 0;
    this.list.replaceChildren(...lines.map((line, at) => h("button", {
      type: "button", role: "option", class: "offer", "aria-selected": at === 0,
      on: { mousedown: (event) => event.preventDefault(), click: () => this.take(line) },
    }, h("b", {}, `/${line.command}`), h("span", {}, line.description))));
  }

  take(line) {
    this.offer([]);
    this.put("");
    this.acts.say(`/${line.command}`);
  }

  choose(step) {
    const options = [...this.list.children];
    this.chosen = (this.chosen + step + options.length) % options.length;
    options.forEach((node, at) => node.setAttribute("aria-selected", String(at === this.chosen)));
    options[this.chosen].scrollIntoView({ block: "nearest" });
  }

  key(event) {
    const isOffering = !this.list.hidden;
    if (isOffering && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      this.choose(event.key === "ArrowDown" ? 1 : -1);
    } else if (isOffering && event.key === "Tab") {
      event.preventDefault();
      this.put(`/${this.offered[this.chosen].command} `);
    } else if (event.key === "Escape") {
      this.offer([]);
      this.setMode(null);
    } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      if (isOffering) this.take(this.offered[this.chosen]);
      else this.submit();
    }
  }

  paste(event) {
    const file = event.clipboardData?.files?.[0];
    if (!file) return;
    event.preventDefault();
    this.attach(file);
  }

  attach(file) {
    this.picker.value = "";
    if (!file) return;
    this.file = file;
    const isPicture = ["image/png", "image/jpeg"].includes(file.type);
    this.asPhoto = h("input", { type: "checkbox", checked: isPicture });
    this.showNote(icon("clip"), h("span", { class: "grow" }, h("b", {}, file.name || "Picture"), ` ${fileSize(file.size)}`),
      isPicture && h("label", {}, this.asPhoto, " as a photo"));
    this.input.focus();
    this.typed();
  }

  setMode(mode) {
    this.mode = mode;
    this.file = null;
    this.note.hidden = true;
    if (mode === null) return;
    const words = mode.message.text || mode.message.file?.name || "Message";
    this.showNote(icon(mode.kind), h("span", { class: "grow" }, h("b", {}, mode.kind === "edit" ? "Edit " : "Reply to "), words));
    if (mode.kind === "edit") this.put(mode.message.text);
    this.input.focus();
  }

  showNote(...parts) {
    this.note.hidden = false;
    this.note.replaceChildren();
    const shut = () => {
      if (this.mode?.kind === "edit") this.put("");
      this.setMode(null);
      this.typed();
    };
    append(this.note, [parts, button("Drop this", shut, { kind: "icon", glyph: "close" })]);
  }

  async submit() {
    const text = this.input.value.trim();
    const { mode, file } = this;
    if (!text && !file) return;
    const isPhoto = file !== null && this.asPhoto.checked;
    this.put("");
    this.setMode(null);
    const isSent = await (file ? this.acts.upload(file, text, isPhoto)
      : mode?.kind === "edit" ? this.acts.change(mode.message, text)
        : this.acts.say(text, mode?.message.id ?? 0));
    if (!isSent) this.put(text);
    this.typed();
  }
}

export function startKey(text) {
  const found = /[?&]start=([A-Za-z0-9_-]{1,64})/.exec(text) ?? /^([A-Za-z0-9_-]{1,64})$/.exec(text.trim());
  return found?.[1] ?? "";
}

export function isOwnBot(url) {
  const name = world.bot.username.toLowerCase();
  const found = /^(?:https?:\/\/)?t\.me\/([A-Za-z0-9_]+)(?:\?|$)/i.exec(url) ?? /^tg:\/\/resolve\?domain=([A-Za-z0-9_]+)/i.exec(url);
  return found?.[1].toLowerCase() === name;
}
