import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '#adapters/system/clock.ts'
import { GuestComponentSubject } from '#core/points/component-subject.ts'
import { ldapByClient } from '#gateway-agent/recipes/ldap.ts'
import { until } from '#test/support/patience.ts'
import { jobsOf } from '#test/support/recipes/job.ts'
import { realPorts, recipeRoom } from '#test/support/recipes/room.ts'
import { emptyStore, newRepository } from '#test/support/repository/open.ts'
import { describeWithTools } from '#test/support/tools.ts'

const DAY = 86_400_000
const REALM = 'XK.TEST'
const ADMINISTRATOR = `Administrator@${REALM.toLowerCase()}`
const PASSWORD = 'Passw0rd!of-a-test'
// Loopback addresses of their own, since LDAP is always port 389.
const net = `127.${20 + (process.pid % 200)}.${Math.floor(process.pid / 200) % 250}`
const address = (n: number) => `${net}.${n}`

/** A domain controller that answers by LDAP, without its other services. */
const startController = (configFile: string, on: string, folder: string): ChildProcess => {
  const options = [
    ...['server services=ldap', `interfaces=${on}/8`, 'bind interfaces only=yes'],
    // Simple binds without TLS: the recipe asks over loopback.
    ...['ldap server require strong auth=no', `pid directory=${folder}`],
    ...[`ncalrpc dir=${folder}`, `log file=${folder}/samba.log`],
  ]
  return spawn(
    'samba',
    ['--foreground', '--no-process-group', '--model=single', `--configfile=${configFile}`].concat(
      options.map(option => `--option=${option}`),
    ),
    { detached: true, stdio: 'ignore' },
  )
}

const signal = () => AbortSignal.timeout(20_000)
const ask = (url: string, who: { dn: string; password: string } | undefined, more: object) =>
  ldapByClient({
    ...{ url, base: '', scope: 'base', filter: '(objectClass=*)', attributes: [] },
    ...{ signal: signal(), ...(who && { bind: who }), ...more },
  })

const answers = (on: string) => {
  const asked = { attributes: ['dsServiceName'] }
  const isUp = async () => 'values' in (await ask(`ldap://${on}`, undefined, asked))
  return until(`${on} to answer by LDAP`, isUp, { everyMs: 200 })
}

/** What the directory itself says: its invocation id, and who is in it. */
const directoryOf = async (on: string) => {
  const url = `ldap://${on}`
  const who = { dn: ADMINISTRATOR, password: PASSWORD }
  const valuesOf = async (more: object): Promise<Record<string, string[]>> => {
    const answer = await ask(url, who, more)
    if ('said' in answer) throw new Error(answer.said)
    return answer.values
  }
  const root = await valuesOf({ attributes: ['dsServiceName', 'defaultNamingContext'] })
  const [base] = root.dsServiceName ?? []
  const { invocationId } = await valuesOf({ base, attributes: ['invocationId'] })
  const users = await valuesOf({
    ...{ base: root.defaultNamingContext?.[0], scope: 'sub', attributes: ['sAMAccountName'] },
    filter: '(&(objectClass=user)(!(objectClass=computer)))',
  })
  return { service: base, invocationId: invocationId?.[0], users: users.sAMAccountName ?? [] }
}

describeWithTools(['samba', 'samba-tool'], 'a Samba domain controller', () => {
  const folder = mkdtempSync(join(tmpdir(), 'samba-'))
  const configFile = join(folder, 'dc1/etc/smb.conf')
  const targetFolder = join(folder, 'dc2')
  const running: ChildProcess[] = []
  const tool = (...argv: string[]) => execFileSync('samba-tool', argv, { stdio: 'pipe' })
  let guest: Awaited<ReturnType<typeof recipeRoom>>
  let jobs: ReturnType<typeof jobsOf>
  let repository: Awaited<ReturnType<typeof newRepository>>['repository']

  beforeAll(async () => {
    tool(
      ...['domain', 'provision', `--realm=${REALM}`, '--domain=XK', '--server-role=dc'],
      ...[`--adminpass=${PASSWORD}`, `--targetdir=${join(folder, 'dc1')}`, '--host-name=dc1'],
      `--host-ip=${address(1)}`,
    )
    tool('user', 'create', 'alice', `${PASSWORD}-alice`, `--configfile=${configFile}`)
    running.push(startController(configFile, address(1), join(folder, 'dc1')))
    await answers(address(1))
    const ldapPassword = join(folder, 'ldap-password')
    writeFileSync(ldapPassword, `${PASSWORD}\n`, { mode: 0o600 })
    const parameters = { configFile, ldapUrl: `ldap://${address(1)}`, ldapUser: ADMINISTRATOR }
    guest = await recipeRoom({
      allowed: { 'samba-ad-dc': { parameters, secrets: { ldapPassword } } },
      ports: { ...realPorts(), ldap: ldapByClient },
    })
    const made = await newRepository(emptyStore())
    repository = made.repository
    jobs = jobsOf({ ...guest, ...made }, 'samba-ad-dc')
  }, 180_000)

  afterAll(async () => {
    for (const { pid } of running)
      try {
        if (pid) process.kill(-pid, 'SIGKILL')
      } catch {
        // It has ended.
      }
    await guest?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  test('is saved while it runs, and comes back with a new invocation id and its users', async () => {
    const before = await directoryOf(address(1))
    const { point } = await jobs.capture()
    const [ref] = await Array.fromAsync(repository.points(point.vmUuid))
    if (!ref) throw new Error('There is no point.')
    const { subject } = await repository.readPoint(ref)
    const { facts, streams } = GuestComponentSubject.parse(subject)
    expect(facts).toMatchObject({
      ...{ domain: REALM.toLowerCase(), server: 'DC1', tombstoneLifetime: '180' },
      ...{
        invocationId: before.invocationId,
        configurationContext: 'CN=Configuration,DC=xk,DC=test',
      },
    })
    expect(streams.map(({ name }) => name)).toEqual(['samba-backup.tar.bz2'])
    // What was written on the way is gone, and so is nothing of the password.
    expect(existsSync(join(guest.dataDir, 'guest/staging', point.pointId))).toBe(false)
    expect(JSON.stringify([subject, guest.log])).not.toContain(PASSWORD)

    // Half a year later the domain has forgotten what was deleted.
    guest.room.clock = { now: () => Date.now() + 181 * DAY }
    const { pointId } = point
    const late = await jobs.restore({ pointId })
    expect(late.stopped).toMatchObject({
      ...{ at: 'notTooOld', because: 'failed' },
      problem: { code: 'POINT_PAST_TOMBSTONE', message: expect.stringContaining('for 180 days') },
    })
    const because = 'every controller burnt; nothing younger is left'
    const parameters = { newServerName: 'dc2', newAddress: address(2), targetFolder }
    const overrides = [{ rule: 'tombstone-life', because }]
    const asked = await jobs.restore({ pointId, parameters, overrides })
    expect(asked.stopped).toMatchObject({ at: 'noOther', because: 'manual', number: 2, from: [3] })
    expect(asked.steps.find(({ id }) => id === 'notTooOld')?.text).toContain(because)
    guest.room.clock = systemClock

    // The controller is lost, with all its files.
    process.kill(-(running.pop()?.pid ?? 0), 'SIGKILL')
    rmSync(join(folder, 'dc1'), { recursive: true })
    const restored = await jobs.restore({ pointId, steps: { from: 3 } })
    expect(restored.stopped).toMatchObject({
      at: 'start',
      because: 'manual',
      number: 9,
      from: [10],
    })
    expect((await jobs.restore({ pointId, steps: { from: 10 } })).stopped).toBeUndefined()
    expect(restored.steps.find(({ id }) => id === 'newIdentity')).toMatchObject({
      ...{ result: 'done', text: 'the rule holds' },
    })

    running.push(startController(join(targetFolder, 'etc/smb.conf'), address(2), targetFolder))
    await answers(address(2))
    const after = await directoryOf(address(2))
    expect(after.service).toContain('CN=DC2,')
    expect(after.invocationId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(after.invocationId).not.toBe(before.invocationId)
    expect(after.users.sort()).toEqual(before.users.sort())
    const alice = { dn: 'alice@xk.test', password: `${PASSWORD}-alice` }
    expect(await ask(`ldap://${address(2)}`, alice, {})).toEqual({ values: {} })
    const wrong = await ask(`ldap://${address(2)}`, { ...alice, password: 'x' }, {})
    expect(wrong).toMatchObject({ said: expect.stringMatching(/InvalidCredentials/) })
  }, 240_000)

  test('a password goes to no other machine in clear', async () => {
    const bind = { dn: 'a', password: 'b' }
    expect(await ask('ldap://dc.example.com', bind, {})).toEqual({
      said: 'a password goes to another machine over ldaps:// only',
    })
    expect(await ask('http://localhost', undefined, {})).toMatchObject({
      said: expect.stringContaining('ldaps://'),
    })
  })
})
