// The desktop's picture on a canvas: decodes frames, draws what changed, acknowledges.
import { Decoder } from './decoder.js';
import { Video, videoSupported } from './video.js';

export { DecodeError } from './decoder.js';

// Asked when the page loads, known long before a session begins.
let video = false;
videoSupported().then(yes => {
  video = yes;
});

export class Screen {
  /**
   * @param canvas HTMLCanvasElement or OffscreenCanvas
   * @param onAck called with the body of a ScreenAck (Uint8Array) as soon as a frame is drawn
   * @param onSize called with (width, height) when the picture has another size
   */
  constructor(canvas, { onAck = () => {}, onSize = () => {} } = {}) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d', { alpha: false });
    this.onAck = onAck;
    this.onSize = onSize;
    this.decoder = new Decoder();
    this.video = new Video(this.context);
    this.image = null;
  }

  /** What the viewer tells in Hello (spec/screen.md, "capabilities"). */
  static caps() {
    return video ? 1 : 0;
  }

  /**
   * Takes the body of a Screen message, in the order of arrival; the picture is drawn when it
   * returns (that of a video a few milliseconds later).
   * Rejects with a DecodeError, after which the session should end. `waiting`: how many more have
   * arrived.
   */
  async frame(bytes, waiting = 0) {
    const start = performance.now(),
      { decoder, video } = this,
      { state } = decoder,
      before = decoder.video;
    const written = decoder.frame(bytes);
    if (decoder.state !== state) {
      video.end();
      this.resize();
    }
    if (!decoder.video) video.end();
    else if (decoder.video !== before) video.show(decoder.video);
    for (const rect of merged(written)) this.draw(rect);
    const work = Math.min(65535, Math.round((performance.now() - start) * 10)),
      ack = new Uint8Array(7),
      view = new DataView(ack.buffer);
    view.setUint32(0, decoder.frames);
    view.setUint16(4, work);
    view.setUint8(6, Math.min(255, waiting + video.waiting));
    this.onAck(ack);
  }

  /** Ends what runs beside: call when the session is over. */
  close() {
    this.video.end();
  }

  resize() {
    const { width, height } = this.decoder;
    if (this.canvas.width !== width) this.canvas.width = width;
    if (this.canvas.height !== height) this.canvas.height = height;
    this.image = new ImageData(width, height);
    this.words = new Int32Array(this.image.data.buffer);
    this.onSize(width, height);
  }

  /** Brings one rectangle onto the canvas, except where the video is. */
  draw([x, y, width, height]) {
    const { decoder, words } = this,
      { pixels } = decoder;
    for (let row = y; row < y + height; row++) {
      let from = decoder.at(x, row),
        to = row * decoder.width + x;
      for (const end = to + width; to < end;) {
        const c = pixels[from++];
        words[to++] = 0xff000000 | ((c & 255) << 16) | (c & 0xff00) | (c >> 16);
      }
    }
    for (const [a, b, w, h] of without([x, y, width, height], this.video.rect))
      this.context.putImageData(this.image, 0, 0, a, b, w, h);
  }
}

/**
 * Joins rectangles that lie side by side or one under the other with the same extent, in the order
 * they come.
 */
function merged(rects) {
  const out = [];
  for (const rect of rects) {
    const last = out[out.length - 1];
    if (last && last[0] === rect[0] && last[2] === rect[2] && last[1] + last[3] === rect[1])
      last[3] += rect[3];
    else if (last && last[1] === rect[1] && last[3] === rect[3] && last[0] + last[2] === rect[0])
      last[2] += rect[2];
    else out.push([...rect]);
  }
  return out;
}

/** The parts of a rectangle outside another. */
function without([x, y, width, height], hole) {
  if (!hole) return [[x, y, width, height]];
  const right = x + width,
    bottom = y + height,
    [hx, hy] = hole,
    hr = hx + hole[2],
    hb = hy + hole[3];
  if (hx >= right || hr <= x || hy >= bottom || hb <= y) return [[x, y, width, height]];
  const top = Math.max(y, hy),
    low = Math.min(bottom, hb);
  return [
    [x, y, width, hy - y],
    [x, hb, width, bottom - hb],
    [x, top, hx - x, low - top],
    [hr, top, right - hr, low - top],
  ].filter(r => r[2] > 0 && r[3] > 0);
}
