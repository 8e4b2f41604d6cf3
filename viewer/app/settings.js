// What a person chose on the toolbar, kept in this browser. Nothing of the office is in it.

const KEY = 'noren.session';
const CHOICES = {
  typing: ['office', 'home'],
  view: ['fit', 'actual'],
  resize: [true, false],
  command: [true, false],
};

/**
 * The choices; the first of each when nothing (or nonsense) is kept. Glass keyboards have only text
 * to give.
 */
export function load(
  storage = globalThis.localStorage,
  glass = globalThis.matchMedia?.('(pointer: coarse)').matches ?? false,
) {
  let kept = {};
  try {
    kept = JSON.parse(storage.getItem(KEY)) ?? {};
  } catch {
    // nothing kept, or no storage
  }
  const settings = {};
  for (const [name, choices] of Object.entries(CHOICES))
    settings[name] = choices.includes(kept[name]) ? kept[name] : choices[0];
  if (!('typing' in kept) && glass) settings.typing = 'home';
  return settings;
}

export function save(settings, storage = globalThis.localStorage) {
  try {
    storage.setItem(KEY, JSON.stringify(settings));
  } catch {
    // a choice that is not kept is made again
  }
}
