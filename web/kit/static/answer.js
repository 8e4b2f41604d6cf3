// A form that is being filled in: the server's own checks while typing, and a draft that is kept as
// it is typed. Without this script the page works by its buttons alone.

const form = document.getElementById('answers');
const standing = form.querySelector('[data-standing]');
const csrf = form.elements.csrf.value;
// Long enough for a word to be finished, short enough that a closed browser loses next to nothing.
const PAUSE = 600;
const RETRY = 5_000;

let timer = 0;
let running = false;
let again = false;

form.addEventListener('input', later);
form.addEventListener('change', later);
form.addEventListener('submit', () => clearTimeout(timer));
if (form.dataset.draft) {
  addEventListener('pagehide', () => {
    if (timer) send(true);
  });
}
unknowns();

function later() {
  clearTimeout(timer);
  timer = setTimeout(send, PAUSE);
}

/** What stands in the fields, as a form would send it. */
function pairs() {
  return [...new FormData(form)].filter(
    ([name, text]) => /^[qucr]\./.test(name) && text.trim() !== '',
  );
}

async function send(leaving = false) {
  timer = 0;
  if (running && !leaving) {
    again = true;
    return;
  }
  running = true;
  const fields = pairs();
  try {
    const answer = await call(body(fields), leaving);
    if (answer.hints) apply(answer.hints);
    if (form.dataset.draft) keep(answer, fields);
  } catch (error) {
    // What the server will not take now it will not take in five seconds either; a line that is
    // gone may be back.
    const refused = error.status >= 400 && error.status < 500 && error.status !== 429;
    say(
      (refused ? form.dataset.refused : form.dataset.failed) ?? '',
      refused ? 'refused' : 'failed',
    );
    if (form.dataset.draft && !refused) timer = setTimeout(send, RETRY);
  }
  running = false;
  if (again) {
    again = false;
    later();
  }
}

function body(fields) {
  if (!form.dataset.draft) return { source: form.elements.source.value, fields };
  return { base: JSON.parse(form.elements.base.value), fields };
}

async function call(value, keepalive) {
  const response = await fetch(form.dataset.draft ?? form.dataset.hints, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-noren-csrf': csrf },
    body: JSON.stringify(value),
    keepalive,
  });
  if (!response.ok) throw Object.assign(new Error('refused'), { status: response.status });
  return response.json();
}

/** Shows what the checks say, question by question. */
function apply({ questions }) {
  for (const hint of questions) {
    const question = document.getElementById(hint.id);
    if (!question) continue;
    question.dataset.asked = String(hint.asked);
    for (const place of question.querySelectorAll('[data-faults]')) {
      const faults = hint.faults
        .filter(([name]) => name === place.dataset.faults)
        .map(([, words]) => words);
      const shown = [...place.children].map(child => child.textContent);
      if (faults.join('\n') !== shown.join('\n')) {
        place.replaceChildren(...faults.map(words => element('p', words)));
      }
      for (const field of question.querySelectorAll(
        `[name="${CSS.escape(place.dataset.faults)}"]:not([type=radio], [type=checkbox])`,
      )) {
        if (faults.length) field.setAttribute('aria-invalid', 'true');
        else field.removeAttribute('aria-invalid');
      }
    }
    const computed = question.querySelector('[data-computed]');
    if (computed && hint.computed !== null) computed.textContent = hint.computed;
    const reason = question.querySelector('[data-reason]');
    if (reason) reason.dataset.needed = String(hint.reason);
  }
}

/**
 * What the server kept; and what somebody else typed meanwhile, put in where it does not touch what
 * was typed here.
 */
function keep(answer, fields) {
  for (const { id, who, fields: theirs } of answer.theirs) {
    put(id, theirs);
    tell(id, form.dataset.theirs.replace('{}', who));
  }
  for (const { id, who, text, fields: theirs } of answer.clashes) {
    const back = element('button', form.dataset.back);
    back.type = 'button';
    back.className = 'second small-button';
    back.addEventListener('click', () => {
      put(id, theirs);
      later();
    });
    tell(id, form.dataset.clash.replace('{}', who).replace('{}', text), back);
  }
  const others = answer.theirs.flatMap(({ fields: theirs }) => theirs);
  const touched = new Set(answer.theirs.map(({ id }) => id));
  const mine = fields.filter(([name]) => !touched.has(name.split('.')[1]));
  form.elements.base.value = JSON.stringify([...mine, ...others]);
  say(form.dataset.saved.replace('{}', answer.at), 'saved');
}

function put(id, fields) {
  for (const field of document.getElementById(id)?.querySelectorAll('[name]') ?? []) {
    const texts = fields.filter(([name]) => name === field.name).map(([, text]) => text);
    if (field.type === 'radio' || field.type === 'checkbox')
      field.checked = texts.includes(field.value);
    else if (/^[qcr]\./.test(field.name)) field.value = texts[0] ?? '';
  }
}

function tell(id, words, ...more) {
  document
    .querySelector(`[data-changes="${CSS.escape(id)}"]`)
    ?.replaceChildren(element('p', words), ...more);
}

function say(words, state) {
  if (!standing) return;
  standing.textContent = words;
  form.dataset.state = state;
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

/** A figure typed takes 不明 back, and 不明 says that the figure does not count. */
function unknowns() {
  form.addEventListener('input', ({ target }) => {
    const id = target.name?.startsWith('q.') ? target.name.slice(2) : null;
    const unknown = id && form.elements.namedItem(`u.${id}`);
    if (unknown && target.value.trim() !== '') unknown.checked = false;
  });
}
