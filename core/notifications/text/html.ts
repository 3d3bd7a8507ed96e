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

/** Dark enough on white for the contrast that WCAG 2.2 asks of text (4.5 to 1). */
const COLOURS: Record<Severity, { colour: string; word: string }> = {
  info: { colour: '#1d6b34', word: 'Information' },
  warning: { colour: '#8a5300', word: 'Warning' },
  error: { colour: '#b3261e', word: 'Error' },
  critical: { colour: '#8c1d18', word: 'Critical' },
}

const FONT = 'font-family:-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif'

/**
 * A mail in HTML: styles at the elements (mail programs drop style sheets), nothing loaded from anywhere, readable in one column on a telephone.
 */
export const htmlText = (document: Document): string => {
  const { subject, story, facts, lists, advice, link, severity } = document
  const { colour, word } = COLOURS[severity]
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light">
<title>${escapeHtml(subject)}</title>
</head>
<body style="margin:0;padding:0;background:#f3f4f6;${FONT};color:#1f2328;font-size:15px;line-height:1.5">
<div role="article" aria-label="${escapeHtml(subject)}" style="max-width:640px;margin:0 auto;padding:16px">
<div style="background:#ffffff;border-top:4px solid ${colour};padding:20px 24px">
<p style="margin:0;color:${colour};font-size:13px;font-weight:600">${word}</p>
<h1 style="margin:4px 0 12px;font-size:20px;line-height:1.3;overflow-wrap:anywhere">${escapeHtml(subject)}</h1>
${[...story.map(paragraph), factTable(facts), ...lists.map(listOf), adviceOf(advice), linkOf(link)].filter(Boolean).join('\n')}
</div>
<p style="margin:12px 24px;color:#57606a;font-size:12px">Sent by XenKeep. Who hears of what is set in its notification rules.</p>
</div>
</body>
</html>
`
}

const paragraph = (text: string): string =>
  `<p style="margin:0 0 12px;overflow-wrap:anywhere">${escapeHtml(text)}</p>`

const factTable = (facts: Document['facts']): string => {
  if (facts.length === 0) return ''
  const rows = facts.map(
    ({ label, value }) =>
      `<tr><th scope="row" style="text-align:left;vertical-align:top;padding:4px 16px 4px 0;font-weight:600;white-space:nowrap">${escapeHtml(label)}</th><td style="vertical-align:top;padding:4px 0;overflow-wrap:anywhere">${escapeHtml(value)}</td></tr>`,
  )
  return `<table style="border-collapse:collapse;margin:0 0 12px;font-size:14px">\n${rows.join('\n')}\n</table>`
}

const heading = (text: string): string =>
  `<h2 style="margin:16px 0 4px;font-size:16px">${escapeHtml(text)}</h2>`

const bullets = (items: readonly string[]): string =>
  `<ul style="margin:0 0 12px;padding-left:20px">\n${items.map(item => `<li style="overflow-wrap:anywhere">${escapeHtml(item)}</li>`).join('\n')}\n</ul>`

const listOf = ({ title, items, more }: Document['lists'][number]): string =>
  `${heading(title)}\n${bullets([...items, ...(more > 0 ? [`and ${more} more`] : [])])}`

const adviceOf = (advice: readonly string[]): string =>
  advice.length === 0 ? '' : `${heading('What to do')}\n${bullets(advice)}`

const linkOf = (link: Document['link']): string =>
  link
    ? `<p style="margin:16px 0 0"><a href="${escapeHtml(link.url)}" style="color:#0b57d0">${escapeHtml(link.text)}</a></p>`
    : ''
