// Copies what a page says to hand on: a button with data-copy="the id of the text". Without this
// the text is there all the same.

for (const button of document.querySelectorAll('button[data-copy]')) {
  const text = document.getElementById(button.dataset.copy);
  if (!navigator.clipboard || !text) continue;
  const said = document.createElement('span');
  said.setAttribute('role', 'status');
  said.className = 'small';
  button.after(' ', said);
  button.hidden = false;
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(text.textContent.trim());
      said.textContent = button.dataset.copied;
    } catch {
      // The browser refuses: selected, the text is copied by the keyboard.
      getSelection().selectAllChildren(text);
    }
  });
}
