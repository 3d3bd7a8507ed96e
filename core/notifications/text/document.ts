import type { NotificationSettings } from '../../contracts/channels-api.ts'
import type { Severity } from '../../contracts/notifications.ts'
import { countText } from '../../count-text.ts'

/** What a message says, before it has a form: each form (mail, card, short text) shows as much of it as it can. All strings are single lines. */
export interface Document {
  severity: Severity
  /** At most 200 characters. */
  subject: string
  /** What happened and why, one paragraph each. */
  story: string[]
  facts: { label: string; value: string }[]
  lists: { title: string; items: string[]; more: number }[]
  /** What to do, one sentence each. */
  advice: string[]
  link?: { text: string; url: string }
}

/** How times are told and where links lead. */
export type Manner = Pick<NotificationSettings, 'timeZone' | 'consoleUrl'>

/**
 * Names of VMs are anybody's text: line ends would begin another header or line, marks of direction make a text read as another one.
 * @returns `text` in one line without any of them
 */
export const oneLine = (text: string, max = 2_000): string => {
  const line = text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g, '')
    .trim()
  return cut(line.toWellFormed(), max)
}

/** At most `max` UTF-16 units, never half a character. */
export const cut = (text: string, max: number): string => {
  if (text.length <= max) return text
  const kept = text.slice(0, max - 1)
  return `${/[\ud800-\udbff]$/.test(kept) ? kept.slice(0, -1) : kept}…`
}

/** At most `max` bytes of UTF-8, never half a character. */
export const cutBytes = (text: string, max: number): string => {
  const bytes = new TextEncoder().encode(text)
  if (bytes.length <= max) return text
  let end = max
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return new TextDecoder().decode(bytes.subarray(0, end))
}

/** A name as somebody gave it, in quotes; in others where it has some itself. */
export const named = (name: string, max = 100): string => {
  const line = oneLine(name, max)
  return line.includes('"') ? `“${line}”` : `"${line}"`
}

/** With a full stop where it has no end. */
export const sentence = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`)

export const plural = countText

/** "Mon 23 Nov 2026, 02:30 GMT+1" */
export const timeText = (ms: number, { timeZone }: Pick<Manner, 'timeZone'>): string => {
  const part = partsOf(ms, timeZone)
  return `${part.weekday} ${part.day} ${part.month} ${part.year}, ${part.hour}:${part.minute} ${part.timeZoneName}`
}

const partsOf = (ms: number, timeZone: string): Record<string, string> =>
  Object.fromEntries(
    new Intl.DateTimeFormat('en-GB', {
      timeZone,
      weekday: 'short',
      day: 'numeric',
      month: 'short',
      year: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
      timeZoneName: 'shortOffset',
    })
      .formatToParts(ms)
      .map(({ type, value }) => [type, value]),
  )

/** "3 h 12 min", "45 s" */
export const spanText = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
  return plural(Math.round(hours / 24), 'day')
}

/** In binary units, with one decimal. */
export const sizeText = (bytes: number): string => {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return unit === 0 ? `${bytes} B` : `${value.toFixed(1)} ${units[unit]}`
}

/** A page of the console, where it is known how that is reached. */
export const linkTo = (
  { consoleUrl }: Manner,
  path: string,
  text: string,
): Pick<Document, 'link'> =>
  consoleUrl === undefined
    ? {}
    : { link: { text, url: `${consoleUrl.replace(/\/+$/, '')}/${path}` } }
