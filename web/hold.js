/* What a person is about to click stays where it is: the part of the page below the pointer, or with the keyboard's focus,
 * is held while the person does something there. A pointer that rests holds nothing. */
const RESTS_MS = 10000;
let at = -Infinity, target = null;
const note = (event) => {
  at = performance.now();
  target = event.target;
};
for (const type of ["pointermove", "pointerdown", "wheel", "keydown"]) addEventListener(type, note, { passive: true });

export const isHeld = (part) => performance.now() - at < RESTS_MS && target instanceof Node && part.contains(target);
