"use strict";
(function () {
  const block = document.getElementById("scenes");
  if (!block || typeof Plotly === "undefined") return;
  const probe = document.createElement("canvas");
  if (!probe.getContext("webgl2") && !probe.getContext("webgl")) {
    block.querySelector(".scenes-note").textContent = "This browser has no WebGL: the picture below shows the same latents.";
    block.hidden = false;
    return;
  }
  const figures = JSON.parse(document.getElementById("scenes-data").textContent);
  const places = Array.from(block.querySelectorAll(".scene"));
  const settings = { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["toImage"] };
  block.hidden = false;
  let turning = false;
  function turnOthers(from, event) {
    const camera = event["scene.camera"];
    if (turning || !camera) return;
    turning = true;
    const others = places.filter((place) => place !== from);
    Promise.all(others.map((place) => Plotly.relayout(place, { "scene.camera": camera }))).finally(() => { turning = false; });
  }
  Promise.all(places.map((place, number) => Plotly.newPlot(place, figures[number].data, figures[number].layout, settings))).then(() => {
    places.forEach((place) => {
      place.on("plotly_relayout", (event) => turnOthers(place, event));
      place.on("plotly_relayouting", (event) => turnOthers(place, event));
    });
    block.dataset.ready = "yes";
  });
})();
