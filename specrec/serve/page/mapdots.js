// Draws the dots of a map into the pixels of a canvas: a hundred thousand in a few milliseconds,
// on any machine, with or without a graphics card.

const PHASES = 4; // places within a pixel, each way, at which a dot may stand
const DIMMED = 0.82; // how near to the ground a dot is that is not among those that are shown

/** Draws dots; `ground`, `palette` and `ring` are set by `colors`. */
export class Dots {
  constructor(canvas) {
    this.context = canvas.getContext("2d", { alpha: false });
    this.canvas = canvas;
    this.stamps = new Map();
  }

  /** Takes the colors: the ground, and 256 of dots, each [red, green, blue]. */
  colors(ground, palette) {
    this.ground = packed(ground);
    this.bright = Uint32Array.from(palette, packed);
    this.dim = Uint32Array.from(palette, (color) =>
      packed(color.map((channel, place) => channel + DIMMED * (ground[place] - channel))),
    );
  }

  resize(width, height) {
    this.canvas.width = width;
    this.canvas.height = height;
    this.image = this.context.createImageData(width, height);
    this.pixels = new Uint32Array(this.image.data.buffer);
  }

  /**
   * Draws.
   *
   * @param points {x, y, count}
   * @param order the rows in the order in which they are drawn
   * @param codes the place of each row's color
   * @param shown for each row whether it is among those that are shown, or null for all
   * @param view {scale, left, top}: pixels of the canvas = scale * x + left, and top - scale * y
   * @param radius of a dot, in pixels
   * @param most the most dots
   */
  draw({ points, order, codes, shown, view, radius, most }) {
    this.pixels.fill(this.ground);
    const share = { points, order, codes, view, most };
    if (!shown) this.stampAll(share, this.bright, radius, null, 0);
    else {
      this.stampAll(share, this.dim, radius, shown, 0);
      this.stampAll({ ...share, most: order.length }, this.bright, radius + 1, shown, 1);
    }
    this.context.putImageData(this.image, 0, 0);
  }

  stampAll({ points, order, codes, view, most }, palette, radius, shown, wanted) {
    const { pixels } = this;
    const { width, height } = this.canvas;
    const { x, y } = points;
    const { scale, left, top } = view;
    const { stamps, size, reach } = this.stampsOf(radius);
    const end = Math.min(order.length, most);
    for (let place = 0; place < end; place += 1) {
      const row = order[place];
      if (shown && shown[row] !== wanted) continue;
      const across = scale * x[row] + left - reach;
      const down = top - scale * y[row] - reach;
      if (across < 0 || down < 0 || across + size >= width || down + size >= height) continue;
      const column = across | 0;
      const line = down | 0;
      const phase = ((PHASES * (down - line)) | 0) * PHASES + ((PHASES * (across - column)) | 0);
      const stamp = stamps[phase];
      const color = palette[codes[row]];
      const odd = color & 0xff00ff;
      const even = color & 0x00ff00;
      let at = 0;
      for (let sub = 0; sub < size; sub += 1) {
        let pixel = (line + sub) * width + column;
        for (let step = 0; step < size; step += 1, at += 1, pixel += 1) {
          const cover = stamp[at];
          if (cover === 0) continue;
          if (cover === 256) {
            pixels[pixel] = color;
            continue;
          }
          const under = pixels[pixel];
          const rest = 256 - cover;
          pixels[pixel] =
            0xff000000 |
            ((Math.imul(under & 0xff00ff, rest) + Math.imul(odd, cover)) >>> 8) & 0xff00ff |
            ((Math.imul(under & 0x00ff00, rest) + Math.imul(even, cover)) >>> 8) & 0x00ff00;
        }
      }
    }
  }

  /** How much of each pixel a dot covers, from 0 to 256, for each of its places within a pixel. */
  stampsOf(radius) {
    const key = Math.round(radius * 4) / 4;
    if (!this.stamps.has(key)) {
      const reach = Math.ceil(key + 0.5);
      const size = 2 * reach + 2;
      const stamps = [];
      for (let phase = 0; phase < PHASES * PHASES; phase += 1) {
        const middleX = reach + ((phase % PHASES) + 0.5) / PHASES;
        const middleY = reach + (Math.floor(phase / PHASES) + 0.5) / PHASES;
        stamps.push(
          Uint16Array.from({ length: size * size }, (_, at) => {
            const away = Math.hypot((at % size) + 0.5 - middleX, Math.floor(at / size) + 0.5 - middleY);
            return 256 * Math.max(0, Math.min(1, key + 0.5 - away));
          }),
        );
      }
      this.stamps.set(key, { stamps, size, reach });
    }
    return this.stamps.get(key);
  }
}

/** A color as a pixel's bytes make it, on machines that write the lowest first, which all do. */
function packed([red, green, blue]) {
  return (0xff000000 | (Math.round(blue) << 16) | (Math.round(green) << 8) | Math.round(red)) >>> 0;
}

/** Rows in an order that is no order, the same each time: so no group covers another. */
export function mixed(count) {
  const order = Uint32Array.from({ length: count }, (_, row) => row);
  let state = 12345;
  for (let place = count - 1; place > 0; place -= 1) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    const other = Math.floor((state / 4294967296) * (place + 1));
    [order[place], order[other]] = [order[other], order[place]];
  }
  return order;
}
