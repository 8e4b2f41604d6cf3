// For the screen harness only, which opens one page and looks for one canvas in it: signs in,
// pairs, and turns the page into the session's page without leaving it. Run in the page at the
// first look, which starts the work. Everything in it is the product's own: its forms, its modules,
// its session page.
demo => {
  const parse = text => new DOMParser().parseFromString(text, 'text/html');
  const get = async path => parse(await (await fetch(path)).text());
  const base32 = text => {
    const bits = [...text]
      .map(c => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0'))
      .join('');
    return Uint8Array.from(bits.match(/.{8}/g), b => parseInt(b, 2));
  };
  const totp = async secret => {
    const key = await crypto.subtle.importKey(
      'raw',
      base32(secret),
      { name: 'HMAC', hash: 'SHA-1' },
      false,
      ['sign'],
    );
    const counter = new DataView(new ArrayBuffer(8));
    counter.setBigUint64(0, BigInt(Math.floor(Date.now() / 30000)));
    const sum = new DataView(await crypto.subtle.sign('HMAC', key, counter));
    return String((sum.getUint32(sum.getUint8(19) & 15) & 0x7fffffff) % 1000000).padStart(6, '0');
  };
  const work = async () => {
    const form = (await get('/sign-in')).querySelector('#sign-in');
    const fields = new URLSearchParams(new FormData(form));
    fields.set('body', demo.body);
    fields.set('login', demo.user);
    fields.set('password', demo.password);
    fields.set('code', await totp(demo.totp_secret));
    await fetch('/sign-in', { method: 'POST', body: fields });
    const page = JSON.parse((await get('/pair')).querySelector('#page').textContent);
    const { Devices } = await import('/viewer/core/devices.js');
    const { pair, parseCode } = await import('/viewer/core/pairing.js');
    const devices = new Devices();
    const device = await devices.ensure(page.user.id);
    const parts = {
      fetch: (...a) => fetch(...a),
      WebSocket,
      setTimeout: (f, ms) => setTimeout(f, ms),
      clearTimeout: id => clearTimeout(id),
    };
    const options = {
      code: parseCode(demo.invite),
      device,
      name: 'harness',
      userAgent: 'harness',
      csrf: page.csrf,
      onStage: () => {},
    };
    const paired = await pair(options, parts);
    await devices.remember(page.user.id, paired.agent, {
      key: paired.key,
      name: paired.name,
      device: paired.device,
      at: Date.now(),
    });
    localStorage.setItem(
      'noren.session',
      JSON.stringify({ typing: 'office', view: 'actual', resize: false }),
    );
    const { targets } = await (await fetch('/api/targets')).json();
    const path = `/session/${targets.find(t => t.name === demo.target).id}`;
    const session = await get(path);
    history.replaceState(null, '', path);
    document.documentElement.className = session.documentElement.className;
    document.head.replaceChildren(...session.head.childNodes);
    document.body.replaceChildren(...session.body.childNodes);
    await import('/viewer/app/session.js');
    const typed = () => {
      const dialog = document.querySelector('dialog#credentials[open]');
      if (!dialog) return;
      document.getElementById('credentials-user').value = demo.office.user;
      document.getElementById('credentials-password').value = demo.office.password;
      document.getElementById('credentials-form').requestSubmit();
      clearInterval(asked);
    };
    const asked = demo.office?.user && setInterval(typed, 100);
  };
  window.__noren = work().catch(error => console.error(`bootstrap: ${error.stack}`));
  return null;
};
