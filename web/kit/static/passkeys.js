// Passkeys: start on the server, ask the authenticator, finish on the server.

const part = document.getElementById('passkey');

if (part && window.PublicKeyCredential && PublicKeyCredential.parseCreationOptionsFromJSON) {
  part.hidden = false;
  const enter = document.getElementById('passkey-enter');
  const add = document.getElementById('passkey-add');
  enter?.addEventListener('click', () => run(enter, signIn));
  add?.addEventListener('click', () => run(add, register));
  const proof = document.getElementById('passkey-prove');
  proof?.addEventListener('click', () => run(proof, prove));
}

// What the authenticator says no with (WebAuthn, `create()`): it holds a passkey of this account
// already; the person dismissed it, or it timed out.
const WHY = { InvalidStateError: 'known', NotAllowedError: 'left' };

async function run(button, ceremony) {
  for (const said of part.querySelectorAll('[role=alert]')) said.hidden = true;
  button.disabled = true;
  try {
    const answer = await ceremony(button.dataset);
    if (answer.next) location.assign(answer.next);
  } catch (error) {
    // Whatever has no words of its own on this page is a failure.
    const why = document.getElementById(`passkey-${WHY[error.name] ?? error.message}`);
    (why ?? document.getElementById('passkey-failed')).hidden = false;
    button.disabled = false;
    button.focus();
  }
}

async function signIn({ csrf, next }) {
  const started = await call('/api/passkeys/enter/start', csrf, null);
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(started.options.publicKey);
  const credential = await navigator.credentials.get({ publicKey });
  return call('/api/passkeys/enter/finish', csrf, {
    ceremony: started.ceremony,
    next,
    credential: plain(credential),
  });
}

// The server knows now that she is here: the form goes on to the act it was sent for, with what was
// typed and without a password.
async function prove({ csrf }) {
  const started = await call('/api/passkeys/prove/start', csrf, null);
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(started.options.publicKey);
  const credential = await navigator.credentials.get({ publicKey });
  await call('/api/passkeys/prove/finish', csrf, {
    ceremony: started.ceremony,
    credential: plain(credential),
  });
  const form = document.getElementById('prove');
  for (const secret of form.querySelectorAll('[name^=prove_]')) secret.disabled = true;
  form.submit();
  return {};
}

async function register({ csrf }) {
  const started = await call('/api/passkeys/add/start', csrf, null);
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(started.options.publicKey);
  const credential = await navigator.credentials.create({ publicKey });
  const name = document.getElementById('passkey-name').value;
  return call('/api/passkeys/add/finish', csrf, {
    ceremony: started.ceremony,
    name,
    credential: plain(credential),
  });
}

function plain(credential) {
  const json = credential.toJSON();
  return {
    id: json.id,
    rawId: json.rawId,
    type: json.type,
    response: json.response,
    extensions: json.clientExtensionResults ?? {},
  };
}

async function call(path, csrf, body) {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-noren-csrf': csrf },
    body: JSON.stringify(body),
  });
  if (!response.ok) {
    const { error } = await response.json().catch(() => ({}));
    // The last proof grew old while the page stood open.
    if (error === 'prove_first') location.assign('/prove?next=/account');
    throw new Error(error === 'body_stopped' ? 'stopped' : `${path}: ${response.status}`);
  }
  return response.json();
}
