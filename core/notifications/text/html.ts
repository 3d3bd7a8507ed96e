import type { Severity } from '../../contracts/notifications.ts'
import type { Document } from './document.ts'

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, character => ENTITIES[character] ?? character)

/** Of text, on white and on dark grey: the contrast that WCAG 2.2 asks for (4.5 to 1). */
const COLOURS: Record<Severity, { light: string; dark: string; word: string }> = {
  info: { light: '#1d6b34', dark: '#7ee2a0', word: 'Information' },
  warning: { light: '#8a5300', dark: '#f5c26b', word: 'Warning' },
  error: { light: '#b3261e', dark: '#ffb4ab', word: 'Error' },
  critical: { light: '#8c1d18', dark: '#ffb4ab', word: 'Critical' },
}

const FONT = 'font-family:-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif'

/** Programs that read style sheets follow the reader's choice of dark, and put the names of facts above them on a telephone; for all others the styles at the elements do. */
const styleSheet = (dark: string): string => `<style>
:root{color-scheme:light dark}
@media (prefers-color-scheme:dark){
.page{background:#16181c!important;color:#e6e8eb!important}
.card{background:#23262b!important;border-color:${dark}!important}
.severity{color:${dark}!important}
.small{color:#a9b1ba!important}
a{color:#8ab4f8!important}
}
@media (max-width:480px){
.page>div{padding:0!important}
.card{padding:16px!important}
.facts th,.facts td{display:block!important;width:auto!important;padding:0!important}
.facts td{padding-bottom:8px!important}
}
</style>`

/**
 * A mail in HTML: styles at the elements (many mail programs drop style sheets), nothing loaded from anywhere, readable in one column on a telephone. What to do
 * comes before what may be long.
 */
export const htmlText = (document: Document): string => {
  const { subject, story, facts, lists, advice, link, severity } = document
  const { light, dark, word } = COLOURS[severity]
  const parts = [
    ...story.map(paragraph),
    adviceOf(advice),
    factTable(facts),
    ...lists.map(listOf),
    linkOf(link),
  ]
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${escapeHtml(subject)}</title>
${styleSheet(dark)}
</head>
<body class="page" style="margin:0;padding:0;background:#f3f4f6;${FONT};color:#1f2328;font-size:15px;line-height:1.5">
<div role="article" aria-label="${escapeHtml(subject)}" style="max-width:640px;margin:0 auto;padding:16px">
<div class="card" style="background:#ffffff;border-top:4px solid ${light};padding:20px 24px">
<p class="severity" style="margin:0;color:${light};font-size:13px;font-weight:600">${word}</p>
<h1 style="margin:4px 0 12px;font-size:20px;line-height:1.3;${BREAK}">${escapeHtml(subject)}</h1>
${parts.filter(Boolean).join('\n')}
</div>
<p class="small" style="margin:12px 24px;color:#57606a;font-size:12px">Sent by XenKeep. Who hears of what is set in its notification rules.</p>
</div>
</body>
</html>
`
}

/** Names without a space are broken; the second is for programs that do not know the first. */
const BREAK = 'overflow-wrap:anywhere;word-break:break-word'

const paragraph = (text: string): string =>
  `<p style="margin:0 0 12px;${BREAK}">${escapeHtml(text)}</p>`

const factTable = (facts: Document['facts']): string => {
  if (facts.length === 0) return ''
  const rows = facts.map(
    ({ label, value }) =>
      `<tr><th scope="row" style="text-align:left;vertical-align:top;width:28%;padding:4px 16px 4px 0;font-weight:600">${escapeHtml(label)}</th><td style="vertical-align:top;padding:4px 0;${BREAK}">${escapeHtml(value)}</td></tr>`,
  )
  return `<table class="facts" style="width:100%;border-collapse:collapse;margin:0 0 12px;font-size:14px">\n${rows.join('\n')}\n</table>`
}

const heading = (text: string): string =>
  `<h2 style="margin:16px 0 4px;font-size:16px">${escapeHtml(text)}</h2>`

const bullets = (items: readonly string[]): string =>
  `<ul style="margin:0 0 12px;padding-left:20px">\n${items.map(item => `<li style="margin:0 0 4px;${BREAK}">${escapeHtml(item)}</li>`).join('\n')}\n</ul>`

const listOf = ({ title, items, more }: Document['lists'][number]): string =>
  `${heading(title)}\n${bullets([...items, ...(more > 0 ? [`and ${more} more`] : [])])}`

const adviceOf = (advice: readonly string[]): string =>
  advice.length === 0 ? '' : `${heading('What to do')}\n${bullets(advice)}`

const linkOf = (link: Document['link']): string =>
  link
    ? `<p style="margin:16px 0 0"><a href="${escapeHtml(link.url)}" style="color:#0b57d0">${escapeHtml(link.text)}</a></p>`
    : ''
