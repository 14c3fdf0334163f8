// Draws the dots of a map into the pixels of a canvas: a hundred thousand in a few milliseconds,
// on any machine, with or without a graphics card.

const PHASES = 4; // places within a pixel, each way, at which a dot may stand
const DIMMED = 0.82; // how near to the ground a dot is that is not among those that are shown

/** Draws dots; `ground`, `palette` and `ring` are set by `colors`. */
export class Dots {
  constructor(canvas) {
    this.context = canvas.getContext("2d");
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
    this.stamps.clear();
  }

  /**
   * Draws dots one over the other.
   *
   * @param x, y places of the dots, in the order in which they are drawn
   * @param codes the place of each dot's color
   * @param shown for each dot whether it is among those that are shown, or null for all
   * @param view {scale, left, top}: pixels of the canvas are scale * x + left, and top - scale * y
   * @param radius of a dot, in pixels
   * @param most the most dots
   */
  draw({ most, radius, ...dots }) {
    this.pixels.fill(this.ground);
    if (!dots.shown) this.stampAll(dots, this.bright, radius, 0, most);
    else {
      this.stampAll(dots, this.dim, radius, 0, most);
      this.stampAll(dots, this.bright, radius + 1, 1, dots.x.length);
    }
    this.context.putImageData(this.image, 0, 0);
  }

  stampAll({ x, y, codes, shown, view }, palette, radius, wanted, most) {
    const { pixels } = this;
    const { width, height } = this.canvas;
    const { scale, left, top } = view;
    const { stamps, size, reach } = this.stampsOf(radius);
    const end = Math.min(x.length, most);
    for (let row = 0; row < end; row += 1) {
      if (shown && shown[row] !== wanted) continue;
      const across = scale * x[row] + left - reach;
      const down = top - scale * y[row] - reach;
      if (across < 0 || down < 0 || across + size >= width || down + size >= height) continue;
      const column = across | 0;
      const line = down | 0;
      const phase = ((PHASES * (down - line)) | 0) * PHASES + ((PHASES * (across - column)) | 0);
      const { offsets, covers } = stamps[phase];
      const color = palette[codes[row]];
      const odd = color & 0xff00ff;
      const even = color & 0x00ff00;
      const corner = line * width + column;
      for (let at = 0; at < offsets.length; at += 1) {
        const pixel = corner + offsets[at];
        const cover = covers[at];
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

  /**
   * The pixels that a dot covers, for each of its places within a pixel: how far they are from the
   * corner of its square, and how much of each is covered, from 1 to 256.
   */
  stampsOf(radius) {
    const key = Math.round(radius * 4) / 4;
    if (!this.stamps.has(key)) {
      const reach = Math.ceil(key + 0.5);
      const stamps = Array.from({ length: PHASES * PHASES }, (_, phase) =>
        this.stamp(key, reach + ((phase % PHASES) + 0.5) / PHASES, reach + (Math.floor(phase / PHASES) + 0.5) / PHASES),
      );
      this.stamps.set(key, { stamps, size: 2 * reach + 2, reach });
    }
    return this.stamps.get(key);
  }

  stamp(radius, middleX, middleY) {
    const offsets = [];
    const covers = [];
    for (let line = 0; line < middleY + radius + 1; line += 1) {
      for (let column = 0; column < middleX + radius + 1; column += 1) {
        const away = Math.hypot(column + 0.5 - middleX, line + 0.5 - middleY);
        const cover = Math.floor(256 * Math.max(0, Math.min(1, radius + 0.5 - away)));
        if (cover > 0) {
          offsets.push(line * this.canvas.width + column);
          covers.push(cover);
        }
      }
    }
    return { offsets: Int32Array.from(offsets), covers: Uint16Array.from(covers) };
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

/** Values in an order. */
export function inOrder(values, order) {
  const found = new values.constructor(order.length);
  for (let place = 0; place < order.length; place += 1) found[place] = values[order[place]];
  return found;
}
