// Moves every control of a figure and returns the milliseconds of script that each step took, by kind of control.
// The figure's handlers are synchronous: when dispatchEvent returns, the scene is computed and drawn.
(figure, steps) => {
  const times = {};
  const timed = (kind, act) => {
    const start = performance.now();
    act();
    (times[kind] ??= []).push(performance.now() - start);
  };
  const fire = (input, type) => input.dispatchEvent(new Event(type, { bubbles: true }));

  // Up and down again over places that differ, for a step that changes nothing would cost less.
  const sweep = (input) => {
    const [low, high] = [Number(input.min), Number(input.max)];
    const places = Math.min(steps, Math.floor((high - low) / Number(input.step) + 1e-9) + 1);
    const start = input.value;
    for (let i = 0; i < steps; i++) {
      const place = Math.abs(((i + places - 1) % (2 * places - 2)) - (places - 1));
      input.value = low + ((high - low) * place) / (places - 1);
      timed("slider", () => fire(input, "input"));
    }
    input.value = start;
    fire(input, "input");
  };
  figure.querySelectorAll("input[type=range]").forEach(sweep);

  figure.querySelectorAll("select").forEach((select) => {
    for (let i = 1; i <= Math.min(steps, 10 * select.options.length); i++) {
      select.selectedIndex = i % select.options.length;
      timed("choice", () => fire(select, "change"));
    }
  });

  const boxes = [...figure.querySelectorAll("input[type=checkbox]")];
  for (let i = 0; boxes.length && i < steps; i++) timed("checkbox", () => boxes[i % boxes.length].click());

  const buttons = [...figure.querySelectorAll(".lb-stage button")];
  for (let i = 0; buttons.length && i < steps; i++) timed("button", () => buttons[i % buttons.length].click());
  return times;
}
