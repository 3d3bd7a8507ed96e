import { type Document, sentence } from './document.ts'

/** Plain text, for mails and the command line. Lines are not folded: whoever shows them does. */
export const plainText = ({ story, facts, lists, advice, link }: Document): string => {
  const width = Math.max(0, ...facts.map(({ label }) => label.length))
  const blocks = [
    story,
    advice.length > 0 ? ['What to do:', ...advice.map(line => `  - ${line}`)] : [],
    facts.map(({ label, value }) => `${`${label}:`.padEnd(width + 2)}${value}`),
    ...lists.map(({ title, items, more }) => [
      `${title}:`,
      ...items.map(item => `  - ${item}`),
      ...(more > 0 ? [`  - and ${more} more`] : []),
    ]),
    link ? [`${link.text}: ${link.url}`] : [],
  ]
  return `${blocks
    .filter(block => block.length > 0)
    .map(block => block.join('\n'))
    .join('\n\n')}\n`
}

/** In one line, for syslog: what happened, what to do, and of what. */
export const lineText = ({ subject, story, lists, advice }: Document): string =>
  [
    subject,
    ...story,
    ...advice,
    ...lists.map(({ title, items, more }) => {
      const all = [
        ...items.map(item => item.replace(/\.$/, '')),
        ...(more > 0 ? [`and ${more} more`] : []),
      ]
      return `${title}: ${all.join('; ')}`
    }),
  ]
    .map(sentence)
    .join(' ')
