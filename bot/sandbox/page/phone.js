// A phone beside a chat: somebody is asked there for a PIN. The PIN never leaves this page.

import { append, button, h, icon } from "./dom.js";
import { call, world } from "./state.js";

const WRONG = "0000";
const ELSE = [
  ["insufficient_funds", "Not enough money"],
  ["no_answer", "Nobody answers"],
  ["late", "Send a PIN that arrives late"],
  ["pay_lost", "Pay, but the answer gets lost"],
  ["pay_twice", "Pay, and the answer comes twice"],
];

const seen = new Set();
const stamp = (prompt) => `${prompt.id} ${prompt.status}`;

export class Phone {
  constructor(personId, { onError }) {
    this.personId = personId;
    this.onError = onError;
    this.node = h("aside", { class: "handset", "aria-live": "polite", hidden: true });
    this.draw();
  }

  // Only what changed is drawn anew: a half typed PIN stays.
  draw() {
    const person = world.people.get(this.personId);
    const prompt = world.phones.find((one) => one.phone === person.phone && !seen.has(stamp(one)));
    const print = prompt ? stamp(prompt) : "";
    if (print === this.print) return;
    this.print = print;
    const hadFocus = this.node.contains(document.activeElement);
    this.node.hidden = !prompt;
    if (!prompt) return hadFocus && this.node.closest(".column").focus({ preventScroll: true });
    this.node.setAttribute("aria-label", `M-PESA on ${person.first_name}'s phone`);
    this.node.replaceChildren();
    append(this.node, [
      h("div", { class: "handset-top" }, icon("phone"), h("b", {}, "M-PESA"), h("span", {}, person.phone)),
      h("div", { class: "sim" }, h("p", {}, prompt.text), this.acts(prompt)),
      prompt.status === "open" && this.more(prompt)]);
    return hadFocus && this.node.querySelector("input, button").focus({ preventScroll: true });
  }

  acts(prompt) {
    if (prompt.status === "open") return this.asking(prompt);
    const late = prompt.status === "expired" && !prompt.text.includes("on its way");
    return h("div", { class: "sim-acts" },
      late && button("Send the PIN late", () => this.press(prompt, "pay"), { kind: "send" }),
      button("OK", () => this.close(prompt)));
  }

  asking(prompt) {
    const pin = h("input", { type: "password", inputmode: "numeric", pattern: "[0-9]{4}", maxlength: "4", required: true, autocomplete: "off", title: "Four digits" });
    const submit = (event) => {
      event.preventDefault();
      this.press(prompt, pin.value === WRONG ? "wrong_pin" : "pay");
    };
    return h("form", { class: "sim-acts", on: { submit } }, h("label", {}, "M-PESA PIN", pin),
      button("Cancel", () => this.press(prompt, "cancelled")), h("button", { type: "submit", class: "send" }, "Send"));
  }

  more(prompt) {
    return h("details", {}, h("summary", {}, "Play something else"),
      h("p", {}, `Any four digits are right, ${WRONG} is wrong.`),
      ELSE.map(([act, label]) => button(label, () => this.press(prompt, act))));
  }

  close(prompt) {
    seen.add(stamp(prompt));
    this.draw();
  }

  async press(prompt, act) {
    try {
      await call("phone", { id: prompt.id, act });
    } catch (problem) {
      this.onError(problem.message);
    }
  }
}
