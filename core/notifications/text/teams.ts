import { cut, type Document } from './document.ts'

const COLOURS = {
  info: 'good',
  warning: 'warning',
  error: 'attention',
  critical: 'attention',
} as const

const LIMIT = 27_000 // bytes of JSON: Teams takes about 28 KB (Microsoft, limits of webhooks)

/**
 * The body of a webhook of Teams' Workflows ("When a Teams webhook request is received"): a message with one Adaptive Card. The connectors of
 * Office 365 and their message cards are retired. Shortened until it fits.
 */
export const teamsMessage = (document: Document): Record<string, unknown> => {
  for (const items of [20, 10, 5, 2, 0]) {
    const message = messageWith(document, items)
    if (new TextEncoder().encode(JSON.stringify(message)).length <= LIMIT) return message
  }
  return messageWith({ ...document, story: [], facts: [], lists: [] }, 0)
}

const messageWith = (document: Document, most: number) => ({
  type: 'message',
  attachments: [
    {
      contentType: 'application/vnd.microsoft.card.adaptive',
      contentUrl: null,
      content: card(document, most),
    },
  ],
})

const card = (
  { subject, story, facts, lists, advice, link, severity }: Document,
  most: number,
) => ({
  $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
  type: 'AdaptiveCard',
  version: '1.4',
  msteams: { width: 'Full' },
  body: [
    {
      ...text(subject),
      size: 'Large',
      weight: 'Bolder',
      color: COLOURS[severity],
      style: 'heading',
    },
    ...story.map(text),
    ...(advice.length > 0 ? listOf('What to do', advice) : []),
    ...(facts.length > 0
      ? [
          {
            type: 'FactSet',
            facts: facts.map(({ label, value }) => ({ title: label, value: plain(value) })),
          },
        ]
      : []),
    ...lists.flatMap(({ title, items, more }) => {
      const shown = items.slice(0, most)
      const rest = more + items.length - shown.length
      return listOf(title, rest > 0 ? [...shown, `and ${rest} more`] : shown)
    }),
  ],
  ...(link ? { actions: [{ type: 'Action.OpenUrl', title: link.text, url: link.url }] } : {}),
})

const text = (content: string) => ({
  type: 'TextBlock',
  text: plain(cut(content, 2_000)),
  wrap: true,
})

const listOf = (title: string, items: readonly string[]) => [
  { ...text(title), weight: 'Bolder', spacing: 'Medium' },
  { type: 'TextBlock', text: items.map(item => `- ${plain(item)}`).join('\r'), wrap: true },
]

/** Cards read a part of Markdown: links, emphasis, lists. The words of others are to be words. */
const plain = (content: string): string => content.replace(/[\\`*_{}[\]<>#|~]/g, '\\$&')
