// What the page knows of the world: one snapshot, then events. Views listen by kind.

import { remember } from "./dom.js";

export const world = {
  bot: { id: 0, name: "", username: "", description: "" },
  people: new Map(),
  chats: new Map(),
  messages: new Map(),
  switches: [],
  process: { status: "stopped", lines: [] },
  calls: [],
  story: { title: "", intro: "", steps: [] },
  ticked: [],
  estate: {},
  phones: [],
  books: "",
  offset: 0,
  ahead: 0,
  isReady: false,
};

const listeners = new Map();
const read = remember.get("read", {});

export function on(kinds, call) {
  for (const kind of kinds.split(" ")) listeners.set(kind, [...(listeners.get(kind) ?? []), call]);
}

function emit(kind, data) {
  for (const call of listeners.get(kind) ?? []) call(data, kind);
}

export const now = () => Date.now() / 1000 + world.ahead;

export function messagesOf(chatId) {
  return world.messages.get(chatId) ?? new Map();
}

export async function call(path, body) {
  const response = await fetch(`/sandbox/api/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return answered(response);
}

export async function upload(file, { personId, chatId, caption, asPhoto }) {
  const query = new URLSearchParams({
    person_id: personId, chat_id: chatId, caption, name: file.name || "picture.png", as_photo: asPhoto ? "1" : "0",
  });
  const type = file.type || "application/octet-stream";
  return answered(await fetch(`/sandbox/api/upload?${query}`, { method: "POST", headers: { "Content-Type": type }, body: file }));
}

async function answered(response) {
  const found = await response.json().catch(() => ({ error: `The sandbox answered ${response.status}` }));
  if (!response.ok) throw new Error(found.error ?? `The sandbox answered ${response.status}`);
  return found;
}

const key = (personId, chatId) => `${personId}:${chatId}`;

export function unread(personId, chatId) {
  const seen = read[key(personId, chatId)] ?? 0;
  let count = 0;
  for (const message of messagesOf(chatId).values()) {
    if (message.id > seen && message.sender_id !== personId) count += 1;
  }
  return count;
}

export function unreadOf(person) {
  return person.chat_ids.reduce((sum, chatId) => sum + unread(person.id, chatId), 0);
}

export function markRead(personId, chatId) {
  const last = Math.max(0, ...messagesOf(chatId).keys());
  if ((read[key(personId, chatId)] ?? 0) === last) return;
  read[key(personId, chatId)] = last;
  remember.set("read", read);
  emit("read", { personId, chatId });
}

function keep(message) {
  if (!world.messages.has(message.chat_id)) world.messages.set(message.chat_id, new Map());
  world.messages.get(message.chat_id).set(message.id, message);
}

const take = {
  snapshot(data) {
    Object.assign(world, {
      bot: data.bot, switches: data.switches, process: data.process, calls: data.calls, story: data.story, ticked: data.ticked, estate: data.estate, phones: data.phones, books: data.books,
      offset: data.offset_s, ahead: data.now - Date.now() / 1000, isReady: true,
      people: new Map(data.people.map((person) => [person.id, person])),
      chats: new Map(data.chats.map((chat) => [chat.id, chat])),
      messages: new Map(),
    });
    data.messages.forEach(keep);
    forgetOldEstate(data.books);
  },
  message: keep,
  deleted: (data) => messagesOf(data.chat_id).delete(data.id),
  chat: (data) => world.chats.set(data.id, data),
  person: (data) => world.people.set(data.id, data),
  story: (data) => (world.ticked = data.ticked),
  phones: (data) => (world.phones = data.phones),
  switches: (data) => (world.switches = data.switches),
  process: (data) => (world.process = data),
  line(data) {
    world.process.lines.push(data.line);
    if (world.process.lines.length > 400) world.process.lines.shift();
  },
  call(data) {
    world.calls.push(data);
    if (world.calls.length > 300) world.calls.shift();
  },
  clock(data) {
    world.offset = data.offset_s;
    world.ahead = data.now - Date.now() / 1000;
  },
};

// What this browser remembers of an estate says nothing of the next one.
function forgetOldEstate(books) {
  if (remember.get("books", books) !== books) {
    for (const name of Object.keys(read)) delete read[name];
    remember.drop((name) => ["read", "shown"].includes(name) || name.startsWith("chat."));
  }
  remember.set("books", books);
}

export function connect() {
  const source = new EventSource("/sandbox/api/events");
  source.onopen = () => emit("online", true);
  source.onerror = () => {
    emit("online", false);
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, 1500);
  };
  source.onmessage = (event) => {
    const { kind, data } = JSON.parse(event.data);
    if (kind === "reset") {
      source.close();
      connect();
      return;
    }
    take[kind]?.(data);
    emit(kind, data);
  };
}
