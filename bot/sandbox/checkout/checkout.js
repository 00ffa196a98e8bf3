// The page works without this; it counts the time down and keeps a double click from paying twice.

const left = document.querySelector(".ticking[data-left-s]");
if (left) {
  const endsAt = performance.now() + Number(left.dataset.leftS) * 1000;
  const tick = () => {
    const seconds = Math.max(0, Math.round((endsAt - performance.now()) / 1000));
    const hours = Math.floor(seconds / 3600);
    const minutes = String(Math.floor(seconds / 60) % 60).padStart(hours ? 2 : 1, "0");
    const rest = String(seconds % 60).padStart(2, "0");
    if (hours < 24) {
      left.textContent = (hours ? hours + ":" : "") + minutes + ":" + rest;
    }
    left.classList.toggle("soon", seconds < 120);
    if (seconds === 0) {
      location.replace(location.pathname);
    } else {
      setTimeout(tick, 1000);
    }
  };
  tick();
}

for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    event.submitter?.classList.add("busy");
  });
}

// Coming back with the browser's back button shows a page that may have ended meanwhile.
addEventListener("pageshow", (event) => {
  if (event.persisted) {
    location.reload();
  }
});

// Late money arrives by itself: look again while somebody watches.
if (document.querySelector(".ending.waiting")) {
  setInterval(() => document.hidden || location.reload(), 4000);
}
