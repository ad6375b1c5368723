// An HTML element in one call: attributes that are true stand alone, those that are false, missing or empty are left out.
export function make(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(key, "");
    else if (value !== false && value !== undefined && value !== "") node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}
