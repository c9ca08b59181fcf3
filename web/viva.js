// Viva's page: a client of the daemon's API like every other. Plain script, no build step, nothing from elsewhere.
// All text from the daemon goes through textContent. Sections: means, getting in, choosing, the round, history. What is shown of an
// answer is in result.js, the measuring of the endpoint in calibrate.js; the three share one scope.
'use strict';

// ---------------------------------------------------------------- means

const $ = id => document.getElementById(id);

/** An element with attributes, listeners (`onclick`) and children; strings become text, empty children are left out. */
function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, '');
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value);
  }
  element.append(...children.flat().filter(child => child !== null && child !== undefined && child !== false && child !== ''));
  return element;
}

/** Text with `commands` in backticks set as code. */
const rich = text => text.split(/`([^`]+)`/).map((piece, index) => (index % 2 ? el('code', {}, piece) : piece));

/** Shows a sentence, or hides its place. */
function say(element, text) {
  element.replaceChildren(...rich(text || ''));
  element.hidden = !text;
}

const clock = seconds => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;
const capital = text => text.charAt(0).toUpperCase() + text.slice(1);
const plural = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;
const day = text => new Date(text).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const kindName = kind => (kind === 'pressure' ? 'follow-up' : kind);

const stored = {
  read(key, otherwise) {
    try { return JSON.parse(localStorage.getItem(`viva.${key}`)) ?? otherwise; } catch { return otherwise; }
  },
  write(key, value) { localStorage.setItem(`viva.${key}`, JSON.stringify(value)); },
};

const THEMES = ['auto', 'light', 'dark'];
function applyTheme(theme) {
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}
applyTheme(stored.read('theme', 'auto')); // before the first paint

// ---------------------------------------------------------------- getting in

let token = sessionStorage.getItem('viva.token');
const shown = { questions: [], kind: 'all', answer: null, view: null };

class Refused extends Error {
  constructor(status, code, message) { super(message); Object.assign(this, { status, code }); }
}

/** Calls the API. Throws `Refused` with the daemon's sentence; a refused token leads back to the gate. */
async function call(method, path, body, bearer = token) {
  const headers = { Authorization: `Bearer ${bearer}` };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  let reply;
  try {
    reply = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new Refused(0, 'unreachable', 'The daemon does not answer. Start it with `viva serve`, then run `viva open`.');
  }
  if (reply.ok) return (reply.headers.get('Content-Type') || '').includes('json') ? reply.json() : reply.blob();
  const error = await reply.json().catch(() => ({ code: 'error', message: `The daemon replied ${reply.status}.` }));
  if (reply.status === 401 && bearer === token) leave('This page was let in by a daemon that has stopped since.');
  throw new Refused(reply.status, error.code, capital(error.message));
}

/** Takes the one-time code out of the address and exchanges it for the token, which this tab keeps. */
async function enter() {
  const code = /^#once=([0-9A-Za-z_-]+)$/.exec(location.hash)?.[1];
  if (code) {
    history.replaceState(null, '', location.pathname);
    try {
      token = (await call('POST', '/api/token', undefined, code)).token;
      sessionStorage.setItem('viva.token', token);
    } catch (error) {
      if (!token) return leave(error.status === 401 ? 'The link was used before, or it is older than five minutes.' : error.message);
    }
  }
  if (!token) return leave('');
  connect();
  route();
}

function leave(why) {
  token = null;
  sessionStorage.removeItem('viva.token');
  wire?.close();
  say($('gate-why'), why);
  show('gate');
}

function show(view) {
  for (const name of ['gate', 'home', 'live', 'kept']) $(name).hidden = name !== view;
  const changed = shown.view !== null && shown.view !== view;
  shown.view = view;
  if (changed) {
    scrollTo(0, 0);
    $(view).querySelector('h1').focus({ preventScroll: true });
  }
}

/** Shows what the fragment names: `#/live`, `#/answers/12`, else the start page. */
function route() {
  if (location.hash.startsWith('#once=')) return enter();
  if (!token) return show('gate');
  const id = /^#\/answers\/(\d+)$/.exec(location.hash)?.[1];
  document.title = 'Viva';
  if (id) return openKept(Number(id));
  if (location.hash === '#/live' && live) return show('live');
  show('home');
  refreshHome();
}

function go(hash) {
  if (location.hash === hash) route();
  else location.hash = hash;
}

// ---------------------------------------------------------------- events

let wire = null;
let wait = 500;
let lost = false;

function connect() {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const socket = new WebSocket(`${scheme}://${location.host}/api/events`, ['viva', `viva.token.${token}`]);
  wire = socket;
  socket.onmessage = message => {
    wait = 500;
    if (!$('connection').hidden) say($('connection'), '');
    lost = false;
    take(JSON.parse(message.data));
  };
  socket.onclose = () => {
    if (wire !== socket || !token) return;
    if ($('connection').hidden) say($('connection'), 'Connection lost; trying again …');
    lost = true;
    if (live && !live.over) drawPhase();
    setTimeout(async () => {
      if (wire !== socket || !token) return;
      // A browser does not say why a socket was refused; asking the status finds a token that is no longer good.
      const error = await call('GET', '/api/status').then(() => null, error => error);
      if (error && token) say($('connection'), error.message);
      if (token) connect();
    }, wait);
    wait = Math.min(wait * 2, 10000);
  };
}

function take(event) {
  switch (event.type) {
    case 'view': return takeView(event);
    case 'asked': return takeAsked(event);
    case 'kept': return takeAnswer(event.answer);
    case 'assessed': return takeAnswer(event.answer);
    case 'judging': return takeJudging(event);
    case 'drill': return takeDrill(event.drill);
    case 'finished': return takeFinished(event);
  }
  if (!live || live.over) return;
  switch (event.type) {
    case 'phase': return setPhase(event.phase);
    case 'segment': return addWords(event.segment);
    case 'partial': return setPartial(event.text, event.committed);
    case 'level': return setLevel(event);
    case 'floor': return setFloor(event.floor);
    case 'clarified': return addTold(event.clarification);
    case 'unended': return addTold({ told: 'Go on: nothing of it was lost.' });
    case 'interjected': return addTold(interjected(event.interjection));
    case 'offered_again': return takeOffer(event.text);
    case 'remark': return addTold({ told: event.text });
    case 'notice': return addNotice(event.text);
  }
}

// ---------------------------------------------------------------- choosing

async function refreshHome() {
  refreshStatus();
  refreshEndpoint();
  refreshHistory();
  refreshTrust();
  try {
    shown.questions = await call('GET', '/api/questions');
    drawKinds();
    drawNarrow();
    drawQuestions();
  } catch (error) {
    say($('start-error'), error.message);
  }
}

async function refreshStatus() {
  const status = await call('GET', '/api/status').catch(() => null);
  if (!status) return;
  drawReadiness(status.readiness);
  drawBusy(status.live);
  drawPractice(status.practice);
}

/** What holds where nothing is chosen, and how an answer ends. */
function drawPractice(practice) {
  shown.practice = practice;
  $('level').options[0].textContent = `as configured: ${practice.level}`;
  $('probes').options[0].textContent = `as configured: ${practice.probes}`;
  say($('ends'), practice.hands_free ? 'Hands-free: an answer ends by itself when you have finished. You need not press anything; it waits while you think.'
    : 'Enter ends an answer, silence does not. For hands-free use set `turn.end = "pause"` in your config file.');
}

function drawBusy(held) {
  const strip = $('busy');
  strip.hidden = !held;
  if (held) strip.replaceChildren(`A session is live (${held.client}): “${held.question}” `, el('button', { type: 'button', class: 'time', onclick: join }, 'Show it'));
}

function drawReadiness(parts) {
  const part = ({ part, ready, detail }) => el('li', { class: ready ? '' : 'lacks' },
    el('span', { class: 'mark', 'aria-hidden': 'true' }, ready ? '✓' : '!'),
    el('span', {}, capital(part === 'llm endpoint' ? 'LLM endpoint' : part), el('span', { class: 'hush' }, ready ? ': ready' : ': not ready'),
      el('span', { class: 'detail' }, rich(detail))));
  const lacking = parts.filter(part => !part.ready);
  const ready = parts.filter(part => part.ready);
  const fine = el('details', {}, el('summary', {}, lacking.length ? `${ready.length} of ${parts.length} parts are ready` : 'Everything is ready.'),
    el('ul', { class: 'parts' }, ready.map(part)));
  $('readiness').replaceChildren(...(lacking.length ? [el('ul', { class: 'parts' }, lacking.map(part))] : []), ...(ready.length ? [fine] : []),
    el('p', {}, el('button', { type: 'button', onclick: () => start({ ear: 'demonstration', speak: true }) }, 'Play a demonstration')));
  const canHear = !lacking.some(({ part }) => part === 'microphone' || part === 'speech model');
  $('by-voice').classList.toggle('main', canHear);
  $('by-typing').classList.toggle('main', !canHear);
}

async function refreshEndpoint() {
  const state = await call('GET', '/api/endpoint').catch(() => null);
  if (state) drawEndpoint(state);
}

/** What judging an answer is expected to take, where tokens cost somebody something. */
function drawExpected(expected) {
  const wanted = expected?.tokens_cost;
  const again = expected?.readings > 1 ? `; up to ${expected.readings} times that where the result is close` : '';
  say($('expected'), wanted ? `Judging an answer of ${expected.words} words takes ${spentText({ ...expected.spent, estimated: true })}${again}.` : '');
}

function drawEndpoint(state) {
  drawExpected(state.expected);
  const choose = async choice => {
    say($('endpoint-error'), '');
    try {
      drawEndpoint(await call('PUT', '/api/endpoint', choice));
      refreshStatus();
      refreshTrust();
    } catch (error) {
      say($('endpoint-error'), error.message);
    }
  };
  const body = $('endpoint-body');
  const voice = state.voice_needs_consent;
  $('endpoint').hidden = !['needs_consent', 'choose_model'].includes(state.state) && !voice;
  body.replaceChildren();
  if (state.state === 'needs_consent') {
    body.replaceChildren(
      el('p', {}, 'To judge your answers Viva would send their text, and never audio, to ', el('strong', {}, state.host), '. Without it you get the practice signal.'),
      el('p', {}, el('button', { type: 'button', class: 'main', onclick: () => choose({ consent_host: state.host }) }, `Allow ${state.host}`)));
  } else if (state.state === 'choose_model') {
    const models = state.found.flatMap(({ server, url, models }) => models.map(model => ({ server, url, model })));
    const list = models.map(({ server, model }, index) => el('label', {},
      el('input', { type: 'radio', name: 'model', value: index, checked: index === 0 }), el('span', {}, model, ' ', el('span', { class: 'soft' }, server))));
    const use = () => {
      const { url, model } = models[Number(body.querySelector(':checked').value)];
      choose({ url, model });
    };
    body.replaceChildren(el('p', {}, 'Which model on this machine shall judge your answers?'),
      el('div', { class: 'models', role: 'radiogroup', 'aria-labelledby': 'endpoint-title' }, list),
      models.length ? el('p', {}, el('button', { type: 'button', class: 'main', onclick: use }, 'Use this model')) : el('p', {}, rich(state.detail)));
  }
  if (voice) {
    body.append(el('p', {}, 'To read the questions aloud Viva would send their text to ', el('strong', {}, voice), '.'),
      el('p', {}, el('button', { type: 'button', onclick: () => choose({ consent_host: voice }) }, `Allow ${voice}`)));
  }
}

function drawKinds() {
  const kinds = ['all', ...new Set(shown.questions.map(question => question.kind))];
  const chip = kind => el('label', {},
    el('input', { type: 'radio', name: 'kind', value: kind, checked: kind === shown.kind, onchange: () => { shown.kind = kind; drawQuestions(); } }),
    el('span', {}, capital(kind)));
  $('kinds').replaceChildren(el('legend', {}, 'Kind'), ...kinds.map(chip));
}

/** The other filters: a select each, what a question must be for a value, and the values there are as [value, words]. */
const NARROW = {
  'by-family': { fits: (q, family) => `${q.pack}/${q.family}` === family, values: q => [[`${q.pack}/${q.family}`, q.family_title]] },
  'by-difficulty': { fits: (q, difficulty) => q.difficulty === difficulty, values: q => [[q.difficulty, q.difficulty]], order: ['easy', 'medium', 'hard'] },
  'by-level': { fits: (q, level) => q.levels.includes(level), values: q => q.levels.map(level => [level, level]), order: ['mid', 'senior', 'staff'] },
  'by-minutes': { fits: (q, minutes) => q.minutes <= Number(minutes), values: q => [[String(q.minutes), `at most ${q.minutes} min`]] },
  'by-hard-part': { fits: (q, id) => q.hard_part.some(part => part.id === id), values: q => q.hard_part.map(part => [part.id, part.title]) },
};

function drawNarrow() {
  for (const [id, { values, order }] of Object.entries(NARROW)) {
    const select = $(id);
    const before = select.value;
    const known = [...new Map(shown.questions.flatMap(values))];
    const place = ([value]) => (order ? order.indexOf(value) : Number(value));
    if (order || id === 'by-minutes') known.sort((a, b) => place(a) - place(b));
    else known.sort((a, b) => a[1].localeCompare(b[1]));
    select.replaceChildren(el('option', { value: '' }, select.dataset.any), ...known.map(([value, words]) => el('option', { value }, words)));
    select.value = known.some(([value]) => value === before) ? before : '';
  }
}

const isNarrowed = () => Object.keys(NARROW).some(id => $(id).value);

/** Hyphens count as spaces, as in the daemon's search. */
const folded = text => text.toLowerCase().replace(/[-_\s]+/g, ' ').trim();

function fits(question) {
  const words = folded($('search').value).split(' ');
  const text = folded([question.id, question.text, question.family_title, question.tests].join(' '));
  return (shown.kind === 'all' || question.kind === shown.kind) && words.every(word => text.includes(word))
    && Object.entries(NARROW).every(([id, { fits }]) => !$(id).value || fits(question, $(id).value));
}

const chosen = () => $('questions').querySelector('input:checked')?.value ?? '';

function drawQuestions() {
  const before = chosen();
  const row = (value, ask, facts) => el('label', {}, el('input', { type: 'radio', name: 'question', value }),
    el('span', { class: 'ask' }, ask), el('span', { class: 'facts' }, facts));
  const found = shown.questions.filter(fits);
  const rows = [];
  let group = '';
  for (const q of found) {
    const title = `${capital(q.kind)} · ${q.family_title}`;
    if (title !== group) rows.push(el('h2', { class: 'group' }, title));
    group = title;
    rows.push(row(q.id, q.text, [q.difficulty, `about ${q.minutes} min`, q.answered && '✓ answered'].filter(Boolean).join(' · ')));
  }
  const own = $('search').value.trim();
  const all = shown.kind === 'all' && !isNarrowed();
  if (!own && all) rows.unshift(row('', 'Choose for me', 'one that you have not answered lately'));
  if (!found.length && own.includes(' ')) rows.unshift(row(own, own, 'a question of your own; judged as a design question'));
  $('questions').replaceChildren($('questions').querySelector('legend'), ...rows);
  $('count').textContent = `(${found.length}${found.length < shown.questions.length ? ` of ${shown.questions.length}` : ''})`;
  $('narrowed').textContent = isNarrowed() ? '(in use)' : '';
  $('widen').disabled = all && !own;
  const inputs = [...$('questions').querySelectorAll('input')];
  const pick = inputs.find(input => input.value === before) ?? inputs[0];
  if (pick) pick.checked = true;
  else {
    const why = all ? 'No question has these words. Write a whole sentence to ask it as your own.' : 'No question is all of this. Take a filter away.';
    $('questions').append(el('p', { class: 'soft' }, why));
  }
  for (const id of ['by-voice', 'by-typing', 'by-drill']) $(id).disabled = !inputs.length;
}

/** Takes every filter away. */
function widen() {
  for (const id of Object.keys(NARROW)) $(id).value = '';
  $('search').value = '';
  shown.kind = 'all';
  drawKinds();
  drawQuestions();
  $('search').focus();
}

function settings() {
  const [level, probes] = [$('level').value, $('probes').value];
  return { level: level || null, probes: probes === '' ? null : Number(probes), speak: $('speak').checked };
}

/** A drill by voice where there are ears, else typed; `probes` is left to the daemon unless it was chosen. */
const pressed = (wanted = {}) => ({ ...settings(), ear: $('by-voice').classList.contains('main') ? 'microphone' : 'typed', drill: { temper: $('temper').value }, ...wanted });

let starting = null;

/** Starts a session; its first events may arrive before the reply does. */
async function start(wanted) {
  if (starting) return; // pressed twice
  starting = wanted;
  const button = document.activeElement?.closest('button');
  button?.setAttribute('aria-busy', 'true'); // loading a speech model takes seconds
  $('starting').textContent = 'Starting …';
  say($('start-error'), '');
  say($('command-error'), '');
  say($('kept-error'), '');
  try {
    const { session, question } = await call('POST', '/api/sessions', { ...wanted, client: 'the page' });
    if (!live || live.over) begin({});
    Object.assign(live, { session, question, ours: true, wanted, asked: live.asked || question.text });
    sessionStorage.setItem('viva.live', JSON.stringify({ session, wanted }));
    drawLive();
    go('#/live');
  } catch (error) {
    if (live?.ours && live.session === null) { // what was heard meanwhile belongs to somebody else
      live = null;
      show('home');
    }
    const place = { home: 'start-error', live: 'command-error', kept: 'kept-error' }[shown.view];
    if (place) say($(place), error.message);
    if (error.code !== 'busy') return;
    refreshStatus();
    if (place) $(place).append(' ', el('button', { type: 'button', class: 'time', onclick: join }, 'Show it'));
  } finally {
    starting = null;
    button?.removeAttribute('aria-busy');
    $('starting').textContent = '';
  }
}

// ---------------------------------------------------------------- the round

/** The round that is shown; `over` holds the reason once it has ended. */
let live = null;

const newLive = given => ({
  session: null, ours: false, wanted: {}, question: null, asked: '', probe: null, phase: 'asking', followUps: 0,
  demonstration: false, floor: { holder: 'nobody' }, patience: 0, since: null, over: null, answers: new Map(), drill: null, offered: false, ...given,
});

const PHASES = {
  asking: 'The interviewer speaks', listening: 'You have the floor', transcribing: 'Writing down the last words',
  deciding: 'Choosing what to ask next', suspended: 'The microphone is gone', finished: 'Finished', lost: 'No connection',
};

const isTyped = () => live.wanted.ear === 'typed' || live.typing === true;

function begin(given) {
  live = newLive(given);
  clearRound();
}

let joining = false;

/** Shows the live session, whoever holds it: a new connection begins with the present view. */
function join() {
  if (live && !live.over) return go('#/live');
  joining = true;
  connect();
}

/** The present: after a lost connection, a reload, or on joining. Sessions of other clients are shown only on request. */
function takeView(view) {
  const mine = JSON.parse(sessionStorage.getItem('viva.live') || 'null');
  const ours = view.session !== null && mine?.session === view.session;
  if (live && !live.over && live.session !== null && live.session !== view.session) {
    recoverAnswers().then(() => takeFinished({ why: 'finished' }));
  }
  if (view.session === null || !(ours || joining || live?.session === view.session)) {
    joining = false;
    return refreshIfHome();
  }
  if (live?.session !== view.session) begin({ session: view.session, ours, wanted: ours ? mine.wanted : {} });
  Object.assign(live, { question: view.question, asked: view.asked ?? view.question?.text ?? '' });
  if (live.asked !== live.question?.text && !live.probe) live.followUps = Math.max(live.followUps, 1);
  clearWords();
  view.segments.forEach(addWords);
  view.clarifications.forEach(addTold);
  live.phase = view.phase;
  setFloor(view.floor);
  live.offered = view.offers_again;
  if (view.drill) takeDrill(view.drill);
  drawLive();
  recoverAnswers();
  if (joining || live.ours && shown.view === 'home') go('#/live');
  joining = false;
}

function takeAsked({ text, probe, demonstration }) {
  if (!probe && starting && (!live || live.over)) begin({ ours: true, wanted: starting });
  if (!live || live.over) return shown.view === 'home' && refreshStatus();
  if (probe && probe.id !== live.probe?.id) live.followUps += 1;
  Object.assign(live, { asked: text, probe, demonstration, since: null, typing: false, offered: false });
  clearWords();
  $('text').value = '';
  drawLive();
  if (live.ours && starting === null && shown.view === 'live') $('asked').focus({ preventScroll: true });
}

function takeAnswer(answer) {
  if (shown.view === 'kept' && answer.id !== null && shown.answer?.id === answer.id) drawKept(answer);
  if (!live || (live.session !== null && answer.session !== null && answer.session !== live.session)) return;
  const key = answer.id ?? `demonstration ${answer.answers_probe?.id ?? 'question'}`;
  if (live.over && !live.answers.has(key) && live.session !== answer.session) return;
  if (!answer.answers_probe) live.question ??= answer.question;
  live.answers.set(key, answer);
  drawExchange(key, answer);
}

/** The drill as it stands: its rungs, and what it came to. */
function takeDrill(drill) {
  if (!live || live.over) return;
  live.drill = drill;
  $('rungs').replaceChildren(drill.rungs.length ? rungs(drill, 'h2') : '');
  drawLive();
}

/** A rung once more? "I have finished" says yes, "skip" no. */
function takeOffer(text) {
  Object.assign(live, { asked: text, probe: null, offered: true, since: null });
  clearWords();
  drawLive();
}

const interjected = ({ words, text }) => ({ because: words ? `You said “${words}”.` : 'The time was over.', told: text });

function takeJudging({ answer, tokens }) {
  for (const element of document.querySelectorAll(`[data-judging="${Number(answer)}"]`)) {
    element.textContent = judgingText(tokens);
  }
}

function takeFinished({ why }) {
  refreshIfHome();
  if (!live || live.over) return;
  live.over = why;
  const told = new Set([...live.answers.values()].flatMap(answer => answer.notices)); // stand with the answers
  for (const item of [...$('notices').children]) if (told.has(item.dataset.text)) item.remove();
  if (why !== 'finished') addNotice(capital(why));
  drawLive();
  for (const outline of document.querySelectorAll('#exchanges .excellent')) outline.hidden = false;
  const first = $('exchanges').querySelector('details');
  if (first) first.open = true;
  if (shown.view === 'live') $('asked').focus({ preventScroll: true });
}

function refreshIfHome() {
  if (shown.view === 'home') refreshHome();
}

/** Answers that were kept while this page was not connected. */
async function recoverAnswers() {
  const session = live?.session;
  if (!session) return;
  const newest = await call('GET', '/api/answers?limit=8').catch(() => []);
  const answers = await Promise.all(newest.map(({ id }) => call('GET', `/api/answers/${id}`).catch(() => null)));
  answers.filter(answer => answer?.session === session).reverse().forEach(takeAnswer);
}

function drawLive() {
  const over = live.over !== null;
  const what = live.demonstration ? ['demonstration with a synthetic voice'] : [];
  if (live.question) what.push(kindName(live.question.kind));
  if (!live.ours && !over) what.push('held by another client');
  const rung = live.drill?.rungs.length && live.probe ? live.drill.rungs.findIndex(({ probe }) => probe.id === live.probe.id) + 1 : 0;
  const place = live.offered ? 'Once more?' : rung ? `Rung ${rung} of ${live.drill.length}, ${live.drill.reply_s.join(' to ')} seconds`
    : live.followUps ? `Follow-up ${live.followUps}` : 'Question';
  $('eyebrow').textContent = capital([over ? 'Result' : place, ...what].join(' · '));
  drawAsked((over ? live.question?.text : null) || live.asked);
  say($('reason'), over || !live.probe ? '' : `Asked ${because(live.probe.reason)}`);
  $('floor').hidden = over;
  $('over').hidden = !over;
  $('again').textContent = live.demonstration ? 'Play it again' : live.wanted.drill ? 'Take the drill again' : 'Answer again';
  $('words').hidden = isTyped();
  $('typing').hidden = !isTyped();
  $('end-turn').hidden = isTyped() && !live.offered;
  $('type-instead').hidden = isTyped() || live.demonstration;
  document.querySelector('.meter').hidden = isTyped();
  if (over && !live.answers.size) $('exchanges').replaceChildren(el('p', { class: 'soft' }, 'Nothing was kept of this session.'));
  document.title = over ? 'Result · Viva' : `${place} · Viva`;
  drawPhase();
}

/** What is asked; what leads up to a follow-up stands smaller before it. */
function drawAsked(text) {
  const probe = live.over ? '' : live.probe?.text ?? '';
  const before = probe && text.endsWith(probe) ? text.slice(0, -probe.length).trim() : '';
  $('asked').replaceChildren(...(before ? [el('span', { class: 'before' }, before), ' ', probe] : [text]));
}

/** A reason as the end of "Asked …"; where the follow-up is from stands behind it. */
function because(reason) {
  const [, picked = '', why] = /^From the bank(, picked by the model)?: (.*)$/s.exec(reason) ?? [null, '', reason];
  const text = /^[A-Z][a-z]/.test(why) ? why.charAt(0).toLowerCase() + why.slice(1) : why;
  return `${/^(because|to|for|as)\b/.test(text) ? text : `because ${text}`}${why === reason ? '' : ` From the question bank${picked}.`}`;
}

function setPhase(phase) {
  if (phase === 'listening' && live.phase !== 'listening') live.since ??= Date.now();
  if (phase === 'asking') live.since = null;
  live.phase = phase;
  if (phase !== 'listening') setLevel({ rms: 0, voiced: false });
  drawPhase();
}

/** Who has the floor, with the silence that is left while the candidate thinks: the bar drains, and is full again on the next word. */
function setFloor(floor) {
  live.floor = floor;
  const left = floor.holder === 'thinking' ? floor.ends_in_s : null;
  if (left === null) live.patience = 0;
  else live.patience = Math.max(live.patience, left);
  $('left').hidden = left === null;
  $('meter').hidden = left !== null;
  if (left !== null) $('left').style.setProperty('--left', left / live.patience);
  drawPhase();
}

/** Who has the floor: one of speaking, listening, thinking, and the rest. */
function floorNow() {
  if (lost) return 'lost';
  if (live.phase !== 'listening' || isTyped() || live.demonstration) return live.phase;
  return { speaking: 'asking', thinking: 'thinking' }[live.floor.holder] ?? 'listening';
}

function floorWords(now) {
  if (lost) return PHASES.lost;
  if (!live.ours && ['listening', 'thinking'].includes(now)) return 'The candidate has the floor';
  if (live.offered && live.phase === 'listening') return 'Once more? Yes or no';
  if (live.demonstration && live.phase === 'listening') return 'A recording answers';
  if (now === 'thinking') return live.floor.granted ? 'Your time to think' : 'Waiting while you think';
  return now === 'listening' && !isTyped() ? 'Listening to you' : PHASES[now];
}

/** What the candidate may do now, and what happens by itself: nobody should have to guess whether to press something. */
function floorHint(now) {
  if (lost) return 'What is shown is from before; this page looks again by itself.';
  const { hands_free: handsFree } = shown.practice ?? {};
  if (live.demonstration) return 'A synthetic voice; nothing of this is kept.';
  if (!live.ours || shown.practice === undefined) return '';
  if (live.offered && (now === 'asking' || live.phase === 'listening')) return isTyped() ? 'Press a button, or type yes or no.' : 'Say yes or no, or press a button.';
  if (now === 'suspended') return 'What you said is kept. It goes on when the microphone is back; or type instead.';
  if (isTyped()) return '';
  const left = live.floor.ends_in_s ?? null;
  if (now === 'asking') return live.phase === 'asking' ? 'Heard enough? Start answering.' : '';
  if (now === 'thinking' && left !== null) return `Speak, and it listens on. After ${Math.ceil(left)} s more of silence your answer is finished.`;
  if (now === 'thinking' && live.floor.granted) return 'As long as you like: speak when you are ready.';
  if (now !== 'listening' && now !== 'thinking') return '';
  return handsFree ? 'You need not press anything: it waits while you think, and goes on when you have finished.'
    : 'Take your time, silence ends nothing. Press Enter when you have finished.';
}

/** What the interviewer says beside the question: the reply to what was asked, why it cuts in, a remark. */
function addTold({ asked, because, told }) {
  const why = asked ? el('q', { class: 'soft' }, asked) : because && el('span', { class: 'soft' }, because);
  $('told').append(el('li', {}, why, why && ' ', el('strong', {}, told)));
  $('told').hidden = false;
  if (asked && isTyped()) $('text').value = '';
}

function drawPhase() {
  const now = floorNow();
  $('phase').textContent = floorWords(now);
  $('phase').dataset.phase = now;
  // Not at every pause, and no seconds: what a screen reader says comes back through the microphone.
  const coarse = floorWords(live.phase);
  if ($('phase-told').textContent !== coarse) $('phase-told').textContent = coarse;
  $('patience').textContent = floorHint(now);
  $('patience').hidden = isTyped() && !$('patience').textContent;
  const open = live.phase === 'asking' || live.phase === 'listening' || live.phase === 'suspended';
  for (const id of ['end-turn', 'repeat', 'skip', 'type-instead']) $(id).disabled = !open;
  $('typing').querySelector('button').disabled = !open;
  $('end-turn').firstChild.textContent = live.offered ? 'Take it again ' : live.phase === 'asking' ? 'Start answering ' : 'I have finished ';
  $('skip').textContent = live.offered ? 'Leave it' : 'Skip';
  $('no-words').hidden = $('committed').hasChildNodes() || $('partial-loose').textContent !== '' || live.phase === 'asking';
  if (isTyped() && live.phase === 'listening' && shown.view === 'live' && document.activeElement === $('asked')) $('text').focus();
}

setInterval(() => {
  if (shown.view !== 'live') return;
  const limit = live?.probe && live.drill?.reply_s[1]; // in a drill the interviewer cuts in then
  $('elapsed').textContent = live?.since && !live.over ? `${clock((Date.now() - live.since) / 1000)}${limit ? ` of ${clock(limit)}` : ''}` : '';
}, 500);

function clearRound() {
  $('notices').replaceChildren();
  $('exchanges').replaceChildren();
  $('rungs').replaceChildren();
  clearWords();
}

function clearWords() {
  $('committed').replaceChildren();
  $('told').replaceChildren();
  $('told').hidden = true;
  setPartial('', 0);
}

function addWords(segment) {
  const text = segment.text || (segment.not_decoded ? `[not heard: ${segment.not_decoded}]` : '');
  if (!text) return;
  $('committed').append(el('span', {}, `${text} `));
  setPartial('', 0);
}

function setPartial(text, committed) {
  const words = text.split(/\s+/).filter(Boolean);
  $('partial-firm').textContent = words.slice(0, committed).join(' ');
  $('partial-loose').textContent = words.slice(committed).join(' ');
  $('no-words').hidden = words.length > 0 || $('committed').hasChildNodes();
  $('words').scrollTop = $('words').scrollHeight;
}

/** Loudness as 0 to 1 over the 50 dB below full scale. */
function setLevel({ rms, voiced }) {
  const level = rms > 0 ? Math.min(1, Math.max(0, 1 + 20 * Math.log10(rms) / 50)) : 0;
  $('meter').style.setProperty('--level', level.toFixed(3));
  $('meter').classList.toggle('voiced', voiced);
}

function addNotice(text) {
  if ([...$('notices').children].some(item => item.dataset.text === text)) return; // told again with the next answer
  const item = el('div', { class: 'note', 'data-text': text }, el('span', {}, rich(capital(text))),
    el('button', { type: 'button', class: 'quiet', 'aria-label': 'Put this notice away', onclick: () => item.remove() }, '✕'));
  $('notices').append(item);
}

async function command(body) {
  say($('command-error'), '');
  try {
    await call('POST', '/api/sessions/current/commands', body);
    return true;
  } catch (error) {
    say($('command-error'), error.message);
    return false;
  }
}

async function sendText() {
  if ($('typing').querySelector('button').disabled) return; // the answer is over
  const text = $('text').value.trim();
  if (!text) return say($('command-error'), 'Type the answer first, then send it.');
  await command({ command: 'answer', text });
}

/** A question of the same kind that was not answered yet; else the daemon chooses. */
async function nextQuestion() {
  const all = await call('GET', '/api/questions').catch(() => []);
  const { id, kind } = live.question ?? {};
  const next = all.find(question => question.kind === kind && !question.answered && question.id !== id);
  start({ ...again(), question: next?.id ?? null });
}

function again() {
  const { ear, level = null, probes = null, speak = true, drill } = live?.wanted ?? {};
  const question = live?.question;
  const pressing = drill ? { drill: { temper: drill.temper } } : {};
  return { question: question?.id ?? question?.text ?? null, ear: ear === 'typed' ? 'typed' : 'microphone', level, probes, speak, ...pressing };
}

// ---------------------------------------------------------------- history

async function refreshHistory() {
  const answers = await call('GET', '/api/answers?limit=20').catch(() => null);
  if (!answers) return;
  if (!answers.length) return $('history').replaceChildren(el('p', { class: 'soft' }, 'None yet. They stay on this machine.'));
  const line = answer => el('li', {}, el('a', { href: `#/answers/${answer.id}` },
    el('span', { class: 'ask' }, answer.asked),
    el('span', { class: 'facts' }, [day(answer.started_at), answer.is_probe && 'follow-up', summaryState(answer), answer.state === 'interrupted' && 'interrupted'].filter(Boolean).join(' · '))));
  const list = answers => el('ul', { class: 'past' }, answers.map(line));
  $('history').replaceChildren(list(answers.slice(0, 6)),
    answers.length > 6 ? el('details', {}, el('summary', {}, `${answers.length - 6} earlier`), list(answers.slice(6))) : '');
}

function summaryState({ assessment, mean_level: mean, verdict, points_heard: heard, points }) {
  if (assessment === 'judged' && mean !== null) return `${verdict && verdict.result !== 'none' ? `${verdict.result}, ` : ''}${mean.toFixed(1)} of 4`;
  if (assessment === 'pending') return 'being judged';
  return points ? `${heard} of ${points} points` : 'kept';
}

async function openKept(id) {
  say($('kept-error'), '');
  $('kept-body').replaceChildren();
  $('kept-title').textContent = '';
  shown.answer = null;
  show('kept');
  try {
    const answer = await call('GET', `/api/answers/${id}`);
    if (location.hash === `#/answers/${id}`) drawKept(answer);
  } catch (error) {
    say($('kept-error'), error.message);
  }
}

function drawKept(answer) {
  shown.answer = answer;
  $('kept-title').textContent = answer.answers_probe?.text ?? answer.question.text;
  const fresh = result(answer, true);
  keepOpen($('kept-body'), fresh);
  $('kept-body').replaceChildren(el('h2', { class: 'hush' }, 'Result'), fresh);
  $('kept-drill').hidden = answer.answers_probe !== null || !answer.transcript.text;
  $('kept-judge').hidden = ['judged', 'pending'].includes(answer.assessment.kind);
  document.title = 'Answer · Viva';
}

async function judgeKept() {
  say($('kept-error'), '');
  try {
    drawKept(await call('POST', `/api/answers/${shown.answer.id}/judge`));
  } catch (error) {
    say($('kept-error'), error.message);
  }
}

async function forgetKept() {
  try {
    await call('DELETE', `/api/answers/${shown.answer.id}`);
    go('#/');
  } catch (error) {
    say($('kept-error'), error.message);
  }
}

// ---------------------------------------------------------------- listeners

function listen() {
  const themeButton = () => { $('theme').textContent = `Theme: ${stored.read('theme', 'auto')}`; };
  themeButton();
  $('theme').addEventListener('click', () => {
    const theme = THEMES[(THEMES.indexOf(stored.read('theme', 'auto')) + 1) % THEMES.length];
    stored.write('theme', theme);
    applyTheme(theme);
    themeButton();
  });

  const wanted = stored.read('settings', {});
  $('level').value = wanted.level ?? '';
  $('probes').value = wanted.probes ?? '';
  $('speak').checked = wanted.speak ?? true;
  for (const id of ['level', 'probes', 'speak']) $(id).addEventListener('change', () => stored.write('settings', settings()));
  $('search').addEventListener('input', drawQuestions);
  for (const id of Object.keys(NARROW)) $(id).addEventListener('change', drawQuestions);
  $('widen').addEventListener('click', widen);
  $('search').addEventListener('keydown', event => { if (event.key === 'Enter') event.preventDefault(); });
  $('choose').addEventListener('submit', event => {
    event.preventDefault();
    const how = event.submitter?.value ?? 'microphone';
    start(how === 'drill' ? pressed({ question: chosen() || null }) : { question: chosen() || null, ear: how, ...settings() });
  });

  for (const [id, name] of [['end-turn', 'end_turn'], ['repeat', 'repeat'], ['skip', 'skip'], ['stop', 'stop']]) {
    $(id).addEventListener('click', () => {
      $('asked').focus({ preventScroll: true }); // so that Enter means "I have finished" again
      command({ command: name });
    });
  }
  $('typing').addEventListener('submit', event => { event.preventDefault(); sendText(); });
  $('text').addEventListener('keydown', event => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); sendText(); }
  });
  $('type-instead').addEventListener('click', () => {
    live.typing = true;
    command({ command: 'hold' }); // no silence ends the answer while it is typed
    drawLive();
    $('text').focus();
  });
  document.addEventListener('keydown', event => {
    const taken = event.target.closest('input, textarea, select, button, a, summary, dialog, audio');
    if (event.key !== 'Enter' || event.repeat || taken || shown.view !== 'live' || live.over || isTyped() || $('end-turn').disabled) return;
    event.preventDefault();
    command({ command: 'end_turn' });
  });

  $('again').addEventListener('click', () => start(live.demonstration ? { ear: 'demonstration', speak: true } : again()));
  $('next').addEventListener('click', nextQuestion);
  $('kept-again').addEventListener('click', () => {
    const { question, asked_level: level } = shown.answer;
    const ear = ['microphone', 'wav'].includes(shown.answer.source) ? 'microphone' : 'typed';
    start({ ...settings(), question: question.id ?? question.text, ear, level });
  });
  $('kept-drill').addEventListener('click', () => {
    const drill = { temper: $('temper').value, on: shown.answer.id };
    start(pressed({ drill, level: shown.answer.asked_level }));
  });
  $('kept-judge').addEventListener('click', judgeKept);
  $('kept-forget').addEventListener('click', () => $('forget').showModal());
  $('forget').addEventListener('close', () => { if ($('forget').returnValue === 'forget') forgetKept(); $('forget').returnValue = ''; });

  addEventListener('hashchange', route);
  addEventListener('focus', () => { if (token && shown.view === 'home') refreshStatus(); });
}

document.addEventListener('DOMContentLoaded', () => { listen(); enter(); });
