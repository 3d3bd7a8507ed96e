import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { GuestSettings } from '#core/contracts/guest-settings.ts'
import { guestRecipes } from '#gateway-agent/guest/recipes.ts'
import { memoryLog, until } from '#test/support/patience.ts'
import { ownRecipe, step } from '#test/support/recipes/job.ts'
import { GUEST } from '#test/support/recipes/room.ts'

/*
 * An agent is killed (SIGKILL) while its recipe is at work: in each phase, at its first and its last step. Its next life has to end what is left of the
 * programs, release what is at rest, and empty the staging folder; an application that was never touched is left alone.
 */
const isAlive = (pid: number): boolean => {
  try {
    // A zombie is dead, only not buried.
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

const MOMENTS = ['probing', 'holding', 'held', 'keeping', 'freeing'] as const

test.each(MOMENTS)('killed while %s, nothing stays paused, running or staged', async moment => {
  const dataDir = await mkdtemp(join(tmpdir(), 'killed-'))
  const file = (name: string) => join(dataDir, name)
  // Stops where it is to be killed: writes down who it is, and waits.
  const program = file('tool')
  writeFileSync(
    program,
    `#!/bin/sh
if [ "$1" = paused ]; then echo yes > ${file('paused')}; fi
if [ "$1" = goes-on ]; then rm -f ${file('paused')}; fi
if [ "$1" = ${moment} ] && [ ! -e ${file('moment')} ]; then echo $$ > ${file('moment.new')}; mv ${file('moment.new')} ${file('moment')}; trap '' TERM; sleep 600; fi
`,
    { mode: 0o755 },
  )
  const run = (argument: string, more: object = {}) =>
    step({ exec: { argv: [program, argument] } }, more)
  ownRecipe(dataDir, {
    phases: {
      probe: [run('probing')],
      quiesce: [run('holding'), run('paused', { effects: 'pauses' }), run('held')],
      capture: [
        step({ exec: { argv: ['/usr/bin/touch', '${staging}/dump'] } }),
        run('keeping'),
        step({ stream: { argv: ['/bin/echo', 'x'], as: 'x' } }),
      ],
      release: [run('freeing'), run('goes-on')],
    },
  })
  const agent = spawn(process.execPath, ['test/support/processes/capturing-agent.ts', dataDir], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const ended = new Promise(resolve => agent.once('exit', resolve))
  try {
    await until('the moment has come', () => existsSync(file('moment')))
    agent.kill('SIGKILL')
    await ended
    const pid = Number(readFileSync(file('moment'), 'utf8'))
    expect(isAlive(pid)).toBe(true)
    const isPaused = ['held', 'keeping', 'freeing'].includes(moment)
    expect(existsSync(file('paused'))).toBe(isPaused)

    const log = memoryLog()
    await guestRecipes({
      ...{ dataDir, guestUuid: GUEST, log },
      settings: async () =>
        GuestSettings.parse({ name: 'guest 1', recipesDir: dataDir, recipes: { own: {} } }),
    }).settle()
    expect(existsSync(file('paused'))).toBe(false)
    expect(readdirSync(file('guest/staging'))).toEqual([])
    expect(readdirSync(file('guest/running'))).toEqual([])
    await until('its program is gone', () => !isAlive(pid))
    // Owed, and so released, from the first step of quiesce on and not before.
    const released = log.lines.filter(line => line.includes('was cut off while "own" was at rest'))
    expect(released.length).toBe(moment === 'probing' ? 0 : 1)
    const owed = file('guest/owed')
    expect(existsSync(owed) ? readdirSync(owed) : []).toEqual([])
  } finally {
    agent.kill('SIGKILL')
    await rm(dataDir, { recursive: true, force: true })
  }
})
