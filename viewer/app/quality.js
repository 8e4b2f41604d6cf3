// The line in three bars and one word. Pure. A word is only changed after it has been true for a
// while: nobody wants a chatty page.

/**
 * Round trips (ms) up to which a line is good or fair; a rate (kbit/s, 0 unknown) below which it is
 * poor whatever the round trip.
 */
const GOOD = 80;
const FAIR = 200;
const POOR_RATE = 500;
const FAIR_RATE = 1500;
/** How long (ms) another word must hold before it is said. */
const HOLD = 3000;
/**
 * A round trip is shown anew when it is off by more than so many ms and this part: a figure that
 * flickers says nothing, and is painted each time.
 */
const OFF = 3;
const OFF_PART = 1 / 5;

/** 'good' | 'fair' | 'poor' */
export function qualityOf({ rtt, rate }) {
  if (rtt > FAIR || (rate > 0 && rate < POOR_RATE)) return 'poor';
  return rtt > GOOD || (rate > 0 && rate < FAIR_RATE) ? 'fair' : 'good';
}

export class Quality {
  /** The word that is shown, or null before the first. */
  word = null;
  /** The round trip (whole ms) that is shown, or null before the first. */
  ms = null;
  #other = null;
  #since = 0;

  /** Takes a measurement; true when the word changed. */
  update(line, now) {
    if (this.ms === null || Math.abs(line.rtt - this.ms) > Math.max(OFF, this.ms * OFF_PART))
      this.ms = Math.round(line.rtt);
    const word = qualityOf(line);
    if (word === this.word) {
      this.#other = null;
      return false;
    }
    if (this.#other !== word) {
      this.#other = word;
      this.#since = now;
    }
    if (this.word !== null && now - this.#since < HOLD) return false;
    this.word = word;
    this.#other = null;
    return true;
  }

  reset() {
    this.word = this.ms = this.#other = null;
  }
}
