import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { testApi } from '#test/support/call-api.ts'
import { type Answers, runningCli } from '#test/support/cli-host.ts'
import { poolOf } from '#test/support/fake-gateway.ts'

/** The command line, and the handlers behind it on a memory catalog. */
const site = async () => {
  const api = await testApi()
  const path = `/v1/gateways/${api.gateway.gatewayId}/inventory`
  await api.asGateway('PUT', path, { pools: [poolOf('web01', 'web02', 'db01')] })
  const answers: Answers = new Proxy(
    {},
    {
      get: (_, key) => {
        const [method = '', at = ''] = String(key).split(' ')
        return async ({ body, url }: { body: unknown; url: URL }) => {
          const { status, json } = await api.asPerson(method, at, body, url.search.slice(1))
          return status === 200 ? json : Response.json(json, { status })
        }
      },
    },
  )
  const cli = await runningCli(answers)
  /** @returns standard output of a command that succeeded */
  const out = async (...args: string[]) => {
    const { exitCode, stdout, stderr } = await cli.run(...args)
    expect({ exitCode, stderr }).toStrictEqual({ exitCode: 0, stderr: '' })
    return stdout
  }
  return { api, cli, out }
}

const NIGHTLY = ['--cron', '30 2 * * *', '--zone', 'Europe/Vienna']
const KEEP = ['--keep', 'daily=7,weekly=4']

test('a policy is made by options, shown, paused, changed by a file, run and deleted', async () => {
  const { cli, api, out } = await site()
  const made = await out('policies', 'create', 'Nightly', '--all', ...NIGHTLY, ...KEEP)
  expect(made).toContain('"Nightly"')
  expect(await out('policies', 'list')).toMatch(
    /Nightly +enabled +daily at 02:30 \(Europe\/Vienna\) .*7 daily, 4 weekly/,
  )
  const policy = JSON.parse(await out('policies', 'show', 'nightly', '--input'))
  expect(policy).toMatchObject({ name: 'Nightly', retention: { daily: 7, weekly: 4 } })
  const file = join(cli.dataDir, 'nightly.json')
  await writeFile(file, JSON.stringify({ ...policy, retention: { daily: 14, weekly: 4 } }))
  expect(await out('policies', 'edit', 'Nightly', '-f', file)).toContain('14 daily, 4 weekly')
  expect(await out('policies', 'pause', 'Nightly', '--until', '2099-01-01')).toContain('), paused')
  expect(await out('policies', 'resume', 'Nightly')).toContain('), enabled')
  expect(await out('policies', 'disable', 'Nightly')).toContain('), disabled')
  await out('policies', 'run', 'Nightly', '--detach')
  const { items } = (await api.asPerson('GET', '/v1/runs')).json as { items: object[] }
  expect(items).toMatchObject([{ policyName: 'Nightly' }])
  expect(await out('policies', 'list')).toMatch(/Nightly .*running, 2026/)
  expect(await out('policies', 'times', 'Nightly')).toBe('No time of it has come yet.\n')
  expect(await out('policies', 'times', 'Nightly', '--missed')).toBe('It missed no time.\n')
  expect(await out('policies', 'kept', 'Nightly', '--vm', 'web01')).toContain('has no point')
  const copy = await out('policies', 'duplicate', 'Nightly', 'Second')
  expect(copy).toMatch(/"Second" .*disabled/)
  expect(copy).toContain('14 daily, 4 weekly')
  expect(await out('policies', 'delete', 'Nightly')).toContain('expire under its last retention')
})

test('a preview says what would be backed up and why, what would be kept and what it would cost', async () => {
  const { out } = await site()
  const given = ['--vms-named', 'web*', ...NIGHTLY, ...KEEP, '--months', '3']
  const text = await out('policies', 'preview', 'Webs', ...given)
  expect(text).toContain('It would back up 2 VMs:')
  expect(text).toContain('"web01": Taken, because its name fits "web*".')
  expect(text).toContain(
    '"db01": Left out: the selector does not take it, because its name does not fit "web*".',
  )
  expect(text).toMatch(/points of each VM made until .*, \d+ would be kept:/)
})

test('VMs that no policy backs up', async () => {
  const { out } = await site()
  await out('policies', 'create', 'Webs', '--vms-named', 'web*', ...NIGHTLY, ...KEEP)
  const { vms } = JSON.parse(await out('vms', '--unprotected', '--json'))
  expect(vms.map(({ name }: { name: string }) => name)).toStrictEqual(['db01'])
})

test.each([
  [['create', 'X', '--all'], 'How long are points kept?'],
  [['create', 'X', ...KEEP], 'Which VMs?'],
  [['create', '--all', ...KEEP], 'The policy has no name.'],
  [['create', 'X', '--all', '--keep', 'daily'], '"daily" is no rule'],
  [['create', 'X', '--all', '--keep', 'nightly=3'], '"nightly" is no rule of a retention'],
  [['create', '-f', '/nowhere.json'], 'The file "/nowhere.json" is not there.'],
  [['create', '-f', 'x.json', '--all'], 'A file holds the whole policy'],
  [['create', 'X', '--all', ...KEEP, '--cron', '61 * * * *'], 'has "61" as minute'],
  [['show', 'Nihgtly'], 'There is no policy "Nihgtly".'],
  [['pause', 'Nightly', '--until', '2027-02-30'], 'is no date or time'],
])('%j: one sentence, and the exit code of a wrong command line', async (args, words) => {
  const { cli } = await site()
  const { exitCode, stderr } = await cli.run('policies', ...args)
  expect(exitCode).toBe(2)
  expect(stderr).toContain(words)
})

test('policies are written into files and made from them; a dry run tells what would change and saves nothing', async () => {
  const { cli, out } = await site()
  await out('policies', 'create', 'Nightly', '--all', ...NIGHTLY, ...KEEP)
  await out('policies', 'create', 'Web', '--vms-named', 'web*', ...KEEP)
  const file = join(cli.dataDir, 'policies.yaml')
  const all = await out('policies', 'export', '--all')
  expect(all).toContain('\n---\nname: Web\n')
  await writeFile(
    file,
    `${all.replace('daily: 7', 'daily: 5').replace('name: Nightly', 'name: nightly')}---\nname: New\nselection: { include: [{ tags: [prod] }] }\nretention: { last: 3 }\n`,
  )
  const dry = await out('policies', 'apply', '-f', file, '--dry-run')
  expect(dry.split('\n')).toStrictEqual([
    '"nightly": would be changed; it takes 3 VMs as the inventory stands',
    '  name: "nightly" instead of "Nightly"',
    '  retention.daily: 5 instead of 7',
    '  points are kept shorter (daily 5 instead of 7): that takes an administrator',
    expect.stringContaining('  note: Clocks in Europe/Vienna'),
    '"Web": would stay as it is',
    '"New": would be made; it takes 0 VMs as the inventory stands',
    expect.stringContaining('  note: It takes no VM'),
    expect.stringContaining('  note: It has no schedule'),
    '',
  ])
  expect(await out('policies', 'export', '--all')).toBe(all)

  await out('policies', 'apply', '-f', file)
  expect(JSON.parse(await out('policies', 'apply', '-f', file, '--json'))).toStrictEqual({
    dryRun: false,
    policies: ['nightly', 'Web', 'New'].map(name => ({ name, does: 'nothing', changes: [] })),
  })
  const [first, , third] = JSON.parse(
    await out('policies', 'export', 'nightly', 'web', 'new', '--format', 'json'),
  )
  expect(first).toMatchObject({ name: 'nightly', retention: { daily: 5 } })
  expect(third).toMatchObject({ name: 'New', retention: { last: 3 } })
  // One policy goes into "edit" as it is.
  await writeFile(file, await out('policies', 'export', 'new'))
  expect(await out('policies', 'edit', 'New', '-f', file)).toContain('the last 3')
})

test('a file that says nothing of whether a policy runs by itself leaves that as it is', async () => {
  const { cli, out } = await site()
  await out('policies', 'create', 'Nightly', '--all', ...NIGHTLY, ...KEEP)
  const file = join(cli.dataDir, 'policies.yaml')
  const whole = await out('policies', 'export', 'Nightly')
  await out('policies', 'disable', 'Nightly')
  await writeFile(file, whole.replace('enabled: true\n', '').replace('daily: 7', 'daily: 8'))
  expect(await out('policies', 'apply', '-f', file)).not.toContain('enabled')
  const policy = async () => JSON.parse(await out('policies', 'export', 'Nightly', '--json'))
  expect(await policy()).toMatchObject({ enabled: false, retention: { daily: 8 } })
  await writeFile(file, whole)
  expect(await out('policies', 'apply', '-f', file)).toContain('enabled')
  expect(await policy()).toMatchObject({ enabled: true, retention: { daily: 7 } })
})

test('where one policy of a file cannot be saved, none is', async () => {
  const { cli, out } = await site()
  const file = join(cli.dataDir, 'policies.yaml')
  const policy = (name: string, more = '') =>
    `name: ${name}\nselection: { include: [{ all: true }] }\nretention: { daily: 7 }\n${more}`
  const bad = 'schedule: { cron: "0 0 30 2 *", timeZone: UTC }\n'
  for (const [text, words] of [
    [`${policy('One')}---\n${policy('Two', bad)}`, 'names a day that never comes'],
    [`${policy('One')}---\n${policy('ONE')}`, 'line 5: the policy "ONE" is there already'],
    [`${policy('One')}---\n${policy('Two', 'retain: 1')}`, 'line 8: "retain" is no member.'],
  ] as const) {
    await writeFile(file, text)
    const { exitCode, stderr } = await cli.run('policies', 'apply', '-f', file)
    expect(exitCode).not.toBe(0)
    expect(stderr).toContain(words)
  }
  expect(await out('policies', 'list')).toContain('There is no policy yet')
  expect((await cli.run('policies', 'export')).stderr).toContain(
    'Name the policies, or give --all.',
  )
})
