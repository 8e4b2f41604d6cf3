// Chooses everything of a list at once, and nothing when all of it is chosen. Without this the
// boxes are there all the same.

for (const button of document.querySelectorAll('button[data-pick]')) {
  const boxes = [
    ...button.form.querySelectorAll(`input[type=checkbox][name=${button.dataset.pick}]`),
  ];
  button.hidden = boxes.length < 2;
  button.addEventListener('click', () => {
    const all = boxes.every(box => box.checked);
    for (const box of boxes) box.checked = !all;
  });
}
