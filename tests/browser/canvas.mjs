// What stands in the viewer's canvas, and whether it is the office's picture.

/** RGBA bytes of a rectangle of the canvas. */
export async function pixels(page, x, y, width, height) {
  const text = await page.evaluate(
    ([x, y, width, height]) => {
      const copy = new OffscreenCanvas(width, height);
      const context = copy.getContext('2d', { willReadFrequently: true });
      context.drawImage(
        document.querySelector('canvas#screen'),
        x,
        y,
        width,
        height,
        0,
        0,
        width,
        height,
      );
      const { data } = context.getImageData(0, 0, width, height);
      let binary = '';
      for (let i = 0; i < data.length; i += 32768)
        binary += String.fromCharCode.apply(null, data.subarray(i, i + 32768));
      return btoa(binary);
    },
    [x, y, width, height],
  );
  return Buffer.from(text, 'base64');
}

/** How many pixels of two RGBA pictures differ, whatever their alpha. */
export function differing(a, b) {
  if (a.length !== b.length) return Infinity;
  let count = 0;
  for (let i = 0; i < a.length; i += 4)
    count += a[i] !== b[i] || a[i + 1] !== b[i + 1] || a[i + 2] !== b[i + 2];
  return count;
}

/** Size of the canvas's picture, and the size it is shown at, in CSS px. */
export function sizes(page) {
  return page.evaluate(() => {
    const canvas = document.querySelector('canvas#screen');
    const shown = canvas.getBoundingClientRect();
    return {
      width: canvas.width,
      height: canvas.height,
      shownWidth: shown.width,
      shownHeight: shown.height,
    };
  });
}
