// The map: points on a canvas, colored by a cluster, a group or a feature.
if (document.getElementById("points")) {
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("points").textContent);
  const count = data.title.length;
  const canvas = byId("map-canvas"), brush = canvas.getContext("2d");
  const drawn = document.createElement("canvas"); // all points, without what is chosen
  const chooser = byId("map-color"), search = byId("map-search"), tip = byId("map-tip");
  const MARGIN = 14, KINDS = 8;
  const LARGEST = count < 1500 ? 4 : count < 5000 ? 3 : 2.2;
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const words = data.title.map((title, row) => plain(`${title} ${data.artist[row]}`));
  let width = 0, height = 0, chosen = -1, matches = null, only = -1, view = data.views[0];
  let ranks = null, radius = LARGEST;

  const left = (row) => MARGIN + data.x[row] / 1000 * (width - 2 * MARGIN);
  const top = (row) => MARGIN + (1 - data.y[row] / 1000) * (height - 2 * MARGIN);
  const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const mixed = (share) => `color-mix(in oklab, ${ink("--high")} ${Math.round(100 * share)}%, ${ink("--low")})`;

  const shape = (path, kind, x, y, r) => {
    const corners = (...points) => {
      path.moveTo(x + r * points[0], y + r * points[1]);
      for (let i = 2; i < points.length; i += 2) path.lineTo(x + r * points[i], y + r * points[i + 1]);
      path.closePath();
    };
    if (kind === 1) corners(-0.9, -0.9, 0.9, -0.9, 0.9, 0.9, -0.9, 0.9);
    else if (kind === 2) corners(0, -1.2, 1.1, 0.9, -1.1, 0.9);
    else if (kind === 3) corners(0, -1.25, 1.25, 0, 0, 1.25, -1.25, 0);
    else if (kind === 4) corners(0, 1.2, 1.1, -0.9, -1.1, -0.9);
    else if (kind === 5) corners(-0.4, -1.2, 0.4, -1.2, 0.4, -0.4, 1.2, -0.4, 1.2, 0.4, 0.4, 0.4, 0.4, 1.2, -0.4, 1.2, -0.4, 0.4, -1.2, 0.4, -1.2, -0.4, -0.4, -0.4);
    else if (kind === 6) corners(-1.2, -0.55, 1.2, -0.55, 1.2, 0.55, -1.2, 0.55);
    else if (kind === 7) corners(-0.55, -1.2, 0.55, -1.2, 0.55, 1.2, -0.55, 1.2);
    else { path.moveTo(x + r, y); path.arc(x, y, r, 0, 7); }
  };

  const shapeOf = (value) => (value + 3 * Math.floor(value / KINDS)) % KINDS;

  // The share of tracks with a lower value, in steps: each step is one path.
  const STEPS = 12;
  const rankValues = (values) => {
    const known = values.filter((value) => value !== null).sort((a, b) => a - b);
    const place = new Map();
    known.forEach((value, index) => { if (!place.has(value)) place.set(value, index); });
    return values.map((value) => value === null ? null
      : Math.min(STEPS - 1, Math.floor(STEPS * place.get(value) / Math.max(1, known.length))));
  };
  const dimmed = (row) => (matches && !matches.has(row)) || (only >= 0 && view.labels && view.values[row] !== only);

  // Marks of one look are one small picture that is copied: of 10,000 points, all in a moment.
  const stamp = (kind, size, color) => {
    const half = Math.ceil(1.4 * size * devicePixelRatio) + 1, picture = new OffscreenCanvas(2 * half, 2 * half);
    const pen = picture.getContext("2d"), path = new Path2D();
    shape(path, kind, half, half, size * devicePixelRatio);
    pen.fillStyle = color;
    pen.fill(path);
    return picture;
  };
  const layersOf = () => {
    const layers = new Map();
    for (let row = 0; row < count; row++) {
      const value = view.labels ? view.values[row] : ranks[row];
      const key = `${dimmed(row) ? 0 : value === null ? 1 : 2} ${value}`;
      if (!layers.has(key)) layers.set(key, []);
      layers.get(key).push(row);
    }
    return [...layers].sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true }));
  };

  const draw = () => {
    if (!width || !height) return;
    drawn.width = canvas.width;
    drawn.height = canvas.height;
    const pen = drawn.getContext("2d");
    for (const [key, rows] of layersOf()) {
      const [state, text] = key.split(" "), value = text === "null" ? null : Number(text);
      const grouped = view.labels && value !== null;
      const color = value === null ? ink("--soft") : grouped ? ink(`--kind-${value % KINDS}`) : mixed(value / (STEPS - 1));
      const size = (grouped || value === null ? radius : radius * (0.7 + 0.6 * value / STEPS)) * (matches && state === "2" ? 1.3 : 1);
      const mark = stamp(grouped ? shapeOf(value) : 0, size, color);
      pen.globalAlpha = state === "2" ? (count > 3000 ? 0.7 : 0.85) : state === "1" ? 0.35 : 0.13;
      for (const row of rows) {
        pen.drawImage(mark, left(row) * devicePixelRatio - mark.width / 2, top(row) * devicePixelRatio - mark.height / 2);
      }
    }
    ring();
  };
  const ring = () => {
    if (!width || !height) return;
    brush.setTransform(1, 0, 0, 1, 0, 0);
    brush.clearRect(0, 0, canvas.width, canvas.height);
    brush.drawImage(drawn, 0, 0);
    if (chosen < 0) return;
    brush.scale(devicePixelRatio, devicePixelRatio);
    brush.beginPath();
    brush.arc(left(chosen), top(chosen), radius + 5, 0, 7);
    brush.lineWidth = 3;
    brush.strokeStyle = ink("--ink");
    brush.stroke();
  };

  const valueText = (row) => {
    const value = view.values[row];
    if (value === null) return `${view.name} not known`;
    return view.labels ? `${view.name}: ${view.labels[value]}` : `${view.name} ${value}${view.unit ? ` ${view.unit}` : ""}`;
  };
  const nameOf = (row) => data.artist[row] ? `${data.title[row]} by ${data.artist[row]}` : data.title[row];
  const choose = (row) => {
    if (row === chosen) return;
    chosen = row;
    byId("map-track").textContent = row < 0 ? "No track is chosen." : `${nameOf(row)}; ${valueText(row)}`;
    tip.style.visibility = row < 0 ? "hidden" : "visible";
    if (row >= 0) {
      tip.textContent = `${nameOf(row).slice(0, 120)}; ${valueText(row)}`;
      const beside = left(row) + 14 + tip.offsetWidth < width ? left(row) + 14 : Math.max(4, left(row) - 14 - tip.offsetWidth);
      const above = Math.min(Math.max(4, top(row) - tip.offsetHeight / 2), height - tip.offsetHeight - 4);
      tip.style.transform = `translate(${beside}px, ${above}px)`;
    }
    ring();
  };

  const near = (x, y) => {
    let best = -1, least = 24 * 24;
    for (let row = 0; row < count; row++) {
      if (dimmed(row)) continue;
      const across = left(row) - x, down = top(row) - y, far = across * across + down * down;
      if (far < least) [best, least] = [row, far];
    }
    return best;
  };
  const point = (event) => choose(near(event.offsetX, event.offsetY));
  canvas.addEventListener("pointermove", point);
  canvas.addEventListener("pointerdown", point);
  const DIRECTIONS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
  canvas.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return choose(-1);
    const way = DIRECTIONS[event.key];
    if (!way) return;
    event.preventDefault();
    const from = chosen < 0 ? [width / 2, height / 2] : [left(chosen), top(chosen)];
    let best = chosen, least = Infinity;
    for (let row = 0; row < count; row++) {
      if (row === chosen || dimmed(row)) continue;
      const across = left(row) - from[0], down = top(row) - from[1];
      const along = across * way[0] + down * way[1], aside = Math.abs(across * way[1] + down * way[0]);
      if (along <= 0 || aside > along) continue;
      if (along + aside < least) [best, least] = [row, along + aside];
    }
    choose(best);
  });

  const legend = () => {
    const list = byId("map-legend");
    list.replaceChildren();
    const entry = (...parts) => { const item = document.createElement("li"); item.append(...parts); list.append(item); };
    if (!view.labels) {
      const known = view.values.filter((value) => value !== null);
      const [low, high] = known.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [Infinity, -Infinity]);
      const ramp = document.createElement("span");
      ramp.className = "ramp";
      return entry(`${low} `, ramp, ` ${high}${view.unit ? ` ${view.unit}` : ""}; larger dots are higher, by rank`);
    }
    const sizes = view.labels.map(() => 0);
    for (const value of view.values) if (value !== null) sizes[value]++;
    view.labels.forEach((label, value) => {
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("aria-pressed", String(only === value));
      const mark = document.createElement("canvas");
      const dpr = Math.max(2, devicePixelRatio), path = new Path2D(), pen = mark.getContext("2d");
      mark.width = mark.height = 14 * dpr;
      mark.style.cssText = "width:14px;height:14px;vertical-align:-2px;margin-inline-end:6px";
      pen.scale(dpr, dpr);
      shape(path, shapeOf(value), 7, 7, 5);
      pen.fillStyle = ink(`--kind-${value % KINDS}`);
      pen.fill(path);
      button.append(mark, `${label} (${sizes[value]})`);
      button.addEventListener("click", () => {
        only = only === value ? -1 : value;
        [...list.querySelectorAll("button")].forEach((item, index) => item.setAttribute("aria-pressed", String(index === only)));
        draw();
      });
      entry(button);
    });
  };

  const show = () => {
    view = data.views[chooser.value];
    only = -1;
    ranks = view.labels ? null : rankValues(view.values);
    const row = chosen;
    chosen = -2;
    choose(row);
    draw();
    legend();
  };
  chooser.addEventListener("change", show);

  search.addEventListener("input", () => {
    const wanted = plain(search.value.trim()), list = byId("map-matches");
    const rows = wanted ? words.flatMap((text, row) => text.includes(wanted) ? [row] : []) : [];
    matches = wanted ? new Set(rows) : null;
    byId("map-found").textContent = wanted ? `${rows.length} of ${count} tracks` : "";
    list.replaceChildren(...rows.slice(0, 6).map((row) => {
      const item = document.createElement("li"), button = document.createElement("button");
      button.type = "button";
      button.textContent = nameOf(row).slice(0, 80);
      button.addEventListener("click", () => choose(row));
      item.append(button);
      return item;
    }));
    if (chosen >= 0 && dimmed(chosen)) choose(-1);
    draw();
  });
  byId("map-controls").addEventListener("submit", (event) => {
    event.preventDefault();
    if (matches && matches.size) choose([...matches][0]);
  });

  new ResizeObserver(() => {
    width = canvas.clientWidth;
    height = canvas.clientHeight;
    radius = LARGEST * Math.min(1, Math.max(0.55, width / 900));
    canvas.width = Math.round(width * devicePixelRatio);
    canvas.height = Math.round(height * devicePixelRatio);
    draw();
  }).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { draw(); legend(); });
  show();
}
