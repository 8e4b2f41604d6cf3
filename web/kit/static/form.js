// The form workshop: a fault's place leads to its character in the text.

const source = document.getElementById('source');

for (const link of document.querySelectorAll('[data-line]')) {
  link.addEventListener('click', event => {
    event.preventDefault();
    const lines = source.value.split('\n');
    const line = Number(link.dataset.line) - 1;
    // The checker counts characters, the browser UTF-16 units.
    const before = [...(lines[line] ?? '')]
      .slice(0, Number(link.dataset.column) - 1)
      .join('').length;
    const at = lines.slice(0, line).reduce((sum, text) => sum + text.length + 1, 0) + before;
    source.focus();
    source.setSelectionRange(at, at + 1);
    source.scrollTop = (line - 4) * parseFloat(getComputedStyle(source).lineHeight);
  });
}
