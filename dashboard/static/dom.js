// The few lines of DOM work that everything shares. Text goes in as text: there
// is no innerHTML anywhere, so nothing that came off a topic can become markup.

export const $ = (id) => document.getElementById(id);

// visible spells out characters that have no look of their own but change that
// of others: controls, and the marks that turn the direction of writing, by
// which a segment name could reorder the figures beside it.
export const visible = (text) =>
  text.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));

export const el = (tag, { textContent, ...props } = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), props);
  if (textContent != null) setText(node, textContent);
  node.append(...children);
  return node;
};

export const svg = (tag, attributes = {}, ...children) => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
};

export const setText = (node, raw) => {
  const text = visible(raw);
  if (node.textContent !== text) node.textContent = text;
};

// keyed makes the children of parent stand for items, reusing the node of each
// key, so that the focus and the scroll position survive an update.
export const keyed = (parent, items, keyOf, create, update) => {
  const old = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  let at = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    let node = old.get(key);
    if (node) old.delete(key);
    else {
      node = create(item);
      node.dataset.key = key;
    }
    update(node, item);
    if (node === at) at = at.nextElementSibling;
    else parent.insertBefore(node, at);
  }
  for (const node of old.values()) node.remove();
};

// options fills a <select>, leaves the choice alone where it still exists, and
// touches nothing while the list is the same.
export const options = (select, values, chosen, name = (v) => v) => {
  const list = JSON.stringify(values);
  if (select.dataset.list !== list) {
    select.dataset.list = list;
    select.replaceChildren(...values.map((value) => el("option", { value, textContent: name(value) })));
  }
  if (select.value !== chosen) select.value = chosen;
  select.disabled = values.length < 2;
};
