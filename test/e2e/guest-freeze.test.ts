import { execFile } from 'node:child_process'
import { randomBytes, X509Certificate } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest'
import { type CommandLine, commandLine } from '#test/support/command-line.ts'
import { freePort } from '#test/support/free-port.ts'
import { type LoopDisk, loopDisk } from '#test/support/loop-disk.ts'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'
import { until } from '#test/support/patience.ts'
import { seededRandom } from '#test/support/repository/seeded.ts'
import { selfSigned } from '#test/support/self-signed.ts'
import { PASSPHRASE, type Program, startProgram } from '#test/support/site.ts'

/*
 * Motivation: a policy that asks for quiesced backups has the agent in the guest stop its file systems around the snapshot. Everybody in that row may be gone at
 * any moment, and the guest must go on.
 *
 * Steps: a control plane, a gateway, a simulated pool and the agent of a guest, each a process of its own; the agent's data lies on what it freezes, a loop
 * device. A component is saved, a policy is run, and again while the agent is down, while the gateway or the control plane is killed at any moment of a freeze,
 * and while the agent is revoked in mid-job.
 *
 * Passes when the runs say how long the guest stood still, or why it did not; when the disk takes writes again within the time that the settings allow; and when
 * what was killed goes on when it is back, leaving nothing on the pool.
 */
const canFreeze = process.getuid?.() === 0 && existsSync('/dev/loop-control')
const HOLD_SECONDS = 4

describe.skipIf(!canFreeze)('a guest that stands still (as root, on a loop device)', () => {
  let machine: Machine
  let cli: CommandLine
  let disk: LoopDisk
  let folder: string
  let agent: Program
  let port: number

  const dataDir = () => join(disk.mount, 'xenkeep')
  const settings = async (command: string[]) => {
    const { fingerprint256: fingerprint } = new X509Certificate(
      await readFile(join(folder, 'door.pem')),
    )
    const endpoint = await readFile(machine.site.file('control', 'endpoint.json'), 'utf8')
    const guest = {
      ...{ name: 'db01', controlUrl: JSON.parse(endpoint).url },
      passphraseFile: join(folder, 'passphrase'),
      recipes: { command: { phases: ['capture'], parameters: { command } } },
      freeze: {
        ...{ gateway: `https://127.0.0.1:${port}`, fingerprint },
        ...{ mounts: [disk.mount], seconds: HOLD_SECONDS },
      },
    }
    const text = JSON.stringify({ repository: { address: machine.site.address }, guest })
    await writeFile(join(dataDir(), 'settings.json'), text)
  }
  const startGuest = () => {
    agent = startProgram('test/support/processes/writing-guest.ts', ['--data', dataDir()], {
      XENKEEP_TEST_WRITES: dataDir(),
    })
  }
  const guestView = async () => {
    const [guest] = (await machine.person.call('listGuests')).items
    return guest && machine.person.call('getGuest', { params: { guestUuid: guest.guestUuid } })
  }
  const waits = () =>
    until(
      'the agent waits for its gateway',
      async () => {
        const freeze = (await guestView())?.freeze
        return freeze !== undefined && freeze.problem === undefined
      },
      { ms: 60_000, everyMs: 100 },
    )

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'xenkeep-guest-freeze-'))
    const { cert, key } = await selfSigned('gateway')
    await writeFile(join(folder, 'door.pem'), cert)
    await writeFile(join(folder, 'door.key'), key)
    await writeFile(join(folder, 'passphrase'), `${PASSPHRASE}\n`, { mode: 0o600 })
    disk = await loopDisk('ext4', { mib: 64, netMs: 280_000 })
    port = await freePort()
    const files = {
      certificateFile: join(folder, 'door.pem'),
      keyFile: join(folder, 'door.key'),
    }
    const poll = { idlePollSeconds: 0.1, activePollSeconds: 0.1, heartbeatSeconds: 0.1 }
    machine = await startMachine(
      { db: [randomBytes(2 * MiB)] },
      {
        gateway: { guestAgents: { host: '127.0.0.1', port, ...files } },
        // The agent finds it again where it was.
        settings: { control: { port: await freePort(), ...poll } },
      },
    )
    await until(
      'the VM is listed',
      async () => (await machine.person.call('listVms')).items.length > 0,
    )
    cli = commandLine(machine.site.dataDir)
    await mkdir(join(dataDir(), 'gateway'), { recursive: true, mode: 0o700 })
    await settings(['echo', 'what the database says'])
    const code = await cli.done('guests', 'enrol', '--vm', 'db', '--name', 'db01')
    await writeFile(join(dataDir(), 'gateway', 'enrolment-code'), code.split('\n')[0] ?? '')
    startGuest()
    await waits()
    const policy = join(folder, 'policy.yaml')
    await writeFile(policy, POLICY)
    await cli.done('policies', 'apply', '-f', policy)
  }, 120_000)
  afterAll(async () => {
    await agent?.kill()
    await machine?.stop()
    await disk?.end()
    await rm(folder, { recursive: true, force: true })
  })

  const runPolicy = async (): Promise<string> => {
    const said = await cli.xenkeep('policies', 'run', 'Quiet')
    return said.stdout + said.stderr
  }
  const goesOn = () =>
    until('the disk takes writes', async () => !(await disk.isFrozen()), {
      ms: (HOLD_SECONDS + 4) * 1_000,
      everyMs: 50,
    })
  const standsStill = () =>
    until('the guest stands still', () => disk.isFrozen(), { ms: 40_000, everyMs: 50 })

  test('its component is saved, and a run of the policy tells how long it stood still', async () => {
    expect(await cli.done('guests', 'backup', 'db01', '--recipe', 'command')).toContain('backed up')
    const said = await runPolicy()
    expect(said).toContain('file-system-consistent')
    expect(said).toMatch(/The guest stood still for \d\.\d s around the snapshot\./)
    await goesOn()
  }, 60_000)

  test('the agent is down at that moment: crash-consistent, and the run says why', async () => {
    await agent.kill()
    const said = await runPolicy()
    expect(said).toContain('crash-consistent (asked: quiesced)')
    expect(said).toContain('guest agent has not called for 35 s')
    startGuest()
    await waits()
  }, 120_000)

  test('gateway or control plane are killed at any moment of a freeze: the guest goes on, and so do they', async () => {
    const seed = Number(process.env.XENKEEP_TEST_SEED ?? Date.now() % 100_000)
    onTestFailed(() => console.error(`again with XENKEEP_TEST_SEED=${seed}`))
    const random = seededRandom(seed)
    for (const victim of ['agent', 'control', 'agent', 'control'] as const) {
      const [moment = 0] = random.bytes(1)
      // From before the snapshot to after it.
      machine.pool.state.faults.add({
        kind: 'delay-call',
        method: 'VM.snapshot',
        milliseconds: 600,
      })
      const runId = await machine.person
        .call('startRun', {
          body: { kind: 'backup', vms: ['db'], method: 'quiesced', fallback: 'crash' },
        })
        .then(({ runId }) => runId)
      await standsStill()
      await sleep(moment * 4)
      await machine.program(victim).kill()
      await goesOn()
      if (victim === 'agent') machine.startAgent()
      else await machine.startControl()
      const { run, jobs } = await machine.finished(runId)
      expect([run.state, jobs[0]?.outcome?.status]).toEqual(['succeeded', 'backed-up'])
      await machine.clean()
      await waits()
    }
  }, 240_000)

  test('it gets a new key and another name, and stands still as before', async () => {
    const before = (await guestView())?.keySince ?? 0
    await cli.done('guests', 'rotate-key', 'db01')
    await until('it has a new key', async () => ((await guestView())?.keySince ?? 0) > before)
    await cli.done('guests', 'rename', 'db01', 'the database')
    expect(await cli.done('guests', 'show', 'the database')).toContain('holds still')
    expect(await runPolicy()).toContain('file-system-consistent')
    const audit = await machine.person.call('listAudit', { query: { action: 'renameGateway' } })
    expect(audit.items.map(({ outcome }) => outcome)).toContain('done')
  }, 60_000)

  test('it is revoked in the middle of a job: what it runs ends at once, and it is asked to stand still no more', async () => {
    const unique = `6${Date.now() % 1_000_000}`
    await settings(['sleep', unique])
    const isAtWork = async () =>
      promisify(execFile)('pgrep', ['-f', `^sleep ${unique}`]).then(
        () => true,
        () => false,
      )
    await cli.done('guests', 'backup', 'the database', '--recipe', 'command', '--detach')
    await until('the job is at work', isAtWork)
    await cli.done('guests', 'revoke', 'the database', '--yes')
    await until('its program has ended', async () => !(await isAtWork()))
    await agent.says(/GATEWAY_REVOKED/)
    const said = await runPolicy()
    expect(said).toContain('crash-consistent (asked: quiesced)')
    expect(said).toContain('The agent in it was revoked')
    expect(await disk.isFrozen()).toBe(false)
  }, 90_000)
})

test.runIf(!canFreeze)('a guest that stands still: SKIPPED, it takes root and loop devices', () => {
  expect(canFreeze).toBe(false)
})

const POLICY = `name: Quiet
selection: { include: [{ all: true }] }
method: quiesced
fallback: crash
schedule: { cron: "30 22 * * *", timeZone: UTC }
retention: { last: 9 }
`
