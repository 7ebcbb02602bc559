// Adding a collaborator: fills in the name once the whole address is known. Without it the name is typed.
const form = document.querySelector("form[data-lookup]");
const email = form?.elements.namedItem("email");
const answer = document.getElementById("lookup");

function fill(first, last) {
  for (const [name, value] of [
    ["first_name", first],
    ["last_name", last],
  ]) {
    const field = form.elements.namedItem(name);
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function fillFrom(button) {
  fill(button.dataset.first, button.dataset.last);
  answer.replaceChildren();
  form.elements.namedItem("relation").focus();
}

let asked = "";
let waiting = 0;

async function lookUp() {
  const typed = email.value.trim();
  if (!email.validity.valid || !/^[^@\s]+@[^@\s]+\.[^@\s.]{2,}$/.test(typed) || typed === asked) return;
  asked = typed;
  const body = new FormData();
  body.set("email", typed);
  const headers = { "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content };
  const response = await fetch(form.dataset.lookup, { method: "POST", headers, body });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  if (email.value.trim() !== typed) return;
  answer.replaceChildren(...(response.redirected ? [] : page.body.childNodes));
}

if (email && answer) {
  email.addEventListener("input", () => {
    clearTimeout(waiting);
    if (email.value.trim() !== asked) {
      answer.replaceChildren();
      asked = "";
    }
    const known = [...document.querySelectorAll("#known-people option")].find((o) => o.value === email.value.trim());
    if (known) {
      asked = known.value;
      fill(known.dataset.first, known.dataset.last);
    } else waiting = setTimeout(lookUp, 700);
  });
  email.addEventListener("change", lookUp);
  email.addEventListener("keydown", (event) => {
    const button = answer.querySelector("[data-first]");
    if (event.key === "Enter" && button) {
      event.preventDefault();
      fillFrom(button);
    }
    if (event.key === "Escape" && answer.hasChildNodes()) {
      event.preventDefault();
      answer.replaceChildren();
    }
  });
  answer.addEventListener("click", (event) => {
    const button = event.target.closest("[data-first]");
    if (button) fillFrom(button);
  });
  // Staff do not evaluate unless the provider says so; the switch follows until it was touched.
  const evaluates = form.elements.namedItem("evaluates");
  let touched = false;
  evaluates.addEventListener("change", () => {
    touched = true;
  });
  form.elements.namedItem("relation").addEventListener("change", (event) => {
    if (!touched) evaluates.checked = event.target.value !== "staff";
  });
}
