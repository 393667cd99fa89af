"use strict";
// A slider shows one of the shapes that are drawn beside each other.
for (const slide of document.querySelectorAll(".slide")) {
  const frames = slide.querySelectorAll(".frame");
  slide.querySelector("input").addEventListener("input", ({ target }) => {
    frames.forEach((frame, number) => frame.classList.toggle("now", number === Number(target.value)));
  });
}
