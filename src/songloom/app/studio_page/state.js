// What the page knows: the models of the server, and the wish as it stands in the form.

export const state = {
  models: [],    // generators
  embedder: "",  // the name of the model that compares sound and words, if there is one
  model: "",     // the name of the chosen one
  prompt: "",
  values: {},    // what was set, by field; fields of other models are kept
  seed: null,    // of the take that was put back into the form
  inBars: false, // how the length is told
  length: 10,    // seconds that it comes to, as the server says
  story: [],     // sections: { at, text }
  sounds: [],    // that were dropped: { name, buffer, regions, use }
};

export const model = () => state.models.find((one) => one.name === state.model) ?? { controls: [] };
export const uses = (name) => model().controls.includes(name);
export const seconds = () => state.inBars ? state.length : state.values.seconds ?? 10;

// "changed": the wish is another. "rebuild": the form has to be built anew, too. "takes": a take is heard, or no more.
// "laid": times have to be drawn anew. "colours": so has everything that is painted.
const signals = new EventTarget();
export const on = (name, does) => signals.addEventListener(name, does);
export const tell = (name) => signals.dispatchEvent(new Event(name));

on("changed", () => {
  const { model, prompt, values, inBars, story } = state;
  localStorage.setItem("studio", JSON.stringify({ model, prompt, values, inBars, story }));
});

export function recall() {
  const kept = JSON.parse(localStorage.getItem("studio") ?? "{}"), able = state.models.filter((one) => !one.error);
  state.model = (able.find((one) => one.name === kept.model) ?? able[0])?.name ?? "";
  state.prompt = kept.prompt ?? "";
  state.values = kept.values ?? {};
  state.inBars = kept.inBars ?? false;
  state.story = kept.story ?? [];
}
