// One message as a bubble: text, file or contact, its buttons, its time and ticks.

import { button, dialog, h, icon } from "./dom.js";
import { messagesOf, world } from "./state.js";
import { clockTime, fileSize, formatted, fullTime } from "./text.js";

const EMOJI_ONLY = /^(?:\p{Extended_Pictographic}\uFE0F?){1,3}$/u;

export function nameOf(id) {
  if (id === world.bot.id) return world.bot.name;
  return world.people.get(id)?.name ?? "Somebody";
}

export function bubble(message, personId, acts) {
  if (message.service) return h("div", { class: "service", data: { id: message.id } }, h("span", {}, message.service));
  const isOwn = message.sender_id === personId;
  const chat = world.chats.get(message.chat_id);
  const node = h("article", {
    class: `msg ${isOwn ? "own" : "other"} ${message.is_protected ? "protected" : ""}`,
    data: { id: message.id, sender: message.sender_id },
    "aria-label": `${isOwn ? "You" : nameOf(message.sender_id)}, ${clockTime(message.date)}`,
  });
  const body = h("div", { class: "bubble" });
  if (!isOwn && !chat?.is_private) body.append(sender(message.sender_id));
  const replied = message.reply_to_id && messagesOf(message.chat_id).get(message.reply_to_id);
  if (replied) body.append(quote(replied, acts));
  if (message.file) body.append(file(message.file));
  if (message.contact) body.append(contact(message.contact));
  if (message.text) {
    const isBig = !message.file && EMOJI_ONLY.test(message.text);
    body.append(h("div", { class: `text ${isBig ? "big" : ""}` }, formatted(message.text, message.entities, acts)));
  }
  // In a group the bot hears commands and answers to it, nothing else: no tick waits for it.
  body.append(foot(message, isOwn && (chat?.is_private || message.is_taken)));
  node.append(body, tools(message, isOwn, acts));
  if (message.keyboard.length) node.append(keyboard(message, acts));
  return node;
}

function sender(id) {
  const node = h("div", { class: "sender" }, nameOf(id));
  node.style.setProperty("--hue", String((Math.abs(id) * 47) % 360));
  return node;
}

function quote(replied, acts) {
  return h("button", { type: "button", class: "reply-to", on: { click: () => acts.jump(replied.id) } },
    h("b", {}, nameOf(replied.sender_id)), h("span", {}, replied.text || replied.file?.name || "Message"));
}

function file(found) {
  if (found.is_photo) {
    const picture = h("img", { class: "photo", src: found.url, alt: found.name || "Photo", loading: "lazy" });
    if (found.width) picture.style.aspectRatio = `${found.width} / ${found.height}`;
    return h("button", { type: "button", class: "frame", "aria-label": "Show the photo", on: { click: () => show(found) } }, picture);
  }
  return h("a", { class: "file", href: found.url, download: found.name, target: "_blank", rel: "noopener" },
    h("span", { class: "disc" }, icon("file")),
    h("span", { class: "about" }, h("b", {}, found.name || "File"), h("small", {}, fileSize(found.size))));
}

function show(found) {
  dialog(found.name || "Photo", () => h("img", { class: "full", src: found.url, alt: found.name || "Photo" }));
}

function contact(shared) {
  const name = `${shared.first_name} ${shared.last_name}`.trim();
  return h("div", { class: "contact" }, h("span", { class: "disc" }, icon("phone")),
    h("span", { class: "about" }, h("b", {}, name), h("small", {}, `+${shared.phone}`)));
}

function foot(message, isOwn) {
  return h("div", { class: "foot" },
    message.is_protected && h("span", { class: "mini", title: "Cannot be forwarded or saved" }, icon("lock")),
    message.is_silent && h("span", { title: "Sent without sound" }, "silent"),
    message.edited_at > 0 && h("span", { title: `Changed ${clockTime(message.edited_at)}` }, "edited"),
    h("time", { title: fullTime(message.date) }, clockTime(message.date)),
    isOwn && h("span", {
      class: `ticks ${message.is_taken ? "taken" : ""}`,
      title: message.is_taken ? "The bot has it" : "Waits for the bot",
      role: "img",
      "aria-label": message.is_taken ? "The bot has it" : "Waits for the bot",
    }, message.is_taken ? "✓✓" : "✓"));
}

function tools(message, isOwn, acts) {
  const isPlain = isOwn && message.text && !message.file;
  return h("div", { class: "tools" },
    button("Reply", () => acts.reply(message), { kind: "icon", glyph: "reply" }),
    isPlain && button("Edit", () => acts.edit(message), { kind: "icon", glyph: "edit" }),
    isOwn && button("Delete", () => acts.remove(message), { kind: "icon", glyph: "bin" }));
}

const SIGNS = { url: "out", copy_text: "copy", web_app: "window" };

function keyboard(message, acts) {
  return h("div", { class: "keyboard", role: "group", "aria-label": "Buttons" },
    message.keyboard.map((row) => h("div", { class: isTight(row) ? "keys tight" : "keys" }, row.map((key) => inlineKey(message, key, acts)))));
}

// Labels that cannot stand side by side on one line: they share the row by length, and may wrap.
function isTight(row) {
  return row.reduce((sum, key) => sum + key.text.length * 8 + 22, 0) > 280;
}

function inlineKey(message, key, acts) {
  const node = h("button", {
    type: "button",
    class: `key ${key.style}`,
    title: key.kind === "callback_data" ? key.text : key.value,
    data: { value: key.kind === "callback_data" ? key.value : "" },
    on: { click: () => acts.key(message, key, node) },
  }, h("span", {}, key.text));
  if (SIGNS[key.kind]) node.append(h("i", { class: "sign" }, icon(SIGNS[key.kind])));
  return node;
}
