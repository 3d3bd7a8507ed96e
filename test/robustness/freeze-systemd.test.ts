import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { unitText } from '#cli/commands/guests/systemd-unit.ts'
import { loopDisk } from '#test/support/loop-disk.ts'
import { until } from '#test/support/patience.ts'
import { bootSystemd, canBootSystemd } from '#test/support/systemd-machine.ts'

/*
 * Motivation: all processes of an agent may be killed or stopped at one moment, while a file system is frozen. Where systemd runs it is process 1, which nobody
 * kills: it thaws by what the unit of the agent says, and by a timer that was set before the freeze.
 *
 * Steps: a systemd of its own, in namespaces; an agent that freezes a loop device, as a service and as a plain process; all of it killed, or stopped.
 *
 * Passes when the file system takes writes again without anybody's help, and no timer is left after a freeze that ended in good order.
 */
const AGENT = join(process.cwd(), 'test/support/processes/freezing-agent.ts')
const canRun = canBootSystemd && existsSync('/dev/loop-control')

const ending: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end()
})

const site = async () => {
  const disk = await loopDisk('ext4')
  ending.push(disk.end)
  const folder = await mkdtemp(join(tmpdir(), 'xenkeep-systemd-'))
  ending.push(() => rm(folder, { recursive: true, force: true }))
  const machine = await bootSystemd()
  ending.push(machine.end)
  return { disk, folder, machine }
}

const thawed = (disk: { isFrozen(): Promise<boolean> }, ms: number) =>
  until('it is thawed', async () => !(await disk.isFrozen()), { ms, everyMs: 20 })

describe.skipIf(!canRun)('under systemd (as root, in namespaces)', { timeout: 60_000 }, () => {
  test('all processes of the service are killed: systemd thaws by what its unit says, at once', async () => {
    const { disk, folder, machine } = await site()
    const said = join(folder, 'said')
    const given = ['60000', 'never', join(folder, 'mark'), disk.mount]
    const unit = unitText({
      ...{ node: process.execPath, agent: AGENT, dataDir: folder },
      mounts: [disk.mount],
    })
      // The same service, but for an agent that freezes without being asked, once.
      .replace(/^ExecStart=.*$/m, `ExecStart=${[process.execPath, AGENT, ...given].join(' ')}`)
      .replace('Restart=always', `StandardOutput=file:${said}\nWorkingDirectory=${process.cwd()}`)
    const file = join(folder, 'xenkeep-guest.service')
    await writeFile(file, unit)
    await machine.run('cp', file, '/run/systemd/system/')
    await machine.run('systemctl', 'daemon-reload')
    await machine.run('systemctl', 'start', 'xenkeep-guest')
    await until(
      'it is frozen',
      () => existsSync(said) && /"frozen"/.test(readFileSync(said, 'utf8')),
    )
    expect(await disk.isFrozen()).toBe(true)
    await machine.run('systemctl', 'kill', '--signal=KILL', 'xenkeep-guest')
    await thawed(disk, 10_000)
  })

  const plain = async (holdMs: number, thawAfter: string) => {
    const { disk, folder, machine } = await site()
    const [program = '', ...enter] = machine.enter
    const mark = join(folder, 'mark')
    const child = spawn(
      program,
      [...enter, process.execPath, AGENT, String(holdMs), thawAfter, mark, disk.mount],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    // nsenter(1) stops with what it runs, and keeps its namespace.
    ending.push(async () => void child.kill('SIGKILL'))
    let said = ''
    child.stdout.setEncoding('utf8').on('data', text => {
      said += text
    })
    const says = (what: string) => until(`it says ${what}`, () => said.includes(`"${what}"`))
    const timers = () => machine.run('systemctl', 'list-timers', '--all', '--no-legend')
    /** As the namespace numbers them. */
    const signal = async (name: string) => {
      const { ready, helpers } = JSON.parse(said.split('\n')[0] ?? '') as {
        ready: number
        helpers: number[]
      }
      await machine.run('kill', `-${name}`, ...[ready, ...helpers].map(String))
    }
    return { disk, says, timers, signal }
  }

  for (const name of ['KILL', 'STOP'])
    test(`SIG${name} of all processes of an agent: process 1 thaws by its timer`, async () => {
      const { disk, says, timers, signal } = await plain(2_000, 'never')
      await says('frozen')
      expect(await timers()).toContain('xenkeep-thaw-test.timer')
      await signal(name)
      expect(await disk.isFrozen()).toBe(true)
      await thawed(disk, 8_000)
    })

  test('a freeze that ends in good order leaves no timer', async () => {
    const { disk, says, timers } = await plain(30_000, '50')
    await says('closed')
    expect(await disk.isFrozen()).toBe(false)
    expect(await timers()).not.toContain('xenkeep-thaw')
  })
})

test.runIf(!canRun)('under systemd: SKIPPED, it takes root, loop devices and systemd', () => {
  expect(canRun).toBe(false)
})
