// The script of a report. It reads the data of the page (see sklime/display/_payload.py for each
// key and position), lists the rows, shows the chosen one, and filters, sorts and searches.
// Lines that begin with two slashes, blank lines and indents are left out of reports: see asset()
// in sklime/display/_html.py. Comments must therefore have lines of their own.
// Texts of the user reach the page as text nodes and attributes only, never as markup: a name may
// hold anything. No line uses innerHTML.
(function () {
  'use strict';
  var doc = document, root = doc.documentElement;
  var $ = function (id) { return doc.getElementById(id); };
  // D: the data. X: its rows. trs: elements of rows, made when they are first shown. texts: what a
  // search looks through, likewise.
  var D = JSON.parse($('data').textContent);
  var X = D.x, body = $('tb'), card = $('card');
  var trs = Array.from(body.rows), texts = [];
  // PAGE: rows that are listed at once, since a browser is slow to lay out thousands. NEAR: pixels
  // before the end of the list at which the next page is added.
  // limit, drawn: rows that may be and that are listed. current: the row of the card. feature,
  // side: the chosen feature and the output in whose table it was chosen. output: the tab of the
  // card, or -1 for the main output of each row. shown: rows that pass the filter, in their order.
  var PAGE = 100, NEAR = 600, limit = PAGE, drawn = 0, current = -1, feature = -1, side = 0, output = -1, shown = [];
  // Positions in a row and in an output.
  var LABEL = 0, PREDICTED = 1, TRUE = 2, MAIN = 3, RESPONSES = 4, OUTPUTS = 5, EXTRA = 6, NOTES = 7;
  var MODEL = 1, FIT = 2, INTERCEPT = 3, LOCAL = 4, N_REST = 5, REST = 6, ENTRIES = 7, STEP = 3;
  // Shapley values have no surrogate, and so no fidelity.
  var IS_SHAPLEY = D.a === 'model';
  // The only number of a model may have no name of its own.
  var IS_NAMED = D.k || D.c.length > 1 || D.c[0] !== 'prediction';
  var drivers = Array.from(doc.querySelectorAll('.drivers')), picks = {};
  doc.querySelectorAll('.picks details[data-i]').forEach(function (d) { picks[d.dataset.i] = true; });

  // Make an element. Attributes are set one by one and styles by property: the content security
  // policy allows no scripts in attributes, and the browser escapes texts.
  function el(tag, attributes, children) {
    var node = doc.createElement(tag);
    for (var key in attributes || {}) {
      if (key === 'text') { node.textContent = attributes[key]; }
      else if (key === 'style') { Object.assign(node.style, attributes[key]); }
      else { node.setAttribute(key, attributes[key]); }
    }
    (children || []).forEach(function (child) {
      if (child !== null) { node.append(child); }
    });
    return node;
  }

  // Isolate a name: its direction of writing must not turn the text around it.
  function bdi(item) {
    return typeof item === 'string' ? el('bdi', {text: item}) : el('bdi', {text: item[0], title: item[1]});
  }
  function plainText(item) { return typeof item === 'string' ? item : item[0]; }

  // Write units. Digits are cut from the integer, not divided: a float would show
  // 0.30000000000000004, and the page without the script, written by Python, has these same digits.
  function number(units, signed) {
    if (units === null) { return 'not defined'; }
    var size = Math.abs(units), sign = units < 0 ? '−' : signed && units > 0 ? '+' : '';
    // Very small units read better as powers of ten, as in Python's signed_text.
    if (D.d > 6) { return sign + (size / Math.pow(10, D.d)).toExponential(2).replace('e-', 'e−'); }
    var digits = String(size).padStart(D.d + 1, '0'), whole = digits.slice(0, digits.length - D.d);
    if (whole.length > 4) { whole = whole.replace(/\B(?=(\d{3})+$)/g, ','); }
    return sign + whole + (D.d ? '.' + digits.slice(-D.d) : '');
  }

  // Below -10 how far a fit misses no longer matters, as in Python's fidelity_text.
  function hundredths(units) {
    return units === null ? 'not defined' : units < -1000 ? '<−10' : (units < 0 ? '−' : '') + (Math.abs(units) / 100).toFixed(2);
  }

  // Notes on one output, or with place -1 on all of them.
  function notes(row, place) {
    var found = [], all = row[NOTES] || [];
    for (var j = 0; j < all.length; j += 2) { if (all[j] === place) { found.push(D.t[all[j + 1]]); } }
    return found;
  }
  function word(fit, causes) {
    if (fit === null) { return bdi(['undefined'].concat(causes).join(': ')); }
    return D.g.find(function (item) { return item[0] === null || fit >= item[0]; })[1];
  }
  function predictedName(row) { return row[PREDICTED] < 0 ? 'not known' : bdi(D.c[row[PREDICTED]]); }

  // The class that an output is set against, or -1.
  function against(row, out) { return D.p[row[OUTPUTS].indexOf(out)]; }
  // Where the model named no class, it is not called wrong.
  function isWrong(row) { return row[PREDICTED] >= 0 && row[TRUE] !== row[PREDICTED]; }
  function failed(i) { return !X[i][OUTPUTS].length; }
  function main(i) { return X[i][OUTPUTS][X[i][MAIN]]; }

  // The value of a row in a column, or null. columns: the columns by the number of the feature.
  var columns = {};
  D.u.forEach(function (column) { columns[column[0]] = column; });
  function valueOf(f, i) {
    var column = columns[f], value = column ? column[2][i] : null;
    return column && column[1] && value !== null ? column[1][value] : value;
  }

  // The number that a value is shown as, or NaN: Python writes a true minus, and commas.
  function numberOf(value) {
    if (typeof value !== 'string') { return value === null ? NaN : value; }
    var text = value.trim().replace(/−/g, '-').replace(/(\d),(?=\d{3})/g, '$1');
    return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? +text : NaN;
  }

  // The weights of an output; with the index of the row also its values. Undefined ones count as 0 here: a bar of no width is drawn.
  function entries(out, i) {
    var found = [];
    for (var j = ENTRIES; j < out.length; j += STEP) {
      var rule = D.r[out[j]], shown = rule.length > 2 || i === undefined ? null : valueOf(rule[0], i);
      found.push({id: out[j], feature: rule[0], name: D.f[rule[0]], rule: rule[1], value: shown === null ? '' : shown, w: out[j + 1] || 0, half: out[j + 2] || 0, isExact: out[j + 2] === null && out[j + 1] !== null});
    }
    return found;
  }
  function percent(value, axis) { return 100 * (value - axis[0]) / (axis[1] - axis[0]) + '%'; }

  // Whether the weights of an output are exact: they have no intervals then.
  function isExact(list) { return list.length > 0 && list.every(function (e) { return e.isExact; }); }

  // A bar from zero with its interval; hollow if the interval contains zero.
  function bar(entry, axis) {
    var low = entry.w - entry.half, high = entry.w + entry.half, name = entry.w < 0 ? 'l' : 'u';
    if (!entry.isExact && low <= 0 && high >= 0) { name += ' o'; }
    // At least 0.4 % of the width: a smaller bar is invisible.
    var left = Math.min(0, entry.w), width = Math.max(Math.abs(entry.w) / (axis[1] - axis[0]) * 100, .4);
    return el('div', {'class': 'b'}, [
      el('i', {'class': 'z', style: {left: percent(0, axis)}}),
      el('i', {'class': name, style: {left: percent(left, axis), width: width + '%'}}),
      entry.isExact ? null : el('i', {'class': 'w', style: {left: percent(low, axis), width: 100 * (high - low) / (axis[1] - axis[0]) + '%'}})
    ]);
  }
  function meter(share, color) {
    var inner = {width: 100 * Math.max(0, Math.min(1, share)) + '%'};
    if (color) { inner.borderColor = color; }
    return el('div', {'class': 'meter'}, [el('div', {style: inner})]);
  }
  function tile(label, value, rest) {
    return el('div', {}, [el('div', {'class': 'm'}, label), el('div', {'class': 'v'}, [value])].concat(rest));
  }

  // What a number of an output is. The log of a ratio of probabilities is a log-odds, too.
  function unit(row, out) { return against(row, out) >= 0 && D.h !== 'log-odds' ? 'difference in ' + D.h : D.h; }

  // The likeliest classes with bars, and the truth if it is known.
  function predictionTile(row, out) {
    var rest = [], r = row[RESPONSES];
    rest.push(el('div', {'class': 'm', text: D.k ? D.h.charAt(0).toUpperCase() + D.h.slice(1) + ' of each class' : unit(row, out)}));
    for (var j = 0; j < r.length; j += 2) {
      rest.push(el('div', {'class': 'p'}, [bdi(D.c[r[j]]), D.b ? meter(r[j + 1] / 1000, r[j] === out[0] ? 'var(--pos)' : '') : el('span'), el('span', {'class': 'n', text: (r[j + 1] / 1000).toFixed(3).replace('-', '−')})]));
    }
    if (D.k && D.n > r.length / 2) { rest.push(el('div', {text: '+' + (D.n - r.length / 2) + ' more'})); }
    if (D.y && D.k) {
      rest.push(el('div', {}, [!isWrong(row) ? 'true class: ' : el('b', {'class': 'bad', text: '✗ true class: '}), bdi(D.c[row[TRUE]])]));
    } else if (D.y) { rest.push(el('div', {text: 'true value: ' + row[TRUE]})); }
    return tile(['Model predicts'], D.k ? predictedName(row) : number(out[MODEL]), rest);
  }

  // The prediction of the surrogate beside that of the model: a gap means that the weights explain
  // another number than the model gives.
  // Shapley values add up to the model: their base value stands here.
  function surrogateTile(row, out) {
    var what = IS_SHAPLEY ? 'Base value' : 'Surrogate';
    var other = against(row, out), label = IS_NAMED ? [what + ' for ', bdi(D.c[out[0]])] : [what];
    if (other >= 0) { label.push(' rather than ', bdi(D.c[other])); }
    var rest = [el('div', {text: unit(row, out) + ': ' + (IS_SHAPLEY ? 'mean answer for background rows' : 'model ' + number(out[MODEL]) + ', gap ' + number(out[LOCAL] - out[MODEL], true))})];
    if (D.k && other < 0 && row[PREDICTED] >= 0 && out[0] !== row[PREDICTED]) { rest.push(el('b', {text: 'Not the predicted class'})); }
    return tile(label, number(out[IS_SHAPLEY ? INTERCEPT : LOCAL]), rest);
  }

  // What the sides of a bar mean. Away from one of two classes is toward the other.
  function ends(out, other) {
    var low = ['◀ lowers'], high = ['raises ▶'];
    if (other < 0 && D.n === 2) { other = 1 - out[0]; }
    if (D.k && other >= 0) { low = ['◀ ', bdi(D.c[other])]; high = [bdi(D.c[out[0]]), ' ▶']; }
    else if (D.k) { low = ['◀ against']; high = ['for ▶']; }
    return el('div', {'class': 'ends'}, [el('span', {}, low), el('span', {}, high)]);
  }
  function cell(text, name) { return el('td', {'class': name || '', text: text}); }

  // All weights of one output, with the sums that lead from the base value to the surrogate.
  function table(i, row, out) {
    var list = entries(out, i), low = 0, high = 0, exact = isExact(list);
    list.forEach(function (e) { low = Math.min(low, e.w - e.half); high = Math.max(high, e.w + e.half); });
    var margin = (high - low) * .04 || 1, axis = [low - margin, high + margin];
    var head = [el('th', {scope: 'col', text: D.w !== 'row' ? D.j.charAt(0).toUpperCase() + D.j.slice(1) : IS_SHAPLEY ? 'Feature' : 'Feature and rule'}), D.v ? el('th', {scope: 'col', 'class': 'n', text: 'Value'}) : null, el('th', {scope: 'col', 'class': 'bar'}, [ends(out, against(row, out))]), el('th', {scope: 'col', 'class': 'n', text: D.q.charAt(0).toUpperCase() + D.q.slice(1)}), exact ? null : el('th', {scope: 'col', 'class': 'n h', text: '95%'})];
    var rows = list.map(function (e) {
      return el('tr', {}, [el('th', {scope: 'row'}, [bdi(e.name), ' ', el('span', {'class': 'm'}, [bdi(e.rule)])]), D.v ? el('td', {'class': String(e.value).length < 10 ? 'n' : 'v'}, [bdi(String(e.value))]) : null, el('td', {}, [bar(e, axis)]), el('td', {'class': 'n'}, [el('b', {text: number(e.w, true)})]), exact ? null : cell(e.isExact ? '' : '±' + number(e.half), 'n m h')]);
    });
    if (!list.length) { rows.push(el('tr', {}, [el('td', {colspan: D.v ? 5 : 4, text: 'no ' + D.j + ' has a weight'})])); }
    function extra(label, units) {
      rows.push(el('tr', {'class': 'm'}, [el('th', {scope: 'row', text: label}), D.v ? cell('') : null, cell(''), cell(number(units, true), 'n'), exact ? null : cell('', 'h')]));
    }
    if (out[N_REST]) { extra(out[N_REST] + ' others', out[REST]); }
    extra(D.z, out[INTERCEPT]);
    var model = IS_SHAPLEY ? '' : 'model ' + number(out[MODEL]);
    rows.push(el('tr', {'class': 's'}, [el('th', {scope: 'row', text: '= ' + D.a}), D.v ? cell('') : null, exact ? cell(model, 'm h') : cell(''), el('td', {'class': 'n'}, [el('b', {text: number(out[LOCAL])})]), exact ? null : cell(model, 'n m h')]));
    return el('table', {'class': 'w'}, [el('thead', {}, [el('tr', {}, head)]), el('tbody', {}, rows)]);
  }

  // The document with its words tinted. Weights below 0 have another color and another underline,
  // by their class.
  function documentOf(pieces, out) {
    var weights = {}, largest = 1, place = el('p', {'class': 'doc', dir: 'auto'});
    entries(out).forEach(function (e) { weights[e.id] = e.w; largest = Math.max(largest, Math.abs(e.w)); });
    for (var j = 0; j < pieces.length; j += 2) {
      var w = weights[pieces[j + 1]];
      var tint = 'rgba(' + (w > 0 ? '194,87,12,' : '47,120,196,') + (.1 + .45 * Math.abs(w) / largest).toFixed(2) + ')';
      place.append(w ? el('b', {'class': w > 0 ? 'hu' : 'hl', title: number(w, true), text: pieces[j], style: {backgroundColor: tint}}) : pieces[j]);
    }
    return place;
  }

  // The pictures of a row, as the list has them, or null.
  function thumbnails(tr) {
    var images = Array.from(tr.querySelectorAll('.th img'));
    return images.length ? el('div', {'class': 'th'}, images.map(function (image) { return image.cloneNode(); })) : null;
  }

  // Thumbnails are drawn once, for the main output: beside the weights of another one this is said.
  function tintNote(tr, row) {
    return tr.querySelector('.th') ? el('p', {'class': 'm'}, ['The tint shows the weights for ', bdi(D.o[row[MAIN]]), '.']) : null;
  }

  // One button for each output. The focus returns to the pressed button, because show() replaces
  // all.
  function tabs(i, place) {
    if (D.o.length < 2) { return null; }
    return el('div', {'class': 'tabs', role: 'group', 'aria-label': 'Explained output'}, D.o.map(function (name, k) {
      var button = el('button', {type: 'button', 'aria-pressed': String(k === place)}, [bdi(name)]);
      button.onclick = function () { output = k; show(i, false); card.querySelectorAll('.tabs button')[k].focus(); };
      return button;
    }));
  }

  // Show a row in the card. By the user: the list scrolls to the row, and the address names it, so
  // that it can be copied.
  function show(i, byUser) {
    if (i < 0 || i >= X.length) { return; }
    if (trs[current]) { trs[current].removeAttribute('aria-current'); }
    current = i;
    var tr = rowElement(i), row = X[i], noun = D.w.charAt(0).toUpperCase() + D.w.slice(1);
    tr.setAttribute('aria-current', 'true');
    var heading = el('h3', {}, [noun + ' ', bdi(row[LABEL])]);
    if (failed(i)) {
      card.replaceChildren(heading, el('p', {}, ['There is no explanation: ', bdi(row[EXTRA] || '')]));
    } else {
      if (isExact(entries(main(i)))) { heading.append(' · exact'); }
      var place = output >= 0 && D.o.length > 1 ? output : row[MAIN], out = row[OUTPUTS][place];
      var tiles = el('div', {'class': 'tiles'}, [predictionTile(row, out), surrogateTile(row, out), IS_SHAPLEY ? null : tile(['Fidelity R²'], hundredths(out[FIT]), [word(out[FIT], notes(row, place)), meter((out[FIT] || 0) / 100)])]);
      var said = (out[FIT] === null ? [] : notes(row, place)).concat(notes(row, -1));
      var parts = [heading, tiles].concat(said.map(function (text) { return el('p', {'class': 'm'}, [bdi(text)]); }), tabs(i, place), thumbnails(tr), place === row[MAIN] ? null : tintNote(tr, row), row[EXTRA] ? documentOf(row[EXTRA], out) : null, table(i, row, out));
      card.replaceChildren.apply(card, parts.filter(Boolean));
    }
    card.append(backButton(i));
    if (byUser) {
      drawUntil(shown.indexOf(i));
      // Browsers refuse this for files that are opened from a disk or in a sandbox.
      try { history.replaceState(null, '', '#r' + i); } catch (error) { /* not from a file */ }
      reveal(tr);
    }
  }

  // Scroll the list, not the page; its header stays in place.
  function isNarrow() { return matchMedia('(max-width:940px)').matches; }
  function backButton(i) {
    var button = el('button', {type: 'button', 'class': 'back', text: '↓ Back to the list'});
    button.onclick = function () { list.scrollIntoView({block: 'start'}); reveal(trs[i]); };
    return button;
  }
  function reveal(tr) {
    var box = tr.closest('.rows');
    if (!box) { return; }
    var top = tr.offsetTop, head = heads.offsetHeight;
    if (top < box.scrollTop + head) { box.scrollTop = top - head; }
    else if (top + tr.offsetHeight > box.scrollTop + box.clientHeight) { box.scrollTop = top + tr.offsetHeight - box.clientHeight; }
    tr.querySelector('a').focus({preventScroll: true});
  }

  // The begin of a document on one line, as in _snippet of sklime/display/_report.py.
  function snippet(row) {
    var text = Array.from((textOf(row) || '').trim().split(/\s+/).join(' ')), limit = 100;
    if (text.length > limit) { text = Array.from(text.slice(0, limit - 1).join('').trimEnd() + '…'); }
    return text.length ? [el('p', {'class': 'sn'}, [bdi(text.join(''))])] : [];
  }

  // The element of a row. The page has those of the first rows already; others are made when
  // needed.
  function rowElement(i) {
    if (trs[i]) { return trs[i]; }
    var row = X[i], cells = [el('th', {}, [el('a', {href: '#r' + i}, [bdi(row[LABEL])])])];
    if (failed(i)) {
      cells.push(el('td', {colspan: 3 + D.k + D.y - (IS_SHAPLEY ? 1 : 0)}, ['no explanation: ', bdi(row[EXTRA] || '')]));
    } else {
      var out = main(i), share = out[MODEL] / Math.pow(10, D.d);
      cells.push(el('td', {}, [D.b ? el('s', {style: {width: 100 * share + '%'}}) : null, number(out[MODEL])]));
      if (D.k) { cells.push(el('td', {}, [predictedName(row)])); }
      if (D.y) { cells.push(el('td', {}, [D.k && isWrong(row) ? el('b', {'class': 'bad', text: '✗ '}) : null, D.k ? bdi(D.c[row[TRUE]]) : String(row[TRUE])])); }
      if (!IS_SHAPLEY) { cells.push(cell(hundredths(out[FIT]), out[FIT] !== null && out[FIT] < D.l ? 'q' : '')); }
      cells.push(el('td', {}, snippet(row).concat(entries(out).filter(function (e) { return e.w; }).slice(0, 2).map(function (e) { return el('p', {}, [e.w > 0 ? el('b', {text: '▲'}) : el('i', {text: '▼'}), ' ', bdi(e.name), ' ' + e.rule]); }))));
    }
    trs[i] = el('tr', {id: 'r' + i}, cells);
    return trs[i];
  }

  // The text that a search looks through. It is built at the first search: most readers never
  // search, and thousands of rows take a while.
  function searchText(i) {
    if (texts[i] === undefined) {
      var row = X[i], found = [row[LABEL]];
      if (D.k && row[PREDICTED] >= 0) { found.push(D.c[row[PREDICTED]]); }
      if (D.y) { found.push(D.k ? D.c[row[TRUE]] : String(row[TRUE])); }
      X[i][OUTPUTS].forEach(function (out) {
        entries(out, i).forEach(function (e) { found.push(plainText(e.name) + ' ' + e.rule, String(e.value)); });
      });
      texts[i] = found.join('\n').toLowerCase();
    }
    return texts[i];
  }

  // What a condition may name: the columns, then what the list shows. Each maps a row to a value;
  // null if it has none.
  // A name may be written in any case if that leaves one field; null stands for several. Maps, as a
  // column may be called __proto__.
  var exact = new Map(), folded = new Map();
  function addField(name, of, isColumn) {
    var low = name.toLowerCase();
    if (!isColumn && folded.has(low)) { return; }
    [[exact, name], [folded, low]].forEach(function (item) {
      item[0].set(item[1], item[0].has(item[1]) && item[0].get(item[1]) !== of ? null : of);
    });
  }
  function isField(name) { return exact.has(name) || folded.has(name.toLowerCase()); }
  function fieldOf(name) {
    var of = exact.has(name) ? exact.get(name) : folded.get(name.toLowerCase());
    if (of === null) { misread('Several columns are called “' + name + '”.'); }
    return of;
  }
  D.u.forEach(function (column) {
    var of = function (i) { return valueOf(column[0], i); };
    [].concat(D.f[column[0]]).forEach(function (name) { addField(name, of, true); });
  });
  function ofMain(place, digits) {
    return function (i) { return failed(i) || main(i)[place] === null ? null : main(i)[place] / Math.pow(10, digits); };
  }
  if (!IS_SHAPLEY) { ['r2', 'r²', 'fidelity'].forEach(function (name) { addField(name, ofMain(FIT, 2)); }); }
  ['prediction', 'model'].forEach(function (name) { addField(name, ofMain(MODEL, D.d)); });
  addField(D.w, function (i) { return X[i][LABEL]; });
  if (D.k) { addField('predicted', function (i) { return X[i][PREDICTED] < 0 ? null : D.c[X[i][PREDICTED]]; }); }
  if (D.y) { addField('true', function (i) { return D.k ? D.c[X[i][TRUE]] : X[i][TRUE]; }); }

  var hasGroups = D.e[1].length > 0;
  function groupOf(i) { return D.e[1][D.e[2][i]]; }
  if (hasGroups) { [D.e[0], 'group'].forEach(function (name) { addField(name, groupOf); }); }

  // A condition that works here, for messages: on a column of numbers, with its middle value.
  function example() {
    var column = D.u.find(function (column) { return X.some(function (row, i) { return !isNaN(numberOf(valueOf(column[0], i))); }); });
    if (!column) { return IS_SHAPLEY ? 'prediction > 0.5' : 'R2 < 0.3'; }
    var name = plainText(D.f[column[0]]), values = X.map(function (row, i) { return numberOf(valueOf(column[0], i)); }).filter(function (value) { return !isNaN(value); });
    values.sort(function (a, b) { return a - b; });
    return (/[\s<>=!",]/.test(name) ? '"' + name + '"' : name) + ' > ' + values[values.length >> 1];
  }
  function misread(text) { throw new Error(text + ' Try: ' + example() + ', or a text in "quotes".'); }

  // Cut a query into words, quoted phrases and comparisons.
  function tokensOf(query) {
    var found = [], pattern = /\s*(?:"([^"]*)"|([<>=!]=|[<>=≤≥≠])|([^\s<>=≤≥≠"!]+|!)|(.))/g, match;
    var signs = {'≤': '<=', '≥': '>=', '≠': '!=', '==': '='};
    while ((match = pattern.exec(query)) !== null) {
      if (match[4] === '"') { misread('A closing " is missing.'); }
      if (match[1] !== undefined) { found.push({kind: 'phrase', text: match[1]}); }
      else if (match[2]) { found.push({kind: 'sign', text: signs[match[2]] || match[2]}); }
      else if (match[3]) { found.push({kind: 'word', text: match[3]}); }
    }
    return found;
  }

  // Read what stands beside a comparison: a phrase, the longest run of words that is a name, or one
  // word. Returns the text and the place after it; null where nothing stands.
  function operand(tokens, start, stop) {
    if (start >= stop) { return null; }
    if (tokens[start].kind === 'phrase') { return {text: tokens[start].text, next: start + 1}; }
    for (var end = stop; end > start + 1; end--) {
      var part = tokens.slice(start, end);
      var text = part.map(function (token) { return token.text; }).join(' ');
      if (part.every(function (token) { return token.kind === 'word'; }) && isField(text)) { return {text: text, next: end}; }
    }
    return {text: tokens[start].text.replace(/,$/, ''), next: start + 1};
  }
  var FLIPPED = {'<': '>', '>': '<', '<=': '>=', '>=': '<=', '=': '=', '!=': '!='};

  // A test of rows from two sides of a comparison, one of which names a field.
  function condition(left, sign, right) {
    var name = left, wanted = right;
    if (!isField(name)) {
      if (!isField(right)) { misread('“' + (isNaN(numberOf(left)) ? left : right) + '” is no column of this report' + (D.v || D.w !== 'row' ? '.' : ', which holds no values.')); }
      name = right; wanted = left; sign = FLIPPED[sign];
    }
    var of = fieldOf(name), number = numberOf(wanted), text = wanted.toLowerCase();
    var isEqual = sign === '=' || sign === '!=';
    if (isNaN(number) && !isEqual) { misread('“' + wanted + '” is no number.'); }
    return function (i) {
      var value = of(i), size = numberOf(value);
      if (value === null) { return false; }
      if (isEqual) { return (!isNaN(size) && !isNaN(number) ? size === number : String(value).toLowerCase() === text) === (sign === '='); }
      return sign === '<' ? size < number : sign === '>' ? size > number : sign === '<=' ? size <= number : size >= number;
    };
  }

  // A quoted phrase stands alone: "class 1" does not find class 10.
  function phraseTest(phrase) {
    phrase = phrase.toLowerCase();
    return function (i) {
      var text = searchText(i), isLetter = /[\p{L}\p{N}_]/u;
      for (var at = text.indexOf(phrase); phrase && at >= 0; at = text.indexOf(phrase, at + 1)) {
        if (!isLetter.test(text.charAt(at - 1)) && !isLetter.test(text.charAt(at + phrase.length))) { return true; }
      }
      return !phrase;
    };
  }

  // The tests that a query stands for; all must hold. Plain words are looked for as they stand.
  function testsOf(query) {
    var tokens = tokensOf(query), tests = [], words = [], at = 0;
    function endWords() {
      var text = words.join(' ').toLowerCase();
      if (text) { tests.push(function (i) { return searchText(i).indexOf(text) >= 0; }); }
      words = [];
    }
    while (at < tokens.length) {
      var sign = at, left = null;
      while (sign < tokens.length && tokens[sign].kind !== 'sign') { sign++; }
      // Words before a comparison belong to it from the first that reaches it.
      for (; sign < tokens.length && at < sign; at++) {
        left = operand(tokens, at, sign);
        if (left.next === sign) { break; }
        left = null;
        if (tokens[at].kind === 'phrase') { endWords(); tests.push(phraseTest(tokens[at].text)); } else { words.push(tokens[at].text); }
      }
      if (sign === tokens.length) {
        for (; at < sign; at++) {
          if (tokens[at].kind === 'phrase') { endWords(); tests.push(phraseTest(tokens[at].text)); } else { words.push(tokens[at].text); }
        }
        break;
      }
      if (!left) { misread('A name is missing before ' + tokens[sign].text + '.'); }
      if (/^(and|&)$/i.test(words[words.length - 1] || '')) { words.pop(); }
      endWords();
      // 1 < x <= 2 is two conditions.
      while (sign < tokens.length && tokens[sign].kind === 'sign') {
        var stop = sign + 1;
        while (stop < tokens.length && tokens[stop].kind !== 'sign') { stop++; }
        var right = operand(tokens, sign + 1, stop);
        if (!right) { misread('A value is missing after ' + tokens[sign].text + '.'); }
        tests.push(condition(left.text, tokens[sign].text, right.text));
        left = right; sign = right.next;
      }
      at = sign;
      if (at < tokens.length && /^(and|&|,)$/i.test(tokens[at].text)) { at++; }
    }
    endWords();
    return tests;
  }

  // The tests of the search field; what is not understood is said below it and finds no rows.
  function readQuery() {
    var tests = [], fault = '';
    try { tests = testsOf($('q').value); } catch (error) { fault = error.message; tests = [function () { return false; }]; }
    $('fault').textContent = fault;
    $('fault').hidden = !fault;
    $('q').setAttribute('aria-invalid', String(!!fault));
    return tests;
  }

  // The weight of the chosen feature in a row, or null if the row does not use it.
  function weightOf(i) {
    if (failed(i)) { return null; }
    var found = entries(X[i][OUTPUTS][side]).find(function (e) { return e.feature === feature; });
    return found ? found.w : null;
  }

  // What rows are sorted by. Rows without it come last; only an undefined fidelity comes first in
  // ascending order: those are the rows to look at.
  var keys = {
    label: function (i) { return X[i][LABEL]; },
    model: function (i) { return main(i)[MODEL]; },
    predicted: function (i) { return X[i][PREDICTED] < 0 ? null : D.c[X[i][PREDICTED]]; },
    'true': function (i) { return D.k ? D.c[X[i][TRUE]] : X[i][TRUE]; },
    fit: function (i) { return main(i)[FIT] === null ? -Infinity : main(i)[FIT]; },
    near: function (i) { return Math.abs(main(i)[MODEL] / Math.pow(10, D.d) - .5); },
    f: function (i) { return feature < 0 ? null : weightOf(i); }
  };
  D.u.forEach(function (column) { keys['v' + column[0]] = function (i) { return valueOf(column[0], i); }; });
  // The entries of the menu; header: the order of the last header that was pressed.
  var orders = {up: {key: 'model'}, down: {key: 'model', down: true}, fit: {key: 'fit'}, near: {key: 'near'}, f: {key: 'f', down: true}};
  var collator = new Intl.Collator('en', {numeric: true}), heads = $('heads');
  function compare(a, b) {
    var x = numberOf(a), y = numberOf(b);
    if (!isNaN(x) && !isNaN(y)) { return x < y ? -1 : x > y ? 1 : 0; }
    return isNaN(x) !== isNaN(y) ? (isNaN(x) ? 1 : -1) : collator.compare(a, b);
  }
  function sortRows(order) {
    var by = {}, turn = order.down ? -1 : 1;
    shown.forEach(function (i) { by[i] = failed(i) && order.key !== 'label' ? null : keys[order.key](i); });
    shown.sort(function (a, b) {
      if (by[a] === null || by[b] === null) { return (by[a] === null) - (by[b] === null) || a - b; }
      return turn * compare(by[a], by[b]) || a - b;
    });
  }
  function pressHead(key) {
    var order = orders[$('sort').value], again = order && order.key === key;
    orders.head = {key: key, down: again && !order.down};
    $('sort').value = 'head';
    apply();
  }
  // A header sorts by a button, so that the keyboard reaches it.
  function addSort(head) {
    var button = el('button', {type: 'button'}, Array.from(head.childNodes));
    button.onclick = function () { pressHead(head.dataset.s); };
    head.append(button);
  }
  function markHeads(order) {
    Array.from(heads.cells).forEach(function (head) {
      if (!order || head.dataset.s !== order.key) { head.removeAttribute('aria-sort'); }
      else { head.setAttribute('aria-sort', order.down ? 'descending' : 'ascending'); }
    });
  }

  // listed: features whose values the list shows. ranges: for each range its field, and its ends,
  // NaN where open.
  var listed = [], ranges = {};
  function inRanges(i) {
    return Object.keys(ranges).every(function (name) {
      var range = ranges[name], value = numberOf(range.of(i));
      return (isNaN(range.from) || value >= range.from) && (isNaN(range.to) || value <= range.to);
    });
  }
  function setRange(name, of, from, to) {
    if (isNaN(from) && isNaN(to)) { delete ranges[name]; } else { ranges[name] = {of: of, from: from, to: to}; }
    apply();
  }
  function listColumns() {
    heads.querySelectorAll('.x').forEach(function (head) { head.remove(); });
    listed.forEach(function (f) {
      var head = el('th', {scope: 'col', 'class': 'x', 'data-s': 'v' + f}, [bdi(D.f[f])]);
      addSort(head);
      heads.lastElementChild.before(head);
    });
    heads.closest('table').className = listed.length ? 'wide' : '';
    heads.closest('table').style.minWidth = listed.length ? 470 + 76 * listed.length + 'px' : '';
    apply();
  }

  // The brush on the histogram: two ends in twentieths of R², dragged over the bars or moved by the
  // sliders below. At an end the range is open, so that all R² below 0 belong to the first bar.
  function brush(low, high) {
    var ends = $('ends').querySelectorAll('input'), whole = low <= 0 && high >= 20;
    ends[0].value = low; ends[1].value = high;
    ends[0].setAttribute('aria-valuetext', 'R² from ' + low / 20);
    ends[1].setAttribute('aria-valuetext', 'R² to ' + high / 20);
    $('brush').setAttribute('d', whole ? '' : 'M' + 10 * low + ' 0H' + 10 * high + 'V41H' + 10 * low + 'z');
    $('band').textContent = whole ? 'Drag over the bars to filter.' : (low <= 0 ? '' : 'from ' + low / 20) + (high >= 20 ? '' : ' to ' + high / 20);
    // A bar holds its lower end and not its upper one, in hundredths.
    setRange('brush', ofMain(FIT, 2), low <= 0 ? NaN : low / 20, high >= 20 ? NaN : high / 20 - .005);
  }
  function startBrush() {
    var svg = $('hist'), ends = $('ends').querySelectorAll('input'), start = null;
    function place(event) {
      var box = svg.getBoundingClientRect();
      return Math.max(0, Math.min(20, (event.clientX - box.left) / box.width * 20));
    }
    function drag(event) {
      var now = place(event), low = Math.floor(Math.min(start, now)), high = Math.ceil(Math.max(start, now));
      brush(Math.min(low, 19), Math.max(high, low + 1));
    }
    svg.addEventListener('pointerdown', function (event) {
      start = place(event);
      svg.setPointerCapture(event.pointerId);
      drag(event);
    });
    svg.addEventListener('pointermove', function (event) { if (start !== null) { drag(event); } });
    ['pointerup', 'pointercancel'].forEach(function (name) { svg.addEventListener(name, function () { start = null; }); });
    svg.addEventListener('dblclick', function () { brush(0, 20); });
    // The moved end pushes the other one: at least one bar is within.
    ends[0].addEventListener('input', function () { brush(Math.min(+ends[0].value, 19), Math.max(+ends[1].value, +ends[0].value + 1)); });
    ends[1].addEventListener('input', function () { brush(Math.max(0, Math.min(+ends[0].value, +ends[1].value - 1)), Math.max(+ends[1].value, 1)); });
    $('ends').hidden = false;
    brush(0, 20);
  }

  // A line of the panel: a box that lists the column, and the ends of a range for numbers.
  function columnLine(name, of, f) {
    var label = plainText(name), ends = ['from', 'to'].map(function (end) {
      return el('input', {type: 'number', step: 'any', 'aria-label': label + ' ' + end});
    });
    ends.forEach(function (end) {
      end.addEventListener('input', function () { setRange(f === undefined ? label : 'v' + f, of, ends[0].valueAsNumber, ends[1].valueAsNumber); });
    });
    var head = [bdi(name)];
    if (f !== undefined) {
      var box = el('input', {type: 'checkbox'});
      box.onchange = function () {
        listed = listed.filter(function (other) { return other !== f; }).concat(box.checked ? [f] : []);
        listColumns();
      };
      head = [el('label', {}, [box, ' ', bdi(name)])];
    }
    var isNumber = f === undefined || X.some(function (row, i) { return !isNaN(numberOf(valueOf(f, i))); });
    return el('tr', {}, [el('th', {scope: 'row'}, head)].concat(ends.map(function (end) { return el('td', {}, [isNumber ? end : null]); })));
  }
  function fillPanel() {
    var lines = [columnLine('Prediction', ofMain(MODEL, D.d))];
    if (!IS_SHAPLEY) { lines.push(columnLine('R²', ofMain(FIT, 2))); }
    D.u.forEach(function (column) { lines.push(columnLine(D.f[column[0]], keys['v' + column[0]], column[0])); });
    $('columns').querySelector('tbody').replaceChildren.apply($('columns').querySelector('tbody'), lines);
  }

  // A cell of a file: numbers as they are, texts in quotes. A text that a spreadsheet would run as a
  // formula gets an apostrophe, as in sklime/display/_csv.py.
  function csvCell(value) {
    if (value === null || value === undefined) { return ''; }
    if (typeof value === 'number') { return String(value); }
    var text = String(value), first = text.replace(/^[\p{Z}\p{Cc}\p{Cf}]+/u, '').normalize('NFKC').charAt(0);
    if ((first && '=+-@'.indexOf(first) >= 0) || /^[\t\r\n]/.test(text)) { text = "'" + text; }
    return '"' + text.replace(/"/g, '""') + '"';
  }
  function numberOrText(value) { var size = numberOf(value); return isNaN(size) ? value : size; }
  function fullName(f) { return [].concat(D.f[f]).pop(); }

  // The shown rows in their order: what the list shows, all values, and the weights of tables.
  function csvText() {
    var names = {}, place = {}, isTable = D.w === 'row', lines;
    shown.forEach(function (i) {
      if (!failed(i) && isTable) { entries(main(i)).forEach(function (e) { names[e.feature] = true; }); }
    });
    var features = Object.keys(names).map(Number);
    var head = [D.w, 'explained', 'prediction'].concat(D.k ? ['predicted'] : [], D.y ? ['true'] : [], IS_SHAPLEY ? [] : ['R2'], hasGroups ? [D.e[0]] : []);
    head = head.concat(D.u.map(function (column) { return fullName(column[0]); }), features.map(function (f) { return D.q + ' of ' + fullName(f); }), D.j === 'word' ? ['document'] : []);
    lines = shown.map(function (i) {
      var row = X[i], out = failed(i) ? null : main(i), weights = {};
      if (out) { entries(out).forEach(function (e) { weights[e.feature] = e.w / Math.pow(10, D.d); }); }
      var cells = [row[LABEL], out && (D.k ? D.c[out[0]] : D.o[row[MAIN]]), ofMain(MODEL, D.d)(i)];
      if (D.k) { cells.push(keys.predicted(i)); }
      if (D.y) { cells.push(D.k ? keys['true'](i) : numberOrText(row[TRUE])); }
      if (!IS_SHAPLEY) { cells.push(ofMain(FIT, 2)(i)); }
      if (hasGroups) { cells.push(groupOf(i)); }
      D.u.forEach(function (column) { cells.push(numberOrText(valueOf(column[0], i))); });
      features.forEach(function (f) { cells.push(weights[f]); });
      if (D.j === 'word') { cells.push(textOf(row)); }
      return cells;
    });
    return [head].concat(lines).map(function (cells) { return cells.map(csvCell).join(','); }).join('\r\n') + '\r\n';
  }
  // The text of a document, or null.
  function textOf(row) {
    return Array.isArray(row[EXTRA]) ? row[EXTRA].filter(function (part, j) { return j % 2 === 0; }).join('') : null;
  }
  // The mark at the begin tells spreadsheets that the file is UTF-8.
  function saveCsv() {
    var link = el('a', {download: D.w + 's.csv', href: URL.createObjectURL(new Blob(['\ufeff' + csvText()], {type: 'text/csv'}))});
    link.click();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 1000);
  }

  // Whether a row passes the search, the chosen feature and the menu.
  function isShown(i, tests, kind) {
    var row = X[i];
    if (!inRanges(i)) { return false; }
    if (!tests.every(function (test) { return test(i); })) { return false; }
    if (feature >= 0 && weightOf(i) === null) { return false; }
    if (kind === '') { return true; }
    if (kind === 'wrong') { return isWrong(row); }
    if (kind === 'low') { return !failed(i) && main(i)[FIT] !== null && main(i)[FIT] < D.l; }
    if (kind === 'picks') { return picks[i] === true; }
    if (kind.charAt(0) === 'g') { return D.e[2][i] === +kind.slice(1); }
    // The other entries of the menu are "c" and the index of a class.
    return row[PREDICTED] === +kind.slice(1);
  }

  // Filter and sort; the index breaks ties, so that equal rows keep their order.
  function apply() {
    limit = PAGE;
    doc.querySelectorAll('[data-g]').forEach(function (button) {
      button.setAttribute('aria-pressed', String($('show').value === 'g' + button.dataset.g));
    });
    var tests = readQuery(), kind = $('show').value, order = orders[$('sort').value];
    shown = [];
    for (var i = 0; i < X.length; i++) { if (isShown(i, tests, kind)) { shown.push(i); } }
    if (order) { sortRows(order); }
    markHeads(order);
    draw();
  }

  // List the first page. At the start the list that came with the page is kept: redrawing it would
  // make the page jump.
  function draw() {
    var unchanged = shown.length === X.length && limit >= X.length && drawn === 0 && body.rows.length === X.length && !listed.length && !$('sort').value;
    if (!unchanged) { body.replaceChildren(); }
    drawn = unchanged ? X.length : 0;
    limit = Math.max(PAGE, Math.min(limit, shown.length));
    append();
    $('count').textContent = shown.length.toLocaleString('en') + ' of ' + X.length.toLocaleString('en') + ' ' + D.w + 's';
  }
  function forSide() { return D.o.length > 1 ? [' for ', bdi(D.o[side])] : []; }

  // A row with the weight of the chosen feature on top of its reasons.
  function withWeight(i) {
    var tr = rowElement(i), old = tr.querySelector('.chosen');
    if (old) { old.remove(); }
    tr.querySelectorAll('.x').forEach(function (cell) { cell.remove(); });
    if (failed(i)) { tr.lastElementChild.colSpan = heads.cells.length - 1; }
    else {
      listed.forEach(function (f) {
        var value = valueOf(f, i);
        tr.lastElementChild.before(el('td', {'class': 'x', 'data-n': plainText(D.f[f])}, [bdi(value === null ? '' : String(value).replace(/^-/, '−'))]));
      });
    }
    if (feature >= 0) { tr.lastElementChild.prepend(el('p', {'class': 'chosen'}, [bdi(D.f[feature]), ' ' + number(weightOf(i), true)].concat(forSide()))); }
    return tr;
  }
  function append() {
    var fragment = doc.createDocumentFragment();
    for (; drawn < Math.min(limit, shown.length); drawn++) { fragment.append(withWeight(shown[drawn])); }
    body.append(fragment);
    $('more').hidden = shown.length <= limit;
  }

  // List whole pages up to a row.
  function drawUntil(place) {
    if (place >= limit) { limit = PAGE * Math.ceil((place + 1) / PAGE); append(); }
  }

  // The output in whose table of features a button stands.
  function sideOf(button) { return drivers.indexOf(button.closest('.drivers')); }

  // Choose a feature, or drop the choice if it was chosen already.
  function choose(f, place) {
    feature = feature === f && side === place ? -1 : f;
    side = place;
    doc.querySelectorAll('.drivers button').forEach(function (button) {
      var on = +button.dataset.f === feature && sideOf(button) === side;
      button.closest('tr').className = on ? 'on' : '';
      button.setAttribute('aria-pressed', String(on));
    });
    $('chosen').replaceChildren();
    if (feature >= 0) {
      var clear = el('button', {type: 'button'}, ['uses ', bdi(D.f[feature])].concat(forSide(), ' ✕'));
      clear.onclick = function () { choose(feature, side); };
      $('chosen').append(clear);
      $('sort').value = 'f';
      output = side;
      show(current, false);
    } else if ($('sort').value === 'f') { $('sort').value = ''; }
    apply();
  }

  // The row that an address names, or -1.
  function placeOf(hash) {
    var match = /^#r(\d+)$/.exec(hash);
    return match && +match[1] < X.length ? +match[1] : -1;
  }

  // One listener for the whole list: rows come and go.
  body.addEventListener('click', function (event) {
    var tr = event.target.closest('tr');
    if (!tr) { return; }
    event.preventDefault();
    show(+tr.id.slice(1), true);
    // Where the card stands above the list, a tap leads to it, and a button back.
    if (isNarrow()) { card.scrollIntoView({block: 'start'}); }
  });
  doc.addEventListener('click', function (event) {
    var button = event.target.closest('.drivers button');
    var group = event.target.closest('[data-g]');
    if (group) {
      var kind = 'g' + group.dataset.g;
      $('show').value = $('show').value === kind ? '' : kind;
      apply();
    }
    if (button) { choose(+button.dataset.f, sideOf(button)); }
  });
  ['q', 'show', 'sort'].forEach(function (id) { $(id).addEventListener('input', apply); });
  $('csv').onclick = saveCsv;
  heads.querySelectorAll('[data-s]').forEach(addSort);
  fillPanel();
  if (!IS_SHAPLEY) { startBrush(); }
  $('more').firstChild.onclick = function () { drawUntil(limit); };

  var list = body.closest('.rows');
  list.addEventListener('scroll', function () {
    if (limit < shown.length && list.scrollTop + list.clientHeight > list.scrollHeight - NEAR) { drawUntil(limit); }
  });

  // Keys work while nobody types into a field. Arrows move through the list only from the list or
  // from the page itself: elsewhere they scroll.
  doc.addEventListener('keydown', function (event) {
    var tag = event.target.tagName, inField = tag === 'INPUT' || tag === 'SELECT';
    if (event.key === '/' && !inField) { event.preventDefault(); $('q').focus(); }
    else if (event.key === 'Escape') {
      $('q').value = ''; $('show').value = ''; $('sort').value = '';
      ranges = {};
      fillPanel();
      if (!IS_SHAPLEY) { brush(0, 20); }
      if (feature >= 0) { choose(feature, side); } else { apply(); }
    } else if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && !inField) {
      if (tag !== 'BODY' && !event.target.closest('.list')) { return; }
      var next = shown.indexOf(current) + (event.key === 'ArrowDown' ? 1 : -1);
      if (next >= 0 && next < shown.length) { event.preventDefault(); show(shown[next], true); }
    }
  });

  // The first press turns what the system prefers around.
  $('theme').onclick = function () {
    var dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    root.dataset.theme = dark ? 'light' : 'dark';
  };

  // On paper nobody can unfold a row.
  addEventListener('beforeprint', function () {
    doc.querySelectorAll('.picks details').forEach(function (d) { d.open = true; });
  });
  addEventListener('hashchange', function () { show(placeOf(location.hash), true); });

  // Controls are hidden until here: without the script they would do nothing.
  ['bar', 'theme', 'card', 'keys', 'columns'].forEach(function (id) { $(id).hidden = false; });
  apply();

  // The row of the address has the focus; without one the first row is shown and the page stays in
  // place.
  var first = placeOf(location.hash);
  if (X.length) { if (first >= 0) { show(first, true); } else { show(0, false); } }
})();
