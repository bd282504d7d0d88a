(() => {
  // Where a step decided, show it as soon as the steps are unfolded.
  for (const more of document.querySelectorAll("details.more")) {
    more.addEventListener("toggle", () => {
      const steps = more.querySelector(".steps");
      const decided = more.querySelector(".decided");
      if (more.open && steps && decided) {
        steps.scrollTop += decided.getBoundingClientRect().top - steps.getBoundingClientRect().top - steps.clientHeight / 2;
      }
    });
  }
  const button = document.getElementById("unfold");
  if (!button) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    const open = button.getAttribute("aria-pressed") !== "true";
    for (const exchange of document.querySelectorAll("details.exchange, details.more")) exchange.open = open;
    button.setAttribute("aria-pressed", String(open));
    button.textContent = open ? "Fold all" : "Unfold all";
  });
})();
