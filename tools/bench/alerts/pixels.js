// What a person sees of the officer's page, and when: for each alert its place in the list, and the
// pictures of the one that fills the screen. It clicks back then, so that the next one fills it.

(() => {
  const told = { rows: [], pictures: [] };
  globalThis.lethePixels = told;
  const waiting = [];
  let open = null;

  // The second of two frames begins when the first has been handed to the screen.
  const whenPainted = (note) => {
    requestAnimationFrame(() => {
      requestAnimationFrame(() => note(performance.timeOrigin + performance.now()));
    });
  };

  const Plain = WebSocket;
  globalThis.WebSocket = class extends Plain {
    constructor(...given) {
      super(...given);
      // Before the page's own: it adds a row for each new alert, in the same turn.
      this.addEventListener("message", ({ data }) => {
        const message = JSON.parse(data);
        if (message.type !== "alert") return;
        waiting.push(message.alert);
        if (document.getElementById("panel").hidden) open = message.alert;
      });
    }
  };

  const isRow = (node) => node.nodeName === "LI" && node.parentElement?.id === "alerts";
  const look = (changes) => {
    const added = changes.flatMap((change) => [...change.addedNodes]);
    for (const _ of added.filter(isRow)) {
      const { captured_at: captured } = waiting.shift();
      whenPainted((at) => told.rows.push(at - Date.parse(captured)));
    }
    const drawn = added.some((node) => node.nodeName === "CANVAS");
    if (!drawn || !open || document.querySelectorAll("#panel canvas").length < 3) return;
    const { captured_at: captured } = open;
    open = null;
    whenPainted((at) => {
      told.pictures.push(at - Date.parse(captured));
      document.getElementById("back").click();
    });
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true });
})();
