// The story: its steps, what is ticked, and the one thing to do next.

import { avatar, button, h, redraw } from "./dom.js";
import { messagesOf, world } from "./state.js";

const NEWEST = 8;
const HOLD_MS = 1500;

const ticked = (mark) => world.ticked.includes(mark.key);
export const isDone = (step) => step.marks.length > 0 && step.marks.every(ticked);

// The first step that is open; undefined once all are done.
export function openStep() {
  return world.story.steps.find((step) => !isDone(step));
}

export class StoryView {
  constructor({ onLook, onMove, onAnew, onError }) {
    Object.assign(this, { onLook, onMove, onAnew, onError });
    this.node = h("div", { class: "tour" });
    this.heldUntil = 0;
  }

  // Only what changed is drawn anew: a button must not vanish under the finger that presses it.
  draw() {
    const { story } = world;
    const moves = story.steps.map(nextMove);
    const isHeld = Date.now() < this.heldUntil;
    const print = JSON.stringify([world.books, world.ticked, moves.map((move) => move && label(move)), isHeld]);
    if (print === this.print) return;
    this.print = print;
    const current = openStep();
    const done = story.steps.filter(isDone).length;
    const end = current ? "Play on freely: everything here is yours to break."
      : "You have seen it all. Now make trouble, or begin anew.";
    redraw(this.node, h("h2", {}, story.title, h("em", {}, `${done} of ${story.steps.length} done`)), h("p", { class: "intro" }, story.intro),
      h("ol", { class: "story" }, story.steps.map((step, at) => this.step(step, at, { move: moves[at], isCurrent: step === current, isHeld }))),
      h("p", { class: "fine" }, end),
      button("Begin anew…", this.onAnew, { kind: "quiet", key: "anew" }));
  }

  step(step, at, { move, isCurrent, isHeld }) {
    const person = world.people.get(step.person_id);
    const done = isDone(step);
    const act = move && h("button", {
      type: "button", class: isCurrent ? "small primary" : "small", disabled: isHeld, data: { key: `move ${at}` }, on: { click: () => this.go(step) },
    }, label(move));
    return h("li", { class: done ? "done" : isCurrent ? "current" : "", "aria-current": isCurrent ? "step" : null },
      h("button", { type: "button", class: "step", data: { key: `step ${at}` }, on: { click: () => person && this.onLook(step) } },
        h("span", { class: "number", "aria-hidden": "true" }, done ? "✓" : String(at + 1)),
        h("span", {}, h("b", {}, step.title, done && h("span", { class: "unseen" }, ", done")),
          !done && h("span", { class: "step-text" }, step.text))),
      !done && h("div", { class: "step-acts" },
        step.marks.length > 1 && (isCurrent || step.marks.some(ticked)) && h("p", { class: "marks" }, step.marks.map((mark) => h("span", { class: ticked(mark) ? "ticked" : "" }, ticked(mark) ? "✓ " : "○ ", mark.label))),
        person && h("span", { class: "chip" }, avatar(person.id, person.name, { size: "tiny" }), person.first_name), person && act));
  }

  // A double click is one move: the next one waits a moment for the bot's answer.
  async go(step) {
    const move = nextMove(step);
    if (!move || Date.now() < this.heldUntil) return;
    if (!move.shows) this.heldUntil = Date.now() + HOLD_MS;
    setTimeout(() => this.draw(), HOLD_MS + 20);
    this.draw();
    try {
      await this.onMove(step, move);
    } catch (problem) {
      this.onError(problem.message);
    }
  }
}

// The furthest move that fits what the bot showed last; else the first, which always fits.
function nextMove(step) {
  const shown = [...messagesOf(step.person_id).values()].filter((message) => message.is_bot)
    .sort((one, other) => other.revision - one.revision).slice(0, NEWEST);
  for (const message of shown) {
    for (const move of [...step.moves].reverse()) {
      const found = fitting(move, message);
      if (found) return found;
    }
  }
  return step.moves.find((move) => move.shows || (move.say && !move.after));
}

function fitting(move, message) {
  if (move.tap) {
    const key = message.keyboard.flat().find(({ text }) => plain(text).startsWith(move.tap));
    return key && { ...move, key, messageId: message.id };
  }
  if (move.opener_id) {
    const link = /https:\/\/t\.me\/\S+\?start=\S+/.exec(message.text)?.[0];
    return link && { ...move, link };
  }
  return move.after && plain(message.text).includes(move.after) && move;
}

function label(move) {
  if (move.key) return `Tap “${plain(move.key.text)}”`;
  if (move.link) return `Open the link as ${world.people.get(move.opener_id).first_name}`;
  return move.shows ? "Show the bot's process" : `Send “${move.say}”`;
}

const plain = (text) => text.replaceAll("\u00A0", " ");
