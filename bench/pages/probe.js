/**
 * What a browser page shows and when, seen from outside, for every page in the same way. Runs before the page's own scripts.
 *
 * Each frame that is drawn to the canvas itself is looked at when the script that drew it has ended: its pixels are read back (so its time
 * is that of the finished picture, not of the commands), one in seven is looked at, and the triangles that were drawn are counted.
 */
(() => {
  const EVERY = 7;
  const LEAST_PIXELS = 0.01;
  const LEAST_TRIANGLES = 1000;
  /** @type {{ t: number, triangles: number, hash: number, blank: boolean } | null} */
  let last = null;
  /** @type {Set<(frame: NonNullable<typeof last>) => void>} */
  const waiting = new Set();
  const state = new WeakMap();
  let bytes = new Uint8Array(0);

  const of = (gl) => {
    if (!state.has(gl)) state.set(gl, { draw: null, read: null, triangles: 0, asked: false });
    return state.get(gl);
  };

  const look = (gl, about) => {
    const { width, height } = gl.canvas;
    if (bytes.length !== width * height * 4) bytes = new Uint8Array(width * height * 4);
    const pixels = new Uint32Array(bytes.buffer);
    if (about.read) gl.bindFramebuffer(gl.READ_FRAMEBUFFER ?? gl.FRAMEBUFFER, null);
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
    if (about.read) gl.bindFramebuffer(gl.READ_FRAMEBUFFER ?? gl.FRAMEBUFFER, about.read);
    const t = performance.now();
    let hash = 2166136261;
    let differing = 0;
    for (let i = 0; i < pixels.length; i += EVERY) {
      hash = Math.imul(hash ^ pixels[i], 16777619);
      if (pixels[i] !== pixels[0]) differing++;
    }
    const blank = differing * EVERY < pixels.length * LEAST_PIXELS || about.triangles < LEAST_TRIANGLES;
    last = { t, triangles: about.triangles, hash, blank };
    about.triangles = 0;
    about.asked = false;
    for (const hear of [...waiting]) hear(last);
  };

  const drawn = (gl, mode, count, instances) => {
    const about = of(gl);
    if (about.draw !== null) return;
    if (mode === gl.TRIANGLES) about.triangles += (count / 3) * instances;
    if (about.asked) return;
    about.asked = true;
    queueMicrotask(() => look(gl, about));
  };

  for (const Kind of [window.WebGLRenderingContext, window.WebGL2RenderingContext]) {
    if (!Kind) continue;
    const own = Kind.prototype;
    const wrap = (name, after) => {
      const plain = own[name];
      if (!plain) return;
      own[name] = function (...given) {
        plain.apply(this, given);
        after(this, given);
      };
    };
    wrap("drawElements", (gl, [mode, count]) => drawn(gl, mode, count, 1));
    wrap("drawArrays", (gl, [mode, , count]) => drawn(gl, mode, count, 1));
    wrap("drawElementsInstanced", (gl, [mode, count, , , instances]) => drawn(gl, mode, count, instances));
    wrap("drawArraysInstanced", (gl, [mode, , count, instances]) => drawn(gl, mode, count, instances));
    const bind = own.bindFramebuffer;
    own.bindFramebuffer = function (target, framebuffer) {
      bind.call(this, target, framebuffer);
      const about = of(this);
      if (target !== this.READ_FRAMEBUFFER) about.draw = framebuffer;
      if (target !== this.DRAW_FRAMEBUFFER) about.read = framebuffer;
    };
  }

  /** The next frame that answers `test`, or the last one when it does already. */
  const frame = (test) =>
    new Promise((found) => {
      if (last && test(last)) {
        found(last);
        return;
      }
      const hear = (seen) => {
        if (!test(seen)) return;
        waiting.delete(hear);
        found(seen);
      };
      waiting.add(hear);
    });

  window.benchProbe = {
    /** Milliseconds since the navigation until a picture of at least so many triangles stood there. */
    shown: (triangles) => frame((seen) => !seen.blank && seen.triangles >= triangles).then(({ t }) => t),
    /** Milliseconds from `act` until another picture of at least so many triangles stood there. */
    changed: (act, triangles) => {
      const before = last?.hash;
      const began = performance.now();
      const next = frame((seen) => !seen.blank && seen.triangles >= triangles && seen.hash !== before);
      act();
      return next.then(({ t }) => t - began);
    },
  };
})();
