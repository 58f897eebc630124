// The only hand-written script. Everything here is an extra: each flow also works as a plain form or link.
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const make = (tag, className, text) => Object.assign(document.createElement(tag), { className, textContent: text ?? "" });
  const TYPING = "input,textarea,select,[contenteditable],dialog[open]";

  const announce = text => {
    const region = $("#announce");
    if (!region) return;
    region.textContent = "";
    requestAnimationFrame(() => { region.textContent = text; });
  };

  // Toasts leave by themselves, but never while the pointer or the focus is on them (WCAG 2.2.1).
  const startToast = toast => {
    toast.dataset.started = "1";
    const close = make("button", "btn icon", "✕");
    close.type = "button";
    close.setAttribute("aria-label", "Dismiss");
    close.onclick = () => toast.remove();
    toast.append(close);
    let left = Number(toast.dataset.timeout) * 1000;
    if (!left) return;
    setInterval(() => {
      if (document.hidden || toast.matches(":hover, :focus-within")) return;
      left -= 250;
      if (left <= 0) toast.remove();
    }, 250);
  };
  const failure = (text, retry) => {
    const toast = make("div", "toast error");
    toast.dataset.timeout = "0";
    toast.append(make("p", "", text));
    if (retry) {
      const again = make("button", "btn", "Try again");
      again.type = "button";
      again.onclick = () => { toast.remove(); retry(); };
      toast.append(again);
    }
    $("#toasts")?.replaceChildren(toast);
  };

  // The server steers focus and speech with data-focus and data-announce on what it swaps in. A
  // MutationObserver instead of HTMX events: the same for morphs, out-of-band swaps and other versions.
  let main;
  const settle = () => {
    $$("[data-reveal][hidden], [data-copy][hidden], [data-open-keys][hidden]").forEach(button => { button.hidden = false; });
    $$(".toast:not([data-started])").forEach(startToast);
    const dialog = $("#dialog dialog:not([open])");
    if (dialog) {
      dialog.addEventListener("close", () => dialog.remove());
      dialog.showModal();
    }
    const target = $("[data-focus]");
    if (target) { target.removeAttribute("data-focus"); target.focus(); }
    const words = $("[data-announce]");
    if (words) { announce(words.dataset.announce); words.removeAttribute("data-announce"); }
    const title = document.title.replace(/^Error: /, "");
    const wanted = ($(".error-summary") ? "Error: " : "") + title;
    if (document.title !== wanted) document.title = wanted;
    const now = $("#main");
    if (main && now && now !== main && document.activeElement === document.body) { now.focus(); announce(document.title); }
    main = now;
    $$("[data-drag]:not([draggable])").forEach(card => { card.draggable = true; });
  };
  const begin = () => {
    settle();
    new MutationObserver(settle).observe(document.documentElement, { subtree: true, childList: true, attributeFilter: ["data-focus", "data-announce"] });
  };
  document.readyState === "loading" ? addEventListener("DOMContentLoaded", begin) : begin();

  // Trouble with a request: say what happened, keep what was typed, offer the same request again.
  const sayings = {
    403: "You are not allowed to do that. Ask the owner of this workspace.",
    404: "That is no longer here. Reload the page to see what is.",
    409: "Someone changed this meanwhile. Reload the page to see both versions.",
    413: "That is too large to send. Choose a smaller file.",
    429: "Too many requests. Wait a minute, then try again.",
  };
  const repeat = element => () => element.requestSubmit ? element.requestSubmit() : window.htmx.trigger(element, element.matches("input,select,textarea") ? "input" : "click");
  const polls = element => /every/.test(element.getAttribute("hx-trigger") ?? "");
  addEventListener("htmx:sendError", event => { if (!polls(event.detail.elt)) failure("No connection. Nothing was lost.", repeat(event.detail.elt)); });
  addEventListener("htmx:timeout", event => failure("The server did not answer in time. Nothing was lost.", repeat(event.detail.elt)));
  addEventListener("htmx:responseError", event => {
    const { xhr } = event.detail;
    const page = new DOMParser().parseFromString(xhr.responseText, "text/html");
    failure($("[data-error-message]", page)?.textContent.trim() || sayings[xhr.status] || "Something broke on our side. Nothing was lost; try again in a minute.");
  });
  addEventListener("htmx:beforeRequest", event => { if (document.hidden && polls(event.detail.elt)) event.preventDefault(); });
  // A session that ran out answers with the log-in page: go there, and come back to this page afterwards.
  addEventListener("htmx:beforeSwap", event => {
    const login = document.body.dataset.login, answered = event.detail.xhr.responseURL;
    if (!login || !answered || new URL(answered).pathname !== login || location.pathname === login) return;
    event.preventDefault();
    location.href = `${login}?next=${encodeURIComponent(location.pathname + location.search)}`;
  });

  // Keyboard: what is declared in HTML as data-key works, and the help dialog is made from the same attributes.
  const showKeys = () => {
    const dialog = make("dialog"), list = make("dl", "kv mt");
    dialog.setAttribute("aria-labelledby", "keys-title");
    const title = make("h2", "", "Keyboard shortcuts");
    title.id = "keys-title";
    const rows = new Map($$("[data-key]").map(item => [item.dataset.key, item.dataset.keyLabel ?? item.textContent.replace(/\s+/g, " ").trim()]));
    if ($("[data-item]")) rows.set("j / k", "Next or previous item");
    for (const [key, label] of rows) {
      const term = make("dt");
      term.append(make("kbd", "", key));
      list.append(term, make("dd", "", label));
    }
    const form = make("form", "row mt");
    form.method = "dialog";
    form.append(make("button", "btn", "Close"));
    dialog.append(title, list, form);
    $("#dialog").replaceChildren(dialog);
  };
  let prefix = "";
  addEventListener("keydown", event => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.body.dataset.keys === "off" || event.target.closest?.(TYPING)) return;
    const current = document.activeElement?.closest("[data-item]");
    const wanted = `[data-key="${CSS.escape(prefix + event.key)}"]`;
    const target = (current && $(wanted, current)) || $$(wanted).find(item => !item.closest("[data-item]"));
    if (target) {
      event.preventDefault();
      prefix = "";
      target.matches("input") ? target.focus() : target.click();
      return;
    }
    prefix = event.key === "g" ? "g " : "";
    if (prefix) setTimeout(() => { prefix = ""; }, 1200);
    if (event.key !== "j" && event.key !== "k") return;
    const items = $$("[data-item]");
    const next = items[Math.max(0, Math.min(items.length - 1, items.indexOf(current) + (event.key === "j" ? 1 : -1)))];
    (next && ($("a[href],button", next) ?? next))?.focus();
  });

  addEventListener("click", async event => {
    const button = event.target.closest?.("button");
    if (!button) return;
    if ("openKeys" in button.dataset) showKeys();
    if (button.dataset.reveal) {
      const input = document.getElementById(button.dataset.reveal), shown = input.type === "text";
      input.type = shown ? "password" : "text";
      button.firstChild.textContent = shown ? "Show" : "Hide";
      button.setAttribute("aria-pressed", String(!shown));
    }
    if (button.dataset.copy) {
      const source = $(button.dataset.copy);
      try {
        await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
        announce("Copied");
        button.dataset.copied = "1";
      } catch {
        getSelection().selectAllChildren(source);
        announce("Could not copy. The text is selected; copy it with your keyboard.");
      }
    }
  });

  // Chosen rows: [data-bulk] holds the boxes, [data-count] says how many.
  addEventListener("change", event => {
    const bulk = event.target.closest?.("[data-bulk]");
    if (!bulk) return;
    const boxes = $$("input[type=checkbox]:not([data-all])", bulk);
    if ("all" in event.target.dataset) boxes.forEach(box => { box.checked = event.target.checked; });
    $$("[data-count]", bulk).forEach(place => { place.textContent = boxes.filter(box => box.checked).length; });
  });

  // Dragging is an extra: dropping presses the button of the card's own "Move" form, files go into the real input.
  let dragged;
  const place = event => event.target.closest?.(dragged ? "[data-drop]" : "[data-drop-file]");
  const clear = () => $$(".over, .dragging").forEach(item => item.classList.remove("over", "dragging"));
  addEventListener("dragstart", event => { dragged = event.target.closest?.("[data-drag]"); dragged?.classList.add("dragging"); });
  addEventListener("dragend", () => { clear(); dragged = null; });
  addEventListener("dragover", event => {
    const over = place(event);
    if (!over) return;
    event.preventDefault();
    $$(".over").forEach(item => item.classList.remove("over"));
    over.classList.add("over");
  });
  addEventListener("drop", event => {
    const over = place(event);
    if (!over) return;
    event.preventDefault();
    if (dragged) $$("form button[value]", dragged).find(button => button.value === over.dataset.drop)?.click();
    else if (event.dataTransfer.files.length) {
      const input = $("input[type=file]", over);
      input.files = event.dataTransfer.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    }
    clear();
    dragged = null;
  });
})();
