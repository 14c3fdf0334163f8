"use strict";
// Excerpts, and what opens for paper. The map is in map.js.
{
  const player = document.getElementById("player");
  let sounds = null;
  let current = null;

  const still = () => {
    if (current) current.setAttribute("aria-pressed", "false");
    current = null;
  };
  const play = (button) => {
    sounds ??= JSON.parse(document.getElementById("sounds").textContent);
    const again = button === current;
    player.pause();
    still();
    if (again) return;
    player.src = sounds[button.dataset.sound];
    current = button;
    button.setAttribute("aria-pressed", "true");
    player.play().catch(() => { if (button === current) still(); });
  };
  for (const button of document.querySelectorAll(".play")) {
    button.addEventListener("click", () => play(button));
  }
  player.addEventListener("ended", still);

  let shut = [];
  addEventListener("beforeprint", () => {
    shut = [...document.querySelectorAll("details:not([open])")];
    for (const item of shut) item.open = true;
  });
  addEventListener("afterprint", () => {
    for (const item of shut) item.open = false;
  });
}
