// The desktop's picture on a canvas: decodes frames, draws what changed, acknowledges.
import { Decoder } from './decoder.js';

export class Screen {
  /**
   * @param canvas HTMLCanvasElement or OffscreenCanvas
   * @param onAck called with the body of a ScreenAck (Uint8Array) as soon as a frame is drawn
   * @param onSize called with (width, height) when the picture has another size
   */
  constructor(canvas, { onAck = () => {}, onSize = () => {} } = {}) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
    this.onAck = onAck;
    this.onSize = onSize;
    this.decoder = new Decoder();
    this.queue = [];
    this.busy = null;
    this.image = null;
  }

  /** What the viewer tells in Hello (spec/screen.md, "capabilities"). */
  static caps() { return 0; }

  /** Takes the body of a Screen message. Resolves when it is drawn; rejects with a DecodeError, after which the session should end. */
  async frame(bytes) {
    const start = performance.now(), decoder = this.decoder;
    const { width, height } = decoder, written = decoder.frame(bytes);
    if (decoder.width !== width || decoder.height !== height) this.resize();
    for (const rect of written) this.draw(rect);
    const work = Math.min(65535, Math.round((performance.now() - start) * 10)), ack = new Uint8Array(7), view = new DataView(ack.buffer);
    view.setUint32(0, decoder.frames);
    view.setUint16(4, work);
    this.onAck(ack);
  }

  resize() {
    const { width, height } = this.decoder;
    this.canvas.width = width;
    this.canvas.height = height;
    this.image = new ImageData(width, height);
    this.words = new Int32Array(this.image.data.buffer);
    this.onSize(width, height);
  }

  /** Brings one rectangle onto the canvas. */
  draw([x, y, width, height]) {
    const { decoder, words } = this, { pixels } = decoder;
    for (let row = y; row < y + height; row++) {
      let from = decoder.at(x, row), to = row * decoder.width + x;
      for (const end = to + width; to < end;) {
        const c = pixels[from++];
        words[to++] = 0xff000000 | (c & 255) << 16 | c & 0xff00 | c >> 16;
      }
    }
    this.context.putImageData(this.image, 0, 0, x, y, width, height);
  }
}
