import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NotificationEvent } from '#core/contracts/notifications.ts'
import { compose } from '#core/notifications/text/compose.ts'
import { cut, oneLine, timeText } from '#core/notifications/text/document.ts'
import { htmlText } from '#core/notifications/text/html.ts'
import { lineText, plainText } from '#core/notifications/text/plain.ts'
import { slackMessage } from '#core/notifications/text/slack.ts'
import { shortText } from '#core/notifications/text/sms.ts'
import { teamsMessage } from '#core/notifications/text/teams.ts'
import { EVENT, nastyMessage } from '#test/support/notify.ts'

const AT = Date.UTC(2026, 10, 23, 2, 30)
const manner = { timeZone: 'Europe/Berlin' }
const alone = { inARow: 1, since: AT, untold: 0 }
const told = { eventId: EVENT, at: AT }
const ULID = '01J0000000000000000000X000'
const UUID = '00000000-0000-0000-0000-000000000001'

const report: Extract<NotificationEvent, { kind: 'daily-report' }> = {
  ...told,
  kind: 'daily-report',
  channelIds: [ULID],
  from: AT - 86_400_000,
  until: AT,
  timeZone: 'Europe/Berlin',
  runs: { succeeded: 0, warning: 0, failed: 0, cancelled: 0, open: 0 },
  troubled: [],
  missed: [],
  missedTotal: 0,
  vms: { known: 0, unprotected: 0 },
  unprotected: [],
  points: { made: 0, bytesOfDisks: 0, bytesRead: 0, bytesStored: 0 },
  next: [],
  gateways: [],
  channels: [],
}

/** One of each kind, with a name in it that is anybody's text. */
const eventsWith = (name: string): NotificationEvent[] => [
  { ...told, kind: 'gateway-silent', gatewayId: ULID, name, lastSeen: AT - 60_000, pools: [name] },
  { ...told, kind: 'gateway-back', gatewayId: ULID, name, silentSince: AT - 60_000 },
  { ...told, kind: 'vm-unprotected', vms: [{ vmUuid: UUID, name, poolName: name }], total: 5_000 },
  {
    ...{ ...told, kind: 'schedule-missed', policyId: ULID, policyName: name, due: AT },
    why: { code: 'X', message: name.slice(0, 200), advice: 'Look.', retryable: false },
  },
  {
    ...{ ...told, kind: 'unusual-change', vmUuid: UUID, name, pointId: ULID, taken: AT },
    ...{ signs: ['more-new'], suspicious: false, text: 'Unusual.' },
  },
  {
    ...{ ...told, kind: 'damage-found', during: 'verification', findings: [name], total: 1 },
    points: [{ pointId: ULID, name }],
  },
  {
    ...told,
    kind: 'restore-approval-asked',
    approvalId: ULID,
    askedBy: name.slice(0, 500),
    title: 't',
  },
  { ...told, kind: 'region-taken-over', epoch: 2, from: 'a', to: 'b', by: name.slice(0, 500) },
  { ...told, kind: 'channel-test', channelIds: [ULID], by: name.slice(0, 500) },
  { ...told, kind: 'summary', channelIds: [ULID], from: AT, held: { 'run-failed': 3 } },
  {
    ...report,
    unprotected: [{ vmUuid: UUID, name, poolName: name }],
    vms: { known: 1, unprotected: 1 },
  },
]

test('whatever a thing is called: one line, escaped, well-formed, within the limits of each form', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 255 }), name => {
      const nasty = `${name}\r\n<img src=x onerror=alert(1)>\u2028\u202e`
      const documents = eventsWith(nasty).map(event => compose(event, alone, manner))
      for (const document of [...documents, nastyMessage(nasty).document]) {
        expect(document.subject).not.toMatch(/[\p{Cc}\u2028\u202e]/u)
        expect(document.subject.length).toBeLessThanOrEqual(200)
        expect(lineText(document)).not.toMatch(/[\r\n]/)
        const html = htmlText(document)
        expect(html).not.toContain('<img')
        expect(html.isWellFormed()).toBe(true)
        expect(shortText(document).length).toBeLessThanOrEqual(300)
        // A header is plain text, which has no marks.
        const { text, blocks } = slackMessage(document) as {
          text: string
          blocks: { type: string }[]
        }
        const marked = blocks.filter(({ type }) => type === 'section')
        expect(JSON.stringify([text, marked])).not.toContain('<img')
        expect(Buffer.byteLength(JSON.stringify(teamsMessage(document)))).toBeLessThan(28_000)
      }
    }),
    { numRuns: 60, seed: 20_261_123 },
  )
})

describe('a message says what is so', () => {
  const subjectOf = (event: NotificationEvent) => compose(event, alone, manner).subject
  const missed = {
    ...{
      ...told,
      kind: 'schedule-missed' as const,
      policyId: ULID,
      policyName: 'Nightly',
      due: AT,
    },
    why: { code: 'X', message: 'It was late.', advice: 'Look.', retryable: false },
  }

  test('a run that begins late is not said to be missing', () => {
    expect(subjectOf(missed)).toBe('A scheduled run did not begin: "Nightly"')
    const late = compose({ ...missed, late: true }, alone, manner)
    expect(late.subject).toBe('A scheduled run did not begin on time: "Nightly"')
    expect(late.severity).toBe('warning')
    const { policyId: _, ...maintenance } = missed
    expect(compose({ ...maintenance, late: true }, alone, manner).story[0]).toContain(
      'The daily maintenance of the repository that was due',
    )
  })

  test('points that are not named are counted, and one without a name has none made up', () => {
    const points = [{ pointId: ULID, name: '' }]
    const event = { ...told, during: 'verification', findings: ['x'], total: 1, points }
    const { story, lists } = compose(
      { ...event, kind: 'damage-found', pointsTotal: 120 },
      alone,
      manner,
    )
    expect(story).toContain('120 recovery points cannot be restored in full.')
    expect(lists[1]).toMatchObject({ items: [`of an unknown VM (${ULID})`], more: 119 })
  })

  test.each([
    [{ gateways: [{ name: 'g', silent: true }] }, 'Daily report: 1 gateway silent'],
    [{ channels: [{ name: 'c', since: 1, error: 'x' }] }, 'Daily report: 1 channel failing'],
    [{ missedTotal: 2 }, 'Daily report: 2 missed or late'],
    [{}, 'Daily report: 2 runs, 1 of them cancelled'],
  ])('nothing is well in a report with %j', (more, subject) => {
    const runs = { succeeded: 1, warning: 0, failed: 0, cancelled: 1, open: 0 }
    expect(subjectOf({ ...report, runs, ...more })).toBe(subject)
  })
})

describe('a mail in HTML', () => {
  const html = htmlText(nastyMessage('web').document)
  test('is told what language it has, loads nothing, and carries its styles itself', () => {
    expect(html).toMatch(/^<!DOCTYPE html>\n<html lang="en">/)
    expect(html).not.toMatch(/<(img|link|script|iframe)\b|url\(|@import/i)
    expect([...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, url]) => url)).toEqual([
      'https://console.example.org/runs/01J0000000000000000000R000',
    ])
  })
  test('has every element closed, in order', () => {
    const open: string[] = []
    for (const [, slash, name = ''] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*>/g)) {
      if (name === 'meta') continue
      if (slash) expect(open.pop()).toBe(name)
      else open.push(name)
    }
    expect(open).toEqual([])
  })
  test('says what happened, why, and what to do, as its plain part does', () => {
    const plain = plainText(nastyMessage('web').document)
    for (const words of ['The SR is full. (SR_FULL)', 'Free some.', '0 of 1 VMs backed up'])
      for (const text of [plain, html]) expect(text).toContain(words)
  })
})

test('the daily report comes and tells the truth on a day on which nothing ran', () => {
  const document = compose(report, alone, manner)
  expect(document.subject).toBe('Daily report: nothing ran')
  const text = plainText(document)
  expect(text).toContain(
    'Nothing ran from Sun 22 Nov 2026, 03:30 GMT+1 to Mon 23 Nov 2026, 03:30 GMT+1.',
  )
  expect(text).toContain('none: whether points boot has not been tried')
  expect(text).toContain('No run is scheduled')
})

test('a report with troubles names them and says so in its subject', () => {
  const document = compose(
    {
      ...report,
      runs: { succeeded: 3, warning: 1, failed: 2, cancelled: 0, open: 0 },
      troubled: [{ runId: ULID, runKind: 'backup', title: 'night', state: 'failed', line: 'full' }],
      vms: { known: 12, unprotected: 2 },
      store: { points: 10, bytesStored: 1024 ** 3, bytesOfDisks: 10 * 1024 ** 3 },
    },
    alone,
    manner,
  )
  expect(document).toMatchObject({
    severity: 'warning',
    subject: 'Daily report: 2 failed, 1 with warnings, 2 VMs unprotected',
  })
  const text = plainText(document)
  expect(text).toContain('night: full')
  expect(text).toContain('and 2 more')
  expect(text).toContain(
    '10 recovery points have written 1.0 GiB for 10.0 GiB of disks (10.0 to 1)',
  )
})

test('times are told in the zone of the settings, on both sides of a change of the clock', () => {
  const zone = { timeZone: 'Europe/Berlin' }
  expect(timeText(Date.UTC(2026, 9, 25, 0, 30), zone)).toBe('Sun 25 Oct 2026, 02:30 GMT+2')
  expect(timeText(Date.UTC(2026, 9, 25, 1, 30), zone)).toBe('Sun 25 Oct 2026, 02:30 GMT+1')
})

test('a cut never leaves half a character', () => {
  expect(cut('💾💾💾', 4)).toBe('💾…')
  expect(oneLine('a\r\nb\tc\u2029d')).toBe('a b c d')
})

describe('text messages', () => {
  const short = (subject: string, advice: string[] = []) =>
    shortText({ severity: 'error', subject, story: [], facts: [], lists: [], advice })
  test('what fits is told as it is, in letters that cost least', () => {
    expect(short('Backup failed: "web" …', ['Free some space.'])).toBe(
      'XenKeep: Backup failed: "web" ... Free some space.',
    )
  })
  test.each([
    ['GSM letters', 'x'.repeat(200), 'y'.repeat(400), 459],
    ['GSM letters that count twice', '{'.repeat(200), '}'.repeat(50), 459],
    ['others', '💾'.repeat(90), 'Free some space.', 201],
    ['others', `Ünï ${'ł'.repeat(196)}`, 'Free some space.', 201],
  ])('%s: at most three parts, and it says that it was cut', (_, subject, advice, most) => {
    const text = short(subject, [advice])
    expect(text).toMatch(/^XenKeep: .* Cut; "xenkeep notifications" has all of it\.$/u)
    expect(text.length + (text.match(/[{}]/g)?.length ?? 0)).toBeLessThanOrEqual(most)
    expect(text.isWellFormed()).toBe(true)
  })
})

test('hundreds that fail for one reason are one line; each is named with its code', () => {
  const problem = (code: string, message: string) => ({
    ...{ code, message, advice: `Mend ${code}.`, retryable: false },
  })
  const full = problem('SR_FULL', 'The SR is full.')
  const document = compose(
    {
      ...{ ...told, kind: 'run-failed', runId: ULID, runKind: 'backup', title: 'all', line: '' },
      ...{ started: AT, ended: AT, counts: { good: 0, failed: 500, skipped: 0, cancelled: 0 } },
      troubles: [
        { name: 'a', problem: full, line: '' },
        { name: 'b', problem: problem('SR_FULL', 'Another SR is full.'), line: '' },
      ],
      causes: [{ code: 'SR_FULL', count: 500, message: 'The SR is full.', advice: 'Mend it.' }],
    },
    alone,
    manner,
  )
  expect(document.lists).toEqual([
    { title: 'Why', items: ['500 × SR_FULL: The SR is full.'], more: 0 },
    {
      title: 'What did not go well',
      items: ['"a": SR_FULL', '"b": Another SR is full. (SR_FULL)'],
      more: 498,
    },
  ])
  expect(document.advice).toEqual(['Mend it.'])
})

test('a daily report tells whether points were read back, and that damage was found', () => {
  const points = { days: 30, whole: 40, overdue: 3 }
  const verification = { last: AT - 3_600_000, overdue: true, damages: 1, points }
  const document = compose({ ...report, verification }, alone, manner)
  expect(document.subject).toBe('Daily report: damage in the repository, verification overdue')
  expect(document.severity).toBe('warning')
  expect(plainText(document)).toContain(
    '1 object DAMAGED; all of 40 recovery points read back within 30 days, 3 overdue',
  )
})
