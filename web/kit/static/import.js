// Watches an import; once it is over, the page itself says how it went.

const place = document.getElementById('progress');
const bar = place.querySelector('progress');

async function look() {
  try {
    const response = await fetch(place.dataset.progress);
    if (response.status === 404) {
      // The server was started anew and knows nothing of it: all of the file was taken or none.
      place.hidden = true;
      document.getElementById('gone').hidden = false;
      return;
    }
    if (response.ok) {
      const { done, total, over } = await response.json();
      if (over) return location.reload();
      if (total > 0) {
        bar.max = total;
        bar.value = done;
      }
      place.querySelector('[data-done]').textContent = done;
      place.querySelector('[data-total]').textContent = total;
    }
  } catch {
    // The line is gone for a moment: look again.
  }
  setTimeout(look, 400);
}

look();
