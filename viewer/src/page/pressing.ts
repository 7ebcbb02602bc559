/** A press that moves further than this (px) was meant to turn the models. */
const CLICK_MOVES = 5;

/** Calls back with the place, in the window, of every press on the canvas that stayed where it was; by mouse, pen or the first finger. */
export function onPress(canvas: HTMLCanvasElement, pressedAt: (x: number, y: number) => void): void {
  let pressed: { x: number; y: number; id: number } | null = null;
  canvas.addEventListener("pointerdown", (event) => {
    const { clientX: x, clientY: y, pointerId: id } = event;
    pressed = event.isPrimary && event.button === 0 ? { x, y, id } : null;
  });
  canvas.addEventListener("pointerup", (event) => {
    const from = pressed;
    pressed = null;
    if (!from || from.id !== event.pointerId) return;
    if (Math.hypot(event.clientX - from.x, event.clientY - from.y) <= CLICK_MOVES)
      pressedAt(event.clientX, event.clientY);
  });
}
