// While the other side is awaited at the relay: has it said no to the server? (The agent judges a
// grant or an invite before it comes.)

/** When to ask first, and how often then (ms). */
const FIRST = 600;
const EVERY = 1000;

/**
 * Asks until `signal` is aborted; calls `onDeclined(reason)` (snake case of pairing's `Refusal`) at
 * most once.
 */
export async function watchMeeting(meeting, { fetch, setTimeout, signal, onDeclined }) {
  const pause = ms => new Promise(resolve => setTimeout(resolve, ms));
  for (let ms = FIRST; ; ms = EVERY) {
    await pause(ms);
    if (signal.aborted) return;
    try {
      const response = await fetch(`/api/meetings/${meeting}`, {
        credentials: 'same-origin',
        cache: 'no-store',
        redirect: 'error',
        signal,
        headers: { accept: 'application/json' },
      });
      const reason = response.status === 200 ? (await response.json())?.declined : null;
      if (signal.aborted) return;
      if (typeof reason === 'string') return onDeclined(reason);
      if (response.status === 404) return; // nobody to ask
    } catch {
      // the server is away; the meeting may come about without it
    }
  }
}

/** How often it is asked why a channel was closed: the word may be behind the close. */
const WHYS = 3;
/** How far apart, ms. */
const WHY_EVERY = 300;

/** Why the agent closed the channel with a refusal (as `watchMeeting`); null: nobody knows. */
export async function whyDeclined(meeting, { call, setTimeout }) {
  for (let tries = 0; tries < WHYS; tries++) {
    if (tries) await new Promise(resolve => setTimeout(resolve, WHY_EVERY));
    const { status, body } = await call(`/api/meetings/${meeting}`);
    if (status === 200 && typeof body?.declined === 'string') return body.declined;
    if (status === 404) return null;
  }
  return null;
}
