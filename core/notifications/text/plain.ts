import { cut, type Document } from './document.ts'

/** Plain text, for mails and the command line. Lines are not folded: whoever shows them does. */
export const plainText = ({ story, facts, lists, advice, link }: Document): string => {
  const width = Math.max(0, ...facts.map(({ label }) => label.length))
  const blocks = [
    story,
    facts.map(({ label, value }) => `${`${label}:`.padEnd(width + 2)}${value}`),
    ...lists.map(({ title, items, more }) => [
      `${title}:`,
      ...items.map(item => `  - ${item}`),
      ...(more > 0 ? [`  - and ${more} more`] : []),
    ]),
    advice.length > 0 ? ['What to do:', ...advice.map(line => `  - ${line}`)] : [],
    link ? [`${link.text}: ${link.url}`] : [],
  ]
  return `${blocks
    .filter(block => block.length > 0)
    .map(block => block.join('\n'))
    .join('\n\n')}\n`
}

/** In one line, for syslog: what happened and what to do. */
export const lineText = ({ subject, story, lists, advice }: Document): string =>
  [
    `${subject}.`,
    ...story,
    ...lists.flatMap(({ title, items, more }) => [
      `${title}: ${items.join('; ')}${more > 0 ? `; and ${more} more` : ''}.`,
    ]),
    ...advice,
  ].join(' ')

const SMS = 300 // characters: two parts of a text message, 153 each (GSM 03.38), or five with other letters

/** For text messages: the subject, and what to do as far as it fits. */
export const shortText = ({ subject, advice }: Document): string => {
  const text = `XenKeep: ${[`${subject}.`, ...advice.slice(0, 1)].join(' ')}`
  return text.length <= SMS ? text : cut(`XenKeep: ${subject}`, SMS)
}
