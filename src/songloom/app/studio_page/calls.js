// Requests to the server, with the token that it may ask for.

import { $ } from "./elements.js";

export async function call(path, options = {}) {
  for (;;) {
    const token = sessionStorage.getItem("token");
    const headers = { ...options.headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) };
    const response = await fetch(path, { ...options, headers });
    if (response.status === 401) { await knock(); continue; }
    if (response.ok) return response;
    const said = await response.json().catch(() => ({}));
    throw new Error(typeof said.detail === "string" ? said.detail : `the server refused this (${response.status})`);
  }
}

export async function ask(path, body) {  // JSON, by GET or, with a body, by POST
  const post = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  return (await call(path, body === undefined ? {} : post)).json();
}

let asking = null;

function knock() {
  asking ??= new Promise((done) => {
    $("door").showModal();
    $("door").addEventListener("close", () => {
      sessionStorage.setItem("token", $("token").value.trim());
      asking = null;
      done();
    }, { once: true });
  });
  return asking;
}
