// A part of the picture that moves: H.264 by WebCodecs, drawn over the canvas. spec/screen.md,
// "video".

/** Whether this browser decodes H.264 by WebCodecs; asked once, before Hello. */
export async function videoSupported() {
  if (typeof VideoDecoder === 'undefined') return false;
  try {
    return (await VideoDecoder.isConfigSupported(config(640, 360))).supported === true;
  } catch {
    return false;
  }
}

// The level is a promise about size only; software decoders take what comes.
const config = (codedWidth, codedHeight) => ({
  codec: 'avc1.42E033',
  codedWidth,
  codedHeight,
  optimizeForLatency: true,
  hardwareAcceleration: 'prefer-software',
  colorSpace: { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', fullRange: false },
});

export class Video {
  constructor(context) {
    this.context = context;
    this.decoder = null;
    this.rect = null;
    this.clock = 0;
  }

  /** Pictures that were given and not shown. */
  get waiting() {
    return this.decoder?.state === 'configured' ? this.decoder.decodeQueueSize : 0;
  }

  show({ rect, key, unit }) {
    if (!this.decoder || key) {
      if (!key) return; // after a fault, until the next key picture
      this.end();
      this.rect = rect;
      const decoder = (this.decoder = new VideoDecoder({
        output: frame => {
          // What was still under way when the video ended or began anew is not wanted.
          if (this.decoder === decoder)
            this.context.drawImage(frame, rect[0], rect[1], rect[2], rect[3]);
          frame.close();
        },
        error: () => {
          if (this.decoder === decoder) this.decoder = null;
        },
      }));
      decoder.configure(config(rect[2], rect[3]));
    }
    this.decoder.decode(
      new EncodedVideoChunk({
        type: key ? 'key' : 'delta',
        timestamp: this.clock++ * 1000,
        data: unit,
      }),
    );
  }

  end() {
    if (this.decoder && this.decoder.state !== 'closed') this.decoder.close();
    this.decoder = this.rect = null;
  }
}
