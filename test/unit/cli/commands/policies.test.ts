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
    /Nightly +enabled +30 2 \* \* \* \(Europe\/Vienna\) .*7 daily, 4 weekly/,
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
  expect(await out('policies', 'delete', 'Nightly')).toContain('expire under its last retention')
})

test('a preview says what would be backed up and why, what would be kept and what it would cost', async () => {
  const { out } = await site()
  const given = ['--vms-named', 'web*', ...NIGHTLY, ...KEEP, '--months', '3']
  const text = await out('policies', 'preview', 'Webs', ...given)
  expect(text).toContain('It would back up 2 VMs:')
  expect(text).toContain('"web01": Taken, because its name fits "web*".')
  expect(text).toContain('"db01": Left out: no selector takes it.')
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
  [['create', 'X', '--all', '--keep', 'nightly=3'], 'The policy is not valid'],
  [['create', '-f', '/nowhere.json'], '"/nowhere.json" cannot be read (ENOENT).'],
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
