import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSqliteCatalog, type SqliteCatalog } from '#adapters/fs/catalog.ts'
import { noSchedules } from '#adapters/memory/schedules.ts'
import { systemRandom } from '#adapters/system/random.ts'
import type { ChannelView, NotificationView } from '#core/contracts/channels-api.ts'
import { tendPolicies } from '#functions/events/tend-policies.ts'
import { watch } from '#functions/events/watch.ts'
import { type CommandLine, commandLine } from '#test/support/command-line.ts'
import { oneRegion } from '#test/support/control-plane.ts'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'
import { until } from '#test/support/patience.ts'
import { selfSigned } from '#test/support/self-signed.ts'
import { type SmtpReceiver, smtpReceiver } from '#test/support/smtp-receiver.ts'
import { syslogReceiver } from '#test/support/syslog-receiver.ts'

/*
 * Motivation: whoever answers for backups has to hear of what goes wrong, where he reads it, once, and in words that tell what to do.
 * Steps: a mail server and a syslog receiver, channels and rules by the command line; a backup that fails, one that half succeeds, a new VM, a schedule that nobody was
 * there for, a gateway that is killed, the daily report; then the mail server is away while a backup fails. What only time brings is looked for by the functions
 * themselves with a later clock, beside the running control plane.
 * Passes when each arrives once on each channel, says what happened and what to do, and the one of the outage comes once when the mail server is back.
 */

const HOUR = 3_600_000
/** More than come here within ten minutes: each is to be seen by itself. */
const MANY = ['--max-per-hour', '120']
let machine: Machine
let cli: CommandLine
let catalog: SqliteCatalog
let mail: SmtpReceiver
let syslog: Awaited<ReturnType<typeof syslogReceiver>>
const tls = await selfSigned('localhost')

beforeAll(async () => {
  mail = await smtpReceiver(tls)
  syslog = await syslogReceiver()
  machine = await startMachine({ web: [randomBytes(2 * MiB)], db: [randomBytes(2 * MiB)] })
  cli = commandLine(machine.site.dataDir)
  catalog = openSqliteCatalog(machine.site.file('control', 'catalog.sqlite'))
  await mkdir(machine.site.file('secrets'), { recursive: true, mode: 0o700 })
  await writeFile(machine.site.file('secrets', 'mail-ca'), tls.cert, { mode: 0o600 })
}, 60_000)
afterAll(async () => {
  catalog?.close()
  await machine?.stop()
  await mail?.close()
  await syslog?.close()
})

const file = async (name: string, value: unknown): Promise<string> => {
  const path = join(machine.site.dataDir, name)
  await writeFile(path, JSON.stringify(value))
  return path
}
const mailFile = () =>
  file('mail.json', {
    ...{ kind: 'mail', from: 'xenkeep@example.org', to: ['ops@example.org'] },
    smtp: { host: 'localhost', port: mail.port, ca: 'mail-ca' },
  })

const unquoted = (text: string): string =>
  text.replace(/(?:=[0-9A-F]{2})+/g, bytes =>
    Buffer.from(bytes.replaceAll('=', ''), 'hex').toString('utf8'),
  )
/** RFC 2047, as far as our subjects need it. */
const wordsOf = (header: string): string =>
  header
    .replace(/\?=\r\n[ \t]=\?UTF-8\?Q\?/g, '')
    .replace(/\r\n[ \t]/g, ' ')
    .replace(/=\?UTF-8\?Q\?(.*?)\?=/g, (_, text: string) => unquoted(text.replaceAll('_', ' ')))
/** Subject, and the plain part as it is read. */
const mails = () =>
  mail.received.map(({ raw }) => {
    const plain = raw.slice(raw.indexOf('text/plain'), raw.indexOf('text/html'))
    const subject = /^Subject: (.*(?:\r\n[ \t].*)*)/m.exec(raw)?.[1] ?? ''
    return { subject: wordsOf(subject), text: unquoted(plain.replace(/=\r\n/g, '')) }
  })
const mailAbout = async (subject: RegExp) => {
  const found = () => mails().filter(one => subject.test(one.subject))
  await until(
    `a mail ${subject}; there are: ${mails().map(one => one.subject)}`,
    () => found().length > 0,
  )
  return found()[0]?.text ?? ''
}
const lineAbout = async (words: RegExp) => {
  const found = () => syslog.received.filter(line => words.test(line))
  await until(`a line of syslog ${words}`, () => found().length > 0)
  return found()[0] ?? ''
}
/** What looks at clocks, as it would after so many hours. */
const later = (hours: number) => ({
  ...{ catalog, random: systemRandom, region: oneRegion, schedules: noSchedules },
  clock: { now: () => Date.now() + hours * HOUR },
  workflow: {} as never, // nothing is begun
})
/** The same, with gateways that can call only just now. */
const calling = (hours: number) => ({ ...later(hours), upSince: Date.now() + hours * HOUR })
const backup = async (...vms: string[]) => (await machine.finished(await machine.start(vms))).run
const noRoom = (times: number) =>
  machine.pool.state.faults.add({
    ...{ kind: 'fail-call', method: 'VM.snapshot', times },
    error: ['SR_BACKEND_FAILURE_44', '', 'There is insufficient space', ''],
  })

/** Waits until every delivery is told to have arrived: a gateway tells of its own a moment later. @returns how many there are */
const allDelivered = async (): Promise<number> => {
  let states: string[] = []
  await until('all is delivered', async () => {
    const { notifications } = await cli.json<{ notifications: NotificationView[] }>('notifications')
    states = notifications.flatMap(({ deliveries }) => deliveries.map(({ state }) => state))
    return states.every(state => state === 'delivered')
  })
  return states.length
}

test('channels by the command line; a test message comes on each', async () => {
  await cli.done('channels', 'add', 'ops', await mailFile(), ...MANY)
  const to = { kind: 'syslog', host: '127.0.0.1', port: syslog.port, transport: 'tcp' }
  await cli.done('channels', 'add', 'siem', await file('syslog.json', to), ...MANY)
  expect(await cli.done('channels', 'test', 'ops')).toContain('got through to ops')
  expect(await cli.done('channels', 'test', 'siem')).toContain('got through to siem')
  await mailAbout(/^Test message of XenKeep$/)
  expect(await lineAbout(/channel-test/)).toMatch(/^<134>1 \S+ \S+ xenkeep - channel-test /)

  const { channels } = await cli.json<{ channels: ChannelView[] }>('channels', 'list')
  const channelIds = channels.map(({ channelId }) => channelId)
  const events = [
    'run-failed',
    'run-warning',
    'schedule-missed',
    'gateway-silent',
    'vm-unprotected',
  ]
  const settings = { rules: [{ events, channelIds }], repeatAfterMinutes: 0 }
  await cli.done('notifications', 'settings', '--set', await file('settings-1.json', settings))
}, 60_000)

test('a backup that fails, and one that half succeeds', async () => {
  noRoom(20)
  expect(await backup('web')).toMatchObject({ state: 'failed' })
  machine.pool.state.faults.clear()
  const text = await mailAbout(/^Backup failed: "web"$/)
  expect(text).toMatch(/"web": .*\(SR_[A-Z_0-9]+\)/)
  expect(text).toMatch(/What to do:\r\n {2}- [A-Z].*\./)
  expect(await lineAbout(/run-failed/)).toMatch(
    /^<131>1 .*title="\\"web\\"".*Backup failed: "web"\. /,
  )

  noRoom(1)
  expect(await backup('web', 'db')).toMatchObject({ state: 'warning' })
  machine.pool.state.faults.clear()
  expect(await mailAbout(/^Backup ended with warnings/)).toContain('1 succeeded, 1 failed')
  await lineAbout(/run-warning/)
}, 60_000)

test('a new VM that nobody protects, and a schedule that nobody was there for', async () => {
  const { policy } = await machine.person.call('createPolicy', {
    body: {
      name: 'Nightly "all"',
      selection: { include: [{ names: ['web', 'db'] }] },
      retention: { last: 3 },
      schedule: { cron: `0 ${(new Date().getUTCHours() + 12) % 24} * * *`, timeZone: 'UTC' },
    },
  })
  expect(policy.policyId).toBeDefined()
  await watch(calling(1.1))()
  const [web = ''] = (await machine.call('VM.get_by_name_label', 'web')) as string[]
  await machine.call('VM.hard_shutdown', web)
  await machine.call('VM.clone', web, 'new <b>VM</b>')
  // It looks once a minute, and at its start.
  await machine.program('agent').stop()
  machine.startAgent()
  await until(
    'the gateway tells of it',
    async () => (await cli.done('vms')).includes('new <b>VM</b>'),
    { ms: 30_000 },
  )
  await watch(calling(2.2))()
  expect(await mailAbout(/^No policy protects "new <b>VM<\/b>"$/)).toContain(
    'xenkeep vms --unprotected',
  )
  await lineAbout(/vm-unprotected/)

  await tendPolicies(later(26))()
  const text = await mailAbout(/^A scheduled run did not begin: “Nightly "all"”$/)
  expect(text).toContain('The run of policy “Nightly "all"” that was due ')
  expect(text).toContain('What to do:')
  await lineAbout(/schedule-missed/)
}, 60_000)

test('a gateway that is killed is told by mail; its own channel hears of it when it is back', async () => {
  // What it handed over and did not tell of would be handed over again.
  await allDelivered()
  await machine.program('agent').kill()
  await watch(later(0.3))()
  expect(await mailAbout(/^Gateway "test gateway" is silent$/)).toContain(
    'See whether its machine and process run',
  )
  expect(syslog.received.filter(line => line.includes('gateway-silent'))).toEqual([])
  machine.startAgent()
  expect(await lineAbout(/gateway-silent/)).toContain('xenkeep - gateway-silent ')
}, 60_000)

test('the daily report names what is wrong', async () => {
  const settings = await machine.person.call('getNotificationSettings')
  const { channels } = await cli.json<{ channels: ChannelView[] }>('channels', 'list')
  const channelIds = channels.map(({ channelId }) => channelId)
  const reports = [{ at: '00:00', timeZone: 'UTC', channelIds }]
  const path = await file('settings-2.json', { ...settings, reports })
  await cli.done('notifications', 'settings', '--set', path)
  await watch(later(0))()
  const text = await mailAbout(/^Daily report: 1 failed, 1 with warnings/)
  expect(text).toContain('"new <b>VM</b>" in ')
  expect(text).toContain('  - "web": ')
  await lineAbout(/daily-report/)
}, 60_000)

test('while the mail server is away nothing is lost, and nothing comes twice', async () => {
  const { port } = mail
  const before = mail.received
  await mail.close()
  noRoom(20)
  const run = await backup('db')
  machine.pool.state.faults.clear()
  await lineAbout(/run-failed.*Backup failed: "db"/)
  const line = async () =>
    (await cli.json<{ channels: ChannelView[] }>('channels', 'list')).channels.find(
      ({ name }) => name === 'ops',
    )?.line ?? ''
  await until('the channel says what is wrong', async () =>
    (await line()).startsWith('failing since '),
  )
  expect(await line()).toMatch(/nobody listens there.*1 message waiting, tried again /)

  mail = await smtpReceiver(tls, {}, port)
  mail.received.push(...before)
  // Whoever adds a channel again need not wait for its next try.
  await cli.done('channels', 'add', 'ops', await mailFile(), ...MANY)
  await mailAbout(/^Backup failed: "db"$/)
  await until('the channel works again', async () => (await line()).startsWith('works; '))
  expect(mails().filter(({ text }) => text.includes(run.runId))).toHaveLength(1)

  const count = (await allDelivered()) / 2
  const subjects = mails().map(({ subject }) => subject)
  expect(new Set(subjects).size).toBe(subjects.length)
  const ids = syslog.received.map(one => /eventId="(\w+)"/.exec(one)?.[1])
  expect(new Set(ids).size).toBe(ids.length)
  expect(subjects).toHaveLength(count)
  expect(ids).toHaveLength(count)
}, 90_000)
