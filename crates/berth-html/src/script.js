// What is nicer with a script. Every page works without: nothing here is the only way to anything.
'use strict';

// Times, in the zone of whoever looks; the exact time stays in the title.
function localTimes(root) {
  const format = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
  for (const time of root.querySelectorAll('time[datetime]')) {
    const date = new Date(time.dateTime);
    if (!Number.isNaN(date.getTime())) time.textContent = format.format(date);
  }
}

// Buttons that copy the text of the element that they name.
function copyButtons(root) {
  for (const button of root.querySelectorAll('button[data-copy]')) {
    button.hidden = !navigator.clipboard;
    button.addEventListener('click', async () => {
      const source = document.getElementById(button.dataset.copy);
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      const label = button.textContent;
      button.textContent = button.dataset.copied;
      setTimeout(() => { button.textContent = label; }, 2000);
    });
  }
}

// Links to a form on a page of its own open it as a dialog. Whatever goes wrong, the link is followed.
function dialogs(root) {
  for (const link of root.querySelectorAll('a[data-dialog]')) {
    link.addEventListener('click', async event => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
      event.preventDefault();
      const page = await fetchPage(link.href);
      const content = page?.querySelector('[data-dialog-content]');
      if (!content) { location.href = link.href; return; }
      openDialog(content, link);
    });
  }
}

async function fetchPage(address) {
  try {
    const answer = await fetch(address, { headers: { accept: 'text/html' } });
    if (!answer.ok || new URL(answer.url).pathname !== new URL(address).pathname) return null;
    return new DOMParser().parseFromString(await answer.text(), 'text/html');
  } catch {
    return null;
  }
}

function openDialog(content, opener) {
  const dialog = document.createElement('dialog');
  dialog.append(document.importNode(content, true));
  const title = dialog.querySelector('h1');
  if (title) {
    title.id = 'dialog-title';
    dialog.setAttribute('aria-labelledby', title.id);
  }
  for (const cancel of dialog.querySelectorAll('a[data-cancel]')) {
    cancel.addEventListener('click', event => { event.preventDefault(); dialog.close(); });
  }
  dialog.addEventListener('click', event => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener('close', () => { dialog.remove(); opener.focus(); });
  document.body.append(dialog);
  enhance(dialog);
  dialog.showModal();
  dialog.querySelector('input:not([type=hidden]), select, textarea')?.focus();
}

// Lists narrow down while somebody types what they search for.
function liveSearch(root) {
  for (const form of root.querySelectorAll('form[data-live]')) {
    const input = form.querySelector('input[type=search]');
    let timer;
    let latest = 0;
    input?.addEventListener('input', () => {
      clearTimeout(timer);
      timer = setTimeout(async () => {
        const number = ++latest;
        const address = new URL(form.action, location.href);
        address.search = new URLSearchParams(new FormData(form)).toString();
        const page = await fetchPage(address.href);
        const target = document.getElementById(form.dataset.live);
        const found = page?.getElementById(form.dataset.live);
        if (!found || !target || number !== latest) return;
        target.replaceWith(document.importNode(found, true));
        enhance(document.getElementById(form.dataset.live));
        history.replaceState(null, '', address);
      }, 250);
    });
  }
}

// Forms are sent once only.
function forms(root) {
  for (const form of root.querySelectorAll('form[method=post]')) {
    form.addEventListener('submit', event => {
      if (form.dataset.sent) { event.preventDefault(); return; }
      form.dataset.sent = 'yes';
    });
  }
}

// The button of a deletion works when the name is typed.
function typedNames(root) {
  for (const input of root.querySelectorAll('input[data-equals]')) {
    const button = input.form.querySelector('button[type=submit]');
    const check = () => { button.disabled = input.value !== input.dataset.equals; };
    input.addEventListener('input', check);
    check();
  }
}

// The value of a bar of a chart, beside the pointer.
function charts(root) {
  for (const chart of root.querySelectorAll('[data-chart]')) {
    const label = document.createElement('p');
    label.className = 'chart-label';
    label.setAttribute('aria-hidden', 'true');
    label.textContent = '\u00a0';
    chart.append(label);
    chart.addEventListener('pointerover', event => {
      const bar = event.target.closest('[data-label]');
      label.textContent = bar ? bar.dataset.label : '\u00a0';
    });
    chart.addEventListener('pointerleave', () => { label.textContent = '\u00a0'; });
  }
}

// A menu closes when somebody clicks elsewhere or presses Escape.
function menus() {
  const closeOthers = event => {
    for (const menu of document.querySelectorAll('details.menu[open]')) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  };
  document.addEventListener('click', closeOthers);
  document.addEventListener('focusin', closeOthers);
  document.addEventListener('keydown', event => {
    if (event.key !== 'Escape') return;
    for (const menu of document.querySelectorAll('details.menu[open]')) {
      menu.open = false;
      menu.querySelector('summary').focus();
    }
  });
}

// A token that comes in the fragment of the address is shown, and stays in no history.
function fragmentToken() {
  const output = document.querySelector('output[data-fragment]');
  if (!output) return;
  const token = new URLSearchParams(location.hash.slice(1)).get(output.dataset.fragment);
  output.textContent = token ?? output.dataset.absent;
  history.replaceState(null, '', location.pathname);
}

function printButtons(root) {
  for (const button of root.querySelectorAll('button[data-print]')) {
    button.hidden = false;
    button.addEventListener('click', () => print());
  }
}

function enhance(root) {
  localTimes(root);
  copyButtons(root);
  printButtons(root);
  dialogs(root);
  liveSearch(root);
  forms(root);
  typedNames(root);
  charts(root);
}

enhance(document);
// The forms of a page that comes back from the history may be sent again.
addEventListener('pageshow', event => {
  if (event.persisted) for (const form of document.forms) delete form.dataset.sent;
});
menus();
fragmentToken();
