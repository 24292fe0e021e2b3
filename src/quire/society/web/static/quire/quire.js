/* What a page needs beside htmx: the token that a form sends along, for requests that htmx makes. */
document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector("input[name=csrfmiddlewaretoken]");
  if (token) event.detail.headers["X-CSRFToken"] = token.value;
});
/* A menu longer than the window shows where one is. */
const here = document.querySelector(".menu [aria-current]");
if (here) {
  const menu = here.closest(".menu");
  const below = here.getBoundingClientRect().bottom - Math.min(menu.getBoundingClientRect().bottom, innerHeight);
  if (below > 0) menu.scrollTop += below + 40;
}
/* A passkey that was not used, or could not be: the page says so beside the button. */
document.addEventListener("allauth.error", (event) => {
  const said = document.getElementById("passkey-failed");
  if (!said) return;
  event.preventDefault();
  said.hidden = false;
});
