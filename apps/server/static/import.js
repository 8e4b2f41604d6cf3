// Watches an import; once it is over, the page itself says how it went.

const place = document.getElementById("progress");
const bar = place.querySelector("progress");

async function look() {
  try {
    const response = await fetch(place.dataset.progress);
    if (response.ok) {
      const { done, total, over } = await response.json();
      if (over) return location.reload();
      bar.max = Math.max(total, 1);
      bar.value = done;
      place.querySelector("[data-done]").textContent = done;
      place.querySelector("[data-total]").textContent = total;
    }
  } catch {
    // The line is gone for a moment: look again.
  }
  setTimeout(look, 400);
}

look();
