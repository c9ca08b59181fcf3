// What is shown of an answer: levels with the words they rest on, what was heard and missed, how it was told. Every finding can be played
// and called wrong.
'use strict';

const judgingText = tokens => (tokens ? `Judging … ${plural(tokens, 'token')} so far` : 'Judging …');

function exchangeTitle(answer, index) {
  if (answer.answers_probe) return `Follow-up ${index}`;
  return answer.source === 'demonstration' ? 'The answer' : 'Your answer';
}

function drawExchange(key, answer) {
  const id = `exchange-${String(key).replace(/\W+/g, '-')}`;
  const index = [...live.answers.keys()].indexOf(key);
  const old = document.getElementById(id);
  const open = old ? old.open : live.over !== null && index === 0;
  const fold = el('details', { id, class: 'fold', open },
    el('summary', {}, el('h2', {}, exchangeTitle(answer, index)), el('span', { class: 'state' }, shortState(answer))),
    result(answer));
  if (!old) {
    if (!$('exchanges').querySelector('details')) $('exchanges').replaceChildren();
    return $('exchanges').append(fold);
  }
  const focused = old.contains(document.activeElement);
  keepOpen(old, fold);
  old.replaceWith(fold);
  if (focused) fold.querySelector('summary').focus();
}

function points({ heard, missing }) {
  const all = heard.length + missing.length;
  return all ? `${heard.length} of ${plural(all, 'point')} heard` : '';
}

const VERDICTS = { pass: level => `Pass at ${level} level`, borderline: level => `Borderline at ${level} level`, below: level => `Below ${level} level`, none: () => 'No verdict' };
const verdictText = verdict => (VERDICTS[verdict.result] ?? (() => verdict.result))(verdict.level);

function shortState(answer) {
  const { kind } = answer.assessment;
  if (kind === 'judged') return answer.verdict ? verdictText(answer.verdict) : 'judged';
  if (kind === 'pending') return 'being judged';
  return [kind === 'ungraded' ? 'ungraded' : 'practice signal', points(answer.practice_signal)].filter(Boolean).join(', ');
}

/**
 * Everything known of an answer: what to fix first, levels or why there are none, evidence, delivery, the next probe.
 * `alone`: the words asked stand above it.
 */
function result(answer, alone = false) {
  const article = el('article', { class: 'result' });
  const quote = evidence => quoted(evidence, answer, article);
  const doubt = n => doubted(n, answer, article);
  const signal = answer.practice_signal;
  article.append(...[
    el('p', { class: 'meta' }, meta(answer)),
    answer.answers_probe && (alone ? block('A follow-up to', el('p', {}, answer.question.text)) : block('You were asked', el('p', {}, answer.answers_probe.text))),
    fixFirst(answer, doubt),
    standing(answer),
    levels(answer, quote, doubt),
    notHeard(answer, doubt),
    listed('Mistakes', answer.mistakes.map(mistake => [el('span', { class: 'label' }, sentence(mistake.title)), ' ', mistake.advice,
      mistake.evidence ? quote(mistake.evidence) : doubt(mistake.n)])),
    listed('Points heard', signal.heard.map(point => [point.says, quote(point.evidence)]), 'heard'),
    answer.assessment.kind === 'judged' && listed('Points of this question that were not heard', signal.missing.map(point => [point.says, doubt(point.n)])),
    listed('Steps of a good follow-up answer, in the order heard', signal.steps.map(step => [capital(step.check.replace(/_/g, ' ')), quote(step)]), 'heard'),
    answer.assessment.kind === 'judged' && listed('Steps that were not heard', signal.missing_steps.map(step => [step.says, doubt(step.n)])),
    ...workedOut(signal, quote, doubt),
    answer.delivery && block('How you told it', el('p', { class: 'small' }, 'Never part of the levels.'), delivery(answer, article)),
    answer.probe && el('section', { class: 'ask-next' }, el('h3', {}, 'The follow-up that fits best'), el('p', {}, answer.probe.text), el('p', {}, capital(because(answer.probe.reason)))),
    answer.drill && rungs(answer.drill),
    (alone || !answer.answers_probe) && excellent(answer, article),
    listed('What you asked, and were told', answer.clarifications.map(asked => [asked.asked, el('p', {}, el('strong', {}, asked.told)), placed(asked, answer, article)])),
    earlierObjections(answer),
    words(answer),
    small(answer),
  ].filter(Boolean));
  return article;
}

/** A pressure drill: each rung with what its reply came to, those ahead where it goes on, and where the interviewer cut in. */
function rungs({ temper, length, rungs, report, interjections }, title = 'h3') {
  const words = reply => `${{ survived: 'Survived', gave_up: 'Left open, that is all right' }[reply.result] ?? `Broke: ${reply.why}`}${reply.by_levels ? ' (by its levels)' : ''}`;
  const result = (reply, before = '') => reply && el('p', { class: 'came-to' }, `${before}${words(reply)}`);
  const row = (kind, mark, ...content) => el('li', { class: kind }, el('span', { class: 'mark', 'aria-hidden': 'true' }, mark), el('div', {}, content));
  const opened = ({ probe, reply, again }) => row((again ?? reply)?.result ?? 'now', { survived: '✓', broke: '✗', gave_up: '–' }[(again ?? reply)?.result] ?? '●',
    el('p', {}, probe.text), result(reply), result(again, 'Again: '));
  const ahead = report ? [] : Array.from({ length: Math.max(0, length - rungs.length) }, (_, n) => row('ahead', '○', el('p', {}, `Rung ${rungs.length + n + 1}`)));
  const cut = said => el('li', {}, interjected(said).because, ' ', el('strong', {}, said.text));
  return el('section', { class: 'ladder' }, el(title, {}, `Pressure drill, ${temper} interviewer`), report && el('p', { class: 'verdict' }, report.sentence),
    el('ol', { class: 'rungs' }, rungs.map(opened), ahead),
    interjections.length > 0 && el('div', {}, el(title === 'h2' ? 'h3' : 'h4', {}, 'Where the interviewer cut in'), el('ul', { class: 'list' }, interjections.map(cut))));
}

const block = (title, ...content) => el('section', {}, el('h3', {}, title), ...content.filter(Boolean));
const listed = (title, items, kind = '') => items.length > 0 && block(title, el('ul', { class: `list ${kind}` }, items.map(item => el('li', {}, ...item))));

function meta(answer) {
  const source = { microphone: 'spoken', wav: 'from a recording', text: 'typed', typed: 'typed', demonstration: 'demonstration, not kept' }[answer.source] ?? answer.source;
  return [kindName(answer.question.kind), `asked at ${answer.asked_level} level`, source, day(answer.started_at),
    answer.state === 'interrupted' && 'interrupted: this is what was saved', answer.corrected && 'transcript corrected by you'].filter(Boolean).join(' · ');
}

/** Numbers of the findings that something was not heard, by what it says. */
const numbersOfMissing = ({ assessment, practice_signal: { missing, missing_steps: steps } }) =>
  new Map([...assessment.dimensions.map(({ missing, n }) => [missing, n]), ...missing.concat(steps).map(({ says, n }) => [says, n])]);

/** What was missing apart from what is to be fixed first; what a dimension says of itself stands beside its level. */
function notHeard(answer, doubt) {
  const { assessment } = answer;
  const said = new Set(assessment.dimensions.map(dimension => dimension.missing));
  const number = numbersOfMissing(answer);
  const [title, rest] = answer.mistakes.length ? ['Not heard', assessment.missing] : ['Not heard either', assessment.missing.slice(1)];
  return listed(title, rest.filter(text => !said.has(text)).map(text => [text, doubt(number.get(text))]));
}

function fixFirst(answer, doubt) {
  const [missing] = answer.assessment.missing;
  const [mistake] = answer.mistakes;
  if (mistake) {
    return el('section', { class: 'first' }, el('h3', {}, 'One thing to fix first'), el('p', {}, mistake.title), el('p', {}, mistake.advice));
  }
  if (missing) {
    const why = answer.assessment.kind === 'judged' ? 'this was missing' : 'this was not heard';
    return el('section', { class: 'first' }, el('h3', {}, `One thing to fix first: ${why}`), el('p', {}, missing), doubt(numbersOfMissing(answer).get(missing)));
  }
  if (!answer.practice_signal.heard.length && answer.assessment.kind !== 'judged') return null;
  return el('section', { class: 'first' }, el('h3', {}, 'Nothing to fix first'), el('p', {}, 'Nothing that was listened for is missing.'));
}

function standing(answer) {
  const { kind, why } = answer.assessment;
  const heard = points(answer.practice_signal);
  if (kind === 'judged') {
    const { verdict } = answer;
    return verdict && el('section', {}, el('p', { class: 'verdict' }, verdictText(verdict)), el('p', { class: 'soft' }, capital(verdict.why.replace(`${verdictText(verdict)}: `, ''))));
  }
  const lines = [];
  if (kind === 'pending') lines.push(el('p', { class: 'label', role: 'status', 'data-judging': answer.id ?? 0 }, judgingText(0)));
  else lines.push(el('p', { class: 'label' }, kind === 'ungraded' ? 'Ungraded' : 'Practice signal, not a rubric grade'));
  if (why) lines.push(el('p', { class: 'soft' }, rich(sentence(why))));
  if (heard) lines.push(el('p', {}, sentence(heard)));
  return el('section', {}, lines);
}

const sentence = text => capital(/[.!?]$/.test(text) ? text : `${text}.`);

function levels(answer, quote, doubt) {
  const { dimensions, trust } = answer.assessment;
  if (!dimensions.length) return null;
  const row = ({ title, level, missing, notes, evidence, agreement, n }) => el('li', {}, el('span', { class: 'label' }, title), ...bar(level), doubt(n),
    el('div', { class: 'said' }, evidence.map(quote), agreement && el('p', { class: 'quote' }, sentence(agreement)), missing && !notes.includes(`almost: ${missing}`) && el('p', { class: 'quote' }, `Missing: ${missing}`),
      notes.map(note => el('p', { class: 'quote' }, sentence(plainly(note))))));
  return block('Levels, 0 to 4', trust && el('p', { class: trust.grade === 'good' ? 'small' : 'note' }, rich(sentence(trust.line))),
    el('ul', { class: 'levels' }, dimensions.map(row)));
}

/** Checks by their place in the dimension above instead of their ids. */
const plainly = note => note.replace(/\b[a-z]+(?:_[a-z]+)*_(\d)\b/g, 'check $1');

/** Arithmetic with its working, contradictions side by side, what does not count. */
function workedOut({ arithmetic = [], contradictions = [], outcomes = [] }, quote, doubt) {
  const side = ({ turn, evidence }, later) => el('div', {}, quote(evidence), turn !== later.turn && el('p', { class: 'small' }, 'in an earlier answer'));
  return [
    listed('What does not count, and why', outcomes.map(({ says, evidence, n }) => [sentence(says), evidence.length ? evidence.map(quote) : doubt(n)].flat())),
    listed('Your arithmetic, worked again', arithmetic.map(({ slip, working, evidence }) => [
      el('span', { class: slip ? 'slip' : 'right', 'aria-hidden': 'true' }, slip ? '✗ ' : '✓ '), el('span', { class: 'hush' }, slip ? 'A slip: ' : 'Right: '), sentence(working), quote(evidence)])),
    contradictions.length > 0 && block('These cannot both hold', ...contradictions.map(({ earlier, later, probe }) => el('div', { class: 'against' },
      side(earlier, later), side(later, later), el('p', {}, probe)))),
  ];
}

function bar(level) {
  if (typeof level !== 'number') {
    return [el('span', { class: 'figure' }, level === null ? 'no occasion' : 'ungraded'), el('span', {})];
  }
  const steps = [1, 2, 3, 4].map(step => el('i', { class: step <= level ? 'full' : '' }));
  return [el('span', { class: 'bar', 'aria-hidden': 'true' }, steps), el('span', { class: 'figure' }, `${level} of 4`)];
}

const grouped = n => Math.round(n).toLocaleString('en');
/** Two figures that count, at least two decimals. */
const money = n => (n === 0 || n >= 0.1 ? n.toFixed(2) : n.toFixed(Math.min(6, Math.max(2, 1 - Math.floor(Math.log10(n))))));

/** What judging took, or is expected to take. */
function spentText({ calls, prompt_tokens: sent, completion_tokens: back, estimated, cost }) {
  const about = estimated ? 'about ' : '';
  return `${plural(calls, 'call')}, ${about}${grouped(sent)} tokens sent and ${grouped(back)} back${cost === null ? '' : `, ${about}${money(cost)} at your prices`}`;
}

// ---------------------------------------------------------------- findings: heard, and called wrong

/** Words of the candidate, which can be played where the recording is kept, and called wrong. */
function quoted(evidence, answer, article) {
  if (!evidence) return null;
  return el('div', { class: 'quoted' }, el('p', { class: 'quote' }, el('q', {}, evidence.text)), ' ', placed(evidence, answer, article));
}

/** The buttons of a finding: play its seconds, call it wrong. */
function placed(found, answer, article) {
  return el('div', { class: 'finding' }, playButton(found, answer, article), doubted(found.n, answer, article));
}

/** Plays these seconds; only the time where there is no recording any more. */
function playButton({ from_s: from, to_s: to, start_s: start, at_s: at, text, words }, answer, article) {
  if (from === null || from === undefined) return null;
  const time = clock(start ?? at ?? from);
  if (answer.id === null || !answer.has_audio) return el('span', { class: 'at' }, `at ${time}`);
  const what = text || words;
  return el('button', { type: 'button', class: 'play', 'aria-label': `Play ${what ? `“${what}”, ` : ''}at about ${time}`, onclick: () => play(answer, article, from, to) },
    el('span', { 'aria-hidden': 'true' }, '▶'), time);
}

/** "This is wrong", for a finding with a number; once said, what was said and the way back. */
function doubted(n, answer, article) {
  if (!n || answer.id === null) return null;
  const finding = answer.findings.find(finding => finding.n === n);
  if (!finding) return null;
  const what = finding.quote ? `${finding.says}, “${finding.quote}”` : finding.says;
  const place = el('span', { class: 'doubt', 'data-n': n });
  const tell = async (method, path, body) => {
    try {
      redraw(await call(method, path, body));
      document.querySelector(`#${shown.view} [data-n="${n}"] button`)?.focus();
    } catch (error) {
      place.append(el('span', { class: 'note', role: 'alert' }, error.message));
    }
  };
  const path = `/api/answers/${answer.id}/objections`;
  if (finding.objection) {
    const { why } = finding.objection;
    place.append(el('span', { class: 'objection' }, why ? `You marked this as wrong: ${why}` : 'You marked this as wrong'),
      el('button', { type: 'button', class: 'wrong', 'aria-label': `Take back that this is wrong: ${what}`, onclick: () => tell('DELETE', `${path}?finding=${n}`) }, 'Take it back'));
    return place;
  }
  const ask = () => {
    const why = el('input', { type: 'text', maxlength: 500, placeholder: 'Why? (if you like)', 'aria-label': 'Why it is wrong' });
    const form = el('form', { class: 'why', autocomplete: 'off', onsubmit: event => { event.preventDefault(); tell('POST', path, { finding: n, why: why.value.trim() || null }); } },
      why, el('button', { type: 'submit' }, 'It is wrong'), el('button', { type: 'button', class: 'quiet', onclick: () => { place.replaceChildren(open); open.focus(); } }, 'Cancel'));
    form.addEventListener('keydown', event => { if (event.key === 'Escape') form.querySelector('.quiet').click(); });
    place.replaceChildren(form);
    why.focus();
  };
  const open = el('button', { type: 'button', class: 'wrong', 'aria-label': `This is wrong: ${what}`, onclick: ask }, 'Wrong?');
  place.append(open);
  return place;
}

/** What was called wrong in judgements that are gone. */
function earlierObjections(answer) {
  const gone = answer.objections.filter(objection => objection.finding === null);
  return listed('You marked as wrong earlier', gone.map(({ quote, about, why }) => [quote ? el('q', {}, quote) : about.replace(/_/g, ' '), why ? `: ${why}` : '']));
}

/** Shows an answer anew where it is shown. */
function redraw(answer) {
  if (shown.view === 'kept') drawKept(answer);
  else takeAnswer(answer);
}

/** Addresses of the recordings that were fetched, by answer. */
const recordings = new Map();

/** Plays a stretch of the recording, to its end where no end is given. */
async function play(answer, article, from, to = null) {
  let player = article.querySelector('audio');
  const place = article.querySelector('.player');
  if (!player) {
    try {
      if (!recordings.has(answer.id)) recordings.set(answer.id, URL.createObjectURL(await call('GET', `/api/answers/${answer.id}/audio`)));
    } catch (error) {
      return place.replaceChildren(el('p', { class: 'note', role: 'alert' }, error.message));
    }
    player = el('audio', { controls: true, src: recordings.get(answer.id), 'aria-label': 'Recording of the answer' });
    player.addEventListener('timeupdate', () => {
      if (player.until !== null && player.currentTime >= player.until) { player.pause(); player.until = null; }
    });
    player.addEventListener('seeking', () => { if (player.until !== null && player.currentTime > player.until) player.until = null; });
    place.replaceChildren(player);
    await new Promise(ready => { player.onloadedmetadata = ready; player.onerror = ready; });
  }
  player.until = null;
  player.currentTime = from;
  player.until = to;
  player.play().catch(error => place.append(el('p', { class: 'note', role: 'alert' }, `The recording cannot be played here: ${error.message}`)));
}

// ---------------------------------------------------------------- an excellent answer

/**
 * An excellent answer in outline, with what was covered ticked: fetched when it is opened, offered only for a kept answer and not
 * while its round goes on.
 */
function excellent(answer, article) {
  if (answer.id === null || answer.question.id === null) return null;
  const body = el('div', { 'aria-live': 'polite' });
  const load = async () => {
    if (!fold.open || body.hasChildNodes()) return;
    body.append(el('p', { class: 'soft' }, 'Looking …'));
    try {
      const outline = await call('GET', `/api/answers/${answer.id}/outline`);
      body.replaceChildren(...outlineOf(outline, evidence => quoted(evidence, answer, article), answer.id));
    } catch (error) {
      body.replaceChildren(el('p', { class: 'note', role: 'alert' }, error.message));
    }
  };
  const goesOn = live !== null && live.over === null && live.session === answer.session;
  const fold = el('details', { class: 'excellent', hidden: goesOn, ontoggle: load },
    el('summary', {}, 'An excellent answer in outline, ticked by yours'), body);
  return fold;
}

function outlineOf({ points, outline, strong_opening: opening }, quote, id) {
  const heard = points.filter(point => point.shown).length;
  const point = ({ says, shown }) => el('li', { class: shown ? 'heard' : 'missing' },
    el('span', { class: 'hush' }, shown ? 'Heard: ' : 'Not heard: '), says,
    shown && (shown.answer === id ? quote(shown.evidence) : el('p', { class: 'quote' }, el('q', {}, shown.evidence.text), el('span', { class: 'at' }, 'in a follow-up'))));
  return [
    block(`${heard} of ${plural(points.length, 'point')} of the question heard`, el('ul', { class: 'list ticked' }, points.map(point))),
    listed('What an excellent answer says', outline.map(says => [says])),
    block('How it may begin', el('p', { class: 'quote' }, el('q', {}, opening))),
  ];
}

/** What a person had opened stays open when a result is drawn anew. */
function keepOpen(old, fresh) {
  for (const name of ['.excellent', '.transcript']) {
    if (old?.querySelector(name)?.open && fresh.querySelector(name)) fresh.querySelector(name).open = true;
  }
}

// ---------------------------------------------------------------- how it was told

function delivery(answer, article) {
  const d = answer.delivery;
  const atLeast = (n, what) => (n ? `at least ${n}` : `no ${what} noticed`);
  const facts = [
    ['Length', `${plural(d.words, 'word')} in ${clock(d.turn_s)}`],
    d.articulation_wpm !== null && ['Words a minute', `${Math.round(d.articulation_wpm)} while speaking, ${Math.round(d.speech_wpm)} with pauses`],
    ['First word after', `${d.first_word_s.toFixed(1)} s`],
    ['Pauses', d.pauses ? `${d.pauses}, ${d.long_pauses || 'none'} long; longest ${d.longest_pause_s.toFixed(1)} s` : 'none'],
    ['Fillers', atLeast(d.fillers_at_least, 'fillers')],
    ['Hedges', atLeast(d.hedges, 'hedges')],
  ];
  const figures = el('dl', { class: 'delivery' }, facts.filter(Boolean).map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))));
  // How long it was silent is measured, and not to be argued with; what was heard may be.
  const moment = found => el('li', {}, found.words ? el('q', {}, found.words) : `${found.seconds.toFixed(1)} s`, ' ',
    found.kind === 'pause' ? playButton(found, answer, article) : placed(found, answer, article));
  const heard = [['pause', 'Longest pauses'], ['filler', 'Fillers'], ['hedge', 'Hedges']].map(([kind, title]) => {
    const found = d.moments.filter(found => found.kind === kind);
    return found.length > 0 && el('div', {}, el('h4', {}, title), el('ul', { class: 'moments' }, found.map(moment)));
  });
  return el('div', {}, figures, ...heard, parts(d.phases));
}

/** Shares of the time by part, as a bar and in words. */
function parts(phases) {
  if (!phases.length) return null;
  const percent = share => Math.round(share * 100);
  const piece = ({ phase, share }) => el('i', { class: phase ?? 'untold', 'data-share': percent(share) });
  const bar = el('div', { class: 'parts-bar', 'aria-hidden': 'true' }, phases.map(piece));
  for (const element of bar.children) element.style.flexGrow = element.dataset.share;
  return el('div', {}, el('h4', {}, 'Your time, as far as your words show it'), bar,
    el('ul', { class: 'parts-key' }, phases.map(({ phase, title, share }) => el('li', {}, el('i', { class: phase ?? 'untold', 'aria-hidden': 'true' }), `${title} ${percent(share)} %`))));
}

function words(answer) {
  const typed = answer.transcript.segments.every(segment => segment.start_s === null);
  const line = segment => el('li', {}, !typed && el('span', { class: 'at' }, segment.start_s === null ? '' : clock(segment.start_s)),
    el('span', {}, segment.aside ? el('span', { class: 'soft' }, `to the interviewer: “${segment.raw}”`) : segment.text || el('span', { class: 'soft' }, `not heard: ${segment.not_decoded ?? 'no words'}`),
      segment.raw && !segment.aside && el('span', { class: 'small' }, ` (recognised as “${segment.raw}”)`)));
  const details = el('details', { class: 'transcript' }, el('summary', {}, 'Your words'),
    el('ol', { class: typed ? 'spoken typed' : 'spoken' }, answer.transcript.segments.map(line)));
  if (answer.id === null || !answer.has_audio) return details;
  const listen = el('button', { type: 'button', class: 'time', onclick: event => play(answer, event.target.closest('.result'), 0) }, 'Listen to all of it');
  return el('section', {}, details, el('p', {}, listen), el('div', { class: 'player' }));
}

function small(answer) {
  const { cautions, judged_by: by, readings, spent } = answer.assessment;
  const lines = [...cautions, ...answer.notices].map(text => el('p', { class: 'note' }, rich(sentence(text))));
  if (by) lines.push(el('p', { class: 'small' }, `Checked by ${by.model} at ${by.host}; the levels are computed from its checks.`));
  if (readings?.count > 1) lines.push(el('p', { class: 'small' }, sentence(`Read ${readings.count} times, because ${readings.why.join(', and ')}`)));
  if (spent) lines.push(el('p', { class: 'small' }, `It took ${spentText(spent)}.`));
  return lines.length > 0 && el('section', {}, lines);
}
