"use strict";
// Everything shown is set as text, never as HTML: a model's terms and a client's words are not to be trusted.

const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name in element && typeof value !== "string") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter(child => child !== null && child !== undefined));
  return element;
};
const drawn = (tag, attributes) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
};
const byId = id => document.getElementById(id);
// `code` within a sentence.
const prose = text => text.split("`").map((part, place) => place % 2 ? make("code", {}, part) : part);
const pretty = text => { try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; } };
const tones = { allow: "good", review: "warn", remove: "bad" };

async function call(method, path, body) {
  const headers = body === undefined ? {} : { "content-type": "application/json" };
  const key = byId("ask").elements.key.value;
  if (key) headers.authorization = `Bearer ${key}`;
  const began = performance.now();
  try {
    const answer = await fetch(path, { method, headers, body, cache: "no-store" });
    return { status: answer.status, text: await answer.text(), ms: performance.now() - began,
             id: answer.headers.get("x-request-id") };
  } catch {
    return { status: 0, text: "The service does not answer.", ms: performance.now() - began, id: null };
  }
}

async function look() {
  const pill = byId("ready");
  const { status, text } = await call("GET", "/readyz");
  const champion = status ? JSON.parse(text).champion : null;
  pill.textContent = status === 200 ? `version ${champion} decides` : status ? "ending" : "no answer";
  pill.className = `pill ${status === 200 ? "good" : "bad"}`;
}

function bar(share) {
  const svg = drawn("svg", { class: "track", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" });
  svg.append(drawn("rect", { width: Math.max(1, 100 * share), height: 8 }));
  return svg;
}

function terms(reasons) {
  const list = make("div", { class: "terms" });
  const most = Math.max(...reasons.map(each => Math.abs(each.contribution)), 1e-9);
  // Where nothing pulls the other way, the bars have the whole width.
  const zero = reasons.some(each => each.contribution < 0) ? 50 : 0;
  for (const { term, contribution } of reasons) {
    const width = (100 - zero) * Math.abs(contribution) / most;
    const svg = drawn("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" });
    svg.append(drawn("rect", { x: contribution < 0 ? zero - width : zero, width, y: 1, height: 8,
                               class: contribution < 0 ? "down" : "up" }),
               drawn("line", { x1: zero, x2: zero, y1: 0, y2: 10, class: "zero", "vector-effect": "non-scaling-stroke" }));
    const sign = contribution < 0 ? "−" : "+";
    list.append(make("code", {}, term), svg, make("span", {}, `${sign}${Math.abs(contribution).toFixed(2)}`));
  }
  return list;
}

function verdict(decision) {
  const tone = tones[decision.action] || "accent";
  const who = decision.alias.includes("@") ? "the model of this client"
    : decision.client ? "the general champion: this client has no model of its own" : "the general champion";
  return [
    make("div", { class: `said tone-${tone}` }, make("strong", {}, decision.action),
         make("span", { class: "number" }, decision.score.toFixed(3)),
         make("small", {}, `version ${decision.version}, ${who}`)),
    make("div", { class: `tone-${tone}` }, bar(decision.score)),
    decision.reasons.length ? make("h3", {}, "The terms that pushed most, in log-odds") : null,
    decision.reasons.length ? terms(decision.reasons) : null,
  ].filter(Boolean);
}

async function decide(event) {
  event.preventDefault();
  const form = byId("ask"), button = form.querySelector("button"), shown = byId("verdict");
  const question = { text: form.elements.text.value };
  if (form.elements.client.value) question.client = form.elements.client.value;
  button.disabled = true;
  let answer = await call("POST", "/decide?explain=true", JSON.stringify(question));
  // An estimator of the user's own decides as well, but has no reasons to give.
  if (answer.status === 400) answer = await call("POST", "/decide", JSON.stringify(question));
  button.disabled = false;
  shown.hidden = false;
  if (answer.status === 200) shown.replaceChildren(...verdict(JSON.parse(answer.text)));
  else shown.replaceChildren(...result(answer));
}

function result({ status, text, ms, id }) {
  const tone = status >= 200 && status < 300 ? "good" : "bad";
  return [
    make("p", { class: "said" }, make("span", { class: `pill ${tone}` }, status ? `${status}` : "failed"),
         make("small", {}, `${ms.toFixed(1)} ms${id ? ` · request ${id}` : ""}`)),
    make("pre", { tabindex: "0" }, pretty(text)),
  ];
}

const nameOf = schema => schema.$ref ? schema.$ref.split("/").pop() : null;

// A schema in a few words: "Event or list of Event".
function words(schema) {
  if (schema.$ref) return nameOf(schema);
  if (schema.anyOf) return [...new Set(schema.anyOf.map(words))].sort((a, b) => a.startsWith("list") - b.startsWith("list")).join(" or ");
  if (schema.enum) return schema.enum.map(value => JSON.stringify(value)).join(" or ");
  if (schema.type === "array") return `list of ${schema.items ? words(schema.items) : "anything"}`;
  if (schema.type === "object") return "object";
  if (schema.type === "string") return schema.format === "date-time" ? "time" : "text";
  return { integer: "whole number", number: "number", boolean: "true or false", null: "null" }[schema.type] || "anything";
}

const typed = schema => words(schema).split(/\b/).map(word =>
  document.getElementById(`type-${word}`) || known.has(word) ? make("a", { href: `#type-${word}` }, word) : word);
const known = new Set();

function field(parameter) {
  const attributes = { name: parameter.name, required: Boolean(parameter.required) };
  const control = parameter.schema.type === "boolean"
    ? make("select", attributes, make("option", {}, "false"), make("option", {}, "true"))
    : make("input", { ...attributes, value: parameter.name === "name" ? byId("model").textContent : "1" });
  return make("label", {}, parameter.name, control);
}

function tryIt(path, method, operation) {
  const content = operation.requestBody?.content["application/json"];
  const parameters = operation.parameters || [];
  const text = content ? JSON.stringify(content.example, null, 2) : "";
  const area = content ? make("textarea", { class: "json", rows: String(text.split("\n").length + 1), spellcheck: false }, text) : null;
  const shown = make("div", { class: "answer stack", "aria-live": "polite" });
  const button = make("button", {}, "Send");
  const form = make("form", { class: "stack" },
    area ? make("label", {}, "Body, as JSON", area) : null,
    make("div", { class: "row" }, ...parameters.map(field), button), shown);
  form.addEventListener("submit", async event => {
    event.preventDefault();
    let target = path;
    const query = new URLSearchParams();
    for (const { name, in: place } of parameters) {
      const { value } = form.elements[name];
      if (place === "path") target = target.replace(`{${name}}`, encodeURIComponent(value)); else query.set(name, value);
    }
    button.disabled = true;
    const answer = await call(method.toUpperCase(), target + (query.size ? `?${query}` : ""), area ? area.value : undefined);
    button.disabled = false;
    shown.replaceChildren(...result(answer));
    look();
  });
  return form;
}

function table(rows) {
  return make("div", { class: "scroll" }, make("table", {}, make("tbody", {}, ...rows)));
}

function operationCard(path, method, operation) {
  const body = operation.requestBody?.content["application/json"].schema;
  const answers = Object.entries(operation.responses).map(([status, { description, content }]) => {
    const [schema] = Object.values(content || {}).map(each => each.schema);
    return make("tr", {}, make("td", {}, make("code", {}, status)),
                make("td", {}, ...prose(description), " ", make("small", {}, ...(schema ? typed(schema) : []))));
  });
  return make("details", { class: "card operation", id: operation.operationId },
    make("summary", {}, make("span", { class: `method ${method}` }, method.toUpperCase()),
         make("span", { class: "path" }, path), make("span", { class: "what" }, operation.summary)),
    make("div", { class: "inside" },
      make("p", {}, ...prose(operation.description)),
      body ? make("p", {}, make("small", {}, "Takes ", ...typed(body), ".")) : null,
      make("h3", {}, "Try it"), tryIt(path, method, operation),
      make("h3", {}, "Answers"), make("div", { class: "answers" }, table(answers))));
}

function typeCard(name, schema) {
  const required = new Set(schema.required || []);
  const rows = Object.entries(schema.properties || {}).map(([field, shape]) =>
    make("tr", {}, make("td", {}, make("code", {}, field)),
         make("td", {}, make("span", {}, ...typed(shape)), required.has(field) ? "" : make("small", {}, " optional"),
              shape.description ? make("div", {}, make("small", {}, ...prose(shape.description))) : null)));
  return make("details", { class: "card operation", id: `type-${name}` },
    make("summary", {}, make("span", { class: "path" }, name),
         make("span", { class: "what" }, schema.description?.replaceAll("`", "") || "")),
    make("div", { class: "inside" }, table(rows)));
}

function openTarget() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) { target.open = true; target.scrollIntoView(); }
}

async function start() {
  byId("ask").addEventListener("submit", decide);
  look();
  const document_ = JSON.parse((await call("GET", "/openapi.json")).text);
  byId("model").textContent = document_.info.title;
  document.title = `${document_.info.title} · Surtitle service`;
  byId("version").textContent = document_.info.version;
  byId("about").replaceChildren(...prose(document_.info.description));
  byId("keybox").hidden = !document_.components.securitySchemes;
  const schemas = Object.entries(document_.components.schemas);
  schemas.forEach(([name]) => known.add(name));
  for (const { name } of document_.tags) {
    const section = make("section", {}, make("h2", {}, name));
    for (const [path, methods] of Object.entries(document_.paths))
      for (const [method, operation] of Object.entries(methods))
        if (operation.tags.includes(name)) section.append(operationCard(path, method, operation));
    byId("operations").append(section);
  }
  byId("types").querySelector("div").append(...schemas.map(each => typeCard(...each)));
  byId("types").hidden = false;
  addEventListener("hashchange", openTarget);
  openTarget();
}

start();
