// A column: one person looking at one chat.

import { bubble, nameOf } from "./bubble.js";
import { Composer, isOwnBot, startKey } from "./composer.js";
import { append, arrowKeys, avatar, button, dialog, h, icon, remember } from "./dom.js";
import { Phone } from "./phone.js";
import { call, markRead, messagesOf, unread, upload, world } from "./state.js";
import { dayName } from "./text.js";

const TOAST_MS = 4200;
const SPIN_MS = 25_000;
const NEAR_PX = 140;

let copied = "";

export class Column {
  constructor(personId, { onFocus, onClose }) {
    this.personId = personId;
    this.onFocus = onFocus;
    this.onClose = onClose;
    this.pressed = new Map();
    this.answers = new Map();
    this.chatId = this.rememberedChat();
    this.phone = new Phone(personId, { onError: (text) => this.toast(text, "bad") });
    this.node = h("section", { class: "column", tabindex: "-1", on: { pointerdown: () => onFocus(this), focusin: () => onFocus(this) } });
    this.node.addEventListener("dragover", (event) => event.preventDefault());
    this.node.addEventListener("drop", (event) => {
      event.preventDefault();
      this.composer?.attach(event.dataTransfer.files[0]);
    });
    this.draw();
  }

  get person() { return world.people.get(this.personId); }
  get chat() { return world.chats.get(this.chatId); }

  rememberedChat() {
    const kept = remember.get(`chat.${this.personId}`, this.personId);
    return world.people.get(this.personId).chat_ids.includes(kept) ? kept : this.personId;
  }

  draw() {
    const { person, chat } = this;
    this.node.setAttribute("aria-label", `${person.name}'s phone`);
    this.list = h("div", { class: "list" });
    this.log = h("div", { class: "log", role: "log", "aria-live": "polite", "aria-label": "Messages", tabindex: "0" }, this.list);
    this.log.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.isAtEnd = true;
    this.observer?.disconnect();
    this.observer = new ResizeObserver(() => this.isAtEnd && this.toEnd());
    this.observer.observe(this.list);
    this.observer.observe(this.log);
    this.jumper = button("To the newest message", () => this.toEnd(true), { kind: "icon jumper", glyph: "down" });
    this.jumper.hidden = true;
    this.action = h("span", { class: "action" });
    this.toasts = h("div", { class: "toasts", "aria-live": "assertive" });
    this.composer = new Composer(this.acts(), { label: `Write as ${person.first_name}`, person, chat });
    this.node.replaceChildren(this.head(), h("div", { class: "stage" }, this.log, this.jumper, this.toasts), this.phone.node, this.composer.node);
    this.fill();
  }

  head() {
    const { person } = this;
    return h("header", { class: "head" },
      avatar(person.id, person.name),
      h("div", { class: "who" }, h("h2", {}, person.name), h("p", {}, h("span", { class: "blurb" }, person.blurb || person.phone || "No phone"), this.action)),
      this.tabs(),
      button("More", (event) => this.more(event.currentTarget), { kind: "icon", glyph: "more" }),
      h("button", { type: "button", class: "icon shut", title: "Close this column", "aria-label": "Close this column", on: { click: () => this.onClose(this) } }, icon("close")));
  }

  tabs() {
    const ids = this.person.chat_ids;
    this.tabNode = h("div", { class: "tabs", role: "tablist", "aria-label": "Chats" });
    if (ids.length < 2) return this.tabNode;
    arrowKeys(this.tabNode, (tab) => this.open(Number(tab.dataset.key), { isFocused: true }));
    append(this.tabNode, ids.map((id) => {
      const chat = world.chats.get(id);
      const count = id === this.chatId ? 0 : unread(this.personId, id);
      return h("button", {
        type: "button", role: "tab", class: "tab", "aria-selected": id === this.chatId, title: chat.title,
        tabindex: id === this.chatId ? "0" : "-1", data: { key: String(id) },
        on: { click: () => this.open(id, { isFocused: true }) },
      }, h("span", {}, chat.is_private ? world.bot.name : chat.title), count > 0 && h("em", {}, String(count)));
    }));
    return this.tabNode;
  }

  open(chatId, { isFocused = false } = {}) {
    if (chatId === this.chatId) return;
    this.chatId = chatId;
    remember.set(`chat.${this.personId}`, chatId);
    this.draw();
    if (isFocused) this.tabNode.querySelector('[aria-selected="true"]').focus();
  }

  refreshTabs() {
    const old = this.tabNode;
    old.replaceWith(this.tabs());
  }

  fill() {
    this.list.replaceChildren();
    const messages = [...messagesOf(this.chatId).values()].sort((a, b) => a.id - b.id);
    if (messages.length === 0) this.list.append(this.empty());
    for (const message of messages) this.place(message);
    this.toEnd();
    this.seen();
  }

  empty() {
    return h("div", { class: "empty" }, avatar(0, "", { isBot: true, size: "large" }),
      h("h3", {}, this.chat.is_private ? "What can this bot do?" : this.chat.title),
      h("p", {}, this.chat.is_private ? world.bot.description || "Settle what is due, save together and move money by chatting."
        : "A group with the bot in it. It hears commands and answers to it."),
      h("p", { class: "fine" }, "Sandbox: no real money"));
  }

  place(message, { isFresh = false } = {}) {
    this.list.querySelector(".empty")?.remove();
    const node = bubble(message, this.personId, this.acts());
    const old = this.find(message.id);
    if (old) {
      const isTick = old.dataset.stamp === stamp(message);
      node.dataset.stamp = stamp(message);
      old.replaceWith(node);
      this.join(node);
      this.spin(node);
      if (!isTick && isFresh) node.classList.add("flash");
      return;
    }
    node.dataset.stamp = stamp(message);
    if (isFresh) node.classList.add("fresh");
    const later = [...this.list.children].find((other) => Number(other.dataset.id) > message.id);
    if (later) this.list.insertBefore(node, later);
    else {
      this.dayMark(message);
      this.list.append(node);
    }
    this.join(node);
  }

  find(id) {
    return this.list.querySelector(`[data-id="${id}"]`);
  }

  dayMark(message) {
    const day = dayName(message.date);
    if (this.lastDay === day && this.list.querySelector(".day")) return;
    this.lastDay = day;
    this.list.append(h("div", { class: "service day" }, h("span", {}, day)));
  }

  join(node) {
    const before = node.previousElementSibling;
    const isSame = before?.dataset.sender !== undefined && before.dataset.sender === node.dataset.sender;
    node.classList.toggle("joined", isSame);
  }

  message(message) {
    if (message.chat_id !== this.chatId) return this.refreshTabs();
    const isNew = !this.find(message.id);
    if (message.sender_id !== this.personId) this.action.textContent = "";
    this.place(message, { isFresh: true });
    if (this.isAtEnd || (isNew && message.sender_id === this.personId)) this.toEnd();
    else this.jumper.hidden = false;
    this.seen();
    return undefined;
  }

  deleted({ chat_id: chatId, id }) {
    const node = chatId === this.chatId && this.find(id);
    if (!node) return;
    node.classList.add("going");
    setTimeout(() => {
      const next = node.nextElementSibling;
      node.remove();
      if (next?.dataset.sender) this.join(next);
    }, 220);
  }

  chatChanged(chat) {
    if (chat.id === this.chatId) {
      this.composer.update(chat);
    }
  }

  typing({ chat_id: chatId, action }) {
    if (chatId !== this.chatId) return;
    this.action.textContent = action === "typing" ? `${world.bot.name} is typing…` : `${world.bot.name} is sending a file…`;
    clearTimeout(this.typingTimer);
    this.typingTimer = setTimeout(() => (this.action.textContent = ""), 5000);
  }

  answer(answer) {
    if (answer.person_id !== this.personId) return;
    this.answers.set(answer.query_id, answer);
    const pressed = this.pressed.get(answer.query_id);
    if (pressed) this.unspin(answer.query_id);
    if (answer.chat_id !== this.chatId) return;
    if (answer.url && isOwnBot(answer.url)) this.acts().start(startKey(answer.url));
    if (!answer.text) return;
    if (answer.is_alert) this.alert(answer.text);
    else this.toast(answer.text);
  }

  toast(text, kind = "") {
    const node = h("div", { class: `toast ${kind}` }, text);
    this.toasts.append(node);
    while (this.toasts.children.length > 3) this.toasts.firstElementChild.remove();
    setTimeout(() => node.classList.add("going"), TOAST_MS);
    setTimeout(() => node.remove(), TOAST_MS + 300);
  }

  alert(text) {
    const shut = () => {
      box.remove();
      this.composer.input.focus();
    };
    const ok = button("OK", shut, { kind: "primary" });
    const box = h("div", { class: "alert", role: "alertdialog", "aria-modal": "true", "aria-label": world.bot.name, on: {
      keydown: (event) => event.key === "Escape" && shut(),
    } }, h("div", { class: "box" }, h("b", {}, world.bot.name), h("p", {}, text), ok));
    this.node.append(box);
    ok.focus();
  }

  async try(deed) {
    try {
      await deed();
      return true;
    } catch (problem) {
      this.toast(problem.message, "bad");
      return false;
    }
  }

  acts() {
    const here = () => ({ person_id: this.personId, chat_id: this.chatId });
    return {
      say: (text, replyToId = 0) => this.try(() => call("say", { ...here(), text, reply_to_id: replyToId })),
      start: (key) => this.begin(key),
      invitation: () => this.invitation(),
      contact: () => this.try(() => call("contact", here())),
      block: (isBlocked) => this.try(() => call("block", { person_id: this.personId, is_blocked: isBlocked })),
      upload: (file, caption, asPhoto) => this.try(() => upload(file, { personId: this.personId, chatId: this.chatId, caption, asPhoto })),
      change: (message, text) => this.try(() => call("edit", { ...here(), message_id: message.id, text })),
      remove: (message) => this.try(() => call("delete", { ...here(), message_id: message.id })),
      reply: (message) => this.composer.setMode({ kind: "reply", message }),
      edit: (message) => this.composer.setMode({ kind: "edit", message }),
      key: (message, key, node) => this.key(message, key, node),
      copy: (text) => this.copy(text),
      open: (url) => this.link(url),
      jump: (id) => this.jump(id),
    };
  }

  begin(key) {
    this.open(this.personId);
    return this.try(() => call("start", { person_id: this.personId, key }));
  }

  link(url) {
    if (!isOwnBot(url)) return false;
    this.begin(startKey(url));
    return true;
  }

  async key(message, key, node) {
    if (key.kind === "copy_text") return this.copy(key.value);
    if (key.kind !== "callback_data") {
      if (!this.link(key.value)) window.open(paidBy(key.value, this.personId), "_blank", "noopener");
      return undefined;
    }
    if (node.classList.contains("busy")) return undefined;
    node.classList.add("busy");
    return this.try(async () => {
      try {
        const body = { person_id: this.personId, chat_id: this.chatId, message_id: message.id, data: key.value };
        const { query_id: queryId } = await call("press", body);
        if (this.answers.has(queryId)) return this.find(message.id)?.querySelectorAll(".busy").forEach(calm);
        this.pressed.set(queryId, { messageId: message.id, value: key.value });
        setTimeout(() => this.unspin(queryId), SPIN_MS);
      } catch (problem) {
        calm(node);
        throw problem;
      }
      return undefined;
    });
  }

  spin(node) {
    for (const { messageId, value } of this.pressed.values()) {
      if (String(messageId) !== node.dataset.id) continue;
      node.querySelectorAll(".key").forEach((key) => key.dataset.value === value && key.classList.add("busy"));
    }
  }

  unspin(queryId) {
    const pressed = this.pressed.get(queryId);
    this.pressed.delete(queryId);
    if (pressed) this.find(pressed.messageId)?.querySelectorAll(".busy").forEach(calm);
  }

  async copy(text) {
    copied = text;
    await navigator.clipboard.writeText(text).catch(() => undefined);
    this.toast(`Copied: ${text}`);
  }

  jump(id) {
    const node = this.find(id);
    node?.scrollIntoView({ block: "center", behavior: "smooth" });
    node?.classList.add("flash");
    setTimeout(() => node?.classList.remove("flash"), 1600);
  }

  invitation() {
    dialog(`Open a link as ${this.person.first_name}`, (shut) => {
      const field = h("input", { type: "text", placeholder: `https://t.me/${world.bot.username}?start=…`, "aria-label": "Link or key", required: true, value: isOwnBot(copied) ? copied : "" });
      return h("form", { method: "dialog", on: { submit: () => {
        shut();
        this.begin(startKey(field.value));
      } } }, h("p", {}, "Paste an invitation or payment link, or only its key."), field,
      h("footer", {}, h("button", { type: "submit", class: "primary" }, "Open")));
    });
  }

  more(anchor) {
    const { chat } = this;
    const pop = h("div", { class: "pop", role: "menu", tabindex: "-1", on: { mousedown: (event) => event.preventDefault() } });
    const item = (label, deed, isOff = false) => h("button", { type: "button", role: "menuitem", disabled: isOff, on: { click: () => {
      anchor.focus();
      deed();
    } } }, label);
    append(pop, [
      item("Open an invitation link…", () => this.invitation()),
      item(`Who is ${this.person.first_name}?`, () => this.about()),
      this.chatId === this.personId && (chat.is_blocked
        ? item("Unblock the bot", () => this.acts().block(false))
        : item("Block the bot", () => this.acts().block(true), !chat.is_started)),
    ]);
    arrowKeys(pop, (one) => one.focus());
    this.node.append(pop);
    pop.style.top = `${anchor.offsetTop + anchor.offsetHeight + 4}px`;
    pop.querySelector("button").focus();
    pop.addEventListener("focusout", (event) => pop.contains(event.relatedTarget) || pop.remove());
    pop.addEventListener("keydown", (event) => {
      if (event.key === "Escape") anchor.focus();
    });
  }

  about() {
    const { person } = this;
    const rows = [["Telegram id", person.id], ["Phone", person.phone || "none"], ["Language", person.language_code],
      ["Username", person.username ? `@${person.username}` : "none"],
      ["Groups", person.chat_ids.filter((id) => id < 0).map((id) => world.chats.get(id).title).join(", ") || "none"]];
    dialog(person.name, () => h("div", {}, h("p", {}, person.blurb),
      h("dl", {}, rows.map(([term, value]) => [h("dt", {}, term), h("dd", {}, String(value))]))));
  }

  // Press a button for the person, where everybody can see which.
  tap(messageId, key) {
    const keys = [...this.find(messageId)?.querySelectorAll(".key") ?? []];
    const node = keys.find((one) => one.textContent === key.text);
    if (!node) return this.toast("That button is gone.");
    node.scrollIntoView({ block: "nearest" });
    node.classList.add("pointed");
    setTimeout(() => node.classList.remove("pointed"), 900);
    return node.click();
  }

  arrive() {
    this.node.classList.remove("arrived");
    requestAnimationFrame(() => this.node.classList.add("arrived"));
  }

  isNear() {
    return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < NEAR_PX;
  }

  toEnd(isSmooth = false) {
    this.isAtEnd = true;
    this.log.scrollTo({ top: this.log.scrollHeight, behavior: isSmooth ? "smooth" : "instant" });
  }

  scrolled() {
    this.isAtEnd = this.isNear();
    this.jumper.hidden = this.isAtEnd;
    if (this.isAtEnd) this.seen();
  }

  seen() {
    if (document.visibilityState === "visible" && this.isAtEnd) markRead(this.personId, this.chatId);
  }
}

const calm = (node) => node.classList.remove("busy");

function stamp(message) {
  return JSON.stringify([message.text, message.entities, message.keyboard, message.file?.url]);
}

export { nameOf };

// In the app an invoice knows whose phone it is on.
function paidBy(url, personId) {
  return new URL(url, location.href).pathname.startsWith("/sandbox/invoice/") ? `${url}?as=${personId}` : url;
}
