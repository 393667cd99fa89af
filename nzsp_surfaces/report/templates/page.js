"use strict";
(() => {
  const read = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "{}");

  // Paper cannot be clicked on: what is folded away is opened for it.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open], .long)")];
    opened.forEach((part) => { part.open = true; });
  });
  addEventListener("afterprint", () => opened.forEach((part) => { part.open = false; }));

  const shapes = read("shapes-scenes"), slabs = read("slabs-scenes"), runs = read("motion-scenes");
  const config = (scrollZoom) => ({
    responsive: true, displaylogo: false, scrollZoom,
    modeBarButtons: [["toImage", "resetCameraDefault3d"]],  // these and no more: others would send the data away
  });
  const probe = document.createElement("canvas");
  if (!(probe.getContext("webgl2") || probe.getContext("webgl"))) {
    document.body.classList.add("no-webgl");  // the still pictures stay
    return;
  }

  // Browsers keep only a few WebGL drawings alive, so a shape lives while it is in sight.
  const sight = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const live = target.querySelector(".live"), scene = shapes[target.dataset.shape];
      if (isIntersecting && !target.classList.contains("is-live")) {
        Plotly.newPlot(live, scene.data, scene.layout, config(false)).then(() => target.classList.add("is-live"));
      } else if (!isIntersecting && target.classList.contains("is-live")) {
        scene.layout.scene.camera = live.layout.scene.camera;
        Plotly.purge(live);
        target.classList.remove("is-live");
      }
    }
  }, { rootMargin: "200px" });
  document.querySelectorAll(".turn").forEach((turn) => sight.observe(turn));

  // A ball: an icosahedron whose faces are split, round for round, and pushed out to the unit sphere.
  const ballOf = (rounds) => {
    const g = (1 + Math.sqrt(5)) / 2, unit = (v) => v.map((x) => x / Math.hypot(...v));
    const points = [[-1, g, 0], [1, g, 0], [-1, -g, 0], [1, -g, 0], [0, -1, g], [0, 1, g],
      [0, -1, -g], [0, 1, -g], [g, 0, -1], [g, 0, 1], [-g, 0, -1], [-g, 0, 1]].map(unit);
    let faces = [[0, 11, 5], [0, 5, 1], [0, 1, 7], [0, 7, 10], [0, 10, 11], [1, 5, 9], [5, 11, 4], [11, 10, 2],
      [10, 7, 6], [7, 1, 8], [3, 9, 4], [3, 4, 2], [3, 2, 6], [3, 6, 8], [3, 8, 9], [4, 9, 5], [2, 4, 11],
      [6, 2, 10], [8, 6, 7], [9, 8, 1]];
    for (let round = 0; round < rounds; round += 1) {
      const seen = new Map();
      const middle = (a, b) => {
        const key = a < b ? `${a},${b}` : `${b},${a}`;
        if (!seen.has(key)) seen.set(key, points.push(unit(points[a].map((x, n) => x + points[b][n]))) - 1);
        return seen.get(key);
      };
      faces = faces.flatMap(([a, b, c]) => {
        const [p, q, r] = [middle(a, b), middle(b, c), middle(c, a)];
        return [[a, p, r], [b, q, p], [c, r, q], [p, q, r]];
      });
    }
    return { points, faces };
  };
  const ball = ballOf(2), coarse = ballOf(1);

  const mesh = (points, faces, more) => ({
    type: "mesh3d", hoverinfo: "skip",
    x: points.map((v) => v[0]), y: points.map((v) => v[1]), z: points.map((v) => v[2]),
    i: faces.map((f) => f[0]), j: faces.map((f) => f[1]), k: faces.map((f) => f[2]),
    lightposition: { x: -4e4, y: 9e4, z: -8e4 }, ...more,
  });
  const atoms = ({ element, colour, radius, xyz }, ball) => {
    const points = [], faces = [];
    for (const centre of xyz) {
      const start = points.length;
      for (const v of ball.points) points.push(v.map((x, n) => centre[n] + radius * x));
      for (const f of ball.faces) faces.push(f.map((n) => n + start));
    }
    const lighting = { ambient: 0.5, diffuse: 0.6, specular: 0.3, roughness: 0.4, fresnel: 0.1 };
    return mesh(points, faces, { color: colour, lighting, name: element, hoverinfo: "name" });
  };
  const glass = ({ colour, triangles }) => {
    const faces = triangles.map((_, n) => [3 * n, 3 * n + 1, 3 * n + 2]);
    return mesh(triangles.flat(), faces, { color: colour, opacity: 0.4, flatshading: true, lighting: { ambient: 0.7, diffuse: 0.5 } });
  };
  const line = (points) => ({
    type: "scatter3d", mode: "lines", hoverinfo: "skip", line: { color: "#8a8a8a", width: 2 },
    x: points.map((v) => v[0]), y: points.map((v) => v[1]), z: points.map((v) => v[2]),
  });

  // Parallel projection of a cube around the slab; there the size on the screen follows the aspect ratio.
  const layout = (points) => {
    const ends = [0, 1, 2].map((n) => points.map((v) => v[n])).map((u) => [Math.min(...u), Math.max(...u)]);
    const reach = 1.02 * Math.max(...ends.map(([low, high]) => (high - low) / 2));
    const axes = ends.map(([low, high]) => ({
      visible: false, showspikes: false, range: [(low + high) / 2 - reach, (low + high) / 2 + reach],
    }));
    return {
      scene: {
        xaxis: axes[0], yaxis: axes[1], zaxis: axes[2], dragmode: "orbit",
        aspectmode: "manual", aspectratio: { x: 1.7, y: 1.7, z: 1.7 },
        camera: { eye: { x: 0.6, y: -1.7, z: 0.3 }, projection: { type: "orthographic" } },
      },
      margin: { l: 0, r: 0, t: 0, b: 0 }, showlegend: false, paper_bgcolor: "#ffffff",
      modebar: { bgcolor: "rgba(0,0,0,0)", color: "#98a2aa", activecolor: "#0072b2" },
    };
  };
  const keyOf = (elements) => elements.map(({ element, colour }) =>
    `<span class="swatch" style="background:${colour};border-radius:50%"></span>${element}`).join(" &ensp;");

  // A trajectory: coarser balls, since they are drawn anew for every moment. Only what is in sight is alive and plays.
  const movie = (place, { times, cell, elements, moments }) => {
    const [live, button, slider, clock] = [".live", ".caption button", "input", "output"].map((part) => place.querySelector(part));
    const at = (moment, n) => [0, 1, 2].map((axis) => moment[3 * n + axis] / 100);
    const ends = [moments[0], moments.at(-1)];
    const view = layout([...cell, ...elements.flatMap((each) => each.atoms.flatMap((n) => ends.map((end) => at(end, n))))]);
    let playing = false, seen = false;
    const show = () => {
      const now = Number(slider.value);
      clock.textContent = `${times[now].toFixed(3)} ps`;
      if (!seen) return Promise.resolve();
      const balls = elements.map((each) => atoms({ ...each, xyz: each.atoms.map((n) => at(moments[now], n)) }, coarse));
      return Plotly.react(live, [...balls, line(cell)], view, config(true));
    };
    const pause = () => { playing = false; button.textContent = "▶"; button.ariaLabel = "play"; };
    const play = async () => {
      playing = true; button.textContent = "❚❚"; button.ariaLabel = "pause";
      while (playing) {
        slider.value = (Number(slider.value) + 1) % times.length;
        await show();
        await new Promise((done) => setTimeout(done, 60));
      }
    };
    slider.max = times.length - 1;
    slider.addEventListener("input", () => { pause(); show(); });
    button.addEventListener("click", () => (playing ? pause() : play()));
    place.querySelector(".key").innerHTML = keyOf(elements);
    show();
    new IntersectionObserver(([entry]) => {
      if (entry.isIntersecting === seen) return;
      seen = entry.isIntersecting;
      if (seen) show();
      else { pause(); Plotly.purge(live); }
    }, { rootMargin: "200px" }).observe(place);
  };
  document.querySelectorAll(".movie").forEach((place) => movie(place, runs[place.dataset.run]));

  const viewer = document.getElementById("slab-viewer");
  if (!viewer) return;
  const buttons = document.querySelectorAll("button[data-slab]");
  const show = (button) => {
    const slab = slabs[button.dataset.slab];
    buttons.forEach((other) => other.setAttribute("aria-pressed", String(other === button)));
    document.getElementById("slab-caption").innerHTML = `${button.querySelector("span").innerHTML} &emsp; ${keyOf(slab.atoms)}`;
    const data = [...slab.polyhedra.map(glass), ...slab.atoms.map((each) => atoms(each, ball)), line(slab.cell)];
    Plotly.react(viewer, data, layout([...slab.cell, ...slab.atoms.flatMap(({ xyz }) => xyz)]), config(true));
  };
  buttons.forEach((button) => button.addEventListener("click", () => show(button)));
  const start = new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting)) { start.disconnect(); if (buttons.length) show(buttons[0]); }
  }, { rootMargin: "400px" });
  start.observe(viewer);
})();
