/* Notes, by the page's own clock: when the first figure was painted, when the reader clicked or typed, when the server
was asked for it, when a run began and ended since, when anything was heard, when that was drawn, and when anything in
sight was drawn anew (what lies below the window's edge is not waited for).

Streamlit's own word for whether its script runs is not enough: a run of a few milliseconds begins and ends between two
of its pictures, and was then waited for until figures refreshed by themselves, 30 s later. What they ask by themselves
is no answer to a click either, so messages are looked into. */
window.watched = {painted: null, acted: 0, asked: 0, begun: 0, ended: 0, heard: 0, drawn: 0, seen: 0};

/* The fields of a protocol buffer by their numbers: integers, and bytes not yet looked into. */
const fields = bytes => {
  const found = {};
  let at = 0;
  const integer = () => {
    let sum = 0, place = 1, byte;
    do {
      byte = bytes[at++];
      sum += (byte & 127) * place;
      place *= 128;
    } while (byte & 128);
    return sum;
  };
  while (at < bytes.length) {
    const tag = integer(), kind = tag % 8, name = Math.floor(tag / 8);
    if (kind === 0) found[name] = integer();
    else if (kind === 2) {
      const length = integer();
      found[name] = bytes.subarray(at, at + length);
      at += length;
    } else at += kind === 1 ? 8 : 4;
  }
  return found;
};
/* BackMsg and ClientState, ForwardMsg. */
const RERUN = 11, BY_ITSELF = 6, BEGUN = 4, ENDED = 6;

for (const kind of ['click', 'input', 'keydown', 'pointerup']) {
  window.addEventListener(kind, () => { window.watched.acted = performance.now(); }, {capture: true});
}

const Socket = window.WebSocket;
window.WebSocket = class extends Socket {
  constructor(...given) {
    super(...given);
    this.addEventListener('message', ({data}) => {
      const w = window.watched;
      w.heard = performance.now();
      if (data instanceof ArrayBuffer) {
        const said = fields(new Uint8Array(data));
        if (said[BEGUN] !== undefined) w.begun = w.heard;
        if (said[ENDED] !== undefined) w.ended = w.heard;
      }
      requestAnimationFrame(() => requestAnimationFrame(() => { w.drawn = performance.now(); }));
    });
  }
  send(what) {
    const asked = what instanceof Uint8Array ? fields(what)[RERUN] : undefined;
    if (asked !== undefined && !fields(asked)[BY_ITSELF]) window.watched.asked = performance.now();
    super.send(what);
  }
};

/* What was drawn anew is looked at once a frame. The bar on top says whether the script runs: nobody waits for that. */
const anew = new Set();
const insight = element => {
  if (!element.isConnected || element.closest('[data-testid=stHeader], [data-testid=stStatusWidget]')) return false;
  const box = element.getBoundingClientRect();
  return box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
};
const drew = element => {
  if (!anew.size) {
    requestAnimationFrame(() => {
      const some = [...anew].some(insight);
      anew.clear();
      if (some) requestAnimationFrame(() => { window.watched.seen = performance.now(); });
    });
  }
  anew.add(element);
};
const note = changes => {
  for (const {target, addedNodes} of changes) {
    const parts = [...addedNodes].filter(node => node instanceof Element);
    if (parts.length) parts.forEach(drew);
    else if (target instanceof Element) { if (!target.matches('html, body, [data-test-script-state]')) drew(target); }
    else if (target.parentElement) drew(target.parentElement);
  }
};
/* Tables and charts are drawn on canvases, which the document does not show. */
for (const name of ['clearRect', 'drawImage']) {
  const draw = CanvasRenderingContext2D.prototype[name];
  CanvasRenderingContext2D.prototype[name] = function (...given) {
    if (this.canvas instanceof Element && this.canvas.isConnected) drew(this.canvas);
    return draw.apply(this, given);
  };
}
const seen = {subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ['class', 'style']};
new MutationObserver(note).observe(document, seen);

const look = () => {
  if (window.watched.painted === null && document.querySelector('[class*="st-key-tile_"] strong')) {
    requestAnimationFrame(() => { window.watched.painted ??= performance.now(); });
  }
};
new MutationObserver(look).observe(document, {subtree: true, childList: true});
