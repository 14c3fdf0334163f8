// What is drawn over the dots of a map: its labels and axes, lines between tracks, a lasso.

const LEVELS = [0, 2, 5]; // how many times a map is enlarged when labels of each level come
const ARTISTS = 3; // and artists
const APART = 14; // pixels between labels
const MARGIN = 24; // pixels at the left that an axis takes
const widths = new Map(); // of texts, in pixels

/** Sets the canvas for a new picture, in pixels of the page. */
export function begin(context, { width, height, ratio }) {
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.lineJoin = context.lineCap = "round";
}

/** Writes labels at their places, the weightiest first, where there is room. */
export function labels(context, places, screen, colors) {
  const deepest = Math.max(0, ...places.filter(({ kind }) => kind === "sound").map(({ level }) => level));
  const level = Math.min(deepest, LEVELS.findLastIndex((least) => screen.zoom >= least));
  const written = [];
  for (const place of places) {
    const isArtist = place.kind === "artist";
    if (isArtist ? screen.zoom < ARTISTS : place.level !== level) continue;
    const [over, y] = screen.at(place.x, place.y);
    if (over < screen.left || y < screen.top || over > screen.right || y > screen.bottom) continue;
    context.font = isArtist ? "italic 12.5px system-ui, sans-serif" : `600 ${level ? 14 : 16}px system-ui, sans-serif`;
    const wide = widthOf(context, place.name) / 2 + APART / 2;
    const x = Math.max(screen.left + MARGIN + wide, Math.min(screen.right - wide, over));
    const box = [x - wide, y - APART, x + wide, y + APART];
    if (written.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1])) continue;
    written.push(box);
    write(context, place.name, x, y, isArtist ? colors.soft : colors.ink, colors.ground);
  }
}

function widthOf(context, text) {
  const key = context.font + text;
  if (!widths.has(key)) widths.set(key, context.measureText(text).width);
  return widths.get(key);
}

function write(context, text, x, y, color, ground) {
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineWidth = 6;
  context.strokeStyle = ground;
  context.strokeText(text, x, y);
  context.fillStyle = color;
  context.fillText(text, x, y);
}

/** Writes at the edges where the axes lead. */
export function axes(context, named, screen, colors) {
  context.font = "12.5px system-ui, sans-serif";
  const [across, up] = named.map(({ leads }) => leads.join(", "));
  if (across) write(context, `${across} →`, screen.middle, screen.bottom - 14, colors.soft, colors.ground);
  if (!up) return;
  context.save();
  context.translate(screen.left + 14, (screen.top + screen.bottom) / 2);
  context.rotate(-Math.PI / 2);
  write(context, `${up} →`, 0, 0, colors.soft, colors.ground);
  context.restore();
}

/** Draws lines from a track to its neighbors, the wider the nearer. */
export function rays(context, from, ends, color) {
  context.strokeStyle = color;
  ends.forEach(([x, y], place) => {
    context.globalAlpha = 0.75 - (0.45 * place) / ends.length;
    context.lineWidth = 2.4 - (1.4 * place) / ends.length;
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(x, y);
    context.stroke();
  });
  context.globalAlpha = 1;
}

/** Draws a path from one track to another, its steps numbered and its ends named. */
export function path(context, corners, ends, colors) {
  for (const [width, color] of [[6, colors.ground], [3, colors.path]]) {
    context.lineWidth = width;
    context.strokeStyle = color;
    context.beginPath();
    corners.forEach((corner) => context.lineTo(...corner));
    context.stroke();
  }
  context.font = "600 11px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "middle";
  corners.forEach(([x, y], place) => {
    context.beginPath();
    context.arc(x, y, 9, 0, 2 * Math.PI);
    context.fillStyle = colors.path;
    context.fill();
    context.lineWidth = 2;
    context.strokeStyle = colors.ground;
    context.stroke();
    context.fillStyle = colors.paper;
    context.fillText(String(place + 1), x, y + 0.5);
  });
  context.font = "600 13.5px system-ui, sans-serif";
  [corners[0], corners.at(-1)].forEach(([x, y], end) => {
    const [, beside] = corners.at(end ? -2 : 1);
    write(context, ends[end], x, y + (y < beside ? -22 : 22), colors.ink, colors.ground);
  });
}

/** Marks a dot with a ring. */
export function ring(context, [x, y], radius, colors) {
  for (const [width, color] of [[5, colors.ground], [2.5, colors.ink]]) {
    context.beginPath();
    context.arc(x, y, radius + 4, 0, 2 * Math.PI);
    context.lineWidth = width;
    context.strokeStyle = color;
    context.stroke();
  }
}

/** Draws the lasso. */
export function lasso(context, corners, colors) {
  if (corners.length < 2) return;
  context.beginPath();
  corners.forEach((corner) => context.lineTo(...corner));
  context.closePath();
  context.globalAlpha = 0.12;
  context.fillStyle = colors.path;
  context.fill();
  context.globalAlpha = 1;
  context.lineWidth = 2;
  context.setLineDash([6, 5]);
  context.strokeStyle = colors.path;
  context.stroke();
  context.setLineDash([]);
}
