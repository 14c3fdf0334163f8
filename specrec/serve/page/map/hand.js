// How one moves on the map: with a mouse, fingers, or keys; and draws a lasso.

const STEP = 70; // pixels that an arrow key moves
const NEAR = 22; // pixels within which a dot is meant
const CLICK = 5; // pixels that a click may move

/**
 * Brings a stage to life.
 *
 * @param stage the picture
 * @param on what is called: hover(row or -1), open(row), lasso(corners), moved(); `on.drawing()` says
 *   whether dragging draws
 * @param nearest finds {row, distance} for a place of the map
 */
export function takeHand(stage, on, nearest) {
  const { over } = stage;
  const fingers = new Map(); // where each pointer is
  let dragged = 0; // pixels since the pointer came down
  let draws = false;

  const whereOf = (event) => {
    const box = over.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const meant = (where) => {
    const found = nearest(...stage.placeAt(...where));
    return found.row >= 0 && found.distance * stage.scale <= Math.max(NEAR, stage.radius) ? found.row : -1;
  };

  over.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !stage.points) return;
    over.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, whereOf(event));
    dragged = 0;
    draws = fingers.size === 1 && (event.shiftKey || on.drawing());
    if (draws) stage.lasso = [stage.placeAt(...whereOf(event))];
  });
  over.addEventListener("pointermove", (event) => {
    const where = whereOf(event);
    const before = fingers.get(event.pointerId);
    if (!before) return on.hover(meant(where));
    dragged += Math.hypot(where[0] - before[0], where[1] - before[1]);
    if (draws) {
      stage.lasso.push(stage.placeAt(...where));
      stage.refresh();
    } else if (fingers.size === 2) pinch(event.pointerId, where);
    else if (dragged > CLICK) stage.pan(where[0] - before[0], where[1] - before[1]);
    fingers.set(event.pointerId, where);
  });
  for (const name of ["pointerup", "pointercancel"]) {
    over.addEventListener(name, (event) => {
      if (!fingers.delete(event.pointerId)) return;
      if (draws) finish();
      else if (name === "pointerup" && dragged <= CLICK && fingers.size === 0) {
        const row = meant(whereOf(event));
        if (row >= 0) on.open(row);
      }
      on.moved();
    });
  }
  over.addEventListener("pointerleave", () => on.hover(-1));
  over.addEventListener("wheel", (event) => {
    event.preventDefault();
    if (!stage.points) return;
    stage.enlarge(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0016)), whereOf(event));
    on.moved();
  }, { passive: false });
  over.addEventListener("keydown", (event) => {
    const ways = { ArrowLeft: [STEP, 0], ArrowRight: [-STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] };
    const times = { "+": 1.4, "=": 1.4, "-": 1 / 1.4 };
    if (!stage.points || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in ways) stage.pan(...ways[event.key]);
    else if (event.key in times) stage.enlarge(times[event.key]);
    else if (event.key === "0") stage.fit();
    else if (event.key === "Enter" && stage.marked >= 0) on.open(stage.marked);
    else return;
    event.preventDefault();
    if (event.key !== "Enter") on.moved(true);
  });

  function finish() {
    const corners = stage.lasso;
    draws = false;
    if (corners.length > 2 && dragged > 4 * CLICK) on.lasso(corners);
    else stage.lasso = [];
    stage.refresh();
  }

  function pinch(moving, where) {
    const [id] = [...fingers.keys()].filter((other) => other !== moving);
    const still = fingers.get(id);
    const before = fingers.get(moving);
    const away = (point) => Math.max(Math.hypot(point[0] - still[0], point[1] - still[1]), 1);
    stage.pan((where[0] - before[0]) / 2, (where[1] - before[1]) / 2);
    stage.enlarge(away(where) / away(before), [(where[0] + still[0]) / 2, (where[1] + still[1]) / 2]);
  }
}
