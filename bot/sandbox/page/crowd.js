/** Room for everybody on a map: people who would lie on one another move aside, names stand where nothing is. */

const APART = 44;
const ROUNDS = 120;
const CALM = 0.5;
const NAME_HIGH = 20;
const NAME_AWAY = 3;
const TAKEN = 100;
const ASKEW = 0.5;

/** What pushes each point away from those that are too near, on the average; null where nobody is. */
function pushes(at) {
  return at.map(([x, y], index) => {
    let [near, across, along] = [0, 0, 0];
    at.forEach(([otherX, otherY], other) => {
      const [right, down] = [x - otherX, y - otherY];
      const far = Math.hypot(right, down) || 1;
      if (other === index || far >= APART - 0.5) return;
      near += 1;
      across += (right / far) * (APART - far);
      along += (down / far) * (APART - far);
    });
    return near ? [across / near, along / near] : null;
  });
}

/** How far, as [right, down] pixels, each of these points moves so that no two are nearer than a sign is wide. */
export function makeRoom(points) {
  const turn = (2 * Math.PI) / Math.max(points.length, 1);
  const from = points.map(({ x, y }) => [x, y]);
  // people at the very same place are given a direction each, all round
  let at = from.map(([x, y], index) => [x - Math.cos(index * turn), y - Math.sin(index * turn)]);
  const crowded = pushes(at);
  for (let round = 0; round < ROUNDS; round += 1) {
    const wanted = pushes(at);
    if (!wanted.some(Boolean)) break;
    at = at.map(([x, y], index) => {
      const push = wanted[index];
      if (push) crowded[index] = push;
      return push ? [x + CALM * push[0], y + CALM * push[1]] : [x, y];
    });
  }
  return from.map(([x, y], index) => (crowded[index] ? [at[index][0] - x, at[index][1] - y] : [0, 0]));
}

const overlap = (a, b) => Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0])) * Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));

/** Where the middle of a name this wide may stand, seen from the middle of its sign, the best first. */
function spots(radius, wide) {
  const beside = radius + NAME_AWAY + wide / 2;
  const over = radius + NAME_AWAY + NAME_HIGH / 2;
  const corner = [0.75 * radius + wide / 2, 0.75 * radius + NAME_HIGH / 2];
  const corners = [[1, 1], [1, -1], [-1, 1], [-1, -1]].map(([right, down]) => [right * corner[0], down * corner[1]]);
  return [[0, over], [beside, 0], [-beside, 0], [0, -over], ...corners];
}

/**
 * Where each name stands, as [right, down] from the middle of its sign to the middle of the name; null where all is taken.
 * `signs` are {x, y, radius, wide} in pixels, `wide` being the name's width; `others` are boxes better left free.
 */
export function placeNames(signs, others, size) {
  const bodies = signs.map(({ x, y, radius }) => [x - radius, y - radius, x + radius, y + radius]);
  const named = [];
  return signs.map(({ x, y, radius, wide }, index) => {
    let best = { cost: TAKEN, spot: null };
    for (const spot of spots(radius, wide)) {
      const [left, top] = [x + spot[0] - wide / 2, y + spot[1] - NAME_HIGH / 2];
      const box = [left, top, left + wide, top + NAME_HIGH];
      const covers = [...bodies.filter((_, other) => other !== index), ...named].some((taken) => overlap(box, taken) > 0);
      const beyond = left < 0 || top < 0 || box[2] > size.x || box[3] > size.y;
      const hides = others.reduce((sum, other) => sum + overlap(box, other), 0) / (wide * NAME_HIGH);
      const askew = spot[0] && spot[1] ? ASKEW : 0;
      const cost = (covers ? TAKEN : 0) + (beyond ? TAKEN / 2 : 0) + askew + hides;
      if (cost < best.cost) best = { cost, spot, box };
    }
    if (best.box) named.push(best.box);
    return best.spot;
  });
}
