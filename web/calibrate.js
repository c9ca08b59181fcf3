// Measuring how far the levels of the endpoint can be trusted: what it would take, the run, the grade. `viva calibrate` in a browser.
'use strict';

/** The run that this page follows: a number that a later look makes old. */
let watching = 0;

/** Shows what is known of the endpoint in use, and follows a run. */
async function refreshTrust() {
  const mine = ++watching;
  const state = await call('GET', '/api/calibration').catch(() => null);
  if (mine !== watching || !state) return;
  const quick = state.state === 'running' ? null : await call('GET', '/api/calibration?quick=true').catch(() => null);
  if (mine !== watching) return;
  drawTrust(state, quick);
  if (state.state === 'running') follow(mine);
}

async function follow(mine) {
  while (mine === watching && token && shown.view === 'home') {
    const state = await call('GET', '/api/calibration?wait_s=5').catch(() => null);
    if (mine !== watching) return;
    if (state?.state !== 'running') return refreshTrust();
    const bar = $('trust').querySelector('progress');
    if (!bar) return refreshTrust();
    bar.max = Math.max(state.total, 1);
    bar.value = state.done;
    $('trust-count').textContent = progressText(state);
  }
}

const progressText = ({ done, total }) => `${done} of ${total} judged`;

const roughly = n => grouped(n < 10000 ? n : Math.round(n / 1000) * 1000);

/** What a run takes, in a sentence. */
function takes({ judgements, prompt_tokens: sent, completion_tokens: back, host, cost }) {
  const tokens = `about ${roughly(sent)} tokens to ${host} and ${roughly(back)} back`;
  return `${plural(judgements, 'judgement')}, ${tokens}${cost === null ? '' : `, about ${money(cost)} at your prices`}`;
}

function drawTrust(state, quick) {
  const panel = $('trust');
  const { card, estimate } = state;
  panel.hidden = state.state === 'unavailable' && !card;
  if (panel.hidden) return;
  const parts = [];
  if (card) {
    parts.push(el('p', { class: card.trust.grade === 'good' ? '' : 'note' }, rich(sentence(card.trust.line))),
      el('p', { class: 'soft' }, `Measured ${day(card.made_at)} on ${plural(card.answers, 'rated answer')}${card.synthetic ? ', all synthetic' : ''}.`),
      measures(card));
  } else if (state.state !== 'running') {
    parts.push(el('p', {}, 'Nobody has measured yet how far the levels of this model can be trusted.'));
  }
  if (state.state === 'running') {
    parts.push(el('p', { id: 'trust-count', role: 'status' }, progressText(state)),
      el('progress', { max: Math.max(state.total, 1), value: state.done, 'aria-label': 'Answers judged' }),
      el('p', { class: 'soft' }, 'It goes on when you leave this page.'),
      el('p', {}, el('button', { type: 'button', onclick: () => change('DELETE') }, 'Stop; what was judged is kept')));
  } else if (estimate) {
    if (state.state === 'failed' && state.why) parts.push(el('p', { class: 'note', role: 'alert' }, rich(sentence(state.why))));
    const kept = state.done > 0 && estimate.judgements > 0 ? `; ${plural(state.done, 'judgement')} of it ${state.done === 1 ? 'is' : 'are'} kept` : '';
    const offer = (words, estimate, wanted, kept) => estimate.judgements > 0 && el('div', { class: 'offer' },
      el('button', { type: 'button', onclick: () => change('POST', wanted) }, words), el('p', { class: 'soft' }, `${takes(estimate)}${kept}.`));
    parts.push(quick?.estimate && !card && offer('A first impression', quick.estimate, { quick: true }, ''),
      offer(state.done ? 'Go on with the whole set' : 'Measure with the whole set', estimate, { quick: false }, kept));
  }
  parts.push(el('p', { id: 'trust-error', class: 'note', role: 'alert', hidden: true }));
  $('trust-body').replaceChildren(...parts.filter(Boolean));
}

/** The measures of a report card, folded away. */
function measures({ groups }) {
  const figure = ({ value, low, high, count }) => (value === null ? 'not measured'
    : `${value.toFixed(2)}${low === null ? '' : ` (${low.toFixed(2)} to ${high.toFixed(2)})`}, n = ${count}`);
  const row = measure => el('li', { class: measure.meets_bar === false ? 'lacks' : '' }, el('span', { class: 'mark', 'aria-hidden': 'true' }, measure.meets_bar === false ? '!' : measure.meets_bar ? '✓' : '·'),
    el('span', {}, measure.title, measure.meets_bar === false && el('span', { class: 'hush' }, ', short of what is asked'),
      el('span', { class: 'detail' }, figure(measure), measure.bar && `; asked: ${measure.bar}`)));
  return el('details', {}, el('summary', {}, 'The report card'),
    groups.map(group => [el('h3', {}, group.title), el('ul', { class: 'parts' }, group.measures.map(row))]).flat());
}

async function change(method, wanted) {
  say($('trust-error'), '');
  const buttons = $('trust').querySelectorAll('button');
  const pressed = document.activeElement;
  if (pressed?.matches('#trust button')) pressed.setAttribute('aria-busy', 'true');
  for (const button of buttons) button.disabled = true; // it takes a moment
  try {
    await call(method, '/api/calibration', wanted && { ...wanted, afresh: false });
    await refreshTrust();
    $('trust').querySelector('button')?.focus();
  } catch (error) {
    say($('trust-error'), error.message);
    for (const button of buttons) button.disabled = false;
    pressed?.removeAttribute('aria-busy');
  }
}
