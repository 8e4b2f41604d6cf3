// The pairing page. The slip's secret is taken out of the address bar before anything else happens.

import { takeFragment, parseCode, describe, pair } from '../core/pairing.js';
import { Devices } from '../core/devices.js';
import { fill, speaker } from './text.js';

const KEPT = 'noren.slip';
const NAME_MOST = 64;

const handed = takeFragment(location, history);
const $ = id => document.getElementById(id);
const page = JSON.parse($('page').textContent);
const t = speaker(page.lang);
fill($('pair'), t);

const code = handed || sessionStorage.getItem(KEPT) || '';
sessionStorage.removeItem(KEPT);

if (page.user) open();
else signIn();

// The slip's link followed on this very page changes the fragment alone: the same as coming anew.
addEventListener('hashchange', () => {
  const again = takeFragment(location, history);
  if (!again) return;
  sessionStorage.setItem(KEPT, again);
  location.reload();
});

/** Sign-in loses a fragment: the code waits in this tab, which no server sees. */
function signIn() {
  const kept = $('code').value || code;
  if (kept) sessionStorage.setItem(KEPT, kept);
  location.replace(`${page.sign_in}?next=/pair`);
}

function open() {
  $('as').hidden = false;
  $('as').textContent = t('pair_as', { name: page.user.name });
  $('code').value = parseCode(code)?.text ?? code;
  $('name').value = describe(navigator);
  $('done-home').href = page.home ?? '/';
  $('form').addEventListener('submit', event => {
    event.preventDefault();
    submit();
  });
  $(code ? 'name' : 'code').focus();
}

async function submit() {
  const slip = parseCode($('code').value);
  const name = $('name').value.trim();
  const named = name !== '' && [...name].length <= NAME_MOST;
  complain('name', named ? null : 'pair_name_bad');
  complain('code', slip ? null : 'pair_code_bad');
  if (!slip || !named) return;
  busy(true);
  try {
    await run(slip, name);
  } catch (error) {
    busy(false);
    failed(error);
  }
}

async function run(slip, name) {
  const devices = new Devices();
  const user = page.user.id;
  let device;
  try {
    device = await devices.ensure(user);
  } catch (error) {
    throw Object.assign(error, {
      fault:
        error.name === 'NotSupportedError' || !globalThis.crypto?.subtle ? 'browser' : 'storage',
    });
  }
  const parts = {
    fetch: (...a) => fetch(...a),
    WebSocket,
    setTimeout: (f, ms) => setTimeout(f, ms),
    clearTimeout: id => clearTimeout(id),
  };
  const onStage = stage => ($('progress-text').textContent = t(`pair_${stage}`));
  const paired = await pair(
    { code: slip, device, name, userAgent: describe(navigator), csrf: page.csrf, onStage },
    parts,
  );
  await devices.remember(user, paired.agent, {
    key: paired.key,
    name: paired.name,
    device: paired.device,
    at: Date.now(),
  });
  await Devices.persist();
  busy(false);
  $('code').value = '';
  $('form').hidden = true;
  $('done-text').textContent = t('pair_done_text', { agent: paired.name });
  $('done').hidden = false;
  $('done').focus();
}

function complain(field, text) {
  const error = $(`${field}-error`);
  error.hidden = !text;
  error.textContent = text ? t(text) : '';
  $(field).setAttribute('aria-invalid', String(Boolean(text)));
  $(field).setAttribute(
    'aria-describedby',
    text ? `${field}-error ${field}-hint` : `${field}-hint`,
  );
  if (text) $(field).focus();
}

function busy(now) {
  $('progress').hidden = !now;
  $('go').disabled = now;
  if (now) $('failed').hidden = true;
}

function failed(error) {
  const { fault = 'server' } = error;
  if (fault === 'signin') return signIn();
  console.warn(`noren: ${error.message}`);
  $('failed-text').textContent = t(`pair_failed_${fault}`);
  $('failed').hidden = false;
  $('failed').focus();
}
