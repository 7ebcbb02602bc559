// Says on the page what allauth only writes into the console: the passkey was not read, or the person closed the browser's window.
document.addEventListener("allauth.error", (event) => {
  const error = document.getElementById("passkey_error");
  if (!error) return;
  event.preventDefault();
  error.hidden = false;
});
