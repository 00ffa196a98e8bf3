// Text and its entities as DOM nodes. Offsets count UTF-16 units, as JavaScript strings do.

import { h } from "./dom.js";
import { world } from "./state.js";

const SIMPLE = {
  bold: "b", italic: "i", underline: "u", strikethrough: "s", code: "code", pre: "pre", blockquote: "blockquote",
};
const BLOCKS = new Set(["pre", "blockquote", "expandable_blockquote"]);
const SAFE_LINK = /^(https?|tg|mailto|tel):/i;

export function formatted(text, entities, acts) {
  const root = document.createDocumentFragment();
  build(root, text, 0, text.length, [...entities], acts);
  return root;
}

function build(parent, text, begin, end, entities, acts) {
  let at = begin;
  while (entities.length && entities[0].offset < end) {
    const entity = entities.shift();
    const stop = Math.min(entity.offset + entity.length, end);
    if (entity.offset < at || stop <= entity.offset) continue;
    if (entity.offset > at) parent.append(...whole(text.slice(at, entity.offset)));
    const inside = [];
    while (entities.length && entities[0].offset < stop) inside.push(entities.shift());
    const isClosing = entity.type === "italic" && stop === text.length && text.slice(0, entity.offset).endsWith("\n\n");
    const node = wrap(entity, text.slice(entity.offset, stop), acts, isClosing);
    const inner = node.matches?.("pre.framed") ? node.querySelector("code") : node;
    build(inner, text, entity.offset, stop, inside, acts);
    parent.append(node);
    at = stop;
    if (BLOCKS.has(entity.type) && text[at] === "\n") at += 1;
  }
  if (at < end) parent.append(...whole(text.slice(at, end)));
}

// A number such as BILL-2026-000001 or TXN-…0a1b2c is one word: no line ends at its hyphens.
function whole(words) {
  return words.split(/(\b(?:[A-Z]{1,4}-\d{4}-\d+|TXN-…\w+)\b)/).map((part, at) => (at % 2 ? h("span", { class: "whole" }, part) : part));
}

function wrap(entity, words, acts, isClosing) {
  if (entity.type === "pre") return h("pre", { class: "framed" }, h("code", { "data-language": entity.language }));
  if (entity.type === "code") {
    return h("code", { class: "copy", title: "Click to copy", tabindex: "0", role: "button", on: tap(() => acts.copy(words)) });
  }
  if (entity.type in SIMPLE) return h(SIMPLE[entity.type], { class: isClosing ? "closing" : "" });
  if (entity.type === "expandable_blockquote") {
    const quote = h("blockquote", { class: "expandable" });
    quote.addEventListener("click", () => quote.classList.toggle("open"));
    return quote;
  }
  if (entity.type === "spoiler") {
    const node = h("span", { class: "spoiler", role: "button", tabindex: "0", "aria-label": "Hidden; press to show" });
    const show = (event) => {
      if (node.classList.contains("shown")) return;
      event.preventDefault();
      event.stopPropagation();
      node.classList.add("shown");
      node.removeAttribute("aria-label");
    };
    node.addEventListener("click", show, true);
    node.addEventListener("keydown", (event) => event.key === "Enter" && show(event));
    return node;
  }
  if (entity.type === "bot_command") {
    return h("a", { class: "link", role: "button", tabindex: "0", on: tap(() => acts.say(words)) });
  }
  if (entity.type === "date_time") {
    const when = new Date(entity.unix_time * 1000);
    return h("time", { class: "moment", datetime: when.toISOString(), title: fullTime(entity.unix_time) });
  }
  const url = entity.type === "text_link" ? entity.url : entity.type === "email" ? `mailto:${words}` : words;
  if (entity.type === "url" || entity.type === "text_link" || entity.type === "email") return link(url, acts);
  return h("span", { class: entity.type.includes("mention") ? "mention" : "" });
}

function link(url, acts) {
  const full = SAFE_LINK.test(url) ? url : `https://${url}`;
  return h("a", { class: "link", href: full, title: full, target: "_blank", rel: "noopener noreferrer", on: {
    click: (event) => { if (acts.open(full)) event.preventDefault(); },
  } });
}

function tap(call) {
  return {
    click: call,
    keydown: (event) => { if (event.key === "Enter") call(); },
  };
}

// Everybody's phone shows the time of the place that is played, as the bot writes it.
function told(seconds, options) {
  return new Date(seconds * 1000).toLocaleString("en-GB", { timeZone: world.story.timezone || undefined, ...options });
}

export function clockTime(seconds) {
  return told(seconds, { hour: "2-digit", minute: "2-digit" });
}

export function secondsTime(seconds) {
  return told(seconds, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

export function shortDay(seconds) {
  return told(seconds, { weekday: "short", day: "numeric", month: "short" });
}

export function fullTime(seconds) {
  return told(seconds, { dateStyle: "full", timeStyle: "short" });
}

export function dayName(seconds) {
  return told(seconds, { weekday: "long", day: "numeric", month: "long" });
}

export function fileSize(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
