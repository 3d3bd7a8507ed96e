import { cut, type Document } from './document.ts'

/** Slack's own marks: these three begin links and mentions (`<!channel>`), in every text. */
const escaped = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')

/** Characters that a section takes; 50 blocks and 150 characters of a header are the other limits (api.slack.com, Block Kit). */
const SECTION = 2_900

const section = (text: string) => ({
  type: 'section',
  text: { type: 'mrkdwn', text: cut(text, SECTION), verbatim: true },
})

const MARKS = { info: '🟢', warning: '🟠', error: '🔴', critical: '🚨' } as const

/** The body of an incoming webhook of Slack. Text of others is plain: no link, no mention and no mark comes of it. */
export const slackMessage = (document: Document): Record<string, unknown> => {
  const { subject, story, facts, lists, advice, link, severity } = document
  const lines = (title: string, items: readonly string[]) =>
    section(`*${title}*\n${items.map(item => `• ${plain(item)}`).join('\n')}`)
  return {
    // What a notification and a screen reader have.
    text: escaped(`${MARKS[severity]} ${subject}`),
    blocks: [
      {
        type: 'header',
        text: { type: 'plain_text', text: cut(`${MARKS[severity]} ${subject}`, 150), emoji: true },
      },
      ...(story.length > 0 ? [section(story.map(plain).join('\n'))] : []),
      ...(advice.length > 0 ? [lines('What to do', advice)] : []),
      ...(facts.length > 0
        ? [section(facts.map(({ label, value }) => `*${label}:* ${plain(value)}`).join('\n'))]
        : []),
      ...lists.map(({ title, items, more }) =>
        lines(title, more > 0 ? [...items, `and ${more} more`] : items),
      ),
      ...(link ? [section(`<${escaped(link.url)}|${escaped(link.text)}>`)] : []),
    ],
  }
}

/** A zero-width space behind each sign that would be markup keeps the words as they are. */
const plain = (text: string): string => escaped(text).replace(/[*_~`]/g, '$&\u200b')
