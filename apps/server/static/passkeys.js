// Passkeys: start on the server, ask the authenticator, finish on the server.

const part = document.getElementById("passkey");

if (part && window.PublicKeyCredential && PublicKeyCredential.parseCreationOptionsFromJSON) {
  part.hidden = false;
  const enter = document.getElementById("passkey-enter");
  const add = document.getElementById("passkey-add");
  enter?.addEventListener("click", () => run(enter, signIn));
  add?.addEventListener("click", () => run(add, register));
}

async function run(button, ceremony) {
  const failed = document.getElementById("passkey-failed");
  failed.hidden = true;
  button.disabled = true;
  try {
    const answer = await ceremony(button.dataset);
    location.assign(answer.next);
  } catch {
    failed.hidden = false;
    button.disabled = false;
    button.focus();
  }
}

async function signIn({ csrf, next }) {
  const started = await call("/api/passkeys/enter/start", csrf, null);
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(started.options.publicKey);
  const credential = await navigator.credentials.get({ publicKey });
  return call("/api/passkeys/enter/finish", csrf, { ceremony: started.ceremony, next, credential: plain(credential) });
}

async function register({ csrf }) {
  const started = await call("/api/passkeys/add/start", csrf, null);
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(started.options.publicKey);
  const credential = await navigator.credentials.create({ publicKey });
  const name = document.getElementById("passkey-name").value;
  return call("/api/passkeys/add/finish", csrf, { ceremony: started.ceremony, name, credential: plain(credential) });
}

function plain(credential) {
  const json = credential.toJSON();
  return { id: json.id, rawId: json.rawId, type: json.type, response: json.response, extensions: json.clientExtensionResults ?? {} };
}

async function call(path, csrf, body) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json", "x-noren-csrf": csrf },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}
