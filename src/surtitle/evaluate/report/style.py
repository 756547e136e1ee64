"""The report's look: one style sheet, light and dark, for desktop, phone and paper."""

__all__ = ["STYLE"]

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #fbfaf7; --card: #ffffff; --ink: #1c2328; --muted: #56616a; --line: #dcdcd5; --soft: #efeee9;
  --accent: #0b5c7d; --accent-soft: #cfe3ec; --accent-mid: #6aa5bf; --warn: #8a4b08; --warn-soft: #fdf0dc;
  --c1: #0b5c7d; --c2: #b3540a; --c3: #2c7a4b; --c4: #8a3f8f; --c5: #7a6400; --c6: #56616a;
  --serif: "Iowan Old Style", "Charter", "Bitstream Charter", Georgia, "Times New Roman", serif;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Arial, sans-serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #12171b; --card: #1a2025; --ink: #e8eaec; --muted: #a3aeb6; --line: #333c43; --soft: #232a30;
    --accent: #6cc0dd; --accent-soft: #1d3d4b; --accent-mid: #3d84a0; --warn: #f3b667; --warn-soft: #33280f;
    --c1: #6cc0dd; --c2: #f0a058; --c3: #74c794; --c4: #d294d6; --c5: #d6c25a; --c6: #a3aeb6;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 var(--sans);
  overflow-wrap: break-word; }
main, header, footer, nav { max-width: 1080px; margin-inline: auto; padding-inline: clamp(16px, 4vw, 32px); }
header { padding-top: clamp(28px, 6vw, 64px); }
.eyebrow { color: var(--accent); font-size: .8rem; font-weight: 600; letter-spacing: .12em; text-transform: uppercase;
  margin: 0 0 .5rem; }
h1 { font: 400 clamp(1.1rem, 2.4vw, 1.35rem)/1.3 var(--sans); color: var(--muted); margin: 0 0 1.1rem; }
h1 b { color: var(--ink); font-weight: 650; }
h2 { font: 600 1.45rem/1.25 var(--serif); margin: 0 0 .4rem; letter-spacing: -.005em; }
h3 { font: 600 1rem/1.35 var(--sans); margin: 0 0 .6rem; }
p { margin: 0 0 .8rem; max-width: 68ch; }
.verdict { font: 400 clamp(1.45rem, 3.9vw, 2.3rem)/1.28 var(--serif); letter-spacing: -.01em; max-width: 32em;
  margin: 0 0 1.1rem; text-wrap: pretty; }
.verdict b { font-weight: 600; color: var(--accent); }
.lead { color: var(--muted); }
.small, small { font-size: .86rem; color: var(--muted); }
.banner { background: var(--warn-soft); border-left: 4px solid var(--warn); padding: .8rem 1rem; margin: 0 0 1.4rem;
  border-radius: 0 8px 8px 0; }
.banner b { color: var(--warn); }
.facts { display: flex; flex-wrap: wrap; gap: .5rem 2rem; margin: 0 0 1.4rem; }
@media (max-width: 520px) { .facts { display: grid; grid-template-columns: 1fr 1fr; gap: .5rem 1rem; } }
.facts div { min-width: 0; }
.facts dt { color: var(--muted); font-size: .8rem; }
.facts dd { margin: 0; font-weight: 600; }
nav { border-block: 1px solid var(--line); padding-block: .6rem; display: flex; flex-wrap: wrap; gap: .2rem 1.1rem;
  font-size: .9rem; max-width: calc(1080px - 2 * clamp(16px, 4vw, 32px)); padding-inline: 0; }
@media (max-width: 1080px) { nav { margin-inline: clamp(16px, 4vw, 32px); } }
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; }
a:focus-visible, summary:focus-visible, .scroll:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px;
  border-radius: 3px; }
section { padding-top: clamp(36px, 5vw, 60px); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1.1rem 1.2rem;
  min-width: 0; }
.card + .card, .stack > * + * { margin-top: 1rem; }
.grid { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); }
.grid > .card + .card { margin-top: 0; }
.metrics { display: grid; gap: .8rem; grid-template-columns: repeat(3, 1fr); }
@media (max-width: 860px) { .metrics { grid-template-columns: repeat(2, 1fr); } }
@media (max-width: 520px) { .metrics { grid-template-columns: 1fr; } }
.metrics > .card + .card { margin-top: 0; }
.metric .name { font-weight: 600; display: flex; justify-content: space-between; gap: .5rem; align-items: baseline; }
.metric .name small { font-weight: 400; white-space: nowrap; }
.metric .value { font: 500 2rem/1.2 var(--serif); font-variant-numeric: lining-nums tabular-nums; }
.metric .value small { font: .9rem var(--sans); white-space: nowrap; }
.metric p { margin: .35rem 0 0; font-size: .86rem; color: var(--muted); line-height: 1.4; }
.ends { display: flex; justify-content: space-between; gap: 1rem; font-size: .76rem; color: var(--muted); }
figure { margin: 0; }
figcaption { font-size: .86rem; color: var(--muted); margin-top: .5rem; line-height: 1.45; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
svg.chart { max-width: 560px; margin-inline: auto; }
svg.strip { height: 16px; }
svg text { font-family: var(--sans); font-size: 12px; fill: var(--muted); }
svg text.strong { fill: var(--ink); font-weight: 600; }
svg text.halo { paint-order: stroke; stroke: var(--card); stroke-width: 4px; stroke-linejoin: round; }
.axis { stroke: var(--line); stroke-width: 1; }
.guide { stroke: var(--muted); stroke-width: 1; stroke-dasharray: 3 4; fill: none; }
.curve { fill: none; stroke-width: 2.2; stroke-linejoin: round; stroke-linecap: round; }
.area { fill: var(--accent-soft); opacity: .55; }
.bar { fill: var(--accent-mid); } .bar.positive { fill: var(--accent); }
.whisker { stroke: var(--accent-mid); stroke-width: 3; stroke-linecap: round; }
.dot { fill: var(--accent); stroke: var(--card); stroke-width: 1.5; }
.dot.bad { fill: var(--warn); }
.track { stroke: var(--line); stroke-width: 2; stroke-linecap: round; }
.weak .whisker { stroke: var(--muted); opacity: .45; } .weak .dot { fill: var(--muted); }
.s1 { stroke: var(--c1); } .s2 { stroke: var(--c2); stroke-dasharray: 7 4; } .s3 { stroke: var(--c3);
  stroke-dasharray: 2 4; }
.s4 { stroke: var(--c4); stroke-dasharray: 10 3 2 3; } .s5 { stroke: var(--c5); stroke-dasharray: 4 3; }
.s6 { stroke: var(--c6); stroke-dasharray: 1 3; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; margin: .6rem 0 0; padding: 0;
  font-size: .86rem; }
.legend svg { display: inline-block; width: 28px; height: 8px; vertical-align: middle; margin-right: .4rem; }
.scroll { overflow-x: auto; max-width: 100%; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 600; color: var(--muted); font-size: .8rem; vertical-align: bottom; }
th, td { padding: .42rem .7rem .42rem 0; border-bottom: 1px solid var(--line); }
tbody tr:last-child > * { border-bottom: 0; }
td.number, th.number { text-align: right; white-space: nowrap; }
tbody th { color: var(--ink); font-size: .92rem; font-weight: 500; vertical-align: middle; }
td small, th small { display: block; font-weight: 400; } th small { white-space: normal; }
tbody th { min-width: 6.5rem; overflow-wrap: anywhere; }
td.plot { min-width: 130px; width: 34%; } .plot { padding-left: .9rem; }
h3.gap { margin-top: 1.6rem; }
th.plot .ends { font-weight: 400; }
.first th, .first td { font-weight: 650; }
.matrix { margin-bottom: .6rem; }
.matrix td { text-align: center; padding: .7rem 1rem; border: 3px solid var(--card); border-radius: 10px;
  background: color-mix(in srgb, var(--accent) calc(var(--share) * 42%), var(--soft)); min-width: 86px; }
.matrix td b { display: block; font: 500 1.25rem/1.2 var(--serif); }
.matrix td.right { outline: 2px solid var(--accent-mid); outline-offset: -4px; }
.matrix th { padding-right: .9rem; border: 0; }
.matrix thead th { text-align: center; }
.split { display: flex; border-radius: 8px; overflow: hidden; min-height: 34px; gap: 2px; margin: .2rem 0 .3rem; }
.split span { flex: 1 1 0; min-width: 3px; }
.allow { background: var(--accent-soft); } .review { background: var(--accent-mid);
  } .remove { background: var(--accent); }
.key { display: inline-block; width: .8em; height: .8em; border-radius: 3px; margin-right: .4em;
  vertical-align: -.05em; }
.actions { display: grid; grid-template-columns: repeat(3, 1fr); gap: .6rem; margin: 0 0 1rem; padding: 0;
  list-style: none; }
.actions b { display: block; font: 500 1.6rem/1.2 var(--serif); }
.terms { display: grid; grid-template-columns: minmax(0, max-content) minmax(60px, 1fr) auto; gap: .18rem .7rem;
  align-items: center; font-size: .9rem; margin: 0; }
.terms code { overflow-wrap: anywhere; white-space: pre-wrap; }
.terms i { display: block; height: 10px; border-radius: 3px; background: var(--accent-mid); }
.terms i.mine { background: var(--accent); }
.terms small { text-align: right; font-variant-numeric: tabular-nums; }
code, pre { font-family: var(--mono); font-size: .86em; }
pre { margin: .8rem 0 0; padding: .9rem 1rem; background: var(--soft); border-radius: 8px; overflow-x: auto;
  line-height: 1.5; }
details { border: 1px solid var(--line); border-radius: 12px; background: var(--card); }
details + details { margin-top: .7rem; }
summary { cursor: pointer; padding: .75rem 1.1rem; font-weight: 600; }
summary small { font-weight: 400; }
details > div { padding: .2rem 1.1rem 1.1rem; }
.texts { list-style: none; margin: 0; padding: 0; }
.texts li { padding: .7rem 0; border-top: 1px solid var(--line); display: grid;
  grid-template-columns: 4.2rem minmax(0, 1fr);
  gap: .2rem .8rem; }
.texts b { font: 500 1.15rem/1.4 var(--serif); color: var(--accent); font-variant-numeric: tabular-nums; }
.texts p { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.texts small { grid-column: 2; overflow-wrap: anywhere; }
.findings { list-style: none; padding: 0; margin: 0; }
.findings li { padding: .6rem 0; border-bottom: 1px solid var(--line); max-width: 80ch; }
.findings li:last-child { border: 0; }
.badge { display: inline-block; font-size: .74rem; font-weight: 600; border-radius: 99px; padding: .05rem .6rem;
  background: var(--soft); color: var(--muted); margin-right: .5rem; }
.badge.warning, .badge.error { background: var(--warn-soft); color: var(--warn); }
.note { color: var(--warn); }
dl.pairs { display: grid; grid-template-columns: minmax(7rem, max-content) minmax(0, 1fr); gap: .3rem 1.2rem;
  margin: 0; }
dl.pairs dt { color: var(--muted); } dl.pairs dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 520px) { dl.glossary { grid-template-columns: 1fr; gap: 0;
  } dl.glossary dd { margin-bottom: .7rem; } }
dl.glossary dt { color: var(--ink); font-weight: 600; }
footer p { border-top: 1px solid var(--line); padding-block: 1.6rem 2.5rem; margin: 3.5rem 0 0; max-width: none;
  color: var(--muted); font-size: .86rem; }
@media (max-width: 520px) { .card { padding: .9rem; } th, td { padding-right: .5rem; } td.plot { min-width: 104px; } }
@media print {
  :root { --paper: #fff; --card: #fff; --ink: #000; --muted: #444; --line: #ccc; --soft: #f2f2f2; --accent: #0b5c7d;
    --accent-soft: #cfe3ec; --accent-mid: #6aa5bf; --warn: #8a4b08; --warn-soft: #fdf0dc; --c1: #0b5c7d;
  --c2: #b3540a;
    --c3: #2c7a4b; --c4: #8a3f8f; --c5: #7a6400; --c6: #56616a; }
  body { font-size: 11pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  nav { display: none; }
  .card, figure, tr, li, details { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
}
"""
