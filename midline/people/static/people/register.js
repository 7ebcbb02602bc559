// Completing a registration with a passkey: the browser makes it when the form is sent, and the form carries what it made.
const form = document.querySelector("form[data-passkey]");
const how = form?.querySelector("[data-how]");

function wantsPasskey() {
  return form.elements.namedItem("how").value === "passkey";
}

function show() {
  const password = form.elements.namedItem("password");
  password.disabled = wantsPasskey();
  form.querySelector("[data-password]").hidden = wantsPasskey();
}

/** The page marks a form that is on its way; one that came back can be sent again. */
function free() {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("button[data-busy]")) {
    delete button.dataset.busy;
    button.removeAttribute("aria-disabled");
  }
}

async function make() {
  const headers = { "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content };
  const response = await fetch(form.dataset.passkey, { method: "POST", headers });
  if (!response.ok) throw new Error(`${response.status}`);
  return JSON.stringify(await window.webauthnJSON.create(await response.json()));
}

if (how && window.PublicKeyCredential) {
  const error = document.getElementById("passkey_error");
  how.hidden = false;
  show();
  how.addEventListener("change", show);
  form.addEventListener("submit", async (event) => {
    if (!wantsPasskey()) return;
    event.preventDefault();
    error.hidden = true;
    try {
      form.elements.namedItem("credential").value = await make();
      form.submit();
    } catch {
      error.hidden = false;
      free();
    }
  });
}
